"""Whatever is lost, late, cut or replaced: what is told of a book has no hole that is not said."""

from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.kernel.ports import FeedGap, PriceNews
from steelyard.model.market import Depth
from steelyard.venues.native.dialect import Channel
from steelyard.venues.native.feed import NativeFeed
from tests.unit.venues_native.network import SECOND, ToySocket, World
from tests.unit.venues_native.toys import ToyMarket


class Venue:
    """A book that counts on, told on every socket, with what goes wrong on the way."""

    def __init__(self, seed: int, *, fetches: bool) -> None:
        self.chance = Random(seed)
        self.world = World(pick=self.chance.randrange)
        self.fetches = fetches
        self.number = 10
        self.subscribed: list[ToySocket] = []
        self.told: list[PriceNews] = []
        self.feed = NativeFeed(
            self.world.time, self.world.http, self.world.dialer, ToyMarket(fetches=fetches),
            instruments=1, channels=frozenset({Channel.DEPTH}),
        )  # fmt: skip
        self.feed.listen(self.told.append)

    def change(self, *, loses: bool = True) -> None:
        first = self.number + 1
        self.number += self.chance.randrange(1, 4)
        for socket in self.subscribed:
            if not loses or self.chance.random() > 0.15:
                socket.says(f"B 0 {first} {self.number}")

    def open(self) -> None:
        """Let a dialled socket come to run; some tell the state first."""
        for socket in self.world.dialer.sockets:
            if not socket.is_open and not socket.over:
                socket.open()
                if not self.fetches:
                    socket.says(f"S 0 {self.number}")
                self.subscribed.append(socket)
                socket.says("confirmed x")
                return

    def answer(self, *, good: bool = False) -> None:
        for asked in self.world.http.waiting:
            if good:
                asked.answer(str(self.number))
            else:
                fate = self.chance.random()
                late = self.chance.randrange(12) if fate < 0.5 else 0
                asked.fail() if fate > 0.8 else asked.answer(str(max(0, self.number - late)))

    def cut(self) -> None:
        if self.subscribed:
            self.subscribed.pop(self.chance.randrange(len(self.subscribed))).cut()

    def leave(self) -> None:
        if self.subscribed:
            self.subscribed[-1].says("leaving")

    def step(self) -> None:
        act = self.chance.choice(
            (self.change, self.change, self.change, self.change, self.open, self.answer,
             self.cut, self.leave, self.wait)
        )  # fmt: skip
        act()

    def wait(self) -> None:
        self.world.run(self.chance.choice((1_000_000, SECOND // 5, 2 * SECOND)))


def holes(told: list[PriceNews]) -> list[str]:
    """Find changes that were told though the one before them was not."""
    found, last = [], -1
    for one in told:
        if isinstance(one, FeedGap):
            last = -1
        elif isinstance(one, Depth):
            first = one.bids[0][0]
            if one.snapshot:
                last = int(one.ts_ns)
                continue
            if first != last + 1:
                found.append(f"{first} behind {last}")
            last = int(one.ts_ns)
    return found


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.booleans(), st.integers(20, 200))
def test_no_hole_is_told_as_a_book_and_in_the_end_it_stands(
    seed: int, fetches: bool, steps: int
) -> None:
    venue = Venue(seed, fetches=fetches)
    for _ in range(steps):
        venue.step()
    assert holes(venue.told) == []
    for _ in range(60):  # the storm is over
        venue.open()
        venue.change(loses=False)
        venue.world.run(2 * SECOND)
        venue.answer(good=True)
    assert holes(venue.told) == []
    last = next(one for one in reversed(venue.told) if isinstance(one, Depth))
    assert int(last.ts_ns) == venue.number
