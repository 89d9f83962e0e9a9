"""The public half of Bitget: streams and questions, for a list of instruments.

Rule 1: the best quote is `books1`, which is pushed three to ten times as often as `ticker`, unless
`ticker` is asked for.
Rule 2: bars are asked for backwards, newest page first: `candles` reaches as far as the venue keeps
them at hand, `history-candles` everything before.
Rule 3: which end of a range is included is not documented: rows are sorted, told once and cut here.
"""

from collections.abc import Generator, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from steelyard.model.errors import ConfigurationError
from steelyard.model.events import Bar, Quote
from steelyard.model.instruments import Instrument
from steelyard.model.reports import Fault as Class
from steelyard.model.reports import Refusal, Unclear
from steelyard.model.units import Nanos, Price, Quantity
from steelyard.venues.bitget import instruments, words
from steelyard.venues.bitget.calls import Caller, Fault, decoded, good, told
from steelyard.venues.bitget.depth import ChecksumBook
from steelyard.venues.bitget.hearing import BEST, CANDLES, TICKER, Hearing, row_of
from steelyard.venues.bitget.numbers import MS_NS, stamp_ns, units
from steelyard.venues.bitget.symbols import PERPETUAL, SPOT, Symbols
from steelyard.venues.bitget.terms import NAME, PING, PING_NS, PUBLIC, SILENCE_NS
from steelyard.venues.native.dialect import (
    Addresses,
    BookChange,
    BookRule,
    Call,
    Channel,
    Listed,
    Said,
    Steps,
    Stream,
)
from steelyard.wire.http import Answer

CHANNELS_MAX: Final = 48
"""The venue advises against more than fifty on a socket, and reads 4,096 bytes at a time."""
_MINUTE_NS: Final = 60_000_000_000
GRANULARITIES: Final = {
    # Of perpetuals, and of spot.
    _MINUTE_NS: ("1m", "1min"), 3 * _MINUTE_NS: ("3m", "3min"), 5 * _MINUTE_NS: ("5m", "5min"),
    15 * _MINUTE_NS: ("15m", "15min"), 30 * _MINUTE_NS: ("30m", "30min"),
    60 * _MINUTE_NS: ("1H", "1h"), 240 * _MINUTE_NS: ("4H", "4h"),
    360 * _MINUTE_NS: ("6Hutc", "6Hutc"), 720 * _MINUTE_NS: ("12Hutc", "12Hutc"),
    1440 * _MINUTE_NS: ("1Dutc", "1Dutc"),
}  # fmt: skip
_RECENT: Final = 1000
_OLD: Final = 200
_PAGES_MAX: Final = 2_000
_PAIRS: Final = msgspec.json.Decoder(list[words.Pair])
_CONTRACTS: Final = msgspec.json.Decoder(list[words.Contract])
_DEPTH: Final = msgspec.json.Decoder(words.Depth)
_TICKERS: Final = msgspec.json.Decoder(list[words.RestTicker])
_ROWS: Final = msgspec.json.Decoder(list[words.Candle])
_TIME: Final = msgspec.json.Decoder(words.ServerTime)


