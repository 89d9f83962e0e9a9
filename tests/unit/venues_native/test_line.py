"""One socket through all of its lives."""

from collections.abc import Callable

import pytest

from steelyard.venues.native.dialect import BookChange, Stream
from steelyard.venues.native.life import GREETING_NS
from steelyard.venues.native.line import Line, spelt
from tests.unit.venues_native.network import SECOND, ToySocket, World
from tests.unit.venues_native.toys import ToyAccount, ToyMarket, change, quote, trade

PLAIN = Stream(url="ws://x", hello=(b"sub",), confirms=1, life_ns=100_000 * SECOND)
LOGIN = Stream(url="ws://x", hello=(b"login",), subscribe=(b"s1", b"s2"), confirms=2)


class Ride:
    """A line and everything it told."""

    def __init__(self, stream: Stream, *, linger_ns: int = 0, market: bool = False) -> None:
        self.world = World()
        self.told: list[object] = []
        self.stream: Stream | None = stream
        read: Callable[[bytes], object] = ToyMarket().read if market else ToyAccount().read
        self.line = Line(
            self.world.time, self.world.dialer, "toy", spell=spelt(lambda: self.stream),
            read=read, tell=self.told.append, caller=self,  # type: ignore[arg-type]
            linger_ns=linger_ns, holds=market, anew=frozenset({BookChange}),
        )  # fmt: skip
        self.line.start()

    @property
    def sockets(self) -> list[ToySocket]:
        return self.world.dialer.sockets

    def up(self, line: Line) -> None:
        self.told.append("up")

    def turned(self, line: Line) -> None:
        self.told.append("turned")

    def ended(self, line: Line, socket: int, reason: str) -> None:
        self.told.append(f"ended {socket}" + (" and runs" if line.running else ""))

    def failed(self, line: Line, reason: str) -> None:
        self.told.append("failed")

    def strange(self, line: Line, text: str) -> None:
        self.told.append("strange")

    def alive(self, line: Line) -> None:
        self.told.append("alive")

    def take(self) -> list[object]:
        told, self.told[:] = list(self.told), []
        return told

    def dialled(self, within_ns: int) -> ToySocket:
        """Let time pass until one more socket is dialled."""
        before = len(self.sockets)
        self.world.run(within_ns)
        assert len(self.sockets) == before + 1
        return self.sockets[-1]


def test_it_subscribes_behind_the_log_in_and_runs_when_all_is_confirmed() -> None:
    ride = Ride(LOGIN)
    (socket,) = ride.sockets
    socket.open()
    assert socket.sent == [b"login"]
    assert ride.line.send(b"early") == 0
    socket.says("welcome")
    assert socket.sent == [b"login", b"s1", b"s2"]
    socket.says("confirmed 1")
    assert ride.take() == []
    socket.says("confirmed 2")
    assert ride.take() == ["up"]
    assert ride.line.send(b"x") == 1


def test_nothing_runs_before_the_log_in_though_nothing_is_confirmed() -> None:
    ride = Ride(Stream(url="ws://x", hello=(b"login",), subscribe=(b"s",)))
    socket = ride.sockets[0].open()
    assert ride.take() == []
    socket.says("welcome")
    assert ride.take() == ["up"]
    assert socket.sent == [b"login", b"s"]


def test_a_log_in_alone_runs_when_it_was_taken() -> None:
    ride = Ride(Stream(url="ws://x", hello=(b"login",), confirms=1))
    ride.sockets[0].open()
    assert ride.take() == []
    ride.sockets[0].says("welcome")
    assert ride.take() == ["up"]


def test_without_anything_to_confirm_it_runs_when_it_is_open() -> None:
    ride = Ride(Stream(url="ws://x"))
    ride.sockets[0].open()
    assert ride.take() == ["up"]


