"""`steelyard robot …` and `steelyard breaker …`: what a person does with a running house.

Rule: a stop is answered with its receipt; one the venue has not confirmed ends in code 3.
"""

from typing import Annotated, Any

from cyclopts import App, Parameter

from steelyard.cli.house import DEFAULT_FILE, Config, Json, NotRight, need, print_json
from steelyard.model.errors import ConfigurationError

robot = App(
    name="robot",
    help="""Start, pause, stop, close or change a robot of a running house.

    For example:

    steelyard robot pause grid-1

    steelyard robot stop grid-1 --keep

    steelyard robot close grid-1

    steelyard robot start grid-1

    steelyard robot set grid-1 order_quantity=300

    Exit codes: 0 done, 2 refused (one sentence; nothing was done), 3 the receipt is incomplete.
    """,
)
breaker = App(name="breaker", help="Close a breaker that stopped entries.")


@robot.command
def start(name: str, *, config: Config = DEFAULT_FILE, json_: Json = False) -> None:
    """Start a robot, or start it again after it was paused, stopped or failed.

    Parameters
    ----------
    name
        The robot.
    config
        The configuration that names the house.
    json_
        Print one JSON object.
    """
    _moved(_act(config, name, "start"), json_)


@robot.command
def pause(name: str, *, config: Config = DEFAULT_FILE, json_: Json = False) -> None:
    """Let a robot open nothing new; orders and positions stay.

    Parameters
    ----------
    name
        The robot.
    config
        The configuration that names the house.
    json_
        Print one JSON object.
    """
    _moved(_act(config, name, "pause"), json_)


@robot.command
def stop(
    name: str,
    *,
    keep: Annotated[bool, Parameter(name="--keep", negative="")] = False,
    flatten: Annotated[bool, Parameter(name="--flatten", negative="")] = False,
    config: Config = DEFAULT_FILE,
    json_: Json = False,
) -> None:
    """Cancel a robot's orders and end it, with a receipt of what the venue confirms.

    A robot that holds a position is refused unless it is said what becomes of it.

    Parameters
    ----------
    name
        The robot.
    keep
        Keep its position.
    flatten
        Close its position.
    config
        The configuration that names the house.
    json_
        Print one JSON object.
    """
    if keep and flatten:
        raise ConfigurationError("--keep was given with --flatten, allowed is one of them")
    how = "orders" if keep else "flatten" if flatten else ""
    try:
        found = _act(config, name, "stop", how=how)
    except ConfigurationError as error:
        if not how and "holds a position" in str(error):
            raise ConfigurationError(
                f"{name} holds a position: --keep stops it and keeps the position, --flatten "
                f"closes it, `steelyard robot pause {name}` lets it open nothing new"
            ) from None
        raise
    _receipt(found["receipt"], json_)


@robot.command
def close(name: str, *, config: Config = DEFAULT_FILE, json_: Json = False) -> None:
    """Close a robot's position, cancel its orders and end it; the same as stop --flatten.

    Parameters
    ----------
    name
        The robot.
    config
        The configuration that names the house.
    json_
        Print one JSON object.
    """
    _receipt(_act(config, name, "close")["receipt"], json_)


@robot.command(name="set")
def set_(
    name: str,
    *parameters: str,
    config: Config = DEFAULT_FILE,
    json_: Json = False,
) -> None:
    """Change parameters that may change while a robot runs.

    They hold until the house starts again: then the configuration counts.

    Parameters
    ----------
    name
        The robot.
    parameters
        NAME=VALUE, one or more. `steelyard backtest --parameters grid --json` says which may.
    config
        The configuration that names the house.
    json_
        Print one JSON object.
    """
    given: dict[str, str] = {}
    for text in parameters:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise ConfigurationError(f"a parameter was {text!r}, allowed is NAME=VALUE")
        given[key] = value
    if not given:
        raise ConfigurationError("no parameter was given, allowed is NAME=VALUE, one or more")
    found = need(config, "set", {"name": name, "parameters": given}, "changing a robot")
    if json_:
        print_json(found)
        return
    now = ", ".join(f"{key}={found['parameters'][key]}" for key in given)
    print(f"{name}: {now}")


@breaker.command
def reset(name: str, *, reason: str, config: Config = DEFAULT_FILE, json_: Json = False) -> None:
    """Close a breaker in every book that has it, and forget what it counted.

    Parameters
    ----------
    name
        The breaker, as `steelyard status` names it.
    reason
        Why entries may go on; it is kept in the journal.
    config
        The configuration that names the house.
    json_
        Print one JSON object.
    """
    if not reason.strip():
        raise ConfigurationError("--reason was empty, allowed is a sentence")
    values = {"name": name, "reason": reason}
    found = need(config, "breaker", values, "closing a breaker")
    if json_:
        print_json(found)
    else:
        print(f"breaker {found['breaker']} is {found['state']}")


def _act(config: Any, name: str, act: str, **more: str) -> dict[str, Any]:
    values = {"name": name, "act": act, **more}
    return need(config, "robot", values, f"robot {act}")


def _moved(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(found)
    else:
        print(f"{found['robot']} is {found['state']}")


def _receipt(receipt: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json({"receipt": receipt})
    else:
        orders = receipt["open_orders"]
        print(
            f"{receipt['robot']}: stop {receipt['stop']}, asked {receipt['asked']}, done "
            f"{receipt['done']}\n{orders} open orders, position {receipt['position']}: "
            f"{receipt['text']}"
        )
    if not receipt["complete"]:
        raise NotRight(
            f"the stop of {receipt['robot']} is not confirmed: it goes on, "
            "`steelyard receipts` shows its end"
        )
