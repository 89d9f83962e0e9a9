"""Market streams and listen-key streams: one session for each socket.

Rule 1: `/ws/…` tells bare events, `/stream` wraps them with the stream's name; both take SUBSCRIBE,
UNSUBSCRIBE, LIST_SUBSCRIPTIONS, SET_PROPERTY and GET_PROPERTY.
Rule 2: a stream nobody knows is confirmed and stays silent, as at the venue.
Rule 3: the server pings by the protocol, spot each 20 s and the perpetuals each three minutes, and
cuts a socket that does not answer for a minute more, or is a day old.
"""

import json
import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple

from steelyard.exchange.binance import pushes
from steelyard.exchange.binance.asking import ENCODER
from steelyard.exchange.binance.desk import Desk
from steelyard.exchange.binance.public import INTERVALS, MINUTE_NS
from steelyard.exchange.hall.news import (
    KeyExpired,
    MoneyNews,
    OrderNews,
    PrivateNews,
    SettingNews,
)
from steelyard.exchange.hall.port import Wire
from steelyard.exchange.hall.prices import MarketNews, Topic
from steelyard.exchange.hall.words import Product

_SECOND_NS: Final = 1_000_000_000
_PING_NS: Final = {Product.SPOT: 20 * _SECOND_NS, Product.PERP: 180 * _SECOND_NS}
_PATIENCE_NS: Final = 60 * _SECOND_NS
_DAY_NS: Final = 86_400 * _SECOND_NS
_NAME: Final = re.compile(r"([a-z0-9]+)(?:_perpetual)?@(.+)", re.ASCII)
_DEPTH: Final = re.compile(r"depth(5|10|20)?(?:@(?:100|250|500|1000|0)ms)?", re.ASCII)
_KLINE: Final = re.compile(r"(kline|continuousKline)_(\w+)", re.ASCII)
_STREAMS_MAX: Final = 1024

Write = Callable[[Desk, Any], Any]


class Sub(NamedTuple):
    """One subscription: what of the hall it follows and how its news are written."""

    topic: Topic
    instrument: int
    span_ns: int
    style: str
    """What tells one way of writing from another, for what was written already."""
    write: Write


_PLAIN: Final[dict[str, tuple[Topic, Write]]] = {
    "bookTicker": (Topic.QUOTE, pushes.quote), "trade": (Topic.TRADE, pushes.trade),
    "aggTrade": (Topic.TRADE, pushes.aggregated), "ticker": (Topic.TICKER, pushes.ticker),
    "miniTicker": (Topic.TICKER, pushes.small_ticker), "markPrice": (Topic.MARK, pushes.mark),
    "markPrice@1s": (Topic.MARK, pushes.mark),
}  # fmt: skip
_OF_ALL: Final[dict[str, tuple[Topic, str, Write]]] = {
    "!bookTicker": (Topic.QUOTE, "quote", pushes.quote),
    "!ticker@arr": (Topic.TICKER, "[ticker]", lambda d, n: [pushes.ticker(d, n)]),
    "!miniTicker@arr": (Topic.TICKER, "[mini]", lambda d, n: [pushes.small_ticker(d, n)]),
    "!markPrice@arr": (Topic.MARK, "[mark]", lambda d, n: [pushes.mark(d, n)]),
    "!markPrice@arr@1s": (Topic.MARK, "[mark]", lambda d, n: [pushes.mark(d, n)]),
    "!contractInfo": (Topic.STATUS, "contract", pushes.contract),
}  # fmt: skip
_PERP_ONLY: Final = frozenset({Topic.MARK, Topic.STATUS})


def subs_of(desk: Desk, product: Product, name: str) -> list[Sub]:
    """Return what a stream's name stands for; nothing where nobody knows it."""
    if name in _OF_ALL:
        topic, style, write = _OF_ALL[name]
        return [Sub(topic, k, 0, style, write) for k in desk.places(product)]
    match = _NAME.fullmatch(name)
    k = desk.find(product, match[1].upper()) if match else None
    return [] if match is None or k is None else _of_one(product, k, match[2])


def _of_one(product: Product, k: int, word: str) -> list[Sub]:
    if word in _PLAIN:
        topic, write = _PLAIN[word]
        if topic in _PERP_ONLY and product is Product.SPOT:
            return []
        return [Sub(topic, k, 0, word, write)]
    if kline := _KLINE.fullmatch(word):
        return _candles(k, *kline.groups())
    if depth := _DEPTH.fullmatch(word):
        if not depth[1]:
            return [Sub(Topic.DEPTH, k, 0, "depth", pushes.depth)]
        levels = int(depth[1])
        return [
            Sub(Topic.DEPTH, k, 0, word, lambda d, n: pushes.part_of_book(d, n.instrument, levels))
        ]
    return []


def _candles(k: int, kind: str, word: str) -> list[Sub]:
    if word not in INTERVALS:
        return []
    write = pushes.candle if kind == "kline" else pushes.continuous
    span_ns = INTERVALS[word] * MINUTE_NS
    return [Sub(Topic.CANDLE, k, span_ns, f"{kind}{word}", lambda d, n: write(d, n, word))]