def test_it_pings_in_the_venues_words_or_by_protocol_and_answers_pings() -> None:
    for word, texts, pings in ((b"ping?", [b"sub", b"ping?"], 0), (b"", [b"sub"], 1)):
        ride = Ride(Stream(url="ws://x", hello=(b"sub",), ping=word, ping_ns=10 * SECOND))
        socket = ride.sockets[0].open()
        ride.world.run(11 * SECOND)
        assert (socket.sent, socket.pings) == (texts, pings)
        ride.take()
        socket.says("ping", "pong")
        socket.alive()
        assert socket.sent == [*texts, b"pong!"]
        assert ride.take() == ["alive", "alive", "alive"]


def test_silence_is_death_and_any_word_is_life() -> None:
    ride = Ride(PLAIN)
    socket = ride.sockets[0].open().says("confirmed x")
    for _ in range(20):
        ride.world.run(20 * SECOND)
        socket.says("order a")
    assert len(ride.sockets) == 1
    ride.take()
    ride.world.run(29 * SECOND)
    assert ride.take() == []
    ride.dialled(10 * SECOND)
    assert ride.take() == ["ended 1"]
    assert socket.closed
    socket.says("order a")
    assert ride.take() == []


def test_one_that_does_not_come_to_run_is_given_up() -> None:
    ride = Ride(PLAIN)
    ride.world.run(GREETING_NS - 1)
    assert ride.take() == []
    ride.dialled(SECOND)
    assert ride.take() == ["failed"]
    assert not ride.sockets[0].open().is_open  # it came too late


