"""From one tree of text to frozen values, noting every mistake instead of stopping at the first.

Rule 1: a value is read by `model.parameters`, so that a setting and a parameter of a strategy are
refused in the same words.
Rule 2: what is wrong is noted and something harmless stands for it, so that one mistake is told
once and the others are still found.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, TypeVar, get_args, get_origin

import msgspec
from msgspec import NODEFAULT, Meta, Struct
from msgspec.structs import FieldInfo

from steelyard.model.errors import ConfigurationError
from steelyard.model.parameters import Form, Parameter
from steelyard.model.times import parse_time
from steelyard.services.settings.layers import Key, Layers, Number, near, shown
from steelyard.services.settings.sealing import PREFIX, Secret, open_sealed

T = TypeVar("T", bound=Struct)

_FORMS: Final[Mapping[Any, Form]] = {
    int: Form.INTEGER, Decimal: Form.DECIMAL, bool: Form.BOOLEAN, str: Form.TEXT,
    tuple[str, ...]: Form.LIST,
}  # fmt: skip

_HARMLESS: Final[Mapping[Any, Any]] = {str: "", Decimal: Decimal(0), tuple[str, ...]: ()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What reading needs to know besides the value."""

    layers: Layers
    folder: Path
    environment: str
    secret_key: bytes | None


def decode(kind: type[T], tree: Any, key: Key, reading: Reading) -> T:
    """Read one table; what is wrong or missing is noted, and something harmless stands for it."""
    layers = reading.layers
    if not isinstance(tree, dict):
        layers.wrong(key, f"was {shown(tree)}, allowed is a table")
        tree = {}
    found = msgspec.structs.fields(kind)
    names = [one.encode_name for one in found]
    for name in tree:
        if name not in names:
            layers.wrong((*key, name), f"is no setting{near(name, names)}")
    values: dict[str, Any] = {}
    for one in found:
        here = (*key, one.encode_name)
        inner = _inner(one)
        if isinstance(inner, type) and issubclass(inner, Struct):
            values[one.name] = decode(inner, tree.get(one.encode_name, {}), here, reading)
        elif one.encode_name in tree:
            value = _value(one, inner, tree[one.encode_name], here, reading)
            if value is not None:
                values[one.name] = value
        elif one.required:
            layers.wrong(here, f"is missing: {_meta(one).description}")
        if one.required:
            values.setdefault(one.name, _HARMLESS[inner])
    return kind(**values)


def keys(kind: type[Struct], key: Key = ()) -> dict[Key, tuple[Parameter, Meta]]:
    """List every key of a table with its description, tables inside it included."""
    found: dict[Key, tuple[Parameter, Meta]] = {}
    for one in msgspec.structs.fields(kind):
        inner = _inner(one)
        if isinstance(inner, type) and issubclass(inner, Struct):
            found |= keys(inner, (*key, one.encode_name))
        else:
            here = (*key, one.encode_name)
            found[here] = (_parameter(one, inner, here), _meta(one))
    return found


def _value(one: FieldInfo, inner: Any, value: Any, key: Key, reading: Reading) -> Any:
    meta = _meta(one)
    extra = meta.extra or {}
    try:
        if inner == Secret | None:
            return _secret(value, key, reading)
        if get_origin(inner) is dict:
            return _texts(value, key, reading)
        if extra["time"]:
            return _time(value, ".".join(key))
        _no_table(value, inner, key)
        read = _parameter(one, inner, key).read(value)
    except ConfigurationError as error:
        reading.layers.wrong(key, str(error).removeprefix(".".join(key)).strip())
        return None
    if extra["path"] and read:
        return str((reading.folder / Path(read).expanduser()).absolute())
    return read


def _parameter(one: FieldInfo, inner: Any, key: Key) -> Parameter:
    meta = _meta(one)
    extra = meta.extra or {}
    form = _FORMS.get(inner, Form.TEXT)
    if form is Form.TEXT and extra["choices"]:
        form = Form.CHOICE
    above, minimum, maximum = (extra[name] for name in ("above", "minimum", "maximum"))
    return Parameter(
        name=".".join(key), form=form, unit=extra["unit"], doc=meta.description or "",
        default=None if one.default is NODEFAULT else one.default, choices=extra["choices"],
        above=None if above is None else Decimal(above),
        minimum=None if minimum is None else Decimal(minimum),
        maximum=None if maximum is None else Decimal(maximum),
    )  # fmt: skip


def _no_table(value: Any, inner: Any, key: Key) -> None:
    """Refuse what `Parameter` would print as text: tables, dates, numbers that shall be words."""
    wanted = "text in quotes" if inner is str else "one value"
    if inner == tuple[str, ...]:
        wanted = "a list of texts"
        odd = isinstance(value, dict) or (
            isinstance(value, list) and not all(type(one) is str for one in value)
        )
    elif inner is str:
        odd = type(value) is not str
    else:
        odd = isinstance(value, (dict, list, dt.date, dt.time))
        odd = odd or (isinstance(value, bool) and inner is not bool)
    if odd:
        raise ConfigurationError(f"{'.'.join(key)} was {shown(value)}, allowed is {wanted}")


def _time(value: Any, what: str) -> int:
    if isinstance(value, (dt.datetime, dt.date)):
        value = value.isoformat()
    if type(value) is not str:
        raise ConfigurationError(
            f"{what} was {shown(value)}, allowed are ISO dates such as 2024-03-01T12:30"
        )
    return parse_time(value, what) if value else 0


def _texts(value: Any, key: Key, reading: Reading) -> dict[str, str] | None:
    """Read a table of parameters; the strategy says later what each means."""
    if not isinstance(value, dict):
        raise ConfigurationError(f"{'.'.join(key)} was {shown(value)}, allowed is a table")
    texts: dict[str, str] = {}
    for name, one in value.items():
        if isinstance(one, bool):
            texts[name] = "true" if one else "false"
        elif isinstance(one, list) and all(type(part) is str for part in one):
            texts[name] = ", ".join(one)
        elif isinstance(one, (str, Number, int)):
            texts[name] = str(one)
        else:
            reading.layers.wrong(
                (*key, name), f"was {shown(one)}, allowed is one value or a list of texts"
            )
    return texts


def _secret(value: Any, key: Key, reading: Reading) -> Secret | None:
    """Open a sealed secret; what stands in clear comes from a variable, files were searched."""
    if type(value) is not str:
        raise ConfigurationError("is no text, allowed is a sealed secret")
    if not value.startswith(PREFIX):
        return Secret(value) if value else None
    if reading.secret_key is None:
        raise ConfigurationError(
            "is sealed and there is no key: set STEELYARD_SECRET_KEY or house.secret_key_file"
        )
    return open_sealed(
        value, reading.secret_key, environment=reading.environment, account=key[-2], field=key[-1]
    )


def _inner(one: FieldInfo) -> Any:
    """Return the type behind the description."""
    return get_args(one.type)[0] if hasattr(one.type, "__metadata__") else one.type


def _meta(one: FieldInfo) -> Meta:
    (meta,) = one.type.__metadata__
    assert isinstance(meta, Meta)
    return meta
