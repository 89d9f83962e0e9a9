"""The simulator's models as a person writes them: `fixed:50ms`, `rate:0.0001`.

| option | allowed |
|---|---|
| queue | through, touch, volume |
| liquidity | traded, unlimited |
| slippage | none, rate:RATIO, half_spread |
| latency | none, fixed:TIME, jitter:TIME±TIME (TIME such as 50ms, 2s, 300us) |
| path | pessimistic, open_high_low_close, open_low_high_close, shortest |
| fees | schedule, MAKER,TAKER as ratios |
| participation | share of a bar's volume that may fill, a ratio |
"""

import re
from dataclasses import dataclass
from decimal import Decimal

from steelyard.model.decimals import format_decimal, parse_decimal
from steelyard.model.errors import ConfigurationError
from steelyard.model.instruments import rate
from steelyard.model.units import RATE_ONE

_TIME = re.compile(r"(\d+(?:\.\d+)?)(ns|us|ms|s)")
_NS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}

CHOICES = {
    "queue": ("through", "touch", "volume"),
    "liquidity": ("traded", "unlimited"),
    "path": ("pessimistic", "open_high_low_close", "open_low_high_close", "shortest"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """How the simulated venue behaves, as text; `read` checks and converts it."""

    queue: str = "through"
    liquidity: str = "traded"
    slippage: str = "rate:0.0001"
    latency: str = "none"
    path: str = "pessimistic"
    fees: str = "schedule"
    participation: str = "0.1"

    def texts(self) -> dict[str, str]:
        """Return the models by name, as they are printed beside a result."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadModels:
    """The models in numbers: rates in 10^-8, times in ns. Fees None: the instrument's schedule."""

    queue: str
    liquidity: str
    path: str
    slippage: str
    slippage_rate: int
    latency: str
    delay_ns: int
    jitter_ns: int
    fees: tuple[int, int] | None
    participation_rate: int


def read_models(models: Models) -> ReadModels:
    """Check every model and convert its numbers."""
    for name, allowed in CHOICES.items():
        value = getattr(models, name)
        if value not in allowed:
            raise ConfigurationError(f"{name} was {value!r}, allowed are {', '.join(allowed)}")
    slippage, slippage_rate = _slippage(models.slippage)
    latency, delay, jitter = _latency(models.latency)
    return ReadModels(
        queue=models.queue, liquidity=models.liquidity, path=models.path,
        slippage=slippage, slippage_rate=slippage_rate, latency=latency, delay_ns=delay,
        jitter_ns=jitter, fees=_fees(models.fees),
        participation_rate=_ratio("participation", models.participation, above_zero=True),
    )  # fmt: skip


def _ratio(what: str, text: str, *, above_zero: bool = False) -> int:
    value = rate(parse_decimal(text, what), what)
    if not 0 <= value <= RATE_ONE or (above_zero and not value):
        least = "above 0" if above_zero else "0"
        raise ConfigurationError(f"{what} was {text!r}, allowed is {least} to 1")
    return int(value)


def _slippage(text: str) -> tuple[str, int]:
    name, colon, number = text.partition(":")
    if name in {"none", "half_spread"} and not colon:
        return name, rate("0.0001") if name == "half_spread" else 0
    if name == "rate" and colon:
        return name, _ratio("slippage", number)
    raise ConfigurationError(
        f"slippage was {text!r}, allowed are none, rate:RATIO such as rate:0.0001, half_spread"
    )


def _latency(text: str) -> tuple[str, int, int]:
    name, colon, rest = text.partition(":")
    if name == "none" and not colon:
        return name, 0, 0
    if name == "fixed":
        return name, _time(rest, text), 0
    if name == "jitter":
        middle, _, spread = rest.replace("+-", "±").partition("±")
        return name, _time(middle, text), _time(spread, text)
    return "none", _time("", text), 0


def _time(text: str, whole: str) -> int:
    if match := _TIME.fullmatch(text.strip()):
        return int(Decimal(match[1]) * _NS[match[2]])
    raise ConfigurationError(
        f"latency was {whole!r}, allowed are none, fixed:TIME or jitter:TIME±TIME, "
        "TIME such as 50ms, 2s or 300us"
    )


def _fees(text: str) -> tuple[int, int] | None:
    if text == "schedule":
        return None
    parts = text.split(",")
    if len(parts) != 2:  # noqa: PLR2004 - maker and taker
        raise ConfigurationError(
            f"fees was {text!r}, allowed are schedule or MAKER,TAKER such as 0.0002,0.0005"
        )
    return int(rate(parts[0], "maker fee")), int(rate(parts[1], "taker fee"))


def fee_text(fees: tuple[int, int]) -> str:
    """Print maker and taker rates in percent."""
    percent = [format_decimal(Decimal(f) * 100 / RATE_ONE) for f in fees]
    return f"maker {percent[0]} %, taker {percent[1]} %"
