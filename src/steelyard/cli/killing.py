"""`steelyard kill`: the switch that stops every create, and cancels, on the whole platform.

Rule: throwing it needs a folder and nothing else: no house, no journal, no valid configuration.
"""

from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter

from steelyard.cli.house import DEFAULT_FILE, Config, Json, NotRight, find, print_json
from steelyard.model.errors import ConfigurationError

PATIENCE_TURNS: Final = 120
_TURN_NS: Final = 250_000_000


def kill(
    *,
    clear: Annotated[bool, Parameter(name="--clear", negative="")] = False,
    reason: str = "",
    folder: Path | None = None,
    config: Config = DEFAULT_FILE,
    json_: Json = False,
) -> None:
    """Stop everything at once: no order is created any more, open orders are canceled.

    Stops that protect a position stay at the venue. Positions stay: close them with
    `steelyard robot close`. The switch is a file in the data folder; it works without a running
    house, and a house that starts later finds it. With a running house, this waits until no order
    is open, for half a minute at most.

    Parameters
    ----------
    clear
        Take the switch back: robots go on where they stand.
    reason
        Why; it stands in the file, and `steelyard status` shows it.
    folder
        The data folder, for when the configuration cannot be read.
    config
        The configuration that names the house.
    json_
        Print one JSON object.
    """
    from steelyard.app.switch import FileSwitch

    switch = FileSwitch(folder or Path(find(config).data_folder))
    try:
        switch.throw(on=not clear, reason=reason)
    except OSError as error:
        # A full disk still makes the file, and the file is the switch.
        if switch.is_on() == clear:
            raise ConfigurationError(f"the switch {switch.file} cannot be moved: {error}") from None
    if clear:
        if json_:
            print_json({"kill_switch": False})
        else:
            print("the kill switch is off: robots go on where they stand")
        return
    if not json_:
        print(f"the kill switch is on: {switch.file}", flush=True)
    left = _wait(_socket(config, folder), json_)
    if json_:
        print_json({"kill_switch": True, "running": left is not None, "open_orders": left})
    elif left is None:
        print("no house runs; one that starts will cancel its orders and create none")
    if left:
        raise NotRight(f"{left} orders are still open; `steelyard status` shows why")


def _socket(config: Path, folder: Path | None) -> str:
    from steelyard.cli.house import address

    if folder is not None:
        return f"unix:{folder.absolute() / 'control.sock'}"
    return address(find(config))


def _wait(address: str, quiet: bool) -> int | None:
    """Return how many orders are open in the end; None: no house runs."""
    from steelyard.services.control.following import follow

    left: int | None = None
    told = -1
    turns = 0

    def seen(answer: dict[str, Any] | None) -> bool:
        nonlocal left, told, turns
        turns += 1
        if answer is None:
            return True
        # Stops that protect a position stay: only what robots trade with is counted.
        robots = (robot for book in answer["books"] for robot in book["robots"])
        left = sum(robot["open_orders"] for robot in robots)
        if left != told and not quiet:
            print(f"{left} orders open", flush=True)
        told = left
        return left == 0 or turns >= PATIENCE_TURNS

    follow(address, "status", {}, seen, period_ns=_TURN_NS)
    return left
