"""Whatever opens, closes, answers or fails, in whatever order: one reply to each request.

A `NotSent` is believed by the runtime: the order is sent anew under another id. So none may be said
of a request that the venue could have heard.
"""

from collections.abc import Callable
from functools import partial
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.model.reports import NotSent, Reply, Success
from tests.unit.venues_native.network import SECOND, Asked, World
from tests.unit.venues_native.toys import door, order


class Storm:
    """A venue, and a network that does anything."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.world = World(pick=self.chance.randrange)
        self.venue = door(self.world)
        self.replies: dict[str, list[Reply]] = {}
        self.within = ""
        self.heard_by_venue: set[str] = set()
        self.done_by_venue: set[str] = set()
        self.numbers: dict[tuple[int, str], str] = {}
        self.hanging: list[Asked] = []
        self.venue.listen(lambda _: None)

    def place(self) -> None:
        kind = self.chance.choice(("a", "rest", "mode", "unspeakable"))
        name = "unspeakable" if kind == "unspeakable" else f"{kind}{len(self.replies)}"
        key = f"{name} {len(self.replies)}"
        self.replies[key] = []
        self.within = key
        entries = self.world.dialer.to("ws://entry")
        before = [len(one.sent) for one in entries]
        self.venue.place(order(name), partial(self.hear, key))
        self.within = ""
        for index, (one, count) in enumerate(zip(entries, before, strict=True)):
            for text in one.sent[count:]:
                if b"place" in text:  # it was handed over: it may have been heard
                    self.heard_by_venue.add(key)
                    self.numbers[index, text.split()[0].decode()] = key

    def hear(self, key: str, reply: Reply) -> None:
        assert self.within != key  # never from within the call
        self.replies[key].append(reply)

    def key_of(self, path: str) -> str | None:
        name = path.removeprefix("/place/")
        return next((key for key in self.replies if key.split()[0] == name), None)

    def http(self) -> None:
        """Let one request over HTTP come to something."""
        waiting = self.world.http.waiting
        if not waiting:
            return
        asked = self.chance.choice(waiting)
        fate = self.chance.choice(("ok", "ok", "no", "html", "lost", "unborn", "hang"))
        if fate == "unborn" and asked in self.hanging:
            fate = "lost"
        key = self.key_of(asked.path) if asked.path.startswith("/place/") else None
        if key is not None and fate != "unborn":
            self.heard_by_venue.add(key)
        if key is not None and fate == "ok":
            self.done_by_venue.add(key)
        match fate:
            case "ok" | "no":
                asked.answer(fate)
            case "html":
                asked.answer("<html>")
            case "lost":
                asked.fail(left=True)
            case "unborn":
                asked.fail(left=False)
            case "hang":
                self.hanging.append(asked)

    def socket(self) -> None:
        """Let something happen on one socket."""
        sockets = [one for one in self.world.dialer.sockets if not one.over]
        if not sockets:
            return
        one = self.chance.choice(sockets)
        if not one.is_open:
            one.open() if self.chance.random() < 0.8 else one.cut()
            return
        act = self.chance.choice(("cut", "welcome", "welcome", "confirmed x", "leaving", "denied x",
                                  "what", "full", "answer", "answer", "answer"))  # fmt: skip
        if act == "cut":
            one.cut()
        elif act == "full":
            one.full = not one.full
        elif act != "answer":
            one.says(act)
        elif one.url == "ws://entry":
            self.answer(self.world.dialer.to("ws://entry").index(one))

    def answer(self, index: int) -> None:
        """Answer a request, sometimes twice, sometimes a wrong one."""
        numbers = [number for (where, number) in self.numbers if where == index]
        number = self.chance.choice([*numbers, "999"])
        word = self.chance.choice(("ok", "no", "what"))
        key = self.numbers.get((index, number))
        if key is not None and word == "ok" and not self.replies[key]:
            self.done_by_venue.add(key)
        self.world.dialer.to("ws://entry")[index].says(f"{number} {word}")

    def step(self) -> None:
        act: Callable[[], None] = self.chance.choice(
            (self.place, self.http, self.http, self.socket, self.socket, self.wait)
        )
        act()

    def wait(self) -> None:
        self.world.run(self.chance.choice((0, 1_000_000, SECOND // 10, SECOND, 7 * SECOND)))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.integers(20, 250))
def test_each_request_has_one_reply_and_none_that_left_is_said_not_to(seed: int, n: int) -> None:
    storm = Storm(seed)
    for _ in range(n):
        storm.step()
    storm.world.run(storm.world.time.at_ns + 60 * SECOND)
    for key, replies in storm.replies.items():
        assert len(replies) == 1, (key, replies)
        if key in storm.heard_by_venue:
            assert not isinstance(replies[0], NotSent), key
        if isinstance(replies[0], Success):
            assert key in storm.done_by_venue, key
    told = sum(map(len, storm.replies.values()))
    storm.venue.close()
    storm.world.run(storm.world.time.at_ns + 60 * SECOND)
    assert sum(map(len, storm.replies.values())) == told
