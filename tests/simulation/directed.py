"""Worlds with chosen faults: a tape that draws as its seed says, but for what goes wrong."""

from typing import Any

from steelyard.services.simulation.plan import FAULT, STRENGTHS
from steelyard.services.simulation.tape import Tape


class Only(Tape):
    """A tape that draws as its seed says, with these faults alone, at full strength."""

    def __init__(self, seed: int, *rows: str) -> None:
        super().__init__(seed)
        self._rows = rows

    def stream(self, label: str) -> Any:
        if label == "weather":
            return Tape(0, given={label: {0: 5}}).stream(label)
        if not label.startswith(FAULT):
            return super().stream(label)
        stream = super().stream(label)
        first = 997 + STRENGTHS - 1 if label.removeprefix(FAULT) in self._rows else 0
        return _First(first, stream)


class _First:
    """A stream whose first choice is given."""

    def __init__(self, first: int, rest: Any) -> None:
        self._first: int | None = first
        self._rest = rest

    def below(self, n: int) -> int:
        if self._first is not None:
            first, self._first = self._first, None
            return first
        return int(self._rest.below(n))

    def between(self, low: int, high: int) -> int:
        return low + self.below(high - low + 1)