class BitgetMarket:
    """Reads the market of some instruments."""

    name = NAME

    def __init__(
        self, instruments: Sequence[Instrument], addresses: Addresses, *, quotes: str = BEST
    ) -> None:
        """`instruments` may be of both products; `quotes` is the channel quotes are read from."""
        self._by_ticker = quotes == TICKER
        self._symbols = Symbols(instruments)
        self._addresses = addresses
        self._caller = Caller(addresses, None, lambda: 0)
        self._hearing = Hearing(self._symbols, by_ticker=self._by_ticker)

    # --- requests --------------------------------------------------------------------------------

    def time(self) -> Steps:
        return told(clock(self._caller))

    def listing(self) -> Steps:
        return told(listing(self._caller))

    def depth_snapshot(self, instrument: int) -> Steps:
        return told(book_of(self._caller, self._symbols, instrument))

    def quote(self, instrument: int) -> Steps:
        return told(quote_of(self._caller, self._symbols, instrument))

    def bars(self, instrument: int, bar_ns: int, start_ns: int, end_ns: int) -> Steps:
        return told(bars_of(self._caller, self._symbols, instrument, bar_ns, start_ns, end_ns))

    # --- streams ---------------------------------------------------------------------------------

    def streams(self, channels: frozenset[Channel], bar_ns: int) -> tuple[Stream, ...]:
        wanted = _channels(channels, bar_ns, by_ticker=self._by_ticker)
        args = [
            {"instType": product, "channel": name, "instId": symbol}
            for product, symbol in zip(self._symbols.products, self._symbols.symbols, strict=True)
            for name in wanted
            if name != TICKER or product == PERPETUAL or self._by_ticker
        ]
        url = self._addresses.ws[PUBLIC]
        parts = [args[at : at + CHANNELS_MAX] for at in range(0, len(args), CHANNELS_MAX)]
        return tuple(
            Stream(
                url=url, hello=(msgspec.json.encode({"op": "subscribe", "args": part}),),
                ping=PING, ping_ns=PING_NS, silence_ns=SILENCE_NS, confirms=len(part),
            )
            for part in parts
        )  # fmt: skip

    def book(self, instrument: int) -> BookRule:
        return ChecksumBook(instrument)

    def read(self, frame: bytes) -> Sequence[Said]:
        return self._hearing.read(frame)


def clock(caller: Caller) -> Generator[Call, Answer, int]:
    """Ask for the venue's clock."""
    data = good((yield from caller.get("/api/v2/public/time")))
    return stamp_ns(decoded(data, _TIME).server_time)


def listing(caller: Caller) -> Generator[Call, Answer, tuple[Listed, ...]]:
    """Ask for everything that is listed, of both products."""
    data = good((yield from caller.get("/api/v2/spot/public/symbols")))
    listed = [instruments.pair(word) for word in decoded(data, _PAIRS)]
    query = {"productType": PERPETUAL}
    data = good((yield from caller.get("/api/v2/mix/market/contracts", query)))
    contracts = (instruments.contract(word) for word in decoded(data, _CONTRACTS))
    return (*listed, *(each for each in contracts if each is not None))


def book_of(
    caller: Caller, symbols: Symbols, instrument: int
) -> Generator[Call, Answer, BookChange]:
    """Ask for a book. It has no number and no spelling: good for a look, not to go on from."""
    if symbols.products[instrument] == SPOT:
        path, query = "/api/v2/spot/market/orderbook", {"type": "step0", "limit": "150"}
    else:
        path = "/api/v2/mix/market/merge-depth"
        query = {"productType": PERPETUAL, "precision": "scale0", "limit": "max"}
    query = {"symbol": symbols.symbols[instrument], **query}
    word = decoded(good((yield from caller.get(path, query))), _DEPTH)
    kept = symbols.instruments[instrument]

    def levels(rows: list[tuple[Decimal, Decimal]]) -> tuple[tuple[int, int], ...]:
        return tuple(
            (units(f"{p:f}", kept.price_decimals), units(f"{q:f}", kept.quantity_decimals))
            for p, q in rows
        )

    return BookChange(
        ts_ns=stamp_ns(word.ts), instrument=instrument, bids=levels(word.bids),
        asks=levels(word.asks), first=-1, last=-1, snapshot=True,
        texts=tuple((f"{p:f}", f"{q:f}") for p, q in (*word.bids, *word.asks)),
    )  # fmt: skip


