"""What is wrong with a run, as values."""

from typing import NamedTuple


class Violation(NamedTuple):
    """An invariant that does not hold: which, when (virtual), and the evidence in words."""

    invariant: str
    at_ns: int
    text: str

    def __str__(self) -> str:
        """Say it in one line."""
        return f"{self.invariant} at {self.at_ns / 1e9:.3f} s: {self.text}"
