"""Bitget's words for orders, trades, positions and money, as reports.

Rule 1: a trade says an order's number, not always our id: `Memory` knows which is whose, and what
is not known is told as None, to be asked for, never as a stranger's trade.
Rule 2: the side of a trade is what was done; which position it was done to follows from the
position's side where the message has it, else from `tradeSide`.
Rule 3: the venue prints what was paid negative, a rebate positive; `native.fees` says what a fee
in coins is. Money is rounded up.
Rule 4: words that are not known raise ValueError.
"""

from decimal import Decimal
from typing import Final

from steelyard.model.instruments import Instrument
from steelyard.model.kinds import BUY, MAKER, TAKER
from steelyard.model.reports import (
    FundingReport,
    Holding,
    OrderReport,
    OrderState,
    TradeReport,
)
from steelyard.venues.bitget.memory import NOBODY, Memory
from steelyard.venues.bitget.numbers import cost, near, plain, stamp_ns, units
from steelyard.venues.bitget.orders import forced, meaning
from steelyard.venues.bitget.symbols import PERPETUAL, SPOT, Symbols
from steelyard.venues.bitget.words import Bill, FeeDetail, Fill, Order, Position
from steelyard.venues.native.fees import Taken, taken

HEDGED: Final = "hedge_mode"
_STATES: Final = {
    "init": OrderState.OPEN, "new": OrderState.OPEN, "live": OrderState.OPEN,
    "partially_filled": OrderState.OPEN, "partial-fill": OrderState.OPEN,
    "filled": OrderState.FILLED, "full-fill": OrderState.FILLED,
    "canceled": OrderState.CANCELED, "cancelled": OrderState.CANCELED,
    # of plans; what became of an executed one, its own order tells
    "executing": OrderState.OPEN, "not_trigger": OrderState.OPEN,
    "executed": OrderState.FILLED, "fail_execute": OrderState.CANCELED,
}  # fmt: skip
EXECUTED: Final = "executed"
_PUSHED: Final = {
    "pl": "normal_plan", "tp": "profit_plan", "sl": "loss_plan", "ptp": "pos_profit",
    "psl": "pos_loss", "track": "track_plan", "mtpsl": "moving_plan",
}  # fmt: skip
"""Plan types as the stream abbreviates them."""
_ALONE: Final = frozenset({"normal_plan", "track_plan"})
_TAKER: Final = frozenset({"taker", "T"})
_YES: Final = frozenset({"yes", "YES", "Yes"})
FUNDING: Final = "contract_settle_fee"


