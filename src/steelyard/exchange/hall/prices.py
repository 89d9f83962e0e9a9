"""What the hall says about the market.

Rule 1: integers in the instrument's units, as in `words`.
Rule 2: news are one object for all sessions: what a dialect made of it may be left in `said` under
a key of its own, so that two hundred sessions encode it once.
"""

from enum import StrEnum
from typing import Any, TypeAlias

from msgspec import Struct, field

from steelyard.exchange.hall.words import Status
from steelyard.model.market import Level


class Ticker(Struct, frozen=True, kw_only=True):
    """The last 24 hours; volumes in quantity units and in money."""

    instrument: int
    ts_ns: int
    opened_ns: int
    open: int
    high: int
    low: int
    last: int
    last_quantity: int
    volume: int
    worth: int
    trades: int
    first_trade: int
    last_trade: int
    bid: int
    bid_quantity: int
    ask: int
    ask_quantity: int


class Book(Struct, frozen=True, kw_only=True):
    """The order book after update `number`, best levels first."""

    instrument: int
    ts_ns: int
    number: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]


class Candle(Struct, frozen=True, kw_only=True):
    """One bar; volumes in quantity units and in money."""

    instrument: int
    span_ns: int
    start_ns: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    worth: int
    trades: int
    taker_volume: int
    """What takers bought."""
    taker_worth: int
    closed: bool

    @property
    def end_ns(self) -> int:
        """Return the first moment that is not in it."""
        return self.start_ns + self.span_ns


class Topic(StrEnum):
    """What a session can follow of an instrument."""

    QUOTE = "quote"
    DEPTH = "depth"
    TRADE = "trade"
    CANDLE = "candle"  # of one span, see `Hall.follow`
    MARK = "mark"  # mark and index price, funding rate: each second, and when they change
    TICKER = "ticker"  # each second
    STATUS = "status"


class QuoteNews(Struct, kw_only=True):
    """The best bid and ask changed. `number` is the book's update number."""

    instrument: int
    ts_ns: int
    number: int
    bid: int
    bid_quantity: int
    ask: int
    ask_quantity: int
    said: dict[Any, Any] = field(default_factory=dict)


class DepthNews(Struct, kw_only=True):
    """Levels changed; `first` is always `previous` + 1. Quantity 0 removes a level."""

    instrument: int
    ts_ns: int
    first: int
    last: int
    previous: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    spoiled: bool = False
    """A fault changed it: whoever sends a checksum sends that of the true book."""
    said: dict[Any, Any] = field(default_factory=dict)


class TradeNews(Struct, kw_only=True):
    """Somebody traded; `number` is contiguous within the instrument."""

    instrument: int
    ts_ns: int
    number: int
    price: int
    quantity: int
    taker_side: int
    said: dict[Any, Any] = field(default_factory=dict)


class CandleNews(Struct, kw_only=True):
    """A bar changed or (`candle.closed`) ended."""

    instrument: int
    ts_ns: int
    candle: Candle
    said: dict[Any, Any] = field(default_factory=dict)


class MarkNews(Struct, kw_only=True):
    """Mark and index price and the rate that longs will pay at `next_ns`."""

    instrument: int
    ts_ns: int
    mark: int
    index: int
    rate: int
    next_ns: int
    said: dict[Any, Any] = field(default_factory=dict)


class TickerNews(Struct, kw_only=True):
    """The 24 hours moved on."""

    instrument: int
    ts_ns: int
    ticker: Ticker
    said: dict[Any, Any] = field(default_factory=dict)


class StatusNews(Struct, kw_only=True):
    """An instrument's status or filters changed: `Hall.instruments` has the new ones already."""

    instrument: int
    ts_ns: int
    status: Status
    filters: bool = False
    said: dict[Any, Any] = field(default_factory=dict)


MarketNews: TypeAlias = (
    QuoteNews | DepthNews | TradeNews | CandleNews | MarkNews | TickerNews | StatusNews
)
