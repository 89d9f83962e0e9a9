"""The local exchange: several doors, one market, one list of faults, and hands from outside.

Rule 1: each dialect has a hall of its own; a request at one door is never seen at another.
Rule 2: all dialects show the same price path.
Rule 3: the market's rows happen when they are due, in turns of a few hundred; each second every
hall ticks.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Final

from msgspec import Struct

from steelyard.exchange.hall.door import Door
from steelyard.exchange.hall.faults import Faults, Rule
from steelyard.exchange.hall.floor import HallSettings
from steelyard.exchange.hall.hall import OpenHall
from steelyard.exchange.hall.path import Path, Source
from steelyard.exchange.hall.port import Hall, HallTerms, Speaker
from steelyard.model.errors import OverflowHalt
from steelyard.model.instruments import Instrument
from steelyard.wire.scheduler import Scheduler

_TURN_ROWS: Final = 256
_SECOND_NS: Final = 1_000_000_000


class Dialect(Struct, frozen=True, kw_only=True):
    """What makes a hall and its Speaker."""

    terms: HallTerms
    instruments: tuple[Instrument, ...]
    speaker: Callable[[Hall], Speaker]


class Planned(Struct, frozen=True, kw_only=True):
    """Something that happens by itself: a row of a fault script."""

    at_s: float
    do: str
    values: Mapping[str, object]


class ExchangeSettings(Struct, frozen=True, kw_only=True):
    """With what an exchange is opened."""

    dialects: Sequence[Dialect]
    source: Source
    speed: float = 1.0
    accounts: int = 200
    seed: int = 1
    money: Decimal = Decimal(100_000)
    rules: Sequence[Rule] = ()
    planned: Sequence[Planned] = ()
    report: Callable[[str], None] = lambda _: None
    """Hears of what should not have happened: a server's own faults, with their traces."""


class Exchange:
    """Doors, market and faults of one process."""

    def __init__(self, settings: ExchangeSettings, scheduler: Scheduler) -> None:
        """Open everything and print the first prices."""
        self.settings, self.scheduler = settings, scheduler
        self.faults = Faults()
        for rule in settings.rules:
            self.faults.add(rule)
        kept = HallSettings(accounts=settings.accounts, seed=settings.seed, money=settings.money)
        self.doors: dict[str, Door] = {}
        for one in settings.dialects:
            hall = OpenHall(one.terms, one.instruments, kept)
            door = Door(hall, one.speaker(hall), self.faults, scheduler, settings.report)
            self.doors[door.name] = door
        halls = [door.hall for door in self.doors.values()]
        self.path = Path(settings.source, halls, speed=settings.speed)
        self.path.begin()
        self.opened_ns = scheduler.elapsed_ns()
        self._over = False

    def begin(self) -> None:
        """Let time run."""
        self._turn()
        self._tick()

    def close(self) -> None:
        """Let nothing happen any more."""
        self._over = True

    @property
    def at_s(self) -> float:
        """Return how long the exchange has been open."""
        return (self.scheduler.elapsed_ns() - self.opened_ns) / 1e9

    def flush(self) -> None:
        """Let all news go."""
        for door in self.doors.values():
            door.hall.flush()

    def take_time(self) -> None:
        """Tell every hall what time it is."""
        for door in self.doors.values():
            door.take_time()

    def _turn(self) -> None:
        if self._over:
            return
        self.take_time()
        try:
            self.path.turn(self.scheduler.elapsed_ns(), _TURN_ROWS)
        except OverflowHalt as halt:
            self.settings.report(f"the market went beyond what can be counted: {halt}")
        self.flush()
        self.scheduler.after(self.path.wait_ns(self.scheduler.elapsed_ns()), self._turn)

    def _tick(self) -> None:
        if self._over:
            return
        for door in self.doors.values():
            door.tick()
        self.scheduler.after(_SECOND_NS, self._tick)
