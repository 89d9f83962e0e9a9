"""Configurations for tests, and a strategy's parameters."""

import textwrap
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from steelyard.model.errors import ConfigurationError
from steelyard.model.parameters import Parameter, declared_parameters, parameter
from steelyard.services.settings.reading import Checked, check_settings
from steelyard.services.settings.schema import Settings

MAIN = """
[house]
data_folder = "data"

[paper]
cash = "5000"

[[accounts]]
name = "main"
instruments = ["BTC/USDT", "ETHUSDT"]

[[robots]]
name = "grid-1"
account = "main"
instrument = "BTCUSDT"
capital = "1000"
parameters = { price_interval = "50.5", order_quantity = 30 }
"""


class GridLike:
    price_interval: Decimal = parameter(unit="quote", above=0, doc="distance of levels")
    order_quantity: Decimal = parameter(unit="quote", above=0, doc="budget", changeable=True)
    post_only: bool = parameter(True, unit="", doc="orders rest")
    mode: str = parameter("long", unit="", doc="direction", choices=("long", "short"))


def parameters_of(strategy: str) -> Sequence[Parameter]:
    if strategy == "grid" or strategy.endswith("my.py:Mine"):
        return declared_parameters(GridLike)
    raise ConfigurationError(f"strategy was {strategy!r}, allowed are grid")


def write(folder: Path, **texts: str) -> Path:
    """Write robots.toml from `main`, robots.x.toml from `x`; return the first."""
    for name, text in texts.items():
        file = "robots.toml" if name == "main" else f"robots.{name}.toml"
        (folder / file).write_text(textwrap.dedent(text), encoding="utf-8")
    return folder / "robots.toml"


def checked(folder: Path, environ: Mapping[str, str] | None = None, **texts: str) -> Checked:
    return check_settings(write(folder, **texts), environ or {}, parameters_of=parameters_of)


def settings(folder: Path, environ: Mapping[str, str] | None = None, **texts: str) -> Settings:
    found = checked(folder, environ, **texts)
    assert found.settings is not None, "\n".join(map(str, found.mistakes))
    return found.settings


def mistakes(folder: Path, environ: Mapping[str, str] | None = None, **texts: str) -> list[str]:
    return [str(one) for one in checked(folder, environ, **texts).mistakes]
