"""Conversations about the whole account: open orders, trades and funding, positions and money.

Rule 1: both products are read where the account has instruments of both, and told as one snapshot.
Rule 2: a snapshot is complete when every page of every part was read; anything else ends the
conversation with the reply that stood in the way.
Rule 3: trades are paged backwards down to the last one told before. The cursor is the newest id of
each list: `s`pot, `f`utures, `b`ills.
Rule 4: a trade of an order nobody knows is told after that order was asked for by its number.
"""

from collections.abc import Generator, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from steelyard.model.reports import (
    FundingReport,
    Holding,
    Holdings,
    OpenOrders,
    OrderReport,
    TradeReport,
    Trades,
    Unclear,
)
from steelyard.venues.bitget import words
from steelyard.venues.bitget.calls import PAGE, PAGES_MAX, Caller, Fault, decoded, good
from steelyard.venues.bitget.exact import floor, near, plain
from steelyard.venues.bitget.finding import MIX, PLAN_TYPES, TRADE, Finder
from steelyard.venues.bitget.reports import FUNDING, HEDGED, Reports
from steelyard.venues.bitget.symbols import MARGIN_COIN, PERPETUAL, SPOT, Symbols
from steelyard.venues.native.dialect import Call
from steelyard.wire.http import Answer

_ORDERS: Final = msgspec.json.Decoder(words.Orders)
_ORDER_LIST: Final = msgspec.json.Decoder(list[words.Order])
_BILLS: Final = msgspec.json.Decoder(words.Bills)
_POSITIONS: Final = msgspec.json.Decoder(list[words.Position])
_WALLET: Final = msgspec.json.Decoder(words.Wallet)
_ASSETS: Final = msgspec.json.Decoder(list[words.Asset])
Rows = Generator[Call, Answer, list[words.Order]]