class Reports:
    """Converts words into reports, for one account."""

    def __init__(self, symbols: Symbols, *, hedged: bool) -> None:
        """`hedged` is assumed where a message does not tell."""
        self._symbols, self._hedged = symbols, hedged
        self.memory = Memory()

    def order(self, word: Order, product: str, *, plan: bool = False) -> OrderReport | None:
        """Return an order's report; None: its instrument is none of ours."""
        index = self._symbols.find(product, word.symbol or word.inst_id)
        if index < 0:
            return None
        instrument = self._symbols.instruments[index]
        side, position = self._meaning(word, product)
        client_id = word.client_oid or ""
        self._learn(word, client_id, plan=plan)
        status = (word.plan_status or word.status or word.state).lower()
        state = _STATES.get(status)
        if state is None:
            raise ValueError(f"status of an order was {status!r}, allowed are {', '.join(_STATES)}")
        filled = word.acc_base_volume or ("" if plan else word.base_volume) or "0"
        size = word.size
        if product == SPOT and word.order_type == "market" and side == BUY and not plan:
            size = filled  # it is told in quote, and none of our orders is sized so
        return OrderReport(
            client_id=client_id, venue_id=word.order_id, instrument=index, state=state, side=side,
            price=units(_price(word, plan=plan), instrument.price_decimals),
            quantity=units(size or "0", instrument.quantity_decimals),
            filled=units(filled, instrument.quantity_decimals),
            ts_ns=stamp_ns(word.u_time or word.c_time),
            reduce_only=word.reduce_only in _YES or "close" in (word.trade_side or "").lower(),
            trigger=units(word.trigger_price or "0", instrument.price_decimals) if plan else 0,
            position_side=position,
        )  # fmt: skip

    def push_trade(self, word: Order, product: str) -> TradeReport | None:
        """Return the trade that an order's push tells, where it tells one."""
        if not word.trade_id or not word.fill_price or not word.base_volume:
            return None
        index = self._symbols.find(product, word.inst_id or word.symbol)
        if index < 0 or word.base_volume.strip("0.") == "":
            return None
        side, position = self._meaning(word, product)
        known = self.memory.order(word.order_id) or NOBODY
        client_id = known.client_id or word.client_oid or ""
        fees = [FeeDetail(fee_coin=word.fill_fee_coin or "", fee=word.fill_fee)]
        return self._trade(
            index, word.trade_id, word.order_id, client_id, side, position,
            word.fill_price, word.base_volume, fees, taker=word.trade_scope in _TAKER,
            ts_ns=stamp_ns(word.fill_time or word.u_time), closed=forced(word.trade_side or ""),
        )  # fmt: skip

    def fill(self, word: Fill, product: str, *, economic: bool) -> TradeReport | None:
        """Return a trade; None: of another instrument, or nobody knows yet whose it is."""
        index = self._symbols.find(product, word.symbol)
        known = self.memory.order(word.order_id)
        client_id = (known.client_id if known is not None else "") or word.client_oid or ""
        if index < 0 or (known is None and not client_id):
            return None
        hedged = product == PERPETUAL and (
            word.pos_mode == HEDGED if word.pos_mode else self._hedged
        )
        side, position = meaning(
            word.side, word.trade_side or "", known.position if known is not None else "",
            hedged=hedged, economic=economic,
        )  # fmt: skip
        details = word.fee_detail
        fees = [details] if isinstance(details, FeeDetail) else (details or [])
        return self._trade(
            index, word.trade_id, word.order_id, client_id, side, position,
            word.price or word.price_avg or "", word.base_volume or word.size or "", fees,
            taker=word.trade_scope in _TAKER, ts_ns=stamp_ns(word.c_time),
            closed=forced(word.trade_side or ""),
        )  # fmt: skip

    def position(self, word: Position) -> Holding | None:
        """Return a position; None: of another instrument."""
        index = self._symbols.find(PERPETUAL, word.symbol)
        if index < 0:
            return None
        instrument = self._symbols.instruments[index]
        if word.hold_side not in ("long", "short"):
            raise ValueError(f"holdSide was {word.hold_side!r}, allowed are long and short")
        sign = 1 if word.hold_side == "long" else -1
        quantity = sign * units(plain(word.total), instrument.quantity_decimals)
        entry = Decimal(plain(word.open_price_avg) or "0")
        worth = entry * instrument.quantity_decimal(quantity)
        hedged = word.pos_mode == HEDGED if word.pos_mode else self._hedged
        return Holding(
            instrument=index, quantity=quantity,
            position_side=int(hedged and word.hold_side == "short"),
            entry=near(str(entry), instrument.price_decimals),
            worth=near(str(worth), instrument.money_decimals),
        )  # fmt: skip

    def funding(self, word: Bill) -> FundingReport | None:
        """Return a funding payment; None: of another instrument."""
        index = self._symbols.find(PERPETUAL, word.symbol)
        if index < 0 or word.business_type != FUNDING:
            return None
        paid = -cost(word.amount, self._symbols.instruments[index].money_decimals)
        return FundingReport(
            reference=word.bill_id, instrument=index, payment=paid, rate=0, mark=0,
            ts_ns=stamp_ns(word.c_time),
        )  # fmt: skip

    # --- inside ----------------------------------------------------------------------------------

    def _meaning(self, word: Order, product: str) -> tuple[int, int]:
        hedged = product == PERPETUAL and (
            word.pos_mode == HEDGED if word.pos_mode else self._hedged
        )
        return meaning(word.side, word.trade_side or "", word.pos_side or "", hedged=hedged)

    def _learn(self, word: Order, client_id: str, *, plan: bool) -> None:
        if not plan:
            self.memory.learn(word.order_id, client_id, word.pos_side or "")
            self.memory.is_plain(client_id)
        elif client_id:
            kind = word.plan_type
            self.memory.is_plan(client_id, _PUSHED.get(kind, kind) or "normal_plan")

    def _trade(
        self, index: int, trade: str, order_id: str, client_id: str, side: int, position: int,
        price: str, size: str, fees: list[FeeDetail], *, taker: bool, ts_ns: int, closed: str,
    ) -> TradeReport:  # fmt: skip
        instrument = self._symbols.instruments[index]
        at = units(price, instrument.price_decimals)
        quantity = units(size, instrument.quantity_decimals)
        parts = [_fee(instrument, each, at, quantity, maker=not taker) for each in fees]
        return TradeReport(
            trade=trade, client_id=client_id, venue_id=order_id, instrument=index, side=side,
            price=at, quantity=quantity, fee=sum(part.fee for part in parts),
            liquidity=TAKER if taker else MAKER, ts_ns=ts_ns, position_side=position,
            forced=closed, coin_fee=sum(part.coin_fee for part in parts),
            estimated=next((part.estimated for part in parts if part.estimated), ""),
        )  # fmt: skip


def _fee(
    instrument: Instrument, word: FeeDetail, price: int, quantity: int, *, maker: bool
) -> Taken:
    paid, coin = -Decimal(word.total_fee or word.fee or "0"), word.fee_coin.upper()
    if coin in (instrument.settle, ""):
        return Taken(fee=cost(f"{paid:f}", instrument.money_decimals))
    return taken(instrument, coin, paid, price=price, quantity=quantity, maker=maker)


def family_of(plan: str) -> str:
    """Return among which plans one is listed: those that protect a position share a list."""
    return plan if plan in _ALONE else "profit_loss"


def _price(word: Order, *, plan: bool) -> str:
    """Return the limit price; "0" for none.

    Open spot orders print it as `priceAvg` and the average beside it as `basePrice`.
    """
    if plan or word.order_type == "market":
        return "0"
    return (word.price_avg if word.base_price is not None else word.price) or "0"
