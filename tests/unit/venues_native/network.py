"""A network on virtual time that does what it is told."""

from collections.abc import Callable, Mapping

from steelyard.wire.http import Answer, Failure
from steelyard.wire.sockets import SocketEars
from steelyard.wire.virtual import VirtualTime

SECOND = 1_000_000_000


class Asked:
    """One request under way."""

    def __init__(self, time: VirtualTime, method: str, url: str, body: bytes,
                 heard: Callable[[Answer | Failure], None], deadline_ns: int) -> None:  # fmt: skip
        self.time, self.method, self.url, self.body, self.heard = time, method, url, body, heard
        self.path = url.removeprefix("http://toy")
        self.done = False
        self.left = True
        time.after(deadline_ns, self.fail, "no answer")

    def answer(self, body: str, status: int = 200) -> None:
        self._end(Answer(status, {"used": "7"}, body.encode()))

    def fail(self, text: str = "cut", *, left: bool | None = None) -> None:
        self._end(Failure(self.left if left is None else left, text))

    def _end(self, outcome: Answer | Failure) -> None:
        if not self.done:
            self.done = True
            self.heard(outcome)


class ToyHttp:
    """Keeps requests until a test answers; `servant` answers by itself where it returns a text."""

    def __init__(self, time: VirtualTime) -> None:
        self.time = time
        self.asked: list[Asked] = []
        self.servant: Callable[[Asked], str | None] = lambda _: None
        self.delay_ns = 1_000_000

    def ask(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *,
        deadline_ns: int, heard: Callable[[Answer | Failure], None],
    ) -> None:  # fmt: skip
        asked = Asked(self.time, method, url, body, heard, deadline_ns)
        self.asked.append(asked)
        text = self.servant(asked)
        if text is not None:
            self.time.after(self.delay_ns, asked.answer, text)

    def close(self) -> None:
        """Keep nothing."""

    @property
    def waiting(self) -> list[Asked]:
        return [one for one in self.asked if not one.done]


class ToySocket:
    """One dialled socket, worked by the test."""

    def __init__(self, url: str, ears: SocketEars, headers: Mapping[str, str] | None) -> None:
        self.url, self.ears, self.headers = url, ears, dict(headers or {})
        self.sent: list[bytes] = []
        self.pings = 0
        self.is_open = self.closed = self.over = False
        self.full = False

    def send(self, text: bytes) -> bool:
        if not self.is_open or self.full:
            return False
        self.sent.append(text)
        return True

    def ping(self) -> None:
        self.pings += 1

    def close(self) -> None:
        self.is_open = False
        self.closed = self.over = True

    def open(self) -> "ToySocket":
        self.is_open = True
        self.ears.opened(self)
        return self

    def says(self, *frames: str) -> "ToySocket":
        for frame in frames:
            if self.is_open:
                self.ears.said(self, frame.encode())
        return self

    def alive(self) -> None:
        self.ears.alive(self)

    def cut(self, reason: str = "cut") -> None:
        if not self.over:
            opened, self.is_open, self.over = self.is_open, False, True
            self.ears.closed(self if opened else None, reason)


class ToyDialer:
    """Keeps sockets until a test works them."""

    def __init__(self) -> None:
        self.sockets: list[ToySocket] = []

    def dial(self, url: str, ears: SocketEars, headers: Mapping[str, str] | None = None) -> None:
        self.sockets.append(ToySocket(url, ears, headers))

    def close(self) -> None:
        """Keep nothing."""

    def to(self, url: str) -> list[ToySocket]:
        return [one for one in self.sockets if one.url == url]

    def last(self, url: str) -> ToySocket:
        return self.to(url)[-1]


class World:
    """Time, network, and how far they went."""

    def __init__(self, pick: Callable[[int], int] | None = None) -> None:
        self.time = VirtualTime(epoch_ns=1_700_000_000 * SECOND, pick=pick)
        self.http = ToyHttp(self.time)
        self.dialer = ToyDialer()

    def run(self, span_ns: int = 0) -> None:
        self.time.run(self.time.at_ns + span_ns)
