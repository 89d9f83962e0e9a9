"""The choice tape: every choice a simulation makes, by label, from one seed.

Rule 1: a choice is a bounded whole number, and 0 is always the dull one: no fault, no delay, no
move. A tape that is empty is a run in which nothing goes wrong.
Rule 2: each label has a stream of its own, so that leaving out one choice moves no other.
Rule 3: numbers are arithmetic on integers: equal in every process and every version of Python.
Rule 4: what is stored is what was chosen (`Choices`), never the state of a generator.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

Choices: TypeAlias = dict[str, dict[int, int]]
"""By label, then by place in the label's stream: what was chosen where it was not 0."""

MILLION: Final = 1_000_000
_MASK: Final = (1 << 64) - 1
_STEP: Final = 6364136223846793005
_ODD: Final = 1442695040888963407
_GOLDEN: Final = 0x9E3779B97F4A7C15


class Stream:
    """The choices of one label, drawn."""

    __slots__ = ("_state",)

    def __init__(self, state: int) -> None:
        """Begin at a state that differs for each seed and label."""
        self._state = state

    def below(self, n: int) -> int:
        """Choose one of 0 … n - 1; n is at most 2^32."""
        self._state = state = (self._state * _STEP + _ODD) & _MASK
        # A linear generator's low bits are poor, and its seeds lie close: fold once.
        return (((state >> 32) ^ (state >> 5)) & 0xFFFFFFFF) * n >> 32

    def chance(self, ppm: int) -> bool:
        """Choose whether something happens, so many times in a million."""
        return ppm > 0 and self.below(MILLION) >= MILLION - ppm

    def between(self, low: int, high: int) -> int:
        """Choose one of low … high; low is the dull one."""
        return low + self.below(high - low + 1)


class _Noting(Stream):
    """Draws and keeps what was drawn."""

    __slots__ = ("_at", "_noted")

    def __init__(self, state: int, noted: dict[int, int]) -> None:
        super().__init__(state)
        self._noted = noted
        self._at = 0

    def below(self, n: int) -> int:
        value = super().below(n)
        if value:
            self._noted[self._at] = value
        self._at += 1
        return value


class _Given(Stream):
    """Chooses what it was told; what it was not told, or what does not fit any more, is 0."""

    __slots__ = ("_at", "_given")

    def __init__(self, given: Mapping[int, int]) -> None:
        super().__init__(0)
        self._given = given
        self._at = 0

    def below(self, n: int) -> int:
        value = self._given.get(self._at, 0)
        self._at += 1
        return value if value < n else 0


class Tape:
    """All streams of one run. `noted` fills up while a noting tape runs."""

    def __init__(self, seed: int, *, given: Choices | None = None, noting: bool = False) -> None:
        """Draw from `seed`, and note what was drawn; or choose what is `given`."""
        self.seed = seed
        self.noted: Choices = {}
        self._given = given
        self._noting = noting
        self._start = _mixed(seed * _GOLDEN + 1)

    def stream(self, label: str) -> Stream:
        """Return the label's stream from its beginning; each label is asked for once."""
        if self._given is not None:
            return _Given(self._given.get(label, {}))
        state = _mixed(self._start ^ _hashed(label))
        if self._noting:
            return _Noting(state, self.noted.setdefault(label, {}))
        return Stream(state)


def _hashed(text: str) -> int:
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & _MASK
    return value


def _mixed(value: int) -> int:
    value &= _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)
