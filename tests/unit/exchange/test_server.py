"""The paper process on links and a time that a test holds in its hands."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import pytest
from msgspec.structs import replace

from steelyard.exchange.paper.server import PaperServer
from steelyard.exchange.paper.settings import PaperSettings
from steelyard.model.errors import ConfigurationError
from steelyard.model.kinds import BAR, BUY
from steelyard.venues.paper import frames
from steelyard.venues.paper.frames import Hello, Message, Named, Order, What
from steelyard.wire.streams import Ears, Streams
from tests.contract import paper_process
from tests.contract.rigs import StillTime
from tests.unit.venues_paper.shop import order

MS = 1_000_000


class Socket:
    """A client's end: what it was told, and how much of it lies unread."""

    def __init__(self, ears: Ears) -> None:
        self.ears = ears
        self.told: list[Message] = []
        self.left = self.waiting = 0
        self.open = True
        ears.opened(self)

    def send(self, body: bytes) -> int:
        self.told.append(frames.read(body))
        return len(self.told)

    def close(self, *, now: bool = False) -> None:
        self.open = False
        self.ears.closed(self, "closed")

    def say(self, what: What, body: Any = None, number: int = 1) -> None:
        self.ears.frame(self, frames.write(what, number, body))

    def hello(self, account: int = 0, *, public: bool = False) -> None:
        self.say(What.HELLO, Hello(frames.PROTOCOL, account, private=account >= 0, public=public))

    def whats(self, *but: What) -> list[What]:
        return [What(m.what) for m in self.told if m.what not in but]


class Doorman:
    """Streams that serve at once."""

    def serve(self, address: str, ears: Ears, ready: Callable[[str], None]) -> None:
        ready(address)


class House:
    """A server, its time, and whether it has ended."""

    def __init__(self, **changes: Any) -> None:
        self.time = StillTime()
        self.ready: list[str] = []
        self.ends: list[int] = []
        settings = paper_process.settings("unix:/nowhere")
        given = {name: getattr(settings, name) for name in PaperSettings.__slots__} | changes
        self.server = PaperServer(PaperSettings(**given), self.ready.append)
        self.server.begin(
            self.time, cast("Streams", Doorman()), lambda: self.ends.append(self.time.ns)
        )

    def client(self, account: int = 0, *, public: bool = False) -> Socket:
        socket = Socket(self.server)
        socket.hello(account, public=public)
        return socket


def test_the_market_runs_and_ticks_come_in_batches() -> None:
    house = House()
    feed = house.client(-1, public=True)
    house.time.pass_ns(10 * MS)

    ticks = [row for m in feed.told if m.what == What.TICKS for row in frames.body_of(m)]
    assert [row[1:4] for row in ticks[:2]] == [(1, 0, 9_991), (3, 0, 9_990)]
    assert [row[0] for row in ticks] == sorted(row[0] for row in ticks)
    assert len(ticks) == 10
    assert house.ready == ["unix:/nowhere"]


def test_a_slow_reader_of_ticks_skips_some_and_is_told() -> None:
    house = House(ticks_waiting_max=1_000)
    slow, quick = house.client(-1, public=True), house.client(-1, public=True)
    slow.waiting = 1_001
    house.time.pass_ns(10 * MS)
    assert What.TICKS not in slow.whats()
    assert What.TICKS in quick.whats()

    slow.waiting = 0
    house.time.pass_ns(2 * MS)

    skipped = next(m for m in slow.told if m.what == What.SKIPPED)
    assert frames.body_of(skipped) == 10
    assert slow.whats()[-1] == What.TICKS


def test_at_full_speed_the_market_waits_for_the_slowest() -> None:
    house = House(ticks_waiting_max=1_000, speed=float("inf"))
    slow = house.client(-1, public=True)
    slow.waiting = 1_001
    house.time.pass_ns(5 * MS)
    assert What.TICKS not in slow.whats()
    slow.waiting = 0
    house.time.run()
    house.time.timers[:] = [min(house.time.timers, key=lambda alarm: alarm.due_ns)]
    alarm = house.time.timers.pop()
    alarm.call(*alarm.args)
    assert What.TICKS in slow.whats()
    assert What.SKIPPED not in slow.whats()


