"""What goes wrong at the venue, and what our dialect makes of it: never more than is known."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from steelyard.kernel.ports import FeedGap, Placing
from steelyard.model.kinds import BUY, LIMIT
from steelyard.model.market import Depth
from steelyard.model.reports import (
    Fault,
    Gap,
    Linked,
    OrderReport,
    OrderState,
    Refusal,
    Success,
    Unclear,
)
from steelyard.venues.native.dialect import Channel
from steelyard.venues.native.feed import NativeFeed
from tests.e2e.okx_exchange import control, okx_exchange
from tests.e2e.okx_ours import Ours

CREATE = "POST /api/v5/trade/order"


@pytest.fixture(scope="module")
def told() -> Iterator[dict[str, Any]]:
    """Where it is, and the first account's keys."""
    with okx_exchange() as told:
        yield told


@pytest.fixture
def faults(told: dict[str, Any]) -> Iterator[Callable[..., None]]:
    """Set a fault for the time of a test."""

    def add(fault: str, **values: Any) -> None:
        control(told, "fault", fault=fault, **values)

    yield add
    control(told, "clear")


@pytest.fixture
def rig(told: dict[str, Any]) -> Iterator[Ours]:
    rig = Ours(told, over_socket=False)
    yield rig
    rig.close()


def _rest(client_id: str) -> Placing:
    return Placing(
        client_id=client_id, instrument=1, side=BUY, type=LIMIT, flags=0, price=3_000_000,
        quantity=100,
    )  # fmt: skip


@pytest.mark.parametrize(
    "fault, happened, expected",
    [
        ("lost_before", False, Unclear),
        ("lost_after", True, Unclear),
        ("unknown_before", False, Unclear),
        ("unknown_after", True, Unclear),
        ("html", True, Unclear),
        ("truncated", True, Unclear),
        ("empty", True, Unclear),
        ("error", False, Unclear),
        ("busy", False, Fault.MAINTENANCE),
        ("maintenance", False, Fault.MAINTENANCE),
        ("rate_limit", False, Fault.RATE_LIMIT),
    ],
)
def test_a_create_that_went_wrong_is_refused_only_where_it_was(
    rig: Ours, faults: Callable[..., None], fault: str, happened: bool, expected: object
) -> None:
    venue = rig.open(1, hedged=False)
    client_id = fault.replace("_", "")
    faults(fault, path=CREATE, count=1)
    reply = rig.asked(partial(venue.place, _rest(client_id)))
    found = rig.asked(partial(venue.order, client_id, 1))

    if isinstance(expected, Fault):
        assert isinstance(reply, Refusal), reply
        assert reply.fault is expected
    else:
        assert isinstance(reply, Unclear), reply
    assert isinstance(found, Success) == happened
    if not happened:
        assert isinstance(found, Refusal)
        assert found.fault is Fault.NO_ORDER
    rig.done(partial(venue.cancel_all, 1))


def test_a_create_over_the_socket_whose_answer_is_lost_is_unclear(
    told: dict[str, Any], faults: Callable[..., None]
) -> None:
    rig = Ours(told)
    venue = rig.open(2, hedged=False)
    rig.done(partial(venue.place, _rest("first")))
    faults("lost_after", path="WS /ws/v5/private", text='"op":"order"', count=1)
    replies: list[Any] = []
    venue.place(_rest("lost"), replies.append)
    rig.wait(lambda: bool(rig.told(OrderReport, "lost")))
    control(told, "drop_sockets", dialect="okx")
    rig.wait(lambda: bool(replies))

    assert isinstance(replies[0], Unclear), replies
    assert isinstance(rig.asked(partial(venue.order, "lost", 1)), Success)
    rig.done(partial(venue.cancel_all, 1))
    rig.close()


def test_a_dropped_stream_says_so_and_comes_back(rig: Ours, told: dict[str, Any]) -> None:
    venue = rig.open(3, hedged=False)
    control(told, "drop_sockets", dialect="okx")
    rig.wait(lambda: any(isinstance(one, Gap) for one in rig.news))
    rig.wait(lambda: sum(isinstance(one, Linked) for one in rig.news) > 1)
    rig.done(partial(venue.place, _rest("again")))
    rig.wait(lambda: bool(rig.told(OrderReport, "again")))

    assert rig.told(OrderReport, "again")[0].state is OrderState.OPEN
    rig.done(partial(venue.cancel_all, 1))


@pytest.mark.parametrize("fault", ["gap", "spoil"])
def test_a_broken_book_is_told_and_begins_anew(
    rig: Ours, faults: Callable[..., None], fault: str
) -> None:
    feed = NativeFeed(
        rig.scheduler, rig.http, rig.sockets, rig.market, instruments=2,
        channels=frozenset({Channel.DEPTH}),
    )  # fmt: skip
    heard: list[Any] = []
    feed.listen(heard.append)
    rig.wait(lambda: sum(isinstance(one, Depth) for one in heard) > 4)
    faults(fault, topic="depth", instrument="BTC/USDT", count=1)
    rig.wait(lambda: any(isinstance(one, FeedGap) for one in heard))
    at = next(place for place, one in enumerate(heard) if isinstance(one, FeedGap))
    rig.wait(lambda: any(isinstance(one, Depth) and one.snapshot for one in heard[at:]))
    rig.wait(lambda: sum(isinstance(one, Depth) for one in heard[at:]) > 4)
    feed.close()

    assert heard[at].instrument == 0
    fresh = [one for one in heard[at:] if isinstance(one, Depth) and one.instrument == 0]
    assert fresh[0].snapshot
