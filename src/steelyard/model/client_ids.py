"""Client order ids: the text by which a venue knows an order, and we know it again.

Rule 1: the text follows from (book, robot, slot, generation) alone, so it is the same after a
restart, and two different orders can never share one: every field has its own digits.
Rule 2: the text is 27 lower-case letters and digits, which every venue's grammar allows; a
venue that asks for a prefix gets it from `GRAMMARS`.
Rule 3: three digits are a check code. What does not match it is somebody else's order.

    s  book 7  robot 4  slot 6  generation 6  check 3
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

from steelyard.model.errors import ConfigurationError

MARK: Final = "s"
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_PAIRS: Final = tuple(high + low for high in _DIGITS for low in _DIGITS)
_PLACE: Final = {digit: place for place, digit in enumerate(_DIGITS, start=1)}
_BOOK: Final = 7
_ROBOT: Final = 4
_SLOT: Final = 6
_GENERATION: Final = 6
_CHECK: Final = 3
_PRIME: Final = 46649  # the largest below 36^3
_WEIGHT: Final = 37
_SIX: Final = 36**6  # so many values of six digits, and of two
_TWO: Final = 36**2
_PAIR_WEIGHT: Final = _WEIGHT**2
_PAIR_WORTHS: Final = tuple(_WEIGHT * _PLACE[pair[0]] + _PLACE[pair[1]] for pair in _PAIRS)
SLOT_MAX: Final = 36**_SLOT // 2 - 1
# Slots the house keeps for itself, out of the reach of any strategy.
SLOT_STOP: Final = SLOT_MAX  # the protective stop, and its successor while both stand
SLOT_STOP_NEXT: Final = SLOT_MAX - 1
SLOT_CLOSE: Final = SLOT_MAX - 2  # closing a position that a stop leaves
RESERVED: Final = SLOT_CLOSE
_OURS: Final = re.compile(
    rf"{MARK}([0-9a-z]{{{_BOOK}}})([0-9a-z]{{{_ROBOT}}})([0-9a-z]{{{_SLOT}}})"
    rf"([0-9a-z]{{{_GENERATION}}})([0-9a-z]{{{_CHECK}}})"
)


class ClientId(NamedTuple):
    """What an id stands for."""

    book: int
    robot: int
    slot: int
    generation: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Grammar:
    """What a venue allows as a client order id."""

    allowed: str
    prefix: str = ""


GRAMMARS: Final[dict[str, Grammar]] = {
    "binance": Grammar(allowed=r"[.A-Z:/a-z0-9_-]{1,36}"),
    "okx": Grammar(allowed=r"[A-Za-z0-9]{1,32}"),
    "bitget": Grammar(allowed=r"[A-Za-z0-9_:#.+-]{1,40}"),
    # "t-" and up to 28 more.
    "gate": Grammar(allowed=r"t-[0-9A-Za-z_.-]{1,28}", prefix="t-"),
}
"""By venue; one that is not listed takes the bare text."""

_PREFIXES: Final = tuple({grammar.prefix for grammar in GRAMMARS.values() if grammar.prefix})


@lru_cache(maxsize=16_384)
def encode(book: int, robot: int, slot: int, generation: int, *, venue: str = "") -> str:
    """Return the text of an order's id, in the venue's grammar; at most 30 characters."""
    start, total = _started(book, robot, venue)
    # Levels below the anchor are negative: 0, -1, 1, -2 … become 0, 1, 2, 3 …
    folded = 2 * slot if slot >= 0 else -2 * slot - 1
    if not 0 <= folded < _SIX:
        raise _outside(slot, "slot", -SLOT_MAX - 1, SLOT_MAX)
    if not 0 <= generation < _SIX:
        raise _outside(generation, "generation", 0, _SIX - 1)
    # Each order of a robot is named on its way out: twelve digits as six pairs.
    high, low = divmod(folded, _TWO)
    one, two = divmod(high, _TWO)
    high, three = divmod(generation, _TWO)
    four, five = divmod(high, _TWO)
    for pair in (one, two, low, four, five, three):
        total = (total * _PAIR_WEIGHT + _PAIR_WORTHS[pair]) % _PRIME
    pairs = _PAIRS
    return (
        start + pairs[one] + pairs[two] + pairs[low] + pairs[four] + pairs[five] + pairs[three]
        + _digits(total, _CHECK)
    )  # fmt: skip


@lru_cache(maxsize=1_024)
def _started(book: int, robot: int, venue: str) -> tuple[str, int]:
    """Return how all ids of a robot begin, and what that weighs in the check code."""
    for value, width, what in ((book, _BOOK, "book"), (robot, _ROBOT, "robot")):
        if not 0 <= value < 36**width:
            raise _outside(value, what, 0, 36**width - 1)
    grammar = GRAMMARS.get(venue)
    body = MARK + _digits(book, _BOOK) + _digits(robot, _ROBOT)
    return (grammar.prefix if grammar else "") + body, _weighed(body)


@lru_cache(maxsize=65_536)
def decode(text: str) -> ClientId | None:
    """Return what an id of ours stands for, None for anybody else's."""
    for prefix in _PREFIXES:
        text = text.removeprefix(prefix)
    match = _OURS.fullmatch(text)
    if match is None or _digits(_weighed(text[:-_CHECK]), _CHECK) != match[5]:
        return None
    folded = int(match[3], 36)
    slot = -(folded + 1) // 2 if folded & 1 else folded // 2
    return ClientId(int(match[1], 36), int(match[2], 36), slot, int(match[4], 36))


def _digits(value: int, width: int) -> str:
    text = ""
    for _ in range(width // 2):
        value, pair = divmod(value, _TWO)
        text = _PAIRS[pair] + text
    return _DIGITS[value] + text if width % 2 else text


def _outside(value: int, what: str, low: int, high: int) -> ConfigurationError:
    return ConfigurationError(
        f"{what} of a client order id was {value}, allowed is {low} to {high}"
    )


def _weighed(body: str) -> int:
    """Weigh every character by its place: one wrong or two swapped characters always show."""
    total = 0
    for place in map(_PLACE.__getitem__, body):
        total = (total * _WEIGHT + place) % _PRIME
    return total
