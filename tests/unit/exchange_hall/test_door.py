"""The door of a dialect: what stands between a client and its hall."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.exchange.hall.door import Door, Outcome, spoiled
from steelyard.exchange.hall.faults import Fault, Faults, Rule
from steelyard.exchange.hall.prices import DepthNews
from steelyard.exchange.hall.talk import Talk
from steelyard.exchange.hall.words import Status
from steelyard.wire.virtual import VirtualTime
from tests.unit.exchange_hall.plain import (
    LIMIT_A_SECOND,
    SECOND,
    SPOT,
    START,
    PlainSession,
    PlainSpeaker,
    opened,
    show,
)

ORDER = "side=buy&quantity=0.01&price=59000&id=a"


class Raw:
    """A socket that remembers."""

    address = "10.0.0.1"

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.closed = 0
        self.aborted = False

    def __call__(self, text: bytes) -> None:
        self.sent.append(text)

    def binary(self, body: bytes) -> None:
        self.sent.append(body)

    def ping(self, payload: bytes = b"") -> None:
        self.sent.append(b"ping")

    def close(self, code: int = 1000, reason: str = "") -> None:
        self.closed = code

    def abort(self) -> None:
        self.aborted = True


class Shop:
    """A door in virtual time."""

    def __init__(self) -> None:
        self.time = VirtualTime(epoch_ns=START)
        self.faults = Faults()
        self.reports: list[str] = []
        self.hall = opened()
        self.speaker = PlainSpeaker(self.hall)
        self.door = Door(self.hall, self.speaker, self.faults, self.time, self.reports.append)
        self.key = self.hall.members[1].key

    def ask(self, path: str, query: str = "", *, key: str = "", address: str = "a") -> Outcome:
        headers = {"x-key": key or self.key}
        return self.door.rest("POST", path, query, headers, b"", address)

    def value(self, path: str, query: str = "") -> Any:
        found = self.ask(path, query).response
        assert found is not None
        return json.loads(found.body)

    def status(self, path: str = "/time", **more: str) -> int:
        found = self.ask(path, **more).response
        return found.status if found else 0

    def later(self, seconds: float) -> None:
        self.time.run(self.time.elapsed_ns() + int(seconds * SECOND))

    def socket(self, *said: dict[str, str]) -> tuple[Talk, Raw]:
        raw = Raw()
        talk = self.door.open("/ws", "", {}, raw)
        assert talk is not None
        for words in said:
            self.door.said(talk, json.dumps(words).encode())
        raw.sent.clear()
        return talk, raw


def test_an_order_lost_before_it_was_taken_is_not_there_and_one_lost_after_it_is() -> None:
    for fault, there in ((Fault.LOST_BEFORE, 0), (Fault.LOST_AFTER, 1)):
        shop = Shop()
        shop.faults.add(Rule(fault=fault, path="* /order"))
        assert shop.ask("/order", ORDER).response is None
        assert len(shop.value("/open")) == there


@pytest.mark.parametrize(
    "fault, status, there",
    [
        (Fault.UNKNOWN_BEFORE, 503, 0),
        (Fault.UNKNOWN_AFTER, 503, 1),
        (Fault.BUSY, 503, 0),
        (Fault.RATE_LIMIT, 429, 0),
        (Fault.BAN, 418, 0),
        (Fault.HTML, 502, 1),
        (Fault.TRUNCATED, 200, 1),
        (Fault.EMPTY, 200, 1),
        (Fault.SLOW, 200, 1),
        (Fault.TRICKLE, 200, 1),
    ],
)
def test_what_a_fault_answers_and_whether_it_was_done(
    fault: Fault, status: int, there: int
) -> None:
    shop = Shop()
    shop.faults.add(Rule(fault=fault, path="POST /order", count=1, ms=1_500))
    found = shop.ask("/order", ORDER)
    assert found.response is not None
    assert found.response.status == status
    assert len(shop.hall.open_orders(1)) == there
    broken = fault in (Fault.HTML, Fault.TRUNCATED, Fault.EMPTY)
    try:
        json.loads(found.response.body)
    except ValueError:
        assert broken
    else:
        assert not broken
    assert found.delay_ns == (1_500_000_000 if fault == Fault.SLOW else 0)
    assert found.trickle_ns == (1_500_000_000 if fault == Fault.TRICKLE else 0)


def test_a_fault_of_one_account_leaves_the_others_alone() -> None:
    shop = Shop()
    shop.faults.add(Rule(fault=Fault.BUSY, account=1))
    assert shop.status() == 503
    assert shop.status(key=shop.hall.members[2].key) == 200


def test_limits_bans_and_the_end_of_a_ban() -> None:
    shop = Shop()
    assert {shop.status() for _ in range(LIMIT_A_SECOND)} == {200}
    assert [shop.status() for _ in range(4)] == [429, 429, 418, 418]
    assert shop.status(address="b") == 200
    asked = shop.speaker.asked
    shop.later(2)
    assert shop.status() == 418
    assert shop.speaker.asked == asked
    shop.later(120)
    assert shop.status() == 200


def test_a_ban_by_a_fault_lasts_as_long_as_it_says() -> None:
    shop = Shop()
    shop.faults.add(Rule(fault=Fault.BAN, count=1, ms=5_000))
    assert [shop.status(), shop.status()] == [418, 418]
    shop.later(6)
    assert shop.status() == 200


def test_a_venue_whose_clock_is_wrong_says_so_everywhere() -> None:
    shop = Shop()
    shop.faults.add(Rule(fault=Fault.SKEW, ms=-2_500))
    assert shop.value("/time")["time"] == START - 2_500_000_000
    shop.faults.clear()
    assert shop.value("/time")["time"] == START


def test_stale_reads_do_not_know_the_newest() -> None:
    shop = Shop()
    shop.later(5)
    shop.value("/order", ORDER)
    shop.faults.add(Rule(fault=Fault.STALE, path="* /open", ms=2_000))
    assert shop.value("/open") == []
    shop.later(3)
    assert len(shop.value("/open")) == 1


def test_maintenance_is_the_venues_own_words() -> None:
    shop = Shop()
    shop.hall.whole = Status.MAINTENANCE
    assert shop.value("/time") == {"trouble": "maintenance"}
    assert shop.door.open("/ws", "", {}, Raw()) is None


def test_a_server_that_raises_is_answered_for_and_reported() -> None:
    shop = Shop()
    assert shop.status("/raise") == 503
    (report,) = shop.reports
    assert "a server's own mistake" in report


def test_news_can_be_late_twice_or_lost() -> None:
    shop = Shop()
    _, raw = shop.socket({"enter": shop.key})
    order = b'{"private":"OrderNews"}'
    shop.faults.add(Rule(fault=Fault.DUPLICATE, id="x", topic="order"))
    shop.value("/order", ORDER)
    shop.hall.flush()
    assert raw.sent.count(order) == 2
    raw.sent.clear()
    shop.faults.add(Rule(fault=Fault.LATE, id="x", topic="order", ms=700))
    shop.hall.cancel(1, client_id="a")
    shop.hall.flush()
    assert order not in raw.sent
    shop.later(1)
    assert raw.sent.count(order) == 1
    raw.sent.clear()
    shop.faults.add(Rule(fault=Fault.LOST_NEWS, id="x"))
    shop.value("/order", ORDER)
    shop.hall.flush()
    assert raw.sent == []


def test_a_gap_of_depth_is_one_change_that_never_comes() -> None:
    shop = Shop()
    _, raw = shop.socket({"follow": "depth"})
    shop.faults.add(Rule(fault=Fault.GAP, skip=1, count=1))
    for price in ("60001", "60002", "60003"):
        show(shop.hall, SPOT, price)
        shop.hall.flush()
        raw.sent.append(price.encode())
    depth = b'{"market":"DepthNews"}'
    assert raw.sent == [depth, b"60001", b"60002", depth, b"60003"]


def test_frames_are_lost_held_back_cut_in_half_and_late() -> None:
    shop = Shop()
    talk, raw = shop.socket()
    said = b'{"hello": 1}'
    for fault, now, after in (
        (Fault.LOST_BEFORE, [], []), (Fault.LOST_AFTER, [], []), (Fault.SLOW, [], [said]),
        (Fault.GARBLED, [said[:6]], [said[:6]]),
    ):  # fmt: skip
        raw.sent.clear()
        shop.faults.add(Rule(fault=fault, id="x", path="WS *", count=1, ms=500))
        shop.door.said(talk, said)
        assert raw.sent == now
        shop.later(1)
        assert raw.sent == after


def test_a_quiet_socket_says_nothing_and_stays_open() -> None:
    shop = Shop()
    talk, raw = shop.socket({"follow": "trade"})
    shop.faults.add(Rule(fault=Fault.QUIET, path="WS *", count=1, ms=10_000))
    for seconds, heard in ((0, 0), (5, 0), (6, 1)):
        shop.later(seconds)
        show(shop.hall, SPOT, "60100")
        shop.hall.flush()
        assert len(raw.sent) == heard
    assert not talk.over
    assert not raw.aborted


def test_a_frozen_venue_answers_afterwards() -> None:
    shop = Shop()
    talk, raw = shop.socket()
    shop.door.freeze(3 * SECOND)
    assert shop.door.frozen_ns == 3 * SECOND
    shop.door.said(talk, b'{"a": 1}')
    shop.later(2)
    assert raw.sent == []
    shop.later(2)
    assert raw.sent == [b'{"a": 1}']
    assert shop.door.frozen_ns == 0


def test_sockets_of_an_account_are_cut_and_given_up() -> None:
    shop = Shop()
    talk, raw = shop.socket({"enter": shop.key})
    _, other = shop.socket({"enter": shop.hall.members[2].key})
    assert shop.door.drop(1) == 1
    assert (raw.aborted, other.aborted) == (True, False)
    shop.door.gone(talk)
    assert not shop.hall.listening.entered(1)
    assert len(shop.door.talks) == 1


def test_a_session_hears_of_an_end_that_is_not_its_own() -> None:
    shop = Shop()
    for own in (False, True):
        talk, raw = shop.socket()
        session = talk.session
        assert isinstance(session, PlainSession)
        if own:
            talk.close(4000, "enough")
            assert raw.closed == 4000
        shop.door.gone(talk)
        assert session.ended is not own
    assert shop.door.talks == {}


def test_there_is_no_socket_where_the_dialect_has_none() -> None:
    assert Shop().door.open("/nowhere", "", {}, Raw()) is None


@given(
    st.lists(
        st.tuples(st.integers(1, 500), st.integers(0, 9)),
        max_size=9,
        unique_by=lambda level: level[0],
    ),
    st.integers(0, 9),
)
def test_aspoiled_change_differs_in_one_level_and_no_other(
    levels: list[tuple[int, int]], cut: int
) -> None:
    bids, asks = tuple(levels[:cut]), tuple(levels[cut:])
    change = DepthNews(instrument=0, ts_ns=1, first=5, last=6, previous=4, bids=bids, asks=asks)
    wrong = spoiled(change)
    differ = set(wrong.bids) ^ set(bids) | set(wrong.asks) ^ set(asks)
    assert len(differ) == (2 if levels else 0)
    assert (wrong.first, wrong.last, wrong.previous, wrong.spoiled) == (5, 6, 4, True)
    assert change.bids == bids
