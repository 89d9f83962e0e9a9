"""OKX's candles: what it calls their lengths, and which of them are closed."""

from collections.abc import Mapping, Sequence
from typing import Final

from steelyard.model.errors import ConfigurationError
from steelyard.model.events import Bar
from steelyard.venues.native.numbers import units
from steelyard.venues.okx.numbers import MS_NS, decimal_of, rounded

BARS: Final[Mapping[int, str]] = {
    seconds * 1_000_000_000: word
    for seconds, word in (
        (1, "1s"), (60, "1m"), (180, "3m"), (300, "5m"), (900, "15m"), (1_800, "30m"),
        (3_600, "1H"), (7_200, "2H"), (14_400, "4H"), (21_600, "6Hutc"), (43_200, "12Hutc"),
        (86_400, "1Dutc"), (172_800, "2Dutc"), (259_200, "3Dutc"), (604_800, "1Wutc"),
    )
}  # fmt: skip
"""OKX's words for the lengths of bars; from six hours on those that begin at midnight UTC."""

_CONFIRM: Final = 8


def bar_word(bar_ns: int) -> str:
    """Return OKX's word for a bar. Raises ConfigurationError: it has none of this length."""
    word = BARS.get(bar_ns)
    if word is None:
        allowed = ", ".join(BARS.values())
        raise ConfigurationError(f"bars were of {bar_ns} ns, allowed at OKX are {allowed}")
    return word


def is_closed(row: Sequence[str]) -> bool:
    """Say whether a candle will not change any more."""
    if len(row) <= _CONFIRM or row[_CONFIRM] not in {"0", "1"}:
        raise ValueError(f"a candle was {row!r}")
    return row[_CONFIRM] == "1"


def bar_of(row: Sequence[str], bar_ns: int, price: int, quantity: int) -> Bar:
    """Read a candle; `price` and `quantity` are decimals."""
    opened, highest, lowest, closed = (units(text, price) for text in row[1:5])
    return Bar(
        int(row[0]) * MS_NS + bar_ns, opened, highest, lowest, closed,
        rounded(decimal_of(row[5]), quantity),
    )  # fmt: skip
