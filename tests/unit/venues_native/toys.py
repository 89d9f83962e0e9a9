"""A venue of few words."""

from collections.abc import Generator, Sequence
from typing import Any

from steelyard.kernel.ports import Placing, Request, VenueTerms, Window
from steelyard.model.events import Quote, Trade
from steelyard.model.instruments import Fees, Instrument, Kind
from steelyard.model.kinds import BUY, LIMIT
from steelyard.model.market import Depth
from steelyard.model.reports import (
    Fault,
    OpenOrders,
    OrderReport,
    OrderState,
    Refusal,
    Reply,
    Success,
)
from steelyard.model.units import Money, Nanos, Price, Quantity, Rate
from steelyard.venues.native.batches import Outcome, Told
from steelyard.venues.native.dialect import (
    Answering,
    BookChange,
    Call,
    Channel,
    Confirmed,
    Denied,
    Entry,
    Leaving,
    Listed,
    Pong,
    Steps,
    Stream,
    Welcome,
)
from steelyard.venues.native.offset import Offset
from steelyard.venues.native.venue import NativeVenue
from steelyard.wire.http import Answer
from tests.unit.venues_native.network import SECOND, World

DEADLINE_NS = 5 * SECOND
TERMS = VenueTerms(
    name="toy", validity_ns=SECOND, skew_ns=SECOND, lag_ns=SECOND, deadline_ns=DEADLINE_NS,
    windows=(Window(weight=1_000, span_ns=SECOND),), costs=dict.fromkeys(Request, 1),
)  # fmt: skip


def call(path: str, *, changes: bool = False) -> Call:
    return Call(
        method="POST" if changes else "GET", url=f"http://toy{path}", headers={}, changes=changes
    )


def order(client_id: str = "a", instrument: int = 0) -> Placing:
    return Placing(
        client_id=client_id,
        instrument=instrument,
        side=BUY,
        type=LIMIT,
        flags=0,
        price=100,
        quantity=1,
    )


def report(client_id: str, state: OrderState = OrderState.OPEN) -> OrderReport:
    return OrderReport(
        client_id=client_id, venue_id="1", instrument=0, state=state, side=BUY, price=100,
        quantity=1, filled=0, ts_ns=0,
    )  # fmt: skip


def verdict(word: str) -> Reply:
    """Read the venue's only answers."""
    match word:
        case "ok":
            return Success()
        case "no":
            return Refusal(fault=Fault.OTHER, text="no")
        case "clock":
            return Refusal(fault=Fault.CLOCK, text="late")
    raise ValueError(f"nobody understands {word!r}")


def verdicts(text: str) -> Outcome:
    """Read the answer to a batch, `a:ok,:no`, or to anything else."""
    if ":" not in text:
        return verdict(text)
    rows = (one.split(":") for one in text.split(","))
    return tuple(Told(name, verdict(word)) for name, word in rows)


def asides(words: list[str]) -> list[Any]:
    match words:
        case ["welcome"]:
            return [Welcome()]
        case ["confirmed", what]:
            return [Confirmed(what)]
        case ["denied", text]:
            return [Denied(text)]
        case ["pong"]:
            return [Pong()]
        case ["ping"]:
            return [Answering(b"pong!")]
        case ["leaving"]:
            return [Leaving("going")]
    raise ValueError(f"nobody understands {words}")


