"""The account as a whole: its open orders, what it holds, and taking every order away.

Rule 1: both products are read where the account has instruments of both, and told as one snapshot.
Rule 2: a snapshot is complete when every page of every part was read; anything else ends the
conversation with the reply that stood in the way.
"""

from collections.abc import Generator, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from steelyard.model.reports import Fault as Class
from steelyard.model.reports import (
    Holding,
    Holdings,
    OpenOrders,
    OrderReport,
    Refusal,
    Unclear,
)
from steelyard.venues.bitget import words
from steelyard.venues.bitget.calls import PAGE, PAGES_MAX, Caller, Fault, decoded, good, too_many
from steelyard.venues.bitget.finding import MIX, PLAN_TYPES, TRADE
from steelyard.venues.bitget.numbers import floor, near, plain
from steelyard.venues.bitget.reports import HEDGED, Reports
from steelyard.venues.bitget.symbols import MARGIN_COIN, PERPETUAL, SPOT, Symbols
from steelyard.venues.native.dialect import Call
from steelyard.wire.http import Answer

_ORDERS: Final = msgspec.json.Decoder(words.Orders)
_ORDER_LIST: Final = msgspec.json.Decoder(list[words.Order])
_POSITIONS: Final = msgspec.json.Decoder(list[words.Position])
_WALLET: Final = msgspec.json.Decoder(words.Wallet)
_ASSETS: Final = msgspec.json.Decoder(list[words.Asset])
Rows = Generator[Call, Answer, list[words.Order]]


class Standing:
    """Asks how one account stands, and clears it of orders."""

    def __init__(self, caller: Caller, symbols: Symbols, reports: Reports) -> None:
        """All three are the account's."""
        self._caller, self._symbols, self._reports = caller, symbols, reports
        self._spot, self._perpetuals = symbols.of(SPOT), symbols.of(PERPETUAL)
        self._now_ns = 0

    # --- orders ----------------------------------------------------------------------------------

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
            rows = yield from self.pages(f"{MIX}/orders-pending", {})
            found += [self._reports.order(row, PERPETUAL) for row in rows]
            for kind in PLAN_TYPES:
                rows = yield from self.pages(f"{MIX}/orders-plan-pending", {"planType": kind})
                found += [self._reports.order(row, PERPETUAL, plan=True) for row in rows]
        orders = {each.venue_id: each for each in found if each is not None}
        return OpenOrders(as_of_ns=self._now_ns, complete=True, orders=tuple(orders.values()))

    def cancel_all(self, instrument: int) -> Generator[Call, Answer, None]:
        """Cancel everything in one instrument."""
        symbol = self._symbols.symbols[instrument]
        if self._symbols.products[instrument] == SPOT:
            path, body = f"{TRADE}/cancel-symbol-order", {"symbol": symbol}
        else:
            path = f"{MIX}/batch-cancel-orders"
            body = {"symbol": symbol, "productType": PERPETUAL, "marginCoin": MARGIN_COIN}
        found = yield from self._caller.post(path, body)
        if isinstance(found, Refusal) and found.fault is Class.NO_ORDER:
            return  # there was nothing to cancel
        good(found)

    def pages(self, path: str, extra: dict[str, str]) -> Rows:
        """Ask for all orders of a list of the perpetuals'."""
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
        raise Fault(too_many(path))

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
        raise Fault(too_many(path))

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
        raise Fault(too_many(path))

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
