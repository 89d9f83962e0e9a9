"""`steelyard exchange`: a local exchange that speaks the dialects of real ones."""

import json
import sys
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from steelyard.model.decimals import parse_decimal

PORT_MAX = 65_000


def exchange(
    *,
    dialects: Annotated[str, Parameter(name="--dialects")] = "",
    accounts: int = 200,
    market: str = "generated",
    speed: float = 1.0,
    seed: int = 1,
    money: str = "100000",
    host: str = "127.0.0.1",
    port: int = 9500,
    faults: Path | None = None,
    json_line: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Be an exchange on this machine that speaks Binance, OKX, Bitget and Gate.

    Any client of these exchanges trades on it, given the printed addresses and keys; no money and
    no internet is involved. Ctrl-C or SIGTERM ends it.

    Parameters
    ----------
    dialects
        Which to speak, joined by commas; all that there are if not given.
    accounts
        How many accounts each dialect has, each with a key of its own.
    market
        `generated`, a market data file, a dataset of the catalog, or a script of prices (.toml).
    speed
        How many seconds of the market pass in one; 0: as fast as possible.
    seed
        Of keys, of the generated market and of what lies before its start.
    money
        USDT in each wallet of each account.
    host
        The address to listen on.
    port
        Of the control endpoint; the dialects follow, each with a fixed place. 0: free ports.
    faults
        A fault script, TOML or JSON; see docs/exchange.md.
    json_line
        Print one line of JSON: addresses and the first account's keys by dialect, and `control`.
    """
    from steelyard.wire.clock import SystemClock

    clock = SystemClock()
    began_s = clock.elapsed_s()

    from steelyard.app.exchange import run_exchange
    from steelyard.model.errors import ConfigurationError

    if accounts < 1 or speed < 0 or not 0 <= port <= PORT_MAX:
        raise ConfigurationError(
            f"accounts was {accounts}, speed {speed} and port {port}; allowed are 1 or more, "
            f"0 or more, and 0 to {PORT_MAX}"
        )

    def ready(told: dict[str, Any]) -> None:
        took_s = clock.elapsed_s() - began_s
        print(json.dumps(told) if json_line else _table(told, took_s), flush=True)

    run_exchange(
        dialects=[word for word in dialects.replace(" ", "").split(",") if word],
        accounts=accounts,
        market=market,
        speed=speed,
        seed=seed,
        money=parse_decimal(money, "money"),
        host=host,
        port=port,
        faults=faults,
        ready=ready,
        report=lambda text: print(f"exchange: {text}", file=sys.stderr, flush=True),
    )


def _table(told: dict[str, Any], took_s: float) -> str:
    lines = []
    for name, values in told.items():
        if isinstance(values, str):
            lines.append(f"{name:8} {values}")
            continue
        lines.extend(f"{name:8} {word:15} {value}" for word, value in values.items())
    lines.append(f"open after {took_s:.1f} s; Ctrl-C ends it.")
    return "\n".join(lines)
