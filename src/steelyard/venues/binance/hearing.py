"""Public frames of both products, to events: the hot path.

Rule 1: the two products name their streams alike, so a frame's own fields say whose it is; candles
of perpetuals come as continuous ones, which say so.
Rule 2: a spot quote carries no time. It is dated by the newest time the venue has told of its
instrument, since what comes behind it must not look older, but never more than a second back by
`now_ns`.
Rule 3: mark and index prices are finer than an instrument's and rounded to its nearest unit.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from steelyard.model.events import Bar, BarClosed, Quote, Trade
from steelyard.model.instruments import Instrument, rate
from steelyard.model.kinds import BUY, SELL
from steelyard.model.market import FundingRate, InstrumentStatus, Mark
from steelyard.model.units import Nanos, Price, Rate
from steelyard.venues.binance import frames
from steelyard.venues.binance.instruments import status_of
from steelyard.venues.binance.numbers import MS, nearest_units
from steelyard.venues.binance.symbols import Symbols
from steelyard.venues.binance.terms import Product
from steelyard.venues.binance.words import Candle
from steelyard.venues.native.dialect import (
    BookChange,
    Channel,
    Confirmed,
    Denied,
    Leaving,
    Pong,
    Said,
)
from steelyard.venues.native.numbers import Units, units

_STEM: Final = b'{"stream":"'
_BACK_NS: Final = 1_000_000_000


class _Quote(msgspec.Struct, frozen=True, gc=False):
    data: frames.QuoteFrame


class _Trade(msgspec.Struct, frozen=True, gc=False):
    data: frames.TradeFrame


class _Depth(msgspec.Struct, frozen=True, gc=False):
    data: frames.DepthFrame


class _Candle(msgspec.Struct, frozen=True, gc=False):
    data: frames.CandleFrame


class _Mark(msgspec.Struct, frozen=True, gc=False):
    data: frames.MarkFrame


class _Contract(msgspec.Struct, frozen=True, gc=False):
    data: frames.ContractFrame


class _Other(msgspec.Struct, frozen=True):
    """A frame that is no stream's: an answer to SUBSCRIBE, an error, or a parting word."""

    result: msgspec.Raw = msgspec.Raw(b"")
    id: int | str | None = None
    error: msgspec.Raw = msgspec.Raw(b"")
    code: int = 0
    e: str = ""
    event: frames.Event | None = None


_QUOTES: Final = msgspec.json.Decoder(_Quote)
_TRADES: Final = msgspec.json.Decoder(_Trade)
_DEPTHS: Final = msgspec.json.Decoder(_Depth)
_BARS: Final = msgspec.json.Decoder(_Candle)
_MARKS: Final = msgspec.json.Decoder(_Mark)
_CONTRACTS: Final = msgspec.json.Decoder(_Contract)
_OTHERS: Final = msgspec.json.Decoder(_Other)


