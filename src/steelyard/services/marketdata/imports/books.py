"""Order books of a capture, kept in step: by update ids, or by the venue's checksum.

Rule 1: nothing is applied before a snapshot; updates that came before it but belong after it are
applied right behind it.
Rule 2: a break is a gap: the book is cleared and stays empty until the next snapshot.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from steelyard.services.marketdata.imports.tape import Level, Tape

_CHECKSUM_LEVELS: Final = 25


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One depth message. `previous` is the last id of the one before where a venue tells it."""

    ts_ns: int
    line: int
    first: int
    last: int
    previous: int | None
    bids: Sequence[Level]
    asks: Sequence[Level]


@dataclass(slots=True)
class NumberedBook:
    """A book whose updates are numbered: Binance, Gate.

    `is_futures`: Binance's futures tell the id before, and start with the update that holds the
    snapshot's id; its spot market and Gate start with the one that holds the id after it.
    """

    tape: Tape
    is_futures: bool = False
    last: int | None = None
    waiting: list[Update] = field(default_factory=list)
    last_ns: int = 0
    lost_ns: int | None = None
    lost_reason: str = ""
    is_starting: bool = False

    def snapshot(
        self, ts_ns: int, line: int, number: int, bids: Sequence[Level], asks: Sequence[Level]
    ) -> None:
        """Start anew from a snapshot."""
        if self.last is not None and number < self.last:
            return  # older than what is known already
        self.tape.clear(ts_ns, line)
        self.tape.levels(ts_ns, line, bids, asks)
        if self.lost_ns is not None:
            self.tape.gap(self.lost_ns, ts_ns, self.lost_reason)
            self.lost_ns = None
        self.last, self.last_ns, self.is_starting = number, ts_ns, True
        waiting, self.waiting = self.waiting, []
        for update in waiting:
            self._apply(update, ts_ns)

    def update(self, update: Update) -> None:
        """Apply an update, or keep it until there is a snapshot."""
        if self.last is None:
            self.waiting.append(update)
        else:
            self._apply(update, update.ts_ns)

    def end(self, ts_ns: int) -> None:
        """Close the books at the end of a capture."""
        if self.lost_ns is not None:
            self.tape.gap(self.lost_ns, ts_ns, self.lost_reason)
        elif self.last is None and self.waiting:
            first = self.waiting[0].ts_ns
            self.tape.gap(first, ts_ns, f"{len(self.waiting)} depth updates without a snapshot")

    def _apply(self, update: Update, ts_ns: int) -> None:
        if self.last is None:
            self.waiting.append(update)
            return
        is_old = update.last < self.last if self.is_futures else update.last <= self.last
        if is_old:
            return
        if not self._follows(update):
            missing = f"depth updates {self.last + 1} to {update.first - 1} missing"
            self._lose(ts_ns, update.line, missing)
            self.waiting = [update]
            return
        self.tape.levels(ts_ns, update.line, update.bids, update.asks)
        self.last, self.last_ns, self.is_starting = update.last, ts_ns, False

    def _follows(self, update: Update) -> bool:
        assert self.last is not None
        if self.is_starting:
            return update.first <= self.last + (0 if self.is_futures else 1) or (
                update.previous == self.last
            )
        if update.previous is not None:
            return update.previous == self.last
        return update.first == self.last + 1

    def _lose(self, ts_ns: int, line: int, reason: str) -> None:
        self.lost_ns, self.lost_reason = self.last_ns, reason
        self.last = None
        self.tape.clear(ts_ns, line)


@dataclass(slots=True)
class ChecksumBook:
    """A book whose messages carry a CRC32 of its best 25 levels: OKX, Bitget."""

    tape: Tape
    bids: dict[str, str] = field(default_factory=dict)
    asks: dict[str, str] = field(default_factory=dict)
    is_known: bool = False
    last_ns: int = 0
    lost_ns: int | None = None
    lost_reason: str = ""

    def message(
        self, ts_ns: int, line: int, bids: Sequence[Level], asks: Sequence[Level], *,
        is_snapshot: bool, checksum: int | None,
    ) -> None:  # fmt: skip
        """Apply a snapshot or an update and compare its checksum."""
        if is_snapshot:
            self.bids, self.asks, self.is_known = {}, {}, True
            self.tape.clear(ts_ns, line)
            if self.lost_ns is not None:
                self.tape.gap(self.lost_ns, ts_ns, self.lost_reason)
                self.lost_ns = None
        elif not self.is_known:
            if self.lost_ns is None:
                self.lost_ns, self.lost_reason = ts_ns, "depth updates without a snapshot"
            return
        _apply_levels(self.bids, bids)
        _apply_levels(self.asks, asks)
        if checksum is not None and checksum != self.checksum():
            self.is_known = False
            self.lost_ns = self.last_ns or ts_ns
            self.lost_reason = "the book's checksum differs: messages are missing"
            self.tape.clear(ts_ns, line)
            return
        self.tape.levels(ts_ns, line, bids, asks)
        self.last_ns = ts_ns

    def end(self, ts_ns: int) -> None:
        """Close the books at the end of a capture."""
        if self.lost_ns is not None:
            self.tape.gap(self.lost_ns, ts_ns, self.lost_reason)

    def checksum(self) -> int:
        """Compute the signed CRC32 over bid:ask pairs of the best levels, in their own spelling."""
        bids = sorted(self.bids, key=float, reverse=True)[:_CHECKSUM_LEVELS]
        asks = sorted(self.asks, key=float)[:_CHECKSUM_LEVELS]
        parts: list[str] = []
        for place in range(max(len(bids), len(asks))):
            if place < len(bids):
                parts += (bids[place], self.bids[bids[place]])
            if place < len(asks):
                parts += (asks[place], self.asks[asks[place]])
        crc = zlib.crc32(":".join(parts).encode())
        return crc - 2**32 if crc >= 2**31 else crc


def _apply_levels(side: dict[str, str], levels: Sequence[Level]) -> None:
    for level in levels:
        price, quantity = level[0], level[1]
        if float(quantity) == 0:
            side.pop(price, None)
        else:
            side[price] = quantity
