"""OKX's public half: frames and answers as market events of the instruments it was made for.

Rule 1: a push's channel is read off its first bytes, so that each is decoded once, as what it is.
Rule 2: a push about an instrument nobody asked for, or a side of the book that is empty, says
nothing; a push that does not decode is not understood (ValueError).
Rule 3: candles live on the business socket, everything else on the public one.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from steelyard.model.errors import ConfigurationError
from steelyard.model.events import Bar, BarClosed, Quote, Trade
from steelyard.model.instruments import Instrument, Kind
from steelyard.model.kinds import BUY, SELL
from steelyard.model.market import FundingRate, InstrumentStatus, Mark
from steelyard.model.reports import Success, Unclear
from steelyard.model.units import Nanos, Price, Quantity, Rate
from steelyard.venues.native.dialect import (
    Addresses,
    BookChange,
    BookRule,
    Channel,
    Listed,
    Pong,
    Said,
    Steps,
    Stream,
)
from steelyard.venues.native.numbers import Units
from steelyard.venues.okx import private
from steelyard.venues.okx.asking import Rest, rows
from steelyard.venues.okx.candles import BARS, bar_of, bar_word, is_closed
from steelyard.venues.okx.depth import OkxBook
from steelyard.venues.okx.instruments import listed, status_of
from steelyard.venues.okx.numbers import MS_NS, decimal_of, ns_of, rounded
from steelyard.venues.okx.pushes import (
    BookPush,
    BookWord,
    CandlePush,
    FundingPush,
    ListingPush,
    MarkPush,
    TickerPush,
    TickerWord,
    TradePush,
)
from steelyard.venues.okx.symbols import SPOT, SWAP, product_of, symbol_of
from steelyard.venues.okx.terms import BUSINESS, NAME, PUBLIC
from steelyard.venues.okx.words import Clock, Listing

_CHANNEL_WORDS: Final = {
    Channel.QUOTES: "bbo-tbt",
    Channel.TRADES: "trades",
    Channel.DEPTH: "books",
    Channel.MARK: "mark-price",
    Channel.FUNDING: "funding-rate",
}
_SWAPS_ONLY: Final = frozenset({Channel.MARK, Channel.FUNDING})
_ARGS_MAX: Final = 100
_RATE_DECIMALS: Final = 8
_CANDLES: Final = 300
_OLD_CANDLES: Final = 100
_BOOK_LEVELS: Final = 400
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


class OkxMarket:
    """The MarketDialect of OKX."""

    name = NAME

    def __init__(
        self, instruments: Sequence[Instrument], addresses: Addresses, *,
        now_ns: Callable[[], int] | None = None,
    ) -> None:  # fmt: skip
        """Speak of these instruments; spot and swaps may stand side by side.

        `now_ns` is the venue's time, for the one push that has none (an instrument's status).
        """
        self._now_ns = now_ns or _untold
        self._addresses = addresses
        self._rest = Rest(addresses, None, lambda: 0)
        self.instruments = tuple(instruments)
        self._symbols = tuple(map(symbol_of, self.instruments))
        self._places = {
            symbol: (place, Units(instrument.price_decimals), Units(instrument.quantity_decimals))
            for place, (symbol, instrument) in enumerate(
                zip(self._symbols, self.instruments, strict=True)
            )
        }
        self._decimals = tuple(
            (one.price_decimals, one.quantity_decimals) for one in self.instruments
        )
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

    # --- streams ---------------------------------------------------------------------------------

    def streams(self, channels: frozenset[Channel], bar_ns: int) -> tuple[Stream, ...]:
        """Say which sockets tell this of all instruments."""
        public: list[dict[str, str]] = []
        business: list[dict[str, str]] = []
        for channel in sorted(channels):
            if channel is Channel.STATUS:
                products = sorted({product_of(one) for one in self.instruments})
                public += [{"channel": "instruments", "instType": one} for one in products]
                continue
            if channel is Channel.BARS:
                word = bar_word(bar_ns)
                business += [{"channel": f"candle{word}", "instId": one} for one in self._symbols]
                continue
            public += [
                {"channel": _CHANNEL_WORDS[channel], "instId": symbol}
                for symbol, instrument in zip(self._symbols, self.instruments, strict=True)
                if channel not in _SWAPS_ONLY or instrument.kind != Kind.SPOT
            ]
        return tuple(
            Stream(
                url=self._addresses.ws[where],
                hello=tuple(
                    msgspec.json.encode(
                        {"op": "subscribe", "args": args[start : start + _ARGS_MAX]}
                    )
                    for start in range(0, len(args), _ARGS_MAX)
                ),
                ping=private.PING, ping_ns=private.PING_NS, silence_ns=private.SILENCE_NS,
                confirms=len(args),
            )
            for where, args in ((PUBLIC, public), (BUSINESS, business))
            if args
        )  # fmt: skip

    def read(self, frame: bytes) -> Sequence[Said]:
        """Read one public frame."""
        reader = self._readers.get(frame[_ARG_LENGTH : frame.find(b'"', _ARG_LENGTH, _ARG_END)])
        if reader is not None:
            return reader(frame)
        if frame == private.PONG:
            return (Pong(),)
        channel = private.channel_of(frame)
        if not channel:
            return private.aside(frame)
        reader = self._readers.get(channel.encode())
        if reader is not None:
            return reader(frame)
        if channel.startswith("candle"):
            return self._candles(frame, channel)
        raise ValueError(f"channel {channel} was not asked for")

    def book(self, instrument: int) -> BookRule:
        """Return a new, empty book."""
        return OkxBook()

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
        quotes = (self._quote(word) for word in _TICKERS.decode(frame).data)
        return [quote for quote in quotes if quote is not None]

    def _quote(self, word: TickerWord) -> Quote | None:
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
        return [self._change(push.arg.inst_id, word, snapshot=snapshot) for word in push.data]

    def _change(self, symbol: str, word: BookWord, *, snapshot: bool) -> BookChange:
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
            bar_of(row, bar_ns, *self._decimals[known[0]]) for row in push.data if is_closed(row)
        ]
        return [BarClosed(ts_ns=Nanos(bar.ts_ns), instrument=known[0], bar=bar) for bar in bars]

    def _marks(self, frame: bytes) -> Sequence[Said]:
        told = []
        for word in _MARK.decode(frame).data:
            known = self._places.get(word.inst_id)
            if known is not None:
                # OKX computes marks with more decimals than the tick has.
                mark = Price(rounded(decimal_of(word.mark_px), self._decimals[known[0]][0]))
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
                        rate=Rate(rounded(decimal_of(word.funding_rate), _RATE_DECIMALS)),
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

    # --- questions -------------------------------------------------------------------------------

    def time(self) -> Steps:
        """Ask for the venue's clock."""
        found = yield from rows(self._rest.get("/api/v5/public/time"), Clock)
        if not isinstance(found, list):
            return found
        return Success(value=ns_of(found[0].ts)) if found else Unclear(text="no time was told")

    def listing(self) -> Steps:
        """Ask for every spot instrument and every perpetual of this dialect."""
        told: list[Listed] = []
        for product in (SPOT, SWAP):
            found = yield from rows(
                self._rest.get("/api/v5/public/instruments", instType=product), Listing
            )
            if not isinstance(found, list):
                return found
            try:
                told += [row for row in map(listed, found) if row is not None]
            except (ValueError, ConfigurationError) as error:
                return Unclear(text=f"the listing does not read: {error}")
        return Success(value=tuple(told))

    def depth_snapshot(self, instrument: int) -> Steps:
        """Ask for the book, where no stream tells it."""
        symbol = self._symbols[instrument]
        found = yield from rows(
            self._rest.get("/api/v5/market/books", instId=symbol, sz=_BOOK_LEVELS), BookWord
        )
        if not isinstance(found, list):
            return found
        if not found:
            return Unclear(text="no book was told")
        try:
            return Success(value=self._change(symbol, found[0], snapshot=True))
        except ValueError as error:
            return Unclear(text=f"the book does not read: {error}")

    def bars(self, instrument: int, bar_ns: int, start_ns: int, end_ns: int) -> Steps:
        """Ask for closed bars: the short list first, then pages of history."""
        symbol, word = self._symbols[instrument], bar_word(bar_ns)
        price, quantity = self._decimals[instrument]
        found: dict[int, Bar] = {}
        path, limit = "/api/v5/market/candles", _CANDLES
        after = end_ns // MS_NS
        while after > start_ns // MS_NS:
            page = yield from rows(
                self._rest.get(path, instId=symbol, bar=word, after=after, limit=limit), list[str]
            )
            if not isinstance(page, list):
                return page
            try:
                for row in filter(is_closed, page):
                    bar = bar_of(row, bar_ns, price, quantity)
                    if start_ns <= bar.ts_ns - bar_ns < end_ns:
                        found[bar.ts_ns] = bar
                oldest = min((int(row[0]) for row in page), default=after)
            except (ValueError, IndexError) as error:
                return Unclear(text=f"a candle does not read: {error}")
            is_history = limit == _OLD_CANDLES
            if is_history and (len(page) < limit or oldest >= after):
                break
            path, limit, after = "/api/v5/market/history-candles", _OLD_CANDLES, oldest
        return Success(value=tuple(found[ts_ns] for ts_ns in sorted(found)))

    def quote(self, instrument: int) -> Steps:
        """Ask for the best quote."""
        found = yield from rows(
            self._rest.get("/api/v5/market/ticker", instId=self._symbols[instrument]), TickerWord
        )
        if not isinstance(found, list):
            return found
        try:
            quotes = [quote for quote in map(self._quote, found) if quote is not None]
        except ValueError as error:
            return Unclear(text=f"the ticker does not read: {error}")
        return Success(value=quotes[0]) if quotes else Unclear(text="one side has no quote")


def _untold() -> int:
    return 0
