"""Public frames to market events, for the instruments of one feed: the hot path.

Rule 1: frames about other instruments say nothing.
Rule 2: sizes of other people are floored to the instrument's unit. Prices of quotes and books must
fit it; trades were seen at prices finer than the tick, and are rounded. A quote without a price (an
empty side) is none.
Rule 3: a bar is told once, when the venue says that its window closed; where it does not say, when
the next one begins.
Rule 4: when a funding rate will be settled is not in the ticker: it follows from what the contract
was listed with, else from steps of eight hours.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from steelyard.model.events import Bar, BarClosed, Quote, Trade
from steelyard.model.kinds import BUY, SELL
from steelyard.model.market import FundingRate, Mark
from steelyard.model.units import RATE_DECIMALS, Nanos, Price, Quantity, Rate
from steelyard.venues.gate import frames, words
from steelyard.venues.gate.frames import FRAME, aside, decode
from steelyard.venues.gate.numbers import exact, floored, near, time_ns
from steelyard.venues.gate.symbols import Symbols
from steelyard.venues.native.dialect import BookChange, Said
from steelyard.venues.native.numbers import nearest, number

_TICKER: Final = words.decoder(frames.Ticker)
_SPOT_TRADES: Final = words.decoder(frames.SpotPublicTrade | list[frames.SpotPublicTrade])
_PERP_TRADES: Final = words.decoder(list[frames.PerpPublicTrade])
_SPOT_CHANGE: Final = words.decoder(frames.SpotChange)
_PERP_CHANGE: Final = words.decoder(frames.PerpChange)
_CANDLES: Final = words.decoder(frames.Candle | list[frames.Candle])
# One was seen with a list in its list.
_TICKERS: Final = words.decoder(
    frames.PerpTicker | list[frames.PerpTicker | list[frames.PerpTicker]]
)

_SECOND_NS: Final = 1_000_000_000
_MILLI_NS: Final = 1_000_000
EIGHT_HOURS_S: Final = 28_800
INTERVALS: Final[dict[int, str]] = {
    10: "10s", 60: "1m", 300: "5m", 900: "15m", 1_800: "30m", 3_600: "1h", 14_400: "4h",
    28_800: "8h", 86_400: "1d", 604_800: "7d",
}  # fmt: skip
"""By seconds; all of them are offered for coins and contracts."""
_SECONDS: Final = {word: seconds for seconds, word in INTERVALS.items()}


class Hearing:
    """Reads public frames about a list of instruments."""

    def __init__(self, symbols: Symbols) -> None:
        """Read what is about these."""
        self._symbols = symbols
        self.funding: dict[str, tuple[int, int]] = {}
        """By contract: (a second at which funding is settled, seconds between two)."""
        self._bars: dict[tuple[int, str], Bar] = {}
        spot, perp = symbols.spot, symbols.perp
        self._readers: dict[str, Callable[[frames.Frame], Sequence[Said]]] = {
            "spot.book_ticker": lambda word: self._quote(word, spot),
            "futures.book_ticker": lambda word: self._quote(word, perp),
            "spot.trades": self._spot_trades,
            "futures.trades": self._perp_trades,
            "spot.order_book_update": self._spot_change,
            "futures.order_book_update": self._perp_change,
            "spot.candlesticks": lambda word: self._candles(word, spot=True),
            "futures.candlesticks": lambda word: self._candles(word, spot=False),
            "futures.tickers": self._tickers,
        }

    def read(self, frame: bytes) -> Sequence[Said]:
        """Read one public frame. Raises ValueError for what nobody understands."""
        word = decode(FRAME, frame)
        if word.event == "update" or word.event == "all":  # noqa: PLR1714 - hot
            reader = self._readers.get(word.channel)
            if reader is None:
                raise ValueError(f"nobody subscribed to {word.channel}")
            return reader(word)
        return (aside(word),)

    # --- frames ----------------------------------------------------------------------------------

    def _quote(self, frame: frames.Frame, places: dict[str, int]) -> Sequence[Said]:
        word = decode(_TICKER, frame.result)
        place = places.get(word.s)
        if place is None or not word.b or not word.a:
            return ()
        instrument = self._symbols.instruments[place]
        prices, sizes = instrument.price_decimals, instrument.quantity_decimals
        return (
            Quote(
                ts_ns=word.t * _MILLI_NS,
                instrument=place,
                bid=exact(word.b, prices),  # type: ignore[arg-type]
                bid_quantity=floored(word.B, sizes),  # type: ignore[arg-type]
                ask=exact(word.a, prices),  # type: ignore[arg-type]
                ask_quantity=floored(word.A, sizes),  # type: ignore[arg-type]
            ),
        )

    def _spot_trades(self, frame: frames.Frame) -> Sequence[Said]:
        rows = decode(_SPOT_TRADES, frame.result)
        found = []
        for row in rows if isinstance(rows, list) else (rows,):
            place = self._symbols.spot.get(row.currency_pair)
            if place is None:
                continue
            instrument = self._symbols.instruments[place]
            found.append(
                Trade(
                    ts_ns=Nanos(time_ns(row.create_time_ms or row.create_time)),
                    instrument=place,
                    price=Price(near(row.price, instrument.price_decimals)),
                    quantity=Quantity(floored(row.amount, instrument.quantity_decimals)),
                    taker_side=BUY if row.side == "buy" else SELL,
                )
            )
        return found

    def _perp_trades(self, frame: frames.Frame) -> Sequence[Said]:
        found = []
        for row in decode(_PERP_TRADES, frame.result):
            place = self._symbols.perp.get(row.contract)
            if place is None:
                continue
            instrument = self._symbols.instruments[place]
            size = exact(row.size, instrument.quantity_decimals)
            found.append(
                Trade(
                    ts_ns=Nanos(time_ns(row.create_time_ms or row.create_time)),
                    instrument=place,
                    price=Price(near(row.price, instrument.price_decimals)),
                    quantity=Quantity(abs(size)),
                    taker_side=BUY if size > 0 else SELL,
                )
            )
        return found

    def _spot_change(self, frame: frames.Frame) -> Sequence[Said]:
        word = decode(_SPOT_CHANGE, frame.result)
        place = self._symbols.spot.get(word.s)
        if place is None:
            return ()
        instrument = self._symbols.instruments[place]
        prices, sizes = instrument.price_decimals, instrument.quantity_decimals
        return (
            BookChange(
                ts_ns=word.t * _MILLI_NS,
                instrument=place,
                bids=tuple([(exact(p, prices), floored(s, sizes)) for p, s in word.b]),
                asks=tuple([(exact(p, prices), floored(s, sizes)) for p, s in word.a]),
                first=word.U,
                last=word.u,
                snapshot=word.full,
            ),
        )

    def _perp_change(self, frame: frames.Frame) -> Sequence[Said]:
        word = decode(_PERP_CHANGE, frame.result)
        place = self._symbols.perp.get(word.s)
        if place is None:
            return ()
        instrument = self._symbols.instruments[place]
        prices, sizes = instrument.price_decimals, instrument.quantity_decimals
        return (
            BookChange(
                ts_ns=word.t * _MILLI_NS,
                instrument=place,
                bids=tuple([(exact(one.p, prices), floored(one.s, sizes)) for one in word.b]),
                asks=tuple([(exact(one.p, prices), floored(one.s, sizes)) for one in word.a]),
                first=word.U,
                last=word.u,
                snapshot=word.full,
            ),
        )

    def _candles(self, frame: frames.Frame, *, spot: bool) -> Sequence[Said]:
        rows = decode(_CANDLES, frame.result)
        found = []
        places = self._symbols.spot if spot else self._symbols.perp
        for row in rows if isinstance(rows, list) else (rows,):
            interval, _, symbol = row.n.partition("_")
            place = places.get(symbol)
            if place is None:
                continue
            seconds = _SECONDS.get(interval)
            if seconds is None:
                raise ValueError(f"a bar of {interval!r}")
            bar = self._bar(place, row, seconds, spot=spot)
            key = (place, interval)
            before = self._bars.pop(key, None)
            if before is not None and before.ts_ns < bar.ts_ns:
                found.append(_closed(place, before))
            if row.w:
                found.append(_closed(place, bar))
            else:
                self._bars[key] = bar
        return found

    def _tickers(self, frame: frames.Frame) -> Sequence[Said]:
        rows = decode(_TICKERS, frame.result)
        found: list[Said] = []
        at_ns = time_ns(frame.time_ms or frame.time)
        for row in _flat(rows):
            place = self._symbols.perp.get(row.contract)
            if place is not None:
                found += self._ticker(row, place, at_ns)
        return found

    def _ticker(self, word: frames.PerpTicker, place: int, at_ns: int) -> list[Said]:
        instrument = self._symbols.instruments[place]
        found: list[Said] = []
        if word.mark_price is not None:
            index = nearest(number(word.index_price or "0"), instrument.price_decimals)
            mark = nearest(word.mark_price, instrument.price_decimals)
            found.append(
                Mark(ts_ns=Nanos(at_ns), instrument=place, mark=Price(mark), index=Price(index))
            )
        if word.funding_rate is not None:
            base, step = self.funding.get(word.contract, (0, EIGHT_HOURS_S))
            now = at_ns // _SECOND_NS
            next_s = now + step - (now - base) % step
            rate = Rate(nearest(word.funding_rate, RATE_DECIMALS))
            found.append(
                FundingRate(
                    ts_ns=Nanos(at_ns), instrument=place, rate=rate,
                    next_ns=Nanos(next_s * _SECOND_NS),
                )
            )  # fmt: skip
        return found

    def _bar(self, place: int, row: frames.Candle, seconds: int, *, spot: bool) -> Bar:
        instrument = self._symbols.instruments[place]
        decimals = instrument.price_decimals
        volume = row.a if spot else row.v
        return Bar(
            (int(row.t) + seconds) * _SECOND_NS,
            near(row.o, decimals),
            near(row.h, decimals),
            near(row.l, decimals),
            near(row.c, decimals),
            floored(volume or "0", instrument.quantity_decimals),
        )


def _closed(place: int, bar: Bar) -> BarClosed:
    return BarClosed(ts_ns=Nanos(bar.ts_ns), instrument=place, bar=bar)


def _flat(rows: Any) -> Iterator[frames.PerpTicker]:
    if isinstance(rows, list):
        for row in rows:
            yield from _flat(row)
    else:
        yield rows
