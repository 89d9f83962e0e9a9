"""`steelyard demo`: the main job on a machine without data, ending in a report."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

DEMO_PARAMETERS = {"price_interval": "200", "order_quantity": "250"}


def demo(
    *,
    report: Path = Path("reports/demo.html"),
    trades: int = 3_000_000,
    seed: int = 7,
    open_: Annotated[bool, Parameter(name="--open")] = True,
    json_: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Generate a market, run the grid over it and open the report in a browser.

    Parameters
    ----------
    report
        Where the report goes.
    trades
        How many trades the market has.
    seed
        The same seed makes the same market.
    open_
        Open the report in a browser where there is one.
    json_
        Print one JSON object instead of words.
    """
    from steelyard.app.browser import open_page
    from steelyard.cli.running import run_demo

    report.parent.mkdir(parents=True, exist_ok=True)
    run_demo(DEMO_PARAMETERS, trades=trades, seed=seed, report=report, as_json=json_)
    if open_ and not json_ and not open_page(report):
        print(f"open it in a browser: {report.resolve().as_uri()}")
