"""The public feed of one of ccxt's exchanges.

Rule 1: best quotes and trades are exact texts; the order book comes through a second exchange,
since ccxt sorts books by floats.
Rule 2: a book is told whole, its first levels: ccxt has put changes together already, and checked
what the exchange gives to check.
Rule 3: ccxt may hand out its cache of trades again: one that has an id is told once.
Rule 4: a stream that breaks, or says what does not read, is a FeedGap of its instrument.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from steelyard.kernel.ports import FeedGap, PriceNews
from steelyard.model.errors import ConfigurationError
from steelyard.model.events import Quote, Trade
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import BUY, SELL
from steelyard.model.market import Depth, Level
from steelyard.model.units import Nanos, Price, Quantity
from steelyard.venues.ccxt.door import Again, Door
from steelyard.venues.ccxt.numbers import nanos_of, units_of
from steelyard.venues.native.dialect import Channel

LEVELS: Final = 50
_EVERY_NS: Final = 1_000_000_000
_IDS_KEPT: Final = 4_000
"""So many trades of an instrument are known again: more than ccxt keeps."""
_SIDES: Final = {"buy": BUY, "sell": SELL}
CHANNELS: Final = frozenset({Channel.QUOTES, Channel.TRADES, Channel.DEPTH})


class CcxtFeed:
    """The Feed port, over doors that were started."""

    def __init__(self, door: Door, channels: frozenset[Channel], books: Door | None = None) -> None:
        """`books`: a door whose numbers are floats, for the channel depth."""
        if not channels <= CHANNELS:
            names = ", ".join(sorted(channels - CHANNELS))
            raise ConfigurationError(
                f"channels were {names}, through ccxt there are {', '.join(sorted(CHANNELS))}"
            )
        if Channel.DEPTH in channels and books is None:
            raise ConfigurationError(
                "the channel depth needs a second door, whose numbers are floats"
            )
        self._door, self._books, self._channels = door, books, channels
        self._sink: Callable[[PriceNews], None] | None = None
        self._running: list[Again[Any]] = []
        self._last: dict[int, Quote] = {}
        self._ids: dict[int, dict[str, None]] = {}

    def listen(self, sink: Callable[[PriceNews], None]) -> None:
        self._sink = sink
        if self._running:
            return
        for place, name in enumerate(self._door.names):
            if Channel.QUOTES in self._channels:
                self._quotes(place, name)
            if Channel.TRADES in self._channels:
                self._trades(place, name)
            if Channel.DEPTH in self._channels and self._books is not None:
                self._depth(self._books, place, name)

    def close(self) -> None:
        self._sink = None
        for one in self._running:
            one.close()
        self._door.close()
        if self._books is not None:
            self._books.close()

    def _quotes(self, place: int, name: str) -> None:
        exchange, how = self._door.exchange, self._door.able.quotes
        if how == "watchBidsAsks":
            work = partial(exchange.watch_bids_asks, [name])
        elif how == "watchTicker":
            work = partial(exchange.watch_ticker, name)
        elif how == "fetchTicker":
            work = partial(exchange.fetch_ticker, name)
        else:
            self._tell(FeedGap(ts_ns=self._now(), reason="no best quotes here", instrument=place))
            return
        self._again(self._door, work, partial(self._quote, place, name), place, how)

    def _trades(self, place: int, name: str) -> None:
        exchange, how = self._door.exchange, self._door.able.public_trades
        if how == "watchTrades":
            self._again(
                self._door, partial(exchange.watch_trades, name), partial(self._trade, place),
                place, how,
            )  # fmt: skip
        else:  # asked for again and again, a busy second would lose some: nothing is better
            self._tell(
                FeedGap(ts_ns=self._now(), reason="trades are not streamed", instrument=place)
            )

    def _depth(self, door: Door, place: int, name: str) -> None:
        how = door.able.depth
        streamed = how == "watchOrderBook"
        work = door.exchange.watch_order_book if streamed else door.exchange.fetch_order_book
        self._again(door, partial(work, name), partial(self._book, place), place, how)

    def _again(
        self, door: Door, work: Callable[[], Any], came: Callable[[Any], None], place: int, how: str
    ) -> None:
        asked = how.startswith("fetch")
        self._running.append(
            Again(
                door, work, came=came, broke=partial(self._broke, place),
                every_ns=_EVERY_NS if asked else 0,
            )
        )  # fmt: skip

    # --- reading ---------------------------------------------------------------------------------

    def _quote(self, place: int, name: str, told: Mapping[str, Any]) -> None:
        row = told if "bid" in told else told.get(name)
        if row is None or row.get("bid") is None or row.get("ask") is None:
            return
        instrument = self._door.instruments[place]
        quote = Quote(
            ts_ns=Nanos(nanos_of(row.get("timestamp")) or self._now()),
            instrument=place,
            bid=Price(units_of(row["bid"], instrument.price_decimals, "bid")),
            bid_quantity=_volume(row.get("bidVolume"), instrument),
            ask=Price(units_of(row["ask"], instrument.price_decimals, "ask")),
            ask_quantity=_volume(row.get("askVolume"), instrument),
        )
        before = self._last.get(place)
        if before is None or _levels(before) != _levels(quote):
            self._last[place] = quote
            self._tell(quote)

    def _trade(self, place: int, rows: Sequence[Mapping[str, Any]]) -> None:
        instrument = self._door.instruments[place]
        for row in rows:
            if self._is_known(place, row.get("id")):
                continue
            if row.get("side") not in _SIDES:
                raise ValueError("a trade was told without its side")
            self._tell(
                Trade(
                    ts_ns=Nanos(nanos_of(row.get("timestamp"))),
                    instrument=place,
                    price=Price(units_of(row["price"], instrument.price_decimals, "price")),
                    quantity=Quantity(
                        units_of(row["amount"], instrument.quantity_decimals, "amount")
                    ),
                    taker_side=_SIDES[str(row["side"])],
                )
            )

    def _is_known(self, place: int, name: Any) -> bool:
        """Remember a trade; say whether it was told before."""
        ids = self._ids.setdefault(place, {})
        if name is None:
            return False
        if str(name) in ids:
            return True
        ids[str(name)] = None
        if len(ids) > _IDS_KEPT:
            del ids[next(iter(ids))]
        return False

    def _book(self, place: int, book: Mapping[str, Any]) -> None:
        instrument = self._door.instruments[place]
        self._tell(
            Depth(
                ts_ns=Nanos(nanos_of(book.get("timestamp")) or self._now()),
                instrument=place,
                bids=tuple(_level(one, instrument) for one in book["bids"][:LEVELS]),
                asks=tuple(_level(one, instrument) for one in book["asks"][:LEVELS]),
                snapshot=True,
            )
        )

    def _broke(self, place: int, text: str) -> None:
        self._last.pop(place, None)
        self._tell(FeedGap(ts_ns=self._now(), reason=text, instrument=place))

    def _now(self) -> int:
        return self._door.scheduler.now_ns()

    def _tell(self, news: PriceNews) -> None:
        if self._sink is not None:
            self._sink(news)


def _levels(quote: Quote) -> tuple[int, int, int, int]:
    return quote.bid, quote.bid_quantity, quote.ask, quote.ask_quantity


def _volume(value: Any, instrument: Instrument) -> Quantity:
    return Quantity(0 if value is None else units_of(value, instrument.quantity_decimals, "volume"))


def _level(row: Sequence[Any], instrument: Instrument) -> Level:
    return (
        units_of(row[0], instrument.price_decimals, "price"),
        units_of(row[1], instrument.quantity_decimals, "quantity"),
    )
