"""The driver of native venues when the venue's process dies under it, over real sockets."""

from collections.abc import Iterator
from functools import partial

import pytest

from steelyard.kernel.ports import FeedGap, Placing, PriceNews
from steelyard.model.events import Trade
from steelyard.model.kinds import BUY, LIMIT
from steelyard.model.reports import Gap, Linked, News, NotSent, OpenOrders, Reply, Success, Unclear
from tests.contract.plain import PlainAccount, PlainMarket
from tests.contract.rigs import PLAIN_PROGRAM, Native, Process


@pytest.fixture(params=[True, False], ids=["orders over a socket", "all over REST"])
def over_socket(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def process() -> Iterator[Process]:
    process = Process("0", program=PLAIN_PROGRAM)
    yield process
    process.kill()


def order(number: int) -> Placing:
    return Placing(
        client_id=f"o-{number}", instrument=0, side=BUY, type=LIMIT, flags=0, price=9_000,
        quantity=2,
    )  # fmt: skip


def test_a_venue_that_dies_and_comes_back(process: Process, over_socket: bool) -> None:
    rig = Native(
        partial(PlainAccount, process.address), PlainMarket(process.address),
        over_socket=over_socket,
    )  # fmt: skip
    venue, feed = rig.venue(0), rig.feed()
    news: list[News] = []
    ticks: list[PriceNews] = []
    replies: dict[int, list[Reply]] = {}

    def place(count: int) -> range:
        first = len(replies)
        for number in range(first, first + count):
            replies[number] = []
            venue.place(order(number), replies[number].append)
        return range(first, first + count)

    def told(numbers: range) -> list[type[object]]:
        rig.wait(lambda: all(replies[number] for number in numbers))
        return [type(replies[number][0]) for number in numbers]

    venue.listen(news.append)
    feed.listen(ticks.append)
    rig.wait(lambda: bool(news) and any(isinstance(one, Trade) for one in ticks))
    assert told(place(5)) == [Success] * 5

    caught = place(20)
    process.kill()
    possible: set[type[object]] = {Success, Unclear, NotSent}
    assert set(told(caught)) <= possible
    rig.wait(lambda: any(isinstance(one, Gap) for one in news))
    rig.wait(lambda: any(isinstance(one, FeedGap) for one in ticks))
    assert Success not in told(place(3))  # a kept connection may not have told its end yet
    assert told(place(3)) == [NotSent] * 3  # nobody is there to hear

    news.clear()
    ticks.clear()
    again = Process(process.address.rpartition(":")[2], program=PLAIN_PROGRAM)
    rig.wait(lambda: any(isinstance(one, Linked) for one in news))
    rig.wait(lambda: any(isinstance(one, Trade) for one in ticks))
    assert told(place(3)) == [Success] * 3
    found: list[Reply] = []
    venue.open_orders(found.append)
    rig.wait(lambda: bool(found))
    venue.close()
    feed.close()
    rig.close()
    again.kill()

    assert isinstance(found[0], Success)
    assert isinstance(found[0].value, OpenOrders)
    assert len(found[0].value.orders) == 3
    assert all(len(one) == 1 for one in replies.values())
