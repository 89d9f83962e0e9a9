"""The contract of venues, held on the generic venue over the local exchange's four dialects.

Left out is what it cannot by its own word: stops, and answers in the order of the questions, since
ccxt's requests go over several connections.
"""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from steelyard.exchange.hall.keys import make_members
from steelyard.kernel.ports import Feed, Venue
from steelyard.model.reports import Fault, Refusal, Reply, Success
from steelyard.venues.ccxt.door import Door
from steelyard.venues.ccxt.feed import CcxtFeed
from steelyard.venues.ccxt.venue import CcxtVenue
from steelyard.venues.native.dialect import Addresses, Channel, Credentials
from steelyard.wire.http_client import AioHttp
from steelyard.wire.tasks import Tasks
from tests.contract import hall_process
from tests.contract.fitting import Fit, Fitted, FittedFeed, finer
from tests.contract.halls import HALVES, PERPETUAL
from tests.contract.rigs import HALL_PROGRAM, ClientLoop, Process, Rig
from tests.contract.test_venue import (
    client,
    test_a_taker_is_told_by_reply_stream_and_query_alike,
    test_accounts_do_not_see_one_another,
    test_an_id_is_refused_the_second_time,
    test_an_order_rests_is_found_and_is_canceled,
    test_everything_is_canceled_at_once,
    test_nobody_cancels_what_is_not_there,
    test_nothing_is_called_after_closing,
    test_the_feed_tells_the_market,
    test_the_market_fills_what_rests,
    test_the_stream_says_first_that_it_runs,
    test_trades_go_on_from_their_cursor,
    test_what_the_venue_refuses_did_not_happen,
)

__all__ = [
    "client",
    "test_a_taker_is_told_by_reply_stream_and_query_alike",
    "test_accounts_do_not_see_one_another",
    "test_an_id_is_refused_the_second_time",
    "test_an_order_rests_is_found_and_is_canceled",
    "test_everything_is_canceled_at_once",
    "test_nobody_cancels_what_is_not_there",
    "test_nothing_is_called_after_closing",
    "test_the_feed_tells_the_market",
    "test_the_market_fills_what_rests",
    "test_the_stream_says_first_that_it_runs",
    "test_trades_go_on_from_their_cursor",
    "test_what_the_venue_refuses_did_not_happen",
]
pytestmark = pytest.mark.timeout(90)


@pytest.fixture(scope="module", params=HALVES)
def hall(request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """A dialect, and the line of an exchange that speaks it."""
    process = Process(request.param, program=HALL_PROGRAM)
    yield request.param, process.address
    process.end()


class OnHall(ClientLoop):
    """The generic venue with one of the dialects."""

    def __init__(self, name: str, line: str) -> None:
        super().__init__()
        self.name, told = name, json.loads(line)[name]
        half = HALVES[name]
        self.addresses = Addresses(rest={"rest": told["rest"]}, ws={"ws": told["ws"]})
        self.http, self.tasks = AioHttp(self.loop), Tasks(self.loop)
        self.doors: list[Door] = []
        listing = hall_process.listing(name)
        self.members = make_members(listing.TERMS, hall_process.ACCOUNTS, hall_process.SEED)
        self.public = self.door(None, PERPETUAL)
        self.instrument = finer(self.public.instruments[0])
        self.public.instruments = (self.instrument,)
        cash = int(hall_process.MONEY.scaleb(self.instrument.money_decimals))
        self.fit = Fit(self.instrument, prefix="s", cash=cash, lots=half.lots)

    def door(self, account: int | None, name: str) -> Door:
        credentials = None
        if account is not None:
            member = self.members[account]
            credentials = Credentials(
                key=member.key, secret=member.secret, passphrase=member.passphrase
            )
        door = Door(
            self.name, self.scheduler, self.tasks, self.http, (name,), credentials=credentials,
            addresses=self.addresses,
        )  # fmt: skip
        self.doors.append(door)
        for _ in range(20):
            replies: list[Reply] = []
            door.start(replies.append)
            self.wait(lambda: bool(replies))  # noqa: B023 - awaited in its own turn
            if isinstance(replies[0], Success):
                return door
            assert isinstance(replies[0], Refusal), replies
            assert replies[0].fault == Fault.RATE_LIMIT
            passed: list[bool] = []
            self.loop.call_later(0.5, passed.append, True)
            self.wait(lambda: bool(passed))  # noqa: B023 - awaited in its own turn
        raise AssertionError("the markets were not told")

    def venue(self, account: int) -> Venue:
        door = self.door(account, self.instrument.name)
        door.instruments = (replace(self.instrument),)
        return Fitted(CcxtVenue(door), self.fit)

    def feed(self) -> Feed:
        channels = frozenset({Channel.QUOTES, Channel.TRADES})
        return FittedFeed(CcxtFeed(self.public, channels), self.fit)

    def close(self) -> None:
        for door in self.doors:
            door.close()
        self.loop.run_until_complete(self.tasks.ended())
        self.loop.run_until_complete(self.http.ended())
        left = asyncio.all_tasks(self.loop)
        for task in left:  # ccxt leaves some of its own behind
            task.cancel()
        if left:
            self.loop.run_until_complete(asyncio.wait(left))
        self.loop.close()


@pytest.fixture
def rig(hall: tuple[str, str]) -> Iterator[Rig]:
    rig = OnHall(*hall)
    yield rig
    rig.close()