class ToyAccount:
    """An account dialect; `private` first asks for a key, then opens two sockets."""

    terms = TERMS
    renew_ns = 60 * SECOND

    def __init__(self) -> None:
        self.keys = 0
        self.has_entry = True
        self.entry_confirms = 1
        self.guards = True
        self.batch = 0
        self.batches_over_socket = True

    def place(self, order: Placing) -> Steps:
        if order.client_id == "unspeakable":
            raise ValueError("it has no words for this")
        if order.client_id.startswith("mode"):  # it must know something first
            yield call("/mode")
        answer = yield call(f"/place/{order.client_id}", changes=True)
        if order.client_id.startswith("mode"):
            yield call("/after")
        return verdict(answer.body.decode())

    def cancel(self, client_id: str, instrument: int) -> Steps:
        answer = yield call(f"/cancel/{client_id}", changes=True)
        return verdict(answer.body.decode())

    def batch_max(self, order: Placing, *, over_socket: bool) -> int:
        return 0 if order.client_id.startswith("alone") else self.batch

    def batch_cancel_max(self, client_id: str, instrument: int, *, over_socket: bool) -> int:
        return self.batch

    def place_batch(self, orders: Sequence[Placing]) -> Generator[Call, Answer, Outcome]:
        return self._batch("place", [order.client_id for order in orders])

    def cancel_batch(
        self, client_ids: Sequence[str], instrument: int
    ) -> Generator[Call, Answer, Outcome]:
        return self._batch("cancel", client_ids)

    def _batch(self, what: str, names: Sequence[str]) -> Generator[Call, Answer, Outcome]:
        answer = yield call(f"/{what}s/{','.join(names)}", changes=True)
        return verdicts(answer.body.decode())

    def cancel_all(self, instrument: int) -> Steps:
        answer = yield call("/cancel_all", changes=True)
        return verdict(answer.body.decode())

    def amend(self, client_id: str, instrument: int, price: int, quantity: int) -> Steps | None:
        return None

    def order(self, client_id: str, instrument: int) -> Steps:
        yield call(f"/order/{client_id}")
        answer = yield call(f"/stop/{client_id}")
        return verdict(answer.body.decode())

    def open_orders(self) -> Steps:
        answer = yield call("/open")
        verdict(answer.body.decode())
        return Success(value=OpenOrders(as_of_ns=0, complete=True, orders=()))

    def trades(self, cursor: str) -> Steps:
        return self.open_orders()

    def holdings(self) -> Steps:
        return self.open_orders()

    def profile(self) -> Steps:
        return self.open_orders()

    def set_hedged(self, hedged: bool) -> Steps:
        return self.cancel_all(0)

    def set_leverage(self, instrument: int, leverage: int) -> Steps:
        return self.cancel_all(0)

    def guard(self, span_ns: int) -> Steps | None:
        def steps() -> Steps:
            answer = yield call(f"/guard/{span_ns}", changes=True)
            return verdict(answer.body.decode())

        return steps() if self.guards else None

    def used(self, answer: Answer) -> int | None:
        return int(answer.headers["used"]) if "used" in answer.headers else None

    def private(self) -> Generator[Call, Answer, tuple[Stream, ...] | Reply]:
        answer = yield call("/key")
        reply = verdict(answer.body.decode())
        if not isinstance(reply, Success):
            return reply
        self.keys += 1
        return (
            Stream(url="ws://one", hello=(f"login {self.keys}".encode(),), subscribe=(b"sub",),
                   confirms=2, ping=b"ping?"),
            Stream(url="ws://two"),
        )  # fmt: skip

    def renew(self) -> Steps | None:
        def steps() -> Steps:
            answer = yield call("/renew")
            return verdict(answer.body.decode())

        return steps()

    def read(self, frame: bytes) -> Sequence[Any]:
        words = frame.decode().split()
        return [report(words[1])] if words[0] == "order" else asides(words)

    def entry(self) -> Stream | None:
        stream = Stream(url="ws://entry", hello=(b"login",), confirms=self.entry_confirms)
        return stream if self.has_entry else None

    def entry_place(self, number: str, order: Placing) -> bytes | None:
        return None if order.client_id.startswith("rest") else f"{number} place".encode()

    def entry_cancel(self, number: str, client_id: str, instrument: int) -> bytes | None:
        return f"{number} cancel".encode()

    def entry_place_batch(self, number: str, orders: Sequence[Placing]) -> bytes | None:
        names = ",".join(order.client_id for order in orders)
        return f"{number} places {names}".encode() if self.batches_over_socket else None

    def entry_cancel_batch(
        self, number: str, client_ids: Sequence[str], instrument: int
    ) -> bytes | None:
        names = ",".join(client_ids)
        return f"{number} cancels {names}".encode() if self.batches_over_socket else None

    def read_entry(self, frame: bytes) -> Sequence[Any]:
        words = frame.decode().split()
        if words[0].isdecimal():
            return [Entry(number=words[0], reply=verdicts(words[1]))]
        return asides(words)


