"""What was traded: public trades, bars of a minute and their sums, the last 24 hours.

Rule 1: trades are numbered without a hole from 1.
Rule 2: bars begin at multiples of their span since 1970; a minute without a trade has a bar at the
last price with no volume.
Rule 3: what was before the first trade is made up from the seed, backwards from its price, the same
way for every dialect.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

from steelyard.exchange.hall.prices import Candle, Ticker, TradeNews
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import BUY
from steelyard.venues.paper.books import worth
from steelyard.wire.randomness import generator

MINUTE_NS: Final = 60_000_000_000
DAY_NS: Final = 1440 * MINUTE_NS
TRADES_KEPT: Final = 1_000
_BEFORE: Final = 4_320
_KEPT: Final = 20_000
_VOLATILITY_MINUTE: Final = 0.0006


class Bar(Struct):
    """One minute, while it grows."""

    start_ns: int
    open: int
    high: int
    low: int
    close: int
    volume: int = 0
    worth: int = 0
    trades: int = 0
    taker_volume: int = 0
    taker_worth: int = 0
    first_trade: int = 0
    last_trade: int = 0


class Tape:
    """The tape of one instrument."""

    def __init__(self, index: int, instrument: Instrument, seed: int) -> None:
        """Begin empty."""
        self.index, self.instrument = index, instrument
        self.number = 0
        self.last = 0
        self.trades: deque[TradeNews] = deque(maxlen=TRADES_KEPT)
        self._bars: deque[Bar] = deque(maxlen=_KEPT)
        self._before: list[Bar] | None = None
        self._seed = seed

    def add(self, ts_ns: int, price: int, quantity: int, taker_side: int) -> TradeNews:
        """Print a trade."""
        self.number += 1
        trade = TradeNews(
            instrument=self.index, ts_ns=ts_ns, number=self.number, price=price,
            quantity=quantity, taker_side=taker_side,
        )  # fmt: skip
        self.trades.append(trade)
        self.last = price
        bar = self.at(ts_ns, price)
        bar.high, bar.low, bar.close = max(bar.high, price), min(bar.low, price), price
        money = worth(self.instrument, price, quantity)
        bar.volume += quantity
        bar.worth += money
        bar.trades += 1
        bar.first_trade = bar.first_trade or self.number
        bar.last_trade = self.number
        if taker_side == BUY:
            bar.taker_volume += quantity
            bar.taker_worth += money
        return trade

    @property
    def at_ns(self) -> int:
        """Return the beginning of the newest minute; 0: there is none."""
        return self._bars[-1].start_ns if self._bars else 0

    def at(self, ts_ns: int, price: int = 0) -> Bar:
        """Return the minute of a time, after filling those that nobody traded in."""
        start_ns = ts_ns - ts_ns % MINUTE_NS
        price = price or self.last
        if not self._bars:
            self._bars.append(Bar(start_ns, price, price, price, price))
        while self._bars[-1].start_ns < start_ns:
            last = self._bars[-1]
            if start_ns - last.start_ns > _KEPT * MINUTE_NS:
                self._bars.clear()
                self._bars.append(Bar(start_ns, price, price, price, price))
                break
            close = last.close
            opened = price if last.start_ns + MINUTE_NS == start_ns else close
            self._bars.append(Bar(last.start_ns + MINUTE_NS, opened, opened, opened, opened))
        return self._bars[-1]

    def candles(
        self, span_ns: int, now_ns: int, *, from_ns: int = 0, to_ns: int = 0, limit: int = 500
    ) -> tuple[Candle, ...]:
        """List bars of a span that begin in [from, to], see `asking.Market.candles`."""
        if not self._bars:
            return ()
        self.at(now_ns)
        made: dict[int, list[Bar]] = {}
        first = from_ns - from_ns % span_ns
        if not from_ns and limit:
            first = now_ns - now_ns % span_ns - limit * span_ns
            if to_ns:
                first = min(first, to_ns - limit * span_ns - span_ns)
        for bar in self._since(first):
            start = bar.start_ns - bar.start_ns % span_ns
            if start >= from_ns and (not to_ns or start <= to_ns):
                made.setdefault(start, []).append(bar)
        starts = sorted(made)
        if limit:
            starts = starts[:limit] if from_ns else starts[-limit:]
        return tuple(self._candle(s, span_ns, made[s], now_ns) for s in starts)

    def candle(self, span_ns: int, now_ns: int) -> Candle:
        """Return the bar of a span that contains now."""
        self.at(now_ns)
        start = now_ns - now_ns % span_ns
        return self._candle(start, span_ns, list(self._since(start)), now_ns)

    def ended(self, span_ns: int, start_ns: int, now_ns: int) -> Candle | None:
        """Return the bar that began at a time, None where nothing is known of it."""
        bars = [b for b in self._since(start_ns) if b.start_ns < start_ns + span_ns]
        return self._candle(start_ns, span_ns, bars, now_ns) if bars else None

    def ticker(self, now_ns: int, best: tuple[int, int, int, int]) -> Ticker:
        """Sum up the last 24 hours."""
        self.at(now_ns)
        bars = list(self._since(now_ns - DAY_NS))
        numbers = [b.first_trade for b in bars if b.first_trade]
        newest = self.trades[-1] if self.trades else None
        return Ticker(
            instrument=self.index, ts_ns=now_ns, opened_ns=bars[0].start_ns, open=bars[0].open,
            high=max(b.high for b in bars), low=min(b.low for b in bars), last=self.last,
            last_quantity=newest.quantity if newest else 0,
            volume=sum(b.volume for b in bars), worth=sum(b.worth for b in bars),
            trades=sum(b.trades for b in bars), first_trade=numbers[0] if numbers else 0,
            last_trade=self.number, bid=best[0], bid_quantity=best[1], ask=best[2],
            ask_quantity=best[3],
        )  # fmt: skip

    # --- inside ----------------------------------------------------------------------------------

    def _since(self, start_ns: int) -> Iterable[Bar]:
        if start_ns < self._bars[0].start_ns:
            if self._before is None:
                self._before = self._make_up(self._bars[0])
            yield from (b for b in self._before if b.start_ns >= start_ns)
        back = (self._bars[-1].start_ns - start_ns) // MINUTE_NS + 1
        skip = max(0, len(self._bars) - back) if back > 0 else len(self._bars)
        for place in range(int(skip), len(self._bars)):
            bar = self._bars[place]
            if bar.start_ns >= start_ns:
                yield bar

    def _candle(self, start_ns: int, span_ns: int, bars: Sequence[Bar], now_ns: int) -> Candle:
        return Candle(
            instrument=self.index, span_ns=span_ns, start_ns=start_ns, open=bars[0].open,
            high=max(b.high for b in bars), low=min(b.low for b in bars), close=bars[-1].close,
            volume=sum(b.volume for b in bars), worth=sum(b.worth for b in bars),
            trades=sum(b.trades for b in bars),
            taker_volume=sum(b.taker_volume for b in bars),
            taker_worth=sum(b.taker_worth for b in bars),
            closed=start_ns + span_ns <= now_ns,
        )  # fmt: skip

    def _make_up(self, first: Bar) -> list[Bar]:
        """Walk back from the first price, a minute at a time."""
        chance = generator(self._seed)
        steps = chance.normal(0.0, _VOLATILITY_MINUTE, _BEFORE).tolist()
        wide = chance.uniform(0.0, _VOLATILITY_MINUTE, (_BEFORE, 2)).tolist()
        coins = chance.lognormal(0.0, 1.0, _BEFORE).tolist()
        tick, lot = self.instrument.tick, self.instrument.lot
        one = 10**self.instrument.quantity_decimals / float(self.instrument.multiplier)
        made: list[Bar] = []
        close = first.open
        for i in range(_BEFORE):
            opened = max(tick, round(close * (1 - steps[i]) / tick) * tick)
            high, low = max(opened, close), min(opened, close)
            high += round(high * wide[i][0] / tick) * tick
            low = max(tick, low - round(low * wide[i][1] / tick) * tick)
            volume = max(lot, int(coins[i] * one) // lot * lot)
            bar = Bar(first.start_ns - (i + 1) * MINUTE_NS, opened, high, low, close, volume)
            bar.worth = worth(self.instrument, (high + low) // 2, volume)
            bar.taker_volume = volume // lot // 2 * lot
            bar.taker_worth = worth(self.instrument, (high + low) // 2, bar.taker_volume)
            bar.trades = 60
            made.append(bar)
            close = opened
        made.reverse()
        return made