class Snapshots:
    """Asks for the whole of one account."""

    def __init__(self, caller: Caller, symbols: Symbols, reports: Reports, finder: Finder) -> None:
        """All four are the account's."""
        self._caller, self._symbols = caller, symbols
        self._reports, self._finder = reports, finder
        self._spot, self._perpetuals = symbols.of(SPOT), symbols.of(PERPETUAL)
        self._now_ns = 0

    # --- open orders -----------------------------------------------------------------------------

    def open_orders(self) -> Generator[Call, Answer, OpenOrders]:
        """Ask for all open orders."""
        found: list[OrderReport | None] = []
        self._now_ns = 0
        if self._spot:
            rows = yield from self._spot_pages(f"{TRADE}/unfilled-orders")
            found += [self._reports.order(row, SPOT) for row in rows]
            rows = yield from self._plan_pages()
            found += [self._reports.order(row, SPOT, plan=True) for row in rows]
        if self._perpetuals:
            rows = yield from self._pages(f"{MIX}/orders-pending", {})
            found += [self._reports.order(row, PERPETUAL) for row in rows]
            for kind in PLAN_TYPES:
                rows = yield from self._pages(f"{MIX}/orders-plan-pending", {"planType": kind})
                found += [self._reports.order(row, PERPETUAL, plan=True) for row in rows]
        orders = {each.venue_id: each for each in found if each is not None}
        return OpenOrders(as_of_ns=self._now_ns, complete=True, orders=tuple(orders.values()))

    def _pages(self, path: str, extra: dict[str, str]) -> Rows:
        query = {"productType": PERPETUAL, "limit": str(PAGE), **extra}
        rows: list[words.Order] = []
        for _ in range(PAGES_MAX):
            data = good((yield from self._caller.get(path, query)))
            self._now_ns = self._now_ns or data.now_ns
            page = decoded(data, _ORDERS)
            part = page.entrusted_list or []
            rows += part
            if len(part) < PAGE:
                return rows
            query["idLessThan"] = page.end_id or part[-1].order_id
        raise Fault(_too_many(path))

    def _spot_pages(self, path: str) -> Rows:
        query = {"limit": str(PAGE)}
        rows: list[words.Order] = []
        for _ in range(PAGES_MAX):
            data = good((yield from self._caller.get(path, query)))
            self._now_ns = self._now_ns or data.now_ns
            part = decoded(data, _ORDER_LIST)
            rows += part
            if len(part) < PAGE:
                return rows
            query["idLessThan"] = part[-1].order_id
        raise Fault(_too_many(path))

    def _plan_pages(self) -> Rows:
        path, query = f"{TRADE}/current-plan-order", {"limit": str(PAGE)}
        rows: list[words.Order] = []
        for _ in range(PAGES_MAX):
            page = decoded(good((yield from self._caller.get(path, query))), _ORDERS)
            part = page.order_list or []
            rows += part
            if len(part) < PAGE and not page.next_flag:
                return rows
            query["idLessThan"] = page.id_less_than or part[-1].order_id
        raise Fault(_too_many(path))

    # --- trades ----------------------------------------------------------------------------------

    def trades(self, cursor: str) -> Generator[Call, Answer, Trades]:
        """Ask for trades and funding since a cursor."""
        seen = _parsed(cursor)
        trades: list[TradeReport] = []
        funding: list[FundingReport] = []
        for letter, product, wanted in (
            ("s", SPOT, self._spot), ("f", PERPETUAL, self._perpetuals),
        ):  # fmt: skip
            if wanted:
                rows, seen[letter] = yield from self._fills(product, seen[letter])
                trades += yield from self._told(rows, product)
        if self._perpetuals:
            bills, seen["b"] = yield from self._bills(seen["b"])
            told = (self._reports.funding(each) for each in bills)
            funding = [each for each in told if each is not None]
        trades.sort(key=lambda each: (each.ts_ns, int(each.trade)))
        funding.sort(key=lambda each: (each.ts_ns, int(each.reference)))
        return Trades(
            complete=True, trades=tuple(trades), funding=tuple(funding),
            cursor=",".join(f"{letter}:{number}" for letter, number in seen.items()),
        )  # fmt: skip

    def _fills(
        self, product: str, after: int
    ) -> Generator[Call, Answer, tuple[list[words.Fill], int]]:
        query = {"limit": str(PAGE)}
        rows: list[words.Fill] = []
        for _ in range(PAGES_MAX):
            page = yield from self._finder.fill_page(query, spot=product == SPOT)
            rows += [row for row in page if int(row.trade_id) > after]
            if len(page) < PAGE or int(page[-1].trade_id) <= after:
                newest = max((int(row.trade_id) for row in rows), default=after)
                return rows, newest
            query["idLessThan"] = page[-1].trade_id
        raise Fault(_too_many("fills"))

    def _told(
        self, rows: Sequence[words.Fill], product: str
    ) -> Generator[Call, Answer, list[TradeReport]]:
        told = []
        for row in rows:
            index = self._symbols.find(product, row.symbol)
            if index < 0:
                continue
            if not row.client_oid and self._reports.memory.order(row.order_id) is None:
                word = yield from self._finder.detail(index, {"orderId": row.order_id})
                if word is None:
                    # Gone from the venue's memory: its trade stands, whose it was does not.
                    self._reports.memory.learn(row.order_id, "")
                else:
                    yield from self._adopt(word, index, product)
            trade = self._reports.fill(row, product, economic=False)
            if trade is not None:
                told.append(trade)
        return told

    def _adopt(self, word: words.Order, index: int, product: str) -> Generator[Call, Answer, None]:
        """Remember an order; one that a trigger made is known by the id of its plan."""
        if product == PERPETUAL and _was_triggered(word):
            for kind in PLAN_TYPES[:2]:
                query = {
                    "planType": kind, "planStatus": "executed", "limit": str(PAGE),
                    "symbol": self._symbols.symbols[index],
                }  # fmt: skip
                plans = yield from self._pages(f"{MIX}/orders-plan-history", query)
                for plan in plans:
                    if plan.execute_order_id == word.order_id:
                        self._reports.memory.learn(
                            word.order_id, plan.client_oid or "", word.pos_side or ""
                        )
                        return
        self._reports.order(word, product)

    def _bills(self, after: int) -> Generator[Call, Answer, tuple[list[words.Bill], int]]:
        query = {"productType": PERPETUAL, "businessType": FUNDING, "limit": str(PAGE)}
        rows: list[words.Bill] = []
        for _ in range(PAGES_MAX):
            found = yield from self._caller.get("/api/v2/mix/account/bill", query)
            page = decoded(good(found), _BILLS)
            part = page.bills or []
            rows += [row for row in part if int(row.bill_id) > after]
            if len(part) < PAGE or int(part[-1].bill_id) <= after:
                return rows, max((int(row.bill_id) for row in rows), default=after)
            query["idLessThan"] = page.end_id or part[-1].bill_id
        raise Fault(_too_many("bills"))

    # --- holdings --------------------------------------------------------------------------------

    def holdings(self) -> Generator[Call, Answer, Holdings]:
        """Ask for positions and money."""
        positions: list[Holding] = []
        cash, now_ns, hedged = 0, 0, False
        if self._perpetuals:
            index = self._perpetuals[0]
            query = {"productType": PERPETUAL, "marginCoin": MARGIN_COIN}
            data = good((yield from self._caller.get("/api/v2/mix/position/all-position", query)))
            now_ns = data.now_ns
            rows = decoded(data, _POSITIONS)
            told = (self._reports.position(row) for row in rows)
            positions += [each for each in told if each is not None and each.quantity]
            query = {"symbol": self._symbols.symbols[index], **query}
            data = good((yield from self._caller.get("/api/v2/mix/account/account", query)))
            wallet = decoded(data, _WALLET)
            hedged = wallet.pos_mode == HEDGED
            cash += near(
                f"{_balance(wallet, rows):f}", self._symbols.instruments[index].money_decimals
            )
        if self._spot:
            data = good(
                (yield from self._caller.get("/api/v2/spot/account/assets", {"assetType": "all"}))
            )
            now_ns = now_ns or data.now_ns
            assets = {each.coin.upper(): each for each in decoded(data, _ASSETS)}
            positions += self._coins(assets)
            quote = self._symbols.instruments[self._spot[0]]
            cash += floor(f"{_whole(assets.get(quote.settle)):f}", quote.money_decimals)
        return Holdings(
            as_of_ns=now_ns, complete=True, positions=tuple(positions), cash=cash, hedged=hedged
        )

    def _coins(self, assets: dict[str, words.Asset]) -> list[Holding]:
        held = []
        for index in self._spot:
            instrument = self._symbols.instruments[index]
            whole = _whole(assets.get(instrument.base))
            quantity = floor(f"{whole:f}", instrument.quantity_decimals)
            if quantity:
                held.append(Holding(instrument=index, position_side=0, quantity=quantity))
        return held


