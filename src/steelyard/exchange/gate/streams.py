"""One socket: subscriptions of the market and of an account, and what comes of them.

Rule 1: a socket serves coins or contracts. Private channels are signed one by one; they are all of
one account, the first that was proven.
Rule 2: a subscription is answered before anything of it is said.
Rule 3: `api` requests go to the order desk of the socket (`requests`).
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from steelyard.exchange.gate import frames, market, parameters, signing, words
from steelyard.exchange.gate.account import Desks
from steelyard.exchange.gate.errors import GateError
from steelyard.exchange.gate.listing import symbol_of
from steelyard.exchange.gate.requests import OrderRequests
from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.news import MoneyNews, OrderNews, PrivateNews
from steelyard.exchange.hall.port import Wire
from steelyard.exchange.hall.prices import (
    CandleNews,
    DepthNews,
    MarketNews,
    MarkNews,
    QuoteNews,
    TickerNews,
    Topic,
    TradeNews,
)
from steelyard.exchange.hall.words import HallOrder, Product

_ALL: Final = "!all"
_PRIVATE: Final = frozenset(
    {
        "orders", "usertrades", "balances", "priceorders", "autoorders", "positions",
        "liquidates", "auto_deleverages", "position_closes", "orders_v2", "usertrades_v2",
    }
)  # fmt: skip
_BOOK_MAX: Final = 100
_INVALID: Final = 2
_AUTH: Final = 4

Writer = Callable[[Any], bytes]
Want = tuple[Topic, int, int]
"""Topic, instrument and (of candles) length in ns."""


class GateSession:
    """What is said and heard on one socket."""

    def __init__(self, desks: Desks, send: Wire, product: Product, *, decimal: bool) -> None:
        """Serve one product; `decimal`: sizes of contracts as text."""
        self._desks, self._hall, self._send = desks, desks.hall, send
        self._product, self._decimal = product, decimal
        self._name = "spot" if product == Product.SPOT else "futures"
        self._frames = frames.MarketFrames(desks.hall, product, decimal=decimal)
        self._wants: dict[Want, dict[str, Writer]] = {}
        self._member: Member | None = None
        self._private: dict[str, frozenset[str]] = {}
        self._requests = OrderRequests(desks, send, product, decimal=decimal)

    def said(self, text: bytes) -> None:
        """Hear a frame of the client."""
        try:
            frame = parameters.fields_of(text)
        except GateError:
            self._refuse({}, _INVALID, "invalid argument struct")
            return
        channel, event = str(frame.get("channel", "")), frame.get("event")
        if channel == f"{self._name}.ping":
            self._tell({"channel": f"{self._name}.pong", "event": "", "error": None})
        elif event == "api":
            self._requests.said(channel, text)
        elif event == "subscribe":
            self._subscribe(channel, frame)
        elif event == "unsubscribe":
            self._unsubscribe(channel, frame)
        else:
            self._refuse(frame, _INVALID, "invalid argument")

    def market(self, news: MarketNews) -> None:
        """Hear market news that were followed."""
        topic = _TOPICS.get(type(news))
        if topic is None:
            return
        span_ns = news.candle.span_ns if isinstance(news, CandleNews) else 0
        for key, write in self._wants.get((topic, news.instrument, span_ns), {}).items():
            self._send(self._frames.said(news, key, lambda w=write: w(news)))  # type: ignore[misc]

    def private(self, news: PrivateNews) -> None:
        """Hear news of the account that was entered."""
        member = self._member
        if member is None:
            return
        if isinstance(news, OrderNews):
            self._order(member, news)
        elif isinstance(news, MoneyNews):
            self._money(member, news)

    def tick(self, now_ns: int) -> None:
        """Nothing has to be said by itself."""

    def ponged(self) -> None:
        """A client is alive."""

    def closed(self) -> None:
        """The socket is gone."""

    # --- subscriptions ---------------------------------------------------------------------------

    def _subscribe(self, channel: str, frame: Mapping[str, Any]) -> None:
        kind = channel.partition(".")[2]
        payload = frame.get("payload") or []
        try:
            after: list[bytes] = []
            if kind in _PRIVATE and channel.startswith(f"{self._name}."):
                self._prove(channel, frame)
                self._private[kind] = frozenset(map(str, payload or [_ALL]))
            elif channel.startswith(f"{self._name}."):
                after = self._follow(kind, [str(one) for one in payload])
            else:
                self._refuse(frame, _INVALID, f"unknown channel {channel}")
                return
        except GateError as error:
            code = _AUTH if error.status in {401, 403} else _INVALID
            self._refuse(frame, code, error.message)
            return
        self._tell({**_echo(frame), "result": {"status": "success"}})
        for body in after:
            self._send(body)

    def _follow(self, kind: str, payload: list[str]) -> list[bytes]:
        """Follow what a channel needs; return what is said first."""
        after: list[bytes] = []
        made = self._frames
        if kind == "candlesticks":
            interval, symbol = (*payload, "", "")[:2]
            span_ns = market.span_ns_of(interval)
            self._want(Topic.CANDLE, self._place(symbol), span_ns, f"candle {interval}",
                       lambda news: made.candle(news, interval))  # fmt: skip
            return after
        if kind in {"order_book_update", "order_book"}:
            place = self._place(payload[0] if payload else "")
            levels = min(int(payload[1]), _BOOK_MAX) if kind == "order_book" else 0
            if kind == "order_book":
                self._want(Topic.DEPTH, place, 0, f"book {levels}",
                           lambda news: made.book(news.instrument, levels))  # fmt: skip
                after.append(made.book(place, levels))
            else:
                self._want(Topic.DEPTH, place, 0, "change", made.change)
            return after
        if kind == "obu":
            for stream in payload:
                symbol, _, level = stream.removeprefix("ob.").rpartition(".")
                place = self._place(symbol)
                self._want(Topic.DEPTH, place, 0, stream,
                           lambda news, name=stream: made.change_of_stream(news, name))  # type: ignore[misc]  # fmt: skip
                after.append(made.whole_of_stream(place, min(int(level), _BOOK_MAX), stream))
            return after
        topics: dict[str, tuple[Topic, Writer]] = {
            "book_ticker": (Topic.QUOTE, made.quote),
            "trades": (Topic.TRADE, made.trade),
            "tickers": (
                Topic.TICKER if self._product == Product.SPOT else Topic.MARK, made.ticker
            ),
        }  # fmt: skip
        if kind not in topics:
            raise GateError("INVALID_PARAM_VALUE", f"unknown channel {self._name}.{kind}")
        topic, write = topics[kind]
        for symbol in self._symbols(payload):
            self._want(topic, self._place(symbol), 0, kind, write)
        return after

    def _unsubscribe(self, channel: str, frame: Mapping[str, Any]) -> None:
        kind = channel.partition(".")[2]
        payload = [str(one) for one in frame.get("payload") or []]
        if kind in _PRIVATE:
            self._private.pop(kind, None)
        keys = {
            "candlesticks": {f"candle {payload[0]}"} if payload else set(),
            "order_book_update": {"change"},
            "order_book": {f"book {payload[1]}"} if len(payload) > 1 else set(),
            "obu": set(payload),
        }.get(kind, {kind})
        symbols = {name.removeprefix("ob.").rpartition(".")[0] or name for name in payload}
        for want, writers in list(self._wants.items()):
            instrument = self._hall.instruments[want[1]]
            if payload and _ALL not in payload and symbol_of(instrument) not in symbols:
                continue
            for key in keys & set(writers):
                del writers[key]
            if not writers:
                del self._wants[want]
                self._hall.unfollow(self, *want)
        self._tell({**_echo(frame), "result": {"status": "success"}})

    def _want(self, topic: Topic, place: int, span_ns: int, key: str, write: Writer) -> None:
        want = (topic, place, span_ns)
        if want not in self._wants:
            self._hall.follow(self, *want)
        self._wants.setdefault(want, {})[key] = write

    def _symbols(self, payload: list[str]) -> list[str]:
        if _ALL in payload:
            places = parameters.places_of(self._hall, self._product)
            return [symbol_of(instrument) for _, instrument in places]
        if not payload:
            raise GateError("INVALID_PARAM_VALUE", "the payload is empty")
        return payload

    def _place(self, symbol: str) -> int:
        return parameters.place_of(self._hall, symbol, self._product)

    def _prove(self, channel: str, frame: Mapping[str, Any]) -> None:
        auth = frame.get("auth")
        if not isinstance(auth, dict):
            raise GateError("INVALID_KEY", "authentication fail")
        member = signing.check_subscription(
            self._hall, str(auth.get("KEY", "")), str(auth.get("SIGN", "")), channel,
            "subscribe", frame.get("time", ""),
        )  # fmt: skip
        if self._name == "futures" and str((frame.get("payload") or [""])[0]) != member.user:
            raise GateError("INVALID_PARAM_VALUE", "the payload must begin with the user id")
        if self._member is None:
            self._member = member
            self._hall.enter(self, member.number, product=self._product)

    # --- news of the account ---------------------------------------------------------------------

    def _order(self, member: Member, news: OrderNews) -> None:
        order = news.order
        if order.algo:
            self._price_order(member, order)
            return
        if self._product == Product.SPOT:
            self._push("orders", order, [frames.spot_order(self._hall, member, order)])
            if news.fill is not None:
                told = words.spot_trade(self._hall, news.fill, words.text_word(order, "apiv4"))
                told |= {
                    "id": news.fill.number, "user_id": int(member.user),
                    "create_time": news.fill.ts_ns // 10**9,
                }  # fmt: skip
                self._push("usertrades", order, [told])
            return
        told = frames.perp_order(self._hall, member, order, decimal=self._decimal)
        self._push("orders", order, [told])
        if news.fill is not None:
            text = words.text_word(order, "api")
            row = words.perp_trade(self._hall, news.fill, text, decimal=self._decimal)
            self._push("usertrades", order, [frames.perp_trade(row, news.fill.ts_ns)])

    def _price_order(self, member: Member, order: HallOrder) -> None:
        if self._product == Product.SPOT:
            told = self._desks.spot.waiting_word(member, order)
            self._push("priceorders", order, frames.spot_price_order(told))
        else:
            told = self._desks.perp.waiting_word(member, order)
            told |= {"name": "price_autoorders", "me_order_id": str(told["me_order_id"])}
            self._push("autoorders", order, [told])

    def _money(self, member: Member, news: MoneyNews) -> None:
        now_ns = self._hall.now_ns()
        spot = self._product == Product.SPOT
        if "balances" in self._private:
            rows = (frames.spot_balances if spot else frames.perp_balances)(member, news)
            if rows:
                self._send(frames.update(f"{self._name}.balances", rows, now_ns))
        if not spot and "positions" in self._private and news.positions:
            rows = [
                frames.perp_position(self._hall, member, held, news.ts_ns, decimal=self._decimal)
                for held in news.positions
            ]
            self._send(frames.update("futures.positions", rows, now_ns))

    def _push(self, kind: str, order: HallOrder, result: object) -> None:
        wanted = self._private.get(kind)
        symbol = symbol_of(self._hall.instruments[order.instrument])
        if wanted is not None and (_ALL in wanted or symbol in wanted):
            self._send(frames.update(f"{self._name}.{kind}", result, self._hall.now_ns()))

    # --- answers ---------------------------------------------------------------------------------

    def _tell(self, told: Mapping[str, Any]) -> None:
        now_ns = self._hall.now_ns()
        head = {"time": now_ns // 10**9, "time_ms": now_ns // 10**6}
        self._send(frames.encode({**head, "result": None, **told}))

    def _refuse(self, frame: Mapping[str, Any], code: int, message: str) -> None:
        error = {"code": code, "message": message}
        self._tell({**_echo(frame), "error": error, "result": {"status": "fail"}})


_TOPICS: Final[Mapping[type, Topic]] = {
    QuoteNews: Topic.QUOTE,
    DepthNews: Topic.DEPTH,
    TradeNews: Topic.TRADE,
    CandleNews: Topic.CANDLE,
    MarkNews: Topic.MARK,
    TickerNews: Topic.TICKER,
}


def _echo(frame: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an answer repeats of its request."""
    names = ("id", "channel", "event", "payload")
    return {name: frame[name] for name in names if name in frame}
