"""What the assembly hands to a book's shell."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from msgspec import Struct

from steelyard.kernel.kernel import SeatMaker
from steelyard.kernel.ports import Journal, Venue
from steelyard.runtime.budget import Budget
from steelyard.runtime.dispatch import Dispatch
from steelyard.runtime.market import Market
from steelyard.runtime.orders import Orders
from steelyard.runtime.plan import BookPlan
from steelyard.runtime.reconciling import Reconciling
from steelyard.runtime.resolving import Resolving
from steelyard.runtime.writing import Link, Writer
from steelyard.wire.scheduler import Scheduler


class Switch(Protocol):
    """The kill switch of the whole platform."""

    def is_on(self) -> bool:
        """Say whether no create may leave."""
        ...

    def listen(self, moved: Callable[[], None]) -> None:
        """Be called each time the switch is thrown, either way."""
        ...


class Alert(Struct, frozen=True, kw_only=True):
    """Something a person should hear: `level` is info, warning or critical."""

    ts_ns: int
    level: str
    book: str
    what: str
    text: str
    robot: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Rooms:
    """The classes a shell is put together from; tests put others in their place."""

    writer: type[Writer] = Writer
    dispatch: type[Dispatch] = Dispatch
    orders: type[Orders] = Orders
    resolving: type[Resolving] = Resolving
    reconciling: type[Reconciling] = Reconciling


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """Everything concrete."""

    plan: BookPlan
    version: str
    holder: str
    scheduler: Scheduler
    journal: Journal
    venue: Venue
    market: Market
    switch: Switch
    budget: Budget
    allow: Callable[..., int]
    make_seat: SeatMaker
    link: Link
    genesis: Callable[[str], bytes]
    tell: Callable[[Alert], None]
    rooms: Rooms = field(default_factory=Rooms)
