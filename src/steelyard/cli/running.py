"""Running one backtest for the command line: progress, storing, printing, reporting."""

import sys
from pathlib import Path
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from steelyard.app.research import DemoParts, ResearchParts
from steelyard.cli.shown import print_result
from steelyard.model.errors import ConfigurationError
from steelyard.model.times import parse_time, time_text
from steelyard.services.research.backtest import Done, Request, perform
from steelyard.services.research.modelling import Models
from steelyard.store.folders import runs_folder
from steelyard.store.runs.files import RunFiles

_MODELS = ("queue", "liquidity", "slippage", "latency", "path", "fees", "participation")


def run_backtest(
    options: dict[str, Any], *, as_json: bool, report: Path | None, store: bool, command: str
) -> Done:
    """Perform one backtest and show it."""
    if report is not None and not report.parent.is_dir():
        raise ConfigurationError(f"report folder {str(report.parent)!r} was not found")
    if report is not None and report.is_dir():
        raise ConfigurationError(f"report was the folder {str(report)!r}, allowed is a file in it")
    request = _request(options, report is not None, command)
    return _perform(request, ResearchParts(), as_json=as_json, report=report, store=store)


def run_demo(
    parameters: dict[str, str], *, trades: int, seed: int, report: Path, as_json: bool
) -> Done:
    """Backtest the grid on a generated market."""
    request = Request(
        strategy="grid",
        data=f"generated market, seed {seed}, {trades:,} trades",
        parameters=parameters,
        keep_fills=True,
        command=f"steelyard demo --trades {trades} --seed {seed}",
    )
    parts = DemoParts(trades=trades, seed=seed)
    return _perform(request, parts, as_json=as_json, report=report, store=True)


def _perform(
    request: Request, parts: ResearchParts, *, as_json: bool, report: Path | None, store: bool
) -> Done:
    with Teller(quiet=as_json) as telling:
        done = perform(request, parts, telling)
    result = done.result
    if store:
        moment = time_text(parts.clock.now_ns()).replace("-", "").replace(":", "")
        run_id = f"{moment}-{result['outcome_sha256'][:8]}"
        result["id"] = RunFiles(runs_folder()).save_new(run_id, result)
    if report is not None:
        from steelyard.app.reports import write_report

        write_report(done, report)
    print_result(result, as_json=as_json)
    if report is not None and not as_json:
        print(f"report: {report}")
    return done


def _request(options: dict[str, Any], keep_fills: bool, command: str) -> Request:
    start, end = options.get("from"), options.get("to")
    start_ns = parse_time(start, "--from") if start else None
    end_ns = parse_time(end, "--to") if end else None
    if start_ns is not None and end_ns is not None and start_ns >= end_ns:
        raise ConfigurationError(f"--from was {start}, allowed is before --to, which was {end}")
    return Request(
        strategy=options["strategy"],
        data=options["data"],
        instrument=options.get("instrument"),
        start_ns=start_ns,
        end_ns=end_ns,
        parameters=options["set"],
        equity=options.get("equity"),
        leverage=options.get("leverage"),
        models=Models(**{name: options[name] for name in _MODELS if name in options}),
        engine=options.get("engine", "fused"),
        funding=options.get("funding"),
        watch=_files(options.get("watch")),
        position=options.get("position"),
        keep_fills=keep_fills,
        command=command,
    )


def _files(given: Any) -> tuple[str, ...]:
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else tuple(given)


class Teller:
    """Progress on stderr, where somebody watches and nobody reads JSON."""

    def __init__(self, *, quiet: bool) -> None:
        """Be silent if `quiet` or if stderr is no terminal."""
        self._console = Console(stderr=True)
        self._shows = not quiet and self._console.is_terminal
        self._progress: Progress | None = None
        self._task: Any = None

    def __enter__(self) -> Self:
        """Begin."""
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        if self._progress:
            self._progress.stop()

    def compiling(self, strategy: str) -> None:
        """Say why the first run takes longer, on stderr, watched or not."""
        print(
            f"steelyard: compiling {strategy} for this machine; only the first run does this",
            file=sys.stderr,
            flush=True,
        )

    def begins(self, rows: int) -> None:
        """Show a bar."""
        if self._shows:
            self._progress = Progress(
                TextColumn("[progress.description]{task.description}"),
                BarColumn(),
                TaskProgressColumn(),
                TimeRemainingColumn(),
                console=self._console,
                transient=True,
            )
            self._progress.start()
            self._task = self._progress.add_task("backtest", total=rows)

    def at(self, rows: int) -> None:
        """Move the bar."""
        if self._progress:
            self._progress.update(self._task, completed=rows)
