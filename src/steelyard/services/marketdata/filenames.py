"""What a file's name and folders say: instrument, venue, interval, and whether it is a perpetual.

Rule: a name is a hint. What an option says goes before it, and a name that says nothing about
the instrument is a refusal that tells how to say it.
"""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from steelyard.model.errors import ConfigurationError, DataError, InstrumentNameError
from steelyard.model.names import QUOTES, unify
from steelyard.model.venue_tables import VENUES, venue_named

_SPAN_NS: Final = {
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3_600 * 10**9,
    "d": 86_400 * 10**9,
    "w": 7 * 86_400 * 10**9,
}
_INTERVAL: Final = re.compile(r"(?<![A-Za-z0-9])(\d{1,3})(s|m|min|h|d|w)(?![A-Za-z0-9])")
_SUFFIXES: Final = re.compile(
    r"(\.(gz|zip|csv|txt|log|raw|parquet|feather|arrow|ipc|snapshots|instruments))+$"
)
# Words that say perpetual, in a file's name, or in a folder's that speaks of nothing but markets.
_PERPETUAL: Final = frozenset(
    {"usdm", "usdtm", "perp", "perpetual", "swap", "futures", "mix", "umcbl", "um"}
)
_VENUES: Final = frozenset({word for venue, more in VENUES.items() for word in (venue, *more)})
_MARKETS: Final = _PERPETUAL | {
    "spot", "usdt", "usdc", "data", "klines", "funding", "trades", "l2", "ticks",
}  # fmt: skip
_WORDS_AROUND: Final = frozenset(
    {
        "trades", "trade", "aggtrades", "quotes", "quote", "bookticker", "depth", "book", "klines",
        "candles", "bars", "mark", "funding", "fundingrate", "funding_rate", "futures", "spot",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Hints:
    """What is known about a file before it is opened."""

    file: str
    instrument: str | None = None
    venue: str | None = None
    perpetual: bool = False
    is_asked: bool = False
    interval_ns: int = 0
    words: frozenset[str] = frozenset()

    def named(self) -> str:
        """Return the unified instrument name, or refuse."""
        if self.instrument is None:
            raise DataError(
                "its name says no instrument; give one with --instrument, such as BTC/USDT",
                file=self.file,
            )
        return self.instrument


def hints_of(path: Path, *, instrument: str | None = None, venue: str | None = None) -> Hints:
    """Read hints off a path, where the options say nothing."""
    stem = _SUFFIXES.sub("", path.name)
    place = _words(stem).union(
        *(words for part in path.parts[-4:-1] if (words := _words(part)) <= _VENUES | _MARKETS)
    )
    perpetual = bool(place & _PERPETUAL)
    name = _instrument_in(stem, perpetual=perpetual)
    if instrument is not None:
        # Only the spelling's own word counts: an option of `BTC/USDT` means what it says.
        plain = "/" not in instrument and perpetual
        name = unify(instrument, perpetual=plain)
    return Hints(
        file=str(path),
        instrument=name,
        venue=venue_named(venue) if venue else _venue_in(place),
        perpetual=perpetual,
        is_asked=instrument is not None,
        interval_ns=_interval_in(stem),
        words=_words(stem),
    )


def for_symbol(hints: Hints, symbol: str, *, venue: str, perpetual: bool) -> Hints:
    """Return the hints for one symbol of a file that holds several."""
    return replace(hints, instrument=unify(symbol, perpetual=perpetual), venue=venue)


def _instrument_in(stem: str, *, perpetual: bool) -> str | None:
    """Try the longest leading part of the name that is an instrument, then parts further on."""
    words = re.split(r"([-_ ])", stem)
    names = words[0::2]
    for first in range(len(names)):
        for last in range(min(first + 3, len(names)), first, -1):
            text = "".join(words[2 * first : 2 * last - 1])
            if any(word.lower() in _WORDS_AROUND for word in names[first:last]):
                continue
            if _is_time(names[last - 1]) or _is_time(names[first]):
                continue
            try:
                name = unify(text, perpetual=perpetual)
            except InstrumentNameError:
                continue
            if name.partition("/")[2].partition(":")[0] in QUOTES:  # `my_data` is none
                return name
    return None


def _is_time(word: str) -> bool:
    return word[:1].isdigit() and (word.isdigit() or bool(_INTERVAL.fullmatch(word)))


def _venue_in(words: frozenset[str]) -> str | None:
    found = {venue_named(word) for word in words & _VENUES}
    return found.pop() if len(found) == 1 else None


def _words(text: str) -> frozenset[str]:
    return frozenset(re.split(r"[^a-z0-9]+", text.lower()))


def _interval_in(stem: str) -> int:
    match = _INTERVAL.search(stem.replace("_", "-"))
    return int(match[1]) * _SPAN_NS[match[2][0]] if match else 0


def interval_ns_of(text: str) -> int:
    """Read an interval a person gave: `1m`, `5m`, `1h`, `1d`."""
    match = re.fullmatch(r"(\d{1,3})(s|m|h|d|w)", text.strip())
    if match is None or int(match[1]) == 0:
        raise ConfigurationError(f"interval was {text!r}, allowed is one such as 1m, 5m, 1h or 1d")
    return int(match[1]) * _SPAN_NS[match[2]]
