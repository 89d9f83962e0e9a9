"""`steelyard backtest`: run a strategy over history, list and show stored runs."""

import shlex
import sys
import tomllib
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from steelyard.model.errors import ConfigurationError

app = App(
    name="backtest",
    help="""Run a strategy over market history and say what the figure is worth.

    A strategy is `grid` or a class in a file of your own: `my.py:MyStrategy`.

    Examples:

    steelyard backtest grid --data BTCUSDT-5m.parquet --set price_interval=50 order_quantity=200

    steelyard backtest grid --data trades.parquet --instrument BTC/USDT --from 2024-03-01
    --set price_interval=10 order_quantity=100 --json --report out.html

    steelyard backtest my.py:MyStrategy --data BTCUSDT-1m.feather --set fast=20 slow=50

    steelyard backtest --parameters grid        (what can be set, with units and defaults)

    Exit codes: 0 done, 1 a fault of ours, 2 bad input (one sentence), 3 the book halted.
    """,
)

_MODEL_NAMES = ("queue", "liquidity", "slippage", "latency", "path", "fees", "participation")
_FILE_KEYS = frozenset(
    {"strategy", "data", "instrument", "from", "to", "equity", "leverage", "engine", "funding",
     "watch", "position",
     "set", *_MODEL_NAMES}
)  # fmt: skip


@app.default
def backtest(
    strategy: str | None = None,
    *,
    data: str | None = None,
    instrument: str | None = None,
    start: Annotated[str | None, Parameter(name="--from")] = None,
    end: Annotated[str | None, Parameter(name="--to")] = None,
    set_: Annotated[list[str] | None, Parameter(name="--set", consume_multiple=True)] = None,
    config: Path | None = None,
    equity: str | None = None,
    leverage: int | None = None,
    engine: str | None = None,
    queue: str | None = None,
    liquidity: str | None = None,
    slippage: str | None = None,
    latency: str | None = None,
    path: str | None = None,
    fees: str | None = None,
    participation: str | None = None,
    funding: str | None = None,
    watch: Annotated[list[str] | None, Parameter(consume_multiple=True)] = None,
    position: str | None = None,
    json_: Annotated[bool, Parameter(name="--json", negative="")] = False,
    report: Path | None = None,
    store: bool = True,
    parameters: Annotated[str | None, Parameter(name="--parameters")] = None,
) -> None:
    """Run one backtest.

    Parameters
    ----------
    strategy
        `grid`, or `path/to/my.py:MyStrategy`.
    data
        A data file (Parquet, Feather, CSV, raw capture), or a catalog folder.
    instrument
        BTC/USDT, BTC/USDT:USDT, BTCUSDT.P …; only needed where the file's name does not say it.
    start
        First moment, as 2024-03-01 or 2024-03-01T12:30 (UTC).
    end
        Moment after the last.
    set_
        Parameters of the strategy, NAME=VALUE each.
    config
        A TOML file with any of these options and a [set] table; the command line wins.
    equity
        Capital at the start, in the settlement asset. [default: 10000, an assumption]
    leverage
        Of perpetuals. [default: 1]
    engine
        `fused` (one compiled loop) or `kernel` (one event at a time); equal outcomes.
    queue
        Place in the queue of resting orders: through, touch, volume. [default: through]
    liquidity
        traded: a print fills only once; unlimited. [default: traded]
    slippage
        Of market orders: none, rate:0.0001, half_spread. [default: rate:0.0001]
    latency
        none, fixed:50ms, jitter:50ms±20ms, feed and order delay together. [default: none]
    path
        Inside a bar: pessimistic, open_high_low_close, open_low_high_close, shortest.
    fees
        schedule, or MAKER,TAKER such as 0.0002,0.0005. [default: schedule]
    participation
        Share of a bar's volume that may fill our orders. [default: 0.1]
    funding
        A file of funding rates for the perpetual.
    watch
        Files of other instruments, for the grid's market risk monitor.
    position
        A position held from the start and what it cost, as 0.05@61000.
    json_
        Print one JSON object instead of words.
    report
        Write a self-contained HTML report to this file.
    store
        Keep the result for `backtest list` and `backtest show`.
    parameters
        Print what can be set on this strategy, and stop.
    """
    given = {
        "strategy": strategy, "data": data, "instrument": instrument, "from": start, "to": end,
        "equity": equity, "leverage": leverage, "engine": engine, "funding": funding,
        "queue": queue, "liquidity": liquidity, "slippage": slippage, "latency": latency,
        "path": path, "fees": fees, "participation": participation,
        "watch": watch, "position": position,
    }  # fmt: skip
    if parameters:
        from steelyard.cli.shown import print_parameters

        print_parameters(parameters, as_json=json_)
        return
    options = _options(config, {k: v for k, v in given.items() if v is not None}, set_ or [])
    from steelyard.cli.running import run_backtest

    run_backtest(options, as_json=json_, report=report, store=store, command=_command_line())


@app.command(name="list")
def list_runs(*, json_: Annotated[bool, Parameter(name="--json", negative="")] = False) -> None:
    """List stored runs, the newest first."""
    from steelyard.cli.shown import print_runs
    from steelyard.store.folders import runs_folder
    from steelyard.store.runs.files import RunFiles

    print_runs(RunFiles(runs_folder()).list(), as_json=json_)


@app.command(name="show")
def show_run(
    run_id: str, *, json_: Annotated[bool, Parameter(name="--json", negative="")] = False
) -> None:
    """Show one stored run by its id or the beginning of it."""
    from steelyard.cli.shown import print_result
    from steelyard.store.folders import runs_folder
    from steelyard.store.runs.files import RunFiles

    print_result(RunFiles(runs_folder()).show(run_id), as_json=json_)


def _options(config: Path | None, given: dict[str, Any], pairs: list[str]) -> dict[str, Any]:
    """Lay the command line over the file; parameters over its [set] table."""
    options = _read_file(config) if config else {}
    values = dict(options.pop("set", {}))
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise ConfigurationError(
                f"--set was {pair!r}, allowed is NAME=VALUE such as price_interval=10"
            )
        values[name.strip()] = value
    options.update(given)
    options["set"] = values
    for name, hint in (("strategy", "grid or my.py:MyStrategy"), ("data", "--data FILE")):
        if not options.get(name):
            raise ConfigurationError(f"no {name} was given, needed is {hint}")
    return options


def _read_file(path: Path) -> dict[str, Any]:
    try:
        options = tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise ConfigurationError(f"configuration file {str(path)!r} was not found") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"configuration file {path} is no valid TOML: {error}") from None
    for key, value in options.items():
        if key not in _FILE_KEYS:
            raise ConfigurationError(
                f"{path} has the key {key!r}, allowed are {', '.join(sorted(_FILE_KEYS))}"
            )
        if (key == "set") != isinstance(value, dict):
            raise ConfigurationError(f"{path}: {key} was {value!r}, allowed is a plain value")
        if key == "leverage" and type(value) is not int:
            raise ConfigurationError(f"{path}: leverage was {value!r}, allowed is a whole number")
    return {
        key: value
        if isinstance(value, dict | int | list) and key in {"set", "leverage", "watch"}
        else str(value)
        for key, value in options.items()
    }


def _command_line() -> str:
    return shlex.join(["steelyard", *sys.argv[1:]])
