"""One socket: its log-in, what it subscribed, and the orders it gives.

Rule 1: `ping` is answered with `pong`; a socket on which nothing is said or heard for 30 seconds is
closed.
Rule 2: a subscription is confirmed before anything of it is pushed.
Rule 3: the private and the business endpoint take a log-in, and only one of it; what belongs to an
account is told to nobody before that.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.news import FundingNews, MoneyNews, OrderNews, PrivateNews
from steelyard.exchange.hall.port import Wire
from steelyard.exchange.hall.prices import MarketNews, Topic
from steelyard.exchange.hall.words import Permission, Product
from steelyard.exchange.okx import personal, trade
from steelyard.exchange.okx.books import Books
from steelyard.exchange.okx.channels import (
    BUSINESS,
    PERSONAL,
    PRIVATE,
    PUBLIC,
    QUIET,
    Feed,
    feed_of,
    first_of,
    listed,
    said_of,
)
from steelyard.exchange.okx.errors import Fault
from steelyard.exchange.okx.listing import symbol_of
from steelyard.exchange.okx.reading import PRODUCTS, text
from steelyard.exchange.okx.signing import login

ENDPOINTS: Final = (PUBLIC, PRIVATE, BUSINESS)
_SILENCE_NS: Final = 30_000_000_000
_SHOWN: Final = 200
_ENCODE: Final = msgspec.json.Encoder()


class OkxSession:
    """A socket on one endpoint."""

    def __init__(self, books: Books, endpoint: str, name: str, send: Wire) -> None:
        """Begin without a member and without a subscription."""
        self._books, hall = books, books.hall
        self._hall, self._endpoint, self._name, self._send = hall, endpoint, name, send
        self._member: Member | None = None
        self._public: dict[tuple[Topic, int, int], dict[str, tuple[Feed, dict[str, str]]]] = {}
        self._personal: dict[str, list[dict[str, str]]] = {}
        self._heard_ns = hall.now_ns()

    # --- hearing the client ----------------------------------------------------------------------

    def said(self, text: bytes) -> None:
        """Hear a frame."""
        self._heard_ns = self._hall.now_ns()
        if text == b"ping":
            self._send(b"pong")
            return
        try:
            row = msgspec.json.decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            row = None
        if not isinstance(row, dict) or not isinstance(row.get("args", []), list):
            self._refuse("60012", f"Invalid request: {text[:_SHOWN].decode(errors='replace')}", "")
            return
        self._obey(row, row.get("args", []))

    def _obey(self, row: Mapping[str, Any], args: list[Any]) -> None:
        op, number = text(row, "op"), text(row, "id")
        if op in trade.OPS or op == "mass-cancel":
            self._order(op, number, row, args)
            return
        if not all(isinstance(arg, dict) for arg in args) or not args:
            self._refuse("60012", f"Invalid request: {op}", number)
            return
        match op:
            case "login":
                self._login(args[0], number)
            case "subscribe":
                for arg in args:
                    self._subscribe({key: text(arg, key) for key in arg}, number)
            case "unsubscribe":
                for arg in args:
                    self._unsubscribe({key: text(arg, key) for key in arg}, number)
            case _:
                self._refuse("60019", f"Invalid op: {op}", number)

    def _login(self, arg: Mapping[str, Any], number: str) -> None:
        if self._endpoint == PUBLIC:
            self._refuse("60028", "The current operation is not supported by this URL.", number)
            return
        if self._member is not None:
            self._refuse("60031", "The WebSocket endpoint does not allow repeated logins.", number)
            return
        try:
            self._member = login(self._hall, arg)
        except Fault as fault:
            self._refuse(fault.code, fault.text, number)
            return
        self._tell({"event": "login", "msg": "", "code": "0", "connId": self._name})

    def _subscribe(self, arg: dict[str, str], number: str) -> None:
        channel = arg.get("channel", "")
        if channel in PERSONAL:
            self._subscribe_own(channel, arg, number)
            return
        feed = feed_of(channel)
        if channel in QUIET and self._endpoint == PUBLIC:
            self._confirm("subscribe", arg, number)
            return
        if feed is None or feed.endpoint != self._endpoint:
            text_ = f"Wrong URL or channel:{channel},instId:{arg.get('instId', '')} doesn't exist."
            self._refuse("60018", text_ + " Please use the correct URL.", number)
            return
        places = self._places(channel, arg)
        if not places:
            text_ = f"Wrong URL or channel:{channel},instId:{arg.get('instId', '')} doesn't exist."
            self._refuse("60018", text_, number)
            return
        self._confirm("subscribe", arg, number)
        if channel == "instruments":
            self._push(listed(self._hall, places, arg))
        for place in places:
            key = (feed.topic, place, feed.span_ns)
            self._hall.follow(self, feed.topic, place, feed.span_ns)
            self._public.setdefault(key, {})[channel] = (feed, arg)
            first = first_of(self._books, channel, place, arg)
            if first:
                self._push(first)

    def _subscribe_own(self, channel: str, arg: dict[str, str], number: str) -> None:
        if self._endpoint not in PERSONAL[channel]:
            self._refuse("60018", f"Wrong URL or channel:{channel} doesn't exist.", number)
            return
        if self._member is None:
            self._refuse("60011", "Please log in", number)
            return
        self._confirm("subscribe", arg, number)
        if not self._personal:
            self._hall.enter(self, self._member.number)
        args = self._personal.setdefault(channel, [])
        if arg not in args:
            args.append(arg)
        first = personal.first_of(self._hall, self._member, channel, arg)
        if first:
            self._push(first)

    def _unsubscribe(self, arg: dict[str, str], number: str) -> None:
        channel = arg.get("channel", "")
        if channel in PERSONAL:
            args = self._personal.get(channel, [])
            if arg in args:
                args.remove(arg)
        feed = feed_of(channel)
        if feed is not None:
            for place in self._places(channel, arg):
                key = (feed.topic, place, feed.span_ns)
                heard = self._public.get(key, {})
                heard.pop(channel, None)
                if not heard and self._public.pop(key, None) is not None:
                    self._hall.unfollow(self, feed.topic, place, feed.span_ns)
        self._confirm("unsubscribe", arg, number)

    def _order(self, op: str, number: str, row: Mapping[str, Any], args: list[Any]) -> None:
        in_us = self._hall.now_ns() // 1_000
        code, said, rows = self._ordered(op, number, row, args)
        answer = {
            "id": number, "op": op, "data": rows, "code": code, "msg": said,
            "inTime": str(in_us), "outTime": str(self._hall.now_ns() // 1_000),
        }  # fmt: skip
        self._tell(answer)

    def _ordered(  # noqa: PLR0911 - one for each reason to refuse
        self, op: str, number: str, row: Mapping[str, Any], args: list[Any]
    ) -> tuple[str, str, list[dict[str, str]]]:
        member = self._member
        if self._endpoint != PRIVATE:
            return "60028", "The current operation is not supported by this URL.", []
        if member is None:
            return "60011", "Please log in", []
        if not number or not args or not all(isinstance(arg, dict) for arg in args):
            return "60013", "Invalid args", []
        if op == "mass-cancel":
            return "60013", "Invalid args", []
        if Permission.TRADE not in member.permissions:
            return "50120", "This API key doesn't have permission to use this function", []
        do, is_batch, expires = trade.ORDERS[trade.OPS[op]]
        if len(args) > (trade.BATCH_MAX if is_batch else 1):
            return "60013", "Invalid args", []
        try:
            if expires:
                trade.in_time(self._hall, text(row, "expTime"))
        except Fault as fault:
            return fault.code, fault.text, []
        done = trade.judged(self._hall, member.number, args, do)
        return done.code, done.text, done.rows

    # --- hearing the hall ------------------------------------------------------------------------

    def market(self, news: MarketNews) -> None:
        """Push market news."""
        topic = personal.TOPICS[type(news)]
        span_ns = news.candle.span_ns if topic is Topic.CANDLE else 0  # type: ignore[union-attr]
        heard = self._public.get((topic, news.instrument, span_ns))
        for channel, (feed, arg) in list((heard or {}).items()):
            body = said_of(self._books, channel, feed, news, arg)
            if body:
                self._push(body)

    def private(self, news: PrivateNews) -> None:
        """Push news of the account."""
        if self._member is None or not isinstance(news, OrderNews | MoneyNews | FundingNews):
            return
        for channel, args in self._personal.items():
            for arg in args:
                body = personal.said_of(self._hall, self._member, channel, arg, news)
                if body:
                    self._push(body)

    def tick(self, now_ns: int) -> None:
        """Close a socket that fell silent."""
        if now_ns - self._heard_ns > _SILENCE_NS:
            self._send.close(4004, "No data received in 30s.")

    def ponged(self) -> None:
        """A protocol pong is no sign of life to OKX."""

    def closed(self) -> None:
        """Let go of everything."""
        self._public.clear()
        self._personal.clear()
        self._member = None

    # --- inside ----------------------------------------------------------------------------------

    def _places(self, channel: str, arg: Mapping[str, str]) -> list[int]:
        hall = self._hall
        if channel == "instruments":
            product = PRODUCTS.get(arg.get("instType", ""))
            return [k for k in range(len(hall.instruments)) if hall.product(k) is product]
        symbol = arg.get("instId", "")
        if channel.startswith("index-"):
            symbol += "-SWAP"
        found = [k for k, one in enumerate(hall.instruments) if symbol_of(one) == symbol]
        if channel in {"mark-price", "funding-rate", "open-interest"}:
            return [k for k in found if channel == "mark-price" or hall.product(k) is Product.PERP]
        return found

    def _confirm(self, event: str, arg: Mapping[str, str], number: str) -> None:
        told: dict[str, Any] = {"event": event, "arg": arg, "connId": self._name}
        self._tell({"id": number, **told} if number else told)

    def _refuse(self, code: str, said: str, number: str) -> None:
        told = {"event": "error", "msg": said, "code": code, "connId": self._name}
        self._tell({"id": number, **told} if number else told)

    def _tell(self, said: Mapping[str, Any]) -> None:
        self._push(_ENCODE.encode(said))

    def _push(self, body: bytes) -> None:
        self._heard_ns = self._hall.now_ns()
        self._send(body)
