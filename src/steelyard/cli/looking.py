"""`steelyard status`, `orders`, `fills`, `positions`, `receipts`, `alerts`: what a house shows.

Rule 1: a running house is asked; of one that does not run, the journal is read, and that is said.
Rule 2: fills and receipts are read from the journal always: a long read must not stall trading.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from cyclopts import Parameter

from steelyard.cli.house import DEFAULT_FILE, Config, Json, ask, find, need, print_json
from steelyard.model.errors import ConfigurationError

_SECOND_NS: Final = 1_000_000_000
Lang = Literal["en", "zh"]


def status(
    *,
    watch: Annotated[bool, Parameter(name=["--watch", "-w"], negative="")] = False,
    lang: Lang = "en",
    config: Config = DEFAULT_FILE,
    json_: Json = False,
) -> None:
    """Show every robot: its state, last decision and why, age of its data, what it holds and made.

    With the state of each book: requests left within the venue's limits, breakers that are open,
    the journal, and how long decisions take to leave. Without a running house, the journal is
    read: as of the last thing that happened.

    Parameters
    ----------
    watch
        Show it again every two seconds until Ctrl-C.
    lang
        Language of decisions: en or zh.
    config
        The configuration that names the house.
    json_
        Print one JSON object.
    """
    if watch:
        if json_:
            raise ConfigurationError("--watch was given with --json, allowed is one of them")
        _watch(config, lang)
        return
    found = ask(config, "status")
    found = {"running": True, **found} if found else {"running": False, **_recalled(config)}
    found["kill_switch"] = _thrown(config)
    if json_:
        print_json(found)
        return
    from rich.console import Console

    from steelyard.cli.house_shown import status_page

    Console().print(status_page(found, lang))


def _recalled(config: Path) -> dict[str, Any]:
    from steelyard.app import looking
    from steelyard.cli.house import read

    return looking.status(read(config)) if _has_journal(config) else {"books": []}


def _has_journal(config: Path) -> bool:
    """Say whether there is a journal; a house that never ran has none."""
    path = find(config).journal.removeprefix("sqlite:///")
    return "://" in path or Path(path).is_file()


def _thrown(config: Path) -> str | None:
    """Return why the kill switch is on; None: it is off."""
    file = Path(find(config).data_folder) / "kill"
    return (file.read_text().strip() or "no reason was given") if file.exists() else None


def _watch(config: Path, lang: Lang) -> None:
    from rich.live import Live
    from rich.text import Text

    from steelyard.cli.house import address
    from steelyard.cli.house_shown import status_page
    from steelyard.services.control.following import follow

    with Live(auto_refresh=False, screen=sys.stdout.isatty()) as live:

        def seen(answer: dict[str, Any] | None) -> bool:
            if answer is None:
                live.update(Text(f"no house runs for {config}"), refresh=True)
            else:
                page = status_page({**answer, "kill_switch": _thrown(config)}, lang)
                live.update(page, refresh=True)
            return False

        follow(address(find(config)), "status", {}, seen, period_ns=2 * _SECOND_NS)


def orders(
    *,
    all_: Annotated[bool, Parameter(name="--all", negative="")] = False,
    config: Config = DEFAULT_FILE,
    json_: Json = False,
) -> None:
    """Show the open orders, the newest first.

    Parameters
    ----------
    all_
        Show the ended ones too, as far as the books remember them.
    config
        The configuration that names the house.
    json_
        Print one JSON object.
    """
    names = ("time", "robot", "instrument", "side", "type", "price", "quantity", "filled", "status")

    def recalled() -> dict[str, Any]:
        from steelyard.app import looking
        from steelyard.cli.house import read

        return looking.orders(read(config), live=not all_)

    found = _asked(config, "orders", {"all": all_}, recalled)
    _shown(found, "orders", names, "no order is open" if not all_ else "no order yet", json_)


def positions(*, config: Config = DEFAULT_FILE, json_: Json = False) -> None:
    """Show what each robot holds.

    Parameters
    ----------
    config
        The configuration that names the house.
    json_
        Print one JSON object.
    """
    names = ("robot", "instrument", "position", "entry", "unrealised", "currency", "protected")

    def recalled() -> dict[str, Any]:
        from steelyard.app import looking
        from steelyard.cli.house import read

        return looking.positions(read(config))

    found = _asked(config, "positions", {}, recalled)
    _shown(found, "positions", names, "nothing is held", json_)


def fills(
    *,
    limit: Annotated[int, Parameter(name=["--limit", "-n"])] = 20,
    config: Config = DEFAULT_FILE,
    json_: Json = False,
) -> None:
    """Show the newest fills and adjustments of positions, the newest last.

    Parameters
    ----------
    limit
        How many of each book; 0: all of them.
    config
        The configuration that names the house.
    json_
        Print one JSON object.
    """
    names = ("time", "robot", "instrument", "side", "price", "quantity", "fee", "coin_fee",
             "trade", "how")  # fmt: skip
    from steelyard.app.journaled import fills as read_fills

    found = {"fills": _journaled(config, limit, read_fills)}
    _shown(found, "fills", names, "nothing was filled yet", json_)


def receipts(
    *,
    limit: Annotated[int, Parameter(name=["--limit", "-n"])] = 20,
    config: Config = DEFAULT_FILE,
    json_: Json = False,
) -> None:
    """Show how stops ended: what the venue confirmed, the newest last.

    Parameters
    ----------
    limit
        How many of each book; 0: all of them.
    config
        The configuration that names the house.
    json_
        Print one JSON object.
    """
    names = ("time", "robot", "stop", "complete", "open orders", "position", "text")
    from steelyard.app.journaled import receipts as read_receipts

    found = {"receipts": _journaled(config, limit, read_receipts)}
    _shown(found, "receipts", names, "no robot was stopped yet", json_)


def alerts(*, config: Config = DEFAULT_FILE, json_: Json = False) -> None:
    """Show what a running house told people since it started, the newest last.

    Parameters
    ----------
    config
        The configuration that names the house.
    json_
        Print one JSON object.
    """
    from steelyard.model.times import time_text

    found = need(config, "alerts", {}, "showing alerts")
    for one in found["alerts"]:
        one["time"] = time_text(one["ts_ns"])
    names = ("time", "level", "book", "what", "text")
    _shown({"running": True, **found}, "alerts", names, "there was nothing to tell", json_)


def _asked(
    config: Path, op: str, values: dict[str, Any], recalled: Callable[[], dict[str, Any]]
) -> dict[str, Any]:
    """Ask the house that runs, or recall the one that does not."""
    found = ask(config, op, values)
    if found is not None:
        return {"running": True, **found}
    if not _has_journal(config):
        return {"running": False, op: []}
    return {"running": False, **recalled()}


def _journaled(
    config: Path, limit: int, read: Callable[[Any, str, int], list[dict[str, Any]]]
) -> list[dict[str, Any]]:
    from steelyard.store.journal.opening import open_to_read

    if limit < 0:
        raise ConfigurationError(f"--limit was {limit}, allowed is 0 or more")
    if not _has_journal(config):
        return []
    reader = open_to_read(find(config).journal)
    try:
        return [row for book in reader.books() for row in read(reader, book, limit)]
    finally:
        reader.close()


def _shown(
    found: dict[str, Any], what: str, names: tuple[str, ...], nothing: str, as_json: bool
) -> None:
    if as_json:
        print_json(found)
        return
    from steelyard.cli.house_shown import print_rows, short_time

    rows = [
        {
            **row,
            "time": short_time(row.get("time") or row.get("created") or row.get("done") or ""),
            "how": row.get("reason") or row.get("liquidity"),
        }
        for row in found[what]
    ]
    print_rows(rows, names, nothing)
    if found.get("running") is False:
        print("not running; read from the journal")
