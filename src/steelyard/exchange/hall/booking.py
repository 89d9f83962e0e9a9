"""What the engines say, booked: fills, ends, liquidations, funding, and the news of them.

Rule 1: news of an order are told in the order accepted, fills, end; money after the orders of the
same stroke.
Rule 2: the profit of a fill is what it closed at the position's average entry.
Rule 3: an order that nobody was told of (refused on arrival) leaves nothing behind.
"""

from decimal import Decimal
from typing import Final

from steelyard.exchange.hall.choices import AccountFloor
from steelyard.exchange.hall.floor import Held, Pit, Record
from steelyard.exchange.hall.news import FundingNews, LiquidationNews, OrderNews
from steelyard.exchange.hall.words import Fill, HallOrder, Product, Stage, Why
from steelyard.model.kinds import BUY, FOK, IOC, MAKER, MARKET, REDUCE_ONLY
from steelyard.model.reports import FundingReport, OrderReport, OrderState, TradeReport
from steelyard.venues.paper.books import nearest, worth

_ENDS: Final = {
    OrderState.CANCELED: Stage.CANCELED,
    OrderState.EXPIRED: Stage.EXPIRED,
    OrderState.REJECTED: Stage.REJECTED,
}
_FORCED: Final = {"liquidation": Why.LIQUIDATION, "settlement": Why.DELISTED}
_NONE: Final = Decimal(0)
_RATE_ONE: Final = 10**8


