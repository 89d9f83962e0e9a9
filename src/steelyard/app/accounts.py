"""Accounts: credentials come in, are tried, are sealed; nothing of them goes out again.

Rule 1: secrets come from a prompt, a file or variables of the environment, never from a command's
arguments, which every user of the machine can read.
Rule 2: a key is tried before it is kept, and one that may withdraw is refused unless the
configuration of its account insists.
"""

import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from steelyard.app.paper import parameters_of
from steelyard.app.probing import ask_profile
from steelyard.app.venues import GENERIC, checked_url, own_addresses, venue_of
from steelyard.model.errors import ConfigurationError, SteelyardError
from steelyard.model.reports import Fault, Refusal, Reply, Success
from steelyard.services.settings.reading import house_of, read_settings
from steelyard.services.settings.schema import Account, Settings
from steelyard.services.vault.entries import Opened, Place
from steelyard.services.vault.vault import Vault, open_vault
from steelyard.store.folders import home_folder
from steelyard.venues.native.dialect import Addresses, Credentials, Permission, Profile
from steelyard.wire.entropy import fresh_bytes
from steelyard.wire.errands import run_errand

KEY_VARIABLE: Final = "STEELYARD_API_KEY"
SECRET_VARIABLE: Final = "STEELYARD_API_SECRET"  # noqa: S105 - its name
PASSPHRASE_VARIABLE: Final = "STEELYARD_PASSPHRASE"  # noqa: S105 - its name
_WITH_PASSPHRASE: Final = frozenset({"okx", "bitget"})
_FOR_OTHERS: Final = 0o077
_FILE_MAX: Final = 2**16


class NotTaken(SteelyardError):
    """The venue was asked, and the key is not what is wanted."""


class Wanted(Struct, frozen=True, kw_only=True):
    """An account as a person asks for it."""

    name: str
    venue: str
    environment: str
    owner: str = ""
    addresses: Addresses | None = None


def vault_of(config: Path) -> Vault:
    """Open the vault of a house; without a configuration that of this user."""
    folder = home_folder()
    if config.is_file():
        folder = Path(house_of(config, os.environ).data_folder)
    return open_vault(folder, os.environ, fresh_bytes)


def settings_of(config: Path) -> Settings | None:
    """Read the configuration; None: there is none."""
    if not config.is_file():
        return None
    return read_settings(config, os.environ, parameters_of=parameters_of)


def account_in(settings: Settings | None, name: str) -> Account | None:
    """Return an account of the configuration."""
    accounts = () if settings is None else settings.accounts
    return next((one for one in accounts if one.name == name), None)


def wanted_of(
    name: str, venue: str, environment: str, settings: Settings | None, *,
    owner: str = "", rest: tuple[str, ...] = (), ws: tuple[str, ...] = (),
) -> Wanted:  # fmt: skip
    """Put together what was asked for, and hold it against the configuration."""
    known = account_in(settings, name)
    venue = venue_of(venue or ("" if known is None else known.venue))
    if venue == "paper":
        raise ConfigurationError("venue was paper, which needs no credentials")
    addresses = None
    if rest or ws:
        addresses = own_addresses(venue, _urls(rest, ("http", "https")), _urls(ws, ("ws", "wss")))
    if known is not None:
        environment = environment or known.environment
        owner = owner or known.owner
        for what, told, said in (
            ("venue", known.venue, venue), ("environment", known.environment, environment),
            ("owner", known.owner, owner),
        ):  # fmt: skip
            if told != said:
                raise ConfigurationError(
                    f"{what} was {said!r}, the configuration says {told!r} of account {name}"
                )
    environment = environment or ("mainnet" if addresses is None else "own")
    if addresses is None and environment not in {"mainnet", "testnet"}:
        raise ConfigurationError(
            f"environment was {environment!r}, allowed are mainnet and testnet, and any name "
            "together with --rest and --ws, or with --exchange"
        )
    return Wanted(name=name, venue=venue, environment=environment, owner=owner, addresses=addresses)


def addresses_given(venue: str, rest: tuple[str, ...], ws: tuple[str, ...]) -> Addresses:
    """Read addresses of somebody's own, each URL or NAME=URL."""
    return own_addresses(venue, _urls(rest, ("http", "https")), _urls(ws, ("ws", "wss")))


def from_exchange(text: str, wanted: str) -> tuple[Credentials, tuple[str, ...], tuple[str, ...]]:
    """Read one venue out of the line that `steelyard exchange --json` prints."""
    name = venue_of(wanted).removeprefix(GENERIC)
    try:
        found = msgspec.json.decode(text, type=dict[str, Any])
        row = found[name]
        credentials = msgspec.convert(
            {
                "key": row["key"], "secret": row["secret"],
                "passphrase": row.get("passphrase") or "",
            },
            Credentials,
        )  # fmt: skip
        return credentials, _entries(row["rest"]), _entries(row["ws"])
    except (msgspec.MsgspecError, KeyError, AttributeError, TypeError):
        # The text holds secrets: none of it is repeated.
        raise ConfigurationError(
            f"--exchange does not name {name}: allowed is the line of `steelyard exchange --json`"
        ) from None


