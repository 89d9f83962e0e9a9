"""What a generated market looks like. Defaults resemble BTC/USDT on a busy day."""

from dataclasses import dataclass, fields
from decimal import Decimal
from enum import StrEnum
from typing import Final

from steelyard.model.errors import ConfigurationError

_START_NS: Final = 1_704_067_200 * 10**9  # 2024-01-01
_MINUTE_NS: Final = 60 * 10**9


class Emits(StrEnum):
    """What rows a generated market consists of."""

    TRADES = "trades"
    QUOTES = "quotes"
    BOTH = "both"
    BARS = "bars"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketSettings:
    """Parameters of a generated market. Its venue is `sim`; `venue` says whose filters it has.

    `count` counts trades, quotes, pairs of quote and trade, or bars. `volatility_day` is the
    standard deviation of a day's return in an ordinary regime; in a volatile one it is
    `volatile_factor` times that, in a range prices turn at `range_width` around its middle, in a
    trend they drift by `trend_day` a day. A regime lasts `regime_hours` on average. `jumps_day`
    jumps of a standard deviation of `jump_size` come a day. `persistence` is the correlation of
    one trade's side with the next one's, `burst_ratio` the share of trades that follow the one
    before within the same millisecond or two. Trade sizes are log-normal around
    `quantity_median` coins.
    """

    instrument: str = "BTC/USDT"
    venue: str = "binance"
    emits: Emits = Emits.TRADES
    count: int = 100_000
    start_ns: int = _START_NS
    interval_ns: int = _MINUTE_NS
    start_price: Decimal = Decimal(60_000)
    tick: Decimal | None = None
    trades_per_s: float = 10.0
    volatility_day: float = 0.03
    volatile_factor: float = 2.5
    trend_day: float = 0.05
    range_width: float = 0.008
    regime_hours: float = 3.0
    jumps_day: float = 4.0
    jump_size: float = 0.004
    spread_ticks: float = 2.0
    persistence: float = 0.6
    burst_ratio: float = 0.4
    quantity_median: float = 0.01
    quantity_sigma: float = 1.4

    def __post_init__(self) -> None:
        """Refuse what makes no market."""
        for name in ("count", "interval_ns", "start_price", "trades_per_s", "regime_hours",
                     "volatile_factor", "range_width", "quantity_median"):  # fmt: skip
            self._check(name, above_zero=True)
        for name in ("volatility_day", "jumps_day", "jump_size", "quantity_sigma"):
            self._check(name, above_zero=False)
        for name in ("persistence", "burst_ratio"):
            value = getattr(self, name)
            if not 0 <= value < 1:
                raise ConfigurationError(f"{name} was {value}, allowed is 0 to below 1")
        if self.spread_ticks < 1:
            raise ConfigurationError(f"spread_ticks was {self.spread_ticks}, allowed is 1 or more")
        if self.tick is not None and self.tick <= 0:
            raise ConfigurationError(f"tick was {self.tick}, allowed is above 0")

    def _check(self, name: str, *, above_zero: bool) -> None:
        value = getattr(self, name)
        if value < 0 or (above_zero and value == 0):
            allowed = "above 0" if above_zero else "0 or more"
            raise ConfigurationError(f"{name} was {value}, allowed is {allowed}")

    def as_text(self) -> str:
        """Print every parameter, for the catalog's note on where the rows come from."""
        return ", ".join(f"{one.name}={getattr(self, one.name)}" for one in fields(self))
