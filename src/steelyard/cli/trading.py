"""`steelyard run` and the paper venue it trades with."""

import sys
from functools import partial
from typing import Annotated

from cyclopts import Parameter

from steelyard.cli.house import DEFAULT_FILE, Config, read


def run(
    config: Config = DEFAULT_FILE,
    *,
    paper: Annotated[bool, Parameter(name="--paper", negative="")] = False,
    quiet: Annotated[bool, Parameter(name=["--quiet", "-q"], negative="")] = False,
) -> None:
    """Trade: run every robot of a configuration until asked to stop.

    Ctrl-C, or SIGTERM, brings the robots to rest by the policy of the configuration
    (house.on_exit) and ends with receipts. A second Ctrl-C ends at once; nothing is lost, the
    next start goes on where this one was.

    Parameters
    ----------
    config
        The configuration.
    paper
        Trade on the paper venue, a process of its own that is started if it does not run.
    quiet
        Print nothing but what is critical.
    """
    from steelyard.app.accounts import vault_of
    from steelyard.app.paper import ensure_paper
    from steelyard.app.trading import Trading
    from steelyard.model.errors import ConfigurationError
    from steelyard.wire.looping import run_loop

    settings = read(config)
    live = [one.name for one in settings.accounts if one.venue != "paper"]
    if paper and live:
        raise ConfigurationError(
            f"--paper was given and account {live[0]} is no paper account; "
            "set its venue to paper in a file of the environment"
        )
    if len(live) < len(settings.accounts):
        ensure_paper(config, settings)

    def say(line: str) -> None:
        if not quiet or line.startswith("critical"):
            print(line, file=sys.stderr, flush=True)

    trading = Trading(settings, partial(vault_of, config), say)
    run_loop(trading)
    if trading.failure:
        raise ConfigurationError(f"the house did not start: {trading.failure}")


def paper(
    config: Config = DEFAULT_FILE,
    *,
    stop: Annotated[bool, Parameter(name="--stop", negative="")] = False,
) -> None:
    """Be the paper venue of a configuration: a simulated exchange in a process of its own.

    `steelyard run --paper` starts it by itself. It keeps its own books, so that what is compared
    after a crash of the trading process is not rebuilt from the trading process's journal. Two
    minutes without anybody connected end it.

    Parameters
    ----------
    config
        The configuration.
    stop
        Do not be it: ask the one that runs to write its books and end.
    """
    from steelyard.app.paper import run_paper, stop_paper

    settings = read(config)
    if stop:
        ended = stop_paper(settings)
        print("the paper venue ended" if ended else "no paper venue runs")
        return
    run_paper(settings, lambda address: print(f"paper venue at {address}", flush=True))