def test_every_connection_of_an_account_hears_its_news_after_the_answer() -> None:
    house = House()
    first, second, other = house.client(1), house.client(1), house.client(2)
    create = Order(house.time.ns, None, order("a", BUY, 9_000, 2))
    first.say(What.PLACE, create, number=7)

    assert first.whats() == [What.WELCOME, What.REPORT, What.ORDER_NEWS]
    assert first.told[1].number == 7
    assert second.whats() == [What.WELCOME, What.ORDER_NEWS]
    assert other.whats() == [What.WELCOME]


def test_who_does_not_read_its_news_is_cut() -> None:
    house = House()
    stuck, asks = house.client(1), house.client(1)
    stuck.waiting = 2**30
    asks.say(What.PLACE, Order(house.time.ns, None, order("a", BUY, 9_000, 2)))
    asks.say(What.CANCEL, Named(house.time.ns, "a", 0))

    assert not stuck.open
    assert asks.whats()[-1] == What.ORDER_NEWS


def test_a_create_that_comes_too_late_is_refused() -> None:
    house = House()
    client = house.client()
    late_ns = house.time.ns - house.server.settings.terms.validity_ns - 1
    client.say(What.PLACE, Order(late_ns, None, order("a", BUY, 9_000, 2)))
    assert client.whats()[-1] == What.REFUSED


@pytest.mark.parametrize(
    "frame",
    [
        b"\xc1",
        frames.write(What.PLACE, 1, "?"),
        frames._encode((99, 1, None)),
        frames.write(What.HELLO, 0, Hello(99, 0, private=True, public=True)),
        frames.write(What.HELLO, 0, Hello(frames.PROTOCOL, 40_000, private=True, public=True)),
        frames.write(What.WELCOME, 0, None),
        frames.write(What.DONE, 0, None),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_who_speaks_nonsense_is_turned_away(frame: bytes, known: bool) -> None:
    house = House()
    client = Socket(house.server)
    if known:
        client.hello()
    client.ears.frame(client, frame)

    assert client.whats()[-1] == What.UNWELCOME
    assert not client.open
    house.client().say(What.HOLDINGS)  # others are served


def test_requests_need_an_account() -> None:
    house = House()
    client = house.client(-1, public=True)
    client.say(What.HOLDINGS)
    assert client.whats()[-1] == What.UNWELCOME


def test_pulses_keep_a_quiet_stream_alive() -> None:
    house = House(pulse_s=1.0)
    client = house.client()
    house.time.pass_ns(3_500 * MS)
    assert client.whats().count(What.PULSE) == 3


def test_it_ends_when_asked_or_idle() -> None:
    house = House(idle_s=2.0)
    client = house.client()
    house.time.pass_ns(10_000 * MS)
    assert house.ends == []
    client.close()
    house.time.pass_ns(3_100 * MS)
    assert len(house.ends) == 1

    asked = House()
    asked.client().say(What.STOP)
    assert len(asked.ends) == 1


def test_books_that_cannot_be_written_end_it(tmp_path: Path) -> None:
    house = House(books=tmp_path / "gone" / "paper.bin", keep_s=1.0)
    shutil.rmtree(tmp_path / "gone")
    house.time.pass_ns(1_500 * MS)

    assert len(house.ends) == 1
    assert "cannot be kept" in house.server.failure
    house.server.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"address": "somewhere"},
        {"speed": 0.0},
        {"speed": float("nan")},
        {"kinds": frozenset({BAR})},
        {"keep_s": 0.0},
    ],
)
def test_settings_that_cannot_be_served_are_named(changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=r"allowed|serves"):
        House(**changes)


def test_terms_are_the_clients_business_and_rules_the_servers() -> None:
    house = House(rules=replace(paper_process.settings("unix:/x").rules, status="cancel_only"))
    client = house.client()
    client.say(What.PLACE, Order(house.time.ns, None, order("a", BUY, 9_000, 2)))
    assert frames.body_of(client.told[-1]).fault == "cancel_only"
