"""Reading the configuration: the one call that gives checked settings, or every mistake at once.

Rule 1: nothing is used before all of it was checked.
Rule 2: paths are relative to the folder of the main file, whichever layer names them.
Rule 3: the variables of the environment are given: same files, same variables, same settings.
"""

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from steelyard.model.errors import ConfigurationError
from steelyard.services.settings.checking import ParametersOf, check
from steelyard.services.settings.decoding import Reading, decode
from steelyard.services.settings.layers import SECTIONS, Layers, Mistake, near, shown
from steelyard.services.settings.schema import (
    Account,
    Breaking,
    House,
    Limits,
    Paper,
    Robot,
    Settings,
)
from steelyard.services.settings.sealing import read_key
from steelyard.store.folders import home_folder

ENVIRONMENT_VARIABLE: Final = "STEELYARD_ENV"


class Checked(Struct, frozen=True, kw_only=True):
    """Settings, or what is wrong with them."""

    settings: Settings | None
    mistakes: tuple[Mistake, ...] = ()


def read_settings(
    file: Path,
    environ: Mapping[str, str],
    *,
    parameters_of: ParametersOf,
    environment: str | None = None,
) -> Settings:
    """Return the settings; refuse them with all mistakes, one a line."""
    checked = check_settings(file, environ, parameters_of=parameters_of, environment=environment)
    if checked.settings is None:
        raise ConfigurationError("\n".join(map(str, checked.mistakes)))
    return checked.settings


def check_settings(
    file: Path,
    environ: Mapping[str, str],
    *,
    parameters_of: ParametersOf,
    environment: str | None = None,
) -> Checked:
    """Read and check; `environment` goes before the variable STEELYARD_ENV."""
    file = file.absolute()
    if environment is None:
        environment = environ.get(ENVIRONMENT_VARIABLE, "")
    layers = Layers(file)
    layers.add_file(file)
    if environment:
        _add_environment(layers, file, environment)
    _add_secrets(layers, file)
    layers.add_variables(environ)
    settings = check(_decoded(layers, file, environ, environment), layers, parameters_of)
    if layers.mistakes:
        return Checked(settings=None, mistakes=tuple(dict.fromkeys(layers.mistakes)))
    return Checked(settings=settings)


def house_of(file: Path, environ: Mapping[str, str]) -> House:
    """Return where a house is, whatever is wrong with the rest of its configuration.

    For those who must reach it all the same: the kill switch works with a broken file too.
    """
    file = file.absolute()
    layers = Layers(file)
    layers.add_file(file)
    if environment := environ.get(ENVIRONMENT_VARIABLE, ""):
        _add_environment(layers, file, environment)
    layers.add_variables(environ)
    reading = Reading(layers=layers, folder=file.parent, environment=environment, secret_key=None)
    house = decode(House, layers.tree.get("house", {}), ("house",), reading)
    wrong = [one for one in layers.mistakes if one.key.partition(".")[0] in ("", "house")]
    if wrong:
        raise ConfigurationError("\n".join(map(str, wrong)))
    return _completed(house, file.parent, environ)


def files_of(file: Path, environment: str = "") -> tuple[Path, ...]:
    """Name the files that settings come from, those that need not exist included; for watching."""
    stem = file.with_suffix("")
    files = [file, Path(f"{stem}.secrets.toml")]
    if environment:
        files.append(Path(f"{stem}.{environment}.toml"))
    return tuple(files)


def _add_environment(layers: Layers, file: Path, environment: str) -> None:
    if not environment.replace("-", "").replace("_", "").isalnum() or environment == "secrets":
        layers.wrong(
            (), f"environment was {environment!r}, allowed are letters, digits, - and _, "
            "and not the word secrets", where=ENVIRONMENT_VARIABLE,
        )  # fmt: skip
        return
    path = Path(f"{file.with_suffix('')}.{environment}.toml")
    # A mistyped environment must not fall back to the main file in silence.
    layers.add_file(path)


def _add_secrets(layers: Layers, file: Path) -> None:
    house = layers.tree.get("house")
    named = house.get("secrets_file") if isinstance(house, dict) else None
    if isinstance(named, str) and named:
        layers.add_file(file.parent / Path(named).expanduser())
    elif (beside := Path(f"{file.with_suffix('')}.secrets.toml")).exists():
        layers.add_file(beside)


