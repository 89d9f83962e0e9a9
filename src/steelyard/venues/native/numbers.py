"""Decimal texts of venues, as exact integer units: the one reader on the hot path.

Rule 1: no binary float is on the way. `units` rounds nothing: what does not fit is refused.
Rule 2: digits and one point are read at once; signs, blanks and nonsense go to the one careful
parser (`model.decimals`), which knows no exponent and no grouping.
Rule 3: what a venue computed (a balance, a fee, a rate) may have an exponent and more places than
any unit: `number` reads it, and the function that makes units of it says in its name how it rounds.
"""

from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from typing import Any, Final

from steelyard.model.decimals import to_units
from steelyard.model.errors import NumberError

WIDE: Final = Context(prec=80)
"""Digits enough for the product of two 64-bit numbers and a multiplier."""
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


def number(text: str) -> Decimal:
    """Read a decimal, an exponent included. Raises Misspelt."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise Misspelt(f"number was {text!r}, allowed is a decimal number") from None
    if not value.is_finite():
        raise Misspelt(f"number was {text!r}, allowed is a finite number")
    return value


def whole(value: Decimal, decimals: int) -> int:
    """Return a value in units. Raises Misspelt for what would need rounding."""
    scaled = value.scaleb(decimals, WIDE)
    result = int(scaled)
    if result != scaled:
        raise Misspelt(f"number was {value}, allowed are at most {decimals} decimals")
    return result


def nearest(value: Decimal, decimals: int) -> int:
    """Return a value in units, rounded half to even."""
    return int(value.scaleb(decimals, WIDE).to_integral_value(ROUND_HALF_EVEN))


def low(value: Decimal, decimals: int) -> int:
    """Return a value in units, rounded down."""
    return int(value.scaleb(decimals, WIDE).to_integral_value(ROUND_FLOOR))


def high(value: Decimal, decimals: int) -> int:
    """Return a value in units, rounded up."""
    return int(value.scaleb(decimals, WIDE).to_integral_value(ROUND_CEILING))


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