def from_file(path: Path) -> Credentials:
    """Read credentials from a file, as JSON or TOML: key, secret, passphrase."""
    try:
        if path.stat().st_mode & _FOR_OTHERS:
            raise ConfigurationError(f"{path} may be read by others: chmod 600 {path}")
        text = path.read_text(encoding="utf-8")[:_FILE_MAX]
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise ConfigurationError(f"{path} cannot be read: {why}") from None
    for read in (msgspec.json.decode, tomllib.loads):
        try:
            return msgspec.convert(read(text), Credentials)
        except (msgspec.MsgspecError, ValueError):
            continue
    raise ConfigurationError(
        f"{path} holds no credentials, allowed are key, secret and passphrase as JSON or TOML"
    )


def from_environment(environ: Mapping[str, str]) -> Credentials | None:
    """Read credentials from variables; None: they are not set."""
    key, secret = environ.get(KEY_VARIABLE, ""), environ.get(SECRET_VARIABLE, "")
    if not key and not secret:
        return None
    if not key or not secret:
        missing = SECRET_VARIABLE if key else KEY_VARIABLE
        raise ConfigurationError(f"{missing} is not set, and the other one is")
    return Credentials(key=key, secret=secret, passphrase=environ.get(PASSPHRASE_VARIABLE, ""))


def from_prompt(venue: str, ask: Callable[[str], str]) -> Credentials:
    """Ask a person, without echo."""
    passphrase = ask("passphrase: ") if venue.removeprefix(GENERIC) in _WITH_PASSPHRASE else ""
    return Credentials(key=ask("key: "), secret=ask("secret: "), passphrase=passphrase)


def checked(credentials: Credentials) -> Credentials:
    """Refuse credentials that cannot be any; say nothing of what they are."""
    for what, text in (
        ("key", credentials.key), ("secret", credentials.secret),
        ("passphrase", credentials.passphrase),
    ):  # fmt: skip
        if what != "passphrase" and not text:
            raise ConfigurationError(f"the {what} is empty")
        if text != text.strip() or not text.isprintable() or not text.isascii():
            raise ConfigurationError(
                f"the {what} has spaces around it, or characters that no venue gives out"
            )
    return credentials


def opened_of(wanted: Wanted, credentials: Credentials) -> Opened:
    """Put an account and its credentials together."""
    return Opened(
        place=Place(
            owner=wanted.owner, account=wanted.name, venue=wanted.venue,
            environment=wanted.environment,
        ),
        credentials=checked(credentials),
        addresses=wanted.addresses,
    )  # fmt: skip


def from_configuration(account: Account | None) -> Opened | None:
    """Return the credentials that a configuration holds sealed by itself; they go before others."""
    if account is None or account.api_key is None or account.api_secret is None:
        return None
    return Opened(
        place=Place(
            owner=account.owner, account=account.name, venue=account.venue,
            environment=account.environment,
        ),
        credentials=Credentials(
            key=account.api_key.reveal(), secret=account.api_secret.reveal(),
            passphrase="" if account.passphrase is None else account.passphrase.reveal(),
        ),
    )  # fmt: skip


def try_key(opened: Opened, known: Account | None) -> Profile:
    """Ask the venue what a key may do. Raises NotTaken with what is wrong and what to do."""
    names = () if known is None else known.instruments
    reply = run_errand(lambda reach: ask_profile(reach, opened, names))
    return profile_of(reply, opened, insists=known is not None and known.allow_withdraw_keys)


def profile_of(reply: Reply, opened: Opened, *, insists: bool) -> Profile:
    """Read the answer; a key that may withdraw is not taken unless the configuration insists."""
    name = opened.place.account
    if isinstance(reply, Success) and isinstance(reply.value, Profile):
        profile = reply.value
        if Permission.WITHDRAW in profile.permissions and profile.known and not insists:
            raise NotTaken(
                f"the key of account {name} may withdraw: make one at the venue that may only read "
                "and trade; or write allow_withdraw_keys = true for this account"
            )
        return profile
    if isinstance(reply, Refusal):
        what = {
            Fault.AUTH: "check key, secret and passphrase, the addresses it is bound to, and "
            "whether it is of this environment",
            Fault.CLOCK: "set this machine's clock",
        }.get(reply.fault, "try again later")
        raise NotTaken(f"{opened.place.venue} refuses account {name}: {reply.text}; {what}")
    text = reply.text if not isinstance(reply, Success) else "an answer of another kind"
    raise NotTaken(
        f"{opened.place.venue} could not be asked about account {name}: {text}; "
        "check the network and the addresses"
    )


def _urls(texts: tuple[str, ...], schemes: tuple[str, ...]) -> dict[str, str]:
    urls: dict[str, str] = {}
    for text in texts:
        name, equals, url = text.partition("=")
        if not equals or "://" in name:
            name, url = "", text
        urls[name] = checked_url(url, schemes)
    return urls


def _entries(told: Any) -> tuple[str, ...]:
    if isinstance(told, str):
        return (told,)
    return tuple(f"{name}={url}" for name, url in told.items())
