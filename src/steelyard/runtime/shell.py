"""The shell of a book as its own rooms see it: `desk.Desk` is the one that is built.

Rule: rooms know the desk by this port, so that the desk may know all rooms and no room another's
inside. `account`, `guarding` and `planning` are those of the same desk.
"""

from typing import Any, Protocol

from steelyard.kernel.kernel import Kernel
from steelyard.kernel.ports import Lease
from steelyard.model import events as ev
from steelyard.model.units import Nanos
from steelyard.runtime.clock import BookTime
from steelyard.runtime.parts import Parts
from steelyard.runtime.plan import BookPlan
from steelyard.runtime.robots import Receipt, Robots
from steelyard.runtime.writing import Writer


class Shell(Protocol):
    """One book's shell."""

    parts: Parts
    plan: BookPlan
    phase: str
    kernel: Kernel
    robots: Robots
    account: Any
    guarding: Any
    planning: Any
    writer: Writer
    lease: Lease | None
    time: BookTime

    def hear(self, event: ev.Event) -> None:
        """Number an event, now or behind the one at hand."""
        ...

    def now(self) -> Nanos:
        """Return the time an event that is put in now carries."""
        ...

    def tell(self, level: str, what: str, text: str, robot: int = -1) -> None:
        """Tell people."""
        ...

    def may_create(self) -> str:
        """Say why no create may leave now; "" if one may."""
        ...

    def reconciled(self) -> None:
        """Hear that the account was read."""
        ...

    def wait_for(self, robot: int) -> None:
        """Ask the market to wake a robot."""
        ...

    def market(self, event: ev.Trade | ev.Quote) -> None:
        """Hear a price that a robot waits for."""
        ...

    def receipt(self, receipt: Receipt) -> None:
        """Tell people how a stop ended."""
        ...
