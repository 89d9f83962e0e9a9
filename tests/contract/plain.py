"""A dialect without a venue: the paper process's own messages over HTTP and WebSockets, in hex.

It has nothing of any venue, so what fails with it is the driver's.
"""

from collections.abc import Callable, Generator, Sequence
from typing import Any

from msgspec.structs import replace

from steelyard.kernel.ports import Placing
from steelyard.model.events import Quote, Trade
from steelyard.model.reports import News, Refusal, Reply, Success, Trades
from steelyard.venues.native.batches import Outcome
from steelyard.venues.native.dialect import (
    Aside,
    BookRule,
    Call,
    Channel,
    Entry,
    Listed,
    Steps,
    Stream,
    Welcome,
)
from steelyard.venues.paper import frames
from steelyard.venues.paper.client import event_of
from steelyard.venues.paper.frames import Named, Order, What
from steelyard.venues.paper.rules import PAPER_TERMS
from steelyard.wire.http import Answer

LOGIN, WELCOME = "login", "welcome"
_CHANGES = frozenset({What.PLACE, What.CANCEL, What.CANCEL_ALL})


def ask(address: str, account: int, what: What, body: object = None) -> Steps:
    """Hold a conversation of one call."""
    answer = yield Call(
        method="POST", url=f"http://{address}/ask?account={account}", headers={},
        body=frames.write(what, 0, body), changes=what in _CHANGES,
    )  # fmt: skip
    return frames.reply_of(frames.read(answer.body))


class PlainAccount:
    """The private half."""

    terms = replace(PAPER_TERMS, name="plain", skew_ns=1_000_000_000)
    renew_ns = 0

    def __init__(self, address: str, account: int, now_ns: Callable[[], int]) -> None:
        self._address, self._account, self._now_ns = address, account, now_ns

    def place(self, order: Placing) -> Steps:
        return self._ask(What.PLACE, self._order(order))

    def cancel(self, client_id: str, instrument: int) -> Steps:
        return self._ask(What.CANCEL, self._named(client_id, instrument))

    def batch_max(self, order: Placing, *, over_socket: bool) -> int:
        return 0

    def batch_cancel_max(self, client_id: str, instrument: int, *, over_socket: bool) -> int:
        return 0

    def place_batch(self, orders: Sequence[Placing]) -> Generator[Call, Answer, Outcome]:
        raise NotImplementedError

    def cancel_batch(
        self, client_ids: Sequence[str], instrument: int
    ) -> Generator[Call, Answer, Outcome]:
        raise NotImplementedError

    def cancel_all(self, instrument: int) -> Steps:
        return self._ask(What.CANCEL_ALL, self._named("", instrument))

    def amend(self, client_id: str, instrument: int, price: int, quantity: int) -> Steps | None:
        return None

    def order(self, client_id: str, instrument: int) -> Steps:
        return self._ask(What.ORDER, self._named(client_id, instrument))

    def open_orders(self) -> Steps:
        return self._ask(What.OPEN_ORDERS)

    def trades(self, cursor: str) -> Steps:
        """Ask for all pages: a conversation of many calls."""
        found: list[Any] = []
        more = True
        while more:
            reply = yield from self._ask(What.TRADES, cursor)
            if not (isinstance(reply, Success) and isinstance(reply.value, Trades)):
                return reply
            found += reply.value.trades
            cursor, more = reply.value.cursor, reply.value.more
        return Success(value=Trades(complete=True, trades=tuple(found), cursor=cursor))

    def holdings(self) -> Steps:
        return self._ask(What.HOLDINGS)

    def profile(self) -> Steps:
        return self._ask(What.HOLDINGS)

    def set_hedged(self, hedged: bool) -> Steps:
        return self._ask(What.HOLDINGS)

    def set_leverage(self, instrument: int, leverage: int) -> Steps:
        return self._ask(What.HOLDINGS)

    def guard(self, span_ns: int) -> Steps | None:
        return None

    def used(self, answer: Answer) -> int | None:
        return None

    def private(self) -> Generator[Call, Answer, tuple[Stream, ...] | Reply]:
        reply = yield from self._ask(What.HOLDINGS)
        if isinstance(reply, Refusal):
            return reply
        url = f"ws://{self._address}/private?account={self._account}"
        return (Stream(url=url, hello=(LOGIN.encode(),), confirms=1),)

    def renew(self) -> Steps | None:
        return None

    def read(self, frame: bytes) -> Sequence[News | Aside]:
        if frame == WELCOME.encode():
            return [Welcome()]
        return [frames.body_of(frames.read(bytes.fromhex(frame.decode())))]

    def entry(self) -> Stream | None:
        url = f"ws://{self._address}/orders?account={self._account}"
        return Stream(url=url, hello=(LOGIN.encode(),))

    def entry_place(self, number: str, order: Placing) -> bytes | None:
        return frames.write(What.PLACE, int(number), self._order(order)).hex().encode()

    def entry_cancel(self, number: str, client_id: str, instrument: int) -> bytes | None:
        named = self._named(client_id, instrument)
        return frames.write(What.CANCEL, int(number), named).hex().encode()

    def entry_place_batch(self, number: str, orders: Sequence[Placing]) -> bytes | None:
        return None

    def entry_cancel_batch(
        self, number: str, client_ids: Sequence[str], instrument: int
    ) -> bytes | None:
        return None

    def read_entry(self, frame: bytes) -> Sequence[Entry | Aside]:
        if frame == WELCOME.encode():
            return [Welcome()]
        message = frames.read(bytes.fromhex(frame.decode()))
        return [Entry(number=str(message.number), reply=frames.reply_of(message))]

    def _ask(self, what: What, body: object = None) -> Steps:
        return ask(self._address, self._account, what, body)

    def _order(self, order: Placing) -> Order:
        return Order(self._now_ns(), None, order)

    def _named(self, client_id: str, instrument: int) -> Named:
        return Named(self._now_ns(), client_id, instrument)


class PlainMarket:
    """The public half; it has no books."""

    name = "plain"

    def __init__(self, address: str) -> None:
        self._address = address

    def time(self) -> Steps:
        answer = yield Call(method="GET", url=f"http://{self._address}/time", headers={})
        return Success(value=int(answer.body))

    def listing(self) -> Steps:
        reply = yield from ask(self._address, 0, What.LISTING)
        assert isinstance(reply, Success)
        return Success(
            value=tuple(
                Listed(instrument=one, symbol=one.name, status="trading")
                for one in reply.value.instruments
            )
        )

    def streams(self, channels: frozenset[Channel], bar_ns: int) -> tuple[Stream, ...]:
        return (Stream(url=f"ws://{self._address}/market"),)

    def read(self, frame: bytes) -> Sequence[Trade | Quote]:
        return [event_of(row) for row in frames.body_of(frames.read(bytes.fromhex(frame.decode())))]

    def book(self, instrument: int) -> BookRule:
        raise NotImplementedError

    def depth_snapshot(self, instrument: int) -> Steps:
        raise NotImplementedError

    def bars(self, instrument: int, bar_ns: int, start_ns: int, end_ns: int) -> Steps:
        raise NotImplementedError

    def quote(self, instrument: int) -> Steps:
        raise NotImplementedError
