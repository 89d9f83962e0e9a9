"""Stored backtests: one JSON file a run, named by its id.

Rule 1: a file appears whole or not at all (written aside, then renamed).
Rule 2: a stored run is never changed.
"""

import json
import os
from pathlib import Path
from typing import Any

from steelyard.model.errors import InputError


class RunFiles:
    """The runs in one folder."""

    def __init__(self, folder: Path) -> None:
        """Use `folder`; it is made when the first run is saved."""
        self.folder = folder

    def save(self, run_id: str, result: dict[str, Any]) -> Path:
        """Store one run; refuse an id that exists."""
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"{run_id}.json"
        aside = self.folder / f".{run_id}.{os.getpid()}.tmp"
        aside.write_text(json.dumps(result, indent=1, ensure_ascii=False))
        try:
            os.link(aside, path)
        except FileExistsError:
            raise InputError(f"run {run_id!r} is stored already") from None
        finally:
            aside.unlink()
        return path

    def save_new(self, run_id: str, result: dict[str, Any]) -> str:
        """Store one run under `run_id`, or under it with a number where that is taken."""
        name = run_id
        for attempt in range(2, 1000):
            try:
                self.save(name, result)
            except InputError:
                name = f"{run_id}-{attempt}"
            else:
                return name
        raise InputError(f"run {run_id!r} is stored too often")

    def list(self) -> list[dict[str, Any]]:
        """Return every stored run, the newest first."""
        if not self.folder.is_dir():
            return []
        paths = sorted(self.folder.glob("[!.]*.json"), reverse=True)
        return [{"id": path.stem, **json.loads(path.read_text())} for path in paths]

    def show(self, run_id: str) -> dict[str, Any]:
        """Return one run by its id or an unmistakable beginning of it."""
        paths = sorted(self.folder.glob(f"{run_id}*.json")) if self.folder.is_dir() else []
        exact = [path for path in paths if path.stem == run_id] or paths
        if len(exact) != 1:
            found = "no run begins" if not exact else f"{len(exact)} runs begin"
            raise InputError(
                f"{found} with {run_id!r}; `steelyard backtest list` shows what is stored"
            )
        return {"id": exact[0].stem, **json.loads(exact[0].read_text())}
