"""What an interrupted download has: a file of pages, each with the cursor behind it.

Rule 1: a page is on disk before the next one is asked for; a page cut off in the middle of its
line never counts.
Rule 2: the file belongs to one request; another request's file is not used.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from steelyard.services.marketdata.download.pages import Page, Row, Wanted


@dataclass(slots=True)
class Partial:
    """The pages of one request that have arrived."""

    path: Path
    wanted: Wanted
    rows: list[Row]
    next_ms: int
    next_id: str = ""

    @classmethod
    def open(cls, path: Path, wanted: Wanted) -> "Partial":
        """Go on with the file of this request, or start one."""
        start_ms = wanted.start_ns // 10**6
        partial = cls(path, wanted, [], start_ms)
        if not path.is_file() or not partial._load():
            partial._start()
        return partial

    def append(self, page: Page) -> None:
        """Keep a page."""
        line = {"next_ms": page.next_ms, "next_id": page.next_id, "rows": page.rows}
        self._write(line)
        self._take(page.rows, page.next_ms, page.next_id)

    def remove(self) -> None:
        """Forget the file: its rows are in the catalog."""
        self.path.unlink(missing_ok=True)

    def _take(self, rows: list[Row], next_ms: int, next_id: str) -> None:
        self.rows += rows
        self.next_ms, self.next_id = next_ms, next_id

    def _start(self) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.write_bytes(b"")
        self._write({"wanted": self._key()})

    def _load(self) -> bool:
        content = self.path.read_bytes()
        lines = content[: content.rfind(b"\n") + 1].splitlines()
        try:
            head = msgspec.json.decode(lines[0]) if lines else {}
            if head.get("wanted") != self._key():
                return False
            for line in lines[1:]:
                page = msgspec.json.decode(line)
                self._take(page["rows"], page["next_ms"], page["next_id"])
        except (msgspec.DecodeError, KeyError, TypeError):
            self.rows.clear()
            return False
        if len(content) > content.rfind(b"\n") + 1:  # drop the page that was cut off
            with self.path.open("rb+") as file:
                file.truncate(content.rfind(b"\n") + 1)
        return True

    def _key(self) -> dict[str, Any]:
        # The end may move on between two runs of one command: it is no part of the request.
        key: dict[str, Any] = msgspec.to_builtins(self.wanted)
        key.pop("end_ns")
        return key

    def _write(self, line: dict[str, Any]) -> None:
        with self.path.open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")
            file.flush()
            os.fsync(file.fileno())
