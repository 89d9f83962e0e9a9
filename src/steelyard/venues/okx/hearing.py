"""Public frames as market events of the instruments a feed was made for: the hot path.

Rule 1: a push's channel is read off its first bytes, so that each is decoded once, as what it is.
Rule 2: a push about an instrument nobody asked for, or a side of the book that is empty, says
nothing; a push that does not decode is not understood (ValueError).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec

from steelyard.model.errors import ConfigurationError
from steelyard.model.events import Bar, BarClosed, Quote, Trade
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import BUY, SELL
from steelyard.model.market import FundingRate, InstrumentStatus, Mark
from steelyard.model.units import Nanos, Price, Quantity, Rate
from steelyard.venues.native.dialect import BookChange, Pong, Said
from steelyard.venues.native.numbers import Units, nearest, units
from steelyard.venues.okx.frames import (
    BookPush,
    BookWord,
    CandlePush,
    FundingPush,
    ListingPush,
    MarkPush,
    TickerPush,
    TickerWord,
    TradePush,
    aside,
    channel_of,
)
from steelyard.venues.okx.instruments import status_of
from steelyard.venues.okx.numbers import MS_NS, decimal_of, ns_of
from steelyard.venues.okx.symbols import symbol_of
from steelyard.venues.okx.terms import PONG

BARS: Final[Mapping[int, str]] = {
    seconds * 1_000_000_000: word
    for seconds, word in (
        (1, "1s"), (60, "1m"), (180, "3m"), (300, "5m"), (900, "15m"), (1_800, "30m"),
        (3_600, "1H"), (7_200, "2H"), (14_400, "4H"), (21_600, "6Hutc"), (43_200, "12Hutc"),
        (86_400, "1Dutc"), (172_800, "2Dutc"), (259_200, "3Dutc"), (604_800, "1Wutc"),
    )
}  # fmt: skip
"""OKX's words for the lengths of bars; from six hours on those that begin at midnight UTC."""

_CONFIRM: Final = 8
_RATE_DECIMALS: Final = 8
_SIDES: Final = {"buy": BUY, "sell": SELL}
# Where the channel stands in a push; what stands there in other frames names no channel.
_ARG_LENGTH: Final = len(b'{"arg":{"channel":"')
_ARG_END: Final = 64

_BOOK: Final = msgspec.json.Decoder(BookPush)
_TRADES: Final = msgspec.json.Decoder(TradePush)
_TICKERS: Final = msgspec.json.Decoder(TickerPush)
_CANDLE: Final = msgspec.json.Decoder(CandlePush)
_MARK: Final = msgspec.json.Decoder(MarkPush)
_FUNDING: Final = msgspec.json.Decoder(FundingPush)
_LISTING: Final = msgspec.json.Decoder(ListingPush)


