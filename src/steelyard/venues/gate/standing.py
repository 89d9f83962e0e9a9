"""The account as a whole: its open orders, what it holds, and taking every order away.

Rule 1: what is asked for follows from the instruments: coins, contracts or both, in one snapshot.
Rule 2: `complete` is said only after every list was read to its end.
Rule 3: two calls change something only where both only take away: cancelling everything, and the
dead-man's switch. Half of it does no harm, and it may be asked for again.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from steelyard.model.instruments import Kind
from steelyard.model.reports import (
    Holding,
    Holdings,
    OpenOrders,
    OrderReport,
    Reply,
    Success,
    Unclear,
)
from steelyard.venues.gate import words
from steelyard.venues.gate.calls import ANYTHING, Ask, Caller, Halt, ask, pages
from steelyard.venues.gate.finding import PERP, PERP_ORDERS, PERP_PRICE_ORDERS, SPOT_PRICE_ORDERS
from steelyard.venues.gate.reports import Reports
from steelyard.venues.gate.symbols import Symbols
from steelyard.venues.gate.terms import GUARD_S_MIN, OPEN_PAGE, POSITIONS_PAGE
from steelyard.venues.native.dialect import Call
from steelyard.venues.native.numbers import nearest

SPOT_OPEN: Final = words.decoder(list[words.SpotOpen])
SPOT_ACCOUNTS: Final = words.decoder(list[words.SpotAccount])
UNIFIED: Final = words.decoder(words.UnifiedAccount)
PERP_ACCOUNT: Final = words.decoder(words.PerpAccount)
POSITIONS: Final = words.decoder(list[words.Position])

_SECOND_NS: Final = 1_000_000_000
_DUAL: Final = frozenset({"dual", "dual_plus"})


class Standing:
    """Asks how one account stands, and clears it of orders."""

    def __init__(
        self, caller: Caller, symbols: Symbols, reports: Reports,
        is_unified: Callable[[], Ask[bool]],
    ) -> None:  # fmt: skip
        """Share the account's parts; `is_unified`: one wallet is for coins and contracts."""
        self._caller, self._symbols, self._reports = caller, symbols, reports
        self._is_unified = is_unified

    def open_orders(self) -> Ask[Reply]:
        """Ask for all open orders: Success(OpenOrders)."""
        asked_ns = self._caller.now_ns()
        found: list[OrderReport | None] = []
        if self._symbols.spot:
            found += yield from self._open_spot()
        if self._symbols.perp:
            found += yield from self._open_perp()
        orders = tuple(report for report in found if report is not None)
        return Success(value=OpenOrders(as_of_ns=asked_ns, complete=True, orders=orders))

    def holdings(self) -> Ask[Reply]:
        """Ask for positions and wallet: Success(Holdings)."""
        asked_ns = self._caller.now_ns()
        positions: list[Holding] = []
        cash = Decimal(0)
        hedged = False
        decimals, settle = self._money()
        unified = yield from self._is_unified()
        if self._symbols.spot or unified:
            coins = yield from self._wallet(unified=unified)
            positions += self._reports.coins(coins)
            cash += coins.get(settle, Decimal(0))
        if self._symbols.perp:
            account = yield from ask(
                self._caller.read(f"{PERP}/accounts"), PERP_ACCOUNT, self._caller.now_ns
            )
            hedged = is_hedged(account)
            if not unified:
                cash += account.total
            rows, whole = yield from pages(
                self._positions, POSITIONS, POSITIONS_PAGE, self._caller.now_ns
            )
            if not whole:
                raise Halt(Unclear(text=f"more than {len(rows)} positions"))
            held = (self._reports.position(row) for row in rows)
            positions += [holding for holding in held if holding is not None]
        value = Holdings(
            as_of_ns=asked_ns,
            complete=True,
            positions=tuple(positions),
            cash=nearest(cash, decimals),
            hedged=hedged,
        )
        return Success(value=value)

    def cancel_all(self, place: int) -> Ask[Reply]:
        """Cancel everything in one instrument: ordinary orders, then those that wait."""
        symbol = self._symbols.texts[place]
        lists: tuple[tuple[str, str], ...] = (
            (f"{PERP}/orders", "contract"),
            (f"{PERP}/price_orders", "contract"),
        )
        if self._symbols.is_spot(place):
            lists = (("/spot/orders", "currency_pair"), ("/spot/price_orders", "market"))
        for path, name in lists:
            call = self._caller.change("DELETE", path, query={name: symbol})
            yield from ask(call, ANYTHING, self._caller.now_ns)
        return Success()

    def guard(self, span_ns: int) -> Ask[Reply]:
        """Arm the venue's countdown for coins and contracts; 0 ends it.

        Two calls where both are traded: a countdown may be set again without harm.
        """
        timeout = max(GUARD_S_MIN, -(-span_ns // _SECOND_NS)) if span_ns else 0
        for used, path in ((self._symbols.spot, "/spot"), (self._symbols.perp, PERP)):
            if used:
                call = self._caller.change(
                    "POST", f"{path}/countdown_cancel_all", {"timeout": timeout}
                )
                yield from ask(call, ANYTHING, self._caller.now_ns)
        return Success()

    # --- open orders -----------------------------------------------------------------------------

    def _open_spot(self) -> Ask[list[OrderReport | None]]:
        rows: dict[str, words.SpotOrder] = {}
        number = 1
        while True:
            # Pages are counted within each pair: the last page is one that fills no pair.
            groups = yield from ask(
                self._caller.read("/spot/open_orders", page=number, limit=OPEN_PAGE),
                SPOT_OPEN, self._caller.now_ns,
            )  # fmt: skip
            rows |= {str(row.id): row for group in groups for row in group.orders}
            if all(len(group.orders) < OPEN_PAGE for group in groups):
                break
            number += 1
        found = [self._reports.spot_order(row) for row in rows.values()]
        waiting = yield from self._all("/spot/price_orders", SPOT_PRICE_ORDERS)
        return found + [self._reports.spot_price_order(row) for row in waiting]

    def _open_perp(self) -> Ask[list[OrderReport | None]]:
        orders = yield from self._all(f"{PERP}/orders", PERP_ORDERS)
        waiting = yield from self._all(f"{PERP}/price_orders", PERP_PRICE_ORDERS)
        found = [self._reports.perp_order(row) for row in orders]
        return found + [self._reports.perp_price_order(row) for row in waiting]

    def _all(self, path: str, decoder: Any) -> Ask[list[Any]]:
        def page(number: int) -> Call:
            return self._caller.read(
                path, status="open", limit=OPEN_PAGE, offset=number * OPEN_PAGE
            )

        rows, whole = yield from pages(page, decoder, OPEN_PAGE, self._caller.now_ns)
        if not whole:
            raise Halt(Unclear(text=f"more than {len(rows)} rows at {path}"))
        return rows

    # --- holdings --------------------------------------------------------------------------------

    def _positions(self, number: int) -> Call:
        return self._caller.read(
            f"{PERP}/positions", holding="true",
            limit=POSITIONS_PAGE, offset=number * POSITIONS_PAGE,
        )  # fmt: skip

    def _wallet(self, *, unified: bool) -> Ask[dict[str, Decimal]]:
        if unified:
            account = yield from ask(
                self._caller.read("/unified/accounts"), UNIFIED, self._caller.now_ns
            )
            return {name: row.available + row.freeze for name, row in account.balances.items()}
        rows = yield from ask(
            self._caller.read("/spot/accounts"), SPOT_ACCOUNTS, self._caller.now_ns
        )
        return {row.currency: row.available + row.locked for row in rows}

    def _money(self) -> tuple[int, str]:
        """Return the decimals and name of the asset in which the account counts its cash."""
        instruments = self._symbols.instruments
        first = next((one for one in instruments if one.kind != Kind.SPOT), instruments[0])
        return first.money_decimals, first.settle


def is_hedged(account: words.PerpAccount) -> bool:
    """Say whether an account holds both sides of a contract apart."""
    return account.in_dual_mode or account.position_mode in _DUAL
