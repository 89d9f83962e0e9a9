"""What Bitget tells about the market over REST: clock, listing, book, best quote, bars.

Rule 1: bars are asked for backwards, newest page first: `candles` reaches as far as the venue keeps
them at hand, `history-candles` everything before.
Rule 2: which end of a range is included is not documented: rows are sorted, told once and cut here.
"""

from collections.abc import Generator
from decimal import Decimal
from typing import Any, Final

import msgspec

from steelyard.model.events import Bar, Quote
from steelyard.model.reports import Fault as Class
from steelyard.model.reports import Refusal, Unclear
from steelyard.model.units import Nanos, Price, Quantity
from steelyard.venues.bitget import instruments, words
from steelyard.venues.bitget.calls import Caller, Fault, decoded, good
from steelyard.venues.bitget.exact import MS_NS, stamp_ns, units
from steelyard.venues.bitget.symbols import PERPETUAL, SPOT, Symbols
from steelyard.venues.native.dialect import BookChange, Call, Listed
from steelyard.wire.http import Answer

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
_CANDLES: Final = msgspec.json.Decoder(list[words.Candle])
_TIME: Final = msgspec.json.Decoder(words.ServerTime)


def time(caller: Caller) -> Generator[Call, Answer, int]:
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


def depth(caller: Caller, symbols: Symbols, instrument: int) -> Generator[Call, Answer, BookChange]:
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


def quote(caller: Caller, symbols: Symbols, instrument: int) -> Generator[Call, Answer, Quote]:
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


def row_of(row: list[str], span_ns: int, price: int, quantity: int) -> Bar:
    """Read a candle; a bar's time is its close."""
    start, first, high, low, last, volume = row[:6]
    return Bar(
        ts_ns=int(start) * MS_NS + span_ns, open=units(first, price), high=units(high, price),
        low=units(low, price), close=units(last, price), volume=units(volume, quantity),
    )  # fmt: skip


def bars(
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
            for row in decoded(data, _CANDLES)
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
