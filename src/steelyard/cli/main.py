"""The command `steelyard`: parse, call, print; every error a person can cause is one sentence.

| exit code | meaning |
|---|---|
| 0 | done |
| 1 | a fault of ours: please report it, with the trace |
| 2 | bad input: one sentence on stderr says what was found and what is allowed; nothing was done |
| 3 | something is not as it should be (a book halted, a stop unconfirmed, a check failed): the \
sentence says what |
| 130 | interrupted |
"""

import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

from steelyard.cli.account import app as account
from steelyard.cli.backtest import app as backtest
from steelyard.cli.data import app as data
from steelyard.cli.demo import demo
from steelyard.cli.doctor import doctor
from steelyard.cli.exchange import exchange
from steelyard.cli.killing import kill
from steelyard.cli.looking import alerts, fills, orders, positions, receipts, status
from steelyard.cli.proving import drift, replay, verify
from steelyard.cli.record import record
from steelyard.cli.robots import breaker, robot
from steelyard.cli.simulate import simulate
from steelyard.cli.trading import paper
from steelyard.cli.trading import run as trade
from steelyard.cli.venue import app as venue
from steelyard.model.errors import InputError, SteelyardError
from steelyard.model.version import __version__

BAD_INPUT = 2
HALTED = 3
INTERRUPTED = 130

app = App(
    name="steelyard",
    help="Trading robots on crypto exchanges, from backtest to live, on one kernel.",
    version=__version__,
)
app.command(backtest)
app.command(data)
app.command(demo)
app.command(trade, name="run")
app.command(paper)
app.command(exchange)
for command in (status, orders, fills, positions, receipts, alerts, drift, verify, replay, kill):
    app.command(command)
app.command(robot)
app.command(breaker)
app.command(simulate)
app.command(venue)
app.command(account)
app.command(doctor)
app.command(record)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and exit with the documented code."""
    sys.exit(run(sys.argv[1:] if arguments is None else list(arguments)))


def run(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code."""
    try:
        app(arguments, exit_on_error=False, print_error=False, result_action="return_value")
    except InputError as error:
        return _say(str(error), BAD_INPUT)
    except CycloptsError as error:
        return _say(str(error), BAD_INPUT)
    except SteelyardError as error:
        return _say(str(error), HALTED)
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        return _say("interrupted", INTERRUPTED)
    return 0


def _say(sentence: str, code: int) -> int:
    print(f"steelyard: {' '.join(sentence.split())}", file=sys.stderr)
    return code


if __name__ == "__main__":
    main()
