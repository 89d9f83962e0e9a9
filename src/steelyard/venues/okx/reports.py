"""What OKX says about an account, as reports.

Rule 1: a row about an instrument that this account was not made for is not ours: it is left out.
Rule 2: OKX counts fees from the account's side: a negative number is a charge. Here a fee is what
was paid, in money or in coins (`native.fees`).
Rule 3: in long/short mode a position's size is positive on both sides; here a short is negative.
Rule 4: once a conditional order is triggered, a plain order without a client id does its work and
names it (`algoClOrdId`): it is reported under that id.
"""

from collections.abc import Sequence
from typing import Final

from steelyard.model import reasons
from steelyard.model.instruments import Instrument, Kind
from steelyard.model.kinds import BUY, MAKER, SELL, SHORT, TAKER
from steelyard.model.reports import (
    FundingReport,
    Holding,
    OrderReport,
    OrderState,
    TradeReport,
)
from steelyard.venues.native.fees import taken
from steelyard.venues.native.numbers import low, nearest, units
from steelyard.venues.okx import numbers
from steelyard.venues.okx.orders import POSITION_SIDES
from steelyard.venues.okx.symbols import symbol_of
from steelyard.venues.okx.words import AlgoWord, Bill, CoinWord, FillWord, OrderWord, PositionWord

STATES: Final = {
    "live": OrderState.OPEN,
    "partially_filled": OrderState.OPEN,
    "filled": OrderState.FILLED,
    "canceled": OrderState.CANCELED,
    "mmp_canceled": OrderState.CANCELED,
}
ALGO_STATES: Final = {
    "live": OrderState.OPEN,
    "pause": OrderState.OPEN,
    # The plain order that was made of it goes on, and says itself when it ends.
    "effective": OrderState.OPEN,
    "partially_effective": OrderState.OPEN,
    "canceled": OrderState.CANCELED,
    "order_failed": OrderState.REJECTED,
    "partially_failed": OrderState.CANCELED,
}
TRIGGERED: Final = frozenset({"effective", "partially_effective"})
FORCED: Final = {
    "full_liquidation": "liquidation",
    "partial_liquidation": "liquidation",
    "adl": "adl",
}
# What `subType` of a fill says about who wanted it.
FORCED_BILLS: Final = {
    **dict.fromkeys(("100", "101", "102", "103", "104", "105", "106", "107", "110"), "liquidation"),
    **dict.fromkeys(("125", "126", "127", "128"), "adl"),
}
SIDES: Final = {"buy": BUY, "sell": SELL}
_LIQUIDITY: Final = {"M": MAKER, "T": TAKER}
_YES: Final = frozenset({"true", True})


