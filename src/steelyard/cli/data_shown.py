"""How datasets, their details and a download's progress look on a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from steelyard.services.marketdata.download import downloading


def print_datasets(datasets: list[dict[str, Any]]) -> None:
    """Print a line for each dataset."""
    table = Table("dataset", box=None)
    for title in ("rows", "from (UTC)", "to (UTC)", "gaps"):
        table.add_column(title, no_wrap=True, justify="right" if title == "rows" else "left")
    table.columns[0].overflow = "fold"
    for one in datasets:
        table.add_row(
            one["name"], f"{one['rows']:,}", one["from"][:10], one["to"][:10], str(one["gaps"])
        )
    Console().print(table)


def print_details(found: dict[str, Any]) -> None:
    """Print all there is to say about one dataset or file."""
    console = Console(highlight=False)
    head = Table.grid(padding=(0, 3))
    for one in found["instruments"]:
        head.add_row(
            "instrument",
            f"[bold]{one['name']}[/bold] at {one['venue']} ({one['kind']}): tick {one['tick']}, "
            f"lot {one['lot']}, contract {one['contract']}",
        )
    head.add_row("holds", f"{found['holds']} ({', '.join(found['kinds'])})")
    head.add_row("rows", f"{found['rows']:,}")
    head.add_row("range (UTC)", f"{found['from']} … {found['to']}")
    if found["prices"]:
        head.add_row("prices", found["prices"])
    columns = ", ".join(name for name in found["schema"] if name not in {"ts_ns", "kind"})
    schema = f"ts_ns (int64, UTC), kind (int8), {columns} (int64, the instrument's units)"
    head.add_row("schema", schema)
    for source in found.get("sources", ()):
        digest = f", sha256 {source['sha256'][:16]}" if source["sha256"] else ""
        text = f"{source['name']} ({source['family']}, {source['rows']:,} rows{digest})"
        head.add_row("source", text)
    if found.get("duplicates_dropped"):
        head.add_row("repeated rows", f"{found['duplicates_dropped']:,} dropped")
    console.print(head)
    _print_gaps(console, found)
    if found["assumptions"]:
        console.print("[bold]assumptions[/bold]")
        for one in found["assumptions"]:
            console.print(f"  −{one['penalty']:<3} {one['what']}: {one['why']}")
    shown = list(dict.fromkeys(key for row in found["first_rows"] for key in row))
    rows = Table(*shown, title="first rows", title_justify="left", box=None)
    for row in found["first_rows"]:
        rows.add_row(*(row.get(column, "") for column in shown))
    console.print(rows)


def _print_gaps(console: Console, found: dict[str, Any]) -> None:
    if not found["gaps"]:
        console.print("no gaps")
        return
    console.print(f"[bold]{found['gaps']} gaps[/bold]")
    for gap in found["first_gaps"]:
        console.print(f"  {gap['after']} … {gap['before']}: {gap['reason']}")
    if found["gaps"] > len(found["first_gaps"]):
        console.print(f"  and {found['gaps'] - len(found['first_gaps'])} more (--json shows more)")


@contextmanager
def download_bar(*, is_shown: bool) -> Iterator[Callable[[downloading.Progress], None] | None]:
    """Show a bar on stderr while a download runs, where a person looks at it."""
    if not is_shown:
        yield None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TextColumn("{task.fields[rows]:,} rows"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("downloading", total=1.0, rows=0)

        def advance(progress: downloading.Progress) -> None:
            length = max(progress.end_ns - progress.start_ns, 1)
            share = (progress.at_ns - progress.start_ns) / length
            bar.update(task, completed=min(max(share, 0.0), 1.0), rows=progress.rows)

        yield advance
