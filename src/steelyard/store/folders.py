"""Where things are kept on this machine, unless the environment says otherwise."""

import os
from pathlib import Path


def home_folder() -> Path:
    """Return `$STEELYARD_DATA_DIR`, else the user's data folder."""
    chosen = os.environ.get("STEELYARD_DATA_DIR")
    return Path(chosen) if chosen else Path.home() / ".local" / "share" / "steelyard"


def runs_folder() -> Path:
    """Return the folder of stored backtests."""
    return home_folder() / "runs"
