"""The kill switch: a file in the data folder. It is on while the file is there.

Rule 1: throwing it needs neither a trading process, nor the journal, nor the web.
Rule 2: whoever trades looks every `PERIOD_NS`, and before a create if the last look is older than
`FRESH_NS`, as on a loop that was held up: no create leaves later than that behind the throw.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from steelyard.wire.scheduler import Scheduler

PERIOD_NS: Final = 50_000_000
FRESH_NS: Final = 60_000_000


class FileSwitch:
    """The switch of one data folder."""

    def __init__(self, folder: Path) -> None:
        """Use the file `kill` in `folder`."""
        self.file = folder / "kill"
        self._path = str(self.file)
        self._listeners: list[Callable[[], None]] = []
        self._scheduler: Scheduler | None = None
        self._looked_ns = 0
        self._on = self.is_on()

    def is_on(self) -> bool:
        """Say whether no create may leave."""
        watched = self._scheduler
        if watched is not None and watched.elapsed_ns() - self._looked_ns <= FRESH_NS:
            return self._on
        return self._is_thrown()

    def _is_thrown(self) -> bool:
        return os.path.exists(self._path)  # noqa: PTH110 - asked before each create

    def listen(self, moved: Callable[[], None]) -> None:
        """Be called each time the switch is thrown, either way; at once if it is on already."""
        self._listeners.append(moved)
        if self._on:
            moved()

    def throw(self, *, on: bool, reason: str = "") -> None:
        """Throw the switch."""
        if on:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.write_text(reason + "\n")
        else:
            self.file.unlink(missing_ok=True)

    def watch(self, scheduler: Scheduler) -> None:
        """Look from now on."""
        self._scheduler, self._looked_ns = scheduler, scheduler.elapsed_ns()
        on = self._is_thrown()
        if on != self._on:
            self._on = on
            for moved in self._listeners:
                moved()
        scheduler.after(PERIOD_NS, self.watch, scheduler)
