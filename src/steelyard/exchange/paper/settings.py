"""What a paper process is given."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from steelyard.kernel.ports import VenueTerms
from steelyard.model.errors import ConfigurationError
from steelyard.model.history import Chunk
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import FUNDING, MARK, QUOTE, TRADE_BUY, TRADE_SELL
from steelyard.venues.paper.exchange import KINDS
from steelyard.venues.paper.rules import PAPER_TERMS, ExchangeRules
from steelyard.venues.sim.settings import SimSettings
from steelyard.wire.streams import read_address

_SERVED: Final = frozenset({TRADE_BUY, TRADE_SELL, QUOTE, FUNDING, MARK})


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperSettings:
    """One paper process.

    `market` gives the rows from the beginning each time it is called; their own times say only how
    far apart they are. `speed` 1 is real time, 10 ten times as fast, infinity as fast as clients
    read. With `loop` the market begins again when it ends, else it stands still. `books` is the
    file the process keeps its state in, every `keep_s` and at its end; None: it forgets. `idle_s`
    without any client ends the process; 0: never. `ticks_waiting_max` bounds the bytes a client
    may be behind with its ticks before some are skipped.
    """

    address: str
    instruments: Sequence[Instrument]
    market: Callable[[], Iterator[Chunk]]
    cash: Sequence[int]
    coins: Sequence[tuple[int, int, int]] = ()
    leverage: int = 1
    hedged: bool = False
    kinds: frozenset[int] = KINDS
    terms: VenueTerms = PAPER_TERMS
    rules: ExchangeRules = ExchangeRules(kept=5_000)
    matching: SimSettings = SimSettings()
    speed: float = 1.0
    loop: bool = True
    books: Path | None = None
    keep_s: float = 5.0
    idle_s: float = 0.0
    pulse_s: float = 5.0
    ticks_waiting_max: int = 4 * 2**20

    def __post_init__(self) -> None:
        """Refuse what cannot be served."""
        try:
            read_address(self.address)
        except ValueError as error:
            raise ConfigurationError(str(error)) from None
        if not self.speed > 0 or math.isnan(self.speed):
            raise ConfigurationError(f"speed was {self.speed}, allowed is above 0")
        if strange := self.kinds - _SERVED:
            raise ConfigurationError(
                f"kinds of rows were {sorted(strange)} among others, a paper process serves "
                "trades, quotes, marks and funding"
            )
        for name, least in (("keep_s", 0.1), ("pulse_s", 0.1), ("idle_s", 0.0)):
            value = getattr(self, name)
            if value < least:
                raise ConfigurationError(f"{name} was {value}, allowed is {least} or more")


def read_speed(text: str) -> float:
    """Read `max` or a factor such as 1 or 2.5."""
    if text == "max":
        return math.inf
    try:
        speed = float(text)
    except ValueError:
        speed = 0.0
    if not 0 < speed < math.inf:
        raise ConfigurationError(f"speed was {text!r}, allowed are max and factors above 0")
    return speed