class Hearing:
    """Reads public frames about a list of instruments."""

    def __init__(self, symbols: Symbols, now_ns: Callable[[], int]) -> None:
        """Hear of these."""
        self._symbols, self._now_ns = symbols, now_ns
        self.channels = frozenset(Channel)
        """What is asked for: mark and funding come in one frame."""
        # (place, price decimals, quantity decimals) by symbol: what every frame needs.
        self._told_ns = [0] * len(symbols.instruments)
        self._spot = self._rows(Product.SPOT)
        self._perp = self._rows(Product.PERP)
        self._readers: dict[bytes, Callable[[bytes], Sequence[Said]]] = {}

    def read(self, frame: bytes) -> Sequence[Said]:
        """Read one public frame."""
        if frame[:11] == _STEM:
            name = frame[11 : frame.index(b'"', 11)]
            reader = self._readers.get(name)
            if reader is None:
                reader = self._readers[name] = self._reader(name)
            return reader(frame)
        return self._other(frame)

    def _reader(self, name: bytes) -> Callable[[bytes], Sequence[Said]]:
        word = name.partition(b"@")[2] or name
        for stem, reader in (
            (b"bookTicker", self._quote), (b"trade", self._trade), (b"aggTrade", self._trade),
            (b"depth", self._depth), (b"kline_", self._candle), (b"continuousKline_", self._candle),
            (b"markPrice", self._mark), (b"!contractInfo", self._contract),
        ):  # fmt: skip
            if word.startswith(stem):
                return reader
        raise ValueError(f"stream was {name!r}")

    def _quote(self, frame: bytes) -> Sequence[Said]:
        quote = _QUOTES.decode(frame).data
        row = (self._perp if quote.e else self._spot).get(quote.s)
        if row is None:
            return ()
        place, prices, quantities = row
        at_ns: Any = quote.T * MS
        if not at_ns:
            at_ns = max(self._told_ns[place], self._now_ns() - _BACK_NS, 0)
        return (
            Quote(
                ts_ns=at_ns, instrument=place,
                bid=prices[quote.b],
                bid_quantity=quantities[quote.B],
                ask=prices[quote.a],
                ask_quantity=quantities[quote.A],
            ),
        )  # fmt: skip

    def _trade(self, frame: bytes) -> Sequence[Said]:
        trade = _TRADES.decode(frame).data
        row = (self._perp if trade.M is None else self._spot).get(trade.s)
        if row is None or trade.X != "MARKET":
            return ()  # trades of the insurance fund and the like move no book
        place, prices, quantities = row
        at_ns: Any = trade.T * MS
        self._told_ns[place] = at_ns
        return (
            Trade(
                ts_ns=at_ns, instrument=place, price=prices[trade.p],
                quantity=quantities[trade.q],
                taker_side=SELL if trade.m else BUY,
            ),
        )  # fmt: skip

    def _depth(self, frame: bytes) -> Sequence[Said]:
        depth = _DEPTHS.decode(frame).data
        row = (self._perp if depth.pu >= 0 else self._spot).get(depth.s)
        if row is None:
            return ()
        place, prices, quantities = row
        return (
            BookChange(
                ts_ns=(depth.T or depth.E) * MS, instrument=place,
                bids=levels(depth.b, prices, quantities),
                asks=levels(depth.a, prices, quantities), first=depth.U, last=depth.u,
                previous=depth.pu,
            ),
        )  # fmt: skip

    def _candle(self, frame: bytes) -> Sequence[Said]:
        candle = _BARS.decode(frame).data
        perp = bool(candle.ct)
        row = (self._perp if perp else self._spot).get(candle.ps if perp else candle.s)
        if row is None or not candle.k.x:
            return ()
        place = row[0]
        k = candle.k
        bar = bar_of(self._symbols.instruments[place], Candle(k.t, k.o, k.h, k.l, k.c, k.v, k.T))
        return (BarClosed(ts_ns=Nanos(bar.ts_ns), instrument=place, bar=bar),)

    def _mark(self, frame: bytes) -> Sequence[Said]:
        mark = _MARKS.decode(frame).data
        row = self._perp.get(mark.s)
        if row is None:
            return ()
        place, prices, _ = row
        at = Nanos(mark.E * MS)
        said: list[Said] = []
        if Channel.MARK in self.channels:
            said.append(
                Mark(
                    ts_ns=at, instrument=place, mark=Price(nearest_units(mark.p, prices.decimals)),
                    index=Price(nearest_units(mark.i, prices.decimals)),
                )
            )  # fmt: skip
        if Channel.FUNDING in self.channels and mark.r and mark.T:
            said.append(
                FundingRate(
                    ts_ns=at, instrument=place, rate=Rate(rate(mark.r)), next_ns=Nanos(mark.T * MS)
                )
            )
        return said

    def _contract(self, frame: bytes) -> Sequence[Said]:
        contract = _CONTRACTS.decode(frame).data
        row = self._perp.get(contract.s)
        if row is None:
            return ()
        return (
            InstrumentStatus(
                ts_ns=Nanos(contract.E * MS), instrument=row[0], status=status_of(contract.cs),
                venue_word=contract.cs,
            ),
        )  # fmt: skip

    def _other(self, frame: bytes) -> Sequence[Said]:
        other = _OTHERS.decode(frame)
        if other.e == "serverShutdown" or (other.event and other.event.e == "serverShutdown"):
            return (Leaving("serverShutdown"),)
        if other.code or (other.error and bytes(other.error) != b"null"):
            return (Denied(frame[:300].decode("utf-8", "replace")),)
        if other.id is not None and bytes(other.result) == b"null":
            return (Confirmed(str(other.id)),)
        if other.id is not None and other.result:
            return (Pong(),)
        raise ValueError(f"no stream's frame: {frame[:200]!r}")

    def _rows(self, product: Product) -> dict[str, tuple[int, Units, Units]]:
        instruments = self._symbols.instruments
        return {
            symbol: (
                place,
                Units(instruments[place].price_decimals),
                Units(instruments[place].quantity_decimals),
            )
            for symbol, place in self._symbols.by_product[product].items()
        }


def bar_of(terms: Instrument, candle: Candle) -> Bar:
    """Return a closed candle as a bar."""
    prices = terms.price_decimals
    return Bar(
        ts_ns=(candle.close_ms + 1) * MS, open=units(candle.open, prices),
        high=units(candle.high, prices), low=units(candle.low, prices),
        close=units(candle.close, prices), volume=units(candle.volume, terms.quantity_decimals),
    )  # fmt: skip


def levels(
    rows: tuple[tuple[str, str], ...], prices: Units, quantities: Units
) -> tuple[tuple[int, int], ...]:
    """Return levels in units."""
    return tuple([(prices[p], quantities[q]) for p, q in rows])
