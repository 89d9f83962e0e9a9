"""The public half of the dialect: questions about the market, and its streams.

Rule 1: coins and contracts have a socket each; an instrument's kind says which.
Rule 2: there is no stream of statuses: `listing` tells them. Marks and funding are of contracts.
Rule 3: the book of a stream is a hundred levels deep, and so is the state it starts from.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import msgspec

from steelyard.model.errors import ConfigurationError
from steelyard.model.events import Bar, Quote
from steelyard.model.instruments import Instrument
from steelyard.model.market import Level
from steelyard.model.reports import Fault, Refusal, Reply, Success, Unclear
from steelyard.model.units import Nanos, Price, Quantity
from steelyard.venues.gate import words
from steelyard.venues.gate.calls import Ask, Halt, ask, public_call, steps
from steelyard.venues.gate.depth import GateBook
from steelyard.venues.gate.frames import ping
from steelyard.venues.gate.hearing import INTERVALS, Hearing
from steelyard.venues.gate.instruments import listed_contract, listed_pair
from steelyard.venues.gate.numbers import exact, floored, near, time_ns
from steelyard.venues.gate.orders import encode
from steelyard.venues.gate.symbols import Symbols
from steelyard.venues.gate.terms import FUTURES, NAME, REST, SPOT
from steelyard.venues.native.dialect import (
    Addresses,
    BookChange,
    BookRule,
    Call,
    Channel,
    Said,
    Steps,
    Stream,
)

SPOT_BOOK: Final = words.decoder(words.SpotBook)
PERP_BOOK: Final = words.decoder(words.PerpBook)
TIME: Final = words.decoder(words.ServerTime)
ROWS: Final = words.decoder(list[msgspec.Raw])
PAIR: Final = words.decoder(words.Pair)
CONTRACT: Final = words.decoder(words.Contract)
SPOT_BARS: Final = words.decoder(list[tuple[str | bool, ...]])
PERP_BARS: Final = words.decoder(list[words.PerpBar])

_PERP: Final = "/futures/usdt"
_SECOND_NS: Final = 1_000_000_000
_DEPTH: Final = 100
_BARS: Final = 1_000
# Places in a row of a pair's bars.
_T, _CLOSE, _HIGH, _LOW, _OPEN, _BASE, _ENDED = 0, 2, 3, 4, 5, 6, 7


class GateMarket:
    """The public half for a list of instruments."""

    name = NAME

    def __init__(self, instruments: Sequence[Instrument], addresses: Addresses) -> None:
        """Speak of these instruments."""
        self._symbols = Symbols(instruments)
        self._addresses = addresses
        self._base = addresses.rest[REST]
        self._hearing = Hearing(self._symbols)

    def time(self) -> Steps:
        """Ask for the venue's clock."""
        return steps(self._time())

    def listing(self) -> Steps:
        """Ask for all pairs and contracts."""
        return steps(self._listing())

    def depth_snapshot(self, instrument: int) -> Steps:
        """Ask for the numbered book."""
        return steps(self._state(instrument))

    def bars(self, instrument: int, bar_ns: int, start_ns: int, end_ns: int) -> Steps:
        """Ask for closed bars."""
        return steps(self._history(instrument, bar_ns, start_ns, end_ns))

    def quote(self, instrument: int) -> Steps:
        """Ask for the best quote."""
        return steps(self._best(instrument))

    def book(self, instrument: int) -> BookRule:
        """Return a new book."""
        return GateBook()

    def streams(self, channels: frozenset[Channel], bar_ns: int) -> tuple[Stream, ...]:
        """Say which sockets tell this: one for coins, one for contracts."""
        if Channel.STATUS in channels:
            raise ConfigurationError("gate has no stream of statuses: ask for the listing")
        interval = _interval(bar_ns) if Channel.BARS in channels else ""
        found = []
        for spot in (True, False):
            product = SPOT if spot else FUTURES
            symbols = [self._symbols.texts[place] for place in self._symbols.places(spot=spot)]
            hello = _subscriptions(product, symbols, channels, interval)
            if hello:
                found.append(
                    Stream(
                        url=self._addresses.ws[product],
                        hello=hello,
                        headers={"X-Gate-Size-Decimal": "1"},
                        ping=ping(product),
                        confirms=len(hello),
                    )
                )
        return tuple(found)

    def read(self, frame: bytes) -> Sequence[Said]:
        """Read one public frame. Raises ValueError for what nobody understands."""
        return self._hearing.read(frame)

    # --- questions -------------------------------------------------------------------------------

    def _call(self, path: str, **query: Any) -> Call:
        return public_call(self._base, path, **query)

    def _time(self) -> Ask[Reply]:
        told = yield from ask(self._call("/spot/time"), TIME, _nobody)
        return Success(value=time_ns(told.server_time))

    def _listing(self) -> Ask[Reply]:
        pairs = yield from self._rows("/spot/currency_pairs", PAIR)
        contracts = yield from self._rows(f"{_PERP}/contracts", CONTRACT)
        for contract in contracts:
            if contract.funding_interval:
                at = int(contract.funding_next_apply)
                self._hearing.funding[contract.name] = (at, contract.funding_interval)
        found = [listed_pair(pair) for pair in pairs]
        found += [listed_contract(contract) for contract in contracts]
        return Success(value=tuple(one for one in found if one is not None))

    def _rows(self, path: str, decoder: Any) -> Ask[list[Any]]:
        """Ask for a list; a row that cannot be read is one instrument less, not a list less."""
        rows = yield from ask(self._call(path), ROWS, _nobody)
        found = []
        for row in rows:
            with suppress(msgspec.DecodeError):
                found.append(decoder.decode(row))
        if rows and not found:
            raise Halt(Unclear(text=f"nothing at {path} can be read"))
        return found

    def _state(self, place: int) -> Ask[Reply]:
        change = yield from self._levels(place, _DEPTH)
        if change.last < 0:
            return Unclear(text="the book has no number")
        return Success(value=change)

    def _best(self, place: int) -> Ask[Reply]:
        change = yield from self._levels(place, 1)
        if not change.bids or not change.asks:
            return Refusal(fault=Fault.OTHER, text="one side of the book is empty")
        (bid, bid_quantity), (ask_price, ask_quantity) = change.bids[0], change.asks[0]
        return Success(
            value=Quote(
                ts_ns=Nanos(change.ts_ns),
                instrument=place,
                bid=Price(bid),
                bid_quantity=Quantity(bid_quantity),
                ask=Price(ask_price),
                ask_quantity=Quantity(ask_quantity),
            )
        )

    def _levels(self, place: int, depth: int) -> Ask[BookChange]:
        symbol = self._symbols.texts[place]
        bids: list[tuple[Any, Any]]
        asks: list[tuple[Any, Any]]
        if self._symbols.is_spot(place):
            call = self._call("/spot/order_book", currency_pair=symbol, limit=depth, with_id="true")
            book = yield from ask(call, SPOT_BOOK, _nobody)
            bids, asks = book.bids, book.asks
        else:
            call = self._call(f"{_PERP}/order_book", contract=symbol, limit=depth, with_id="true")
            book = yield from ask(call, PERP_BOOK, _nobody)
            bids = [(level.p, level.s) for level in book.bids]
            asks = [(level.p, level.s) for level in book.asks]
        instrument = self._symbols.instruments[place]
        return BookChange(
            ts_ns=time_ns(book.update or book.current),
            instrument=place,
            bids=_sizes(bids, instrument),
            asks=_sizes(asks, instrument),
            first=book.id,
            last=book.id,
            snapshot=True,
        )

    def _history(self, place: int, bar_ns: int, start_ns: int, end_ns: int) -> Ask[Reply]:
        interval, seconds = _interval(bar_ns), bar_ns // _SECOND_NS
        symbol, spot = self._symbols.texts[place], self._symbols.is_spot(place)
        path = "/spot/candlesticks" if spot else f"{_PERP}/candlesticks"
        name = "currency_pair" if spot else "contract"
        first = -(-start_ns // bar_ns) * seconds
        until = end_ns // bar_ns * seconds
        found: dict[int, Bar] = {}
        while first < until:
            last = min(until, first + _BARS * seconds) - seconds
            call = self._call(path, **{name: symbol}, interval=interval, from_=first, to=last)
            rows = yield from ask(call, SPOT_BARS if spot else PERP_BARS, _nobody)
            for row in rows:
                bar = _bar(row, self._symbols.instruments[place], seconds)
                if bar is not None and first * _SECOND_NS < bar.ts_ns <= end_ns:
                    found[bar.ts_ns] = bar
            first = last + seconds
        return Success(value=tuple(found[at] for at in sorted(found)))


def _subscriptions(
    product: str, symbols: list[str], channels: frozenset[Channel], interval: str
) -> tuple[bytes, ...]:
    if not symbols:
        return ()
    wanted: list[tuple[str, list[str]]] = []
    if Channel.QUOTES in channels:
        wanted.append(("book_ticker", symbols))
    if Channel.TRADES in channels:
        wanted.append(("trades", symbols))
    if Channel.DEPTH in channels:
        level = [str(_DEPTH)] if product == FUTURES else []
        wanted += [("order_book_update", [symbol, "100ms", *level]) for symbol in symbols]
    if Channel.BARS in channels:
        wanted += [("candlesticks", [interval, symbol]) for symbol in symbols]
    if product == FUTURES and channels & {Channel.MARK, Channel.FUNDING}:
        wanted.append(("tickers", symbols))
    return tuple(
        encode(
            {
                "time": 1, "channel": f"{product}.{channel}", "event": "subscribe",
                "payload": payload,
            }
        )
        for channel, payload in wanted
    )  # fmt: skip


def _interval(bar_ns: int) -> str:
    seconds, rest = divmod(bar_ns, _SECOND_NS)
    if rest or seconds not in INTERVALS:
        raise ConfigurationError(
            f"bars were {bar_ns / _SECOND_NS:g} s, gate offers {', '.join(INTERVALS.values())}"
        )
    return INTERVALS[seconds]


def _bar(row: Any, instrument: Instrument, seconds: int) -> Bar | None:
    """Return a bar; None for one whose window is not closed."""
    prices, sizes = instrument.price_decimals, instrument.quantity_decimals
    if isinstance(row, words.PerpBar):
        close_ns = time_ns(row.t) + seconds * _SECOND_NS
        told = (row.o, row.h, row.l, row.c)
        volume = row.v
    else:
        if len(row) > _ENDED and str(row[_ENDED]).lower() != "true":
            return None
        close_ns = (int(row[_T]) + seconds) * _SECOND_NS
        told = (row[_OPEN], row[_HIGH], row[_LOW], row[_CLOSE])
        volume = row[_BASE]
    opened, high, low, close = (near(price, prices) for price in told)
    return Bar(close_ns, opened, high, low, close, floored(volume, sizes))


def _sizes(levels: list[tuple[Any, Any]], instrument: Instrument) -> tuple[Level, ...]:
    prices, sizes = instrument.price_decimals, instrument.quantity_decimals
    return tuple([(exact(price, prices), floored(size, sizes)) for price, size in levels])


def _nobody() -> int:
    return 0