class Hearing:
    """Reads public frames about a list of instruments."""

    def __init__(self, instruments: Sequence[Instrument], now_ns: Callable[[], int]) -> None:
        """Hear of these; `now_ns` dates the one push that has no time (an instrument's status)."""
        self._now_ns = now_ns
        self.symbols = tuple(map(symbol_of, instruments))
        self._places = {
            symbol: (place, Units(instrument.price_decimals), Units(instrument.quantity_decimals))
            for place, (symbol, instrument) in enumerate(
                zip(self.symbols, instruments, strict=True)
            )
        }
        self.decimals = tuple((one.price_decimals, one.quantity_decimals) for one in instruments)
        self._readers: dict[bytes, Callable[[bytes], Sequence[Said]]] = {
            b"bbo-tbt": self._quotes,
            b"tickers": self._tickers,
            b"trades": self._trades,
            b"trades-all": self._trades,
            b"books": self._changes,
            b"mark-price": self._marks,
            b"funding-rate": self._rates,
            b"instruments": self._statuses,
        }
        self._bars = {word: bar_ns for bar_ns, word in BARS.items()}

    def read(self, frame: bytes) -> Sequence[Said]:
        """Read one public frame."""
        reader = self._readers.get(frame[_ARG_LENGTH : frame.find(b'"', _ARG_LENGTH, _ARG_END)])
        if reader is not None:
            return reader(frame)
        if frame == PONG:
            return (Pong(),)
        channel = channel_of(frame)
        if not channel:
            return aside(frame)
        reader = self._readers.get(channel.encode())
        if reader is not None:
            return reader(frame)
        if channel.startswith("candle"):
            return self._candles(frame, channel)
        raise ValueError(f"channel {channel} was not asked for")

    def _quotes(self, frame: bytes) -> Sequence[Said]:
        push = _BOOK.decode(frame)
        known = self._places.get(push.arg.inst_id)
        if known is None:
            return ()
        place, price, quantity = known
        told = []
        for word in push.data:
            if word.bids and word.asks:
                bid, ask = word.bids[0], word.asks[0]
                told.append(
                    Quote(
                        ts_ns=Nanos(int(word.ts) * MS_NS), instrument=place,
                        bid=Price(price[bid.px]),
                        bid_quantity=Quantity(quantity[bid.sz]),
                        ask=Price(price[ask.px]),
                        ask_quantity=Quantity(quantity[ask.sz]),
                    )
                )  # fmt: skip
        return told

    def _tickers(self, frame: bytes) -> Sequence[Said]:
        quotes = (self.quote(word) for word in _TICKERS.decode(frame).data)
        return [quote for quote in quotes if quote is not None]

    def quote(self, word: TickerWord) -> Quote | None:
        """Return the best quote of a ticker; None: one side is empty, or it is none of ours."""
        known = self._places.get(word.inst_id)
        if known is None or not word.bid_px or not word.ask_px:
            return None
        place, price, quantity = known
        return Quote(
            ts_ns=Nanos(int(word.ts) * MS_NS), instrument=place,
            bid=Price(price[word.bid_px]),
            bid_quantity=Quantity(quantity[word.bid_sz]),
            ask=Price(price[word.ask_px]),
            ask_quantity=Quantity(quantity[word.ask_sz]),
        )  # fmt: skip

    def _trades(self, frame: bytes) -> Sequence[Said]:
        push = _TRADES.decode(frame)
        known = self._places.get(push.arg.inst_id)
        if known is None:
            return ()
        place, price, quantity = known
        try:
            return [
                Trade(
                    ts_ns=Nanos(int(word.ts) * MS_NS), instrument=place,
                    price=Price(price[word.px]), quantity=Quantity(quantity[word.sz]),
                    taker_side=_SIDES[word.side],
                )
                for word in push.data
            ]  # fmt: skip
        except KeyError as error:
            raise ValueError(f"a trade's side was {error}") from None

    def _changes(self, frame: bytes) -> Sequence[Said]:
        push = _BOOK.decode(frame)
        if push.arg.inst_id not in self._places:
            return ()
        if push.action not in {"snapshot", "update"}:
            raise ValueError(f"action of a book was {push.action!r}")
        snapshot = push.action == "snapshot"
        return [self.change(push.arg.inst_id, word, snapshot=snapshot) for word in push.data]

    def change(self, symbol: str, word: BookWord, *, snapshot: bool) -> BookChange:
        """Return levels of a book of one of ours."""
        place, price, quantity = self._places[symbol]
        return BookChange(
            ts_ns=int(word.ts) * MS_NS, instrument=place,
            bids=tuple([(price[x.px], quantity[x.sz]) for x in word.bids]),
            asks=tuple([(price[x.px], quantity[x.sz]) for x in word.asks]),
            first=word.seq_id, last=word.seq_id, previous=word.prev_seq_id,
            snapshot=snapshot, checksum=word.checksum,
            texts=tuple([(x.px, x.sz) for x in word.bids] + [(x.px, x.sz) for x in word.asks]),
        )  # fmt: skip

    def _candles(self, frame: bytes, channel: str) -> Sequence[Said]:
        push = _CANDLE.decode(frame)
        known = self._places.get(push.arg.inst_id)
        bar_ns = self._bars.get(channel.removeprefix("candle"))
        if bar_ns is None:
            raise ValueError(f"nobody asked for {channel}")
        if known is None:
            return ()
        bars = [
            bar_of(row, bar_ns, *self.decimals[known[0]]) for row in push.data if is_closed(row)
        ]
        return [BarClosed(ts_ns=Nanos(bar.ts_ns), instrument=known[0], bar=bar) for bar in bars]

    def _marks(self, frame: bytes) -> Sequence[Said]:
        told = []
        for word in _MARK.decode(frame).data:
            known = self._places.get(word.inst_id)
            if known is not None:
                # OKX computes marks with more decimals than the tick has.
                mark = Price(nearest(decimal_of(word.mark_px), self.decimals[known[0]][0]))
                told.append(Mark(ts_ns=Nanos(ns_of(word.ts)), instrument=known[0], mark=mark))
        return told

    def _rates(self, frame: bytes) -> Sequence[Said]:
        told = []
        for word in _FUNDING.decode(frame).data:
            known = self._places.get(word.inst_id)
            if known is not None:
                next_ns = Nanos(ns_of(word.funding_time))
                told.append(
                    FundingRate(
                        ts_ns=Nanos(ns_of(word.ts)) or next_ns, instrument=known[0],
                        rate=Rate(nearest(decimal_of(word.funding_rate), _RATE_DECIMALS)),
                        next_ns=next_ns,
                    )
                )  # fmt: skip
        return told

    def _statuses(self, frame: bytes) -> Sequence[Said]:
        told = []
        for word in _LISTING.decode(frame).data:
            known = self._places.get(word.inst_id)
            if known is not None:
                told.append(
                    InstrumentStatus(
                        ts_ns=Nanos(self._now_ns()), instrument=known[0],
                        status=status_of(word.state), venue_word=word.state,
                    )
                )  # fmt: skip
        return told


def bar_word(bar_ns: int) -> str:
    """Return OKX's word for a bar. Raises ConfigurationError: it has none of this length."""
    word = BARS.get(bar_ns)
    if word is None:
        allowed = ", ".join(BARS.values())
        raise ConfigurationError(f"bars were of {bar_ns} ns, allowed at OKX are {allowed}")
    return word


def is_closed(row: Sequence[str]) -> bool:
    """Say whether a candle will not change any more."""
    if len(row) <= _CONFIRM or row[_CONFIRM] not in {"0", "1"}:
        raise ValueError(f"a candle was {row!r}")
    return row[_CONFIRM] == "1"


def bar_of(row: Sequence[str], bar_ns: int, price: int, quantity: int) -> Bar:
    """Read a candle; `price` and `quantity` are decimals."""
    opened, highest, lowest, closed = (units(text, price) for text in row[1:5])
    return Bar(
        int(row[0]) * MS_NS + bar_ns, opened, highest, lowest, closed,
        nearest(decimal_of(row[5]), quantity),
    )  # fmt: skip
