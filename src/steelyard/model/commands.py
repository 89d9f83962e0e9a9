"""Commands: what we want done. Each kind names its at-most-once rule.

| command | at most once by |
|---|---|
| PlaceOrder | client order id derived from (book, robot, slot, generation); never resent |
| CancelOrder | idempotent: canceling twice cancels once |
| Ask | question number within the book; a repeated answer is ignored |
"""

from dataclasses import dataclass
from typing import TypeAlias

from steelyard.model.units import Price, Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceOrder:
    """Place an order. `type` and `flags` as in `model.kinds`."""

    number: int
    robot: int
    instrument: int
    side: int
    type: int
    flags: int
    price: Price
    quantity: Quantity
    slot: int
    generation: int
    trigger: Price = Price(0)
    trail: Price = Price(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """Cancel the order of this number."""

    number: int
    robot: int
    instrument: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Ask a question, a model's opinion for instance; the answer comes as an event."""

    number: int
    robot: int
    text: str


Command: TypeAlias = PlaceOrder | CancelOrder | Ask
