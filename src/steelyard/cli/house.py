"""How a command finds its house and speaks to it.

Rule 1: every command takes `--config FILE`, robots.toml of this folder unless it says otherwise.
Rule 2: finding the house needs no more of the file than its [house]: a mistake elsewhere stops
nobody from looking or from stopping.
Rule 3: with `--json` a command prints one object and nothing else.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter

from steelyard.model.errors import ConfigurationError, SteelyardError

if TYPE_CHECKING:
    from steelyard.services.settings.schema import House, Settings

DEFAULT_FILE: Final = Path("robots.toml")
Config = Annotated[Path, Parameter(name=["--config", "-c"])]
Json = Annotated[bool, Parameter(name="--json", negative="")]


class NotRight(SteelyardError):
    """What was asked for was done or looked at, and something is not as it should be."""


def find(config: Path) -> "House":
    """Return where the house of a configuration is."""
    from steelyard.services.settings.reading import house_of

    return house_of(_there(config), os.environ)


def read(config: Path) -> "Settings":
    """Read a whole configuration with this process's environment."""
    from steelyard.app.paper import parameters_of
    from steelyard.services.settings.reading import read_settings

    return read_settings(_there(config), os.environ, parameters_of=parameters_of)


def _there(config: Path) -> Path:
    if not config.is_file():
        raise ConfigurationError(
            f"configuration {config} was not found; name the file with --config FILE"
        )
    return config


def address(house: "House") -> str:
    """Return where a running house is asked."""
    return f"unix:{house.control_socket}"


def ask(config: Path, op: str, values: Mapping[str, Any] | None = None) -> dict[str, Any] | None:
    """Return a running house's answer, or None where none runs; a refusal is a sentence."""
    from steelyard.services.control.asking import ask as ask_at

    answer = ask_at(address(find(config)), op, values or {})
    if answer is None:
        return None
    answer.pop("id", None)
    if error := answer.get("error"):
        raise ConfigurationError(str(error))
    return answer


def need(config: Path, op: str, values: Mapping[str, Any], what: str) -> dict[str, Any]:
    """Return a running house's answer; without one, say that `what` needs it."""
    answer = ask(config, op, values)
    if answer is None:
        raise ConfigurationError(
            f"no house runs for {config}, and {what} needs one: start it with "
            f"`steelyard run {config}`"
        )
    return answer


def print_json(values: Mapping[str, Any]) -> None:
    """Print one object."""
    print(json.dumps(values, ensure_ascii=False))