def test_pauses_grow_and_begin_anew_behind_a_steady_run() -> None:
    ride = Ride(PLAIN)
    ride.sockets[0].cut()
    gaps: list[int] = []
    for _ in range(8):
        before, count = ride.world.time.at_ns, len(ride.sockets)
        while len(ride.sockets) == count:
            ride.world.run(10_000_000)
        gaps.append(ride.world.time.at_ns - before)
        ride.sockets[-1].cut()
    assert gaps[0] <= SECOND // 5
    assert gaps[6] > 8 * gaps[0]
    assert all(gap <= 31 * SECOND for gap in gaps)

    socket = ride.dialled(30 * SECOND).open().says("confirmed x")
    for _ in range(4):
        ride.world.run(10 * SECOND)
        socket.says("pong")
    socket.cut()
    ride.dialled(SECOND // 5)


def test_a_refusal_waits_longer_than_a_cut() -> None:
    ride = Ride(PLAIN)
    ride.sockets[0].open().says("denied key")
    assert ride.take() == ["failed"]
    ride.world.run(2 * SECOND)
    assert len(ride.sockets) == 1
    ride.dialled(10 * SECOND)


def test_what_cannot_be_spelt_is_tried_again() -> None:
    ride = Ride(PLAIN)
    ride.stream = None
    ride.sockets[0].cut()
    ride.world.run(SECOND)
    assert len(ride.sockets) == 1
    assert "failed" in ride.take()
    ride.stream = PLAIN
    ride.dialled(5 * SECOND)


def test_a_new_socket_runs_before_the_old_one_goes() -> None:
    ride = Ride(Stream(url="ws://x", hello=(b"sub",), confirms=1, life_ns=3600 * SECOND))
    old = ride.sockets[0].open().says("confirmed x")
    ride.take()
    while len(ride.sockets) == 1:
        ride.world.run(SECOND)
        old.alive()
    assert 3_200 * SECOND < ride.world.time.at_ns < 3600 * SECOND
    new = ride.sockets[1].open()
    old.says("order a")
    new.says("order b")
    ride.line.send(b"1")
    assert [x for x in ride.take() if x != "alive"] != []
    assert old.sent[-1] == b"1"
    new.says("confirmed x")
    assert ride.take() == ["ended 1 and runs", "turned"]
    assert old.closed
    ride.line.send(b"2")
    assert new.sent[-1] == b"2"


def test_the_venue_says_that_it_leaves() -> None:
    ride = Ride(PLAIN, linger_ns=2 * SECOND)
    old = ride.sockets[0].open().says("confirmed x")
    ride.world.run(20 * SECOND)
    old.says("pong")
    ride.world.run(20 * SECOND)
    old.says("leaving", "leaving")
    new = ride.sockets[1].open().says("confirmed x")
    assert len(ride.sockets) == 2
    ride.take()
    old.says("order late")  # for a while it is still heard
    assert len(ride.take()) == 1
    ride.world.run(3 * SECOND)
    assert old.closed
    assert ride.take() == ["ended 1 and runs"]
    assert new.is_open


def test_a_turn_that_fails_leaves_the_old_one_and_is_tried_again() -> None:
    ride = Ride(PLAIN)
    old = ride.sockets[0].open().says("confirmed x")
    ride.take()
    ride.line.turn()
    ride.line.turn()
    ride.dialled(SECOND).cut()
    assert ride.take() == ["failed"]
    assert ride.line.running
    ride.dialled(SECOND).open().says("confirmed x")
    assert old.closed
    assert ride.take() == ["ended 1 and runs", "turned"]


def test_the_old_one_breaks_while_the_new_one_is_on_its_way() -> None:
    ride = Ride(PLAIN)
    old = ride.sockets[0].open().says("confirmed x")
    ride.line.turn()
    new = ride.dialled(SECOND).open()
    ride.take()
    old.cut()
    assert ride.take() == ["ended 1"]
    new.says("confirmed x")
    assert ride.take() == ["up"]
    ride.world.run(5 * SECOND)
    assert len(ride.sockets) == 2


def test_a_market_is_told_once_and_its_books_anew_when_a_new_socket_takes_over() -> None:
    ride = Ride(PLAIN, market=True)
    old = ride.sockets[0].open().says("confirmed x", "T 1 10", "B 0 1 1")
    ride.line.turn()
    new = ride.dialled(SECOND).open()
    ride.take()
    old.says("T 2 10", "T 2 10", "B 0 2 2")
    new.says("S 0 1", "B 0 2 2", "T 2 10", "T 2 10", "T 2 10", "Q 3 9")
    old.says("Q 3 9")
    assert ride.take() == [trade(2, 10), trade(2, 10), change(0, 2, 2), quote(3, 9)]
    new.says("confirmed x")
    assert ride.take() == [
        "ended 1 and runs", "turned", change(0, 0, 1, snapshot=True), change(0, 2, 2), trade(2, 10),
    ]  # fmt: skip
    new.says("T 4 10")
    assert ride.take() == [trade(4, 10)]


def test_what_nobody_understands_is_told_and_breaks_nothing() -> None:
    ride = Ride(PLAIN)
    ride.sockets[0].open().says("confirmed x", "what", "order a")
    assert ride.take()[:2] == ["up", "strange"]
    assert ride.line.running


def test_a_socket_that_takes_nothing_is_over() -> None:
    ride = Ride(PLAIN)
    socket = ride.sockets[0]
    socket.full = True
    socket.open()
    assert ride.take() == ["failed"]
    assert socket.closed


@pytest.mark.parametrize("state", ["dialled", "open", "running", "turning", "lingering", "paused"])
def test_nothing_is_told_after_closing(state: str) -> None:
    ride = Ride(PLAIN, linger_ns=5 * SECOND)
    first = ride.sockets[0]
    if state != "dialled":
        first.open()
    if state in ("running", "turning", "lingering"):
        first.says("confirmed x")
    if state in ("turning", "lingering"):
        ride.line.turn()
        ride.dialled(SECOND).open()
    if state == "lingering":
        ride.sockets[1].says("confirmed x")
    if state == "paused":
        first.cut()
    ride.take()
    ride.line.close()
    for socket in ride.sockets:
        socket.open() if state == "dialled" else socket.says("order a")
        socket.cut()
    ride.world.run(100 * SECOND)
    assert ride.take() == []
    assert all(socket.over for socket in ride.sockets)
    assert len(ride.sockets) <= 2
