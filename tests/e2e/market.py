"""What the command-line tests run on: one small market, and the command in this process."""

import json
from pathlib import Path
from typing import Any

import pytest

from steelyard.cli.main import run

GRID = ("price_interval=150", "order_quantity=100", "buy_window_size=5")
SET = ("--set", *GRID)
EQUITY = ("--equity", "20000")


def command(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run `steelyard` with these arguments; return exit code, stdout and stderr."""
    capsys.readouterr()
    code = run(list(arguments))
    told = capsys.readouterr()
    return code, told.out, told.err


def result(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """Run a backtest with --json; return its object."""
    code, out, err = command(capsys, "backtest", *arguments, "--json")
    assert (code, out.count("\n")) == (0, 1), err
    found: dict[str, Any] = json.loads(out)
    return found


def refused(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 2) -> str:
    """Run what must fail; return the one sentence it says."""
    found, out, err = command(capsys, *arguments)
    assert (found, out) == (code, ""), err
    lines = [line for line in err.splitlines() if "compiling" not in line]
    assert len(lines) == 1, err
    assert lines[0].startswith("steelyard: ")
    assert "Traceback" not in err
    return lines[0].removeprefix("steelyard: ")


def generate(folder: Path, name: str = "market.parquet", *more: str) -> str:
    """Write a market of 3,000 trades and return its path."""
    path = folder / name
    code = run(["data", "generate", "--count", "3000", "--seed", "7", "--trades-per-s", "0.2",
                "--out", str(path), *more])  # fmt: skip
    assert code == 0
    return str(path)
