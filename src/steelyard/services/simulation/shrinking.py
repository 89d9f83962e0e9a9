"""Shrinking: the smallest tape that still fails the same way.

Rule 1: faults go first, then whole streams, then single choices; what is taken out becomes 0.
Rule 2: a candidate counts only if it breaks the same invariant; another failure is another bug.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

from steelyard.services.simulation.tape import Choices

Fails: TypeAlias = Callable[[Choices], bool]
_Part = TypeVar("_Part")


def shrink(choices: Choices, fails: Fails, *, first: str, runs_max: int = 2_000) -> Choices:
    """Return a smaller tape that fails too. Labels that begin with `first` are the faults."""
    budget = [runs_max]
    kept = {label: dict(values) for label, values in choices.items() if values}
    for faults in (True, False):
        kept = _without_labels(kept, fails, budget, first if faults else "")
    singles = [(label, at) for label in sorted(kept) for at in sorted(kept[label])]
    needed_singles = _least(singles, lambda some: fails(_only(kept, some)), budget)
    return _only(kept, needed_singles)


def count(choices: Choices) -> int:
    """Count the choices that are not dull."""
    return sum(len(values) for values in choices.values())


def _without_labels(choices: Choices, fails: Fails, budget: list[int], first: str) -> Choices:
    rest = {label: values for label, values in choices.items() if not label.startswith(first)}

    def with_some(labels: Sequence[str]) -> Choices:
        return rest | {label: choices[label] for label in labels}

    labels = sorted(set(choices) - set(rest))
    return with_some(_least(labels, lambda some: fails(with_some(some)), budget))


def _only(choices: Choices, places: Sequence[tuple[str, int]]) -> Choices:
    smaller: Choices = {}
    for label, at in places:
        smaller.setdefault(label, {})[at] = choices[label][at]
    return smaller


def _least(
    parts: Sequence[_Part], fails: Callable[[Sequence[_Part]], bool], budget: list[int]
) -> Sequence[_Part]:
    """Delta debugging: halves first, then finer pieces, until no piece can be left out."""
    pieces = 2
    parts = list(parts)
    if parts and _spend(budget) and fails([]):
        return []
    while len(parts) > 1:
        size = -(-len(parts) // pieces)
        for start in range(0, len(parts), size):
            if not _spend(budget):
                return parts
            without = parts[:start] + parts[start + size :]
            if without and fails(without):
                parts = without
                pieces = max(pieces - 1, 2)
                break
        else:
            if pieces >= len(parts):
                return parts
            pieces = min(2 * pieces, len(parts))
    return parts


def _spend(budget: list[int]) -> bool:
    budget[0] -= 1
    return budget[0] >= 0
