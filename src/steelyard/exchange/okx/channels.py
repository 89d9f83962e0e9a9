"""The channels: on which endpoint each lives, what of the hall it hears, and what it pushes.

Rule 1: a push is the same for everybody who subscribed the same: it is written once and kept with
the news it was made of.
Rule 2: a book begins with a snapshot (`prevSeqId` -1); each change names the number before it and
the checksum of the book behind it.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from steelyard.exchange.hall.port import Hall
from steelyard.exchange.hall.prices import (
    Book,
    CandleNews,
    DepthNews,
    MarketNews,
    MarkNews,
    QuoteNews,
    StatusNews,
    TickerNews,
    Topic,
    TradeNews,
)
from steelyard.exchange.okx import market, prices, words
from steelyard.exchange.okx.books import Books, checksum
from steelyard.exchange.okx.listing import symbol_of
from steelyard.model.instruments import Instrument

PUBLIC: Final = "public"
PRIVATE: Final = "private"
BUSINESS: Final = "business"

_ENCODE: Final = msgspec.json.Encoder()

Write = Callable[[Books, Any], tuple[str, list[Any]]]
"""Turns news into (action, rows); no rows: nothing is pushed."""


class Feed(NamedTuple):
    """A public channel."""

    endpoint: str
    topic: Topic
    write: Write
    span_ns: int = 0


def frame(arg: Mapping[str, str], rows: Sequence[Any], action: str = "", **more: Any) -> bytes:
    """Write a push."""
    said: dict[str, Any] = {"arg": arg}
    if action:
        said["action"] = action
    return _ENCODE.encode({**said, **more, "data": rows})


def said_of(
    books: Books, channel: str, feed: Feed, news: MarketNews, arg: Mapping[str, str]
) -> bytes:
    """Return the push of news, written at most once; empty: there is nothing to push."""
    key = ("okx", channel, arg.get("instId", ""), arg.get("instType", ""))
    kept = news.said.get(key)
    if kept is None:
        action, rows = feed.write(books, news)
        kept = news.said[key] = frame(arg, rows, action) if rows else b""
    told: bytes = kept
    return told


def feed_of(channel: str) -> Feed | None:
    """Return what a public channel is; None: OKX has none of this name here."""
    if channel in FEEDS:
        return FEEDS[channel]
    for prefix, write in (("candle", _candle), ("mark-price-candle", _price_candle),
                          ("index-candle", _price_candle)):  # fmt: skip
        if channel.startswith(prefix):
            span_ns = market.SPANS.get(channel.removeprefix(prefix))
            if span_ns is not None:
                return Feed(BUSINESS, Topic.CANDLE, write, span_ns)
    return None


def first_of(  # noqa: PLR0911 - one for each channel
    books: Books, channel: str, place: int, arg: Mapping[str, str]
) -> bytes:
    """Return what is pushed as soon as a channel is subscribed; empty: nothing."""
    hall = books.hall
    one = hall.instruments[place]
    match channel:
        case "books" | "books-l2-tbt" | "books50-l2-tbt":
            book = books.snapshot(place)
            rows = [book_row(one, book, -1, book.number, checksum(one, book.bids, book.asks))]
            return frame(arg, rows, "snapshot")
        case "books5":
            return frame(arg, [_five(hall, place)])
        case "bbo-tbt":
            return frame(arg, [_best(hall, hall.quote(place))])
        case "tickers":
            return frame(arg, [prices.ticker_row(one, hall.ticker(place))])
        case "mark-price":
            return frame(arg, [market.mark_row(hall, place)])
        case "funding-rate":
            return frame(arg, [market.funding_row(hall, place)])
        case "index-tickers":
            return frame(arg, [market.index_row(hall, place)])
        case "open-interest":
            return frame(arg, [market.interest_row(hall, place)])
    return b""


def listed(hall: Hall, places: Sequence[int], arg: Mapping[str, str]) -> bytes:
    """Return everything that is listed of a product, as `instruments` begins."""
    return frame(arg, [prices.instrument_row(hall, place) for place in places])


def book_row(
    one: Instrument, book: Book | DepthNews, previous: int, last: int, checksum_: int
) -> dict[str, Any]:
    """Write levels with what proves that none is missing."""
    return {
        "asks": prices.level_rows(one, book.asks), "bids": prices.level_rows(one, book.bids),
        "ts": words.ms(book.ts_ns), "checksum": checksum_, "prevSeqId": previous, "seqId": last,
    }  # fmt: skip


# --- news as rows --------------------------------------------------------------------------------


def _books(books: Books, news: DepthNews) -> tuple[str, list[Any]]:
    one = books.hall.instruments[news.instrument]
    return "update", [book_row(one, news, news.previous, news.last, books.checksum(news))]


def _books5(books: Books, news: DepthNews) -> tuple[str, list[Any]]:
    hall = books.hall
    return "", [_five(hall, news.instrument)]


def _five(hall: Hall, place: int) -> dict[str, Any]:
    one = hall.instruments[place]
    book = hall.book(place, 5)
    return {
        "asks": prices.level_rows(one, book.asks), "bids": prices.level_rows(one, book.bids),
        "instId": symbol_of(one), "ts": words.ms(book.ts_ns), "seqId": book.number,
    }  # fmt: skip


def _quote(books: Books, news: QuoteNews) -> tuple[str, list[Any]]:
    hall = books.hall
    return "", [_best(hall, news)]


def _best(hall: Hall, quote: QuoteNews) -> dict[str, Any]:
    one = hall.instruments[quote.instrument]
    return {
        "asks": prices.level_rows(one, ((quote.ask, quote.ask_quantity),)),
        "bids": prices.level_rows(one, ((quote.bid, quote.bid_quantity),)),
        "ts": words.ms(quote.ts_ns or hall.now_ns()), "seqId": quote.number,
    }  # fmt: skip


def _trade(books: Books, news: TradeNews) -> tuple[str, list[Any]]:
    hall = books.hall
    return "", [prices.trade_row(hall.instruments[news.instrument], news)]


def _ticker(books: Books, news: TickerNews) -> tuple[str, list[Any]]:
    hall = books.hall
    return "", [prices.ticker_row(hall.instruments[news.instrument], news.ticker)]


def _candle(books: Books, news: CandleNews) -> tuple[str, list[Any]]:
    hall = books.hall
    return "", [prices.candle_row(hall.instruments[news.instrument], news.candle)]


def _price_candle(books: Books, news: CandleNews) -> tuple[str, list[Any]]:
    hall = books.hall
    row = prices.candle_row(hall.instruments[news.instrument], news.candle)
    return "", [[*row[:5], row[-1]]]


def _mark(books: Books, news: MarkNews) -> tuple[str, list[Any]]:
    hall = books.hall
    one = hall.instruments[news.instrument]
    row = market.mark_row(hall, news.instrument)
    return "", [{**row, "markPx": one.price_text(news.mark), "ts": words.ms(news.ts_ns)}]


def _index(books: Books, news: MarkNews) -> tuple[str, list[Any]]:
    hall = books.hall
    return "", [market.index_row(hall, news.instrument)]


def _funding(books: Books, news: MarkNews) -> tuple[str, list[Any]]:
    hall = books.hall
    return "", [market.funding_row(hall, news.instrument)]


def _interest(books: Books, news: MarkNews) -> tuple[str, list[Any]]:
    hall = books.hall
    return "", [market.interest_row(hall, news.instrument)]


def _status(books: Books, news: StatusNews) -> tuple[str, list[Any]]:
    hall = books.hall
    return "", [prices.instrument_row(hall, news.instrument)]


FEEDS: Final[Mapping[str, Feed]] = {
    "books": Feed(PUBLIC, Topic.DEPTH, _books),
    "books-l2-tbt": Feed(PUBLIC, Topic.DEPTH, _books),
    "books50-l2-tbt": Feed(PUBLIC, Topic.DEPTH, _books),
    "books5": Feed(PUBLIC, Topic.DEPTH, _books5),
    "bbo-tbt": Feed(PUBLIC, Topic.QUOTE, _quote),
    "trades": Feed(PUBLIC, Topic.TRADE, _trade),
    "trades-all": Feed(BUSINESS, Topic.TRADE, _trade),
    "tickers": Feed(PUBLIC, Topic.TICKER, _ticker),
    "mark-price": Feed(PUBLIC, Topic.MARK, _mark),
    "index-tickers": Feed(PUBLIC, Topic.MARK, _index),
    "funding-rate": Feed(PUBLIC, Topic.MARK, _funding),
    "open-interest": Feed(PUBLIC, Topic.MARK, _interest),
    "instruments": Feed(PUBLIC, Topic.STATUS, _status),
}
PERSONAL: Final[Mapping[str, frozenset[str]]] = {
    "orders": frozenset({PRIVATE}),
    "fills": frozenset({PRIVATE}),
    "account": frozenset({PRIVATE}),
    "positions": frozenset({PRIVATE}),
    "balance_and_position": frozenset({PRIVATE}),
    "liquidation-warning": frozenset({PRIVATE}),
    "account-greeks": frozenset({PRIVATE}),
    "orders-algo": frozenset({BUSINESS}),
    "algo-advance": frozenset({BUSINESS}),
    "deposit-info": frozenset({BUSINESS}),
    "withdrawal-info": frozenset({BUSINESS}),
}
"""Channels of an account, and where each is told."""
QUIET: Final = frozenset({"status", "price-limit", "estimated-price", "liquidation-orders"})
"""Public channels that are taken, and say nothing here."""
