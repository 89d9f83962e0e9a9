"""Bitget's sockets: log-in, subscriptions, pushes, and orders over the private one.

Rule 1: a socket that did not say `ping` for two minutes is closed, as is one whose log-in failed.
Rule 2: what is pushed is made once for all sessions and left with the news.
Rule 3: a subscription to a book is answered by the whole of it, then by changes with checksums.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from steelyard.exchange.bitget.errors import Fault
from steelyard.exchange.bitget.market import Market, candle_of, span_of, trade_of
from steelyard.exchange.bitget.mirrors import Mirrors
from steelyard.exchange.bitget.pushes import Pushes
from steelyard.exchange.bitget.reading import PRODUCT_TYPE, Asked, place_of
from steelyard.exchange.bitget.signing import login
from steelyard.exchange.bitget.trading import Trading
from steelyard.exchange.bitget.words import Words, price_of, size_of
from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.news import FundingNews, MoneyNews, OrderNews, PrivateNews
from steelyard.exchange.hall.port import Hall, Wire
from steelyard.exchange.hall.prices import (
    CandleNews,
    DepthNews,
    MarketNews,
    QuoteNews,
    TickerNews,
    Topic,
    TradeNews,
)
from steelyard.exchange.hall.words import EVERY, Product

__all__ = ["BitgetSession", "Mirrors"]

Arg = dict[str, str]
_SILENCE_NS: Final = 120_000_000_000
_HISTORY: Final = 50
_CANDLES: Final = 100
_ENCODE: Final = msgspec.json.Encoder()
_MS_NS: Final = 1_000_000
_PRODUCTS: Final = {"SPOT": Product.SPOT, PRODUCT_TYPE: Product.PERP}
_TOPICS: Final = {
    "ticker": Topic.TICKER, "trade": Topic.TRADE, "books": Topic.DEPTH, "books1": Topic.QUOTE,
    "books5": Topic.DEPTH, "books15": Topic.DEPTH,
}  # fmt: skip
_LEVELS: Final = {"books1": 1, "books5": 5, "books15": 15}
_PRIVATE: Final = frozenset({"orders", "orders-algo", "fill", "account", "positions"})
_ORDERS: Final = frozenset({"place-order", "cancel-order"})


class BitgetSession:
    """One socket."""

    def __init__(
        self, hall: Hall, words: Words, market: Market, trading: Trading, mirrors: Mirrors,
        send: Wire, *, private: bool,
    ) -> None:  # fmt: skip
        """Speak on `send`."""
        self._hall, self._words, self._market = hall, words, market
        self._trading, self._mirrors, self._send = trading, mirrors, send
        self._private = private
        self._member: Member | None = None
        self._heard_ns = hall.now_ns()
        self._follows: dict[tuple[Topic, int], dict[str, Arg]] = {}
        self._candles: dict[tuple[int, int], Arg] = {}
        self._pushes = Pushes(hall, words, self._push)
        self._acts: dict[str, Callable[[Any], None]] = {
            "login": self._login, "subscribe": self._subscribe, "unsubscribe": self._unsubscribe,
            "trade": self._trade,
        }  # fmt: skip

    # --- hearing ---------------------------------------------------------------------------------

    def said(self, text: bytes) -> None:
        """Hear a frame."""
        self._heard_ns = self._hall.now_ns()
        if text == b"ping":
            self._send(b"pong")
            return
        try:
            word = msgspec.json.decode(text)
            act = self._acts.get(str(word.get("op"))) if isinstance(word, dict) else None
        except msgspec.DecodeError:
            act, word = None, {}
        if act is None:
            self._say({"event": "error", "code": 30003, "msg": "invalid op"})
            return
        args = word.get("args")
        for arg in args if isinstance(args, list) else ():
            if isinstance(arg, dict):
                act(arg)
            else:
                self._say({"event": "error", "code": 30016, "msg": "Param error"})

    def tick(self, now_ns: int) -> None:
        """Close a socket that is silent."""
        if now_ns - self._heard_ns > _SILENCE_NS:
            self._send.close(1000, "no ping was received")

    def ponged(self) -> None:
        """Hear a pong; the venue does not ping."""

    def closed(self) -> None:
        """Hear that the socket is gone."""

    def _login(self, arg: dict[str, Any]) -> None:
        try:
            self._member = self._checked(arg)
        except Fault as fault:
            self._say({"event": "error", "code": int(fault.code), "msg": fault.text})
            self._send.close(1000, "the log-in failed")
            return
        self._say({"event": "login", "code": 0})

    def _checked(self, arg: dict[str, Any]) -> Member:
        if not self._private:
            raise Fault("30002", "illegal request")
        return login(self._hall, arg)

    # --- subscribing -----------------------------------------------------------------------------

    def _subscribe(self, arg: Arg) -> None:
        try:
            self._follow(arg)
        except Fault as fault:
            word = {"event": "error", "arg": arg, "code": int(fault.code), "msg": fault.text}
            self._say({**word, "op": "subscribe"})

    def _follow(self, arg: Arg) -> None:
        channel, product = str(arg.get("channel", "")), _PRODUCTS.get(str(arg.get("instType", "")))
        if product is None:
            raise _missing(arg)
        if channel in _PRIVATE:
            self._enter(arg, channel, product)
            return
        place = self._place(arg, product)
        if channel.startswith("candle"):
            self._follow_candles(arg, place, channel)
            return
        topic = _TOPICS.get(channel)
        if topic is None:
            raise _missing(arg)
        self._follows.setdefault((topic, place), {})[channel] = arg
        self._hall.follow(self, topic, place)
        self._say({"event": "subscribe", "arg": arg})
        self._greet(arg, channel, place)

    def _place(self, arg: Arg, product: Product) -> int:
        place = place_of(self._hall, str(arg.get("instId", "")), product)
        if place == EVERY:
            raise _missing(arg)
        return place

    def _greet(self, arg: Arg, channel: str, place: int) -> None:
        if channel == "ticker":
            self._push("snapshot", arg, [self._ticker(place)])
        elif channel == "trade":
            rows = self._hall.trades(place, limit=_HISTORY)
            self._push("snapshot", arg, [trade_of(self._hall, row) for row in reversed(rows)])
        else:
            if channel == "books":
                self._mirrors.begin(place)
            self._push("snapshot", arg, [self._book(place, _LEVELS.get(channel, 0))])

    def _follow_candles(self, arg: Arg, place: int, channel: str) -> None:
        try:
            span_ns = span_of(channel.removeprefix("candle"))
        except Fault:
            raise _missing(arg) from None
        self._candles[place, span_ns] = arg
        self._hall.follow(self, Topic.CANDLE, place, span_ns)
        self._say({"event": "subscribe", "arg": arg})
        rows = self._hall.candles(place, span_ns, limit=_CANDLES)
        self._push("snapshot", arg, [candle_of(self._hall, place, row) for row in rows])

    def _enter(self, arg: Arg, channel: str, product: Product) -> None:
        if self._member is None:
            raise Fault("30004", "User needs to log in")
        # An order's news come first: interest before the answer loses nothing.
        self._hall.enter(self, self._member.number, product=product)
        self._say({"event": "subscribe", "arg": arg})
        self._pushes.follow(arg, channel, product, self._member)

    def _unsubscribe(self, arg: Arg) -> None:
        channel, product = str(arg.get("channel", "")), _PRODUCTS.get(str(arg.get("instType", "")))
        self._say({"event": "unsubscribe", "arg": arg})
        if product is None:
            return
        if channel in _PRIVATE:
            self._pushes.unfollow(arg, channel, product)
            return
        place = place_of(self._hall, str(arg.get("instId", "")), product)
        topic = _TOPICS.get(channel)
        if topic is not None:
            followed = self._follows.get((topic, place), {})
            followed.pop(channel, None)
            if not followed:
                self._hall.unfollow(self, topic, place)
            return
        for key, kept in list(self._candles.items()):
            if key[0] == place and kept.get("channel") == channel:
                del self._candles[key]
                self._hall.unfollow(self, Topic.CANDLE, place, key[1])

    # --- market ----------------------------------------------------------------------------------

    def market(self, news: MarketNews) -> None:
        """Push market news."""
        if isinstance(news, CandleNews):
            self._bar(news)
        elif isinstance(news, DepthNews):
            self._depth(news)
        elif isinstance(news, QuoteNews):
            self._each(Topic.QUOTE, news, lambda: self._quote(news))
        elif isinstance(news, TradeNews):
            self._each(Topic.TRADE, news, lambda: trade_of(self._hall, news), action="update")
        elif isinstance(news, TickerNews):
            self._each(Topic.TICKER, news, lambda: self._ticker(news.instrument))

    def _each(
        self, topic: Topic, news: MarketNews, make: Callable[[], Any], *, action: str = "snapshot"
    ) -> None:
        for arg in self._args(topic, news.instrument):
            self._shared(news, arg, make, action=action)

    def _depth(self, news: DepthNews) -> None:
        for arg in self._args(Topic.DEPTH, news.instrument):
            if arg["channel"] == "books":
                self._shared(news, arg, lambda: self._change(news), action="update")
            else:
                levels = _LEVELS[arg["channel"]]
                self._push("snapshot", arg, [self._book(news.instrument, levels)])

    def _bar(self, news: CandleNews) -> None:
        row = news.candle
        arg = self._candles.get((news.instrument, row.span_ns))
        if arg is not None:
            make = candle_of(self._hall, news.instrument, row)
            self._shared(news, arg, lambda: make, action="update")

    def _args(self, topic: Topic, place: int) -> Sequence[Arg]:
        return tuple(self._follows.get((topic, place), {}).values())

    def _shared(
        self, news: MarketNews, arg: Arg, make: Callable[[], Any], *, action: str = "snapshot"
    ) -> None:
        """Push what was made for another session already, or make it."""
        key = (type(self), arg.get("channel"), arg.get("instType"))
        text = news.said.get(key)
        if text is None:
            text = news.said[key] = self._written(action, arg, [make()])
        self._send(text)

    def _quote(self, news: QuoteNews) -> dict[str, Any]:
        one = self._words.one(news.instrument)
        return {
            "asks": [[price_of(one, news.ask), size_of(one, news.ask_quantity)]],
            "bids": [[price_of(one, news.bid), size_of(one, news.bid_quantity)]],
            "checksum": 0, "seq": news.number, "ts": str(news.ts_ns // _MS_NS),
        }  # fmt: skip

    def _change(self, news: DepthNews) -> dict[str, Any]:
        one = self._words.one(news.instrument)
        word = {
            "asks": [[price_of(one, p), size_of(one, q)] for p, q in news.asks],
            "bids": [[price_of(one, p), size_of(one, q)] for p, q in news.bids],
            "seq": news.last, "ts": str(news.ts_ns // _MS_NS),
        }  # fmt: skip
        checksum = self._mirrors.checksum(news)
        return word if checksum is None else {**word, "checksum": checksum}

    def _book(self, place: int, levels: int) -> dict[str, Any]:
        one, book = self._words.one(place), self._hall.book(place, levels)
        return {
            "asks": [[price_of(one, p), size_of(one, q)] for p, q in book.asks],
            "bids": [[price_of(one, p), size_of(one, q)] for p, q in book.bids],
            "checksum": 0, "seq": book.number, "ts": str(book.ts_ns // _MS_NS),
        }  # fmt: skip

    def _ticker(self, place: int) -> dict[str, Any]:
        told = self._market.ticker(place)
        return {**told, "instId": told["symbol"], "symbolType": "1", "deliveryPrice": "0"}

    # --- private ---------------------------------------------------------------------------------

    def private(self, news: PrivateNews) -> None:
        """Push private news."""
        if isinstance(news, OrderNews):
            self._pushes.order(news)
        elif isinstance(news, MoneyNews):
            self._pushes.money(news)
        elif isinstance(news, FundingNews):
            return  # the MoneyNews that follows has its effect; the bill tells the rest

    def _trade(self, arg: dict[str, Any]) -> None:
        """Place or cancel an order."""
        params = arg.get("params")
        told = {name: arg.get(name) for name in ("id", "instType", "channel", "instId")}
        try:
            done = self._traded(arg, params)
        except Fault as fault:
            word = {"event": "error", "arg": [{**told, "params": params or {}}]}
            self._say({**word, "code": int(fault.code), "msg": fault.text})
            return
        self._say({
            "event": "trade", "arg": [{**told, "params": done}], "code": 0, "msg": "Success",
        })  # fmt: skip

    def _traded(self, arg: dict[str, Any], params: Any) -> Any:
        if self._member is None:
            raise Fault("30004", "User needs to log in")
        product = _PRODUCTS.get(str(arg.get("instType", "")))
        if product is None or not isinstance(params, dict) or arg.get("channel") not in _ORDERS:
            raise Fault("40017", "Parameter verification failed")
        values = {**params, "symbol": arg.get("instId"), "productType": PRODUCT_TYPE}
        return self._do(str(arg["channel"]), product)(Asked(self._hall, values), self._member)

    def _do(self, channel: str, product: Product) -> Callable[[Asked, Member], Any]:
        if product == Product.SPOT:
            places = self._trading.place_spot, self._trading.cancel_spot
        else:
            places = self._trading.place_mix, self._trading.cancel_mix
        return places[channel == "cancel-order"]

    # --- saying ----------------------------------------------------------------------------------

    def _say(self, word: Any) -> None:
        self._send(_ENCODE.encode(word))

    def _push(self, action: str, arg: Arg, data: list[Any]) -> None:
        self._send(self._written(action, arg, data))

    def _written(self, action: str, arg: Arg, data: list[Any]) -> bytes:
        ts = self._hall.now_ns() // _MS_NS
        return _ENCODE.encode({"action": action, "arg": arg, "data": data, "ts": ts})


def _missing(arg: Arg) -> Fault:
    parts = ",".join(f"{name}:{arg.get(name, '')}" for name in ("instType", "channel", "instId"))
    return Fault("30001", f"{parts} doesn't exist")
