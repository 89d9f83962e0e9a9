"""OKX's public half: what is subscribed, and questions about the market.

Rule 1: candles live on the business socket, everything else on the public one.
Rule 2: closed bars are asked for backwards: the short list first, then pages of history.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from steelyard.model.errors import ConfigurationError
from steelyard.model.events import Bar
from steelyard.model.instruments import Instrument, Kind
from steelyard.model.reports import Success, Unclear
from steelyard.venues.native.dialect import (
    Addresses,
    BookRule,
    Channel,
    Listed,
    Said,
    Steps,
    Stream,
)
from steelyard.venues.okx.calls import Rest, rows
from steelyard.venues.okx.depth import OkxBook
from steelyard.venues.okx.frames import BookWord, TickerWord
from steelyard.venues.okx.hearing import Hearing, bar_of, bar_word, is_closed
from steelyard.venues.okx.instruments import listed
from steelyard.venues.okx.numbers import MS_NS, ns_of
from steelyard.venues.okx.symbols import SPOT, SWAP, product_of
from steelyard.venues.okx.terms import BUSINESS, NAME, PING, PING_NS, PUBLIC, SILENCE_NS
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
_CANDLES: Final = 300
_OLD_CANDLES: Final = 100
_BOOK_LEVELS: Final = 400


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
        self._addresses = addresses
        self._rest = Rest(addresses, None, lambda: 0)
        self.instruments = tuple(instruments)
        self._hearing = Hearing(self.instruments, now_ns or _untold)
        self._symbols = self._hearing.symbols
        self._decimals = self._hearing.decimals

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
                ping=PING, ping_ns=PING_NS, silence_ns=SILENCE_NS,
                confirms=len(args),
            )
            for where, args in ((PUBLIC, public), (BUSINESS, business))
            if args
        )  # fmt: skip

    def read(self, frame: bytes) -> Sequence[Said]:
        """Read one public frame."""
        return self._hearing.read(frame)

    def book(self, instrument: int) -> BookRule:
        """Return a new, empty book."""
        return OkxBook()

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
            return Success(value=self._hearing.change(symbol, found[0], snapshot=True))
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
            quotes = [quote for quote in map(self._hearing.quote, found) if quote is not None]
        except ValueError as error:
            return Unclear(text=f"the ticker does not read: {error}")
        return Success(value=quotes[0]) if quotes else Unclear(text="one side has no quote")


def _untold() -> int:
    return 0
