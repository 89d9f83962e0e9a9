"""What goes wrong at Binance, and what our own dialect makes of it."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import ccxt
import pytest

from steelyard.kernel.ports import FeedGap
from steelyard.model.events import Quote
from steelyard.model.kinds import (
    BUY,
)
from steelyard.model.market import Depth
from steelyard.model.reports import (
    Fault,
    Gap,
    Linked,
    OrderState,
    Refusal,
    Success,
    TradeReport,
    Unclear,
)
from steelyard.venues.native.dialect import (
    Channel,
)
from steelyard.venues.native.feed import NativeFeed
from tests.e2e.binance_exchange import PERP, SPOT, ccxt_of, served
from tests.e2e.binance_rig import Ours, control, placing


@pytest.fixture(scope="module")
def told() -> Iterator[dict[str, Any]]:
    with served() as addresses:
        yield addresses


@pytest.fixture
def ours(told: dict[str, Any]) -> Iterator[Callable[..., Ours]]:
    opened: list[Ours] = []

    def make(
        *, names: tuple[str, ...] = (SPOT, PERP), hedged: bool = False, over_socket: bool = True
    ) -> Ours:
        opened.append(Ours(told, names, hedged=hedged, over_socket=over_socket))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


def test_a_listen_key_that_runs_out_is_a_gap_and_a_new_link(
    ours: Callable[..., Ours], told: dict[str, Any]
) -> None:
    rig = ours(names=(PERP,))
    venue = rig.open(14)
    links = sum(isinstance(one, Linked) for one in rig.news)

    control(told, "expire_keys", dialect="binance")
    rig.wait(lambda: sum(isinstance(one, Linked) for one in rig.news) > links)
    rig.done(partial(venue.place, placing("after1", 0, BUY, 20)))
    rig.ended("after1", OrderState.FILLED)


def test_a_lost_reply_is_unclear_and_the_order_is_found(
    ours: Callable[..., Ours], told: dict[str, Any]
) -> None:
    rig = ours(names=(SPOT,), over_socket=False)
    venue = rig.open(15)
    control(told, "fault", fault="lost_after", path="POST /api/v3/order", count=1)

    reply = rig.reply(partial(venue.place, placing("lost1", 0, BUY, 1_000_000)))
    found = rig.done(partial(venue.order, "lost1", 0))

    assert isinstance(reply, Unclear)
    assert found.report.state is OrderState.FILLED


@pytest.mark.parametrize(
    "fault, status", [("unknown_after", OrderState.FILLED), ("html", OrderState.FILLED),
                      ("truncated", OrderState.FILLED), ("unknown_before", None)],
)  # fmt: skip
def test_an_answer_that_says_nothing_is_never_taken_for_a_refusal(
    ours: Callable[..., Ours], told: dict[str, Any], fault: str, status: OrderState | None
) -> None:
    rig = ours(names=(PERP,), over_socket=False)
    venue = rig.open(3)
    control(told, "fault", fault=fault, path="POST /fapi/v1/order", count=1)

    reply = rig.reply(partial(venue.place, placing(f"{fault}1", 0, BUY, 20)))
    found = rig.reply(partial(venue.order, f"{fault}1", 0))

    assert isinstance(reply, Unclear)
    if status is None:
        assert isinstance(found, Refusal)
        assert found.fault is Fault.NO_ORDER
    else:
        assert isinstance(found, Success)
        assert found.value.report.state is status


def test_limits_bans_and_overload_have_their_classes(
    ours: Callable[..., Ours], told: dict[str, Any]
) -> None:
    rig = ours(names=(PERP,), over_socket=False)
    venue = rig.open(4)
    for fault, kind in (
        ("rate_limit", Fault.RATE_LIMIT), ("busy", Fault.RATE_LIMIT),
        ("maintenance", Fault.MAINTENANCE),
    ):  # fmt: skip
        control(told, "fault", fault=fault, path="POST /fapi/v1/order", count=1, ms=7_000)
        reply = rig.reply(partial(venue.place, placing(f"{fault}1", 0, BUY, 20)))
        assert isinstance(reply, Refusal), (fault, reply)
        assert reply.fault is kind, (fault, reply)
        if fault == "rate_limit":
            assert reply.retry_after_ns == 7_000_000_000
        control(told, "clear")


def test_a_hole_in_the_book_is_a_gap_and_the_book_comes_back(
    ours: Callable[..., Ours], told: dict[str, Any]
) -> None:
    rig = ours()
    feed = NativeFeed(
        rig.scheduler, rig.http, rig.sockets, rig.market, instruments=2,
        channels=frozenset({Channel.DEPTH}),
    )  # fmt: skip
    heard: list[Any] = []
    feed.listen(heard.append)

    def states(instrument: int) -> int:
        return sum(
            isinstance(one, Depth) and one.snapshot and one.instrument == instrument
            for one in heard
        )

    rig.wait(lambda: states(0) == states(1) == 1)
    for instrument, name in enumerate((SPOT, PERP)):
        control(told, "fault", fault="gap", topic="depth", instrument=name, count=1)
        rig.wait(lambda k=instrument: states(k) == 2)  # type: ignore[misc]
    feed.close()

    gaps = [one for one in heard if type(one).__name__ == "FeedGap"]
    assert [one.instrument for one in gaps] == [0, 1]


def test_sockets_that_are_cut_come_back(ours: Callable[..., Ours], told: dict[str, Any]) -> None:
    rig = ours()
    venue = rig.open(1)
    feed = NativeFeed(
        rig.scheduler, rig.http, rig.sockets, rig.market, instruments=2,
        channels=frozenset({Channel.QUOTES}),
    )  # fmt: skip
    heard: list[Any] = []
    feed.listen(heard.append)
    rig.wait(lambda: any(isinstance(one, Quote) for one in heard))

    control(told, "drop_sockets", dialect="binance")
    rig.wait(lambda: any(isinstance(one, Gap) for one in rig.news))
    rig.wait(lambda: isinstance(rig.news[-1], Linked) or len(rig.news) > 50)
    rig.wait(lambda: any(isinstance(one, FeedGap) for one in heard))
    rig.wait(lambda: isinstance(heard[-1], Quote))
    rig.done(partial(venue.place, placing("after2", 1, BUY, 20)))
    rig.ended("after2", OrderState.FILLED)
    feed.close()


def test_news_that_come_twice_or_late_change_nothing(
    ours: Callable[..., Ours], told: dict[str, Any]
) -> None:
    rig = ours()
    venue = rig.open(0)
    control(told, "fault", fault="duplicate", account=0, count=20)
    rig.done(partial(venue.place, placing("twice1", 1, BUY, 20)))
    rig.ended("twice1", OrderState.FILLED)
    control(told, "clear")

    found = rig.done(partial(venue.order, "twice1", 1))
    assert {one.trade for one in rig.told(TradeReport, "twice1")} == {
        one.trade for one in found.trades
    }


def test_a_budget_that_is_spent_is_429_and_then_a_ban() -> None:
    """On an exchange of its own: it shuts this machine out."""
    with served() as addresses:
        exchange = ccxt_of(ccxt.binanceusdm, addresses, 0)
        limited = 0
        while True:
            try:
                exchange.fapiPrivateGetIncome()
            except ccxt.DDoSProtection as error:
                headers = {name.lower(): v for name, v in exchange.last_response_headers.items()}
                assert int(headers["retry-after"]) > 0
                if " 418 " in str(error):
                    break
                limited += 1
        rig = Ours(addresses, (PERP,), hedged=False, over_socket=False)
        venue: Any = rig.venue(1)
        reply = rig.reply(venue.holdings)
        rig.close()

    assert limited >= 40
    assert isinstance(reply, Refusal)
    assert reply.fault is Fault.BANNED
    assert reply.retry_after_ns > 0
