"""Native venues when the exchange fails them: what is lost is Unclear, what was done is found."""

from collections.abc import Iterator

import pytest

from steelyard.kernel.ports import FeedGap, PriceNews
from steelyard.model.market import Depth
from steelyard.model.reports import (
    Fault,
    Gap,
    OrderState,
    Refusal,
    Success,
    Unclear,
)
from steelyard.venues.native.dialect import Channel, MarketDialect
from steelyard.venues.native.feed import NativeFeed
from tests.contract.desks import Desk
from tests.contract.halls import HALVES
from tests.contract.rigs import HALL_PROGRAM, Process

LOST = ("lost_before", "lost_after")
DONE = frozenset({"lost_after", "unknown_after", "html", "truncated", "empty"})
REFUSED = {"busy": None, "rate_limit": Fault.RATE_LIMIT, "maintenance": None}
"""None: in whichever class the dialect reads it; some venues' words for it prove nothing."""


@pytest.fixture(scope="module", params=HALVES)
def hall(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    process = Process(request.param, program=HALL_PROGRAM)
    yield request.param, process.address
    process.end()


def has_checksum(market: MarketDialect) -> bool:
    return market.name in ("okx", "bitget")


@pytest.fixture(params=[False, True], ids=["over REST", "over a socket"])
def desk(hall: tuple[str, str], request: pytest.FixtureRequest) -> Iterator[Desk]:
    desk = Desk(*hall, over_socket=request.param)
    yield desk
    desk.close()


@pytest.fixture
def rest(hall: tuple[str, str]) -> Iterator[Desk]:
    desk = Desk(*hall, over_socket=False)
    yield desk
    desk.close()


def test_an_answer_that_is_lost_is_unclear_whatever_was_done(desk: Desk) -> None:
    for number, fault in enumerate(LOST):
        name = f"lost{number}"
        for path in ("POST *", "WS *"):
            desk.act("fault", fault=fault, path=path, text=name, count=1)
        assert isinstance(desk.place(name), Unclear)
        desk.act("clear")
        assert desk.exists(name) == (fault in DONE), fault


def test_an_answer_that_does_not_read_is_unclear_whatever_was_done(rest: Desk) -> None:
    for fault in ("html", "truncated", "empty", "unknown_before", "unknown_after", "error"):
        name = fault.replace("_", "")
        rest.act("fault", fault=fault, path="POST *", text=name, count=1)
        assert isinstance(rest.place(name), Unclear), fault
        rest.act("clear")
        assert rest.exists(name) == (fault in DONE), fault


def test_what_the_venue_says_it_did_not_do_is_refused_or_unclear(rest: Desk) -> None:
    for fault, expected in REFUSED.items():
        name = fault.replace("_", "")
        rest.act("fault", fault=fault, path="POST *", text=name, count=1, ms=1_000)
        reply = rest.place(name)
        rest.act("clear")
        if expected is not None:
            assert isinstance(reply, Refusal), (fault, reply)
            assert reply.fault == expected
        else:
            assert isinstance(reply, Refusal | Unclear)
        assert not rest.exists(name)


def test_a_slow_answer_is_unclear_at_the_deadline(rest: Desk) -> None:
    rest.act("fault", fault="trickle", path="POST *", text="slow1", count=1, ms=30_000)
    assert isinstance(rest.place("slow1"), Unclear)
    rest.act("clear")
    assert rest.exists("slow1")


def test_a_socket_that_is_cut_is_a_gap_and_comes_back(desk: Desk) -> None:
    desk.news.clear()
    desk.act("drop_sockets", account=desk.account)
    desk.rig.wait(lambda: any(isinstance(one, Gap) for one in desk.news))
    desk.rig.wait(lambda: desk.linked)
    assert isinstance(desk.place("again"), Success)
    assert desk.exists("again")


@pytest.mark.parametrize("fault", ["gap", "spoil"])
def test_a_book_that_misses_something_says_so_and_gets_a_new_state(rest: Desk, fault: str) -> None:
    rig = rest.rig
    feed = NativeFeed(
        rig.scheduler, rig.http, rig.sockets, rig.market, instruments=1,
        channels=frozenset({Channel.DEPTH}),
    )  # fmt: skip
    told: list[PriceNews] = []
    feed.listen(told.append)

    def states() -> list[PriceNews]:
        return [one for one in told if isinstance(one, Depth) and one.snapshot]

    rig.wait(lambda: bool(states()) and len(told) > 3)
    if fault == "spoil" and not has_checksum(rig.market):
        pytest.skip("this venue proves its books by numbers alone")
    rest.act("fault", fault=fault, topic="depth", count=1)

    def gaps() -> list[int]:
        return [
            at for at, one in enumerate(told) if isinstance(one, FeedGap) and not one.instrument
        ]

    rig.wait(lambda: bool(gaps()))
    # The new state may have come with the same bytes as what told of the gap.
    rig.wait(lambda: any(isinstance(one, Depth) and one.snapshot for one in told[gaps()[0] :]))
    assert not isinstance(told[0], FeedGap)
    told.clear()
    rig.wait(lambda: len(told) > 3)
    feed.close()
    assert all(isinstance(one, Depth) for one in told)


def test_news_told_late_or_twice_change_nothing(rest: Desk) -> None:
    rest.act("fault", fault="duplicate", account=rest.account)
    assert isinstance(rest.place("twice"), Success)
    assert isinstance(rest.ask(lambda heard: rest.venue.cancel("twice", 0, heard)), Success)
    rest.rig.wait(
        lambda: sum(getattr(one, "state", None) == OrderState.CANCELED for one in rest.news) > 1
    )
