"""Framed bytes over a socket, on a real loop."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from steelyard.wire.streams import FRAME_MAX, Link, Streams, read_address


class Heard:
    """Ears that note everything."""

    def __init__(self) -> None:
        self.links: list[Link] = []
        self.frames: list[bytes] = []
        self.ends: list[str] = []
        self.answer: Callable[[Link, bytes], object] = lambda *_: None

    def opened(self, link: Link) -> None:
        self.links.append(link)

    def frame(self, link: Link, body: bytes) -> None:
        self.frames.append(body)
        self.answer(link, body)

    def closed(self, link: Link | None, reason: str) -> None:
        self.ends.append(reason)


class Two:
    """A server, a client, and the loop they share."""

    def __init__(self, address: str) -> None:
        self.loop = asyncio.new_event_loop()
        self.streams = Streams(self.loop)
        self.server, self.client = Heard(), Heard()
        ready: list[str] = []
        self.streams.serve(address, self.server, ready.append)
        self.wait(lambda: bool(ready or self.server.ends))
        if ready:
            self.address = ready[0]
            self.streams.dial(self.address, self.client)
            self.wait(lambda: bool(self.client.links and self.server.links))

    def wait(self, until: Callable[[], bool]) -> None:
        late = self.loop.call_later(10, self.loop.stop)

        def look() -> None:
            if until():
                self.loop.stop()
            else:
                self.loop.call_later(0.001, look)

        self.loop.call_soon(look)
        self.loop.run_forever()
        late.cancel()
        assert until()

    def close(self) -> None:
        self.streams.close()
        self.loop.call_later(0.01, self.loop.stop)
        self.loop.run_forever()
        self.loop.close()


@pytest.fixture(params=["unix", "tcp"])
def two(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Two]:
    two = Two(f"unix:{tmp_path}/s" if request.param == "unix" else "tcp:127.0.0.1:0")
    yield two
    two.close()


def test_frames_come_whole_and_in_order(two: Two) -> None:
    sent = [b"", b"a", bytes(300_000), *(str(i).encode() for i in range(500))]
    for body in sent:
        two.client.links[0].send(body)

    two.wait(lambda: len(two.server.frames) == len(sent))

    assert two.server.frames == sent


def test_frames_are_counted_as_left_only_when_they_may_have(two: Two) -> None:
    link = two.client.links[0]
    numbers = [link.send(bytes(2**20)) for _ in range(40)]

    assert numbers == list(range(1, 41))
    assert 1 <= link.left < 40  # the reader has not read yet
    assert link.waiting > 0
    two.wait(lambda: len(two.server.frames) == 40)
    assert (link.left, link.waiting) == (40, 0)


def test_what_waits_is_sent_before_a_polite_end(two: Two) -> None:
    link = two.client.links[0]
    for _ in range(20):
        link.send(bytes(2**20))
    link.close()
    link.send(b"too late")

    two.wait(lambda: bool(two.server.ends))

    assert len(two.server.frames) == 20


def test_an_end_is_told_to_both(two: Two) -> None:
    two.server.links[0].close(now=True)
    two.wait(lambda: bool(two.client.ends and two.server.ends))
    left = two.client.links[0].left
    two.client.links[0].send(b"nobody hears")
    assert two.client.links[0].left == left


def test_a_frame_that_is_too_large_ends_the_connection(two: Two) -> None:
    two.client.links[0]._transport.write((FRAME_MAX + 1).to_bytes(4, "little"))  # type: ignore[attr-defined]
    two.wait(lambda: bool(two.server.ends and two.client.ends))


def test_nobody_there_is_told(two: Two, tmp_path: Path) -> None:
    ears = Heard()
    two.streams.dial(f"unix:{tmp_path}/nobody", ears)
    two.wait(lambda: bool(ears.ends))
    assert ears.links == []
    assert ears.ends[0].startswith("no connection")


def test_a_path_is_served_once_and_taken_over_from_the_dead(tmp_path: Path) -> None:
    two = Two(f"unix:{tmp_path}/s")
    second = Heard()
    two.streams.serve(f"unix:{tmp_path}/s", second, lambda _: None)
    two.wait(lambda: bool(second.ends))
    assert "already" in second.ends[0]
    assert (tmp_path / "s").stat().st_mode & 0o777 == 0o600
    for server in two.streams._servers:
        server.close()  # as a killed process leaves it: the path stays
    two.streams._paths.clear()
    third = Two(f"unix:{tmp_path}/s")
    third.close()
    two.close()
    assert not (tmp_path / "s").exists()


def test_addresses_are_read() -> None:
    assert read_address("unix:/a/b").path == "/a/b"
    assert read_address("tcp:127.0.0.1:80").port == 80
    for wrong in ("", "unix:", "tcp:1.2.3.4:80", "tcp:127.0.0.1:x", "udp:x", "unix:" + "x" * 101):
        with pytest.raises(ValueError, match="allowed"):
            read_address(wrong)