class BookingFloor(AccountFloor):
    """A floor that keeps its books."""

    def absorb(self, pit: Pit, why: Why = Why.USER) -> None:
        """Book what an engine has said; `why`: the reason of cancels among it."""
        touched: dict[tuple[int, Product, str], tuple[set[int], list[Decimal]]] = {}

        def touch(member: int, instrument: int, reason: str, change: Decimal) -> None:
            product = self.products[instrument]
            instruments, changes = touched.setdefault((member, product, reason), (set(), [_NONE]))
            instruments.add(instrument)
            changes[0] += change

        while told := pit.exchange.drain():
            for member, news in told:
                if isinstance(news, TradeReport):
                    instrument = pit.places[news.instrument]
                    forced = bool(news.forced) and not news.client_id.isdecimal()
                    fill = self._forced(member, instrument, news) if forced else None
                    fill = fill or self._filled(instrument, news)
                    touch(member, instrument, news.forced or "order", self._change(fill))
                elif isinstance(news, OrderReport):
                    instrument = pit.places[news.instrument]
                    if self._moved(news, why) and self.products[instrument] == Product.SPOT:
                        touch(member, instrument, "order", _NONE)
                elif isinstance(news, FundingReport):
                    instrument = pit.places[news.instrument]
                    touch(member, instrument, "funding", self._funded(member, instrument, news))
        for (member, product, reason), (instruments, changes) in touched.items():
            self.tell_money(member, product, reason, tuple(sorted(instruments)), changes[0])

    def announce(self, record: Record) -> None:
        """Tell that an order was accepted, once."""
        if not record.announced:
            record.announced = True
            self.tell_order(record)

    def tell_order(
        self, record: Record, fill: Fill | None = None, *, amended: bool = False
    ) -> None:
        """Tell an order as it is now."""
        order = record.now
        news = OrderNews(ts_ns=self.now_ns(), order=order, fill=fill, amended=amended)
        self.listening.tell_member(order.member, self.products[order.instrument], news)

    def end(self, record: Record, stage: Stage, why: Why) -> HallOrder:
        """End an order and tell it."""
        order = record.change(stage=stage, why=why, updated_ns=self.now_ns())
        self.own[order.member].open.pop(order.number, None)
        self.tell_order(record)
        return order

    # --- inside ----------------------------------------------------------------------------------

    def _moved(self, news: OrderReport, why: Why) -> bool:
        """Book an order's state; True when what is locked changed."""
        number = int(news.client_id) if news.client_id.isdecimal() else 0
        record = self.records.get(number)
        if record is None or record.quiet:
            return False
        if news.state == OrderState.OPEN:
            if record.announced:
                return False
            self.announce(record)
            return True
        if news.state not in _ENDS or not record.now.live:
            return False
        stage = _ENDS[news.state]
        self.end(record, stage, why if stage == Stage.CANCELED else _expiry(record.now))
        return True

    def _filled(self, instrument: int, news: TradeReport) -> Fill:
        record = self.records[int(news.client_id)]
        order = record.now
        fill = self._book_fill(order, instrument, news)
        filled = order.filled + news.quantity
        stage = Stage.FILLED if filled >= order.quantity else Stage.OPEN
        self.announce(record)
        record.change(
            filled=filled, worth=order.worth + fill.worth, fee=order.fee + fill.fee,
            fee_coins=order.fee_coins + fill.fee_coins,
            realised=order.realised + fill.realised, stage=stage, updated_ns=self.now_ns(),
            last_fill=fill.number,
        )  # fmt: skip
        if stage == Stage.FILLED:
            self.own[order.member].open.pop(order.number, None)
        self.tell_order(record, fill)
        return fill

    def _forced(self, member: int, instrument: int, news: TradeReport) -> Fill:
        """Book what the venue closed, as an order of its own."""
        self.number += 1
        now_ns = self.now_ns()
        order = HallOrder(
            number=self.number, member=member, instrument=instrument, client_id="",
            side=news.side, type=MARKET, flags=REDUCE_ONLY, price=news.price,
            quantity=news.quantity, stage=Stage.FILLED, created_ns=now_ns, updated_ns=now_ns,
            filled=news.quantity, position_side=news.position_side,
            why=_FORCED.get(news.forced, Why.OTHER),
        )  # fmt: skip
        record = Record(order)
        record.announced = True
        self.keep(record)
        self.own[member].open.pop(order.number)
        fill = self._book_fill(order, instrument, news)
        record.change(worth=fill.worth, fee=fill.fee, realised=fill.realised, last_fill=fill.number)
        if news.forced == "liquidation":
            told = LiquidationNews(
                ts_ns=now_ns, instrument=instrument, side=news.side, quantity=news.quantity,
                price=news.price,
            )  # fmt: skip
            self.listening.tell_member(member, self.products[instrument], told)
        self.tell_order(record, fill)
        return fill

    def _book_fill(self, order: HallOrder, instrument: int, news: TradeReport) -> Fill:
        one, member = self.instruments[instrument], order.member
        product = self.products[instrument]
        value = worth(one, news.price, news.quantity)
        realised = 0
        if product == Product.PERP:
            realised = self._realise(member, instrument, news)
        coins = self._pay_in_coins(member, instrument, news)
        fee = 0 if coins else news.fee
        self.fill_number += 1
        fill = Fill(
            number=self.fill_number, order=order.number, client_id=order.client_id,
            member=member, instrument=instrument, side=news.side, price=news.price,
            quantity=news.quantity, worth=value, fee=fee, liquidity=news.liquidity,
            realised=realised, ts_ns=self.now_ns(), position_side=news.position_side,
            forced=news.forced, fee_coins=coins,
        )  # fmt: skip
        self.own[member].fills.append(fill)
        if coins:
            self.book_income(
                member, "fee", product, instrument, -one.quantity_decimal(coins),
                fill=fill.number, asset=one.base,
            )  # fmt: skip
        for kind, amount in (("fee", -fee), ("profit", realised)):
            if amount:
                self.book_income(
                    member, kind, product, instrument, one.money_decimal(amount),
                    fill=fill.number, position_side=news.position_side,
                )  # fmt: skip
        return fill

    def _pay_in_coins(self, member: int, instrument: int, news: TradeReport) -> int:
        """Let the fee of a spot buy be paid in coins, where the venue does so; return how many.

        The engine knows fees in money only: it gets the money back and gives the coins.
        """
        bought = self.products[instrument] == Product.SPOT and news.side == BUY
        if not (bought and self.terms.fee_in_coins and news.fee > 0):
            return 0
        rates = self.fees(member, instrument)
        rate = rates[0] if news.liquidity == MAKER else rates[1]
        coins = -(-news.quantity * rate // _RATE_ONE)
        pit, k = self.seats[instrument]
        engine = pit.exchange.engine
        engine.sim[(member * engine.count + k) * 2]["quantity"] -= coins
        pit.exchange.pay_in(self.now_ns(), member, news.fee)
        return coins

    def _realise(self, member: int, instrument: int, news: TradeReport) -> int:
        """Count a fill into the position; return the profit of what it closed."""
        one, now_ns = self.instruments[instrument], self.now_ns()
        held = self.own[member].held.setdefault((instrument, news.position_side), Held())
        signed = news.side * news.quantity
        held.updated_ns = now_ns
        realised = 0
        if held.quantity * signed < 0:
            closed = min(abs(held.quantity), news.quantity) * news.side
            entry = nearest(held.worth * -closed, held.quantity)
            realised = worth(one, news.price, -closed) - entry
            held.quantity += closed
            held.worth -= entry
            held.realised += realised
            signed -= closed
        if signed:
            if not held.quantity:
                held.opened_ns, held.realised = now_ns, 0
            held.quantity += signed
            held.worth += worth(one, news.price, signed)
        return realised

    def _funded(self, member: int, instrument: int, news: FundingReport) -> Decimal:
        one = self.instruments[instrument]
        pit, k = self.seats[instrument]
        holding = pit.exchange.engine.holding
        amount = one.money_decimal(-news.payment)
        income = self.book_income(
            member, "funding", Product.PERP, instrument, amount, rate=news.rate, mark=news.mark,
            quantity=holding(member, k, 0)[0] + holding(member, k, 1)[0],
        )  # fmt: skip
        told = FundingNews(ts_ns=self.now_ns(), income=income)
        self.listening.tell_member(member, Product.PERP, told)
        return amount

    def _change(self, fill: Fill) -> Decimal:
        one = self.instruments[fill.instrument]
        if self.products[fill.instrument] == Product.SPOT:
            return one.money_decimal(-fill.side * fill.worth - fill.fee)
        return one.money_decimal(fill.realised - fill.fee)


def _expiry(order: HallOrder) -> Why:
    for flag, why in ((FOK, Why.FOK), (IOC, Why.IOC), (REDUCE_ONLY, Why.REDUCE_ONLY)):
        if order.flags & flag:
            return why
    return Why.NOBODY if order.type == MARKET else Why.OTHER
