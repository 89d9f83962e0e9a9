"""The one way to a venue: what may not leave costs nothing."""

from collections.abc import Callable
from typing import Any

from steelyard.kernel.ports import Heard, Placing
from steelyard.model.reports import NotSent, Reply, Success
from steelyard.runtime.budget import AddressBudget, Budget
from steelyard.runtime.dispatch import Dispatch
from steelyard.venues.paper.rules import PAPER_TERMS


class Hand:
    """A scheduler that is turned by hand."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Callable[..., None], tuple[Any, ...]]] = []

    def now_ns(self) -> int:
        return 0

    def elapsed_ns(self) -> int:
        return 0

    def soon(self, call: Callable[..., None], *args: Any) -> None:
        self.waiting.append((call, args))

    def after(self, delay_ns: int, call: Callable[..., None], *args: Any) -> "Hand":
        return self

    def cancel(self) -> None: ...

    def turn(self) -> None:
        waiting, self.waiting = self.waiting, []
        for call, args in waiting:
            call(*args)


class Door:
    """A venue that takes everything."""

    terms = PAPER_TERMS

    def __init__(self) -> None:
        self.placed = 0
        self.canceled = 0

    def place(self, order: Placing, heard: Heard) -> None:
        self.placed += 1
        heard(Success())

    def cancel(self, client_id: str, instrument: int, heard: Heard) -> None:
        self.canceled += 1
        heard(Success())


def order(number: int) -> Placing:
    return Placing(
        client_id=f"o{number}", instrument=0, side=1, type=1, flags=0, price=1, quantity=1
    )


def test_creates_that_may_not_leave_leave_the_budget_to_cancels() -> None:
    hand, door, heard = Hand(), Door(), list[Reply]()
    dispatch = Dispatch(
        door, hand, Budget(AddressBudget(PAPER_TERMS.windows)),  # type: ignore[arg-type]
        may_create=lambda _: "the kill switch is on", refused=lambda *_: None,
        answered=lambda _: None,
    )  # fmt: skip
    many = PAPER_TERMS.windows[0].weight * 2
    for number in range(many):
        dispatch.place(order(number), heard.append, heard.append, protects=True)
        hand.turn()
    dispatch.cancel("o1", 0, heard.append, heard.append)

    assert (door.placed, door.canceled) == (0, 1)
    assert heard[:-1] == [NotSent(text="the kill switch is on")] * many