def _decoded(layers: Layers, file: Path, environ: Mapping[str, str], environment: str) -> Settings:
    tree = layers.tree
    for section in tree:
        if section not in SECTIONS:
            layers.wrong((section,), f"is no section{near(section, SECTIONS)}")
    unlocked = Reading(layers=layers, folder=file.parent, environment=environment, secret_key=None)
    house = decode(House, tree.get("house", {}), ("house",), unlocked)
    reading = dataclasses.replace(unlocked, secret_key=_key(house, environ, layers))
    paper = decode(Paper, tree.get("paper", {}), ("paper",), reading)
    breakers = decode(Breaking, tree.get("breakers", {}), ("breakers",), reading)
    platform = decode(Limits, tree.get("platform", {}), ("platform",), reading)
    owners = {
        name: decode(Limits, rows, ("owners", name), reading)
        for name, rows in _tables(layers, "owners").items()
    }
    accounts = [
        _account(name, rows, breakers, reading)
        for name, rows in _tables(layers, "accounts").items()
    ]
    robots = [
        decode(Robot, _called(name, rows, "robots", layers), ("robots", name), reading)
        for name, rows in _tables(layers, "robots").items()
    ]
    return Settings(
        file=file,
        environment=environment,
        house=_completed(house, file.parent, environ),
        paper=_placed(paper, file.parent),
        breakers=breakers,
        accounts=tuple(accounts),
        robots=tuple(robots),
        owners=owners,
        platform=platform,
    )


def _tables(layers: Layers, section: str) -> dict[str, dict[str, Any]]:
    rows = layers.tree.get(section, {})
    if not isinstance(rows, dict):
        layers.wrong((section,), f"was {shown(rows)}, allowed are tables")
        return {}
    for name, row in rows.items():
        if not isinstance(row, dict):
            layers.wrong((section, name), f"was {shown(row)}, allowed is a table")
    return {name: row for name, row in rows.items() if isinstance(row, dict)}


def _called(name: str, rows: dict[str, Any], section: str, layers: Layers) -> dict[str, Any]:
    """Give a table its name; layers tell tables apart by it, so it is never another."""
    if rows.get("name", name) != name:
        layers.wrong((section, name, "name"), f"was {shown(rows['name'])}, its table is {name!r}")
    return rows | {"name": name}


def _account(name: str, rows: dict[str, Any], house: Breaking, reading: Reading) -> Account:
    account = decode(
        Account, _called(name, rows, "accounts", reading.layers), ("accounts", name), reading
    )
    own = rows.get("breakers", {})
    if not isinstance(own, dict):
        return account
    # What an account does not say of its own, the house says for it.
    said = {key: getattr(account.breakers, key) for key in Breaking.__struct_fields__ if key in own}
    return msgspec.structs.replace(account, breakers=msgspec.structs.replace(house, **said))


def _key(house: House, environ: Mapping[str, str], layers: Layers) -> bytes | None:
    try:
        return read_key(environ, Path(house.secret_key_file) if house.secret_key_file else None)
    except ConfigurationError as error:
        layers.wrong(("house", "secret_key_file"), f"does not do: {error}")
        return None


def _completed(house: House, folder: Path, environ: Mapping[str, str]) -> House:
    chosen = house.data_folder or environ.get("STEELYARD_DATA_DIR", "")
    data = (folder / chosen).absolute() if chosen else home_folder()
    journal = house.journal or f"sqlite:///{data / 'journal.db'}"
    scheme, slashes, path = journal.partition(":///")
    if scheme == "sqlite" and slashes:
        journal = f"sqlite:///{(folder / Path(path).expanduser()).absolute()}"
    return msgspec.structs.replace(
        house,
        data_folder=str(data),
        journal=journal,
        control_socket=house.control_socket or str(data / "control.sock"),
    )


def _placed(paper: Paper, folder: Path) -> Paper:
    if paper.market == "generated":
        return paper
    market = str((folder / Path(paper.market).expanduser()).absolute())
    return msgspec.structs.replace(paper, market=market)