def quote_of(caller: Caller, symbols: Symbols, instrument: int) -> Generator[Call, Answer, Quote]:
    """Ask for the best quote."""
    symbol = symbols.symbols[instrument]
    if symbols.products[instrument] == SPOT:
        found = yield from caller.get("/api/v2/spot/market/tickers", {"symbol": symbol})
    else:
        query = {"symbol": symbol, "productType": PERPETUAL}
        found = yield from caller.get("/api/v2/mix/market/ticker", query)
    kept = symbols.instruments[instrument]
    for word in decoded(good(found), _TICKERS):
        if word.symbol.upper() != symbol:
            continue
        return Quote(
            ts_ns=Nanos(stamp_ns(word.ts)), instrument=instrument,
            bid=Price(units(word.bid_pr or "0", kept.price_decimals)),
            bid_quantity=Quantity(units(word.bid_sz or "0", kept.quantity_decimals)),
            ask=Price(units(word.ask_pr or "0", kept.price_decimals)),
            ask_quantity=Quantity(units(word.ask_sz or "0", kept.quantity_decimals)),
        )  # fmt: skip
    raise Fault(Unclear(text=f"the answer has no ticker of {symbol}"))


def bars_of(
    caller: Caller, symbols: Symbols, instrument: int, bar_ns: int, start_ns: int, end_ns: int
) -> Generator[Call, Answer, tuple[Bar, ...]]:
    """Ask for closed bars that begin in [start, end), oldest first."""
    if bar_ns not in GRANULARITIES:
        text = f"bars were asked for each {bar_ns // 10**9} s, which bitget does not keep"
        raise Fault(Refusal(fault=Class.OTHER, text=text))
    kept = symbols.instruments[instrument]
    is_spot = symbols.products[instrument] == SPOT
    side = "spot" if is_spot else "mix"
    query: dict[str, Any] = {
        "symbol": symbols.symbols[instrument],
        "granularity": GRANULARITIES[bar_ns][int(is_spot)],
    }
    if not is_spot:
        query["productType"] = PERPETUAL
    found: dict[int, Bar] = {}
    until_ns, now_ns = end_ns, 0
    for page in range(_PAGES_MAX):
        name, limit = ("candles", _RECENT) if page == 0 else ("history-candles", _OLD)
        asked = query | {"endTime": str(until_ns // MS_NS), "limit": str(limit)}
        if page == 0:
            oldest = max(start_ns, until_ns - _RECENT * bar_ns)
            asked["startTime"] = str(oldest // MS_NS)
        data = good((yield from caller.get(f"/api/v2/{side}/market/{name}", asked)))
        now_ns = now_ns or data.now_ns
        rows = [
            row_of(row, bar_ns, kept.price_decimals, kept.quantity_decimals)
            for row in decoded(data, _ROWS)
        ]
        first_ns = min((bar.ts_ns - bar_ns for bar in rows), default=until_ns)
        found.update((bar.ts_ns, bar) for bar in rows)
        if first_ns <= start_ns or (page and first_ns >= until_ns):
            break
        until_ns = min(until_ns, first_ns)
    closed_ns = now_ns or end_ns + bar_ns
    return tuple(
        found[ts_ns]
        for ts_ns in sorted(found)
        if start_ns <= ts_ns - bar_ns < end_ns and ts_ns <= closed_ns
    )


def _channels(channels: frozenset[Channel], bar_ns: int, *, by_ticker: bool) -> list[str]:
    """Return the venue's channels."""
    if Channel.STATUS in channels:
        raise ConfigurationError("bitget has no stream of the instruments' status: ask its listing")
    names = []
    if Channel.QUOTES in channels and not by_ticker:
        names.append(BEST)
    if Channel.TRADES in channels:
        names.append("trade")
    if Channel.DEPTH in channels:
        names.append("books")
    if Channel.BARS in channels:
        if bar_ns not in CANDLES:
            spans = ", ".join(f"{span // _MINUTE_NS} min" for span in CANDLES)
            raise ConfigurationError(
                f"bars were asked for each {bar_ns / _MINUTE_NS:g} min, bitget streams {spans}"
            )
        names.append(CANDLES[bar_ns])
    if channels & {Channel.MARK, Channel.FUNDING} or (by_ticker and Channel.QUOTES in channels):
        names.append(TICKER)
    return names
