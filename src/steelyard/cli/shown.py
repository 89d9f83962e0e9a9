"""How results, runs and parameters look on a terminal; with --json, one object instead."""

import json
from typing import Any

from rich.console import Console
from rich.table import Table


def print_result(result: dict[str, Any], *, as_json: bool) -> None:
    """Print one backtest."""
    if as_json:
        print(json.dumps(result, ensure_ascii=False))
        return
    console = Console()
    unit = result["currency"]
    hold = result["buy_and_hold"]
    console.print(
        f"\n[bold]{result['strategy']}[/bold] on {result['instrument']} ({result['venue']})  "
        f"{result['data']['start']} … {result['data']['end']}"
    )
    head = Table.grid(padding=(0, 3))
    head.add_row("profit", f"[bold]{result['pnl']}[/bold] {unit}", _percent(result["pnl_rate"]))
    head.add_row("buy and hold", f"{hold['pnl']} {unit}", _percent(hold["pnl_rate"]))
    realism = result["realism"]
    head.add_row("realism", f"[bold]{realism['score']}[/bold] of 100", f"grade {realism['grade']}")
    head.add_row("deepest fall", _percent(result["max_drawdown"]), "of equity")
    sharpe = "—" if result["sharpe"] is None else f"{result['sharpe']:.2f}"
    head.add_row("Sharpe", sharpe, result["sharpe_basis"])
    head.add_row("orders, fills", f"{result['orders']}, {result['fills']}", "")
    head.add_row("position", result["position"], "at the end")
    console.print(head)
    falls = Table("where it came from", unit, title=None, box=None, padding=(0, 3))
    for name, value in result["waterfall"].items():
        falls.add_row(name, value, style="bold" if name == "total" else "")
    falls.columns[1].justify = "right"
    console.print(falls)
    console.print("[bold]assumptions and what the figure is worth[/bold]")
    for item in realism["items"]:
        console.print(f"  −{item['penalty']:<3} {item['what']}: {item['why']}", highlight=False)
    decision = result["decision"]
    console.print(f"last decision: {decision['en']}  {decision['zh']}", highlight=False)
    if result["wall_s"]:
        console.print(
            f"{result['events']:,} rows in {result['wall_s']:.3f} s "
            f"({result['events_per_s']:,}/s, {result['engine']})  "
            f"outcome {result['outcome_sha256'][:16]}",
            highlight=False,
        )


def print_runs(runs: list[dict[str, Any]], *, as_json: bool) -> None:
    """Print stored runs, a line each."""
    if as_json:
        print(json.dumps(runs, ensure_ascii=False))
        return
    if not runs:
        print("no run is stored yet; `steelyard backtest` stores each one")
        return
    table = Table("id", "strategy", "instrument", "profit", "", "realism", box=None)
    table.columns[0].no_wrap = True  # what `backtest show` asks for must be readable whole
    table.columns[0].min_width = max(len(run["id"]) for run in runs)
    for run in runs:
        table.add_row(
            run["id"], run["strategy"], run["instrument"], f"{run['pnl']} {run['currency']}",
            _percent(run["pnl_rate"]), str(run["realism"]["score"]),
        )  # fmt: skip
    Console().print(table)


def print_parameters(strategy: str, *, as_json: bool) -> None:
    """Print what can be set on a strategy."""
    from steelyard.app.strategies import find_strategy

    found = find_strategy(strategy)
    if as_json:
        rows = [
            {
                "name": p.name, "form": p.form, "unit": p.unit, "required": p.required,
                "default": None if p.required else _text(p.default), "allowed": p.allowed,
                "doc": p.doc, "doc_zh": p.doc_zh, "changeable": p.changeable,
            }
            for p in found.parameters
        ]  # fmt: skip
        print(json.dumps(rows, ensure_ascii=False))
        return
    table = Table("parameter", "default", "allowed", "meaning", box=None)
    for p in found.parameters:
        default = "[bold]required[/bold]" if p.required else _text(p.default)
        table.add_row(p.name, default, p.allowed, p.doc)
    Console().print(table)


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _percent(ratio: str) -> str:
    return f"{float(ratio) * 100:+.2f} %"
