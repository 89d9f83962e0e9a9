"""Commands: what we want done. Each kind names its at-most-once rule.

| command | at most once by |
|---|---|
| PlaceOrder | client order id derived from (book, robot, slot, generation); never resent |
| CancelOrder | idempotent: canceling twice cancels once |
| Ask | question number within the book; a repeated answer is ignored |
"""

from typing import TypeAlias

from msgspec import Struct

from steelyard.model.units import Price, Quantity


class PlaceOrder(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
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
    position_side: int = 0


class CancelOrder(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """Cancel the order of this number."""

    number: int
    robot: int
    instrument: int


class Ask(Struct, frozen=True, kw_only=True, tag=True, tag_field="is"):
    """Ask a question, a model's opinion for instance; the answer comes as an event."""

    number: int
    robot: int
    text: str


Command: TypeAlias = PlaceOrder | CancelOrder | Ask
