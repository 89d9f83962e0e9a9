"""What a dataset or a file holds, as plain values for a terminal or for JSON."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

import numpy as np

from steelyard.model import kinds as k
from steelyard.model.decimals import format_decimal, format_units
from steelyard.model.history import Chunk, History
from steelyard.model.instruments import Instrument
from steelyard.model.units import RATE_DECIMALS
from steelyard.services.marketdata.timestamps import time_text
from steelyard.store.catalog.columns import columns_used
from steelyard.store.catalog.datasets import Dataset, interval_text, label_of
from steelyard.store.catalog.reading import CatalogHistory

KIND_NAMES: Final = {
    k.TRADE_BUY: "trade buy", k.TRADE_SELL: "trade sell", k.QUOTE: "quote", k.BAR: "bar",
    k.DEPTH_BID: "depth bid", k.DEPTH_ASK: "depth ask", k.DEPTH_CLEAR: "depth clear",
    k.FUNDING: "funding", k.MARK: "mark",
}  # fmt: skip
_MEANINGS: Final = {
    k.TRADE_BUY: ("price", "quantity"), k.TRADE_SELL: ("price", "quantity"),
    k.QUOTE: ("bid", "bid quantity", "ask", "ask quantity"),
    k.BAR: ("open", "high", "low", "close", "volume"),
    k.DEPTH_BID: ("price", "quantity"), k.DEPTH_ASK: ("price", "quantity"), k.DEPTH_CLEAR: (),
    k.FUNDING: ("rate", "mark"), k.MARK: ("mark",),
}  # fmt: skip
_QUANTITIES: Final = frozenset({"quantity", "bid quantity", "ask quantity", "volume"})
_STEPS: Final = "▁▂▃▄▅▆▇█"
_POINTS: Final = 60


def summary(dataset: Dataset) -> dict[str, Any]:
    """Return the line of a dataset in a list."""
    return {
        "name": dataset.name,
        "venue": dataset.instrument.venue,
        "instrument": dataset.instrument.name,
        "holds": dataset.label,
        "rows": dataset.rows,
        "from": time_text(dataset.start_ns),
        "to": time_text(dataset.end_ns),
        "gaps": len(dataset.gaps),
        "duplicates_dropped": dataset.duplicates,
        "sources": len(dataset.sources),
    }


def details(history: History, *, rows: int = 5, gaps: int = 20) -> dict[str, Any]:
    """Return all there is to say about one history."""
    instrument = history.instruments[0]
    interval_ns = int(getattr(history, "interval_ns", 0))
    shown: dict[str, Any] = {
        "instruments": [_instrument(one) for one in history.instruments],
        "holds": label_of(history.kinds, interval_ns),
        "kinds": [KIND_NAMES[kind] for kind in sorted(history.kinds)],
        "interval": interval_text(interval_ns) if interval_ns else None,
        "rows": history.rows,
        "from": time_text(history.start_ns),
        "to": time_text(history.end_ns),
        "gaps": len(history.gaps),
        "first_gaps": [
            {"after": time_text(g.after_ns), "before": time_text(g.before_ns), "reason": g.reason}
            for g in history.gaps[:gaps]
        ],
        "assumptions": [
            {"what": one.what, "why": one.why, "penalty": one.penalty}
            for one in history.assumptions
        ],
        "schema": {
            "ts_ns": "int64, UTC nanoseconds",
            "kind": "int8",
            **dict.fromkeys(columns_used(history.kinds), "int64, units of the instrument"),
        },
        "first_rows": list(islice(_rows(history, instrument), rows)),
        "prices": sparkline(history),
    }
    if isinstance(history, CatalogHistory):
        dataset = history.dataset
        shown = {"name": dataset.name, "file": str(history.path), **shown}
        shown["duplicates_dropped"] = dataset.duplicates
        shown["sources"] = [
            {"name": one.name, "family": one.family, "rows": one.rows, "sha256": one.sha256}
            for one in dataset.sources
        ]
    return shown


def sparkline(history: History) -> str:
    """Draw the prices as one line of blocks."""
    prices = _prices(history)
    if len(prices) < 2:  # noqa: PLR2004 - a line needs two points
        return ""
    low, high = int(prices.min()), int(prices.max())
    if low == high:
        return _STEPS[0] * len(prices)
    steps = (prices - low) * (len(_STEPS) - 1) // (high - low)
    return "".join(_STEPS[int(step)] for step in steps)


def _prices(history: History) -> np.ndarray:
    """Return some sixty prices, evenly spaced over the rows."""
    every = max(1, history.rows // _POINTS)
    found = []
    done = 0
    for chunk in history.chunks():
        column = chunk.d if k.BAR in history.kinds and len(chunk.d) else chunk.a
        priced = (chunk.kind != k.DEPTH_CLEAR) & (chunk.kind != k.FUNDING)
        at = np.arange(-done % every, len(chunk), every)
        found.append(column[at[priced[at]]] if len(column) else column[:0])
        done += len(chunk)
    return np.concatenate(found) if found else np.empty(0, np.int64)


def _rows(history: History, instrument: Instrument) -> Iterator[dict[str, str]]:
    for chunk in history.chunks():
        for row in range(len(chunk)):
            one = instrument
            if len(chunk.instrument):
                one = history.instruments[int(chunk.instrument[row])]
            yield _row(chunk, row, one)


def _row(chunk: Chunk, row: int, instrument: Instrument) -> dict[str, str]:
    kind = int(chunk.kind[row])
    shown = {"time": time_text(int(chunk.ts_ns[row])), "kind": KIND_NAMES[kind]}
    for name, what in zip("abcde", _MEANINGS[kind], strict=False):
        decimals = instrument.price_decimals
        if what in _QUANTITIES:
            decimals = instrument.quantity_decimals
        elif what == "rate":
            decimals = RATE_DECIMALS
        shown[what] = format_units(int(getattr(chunk, name)[row]), decimals)
    return shown


def _instrument(one: Instrument) -> dict[str, Any]:
    return {
        "name": one.name,
        "venue": one.venue,
        "kind": one.kind.name.lower(),
        "price_decimals": one.price_decimals,
        "quantity_decimals": one.quantity_decimals,
        "tick": one.price_text(one.tick),
        "lot": format_units(one.lot, one.quantity_decimals),
        "contract": format_decimal(one.multiplier),
    }
