"""The room of processes: starting another one of our own."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def start_detached(arguments: Sequence[str], log: Path) -> int:
    """Start `python -m steelyard …` in a session of its own, so that our end is not its end.

    What it prints goes to the end of `log`. Returns its process id.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as out:
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-m", "steelyard", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
            cwd="/",
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    return process.pid
