"""Orders in batches on the local exchange: few requests, and to each order its own reply."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import pytest

from steelyard.model.reports import (
    Fault,
    OpenOrders,
    Refusal,
    Reply,
    Success,
    Unclear,
)
from tests.contract.desks import Desk, placing
from tests.contract.halls import HALVES, PERPETUAL, SPOT
from tests.contract.rigs import HALL_PROGRAM, Process

ALONE = 1
SECOND = 1_000_000_000
CREATES = {"okx": 20, "bitget": 50, "gate": 10}
CANCELS = {"okx": 20, "bitget": 50, "gate": 20}
"""How many go in a request, whatever the way; Binance takes batches of perpetuals over REST."""
MANY = 20
ALL_BUT_FIRST: list[type] = [Success, Unclear, Unclear, Unclear]
"""What is heard where the answer to a batch is lost: the first left by itself."""


@pytest.fixture(scope="module", params=HALVES)
def hall(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    process = Process(request.param, program=HALL_PROGRAM)
    yield request.param, process.address
    process.end()


class Counter:
    """A desk that sends several orders in one pass."""

    def __init__(self, desk: Desk, *, creates: int, cancels: int) -> None:
        self.desk, self.creates, self.cancels = desk, creates, cancels
        self.left: set[str] = set()
        """What rests behind the last pass."""
        self.requests = 0
        """How many requests that pass was, at the exchange."""

    def pass_of(self, *sends: Callable[[Callable[[Reply], None]], None]) -> list[Reply]:
        """Send all in one pass; return what each heard, once."""
        heard: list[list[Reply]] = [[] for _ in sends]
        before = self.desk.requests()
        for send, replies in zip(sends, heard, strict=True):
            send(replies.append)
        self.desk.rig.wait(lambda: all(heard))
        self.requests = self.desk.requests() - before
        self.left = self.open_ids()  # whatever comes twice has come by now
        assert [len(replies) for replies in heard] == [1] * len(sends)
        return [replies[0] for replies in heard]

    def place(self, names: Sequence[str], bad: str = "") -> list[Reply]:
        orders = [placing(name, 3 if name == bad else 2) for name in names]
        return self.pass_of(*(partial(self.desk.venue.place, order) for order in orders))

    def cancel(self, names: Sequence[str]) -> list[Reply]:
        return self.pass_of(*(partial(self.desk.venue.cancel, name, 0) for name in names))

    def open_ids(self) -> set[str]:
        reply = self.desk.ask(self.desk.venue.open_orders)
        while isinstance(reply, Refusal) and reply.fault == Fault.RATE_LIMIT:
            over: list[None] = []
            self.desk.rig.scheduler.after(reply.retry_after_ns or SECOND, over.append, None)
            self.desk.rig.wait(partial(bool, over))
            reply = self.desk.ask(self.desk.venue.open_orders)
        assert isinstance(reply, Success), reply
        assert isinstance(reply.value, OpenOrders)
        return {one.client_id for one in reply.value.orders}

    def break_next(self, fault: str, text: str = "", places: Sequence[int] = ()) -> None:
        """Let the next batch meet a fault, over REST or on the socket."""
        values = {"places": list(places)} if places else {}
        for path in ("POST *", "WS *"):
            self.desk.act("fault", fault=fault, path=path, text=text, count=1, **values)


@pytest.fixture(params=[SPOT, PERPETUAL], ids=["spot", "perpetual"])
def product(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=[False, True], ids=["over REST", "over a socket"])
def counter(
    hall: tuple[str, str], product: str, request: pytest.FixtureRequest
) -> Iterator[Counter]:
    name = hall[0]
    desk = Desk(*hall, over_socket=request.param, instrument=product)
    creates, cancels = CREATES.get(name, ALONE), CANCELS.get(name, ALONE)
    if name == "binance" and product == PERPETUAL and not request.param:
        creates, cancels = 5, 10
    yield Counter(desk, creates=creates, cancels=cancels)
    desk.close()


@pytest.fixture
def batching(counter: Counter) -> Counter:
    if counter.creates == ALONE:
        pytest.skip("no batches go this way at this venue")
    return counter


@pytest.fixture
def rest(batching: Counter) -> Counter:
    if batching.desk.over_socket:
        pytest.skip("these faults are those of REST")
    return batching


def kinds(replies: Sequence[Reply]) -> list[type]:
    return [type(one) for one in replies]


def requests_for(orders: int, most: int) -> int:
    """Count the requests that so many orders of one pass need, the first going by itself."""
    return 1 + -(-(orders - 1) // most)


def test_twenty_orders_of_a_pass_are_few_requests(counter: Counter) -> None:
    names = [f"many{i}" for i in range(MANY)]

    placed = counter.place(names)
    # Beside them a socket may be pinged or a clock read.
    assert 0 <= counter.requests - requests_for(MANY, counter.creates) <= 1
    assert counter.left == set(names)
    canceled = counter.cancel(names)
    assert 0 <= counter.requests - requests_for(MANY, counter.cancels) <= 1
    assert counter.left == set()
    assert {type(one) for one in placed + canceled} == {Success}


def test_a_bad_order_among_good_ones_is_refused_alone(counter: Counter) -> None:
    names = [f"bad{i}" for i in range(5)]

    replies = counter.place(names, bad="bad2")

    assert kinds(replies) == [Success, Success, Refusal, Success, Success]
    assert replies[2].fault == Fault.FILTER  # type: ignore[union-attr]
    assert counter.left == set(names) - {"bad2"}
    assert set(map(type, counter.cancel(sorted(set(names) - {"bad2"})))) == {Success}


@pytest.mark.parametrize("fault", ["lost_before", "lost_after"])
def test_a_lost_answer_is_unclear_for_each_order_of_the_batch(
    batching: Counter, fault: str
) -> None:
    names = [f"{fault.replace('_', '')}{i}" for i in range(4)]
    batching.break_next(fault, text=names[2])

    replies = batching.place(names)
    batching.desk.act("clear")

    assert kinds(replies) == ALL_BUT_FIRST
    done = fault == "lost_after"
    assert batching.left == (set(names) if done else {names[0]})
    assert [batching.desk.exists(name) for name in names] == [True, done, done, done]


def test_a_batch_that_is_done_in_part_tells_each_order_its_own(batching: Counter) -> None:
    names = [f"part{i}" for i in range(5)]
    batching.break_next("partial", text=names[1], places=(2, 4))

    replies = batching.place(names)
    batching.desk.act("clear")

    good = {names[0], names[1], names[3]}
    for name, reply in zip(names, replies, strict=True):
        # Some venues' words for what was refused prove nothing.
        assert isinstance(reply, Success if name in good else Refusal | Unclear), (name, reply)
    assert batching.left == good


@pytest.mark.parametrize("fault", ["rate_limit", "unknown_before"])
def test_a_batch_that_is_refused_as_a_whole_is_not_done_in_part(rest: Counter, fault: str) -> None:
    names = [f"{fault.replace('_', '')}{i}" for i in range(4)]
    rest.break_next(fault, text=names[1])

    first, *others = rest.place(names)
    rest.desk.act("clear")

    assert isinstance(first, Success)
    kind: type = Refusal if fault == "rate_limit" else Unclear
    assert [type(one) for one in others] == [kind] * 3
    assert rest.left == {names[0]}


@pytest.mark.parametrize("fault", ["html", "truncated", "empty", "unknown_after"])
def test_an_answer_that_does_not_read_is_unclear_for_each(rest: Counter, fault: str) -> None:
    names = [f"{fault.replace('_', '')}{i}" for i in range(4)]
    rest.break_next(fault, text=names[1])

    first, *others = rest.place(names)
    rest.desk.act("clear")

    assert isinstance(first, Success)
    assert [type(one) for one in others] == [Unclear] * 3
    assert rest.left == set(names)


def test_a_cancel_of_what_ended_is_refused_among_good_ones(counter: Counter) -> None:
    names = [f"gone{i}" for i in range(4)]
    counter.place(names)
    assert [type(one) for one in counter.cancel([names[1]])] == [Success]
    assert names[1] not in counter.left

    replies = counter.cancel(names)

    assert kinds(replies) == [Success, Refusal, Success, Success]
    assert replies[1].fault == Fault.NO_ORDER  # type: ignore[union-attr]
    assert counter.left == set()


def test_a_lost_answer_to_cancels_is_unclear_for_each(batching: Counter) -> None:
    names = [f"left{i}" for i in range(4)]
    batching.place(names)
    # A batch of cancels need not name our ids: any request that is none of a single order.
    for path in ("POST *batch*", "DELETE *batch*", "WS *"):
        text = "cancel" if path == "WS *" else ""
        skip = 1 if path == "WS *" and batching.desk.over_socket else 0
        batching.desk.act("fault", fault="lost_after", path=path, text=text, skip=skip, count=1)

    replies = batching.cancel(names)
    batching.desk.act("clear")

    assert kinds(replies) == ALL_BUT_FIRST
    assert batching.left == set()
