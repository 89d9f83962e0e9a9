"""Where the recorded market data lies: $STEELYARD_SHARED_DATA, else beside the checkout."""

import os
from pathlib import Path

import pytest

from tests.house.reading import ROOT


def market_file(name: str) -> Path:
    """Return a recorded file, or skip the test that needs it."""
    folder = os.environ.get("STEELYARD_SHARED_DATA")
    path = (Path(folder) if folder else ROOT.parent / "shared" / "data") / name
    if not path.exists():
        pytest.skip(f"the recorded market data is not here: {name}")
    return path


def market_files(folder: str) -> list[Path]:
    """Return all recorded files below a folder."""
    return sorted(path for path in market_file(folder).rglob("*") if path.is_file())
