"""Houses for the command-line tests: real processes on a venue that always trades."""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.killing import Rig
from tests.e2e.market import command

Said = pytest.CaptureFixture[str]
PATIENCE_S = 30.0


def until(true: Callable[[], bool], what: str = "it") -> None:
    """Wait for something a house does in its own time."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, f"{what} did not come about in {PATIENCE_S} s"
        time.sleep(0.05)


def told(capsys: Said, rig: Rig, *words: str, code: int = 0) -> dict[str, Any]:
    """Run a command with --json; return its object."""
    found, out, err = command(capsys, *words, "-c", str(rig.file), "--json")
    assert found == code, err
    assert out.count("\n") == 1
    answer: dict[str, Any] = json.loads(out)
    return answer


def words(capsys: Said, rig: Rig, *given: str) -> str:
    """Run a command that must succeed; return what it prints, as one line."""
    found, out, err = command(capsys, *given, "-c", str(rig.file))
    assert found == 0, err
    return " ".join(out.split())


def robot_of(capsys: Said, rig: Rig, name: str) -> dict[str, Any]:
    """Return one robot's status."""
    books = told(capsys, rig, "status")["books"]
    return next(one for book in books for one in book["robots"] if one["robot"] == name)


def steelyard(*given: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the command itself, in a folder."""
    return subprocess.run(
        [sys.executable, "-m", "steelyard", *given], cwd=folder, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
