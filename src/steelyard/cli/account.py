"""`steelyard account`: credentials, sealed in the vault of a house and never shown again.

Rule: no secret is ever taken from the command line or printed; the last four characters of a key
are all that is seen of it.
"""

import os
import sys
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, Parameter

from steelyard.cli.house import DEFAULT_FILE, Config, Json, print_json
from steelyard.model.errors import ConfigurationError

if TYPE_CHECKING:
    from steelyard.app.accounts import Wanted
    from steelyard.venues.native.dialect import Credentials, Profile

app = App(
    name="account",
    help="""Keep the credentials of accounts: encrypted, in one file beside the house's data.

    Secrets are asked for without echo, or read from --key-file (JSON or TOML with key, secret and
    passphrase, chmod 600), or from STEELYARD_API_KEY, STEELYARD_API_SECRET and
    STEELYARD_PASSPHRASE; never from arguments. The key that opens the vault is STEELYARD_VAULT_KEY
    (base64 of 32 bytes, or the word keyring), else the file vault.key beside it.

    Examples:

    steelyard account add main --venue okx --environment testnet

    steelyard exchange --json > there.json; steelyard account add local --venue binance
    --exchange there.json

    steelyard account list

    Exit codes: 0 done, 2 bad input, 3 the venue does not take the key, or nobody could ask it.
    """,
)

Yes = Annotated[bool, Parameter(name="--yes", negative="")]


@app.command
def add(
    name: str,
    *,
    venue: str = "",
    environment: str = "",
    owner: str = "",
    rest: tuple[str, ...] = (),
    ws: tuple[str, ...] = (),
    exchange: Annotated[str, Parameter(allow_leading_hyphen=True)] = "",
    key_file: Path | None = None,
    replace: Annotated[bool, Parameter(name="--replace", negative="")] = False,
    test: bool = True,
    config: Config = DEFAULT_FILE,
    json_: Json = False,
) -> None:
    """Add an account: try its key at the venue, then seal it.

    Parameters
    ----------
    name
        What the configuration calls it.
    venue
        binance, okx, bitget, gate; any other exchange by ccxt's name; ccxt:binance for one of the
        four through ccxt. Not needed where the configuration says it.
    environment
        mainnet (the default), testnet, or any name for addresses of your own.
    owner
        Whose it is; empty: the house's own.
    rest
        An address of your own, as URL or NAME=URL; may be given several times.
    ws
        The same for sockets.
    exchange
        A file with the line that `steelyard exchange --json` prints; - for standard input.
    key_file
        A file with the credentials.
    replace
        Take the place of an account of this name.
    test
        --no-test: do not ask the venue; a key that may withdraw is not noticed then.
    config
        The configuration.
    json_
        Print one JSON object.
    """
    from steelyard.app import accounts

    settings = accounts.settings_of(config)
    vault = accounts.vault_of(config)
    found = None
    if exchange:
        if rest or ws or key_file:
            raise ConfigurationError("--exchange brings addresses and credentials by itself")
        known = accounts.account_in(settings, name)
        wanted_venue = venue or ("" if known is None else known.venue)
        found, rest, ws = accounts.from_exchange(text_of(exchange), wanted_venue)
        environment = environment or ("exchange" if known is None else known.environment)
    wanted = accounts.wanted_of(name, venue, environment, settings, owner=owner, rest=rest, ws=ws)
    if not replace and any(one.account == name for one in vault.places()):
        raise ConfigurationError(f"account {name} is there already; add it with --replace")
    opened = accounts.opened_of(wanted, found or _credentials(wanted, key_file))
    profile = accounts.try_key(opened, accounts.account_in(settings, name)) if test else None
    if warning := vault.add(opened, replace=replace):
        print(f"steelyard: {warning}", file=sys.stderr)
    row = _row(wanted, opened.credentials.key) | _profile(profile)
    if json_:
        print_json(row)
        return
    print(f"account {name} was added: {row['venue']}, {row['environment']}, key {row['key']}")
    _say(row)


