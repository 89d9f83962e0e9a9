"""The market of a hall: a common price path printed in each instrument's own units.

Rule 1: a print is one trade of the path: it fills what rests, moves the quote, the book, the tape
and the bars, triggers conditions, and is told, in this order.
Rule 2: mark and index price are the last price. The funding rate is a hash of seed and settlement,
within ±0.03%, unless it was set.
"""

from typing import Final

from steelyard.exchange.hall.depth import DepthBook
from steelyard.exchange.hall.floor import Floor, HallSettings
from steelyard.exchange.hall.port import HallTerms, Session
from steelyard.exchange.hall.prices import (
    Book,
    Candle,
    CandleNews,
    MarkNews,
    QuoteNews,
    StatusNews,
    Ticker,
    TickerNews,
    Topic,
    TradeNews,
)
from steelyard.exchange.hall.tape import MINUTE_NS, Tape
from steelyard.exchange.hall.words import Product, Status
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import BUY
from steelyard.venues.paper.books import worth

_RATE_BASE: Final = 10_000
_RATE_SPREAD: Final = 20_001
_FUNDINGS_KEPT: Final = 100


class MarketFloor(Floor):
    """A floor with a market."""

    def __init__(
        self, terms: HallTerms, instruments: tuple[Instrument, ...], settings: HallSettings
    ) -> None:
        """Open with no price yet."""
        super().__init__(terms, instruments, settings)
        self.books = [DepthBook(k, one) for k, one in enumerate(self.instruments)]
        self.tapes = [
            Tape(k, one, _seed(settings.seed, one.base)) for k, one in enumerate(self.instruments)
        ]
        self.rates: dict[int, int] = {}
        """Funding rates that were set."""
        self.settled: dict[int, list[MarkNews]] = {}

    # --- what happens ----------------------------------------------------------------------------

    def print_trade(self, instrument: int, price: int, quantity: int, taker_side: int) -> None:
        """Let the path trade: the quote goes along, the taker's side at `price`."""
        if self.statuses[instrument] in (Status.HALTED, Status.CLOSED):
            return
        now_ns = self.now_ns()
        pit, k = self.seats[instrument]
        one = self.instruments[instrument]
        tick = one.tick
        price = max(2 * tick, (price + tick // 2) // tick * tick)
        quantity = max(one.lot, quantity // one.lot * one.lot)
        ask = price if taker_side == BUY else price + tick
        before = self.books[instrument].best()
        pit.exchange.trade(now_ns, k, price, quantity, taker_side)
        change = self.books[instrument].move(now_ns, ask - tick, ask)
        best = self.books[instrument].best()
        pit.exchange.quote(now_ns, k, *best)
        tell, followed = self.listening.tell, self.listening.followed
        if followed(Topic.DEPTH, instrument):
            tell(Topic.DEPTH, change)
        if best != before and followed(Topic.QUOTE, instrument):
            tell(Topic.QUOTE, self._quote(instrument))
        self._turn_bars(instrument, now_ns)
        trade = self.tapes[instrument].add(now_ns, price, quantity, taker_side)
        if followed(Topic.TRADE, instrument):
            tell(Topic.TRADE, trade)
        for span_ns in self.listening.spans(instrument):
            candle = self.tapes[instrument].candle(span_ns, now_ns)
            news = CandleNews(instrument=instrument, ts_ns=now_ns, candle=candle)
            tell(Topic.CANDLE, news, span_ns)
        self.printed(instrument, price)

    def printed(self, instrument: int, price: int) -> None:
        """Be told of a new last price, after what it filled."""

    def tell_second(self) -> None:
        """Tell what is told each second: marks, tickers, bars that ended."""
        now_ns = self.now_ns()
        for k, tape in enumerate(self.tapes):
            if not tape.last:
                continue
            self._turn_bars(k, now_ns)
            self.books[k].remember(now_ns)
            if self.listening.followed(Topic.MARK, k):
                self.listening.tell(Topic.MARK, self.mark(k))
            if self.listening.followed(Topic.TICKER, k):
                news = TickerNews(instrument=k, ts_ns=now_ns, ticker=self.ticker(k))
                self.listening.tell(Topic.TICKER, news)

    def set_status(self, instrument: int, status: Status, *, filters: bool = False) -> None:
        """Let an instrument take more or less than before, or say that its filters changed."""
        self.statuses[instrument] = status
        news = StatusNews(
            instrument=instrument, ts_ns=self.now_ns(), status=status, filters=filters
        )
        self.listening.tell(Topic.STATUS, news)

    def _turn_bars(self, instrument: int, now_ns: int) -> None:
        """Tell followed bars that ended since the last minute, before a new one begins."""
        tape = self.tapes[instrument]
        if not tape.last:
            return
        last_ns = tape.at_ns
        if now_ns // MINUTE_NS == last_ns // MINUTE_NS:
            return
        tape.at(now_ns)
        for span_ns in self.listening.spans(instrument):
            start_ns = last_ns - last_ns % span_ns
            if now_ns - now_ns % span_ns == start_ns:
                continue
            candle = tape.ended(span_ns, start_ns, now_ns)
            if candle is not None:
                news = CandleNews(instrument=instrument, ts_ns=now_ns, candle=candle)
                self.listening.tell(Topic.CANDLE, news, span_ns)

    # --- what is asked ---------------------------------------------------------------------------

    def status(self, instrument: int) -> Status:
        """Return what an instrument takes at the moment."""
        return self.statuses[instrument]

    def venue_status(self) -> Status:
        """Return what the venue takes."""
        return self.whole

    def listed_ns(self, instrument: int) -> int:
        """Return since when it is listed: four hundred days before the hall opened, and more."""
        day_ns = 1440 * MINUTE_NS
        return (self.opened_ns // day_ns - 400 - instrument) * day_ns

    def quote(self, instrument: int) -> QuoteNews:
        """Return the best bid and ask."""
        return self._quote(instrument)

    def book(self, instrument: int, levels: int = 0) -> Book:
        """Return the order book, where the view is older that of a second before it."""
        if self.lag_ns:
            return self.books[instrument].earlier(self.view_ns, levels)
        return self.books[instrument].book(levels)

    def trades(
        self, instrument: int, *, limit: int = 0, after: int = 0, before: int = 0
    ) -> tuple[TradeNews, ...]:
        """List public trades, oldest first."""
        found = [
            one
            for one in self.tapes[instrument].trades
            if one.number > after and (not before or one.number < before)
        ]
        if limit:
            found = found[:limit] if after else found[-limit:]
        return tuple(found)

    def candles(
        self, instrument: int, span_ns: int, *, from_ns: int = 0, to_ns: int = 0, limit: int = 500
    ) -> tuple[Candle, ...]:
        """List bars."""
        return self.tapes[instrument].candles(
            span_ns, self.now_ns(), from_ns=from_ns, to_ns=to_ns, limit=limit
        )

    def mark(self, instrument: int) -> MarkNews:
        """Return mark and index price, funding rate and its next time; no rate for spot."""
        now_ns, span_ns = self.now_ns(), self.terms.funding_span_ns
        last = self.tapes[instrument].last
        next_ns = now_ns - now_ns % span_ns + span_ns
        spot = self.products[instrument] == Product.SPOT
        return MarkNews(
            instrument=instrument, ts_ns=now_ns, mark=last, index=last,
            rate=0 if spot else self.rate_at(instrument, next_ns), next_ns=0 if spot else next_ns,
        )  # fmt: skip

    def fundings(self, instrument: int, *, limit: int = 100) -> tuple[MarkNews, ...]:
        """List settled funding, what would have been before the hall opened included."""
        span_ns = self.terms.funding_span_ns
        first_ns = self.opened_ns - self.opened_ns % span_ns
        price = self.tapes[instrument].last
        before = [
            MarkNews(
                instrument=instrument, ts_ns=at_ns, mark=price, index=price,
                rate=_made_rate(self.settings.seed, instrument, at_ns // span_ns),
                next_ns=at_ns + span_ns,
            )
            for at_ns in range(first_ns - (_FUNDINGS_KEPT - 1) * span_ns, first_ns + 1, span_ns)
        ]  # fmt: skip
        found = before + self.settled.get(instrument, [])
        return tuple(found[-limit:])

    def rate_at(self, instrument: int, at_ns: int) -> int:
        """Return the rate that is settled at a time, as far as it is known."""
        made = _made_rate(self.settings.seed, instrument, at_ns // self.terms.funding_span_ns)
        return self.rates.get(instrument, made)

    def ticker(self, instrument: int) -> Ticker:
        """Return the last 24 hours."""
        return self.tapes[instrument].ticker(self.now_ns(), self.books[instrument].best())

    def quantity_for(self, instrument: int, cost: int, price: int) -> int:
        """Return how much so much money buys at a price, in whole lots."""
        one = self.instruments[instrument]
        numerator, denominator = one.worth_ratio
        quantity = cost * denominator // (price * numerator) if price > 0 else 0
        quantity -= quantity % one.lot
        while quantity > 0 and worth(one, price, quantity) > cost:
            quantity -= one.lot
        return quantity

    def _quote(self, instrument: int) -> QuoteNews:
        book = self.books[instrument]
        bid, bid_quantity, ask, ask_quantity = book.best()
        return QuoteNews(
            instrument=instrument, ts_ns=book.ts_ns, number=book.number, bid=bid,
            bid_quantity=bid_quantity, ask=ask, ask_quantity=ask_quantity,
        )  # fmt: skip

    # --- who hears it ----------------------------------------------------------------------------

    def follow(self, session: Session, topic: Topic, instrument: int, span_ns: int = 0) -> None:
        """Let a session hear a topic."""
        self.listening.follow(session, topic, instrument, span_ns)

    def unfollow(self, session: Session, topic: Topic, instrument: int, span_ns: int = 0) -> None:
        """Take it back."""
        self.listening.unfollow(session, topic, instrument, span_ns)

    def enter(
        self, session: Session, member: int, *, product: Product | None = None, key: str = ""
    ) -> None:
        """Let a session hear an account's private news."""
        self.listening.enter(session, member, product=product, key=key)

    def leave(self, session: Session) -> None:
        """Take back everything a session follows or entered."""
        self.listening.leave(session)

    def flush(self) -> int:
        """Say all news that wait."""
        return self.listening.flush()


def _seed(seed: int, base: str) -> int:
    return seed * 1_000_003 + sum(ord(letter) << (7 * i) for i, letter in enumerate(base[:4]))


def _made_rate(seed: int, instrument: int, period: int) -> int:
    mixed = (seed * 2_654_435_761 + instrument * 97 + period * 40_503) & 0xFFFFFFFF
    mixed = ((mixed ^ (mixed >> 15)) * 2_246_822_519) & 0xFFFFFFFF
    return _RATE_BASE + (mixed >> 8) % _RATE_SPREAD - _RATE_SPREAD // 2
