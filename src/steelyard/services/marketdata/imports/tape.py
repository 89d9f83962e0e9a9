"""Rows of a raw capture, collected message by message, and turned into columns at the end.

Rule 1: a row's time is when the message was received: that order is what a robot saw.
Rule 2: prices and quantities stay text until the end; all are then checked and converted at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import polars as pl

from steelyard.model import kinds as k
from steelyard.model.errors import DataError
from steelyard.model.history import Assumption, Gap
from steelyard.services.marketdata.filenames import Hints
from steelyard.services.marketdata.imports.checks import check_number
from steelyard.services.marketdata.imports.comma import numbers
from steelyard.services.marketdata.imports.series import Gather, Series

NAME: Final = "capture"
Level = Sequence[str]
_NOTHING: Final = ("0", "0")


@dataclass(slots=True)
class Tape:
    """Everything one instrument of a capture said."""

    hints: Hints
    is_in_contracts: bool = False
    ts: list[int] = field(default_factory=list)
    kind: list[int] = field(default_factory=list)
    line: list[int] = field(default_factory=list)
    price: list[str] = field(default_factory=list)
    quantity: list[str] = field(default_factory=list)
    ask: list[str] = field(default_factory=list)
    ask_quantity: list[str] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
    duplicates: int = 0
    trade_id: int | None = None
    trade_ns: int = 0

    def quote(self, ts_ns: int, line: int, bid: Level, ask: Level) -> None:
        """Add a best bid and ask."""
        self._add(ts_ns, line, k.QUOTE, bid, ask)

    def clear(self, ts_ns: int, line: int) -> None:
        """Say that the book is empty: a snapshot follows, or the book cannot be trusted."""
        self._add(ts_ns, line, k.DEPTH_CLEAR, _NOTHING)

    def levels(self, ts_ns: int, line: int, bids: Sequence[Level], asks: Sequence[Level]) -> None:
        """Add the levels of a depth message."""
        for level in bids:
            self._add(ts_ns, line, k.DEPTH_BID, level)
        for level in asks:
            self._add(ts_ns, line, k.DEPTH_ASK, level)

    def trade(
        self, ts_ns: int, line: int, price: str, quantity: str, *,
        is_buy: bool, ids: tuple[int, int] | None = None,
    ) -> None:  # fmt: skip
        """Add a trade; running ids (first, last) show repeated and missing ones."""
        if ids is not None:
            first, last = ids
            if self.trade_id is not None and last <= self.trade_id:
                self.duplicates += 1
                return
            if self.trade_id is not None and first > self.trade_id + 1:
                reason = f"{first - self.trade_id - 1} trade ids missing"
                self.gap(self.trade_ns, ts_ns, reason)
            self.trade_id, self.trade_ns = last, ts_ns
        kind = k.TRADE_BUY if is_buy else k.TRADE_SELL
        self._add(ts_ns, line, kind, (price, quantity))

    def gap(self, after_ns: int, before_ns: int, reason: str) -> None:
        """Record that something is missing."""
        self.gaps.append(Gap(after_ns=after_ns, before_ns=before_ns, reason=reason))

    def _add(self, ts_ns: int, line: int, kind: int, one: Level, two: Level = _NOTHING) -> None:
        self.ts.append(ts_ns)
        self.line.append(line)
        self.kind.append(kind)
        self.price.append(one[0])
        self.quantity.append(one[1])
        self.ask.append(two[0])
        self.ask_quantity.append(two[1])

    def series(self, skipped: tuple[Assumption, ...]) -> Series:
        """Return the columns, or refuse the first line with an impossible number."""
        file = self.hints.file
        kind = np.array(self.kind, np.int8)
        has_quotes = bool((kind == k.QUOTE).any())
        roles = "pqpq" if has_quotes else "pq"
        columns = {
            "price": self.price, "quantity": self.quantity,
            "ask": self.ask, "ask quantity": self.ask_quantity,
        }  # fmt: skip
        gather = Gather(file, len(self.ts), roles, "receive time")
        lines = np.array(self.line, np.int64)
        values = []
        for name, column in list(columns.items())[: len(roles)]:
            try:
                floats = numbers(pl.Series(name, column, pl.String), file=file, row=0).to_numpy()
                check_number(floats, name, file=file, row=0, above_zero=False, what=name)
            except DataError as error:
                raise self._at_line(error, lines) from error
            values.append(floats)
        self._check_zero(kind, values, lines)
        try:
            gather.add(np.array(self.ts, np.int64), kind, values, row=0)
        except DataError as error:
            raise self._at_line(error, lines) from error
        return Series(
            hints=self.hints,
            family=NAME,
            ts_ns=gather.ts_ns,
            kind=gather.kind,
            values=gather.named(),
            roles=roles,
            price_decimals=gather.scales["p"].decimals,
            quantity_decimals=gather.scales["q"].decimals,
            is_in_contracts=self.is_in_contracts,
            gaps=tuple(sorted(self.gaps, key=lambda gap: (gap.after_ns, gap.before_ns))),
            assumptions=(*gather.rounded(), *skipped),
            duplicates=self.duplicates,
        )

    def _check_zero(self, kind: np.ndarray, values: list[np.ndarray], lines: np.ndarray) -> None:
        """Prices are above zero, except of rows that have none; so are traded quantities."""
        needed = kind != k.DEPTH_CLEAR
        trades = (kind == k.TRADE_BUY) | (kind == k.TRADE_SELL)
        for name, column, rows in (
            ("price", values[0], needed),
            ("quantity", values[1], trades),
        ):
            wrong = rows & (column == 0)
            if wrong.any():
                raise DataError(
                    f"{name} was 0, allowed is above 0",
                    file=self.hints.file, row=int(lines[int(np.argmax(wrong))]), column=name,
                )  # fmt: skip

    def _at_line(self, error: DataError, lines: np.ndarray) -> DataError:
        """Name the line of the capture instead of the row of the columns."""
        row = int(lines[error.row]) if error.row is not None else None
        message = str(error).partition(": ")[2]
        return DataError(message, file=self.hints.file, row=row, column=error.column)