@app.command(name="list")
def list_(*, config: Config = DEFAULT_FILE, json_: Json = False) -> None:
    """List the accounts of the vault.

    Parameters
    ----------
    config
        The configuration.
    json_
        Print one JSON object.
    """
    from steelyard.app.accounts import vault_of

    vault = vault_of(config)
    keys = vault.masked()
    rows = [
        {
            "account": one.account, "venue": one.venue, "environment": one.environment,
            "owner": one.owner, "key": keys[one.account] or "(does not open)",
        }
        for one in vault.places()
    ]  # fmt: skip
    if json_:
        print_json({"accounts": rows, "vault": str(vault.path)})
        return
    if not rows:
        print(f"the vault in {vault.path} is empty; `steelyard account add` adds to it")
        return
    from rich.console import Console
    from rich.table import Table

    table = Table("account", "venue", "environment", "owner", "key", box=None)
    for row in rows:
        table.add_row(*row.values())
    Console().print(table)


@app.command(name="test")
def try_(name: str, *, config: Config = DEFAULT_FILE, json_: Json = False) -> None:
    """Ask the venue what an account's key may do.

    Parameters
    ----------
    name
        The account.
    config
        The configuration.
    json_
        Print one JSON object.
    """
    from steelyard.app import accounts

    settings = accounts.settings_of(config)
    known = accounts.account_in(settings, name)
    opened = accounts.from_configuration(known) or accounts.vault_of(config).open(name)
    profile = accounts.try_key(opened, known)
    row = {
        "account": name, "venue": opened.place.venue, "environment": opened.place.environment,
    } | _profile(profile)  # fmt: skip
    if json_:
        print_json(row)
        return
    print(f"account {name} answers: {row['venue']}, {row['environment']}")
    _say(row)


@app.command
def remove(name: str, *, yes: Yes = False, config: Config = DEFAULT_FILE) -> None:
    """Forget an account's credentials; the key at the venue is still valid, and yours to delete.

    Parameters
    ----------
    name
        The account.
    yes
        Do not ask.
    config
        The configuration.
    """
    from steelyard.app.accounts import vault_of

    vault = vault_of(config)
    if not any(one.account == name for one in vault.places()):
        raise ConfigurationError(f"the vault has no account {name}")
    if not yes:
        if not sys.stdin.isatty():
            raise ConfigurationError("nobody can be asked here: say --yes")
        if input(f"forget the credentials of {name}? [y/N] ").strip().lower() not in {"y", "yes"}:
            raise ConfigurationError("nothing was removed")
    vault.remove(name)
    print(f"account {name} was removed; delete its key at the venue, too")


@app.command
def rotate(*, config: Config = DEFAULT_FILE) -> None:
    """Seal every account with a new key of the vault.

    Where STEELYARD_VAULT_KEY holds the key, put the new one before it, with a comma, and ask then.

    Parameters
    ----------
    config
        The configuration.
    """
    from steelyard.app.accounts import vault_of

    print(f"every account is sealed with key {vault_of(config).rotate()} now")


def _credentials(wanted: "Wanted", key_file: Path | None) -> "Credentials":
    from steelyard.app import accounts

    if key_file is not None:
        return accounts.from_file(key_file)
    if (found := accounts.from_environment(os.environ)) is not None:
        return found
    if not sys.stdin.isatty():
        raise ConfigurationError(
            "credentials are missing and nobody can be asked here: give --key-file FILE, or set "
            f"{accounts.KEY_VARIABLE} and {accounts.SECRET_VARIABLE}"
        )
    return accounts.from_prompt(wanted.venue, getpass)


def text_of(source: str) -> str:
    """Read the line of an exchange from a file, or from standard input."""
    if source == "-":
        return sys.stdin.readline()
    try:
        return Path(source).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise ConfigurationError(f"--exchange {source} cannot be read: {why}") from None


def _row(wanted: "Wanted", key: str) -> dict[str, Any]:
    return {
        "account": wanted.name, "venue": wanted.venue, "environment": wanted.environment,
        "owner": wanted.owner, "key": f"…{key[-4:]}" if len(key) > 8 else "…",  # noqa: PLR2004 - half of a short key would be too much
    }  # fmt: skip


def _profile(profile: "Profile | None") -> dict[str, Any]:
    if profile is None:
        return {"tested": False}
    return {
        "tested": True,
        "user": profile.user,
        "permissions": sorted(profile.permissions) if profile.known else None,
        "hedged": profile.hedged,
        "margin_mode": profile.margin_mode,
        "addresses": list(profile.addresses),
        "notes": list(profile.notes),
    }


def _say(row: dict[str, Any]) -> None:
    if not row["tested"]:
        print("it was not tried at the venue")
        return
    rights = row["permissions"]
    print(f"it may {', '.join(rights) if rights else '(the venue does not tell)'}")
    for note in row["notes"]:
        print(f"note: {note}")