def _balance(wallet: words.Wallet, positions: Sequence[words.Position]) -> Decimal:
    """Return the wallet: equity less open profit, wherever the venue tells that."""
    equity = Decimal(plain(wallet.account_equity))
    told = plain(wallet.unrealized_pl)
    if told:
        return equity - Decimal(told)
    parts = [plain(wallet.crossed_unrealized_pl), plain(wallet.isolated_unrealized_pl)]
    if all(parts):
        return equity - sum(map(Decimal, parts), Decimal(0))
    profits = [plain(each.unrealized_pl) for each in positions]
    if not all(profits):
        raise Fault(Unclear(text="nobody says how much of the equity is open profit"))
    return equity - sum(map(Decimal, profits), Decimal(0))


def _whole(asset: words.Asset | None) -> Decimal:
    """Return what there is of a coin: free, in orders and locked."""
    if asset is None:
        return Decimal(0)
    parts = (asset.available, asset.frozen, asset.locked)
    return sum((Decimal(plain(part) or "0") for part in parts), Decimal(0))


def _was_triggered(word: words.Order) -> bool:
    """Say whether a trigger order may have made this one."""
    return (word.order_source or "normal") not in ("normal", "market")


def _parsed(cursor: str) -> dict[str, int]:
    seen = {"s": 0, "f": 0, "b": 0}
    for part in cursor.split(",") if cursor else ():
        letter, _, number = part.partition(":")
        if letter not in seen or not number.isdecimal():
            raise Fault(Unclear(text=f"the cursor {cursor!r} is none of ours"))
        seen[letter] = int(number)
    return seen


def _too_many(what: str) -> Unclear:
    return Unclear(text=f"{what}: there are more than {PAGE * PAGES_MAX} rows")