class StreamSession:
    """One socket of streams."""

    def __init__(
        self, desk: Desk, product: Product, send: Wire, *, combined: bool, names: list[str]
    ) -> None:
        """Tell these streams from the start; a listen key is a stream too."""
        self._desk, self._product, self._send = desk, product, send
        self._combined = combined
        self._streams: dict[str, list[Sub]] = {}
        self._heard: dict[tuple[Topic, int, int], dict[str, Sub]] = {}
        self._key = ""
        self._opened_ns = self._pinged_ns = self._alive_ns = desk.hall.now_ns()
        for name in names:
            self._subscribe(name)

    # --- from the client -------------------------------------------------------------------------

    def said(self, text: bytes) -> None:
        """Hear a request."""
        try:
            request = json.loads(text)
            method, number = request["method"], request.get("id")
        except (ValueError, KeyError, TypeError, AttributeError):
            self._tell({"code": 2, "msg": "Invalid request: unable to parse"})
            return
        names = request.get("params") or []
        if method not in ("SUBSCRIBE", "UNSUBSCRIBE"):
            self._other(method, number, names)
            return
        if not isinstance(names, list) or not all(isinstance(one, str) for one in names):
            self._tell({"code": 2, "msg": "Invalid request: invalid params", "id": number})
            return
        for name in names:
            (self._subscribe if method == "SUBSCRIBE" else self._unsubscribe)(name)
        self._tell({"result": None, "id": number})

    def _other(self, method: object, number: object, values: list[Any]) -> None:
        if method == "LIST_SUBSCRIPTIONS":
            self._tell({"result": list(self._streams), "id": number})
        elif method == "GET_PROPERTY":
            self._tell({"result": self._combined, "id": number})
        elif method == "SET_PROPERTY":
            if len(values) > 1 and values[0] == "combined":
                self._combined = bool(values[1])
            self._tell({"result": None, "id": number})
        else:
            self._tell({"code": 2, "msg": f"Invalid request: unknown method {method}"})

    def _subscribe(self, name: str) -> None:
        if name in self._streams or len(self._streams) >= _STREAMS_MAX:
            return
        subs = subs_of(self._desk, self._product, name)
        self._streams[name] = subs
        for sub in subs:
            self._heard.setdefault((sub.topic, sub.instrument, sub.span_ns), {})[name] = sub
            self._desk.hall.follow(self, sub.topic, sub.instrument, sub.span_ns)
        owner = None if subs else self._desk.hall.key_owner(name)
        if owner is not None:
            self._key = name
            self._desk.hall.enter(self, owner[0].number, product=owner[1], key=name)

    def _unsubscribe(self, name: str) -> None:
        for sub in self._streams.pop(name, ()):
            key = (sub.topic, sub.instrument, sub.span_ns)
            self._heard[key].pop(name)
            if not self._heard[key]:
                del self._heard[key]
                self._desk.hall.unfollow(self, *key)

    # --- from the hall ---------------------------------------------------------------------------

    def market(self, news: MarketNews) -> None:
        """Tell market news to the streams that want them."""
        span_ns = getattr(getattr(news, "candle", None), "span_ns", 0)
        topic = _TOPICS[type(news).__name__]
        for name, sub in self._heard.get((topic, news.instrument, span_ns), {}).items():
            body = news.said.get(("binance", sub.style))
            if body is None:
                body = ENCODER.encode(sub.write(self._desk, news))
                news.said["binance", sub.style] = body
            self._push(name, body)

    def private(self, news: PrivateNews) -> None:
        """Tell an account's news on its listen key."""
        for event in events_of(self._desk, self._product, news):
            self._push(self._key, ENCODER.encode(event))

    def tick(self, now_ns: int) -> None:
        """Ping; cut what is silent or a day old."""
        span_ns = _PING_NS[self._product]
        if now_ns - self._opened_ns >= _DAY_NS or now_ns - self._alive_ns > span_ns + _PATIENCE_NS:
            self._send.close(1008, "Disconnected")
        elif now_ns - self._pinged_ns >= span_ns:
            self._pinged_ns = now_ns
            self._send.ping(str(now_ns // 1_000_000).encode())

    def ponged(self) -> None:
        """Hear that the client is there."""
        self._alive_ns = self._desk.hall.now_ns()

    def closed(self) -> None:
        """Forget the client."""

    def _push(self, name: str, body: bytes) -> None:
        if self._combined:
            body = b'{"stream":"%s","data":%s}' % (name.encode(), body)
        self._send(body)

    def _tell(self, value: object) -> None:
        self._send(ENCODER.encode(value))


_TOPICS: Final = {
    "QuoteNews": Topic.QUOTE, "DepthNews": Topic.DEPTH, "TradeNews": Topic.TRADE,
    "CandleNews": Topic.CANDLE, "MarkNews": Topic.MARK, "TickerNews": Topic.TICKER,
    "StatusNews": Topic.STATUS,
}  # fmt: skip


def events_of(desk: Desk, product: Product, news: PrivateNews) -> list[dict[str, Any]]:
    """Write an account's news as events, in the words of the product."""
    if isinstance(news, KeyExpired):
        return [{"e": "listenKeyExpired", "E": news.ts_ns // 1_000_000, "listenKey": news.key}]
    return (_spot_events if product is Product.SPOT else _perp_events)(desk, news)


def _perp_events(desk: Desk, news: PrivateNews) -> list[dict[str, Any]]:
    if isinstance(news, MoneyNews):
        return [pushes.perp_money(desk, news)] if news.product is Product.PERP else []
    if isinstance(news, SettingNews):
        told = pushes.perp_setting(desk, news)
        return [told] if told is not None else []
    if not isinstance(news, OrderNews) or desk.is_spot(news.order.instrument):
        return []
    if news.order.algo:
        return [pushes.algo(desk, news.order, news.ts_ns)]
    ended = pushes.ended_algo(desk, news.order)
    finished = [pushes.algo(desk, ended, news.ts_ns)] if ended is not None else []
    return [pushes.perp_order(desk, news), *finished]


def _spot_events(desk: Desk, news: PrivateNews) -> list[dict[str, Any]]:
    if isinstance(news, OrderNews) and desk.is_spot(news.order.instrument):
        return [pushes.spot_order(desk, news)]
    if isinstance(news, MoneyNews) and news.product is Product.SPOT and news.coins:
        return [pushes.spot_money(desk, news)]
    return []
