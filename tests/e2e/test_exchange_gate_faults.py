"""What goes wrong at `steelyard exchange`'s Gate, and what our dialect and driver make of it."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from steelyard.kernel.ports import FeedGap
from steelyard.model.kinds import (
    BUY,
    LIMIT,
)
from steelyard.model.market import Depth
from steelyard.model.reports import (
    Fault,
    Gap,
    Linked,
    OrderReport,
    OrderState,
    Refusal,
    Unclear,
)
from steelyard.venues.native.dialect import Channel
from steelyard.venues.native.feed import NativeFeed
from tests.e2e.gate_rig import (
    PERP,
    Ours,
    control,
    fresh_id,
    gate_process,
    placing,
    rigs,
)

UNREADABLE = ("unknown_after", "html", "truncated", "empty", "error", "busy")


@pytest.fixture(scope="module")
def told() -> Iterator[dict[str, Any]]:
    with gate_process() as line:
        yield line


@pytest.fixture
def ours(told: dict[str, Any]) -> Iterator[Callable[..., Ours]]:
    with rigs(told) as make:
        yield make


@pytest.mark.parametrize("over_socket", [True, False])
@pytest.mark.parametrize("fault", UNREADABLE)
def test_what_nobody_can_read_is_unclear_and_is_resolved_by_asking(
    told: dict[str, Any], ours: Callable[..., Ours], fault: str, over_socket: bool
) -> None:
    rig = ours(hedged=False, over_socket=over_socket)
    venue = rig.open(11, hedged=False)
    spot = rig.instruments[0]
    done = fault not in {"error", "busy"}
    client_id = fresh_id(50 + 2 * UNREADABLE.index(fault) + over_socket)
    rule = control(told, "fault", fault=fault, path="POST /api/v4/spot/orders", count=1)
    try:
        order = placing(
            client_id, 0, BUY, 100_000, type=LIMIT, price=30_000 * 10**spot.price_decimals
        )
        reply = rig.reply(partial(venue.place, order))
        found = rig.reply(partial(venue.order, client_id, 0))
    finally:
        control(told, "clear", id=rule["id"])
    assert isinstance(reply, Unclear), reply
    if done:
        assert found.value.report.state is OrderState.OPEN  # type: ignore[union-attr]
        rig.done(partial(venue.cancel, client_id, 0))
    else:
        assert isinstance(found, Refusal)
        assert found.fault == Fault.NO_ORDER


def test_limits_and_clocks_are_refused_definitely(
    told: dict[str, Any], ours: Callable[..., Ours]
) -> None:
    rig = ours(hedged=False, over_socket=False)
    venue = rig.open(12, hedged=False)
    spot = rig.instruments[0]
    order = placing(
        fresh_id(80), 0, BUY, 100_000, type=LIMIT, price=30_000 * 10**spot.price_decimals
    )
    for given, wanted in (
        ({"fault": "rate_limit", "ms": 3_000}, Fault.RATE_LIMIT),
        ({"fault": "skew", "ms": 70_000}, Fault.CLOCK),
    ):
        rule = control(told, "fault", count=0, **given)
        reply = rig.reply(partial(venue.place, order))
        control(told, "clear", id=rule["id"])
        assert isinstance(reply, Refusal), reply
        assert reply.fault == wanted
        if wanted == Fault.RATE_LIMIT:
            assert 1_000_000_000 <= reply.retry_after_ns <= 5_000_000_000


def test_coins_alone_are_traded_on_the_socket_of_coins(
    told: dict[str, Any], ours: Callable[..., Ours]
) -> None:
    rig = ours(hedged=False, spot=True)
    venue = rig.open(13, hedged=False)
    spot = rig.instruments[0]
    # Nothing of it can have gone over REST.
    rule = control(told, "fault", fault="busy", path="POST /api/v4/spot/orders")
    client_id = fresh_id(90)
    try:
        order = placing(
            client_id, 0, BUY, 100_000, type=LIMIT, price=30_000 * 10**spot.price_decimals
        )
        report = rig.done(partial(venue.place, order))
        rig.done(partial(venue.cancel, client_id, 0))
    finally:
        control(told, "clear", id=rule["id"])
    assert report.state is OrderState.OPEN
    rig.wait(
        lambda: any(one.state is OrderState.CANCELED for one in rig.told(OrderReport, client_id))
    )


def test_sockets_that_are_cut_are_opened_again(
    told: dict[str, Any], ours: Callable[..., Ours]
) -> None:
    rig = ours(hedged=False)
    rig.open(14, hedged=False)
    control(told, "drop_sockets", account=14)
    rig.wait(lambda: any(isinstance(one, Gap) for one in rig.news))
    rig.wait(lambda: sum(isinstance(one, Linked) for one in rig.news) > 1)


def test_a_change_that_is_left_out_is_a_gap_and_the_book_begins_anew(
    told: dict[str, Any], ours: Callable[..., Ours]
) -> None:
    rig = ours(hedged=False)
    feed = NativeFeed(
        rig.scheduler, rig.http, rig.sockets, rig.market, instruments=2,
        channels=frozenset({Channel.DEPTH}),
    )  # fmt: skip
    heard: list[Any] = []
    feed.listen(heard.append)

    def wholes(place: int) -> int:
        return sum(
            isinstance(one, Depth) and one.snapshot and one.instrument == place for one in heard
        )

    rig.wait(lambda: wholes(0) == 1 and wholes(1) == 1)
    rule = control(told, "fault", fault="gap", instrument=PERP, count=1)
    rig.wait(lambda: any(isinstance(one, FeedGap) for one in heard))
    rig.wait(lambda: wholes(1) > 1)
    control(told, "clear", id=rule["id"])
    feed.close()
    assert {one.instrument for one in heard if isinstance(one, FeedGap)} == {1}
    assert wholes(0) == 1