class Reports:
    """The reports of one account, for its instruments by place."""

    def __init__(self, instruments: Sequence[Instrument]) -> None:
        """Index the instruments by OKX's text."""
        self.instruments = tuple(instruments)
        self.symbols = tuple(map(symbol_of, self.instruments))
        self.place_of = {symbol: place for place, symbol in enumerate(self.symbols)}

    def order(self, word: OrderWord) -> OrderReport | None:
        """Describe an order."""
        place = self.place_of.get(word.inst_id)
        if place is None:
            return None
        instrument = self.instruments[place]
        decimals = instrument.quantity_decimals
        filled = numbers.units_or_zero(word.acc_fill_sz, decimals)
        state = STATES[word.state]
        if word.tgt_ccy == "quote_ccy" and word.ord_type == "market":
            # Somebody ordered for so much quote: what it came to is known when it is over.
            quantity = filled
        else:
            quantity = units(word.sz, decimals)
        return OrderReport(
            client_id=word.cl_ord_id or word.algo_cl_ord_id, venue_id=word.ord_id,
            instrument=place, state=state, side=SIDES[word.side],
            price=numbers.units_or_zero(word.px, instrument.price_decimals),
            quantity=quantity, filled=filled, ts_ns=numbers.ns_of(word.u_time or word.c_time),
            reduce_only=word.reduce_only in _YES, position_side=POSITION_SIDES[word.pos_side],
        )  # fmt: skip

    def algo(self, word: AlgoWord) -> OrderReport | None:
        """Describe a conditional order, as long as no plain order speaks for it."""
        place = self.place_of.get(word.inst_id)
        if place is None:
            return None
        instrument = self.instruments[place]
        state = ALGO_STATES[word.state]
        trigger = word.sl_trigger_px or word.tp_trigger_px or word.trigger_px
        trigger = trigger or word.move_trigger_px or word.active_px
        return OrderReport(
            client_id=word.algo_cl_ord_id or word.cl_ord_id, venue_id=word.algo_id,
            instrument=place, state=state, side=SIDES[word.side], price=0,
            quantity=numbers.units_or_zero(word.sz, instrument.quantity_decimals), filled=0,
            ts_ns=numbers.ns_of(word.u_time or word.c_time),
            reduce_only=word.reduce_only in _YES,
            trigger=nearest(numbers.decimal_of(trigger), instrument.price_decimals),
            position_side=POSITION_SIDES[word.pos_side],
            code=reasons.NOT_SUPPORTED if state == OrderState.REJECTED else 0,
        )  # fmt: skip

    def fill_of(self, word: OrderWord) -> TradeReport | None:
        """Describe the fill that a frame of the stream is about; None: it is about none."""
        place = self.place_of.get(word.inst_id)
        if place is None or not word.trade_id or not numbers.decimal_of(word.fill_sz):
            return None
        return self._trade(
            place, word.trade_id, word.cl_ord_id or word.algo_cl_ord_id, word.ord_id, word.side,
            word.fill_px, word.fill_sz, word.fill_fee, word.fill_fee_ccy, word.exec_type,
            word.fill_time or word.u_time, word.pos_side, FORCED.get(word.category, ""),
        )  # fmt: skip

    def trade(self, word: FillWord, client_id: str = "") -> TradeReport | None:
        """Describe a trade; `client_id` where another than the order's own stands for it."""
        place = self.place_of.get(word.inst_id)
        if place is None:
            return None
        return self._trade(
            place, word.trade_id, client_id or word.cl_ord_id, word.ord_id, word.side,
            word.fill_px, word.fill_sz, word.fee, word.fee_ccy, word.exec_type,
            word.fill_time or word.ts, word.pos_side, FORCED_BILLS.get(word.sub_type, ""),
        )  # fmt: skip

    def funding(self, bill: Bill) -> FundingReport | None:
        """Describe a settlement of funding. OKX tells no rate here."""
        place = self.place_of.get(bill.inst_id)
        if place is None:
            return None
        instrument = self.instruments[place]
        gained = numbers.decimal_of(bill.pnl) or (
            numbers.decimal_of(bill.bal_chg) + numbers.decimal_of(bill.pos_bal_chg)
        )
        return FundingReport(
            reference=bill.bill_id, instrument=place,
            payment=-nearest(gained, instrument.money_decimals), rate=0,
            mark=nearest(numbers.decimal_of(bill.px), instrument.price_decimals),
            ts_ns=numbers.ns_of(bill.ts),
        )  # fmt: skip

    def position(self, word: PositionWord) -> Holding | None:
        """Describe a position; None: none of ours, or flat."""
        place = self.place_of.get(word.inst_id)
        if place is None:
            return None
        instrument = self.instruments[place]
        contracts = numbers.decimal_of(word.pos)
        if not contracts:
            return None
        side = POSITION_SIDES[word.pos_side]
        if side == SHORT:
            contracts = -abs(contracts)
        text = str(contracts) if side == SHORT else word.pos
        at_mark = numbers.worth(instrument, numbers.decimal_of(word.mark_px), contracts)
        return Holding(
            instrument=place, position_side=side,
            quantity=units(text, instrument.quantity_decimals),
            entry=nearest(numbers.decimal_of(word.avg_px), instrument.price_decimals),
            worth=nearest(
                at_mark - numbers.decimal_of(word.upl), instrument.money_decimals
            ),
        )  # fmt: skip

    def coins(self, words: Sequence[CoinWord]) -> tuple[list[Holding], int]:
        """Return coins that spot instruments trade, and the cash of the settlement asset."""
        by_coin = {word.ccy: word for word in words}
        holdings = []
        for place, instrument in enumerate(self.instruments):
            word = by_coin.get(instrument.base)
            if instrument.kind != Kind.SPOT or word is None:
                continue
            held = numbers.decimal_of(word.cash_bal)
            quantity = low(held, instrument.quantity_decimals)
            if quantity:
                holdings.append(Holding(instrument=place, position_side=0, quantity=quantity))
        first = self.instruments[0]
        word = by_coin.get(first.settle)
        if word is None:
            return holdings, 0
        # Margin of isolated positions leaves the cash balance; its open profit is no cash.
        cash = numbers.decimal_of(word.cash_bal) + numbers.decimal_of(word.iso_eq)
        cash -= numbers.decimal_of(word.iso_upl)
        return holdings, nearest(cash, first.money_decimals)

    def _trade(
        self, place: int, trade: str, client_id: str, venue_id: str, side: str, price: str,
        size: str, fee: str, fee_coin: str, execution: str, time: str, pos_side: str, forced: str,
    ) -> TradeReport:  # fmt: skip
        instrument = self.instruments[place]
        at = units(price, instrument.price_decimals)
        quantity = units(size, instrument.quantity_decimals)
        liquidity = _LIQUIDITY.get(execution, TAKER)
        paid = taken(
            instrument, fee_coin, -numbers.decimal_of(fee), price=at, quantity=quantity,
            maker=liquidity == MAKER,
        )  # fmt: skip
        return TradeReport(
            trade=trade, client_id=client_id, venue_id=venue_id, instrument=place,
            side=SIDES[side], price=at, quantity=quantity, fee=paid.fee, liquidity=liquidity,
            ts_ns=numbers.ns_of(time), position_side=POSITION_SIDES[pos_side], forced=forced,
            coin_fee=paid.coin_fee, estimated=paid.estimated,
        )  # fmt: skip


def child_of(word: AlgoWord) -> str:
    """Return OKX's id of the plain order that a conditional order became, if any."""
    if word.ord_id:
        return word.ord_id
    return word.ord_id_list[0] if word.ord_id_list else ""
