"""Trades and funding since a cursor, over ccxt.

Rule 1: a cursor is, for each instrument, the last millisecond that was read and the ids seen in
it: exchanges page by time, and a millisecond may hold several trades.
Rule 2: a page is whole or is none.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec import Struct, field

from steelyard.model.errors import NumberError
from steelyard.model.reports import FundingReport, TradeReport, Trades
from steelyard.venues.ccxt.door import Door
from steelyard.venues.ccxt.numbers import decimal_of
from steelyard.venues.ccxt.reports import funding_of, trade_of

PAGE: Final = 100
_MS_NS: Final = 10**6


class Cursor(Struct, omit_defaults=True):
    """Where reading goes on, by unified name; funding under its own table."""

    trades: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    funding: dict[str, tuple[int, list[str]]] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """Read a cursor; "" is the beginning."""
        return msgspec.json.decode(text, type=cls) if text else cls()

    def text(self) -> str:
        """Write it down."""
        return msgspec.json.encode(self).decode()


async def page_of(door: Door, cursor: Cursor, client_id_of: Callable[[str], str]) -> Trades:
    """Fetch the next page of every instrument."""
    trades: list[TradeReport] = []
    funding: list[FundingReport] = []
    more = False
    if not door.able.fetches_trades:
        raise NumberError(f"{door.able.name} does not list the trades of an account")
    for place, name in enumerate(door.names):
        instrument = door.instruments[place]
        fetch = door.exchange.fetch_my_trades
        rows = await fetch(name, _since(cursor.trades, name), PAGE)
        fresh = _fresh(rows, cursor.trades, name)
        trades += [
            trade_of(row, instrument, place, client_id_of(str(row.get("order")))) for row in fresh
        ]
        more |= len(rows) >= PAGE and bool(fresh)
        if door.able.fetches_funding:
            rows = await door.exchange.fetch_funding_history(
                name, _since(cursor.funding, name), PAGE
            )
            paid = _fresh(rows, cursor.funding, name)
            funding += [funding_of(row, instrument, place) for row in paid]
            more |= len(rows) >= PAGE and bool(paid)
    trades.sort(key=lambda one: one.ts_ns)
    return Trades(
        complete=True, trades=tuple(trades), cursor=cursor.text(), more=more,
        funding=tuple(sorted(funding, key=lambda one: one.ts_ns)),
    )  # fmt: skip


def _since(table: dict[str, tuple[int, list[str]]], name: str) -> int | None:
    return table[name][0] if name in table else None


def _fresh(
    rows: list[dict[str, Any]], table: dict[str, tuple[int, list[str]]], name: str
) -> list[dict[str, Any]]:
    """Return the rows behind the cursor, oldest first, and move it."""
    last_ms, seen = table.get(name, (0, []))
    fresh = []
    for row in sorted(rows, key=_ms_of):
        at_ms, one = _ms_of(row), str(row.get("id") or _ms_of(row))
        if at_ms < last_ms or one in seen:
            continue
        seen = [*seen, one] if at_ms == last_ms else [one]
        last_ms = at_ms
        fresh.append(row)
    if fresh:
        table[name] = (last_ms, seen)
    return fresh


def _ms_of(row: dict[str, Any]) -> int:
    return int(decimal_of(row.get("timestamp"), "time"))


def beginning_at(names: tuple[str, ...], ns: int) -> str:
    """Return a cursor behind everything before a time."""
    at: dict[str, tuple[int, list[str]]] = {name: (ns // _MS_NS, []) for name in names}
    return Cursor(trades=dict(at), funding=dict(at)).text()
