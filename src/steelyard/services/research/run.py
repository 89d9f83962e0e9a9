"""Running a machine over a history, chunk by chunk, and keeping what it leaves.

Rule 1: memory does not grow with history: the log is hashed and dropped, the curve is sampled.
Rule 2: progress is told between chunks and never changes a result.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from steelyard.kernel.book import Book
from steelyard.kernel.fused import CHUNK_END, CURVE_FULL, HALTED, LOG_FULL
from steelyard.kernel.lines import FILL, HEAD
from steelyard.model.errors import OverflowHalt, SteelyardError
from steelyard.model.explain import Explanation
from steelyard.model.history import Chunk, History
from steelyard.model.kinds import BAR, EV_FILL, QUOTE, TRADE_BUY, TRADE_SELL


class Machine(Protocol):
    """A book with its strategy, rules and simulator, ready to be driven over chunks."""

    @property
    def book(self) -> Book: ...
    @property
    def engine(self) -> str: ...
    @property
    def clock_record(self) -> np.ndarray:
        """Return the simulator's head record (fields cursor, now_ns, sample_ns, sample_step_ns)."""
        ...

    def explain(self, code: int, have: int, need: int) -> Explanation:
        """Put a reason into words: code, name, have, need, en, zh."""
        ...

    def run(self, chunk: Chunk) -> int:
        """Drive until the chunk ends or a buffer is full; return one of `kernel.fused`'s codes."""
        ...


@dataclass(slots=True)
class Trail:
    """What a run leaves: the digest of all outcomes, the curve, and fills if they were kept."""

    digest: str = ""
    rows: int = 0
    curve: list[np.ndarray] = field(default_factory=list)
    fills: list[np.ndarray] = field(default_factory=list)
    first_price: int = 0


_HALTS = {
    1: "an amount did not fit 64 bits",
    2: "an order heard what its life's table does not allow",
    3: "an event named an order nobody remembers",
    10: "one moment caused more events than the simulated venue holds",
}


def run(
    machine: Machine, history: History, *, samples: int = 2_000, keep_fills: bool = False,
    tell: Callable[[int], None] | None = None,
) -> Trail:  # fmt: skip
    """Drive the machine over all of `history`; `tell` hears how many rows are done."""
    trail = Trail()
    digest = hashlib.sha256()
    step = max(1, -(-(history.end_ns - history.start_ns) // samples))
    clock = machine.clock_record
    clock[0]["sample_ns"] = history.start_ns + step
    clock[0]["sample_step_ns"] = step
    for chunk in history.chunks():
        clock[0]["cursor"] = 0
        trail.first_price = trail.first_price or _first_price(chunk)
        while True:
            code = machine.run(chunk)
            _flush(machine.book, digest, trail, keep_fills=keep_fills)
            # A fault of the venue ends the chunk early and halts the book.
            if code == HALTED or machine.book.head[0]["halted"]:
                reason = _HALTS.get(int(machine.book.head[0]["halted"]), "unknown reason")
                raise OverflowHalt(f"the book halted: {reason}")
            if code == CHUNK_END:
                break
            if code not in (LOG_FULL, CURVE_FULL):
                raise SteelyardError(f"driver returned {code}")
        trail.rows += len(chunk)
        if tell:
            tell(trail.rows)
    _flush(machine.book, digest, trail, keep_fills=keep_fills)
    trail.digest = digest.hexdigest()
    return trail


def _first_price(chunk: Chunk) -> int:
    """Return the first price of instrument 0 in a chunk, 0 if it has none."""
    priced = np.isin(chunk.kind, (TRADE_BUY, TRADE_SELL, QUOTE, BAR))
    if len(chunk.instrument):
        priced &= chunk.instrument == 0
    if not priced.any():
        return 0
    row = int(priced.argmax())
    if chunk.kind[row] == QUOTE:
        return int(chunk.a[row] + chunk.c[row]) // 2
    return int(chunk.a[row])


def _flush(book: Book, digest: "hashlib._Hash", trail: Trail, *, keep_fills: bool) -> None:
    head = book.head[0]
    used = int(head["log"])
    if used:
        lines = book.log[:used]
        digest.update(lines.tobytes())
        if keep_fills:
            trail.fills.append(_fills_of(lines))
        head["log"] = 0
    sampled = int(head["samples"])
    if sampled:
        trail.curve.append(book.curve[:sampled].copy())
        head["samples"] = 0


FILL_COLUMNS = np.dtype(
    [(name, "i8") for name in ("ts_ns", "number", "instrument", "price", "quantity", "liquidity",
                               "fee", "profit", "closing")]
)  # fmt: skip


def _fills_of(lines: np.ndarray) -> np.ndarray:
    """Gather the fills among log lines; a fill's transfers follow it within the same event."""
    from steelyard.ledger.accounts import CLEARING, FEES, GRID, TREND
    from steelyard.ledger.postings import TRANSFER

    heads = np.flatnonzero(lines["what"] == HEAD + EV_FILL)
    fills = np.zeros(len(heads), FILL_COLUMNS)
    detail = lines[heads + 1]
    assert not len(heads) or (detail["what"] == FILL).all()
    fills["ts_ns"] = lines["a"][heads]
    fills["number"] = lines["b"][heads]
    fills["instrument"] = lines["c"][heads] & 0xFFFF
    fills["price"], fills["quantity"] = detail["a"], detail["b"]
    fills["liquidity"] = detail["c"]
    moved = np.flatnonzero(lines["what"] == TRANSFER)
    if len(moved) and len(heads):
        owner = np.searchsorted(heads, moved) - 1
        inside = owner >= 0
        inside[inside] = lines["n"][moved[inside]] == lines["n"][heads[owner[inside]]]
        moved, owner = moved[inside], owner[inside]
        debit, credit = lines["a"][moved] >> 8, lines["a"][moved] & 0xFF
        amount = lines["b"][moved]
        np.add.at(fills["fee"], owner, np.where(debit == FEES, amount, 0))
        np.add.at(fills["fee"], owner, np.where(credit == FEES, -amount, 0))
        for income in (GRID, TREND):
            gain = (credit == income) & (debit == CLEARING)
            loss = (debit == income) & (credit == CLEARING)
            np.add.at(fills["profit"], owner, np.where(gain, amount, 0) - np.where(loss, amount, 0))
            np.add.at(fills["closing"], owner, (gain | loss).astype(np.int64))
    return fills


def joined(parts: list[np.ndarray], layout: np.dtype[np.void]) -> np.ndarray:
    """Join the parts of a trail."""
    return np.concatenate(parts) if parts else np.zeros(0, layout)
