"""The public half of Binance: spot, USDT perpetuals, or both in one feed.

Rule 1: the perpetuals have two sockets, `/public` for quotes and depth and `/market` for the rest;
spot has one for everything.
Rule 2: what is closed is said by the venue's clock, never by ours.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from steelyard.model.errors import ConfigurationError
from steelyard.model.events import Bar, Quote
from steelyard.model.instruments import Instrument
from steelyard.model.reports import Success
from steelyard.model.units import Nanos
from steelyard.venues.binance.calls import Fields, public
from steelyard.venues.binance.depth import NumberedBook
from steelyard.venues.binance.errors import taken
from steelyard.venues.binance.hearing import Hearing, bar_of, levels
from steelyard.venues.binance.instruments import listed
from steelyard.venues.binance.numbers import MS
from steelyard.venues.binance.symbols import Symbols
from steelyard.venues.binance.terms import (
    LIFE_NS,
    NAME,
    PING_NS,
    SILENCE_NS,
    SUBSCRIPTIONS_MAX,
    Product,
)
from steelyard.venues.binance.words import (
    BookSnapshot,
    BookTicker,
    Candle,
    ExchangeInfo,
    ServerTime,
)
from steelyard.venues.native.dialect import (
    Addresses,
    BookChange,
    BookRule,
    Channel,
    Listed,
    Said,
    Steps,
    Stream,
)
from steelyard.venues.native.numbers import Units

_TIME: Final = msgspec.json.Decoder(ServerTime)
_INFO: Final = msgspec.json.Decoder(ExchangeInfo)
_BOOK: Final = msgspec.json.Decoder(BookSnapshot)
_TICKER: Final = msgspec.json.Decoder(BookTicker)
_CANDLES: Final = msgspec.json.Decoder(tuple[Candle, ...])
_PREFIX: Final = {Product.SPOT: "/api/v3", Product.PERP: "/fapi/v1"}
_BARS_MAX: Final = 1000
_DEPTH_LIMIT: Final = 1000
_STEM: Final = b'{"stream":"'

BAR_WORDS: Final = {
    1_000: "1s", 60_000: "1m", 180_000: "3m", 300_000: "5m", 900_000: "15m", 1_800_000: "30m",
    3_600_000: "1h", 7_200_000: "2h", 14_400_000: "4h", 21_600_000: "6h", 28_800_000: "8h",
    43_200_000: "12h", 86_400_000: "1d", 259_200_000: "3d", 604_800_000: "1w",
}  # fmt: skip
_SPOT: Final = {
    Channel.QUOTES: "{}@bookTicker", Channel.TRADES: "{}@trade", Channel.DEPTH: "{}@depth@100ms",
    Channel.BARS: "{}@kline_{}",
}  # fmt: skip
_PERP_PUBLIC: Final = {Channel.QUOTES: "{}@bookTicker", Channel.DEPTH: "{}@depth@100ms"}
_PERP_MARKET: Final = {
    Channel.TRADES: "{}@aggTrade", Channel.BARS: "{}_perpetual@continuousKline_{}",
    Channel.MARK: "{}@markPrice@1s", Channel.FUNDING: "{}@markPrice@1s",
    Channel.STATUS: "!contractInfo",
}  # fmt: skip
_SOCKETS: Final = (
    (Product.SPOT, "/stream", _SPOT),
    (Product.PERP, "/public/stream", _PERP_PUBLIC),
    (Product.PERP, "/market/stream", _PERP_MARKET),
)


class BinanceMarket:
    """The market of a list of instruments."""

    name = NAME

    def __init__(
        self, instruments: Sequence[Instrument], addresses: Addresses, *,
        products: tuple[Product, ...] = (), now_ns: Callable[[], int] | None = None,
    ) -> None:  # fmt: skip
        """`products` are what `listing` lists: those in use, or without instruments all."""
        self._symbols = Symbols(instruments)
        used = tuple(p for p in Product if self._symbols.by_product[p])
        self._products = products or used or tuple(Product)
        self._addresses, self._now_ns = addresses, now_ns or _never
        self._hearing = Hearing(self._symbols, self._now_ns)

    # --- over REST -------------------------------------------------------------------------------

    def time(self) -> Steps:
        """Ask the first product's clock; both are one venue's."""
        product = self._products[0]
        answer = yield public(self._addresses, product, _PREFIX[product] + "/time")
        time = taken(product, _TIME, answer)
        return Success(value=time.server_time * MS) if isinstance(time, ServerTime) else time

    def listing(self) -> Steps:
        """Ask for everything listed."""
        found: list[Listed] = []
        for product in self._products:
            answer = yield public(self._addresses, product, _PREFIX[product] + "/exchangeInfo")
            info = taken(product, _INFO, answer)
            if not isinstance(info, ExchangeInfo):
                return info
            found += listed(product, info)
        return Success(value=tuple(found))

    def depth_snapshot(self, instrument: int) -> Steps:
        """Ask for the book."""
        product = self._symbols.products[instrument]
        fields: Fields = {"symbol": self._symbols.symbols[instrument], "limit": _DEPTH_LIMIT}
        answer = yield public(self._addresses, product, _PREFIX[product] + "/depth", fields)
        book = taken(product, _BOOK, answer)
        if not isinstance(book, BookSnapshot):
            return book
        return Success(value=self.snapshot_of(instrument, book))

    def snapshot_of(self, instrument: int, book: BookSnapshot) -> BookChange:
        """Return a book over REST as a change."""
        terms = self._symbols.instruments[instrument]
        decimals = (Units(terms.price_decimals), Units(terms.quantity_decimals))
        return BookChange(
            ts_ns=book.E * MS or self._now_ns(), instrument=instrument, snapshot=True,
            bids=levels(book.bids, *decimals), asks=levels(book.asks, *decimals),
            first=book.last_update_id, last=book.last_update_id,
        )  # fmt: skip

    def bars(self, instrument: int, bar_ns: int, start_ns: int, end_ns: int) -> Steps:
        """Ask for closed bars, page by page; the venue's clock says which are closed."""
        product = self._symbols.products[instrument]
        word, terms = bar_word(bar_ns), self._symbols.instruments[instrument]
        answer = yield public(self._addresses, product, _PREFIX[product] + "/time")
        time = taken(product, _TIME, answer)
        if not isinstance(time, ServerTime):
            return time
        end_ms = min(end_ns // MS, time.server_time)
        start_ms = -(-start_ns // MS)
        found: list[Bar] = []
        while start_ms < end_ms:
            fields: Fields = {
                "symbol": self._symbols.symbols[instrument], "interval": word,
                "startTime": start_ms, "endTime": end_ms - 1, "limit": _BARS_MAX,
            }  # fmt: skip
            answer = yield public(self._addresses, product, _PREFIX[product] + "/klines", fields)
            page = taken(product, _CANDLES, answer)
            if not isinstance(page, tuple):
                return page
            found += [bar_of(terms, one) for one in page if one.close_ms < end_ms]
            if len(page) < _BARS_MAX:
                break
            start_ms = page[-1].close_ms + 1
        return Success(value=tuple(found))

    def quote(self, instrument: int) -> Steps:
        """Ask for the best quote."""
        product = self._symbols.products[instrument]
        path = _PREFIX[product] + "/ticker/bookTicker"
        fields: Fields = {"symbol": self._symbols.symbols[instrument]}
        answer = yield public(self._addresses, product, path, fields)
        ticker = taken(product, _TICKER, answer)
        if not isinstance(ticker, BookTicker):
            return ticker
        terms = self._symbols.instruments[instrument]
        return Success(
            value=Quote(
                ts_ns=Nanos(ticker.time * MS or self._now_ns()), instrument=instrument,
                bid=terms.price(ticker.bid_price), bid_quantity=terms.quantity(ticker.bid_qty),
                ask=terms.price(ticker.ask_price), ask_quantity=terms.quantity(ticker.ask_qty),
            )
        )  # fmt: skip

    # --- streams ---------------------------------------------------------------------------------

    def streams(self, channels: frozenset[Channel], bar_ns: int) -> tuple[Stream, ...]:
        """Say which sockets tell this; raise ConfigurationError where none does."""
        self._hearing.channels = channels
        found, told = [], set()
        for product, path, words in _SOCKETS:
            names: dict[str, None] = {}
            for channel in sorted(channels & words.keys()):
                word = bar_word(bar_ns) if channel is Channel.BARS else ""
                for place in self._symbols.places(product):
                    symbol = self._symbols.symbols[place].lower()
                    names[words[channel].format(symbol, word)] = None
                    told.add(channel)
            if names:
                found.append(_stream(self._addresses.ws[product] + path, list(names)))
        if missing := channels - told:
            words_missing = ", ".join(sorted(missing))
            raise ConfigurationError(
                f"Binance has no stream of {words_missing} for these instruments"
            )
        return tuple(found)

    def book(self, instrument: int) -> BookRule:
        """Return a new book."""
        return NumberedBook(self._symbols.products[instrument])

    def read(self, frame: bytes) -> Sequence[Said]:
        """Read one public frame."""
        return self._hearing.read(frame)


def bar_word(bar_ns: int) -> str:
    """Return the venue's word for a length of bars."""
    word = BAR_WORDS.get(bar_ns // MS)
    if word is None:
        raise ConfigurationError(
            f"bars were of {bar_ns // 1_000_000_000} s, allowed are {', '.join(BAR_WORDS.values())}"
        )
    return word


def _stream(url: str, names: list[str]) -> Stream:
    chunks = [names[i : i + SUBSCRIPTIONS_MAX] for i in range(0, len(names), SUBSCRIPTIONS_MAX)]
    hello = tuple(
        msgspec.json.encode({"method": "SUBSCRIBE", "params": chunk, "id": number})
        for number, chunk in enumerate(chunks, 1)
    )
    return Stream(
        url=url, hello=hello, ping_ns=PING_NS, silence_ns=SILENCE_NS, life_ns=LIFE_NS,
        confirms=len(hello),
    )  # fmt: skip


def _never() -> int:
    return 0
