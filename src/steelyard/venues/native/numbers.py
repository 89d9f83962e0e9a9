"""Decimal texts of venues, as exact integer units: the one reader on the hot path.

Rule 1: no binary float is on the way, and nothing is rounded: what does not fit is refused.
Rule 2: digits and one point are read at once; signs, blanks and nonsense go to the one careful
parser (`model.decimals`), which knows no exponent and no grouping.
"""

from typing import Any, Final

from steelyard.model.decimals import to_units
from steelyard.model.errors import NumberError

_REMEMBERED: Final = 50_000
_POWERS: Final[tuple[int, ...]] = tuple(10**n for n in range(40))


class Misspelt(NumberError, ValueError):
    """A text that is no number in the unit; a ValueError, as a dialect's `read` promises."""


def units(text: str, decimals: int) -> int:
    """Read a decimal text into units of 10^-`decimals`. Raises Misspelt."""
    whole, _, fraction = text.partition(".")
    digits = whole + fraction
    if not (digits.isdecimal() and digits.isascii()):
        try:
            return int(to_units(text, decimals))
        except NumberError as error:
            raise Misspelt(str(error)) from None
    missing = decimals - len(fraction)
    if missing >= 0:
        return int(digits) * _POWERS[missing]
    value, rest = divmod(int(digits), _POWERS[-missing])
    if rest:
        raise Misspelt(f"number was {text!r}, allowed are at most {decimals} decimals")
    return value


class Units(dict[str, Any]):
    """`units` of one number of decimals that remembers: prices come again and again.

    Its values are integers; Any, since naming each a Price or Quantity is a call on the hot path.
    """

    __slots__ = ("decimals",)

    def __init__(self, decimals: int) -> None:
        """Read texts into units of 10^-`decimals`."""
        super().__init__()
        self.decimals = decimals

    def __missing__(self, text: str) -> int:
        """Read a text that is not remembered; forget all when there are too many."""
        value = units(text, self.decimals)
        if len(self) >= _REMEMBERED:
            self.clear()
        self[text] = value
        return value