class ToyRule:
    """Changes number on; `lagging` states are those older than what is asked for."""

    def __init__(self, *, fetches: bool) -> None:
        self.fetches = fetches
        self.last = -1

    def reset(self) -> None:
        self.last = -1

    def take(self, change: BookChange) -> Sequence[Depth] | str:
        if change.snapshot:
            self.last = change.last
        elif self.last < 0 or change.last <= self.last:
            return ()
        elif change.first != self.last + 1:
            return f"{change.first} came behind {self.last}"
        else:
            self.last = change.last
        return [
            Depth(ts_ns=Nanos(change.last), instrument=change.instrument, bids=change.bids, asks=(),
                  snapshot=change.snapshot)
        ]  # fmt: skip


class ToyMarket:
    """A market dialect with one socket."""

    name = "toy"

    def __init__(self, *, fetches: bool = True) -> None:
        self.fetches = fetches

    def time(self) -> Steps:
        answer = yield call("/time")
        return Success(value=int(answer.body))

    def listing(self) -> Steps:
        yield call("/listing")
        return Success(
            value=tuple(
                Listed(instrument=instrument(name), symbol=name, status=status)
                for name, status in (("A/B", "trading"), ("C/B", "closed"))
            )
        )

    def streams(self, channels: frozenset[Channel], bar_ns: int) -> tuple[Stream, ...]:
        return (Stream(url="ws://market", hello=(b"sub",), confirms=1),)

    def read(self, frame: bytes) -> Sequence[Any]:
        match frame.decode().split():
            case ["T", ts, price]:
                return [trade(int(ts), int(price))]
            case ["Q", ts, price]:
                return [quote(int(ts), int(price))]
            case ["B", instrument, first, last]:
                return [change(int(instrument), int(first), int(last))]
            case ["S", instrument, last]:
                return [change(int(instrument), 0, int(last), snapshot=True)]
            case words:
                return asides(words)

    def book(self, instrument: int) -> ToyRule:
        return ToyRule(fetches=self.fetches)

    def depth_snapshot(self, instrument: int) -> Steps:
        answer = yield call(f"/depth/{instrument}")
        return Success(value=change(instrument, 0, int(answer.body), snapshot=True))

    def bars(self, instrument: int, bar_ns: int, start_ns: int, end_ns: int) -> Steps:
        yield call("/bars")
        return Success(value=())

    def quote(self, instrument: int) -> Steps:
        answer = yield call(f"/quote/{instrument}")
        return Success(value=quote(int(answer.body), 5))


def instrument(name: str) -> Instrument:
    return Instrument(
        name=name, venue="toy", kind=Kind.SPOT, base=name[0], quote="B", settle="B",
        price_decimals=0, quantity_decimals=0, money_decimals=0, tick=Price(1), lot=Quantity(1),
        quantity_min=Quantity(1), quantity_max=Quantity(0), notional_min=Money(0),
        fees=Fees(maker=Rate(0), taker=Rate(0)),
    )  # fmt: skip


def trade(ts_ns: int, price: int) -> Trade:
    return Trade(ts_ns=Nanos(ts_ns), price=Price(price), quantity=Quantity(1), taker_side=BUY)


def quote(ts_ns: int, price: int) -> Quote:
    return Quote(
        ts_ns=Nanos(ts_ns), bid=Price(price), bid_quantity=Quantity(1), ask=Price(price + 1),
        ask_quantity=Quantity(1),
    )  # fmt: skip


def change(instrument: int, first: int, last: int, *, snapshot: bool = False) -> BookChange:
    return BookChange(
        ts_ns=0,
        instrument=instrument,
        bids=((first, last),),
        asks=(),
        first=first,
        last=last,
        snapshot=snapshot,
    )


def door(
    world: World, account: ToyAccount | None = None, *, offset: Offset | None = None,
    over_socket: bool = True, guard_ns: int = 0,
) -> NativeVenue:  # fmt: skip
    """Open a venue."""
    return NativeVenue(
        world.time, world.http, world.dialer, account or ToyAccount(), account="me",
        offset=offset, over_socket=over_socket, guard_ns=guard_ns, listing=ToyMarket().listing,
    )  # fmt: skip
