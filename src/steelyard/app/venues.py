"""Every venue there is, in one table: where its parts are found, loaded when they are needed.

Rule 1: a new venue is one folder and one line here.
Rule 2: a venue's folder is loaded by whoever uses it, and by nobody else: a command pays only for
the venue it speaks to.
Rule 3: what has no folder of its own is one of ccxt's exchanges, or nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from inspect import signature
from typing import Any, Final, cast
from urllib.parse import urlsplit, urlunsplit

from msgspec import Struct

from steelyard.model.errors import ConfigurationError
from steelyard.model.instruments import Instrument
from steelyard.model.venue_tables import venue_named
from steelyard.venues.native.dialect import (
    AccountDialect,
    Addresses,
    Credentials,
    MarketDialect,
)
from steelyard.venues.native.tools import Tools

_HERE: Final = frozenset({"127.0.0.1", "::1", "localhost"})
GENERIC: Final = "ccxt:"
"""`ccxt:binance` is Binance through ccxt, though it has a folder of its own."""


class Folder(Struct, frozen=True, kw_only=True):
    """Where a venue's parts are: modules, and `module:name` for what is in one."""

    tools: str
    terms: str
    market: str
    account: str
    name_zh: str


def _folder(name: str, title: str, name_zh: str) -> Folder:
    room = f"steelyard.venues.{name}"
    return Folder(
        tools=f"{room}.tools", terms=f"{room}.terms", market=f"{room}.market:{title}Market",
        account=f"{room}.account:{title}Account", name_zh=name_zh,
    )  # fmt: skip


FOLDERS: Final[Mapping[str, Folder]] = {
    "binance": _folder("binance", "Binance", "币安"),
    "okx": _folder("okx", "Okx", "欧易"),
    "bitget": _folder("bitget", "Bitget", "Bitget"),
    "gate": _folder("gate", "Gate", "Gate"),
}


def tools_of(venue: str) -> Tools:
    """Return the tools of a venue that has a folder. Raises ConfigurationError: it has none."""
    return cast("Tools", _module(_native(venue).tools, venue))


def addresses_of(venue: str, environment: str) -> Addresses:
    """Return where a venue is reached in one of its environments."""
    table: Mapping[str, Addresses] = _module(_native(venue).terms, venue).ADDRESSES
    if environment not in table:
        raise ConfigurationError(
            f"environment was {environment!r}, {venue} has {', '.join(table)}; addresses of your "
            "own are given by --rest and --ws, or by --exchange"
        )
    return table[environment]


def market_class(venue: str) -> Any:
    """Return the class of a venue's public dialect."""
    return _named(_native(venue).market, venue)


def account_class(venue: str) -> Any:
    """Return the class of a venue's private dialect."""
    return _named(_native(venue).account, venue)


def market_of(
    venue: str, addresses: Addresses, instruments: Sequence[Instrument], now_ns: Callable[[], int]
) -> MarketDialect:
    """Return the public dialect of a venue; `now_ns` dates what the venue says without a time."""
    made = market_class(venue)
    more = {"now_ns": now_ns} if "now_ns" in signature(made).parameters else {}
    return cast("MarketDialect", made(addresses=addresses, instruments=tuple(instruments), **more))


def account_of(
    venue: str, addresses: Addresses, credentials: Credentials, instruments: Sequence[Instrument],
    *, hedged: bool, now_ns: Callable[[], int],
) -> AccountDialect:  # fmt: skip
    """Return the private dialect of an account; `now_ns` is the venue's time."""
    made = account_class(venue)
    return cast(
        "AccountDialect",
        made(
            addresses=addresses, credentials=credentials, instruments=tuple(instruments),
            hedged=hedged, now_ns=now_ns,
        ),
    )  # fmt: skip


def is_native(venue: str) -> bool:
    """Say whether a venue has a folder of its own; the rest is ccxt's."""
    return venue in FOLDERS


def venue_of(text: str) -> str:
    """Return the name of a venue in any spelling: native, or `ccxt:` and ccxt's name for it."""
    name = venue_named(text)
    if name in FOLDERS or name == "paper":
        return name
    exchange = name.removeprefix(GENERIC)
    if exchange.isalnum() and exchange in _of_ccxt():
        return GENERIC + exchange
    raise ConfigurationError(
        f"venue was {text!r}, allowed are {', '.join(FOLDERS)}, and any exchange that ccxt knows "
        "under its name there, such as kraken"
    )


def _of_ccxt() -> tuple[str, ...]:
    from steelyard.venues.ccxt.opening import exchanges

    return exchanges()


def _native(venue: str) -> Folder:
    found = FOLDERS.get(venue_named(venue))
    if found is None:
        raise ConfigurationError(f"venue was {venue!r}, allowed are {', '.join(FOLDERS)}")
    return found


def _module(path: str, venue: str) -> Any:
    try:
        return import_module(path)
    except ModuleNotFoundError as error:
        if error.name is None or not path.startswith(error.name):
            raise  # a part of it is missing, not the folder
        raise ConfigurationError(f"{venue} is not in this build: there is no {path}") from None


def _named(path: str, venue: str) -> Any:
    module, _, name = path.partition(":")
    return getattr(_module(module, venue), name)


def own_addresses(venue: str, rest: Mapping[str, str], ws: Mapping[str, str]) -> Addresses:
    """Return addresses of somebody's own, for `steelyard exchange` or a relay.

    The name "" stands for all of a kind: its host takes the place of the venue's, paths stay.
    """
    if not is_native(venue):
        return Addresses(
            rest={name or "rest": url for name, url in rest.items()},
            ws={name or "ws": url for name, url in ws.items()},
        )
    known = addresses_of(venue, "mainnet")
    return Addresses(rest=_own(venue, "rest", known.rest, rest), ws=_own(venue, "ws", known.ws, ws))


def _own(
    venue: str, kind: str, known: Mapping[str, str], given: Mapping[str, str]
) -> dict[str, str]:
    for name in given:
        if name and name not in known:
            raise ConfigurationError(
                f"--{kind} named {name!r}, {venue} has {', '.join(known)}; a bare URL is for all"
            )
    every = given.get("")
    moved = {} if every is None else {name: _moved(url, every) for name, url in known.items()}
    missing = [name for name in known if name not in moved and name not in given]
    if missing and not moved and not given:
        raise ConfigurationError(f"--{kind} is missing; {venue} has {', '.join(known)}")
    return {**moved, **{name: url.rstrip("/") for name, url in given.items() if name}}


def _moved(url: str, base: str) -> str:
    parts, own = urlsplit(url), urlsplit(base)
    return urlunsplit((own.scheme, own.netloc, own.path.rstrip("/") + parts.path, "", ""))


def checked_url(text: str, schemes: tuple[str, ...]) -> str:
    """Return a URL, or refuse it: encrypted, unless it is of this machine."""
    parts = urlsplit(text)
    if parts.scheme not in schemes or not parts.hostname or parts.username or parts.query:
        raise ConfigurationError(f"address was {text!r}, allowed are {'://…, '.join(schemes)}://…")
    if parts.scheme in {"http", "ws"} and parts.hostname not in _HERE:
        raise ConfigurationError(
            f"address was {text!r}, without encryption allowed are addresses of this machine only"
        )
    return text
