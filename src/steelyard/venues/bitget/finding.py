"""Conversations about one order: where it lives, what became of it, its trades, its end.

Rule 1: an order is looked for in every namespace it could live in, plain ones first unless it is
known to wait for a trigger; only when all of them say no is there none.
Rule 2: an executed plan is told as the order it became, under its own id.
Rule 3: only what is known is canceled: where nobody knows in which namespace an id lives, that is
read before the one call that changes something.
"""

from collections.abc import Generator
from typing import Any, Final

import msgspec

from steelyard.model.reports import (
    Fault as Class,
)
from steelyard.model.reports import (
    OrderFound,
    Refusal,
    TradeReport,
    Unclear,
)
from steelyard.venues.bitget import words
from steelyard.venues.bitget.calls import PAGE, PAGES_MAX, Caller, Fault, decoded, good
from steelyard.venues.bitget.errors import Data, not_canceled
from steelyard.venues.bitget.reports import EXECUTED, Reports, family_of
from steelyard.venues.bitget.symbols import MARGIN_COIN, PERPETUAL, SPOT, Symbols
from steelyard.venues.native.dialect import Call
from steelyard.wire.http import Answer

MIX: Final = "/api/v2/mix/order"
TRADE: Final = "/api/v2/spot/trade"
PLAN_TYPES: Final = ("normal_plan", "profit_loss", "track_plan")
_OURS: Final = ("normal_plan", "profit_loss")
_ORDER: Final = msgspec.json.Decoder(words.Order)
_ORDER_LIST: Final = msgspec.json.Decoder(list[words.Order])
_ORDERS: Final = msgspec.json.Decoder(words.Orders)
_FILLS: Final = msgspec.json.Decoder(words.Fills)
_FILL_LIST: Final = msgspec.json.Decoder(list[words.Fill])
_BATCH: Final = msgspec.json.Decoder(words.Batch)
_OUTCOME: Final = msgspec.json.Decoder(words.Outcome)
_ABSENT: Final = Refusal(fault=Class.NO_ORDER, text="no namespace has such an order")

Found = Generator[Call, Answer, words.Order | None]


