"""What one book is asked to be: the values its shell is built from.

Rule: plain frozen values, in units; whoever reads configuration has converted and checked already.
"""

from msgspec import Struct

from steelyard.model.instruments import Instrument
from steelyard.model.kinds import STOP_ORDERS
from steelyard.runtime.lifecycle import Schedule
from steelyard.runtime.signs import Rule

SECOND_NS = 1_000_000_000


class Limits(Struct, frozen=True, kw_only=True):
    """A mandate's numbers; 0: no limit."""

    order_notional_max: int = 0
    position_notional_max: int = 0
    open_orders_max: int = 0
    loss_max: int = 0
    grant: int = 0


class RobotPlan(Struct, frozen=True, kw_only=True):
    """One robot as its owner wants it. `instrument` is the index in the book's instruments."""

    name: str
    strategy: str
    parameters: dict[str, str]
    instrument: int
    capital: int
    stop_rate: int = 0
    limits: Limits = Limits()
    schedule: Schedule = Schedule()
    starts: bool = True
    """Start it by itself when it is new."""
    fixed: frozenset[str] = frozenset()
    """Parameters that hold when the robot is started again, not before."""


class BookPlan(Struct, frozen=True, kw_only=True):
    """One book: an account with its robots. `number` is its number in client ids."""

    name: str
    number: int
    account: str
    venue: str
    instruments: tuple[Instrument, ...]
    robots: tuple[RobotPlan, ...]
    leverage: int = 1
    hedged: bool = False
    limits: Limits = Limits()
    breakers: tuple[Rule, ...] = ()
    robots_max: int = 64
    instruments_max: int = 16
    orders_max: int = 1024
    lease_ns: int = 10 * SECOND_NS
    reconcile_ns: int = 60 * SECOND_NS
    price_age_max_ns: int = 30 * SECOND_NS
    """No create leaves on an older price."""
    drift_small_notional: int = 0
    """Differences of positions up to this worth are repaired unasked (minor units)."""
    snapshot_every: int = 2_000
    exit_stop: int = STOP_ORDERS
    exit_patience_ns: int = 20 * SECOND_NS
    external: str = "adopt"
    """What a trade by hand does to robots: `adopt` books it, `pause` also pauses them."""