class Finder:
    """Asks for single orders of one account."""

    def __init__(self, caller: Caller, symbols: Symbols, reports: Reports) -> None:
        """All three are the account's."""
        self._caller, self._symbols, self._reports = caller, symbols, reports

    def order(self, client_id: str, instrument: int) -> Generator[Call, Answer, OrderFound]:
        """Ask for an order in every namespace."""
        plan = self._reports.memory.plan(client_id)
        for conditional in (True, False) if plan else (False, True):
            if conditional:
                word = yield from self._plan(instrument, client_id)
                if word is not None:
                    return (yield from self._told_plan(word, instrument))
            else:
                word = yield from self.detail(instrument, {"clientOid": client_id})
                if word is not None:
                    return (yield from self._told(word, instrument, client_id))
        raise Fault(_ABSENT)

    def detail(self, instrument: int, name: dict[str, str]) -> Found:
        """Ask for a plain order by one of its names."""
        if self._symbols.products[instrument] == SPOT:
            found = yield from self._caller.get(f"{TRADE}/orderInfo", name)
            data = _data(found)
            rows = decoded(data, _ORDER_LIST) if data is not None else []
            return rows[0] if rows else None
        query = {"symbol": self._symbols.symbols[instrument], "productType": PERPETUAL, **name}
        found = yield from self._caller.get(f"{MIX}/detail", query)
        data = _data(found)
        if data is None or bytes(data.raw) in (b"null", b"{}", b'""'):
            return None
        return decoded(data, _ORDER)

    def cancel(self, client_id: str, instrument: int) -> Generator[Call, Answer, None]:
        """Cancel an order in the namespace it lives in."""
        plan = self._reports.memory.plan(client_id)
        if plan is None:
            plan = yield from self._where(client_id, instrument)
        symbol = self._symbols.symbols[instrument]
        is_spot = self._symbols.products[instrument] == SPOT
        name = {"clientOid": client_id}
        if is_spot and plan:
            found = yield from self._caller.post(f"{TRADE}/cancel-plan-order", name)
            if decoded(good(found), _OUTCOME).result != "success":
                raise Fault(Unclear(text="the cancel of a plan order failed without a reason"))
        elif is_spot:
            good(
                (yield from self._caller.post(f"{TRADE}/cancel-order", {"symbol": symbol, **name}))
            )
        elif plan:
            body: dict[str, Any] = {
                "orderIdList": [name], "symbol": symbol, "productType": PERPETUAL,
                "marginCoin": MARGIN_COIN, "planType": plan,
            }  # fmt: skip
            found = yield from self._caller.post(f"{MIX}/cancel-plan-order", body)
            for one in decoded(good(found), _BATCH).failure_list or ():
                raise Fault(not_canceled(one.error_code, one.error_msg))
        else:
            body = {
                "symbol": symbol, "productType": PERPETUAL, "marginCoin": MARGIN_COIN, **name,
            }  # fmt: skip
            good((yield from self._caller.post(f"{MIX}/cancel-order", body)))

    def fills(self, instrument: int, order_id: str) -> Generator[Call, Answer, list[words.Fill]]:
        """Ask for all trades of an order."""
        symbol = self._symbols.symbols[instrument]
        rows: list[words.Fill] = []
        query = {"symbol": symbol, "orderId": order_id, "limit": str(PAGE)}
        is_spot = self._symbols.products[instrument] == SPOT
        for _ in range(PAGES_MAX):
            page = yield from self.fill_page(query, spot=is_spot)
            rows.extend(page)
            if len(page) < PAGE:
                return rows
            query["idLessThan"] = page[-1].trade_id
        raise Fault(Unclear(text=f"order {order_id} has more trades than are read"))

    def fill_page(
        self, query: dict[str, str], *, spot: bool
    ) -> Generator[Call, Answer, list[words.Fill]]:
        """Ask for one page of trades, newest first."""
        if spot:
            return decoded(good((yield from self._caller.get(f"{TRADE}/fills", query))), _FILL_LIST)
        found = yield from self._caller.get(f"{MIX}/fills", {"productType": PERPETUAL, **query})
        return decoded(good(found), _FILLS).fill_list or []

    # --- inside ----------------------------------------------------------------------------------

    def _where(self, client_id: str, instrument: int) -> Generator[Call, Answer, str]:
        word = yield from self.detail(instrument, {"clientOid": client_id})
        if word is not None:
            self._reports.memory.is_plain(client_id)
            return ""
        word = yield from self._plan(instrument, client_id)
        if word is None:
            raise Fault(_ABSENT)
        self._reports.order(word, self._symbols.products[instrument], plan=True)
        return self._reports.memory.plan(client_id) or ""

    def _plan(self, instrument: int, client_id: str) -> Found:
        """Ask for a conditional order, waiting ones first."""
        symbol = self._symbols.symbols[instrument]
        if self._symbols.products[instrument] == SPOT:
            for path in ("current-plan-order", "history-plan-order"):
                word = yield from self._spot_plan(path, symbol, client_id)
                if word is not None:
                    return word
            return None
        known = self._reports.memory.plan(client_id)
        kinds = (family_of(known),) if known else _OURS
        for path in ("orders-plan-pending", "orders-plan-history"):
            for kind in kinds:
                query = {
                    "symbol": symbol, "productType": PERPETUAL, "planType": kind,
                    "clientOid": client_id,
                }  # fmt: skip
                data = _data((yield from self._caller.get(f"{MIX}/{path}", query)))
                if data is None:
                    continue
                for word in decoded(data, _ORDERS).entrusted_list or ():
                    if word.client_oid == client_id:
                        return word
        return None

    def _spot_plan(self, path: str, symbol: str, client_id: str) -> Found:
        """Look for a spot plan: the venue cannot be asked for one by its name."""
        query = {"symbol": symbol, "limit": str(PAGE)}
        for _ in range(PAGES_MAX):
            page = decoded(good((yield from self._caller.get(f"{TRADE}/{path}", query))), _ORDERS)
            rows = page.order_list or []
            for word in rows:
                if word.client_oid == client_id:
                    return word
            if len(rows) < PAGE and not page.next_flag:
                return None
            query["idLessThan"] = page.id_less_than or rows[-1].order_id
        raise Fault(Unclear(text="there are more plan orders than are read"))

    def _told(
        self, word: words.Order, instrument: int, client_id: str
    ) -> Generator[Call, Answer, OrderFound]:
        product = self._symbols.products[instrument]
        report = self._reports.order(word, product)
        if report is None:
            raise Fault(Unclear(text=f"order {word.order_id} is of another instrument"))
        trades: list[TradeReport] = []
        if report.filled:
            rows = yield from self.fills(instrument, word.order_id)
            told = (self._reports.fill(row, product, economic=False) for row in reversed(rows))
            trades = [_renamed(each, client_id) for each in told if each is not None]
        whole = sum(each.quantity for each in trades) == report.filled
        report = _renamed(report, client_id)
        return OrderFound(report=report, trades=tuple(trades), complete=whole)

    def _told_plan(self, word: words.Order, instrument: int) -> Generator[Call, Answer, OrderFound]:
        product = self._symbols.products[instrument]
        report = self._reports.order(word, product, plan=True)
        if report is None:
            raise Fault(Unclear(text=f"order {word.order_id} is of another instrument"))
        if (word.plan_status or word.status) != EXECUTED:
            return OrderFound(report=report)
        child = word.execute_order_id or ""
        if not child:
            child = yield from self._sub_order(word.order_id, product)
        became = yield from self.detail(instrument, {"orderId": child}) if child else _nothing()
        if became is None:
            raise Fault(Unclear(text=f"nobody knows what plan {word.order_id} became"))
        self._reports.memory.learn(became.order_id, report.client_id, became.pos_side or "")
        return (yield from self._told(became, instrument, report.client_id))

    def _sub_order(self, plan_id: str, product: str) -> Generator[Call, Answer, str]:
        if product == SPOT:
            found = yield from self._caller.get(f"{TRADE}/plan-sub-order", {"planOrderId": plan_id})
        else:
            query = {"planOrderId": plan_id, "productType": PERPETUAL, "planType": "normal_plan"}
            found = yield from self._caller.get(f"{MIX}/plan-sub-order", query)
        rows = decoded(good(found), _ORDER_LIST)
        return rows[0].order_id if rows else ""


def _nothing() -> Found:
    yield from ()
    return None


def _data(found: Data | Refusal | Unclear) -> Data | None:
    """Return the data; None where the venue says that there is no such order."""
    if isinstance(found, Refusal) and found.fault is Class.NO_ORDER:
        return None
    return good(found)


def _renamed(report: Any, client_id: str) -> Any:
    """Tell a report under the id that was asked for."""
    return msgspec.structs.replace(report, client_id=client_id)
