"""Layouts of the grid's own records. Prices, quantities and money are the instrument's units.

Rule 1: int64 only, so that a snapshot is bytes; `LAYOUT` is the version of those bytes.
Rule 2: STATE has two rows, the long wing and the short wing; what both share stands in row 0.
Rule 3: a wing counts in its own coordinates: side × price and side × level. There, every grid is
a long grid: it opens at or below the price and closes above.
"""

from typing import Final

import numpy as np

LAYOUT: Final = 1

GUARD_MAX: Final = 64
MONITORS_MAX: Final = 8
AVERAGE_MAX: Final = 64

WAIT: Final = 0
REPRICE: Final = 1
TAKE: Final = 2


def _layout(*names: str, extra: tuple[tuple[str, int], ...] = ()) -> np.dtype[np.void]:
    fields: list[tuple[str, str] | tuple[str, str, tuple[int, ...]]] = [(n, "i8") for n in names]
    fields += [(name, "i8", (size,)) for name, size in extra]
    return np.dtype(fields, align=True)


PARAMS: Final = _layout(
    "instrument", "mask", "mode", "geometric", "interval", "budget", "contracts",
    "open_window", "close_window", "value_min", "flags", "fallback", "attempts", "retry_ns",
    "cleanup_threshold", "cleanup_batch", "cleanup_ns", "lock_ns",
    "start_rate", "inventory_max", "skew_rate", "fee_rate", "positions_min",
    "equity", "leverage", "restored_quantity", "restored_entry",
    "bar_ns", "every_bar",
    "atr", "atr_period", "atr_bars", "atr_scale_rate", "profit_rate_min",
    "guard", "guard_bars", "guard_window", "slow_rate", "slow_size_rate",
    "fast_rate", "fast_size_rate", "fast_window_rate", "fast_falls",
    "monitors", "monitor_bars", "average_window", "volume_rate", "trigger_count",
    "recovery_count",
    extra=(("monitored", MONITORS_MAX),),
)  # fmt: skip
"""The parameters, read and in units. `flags` are those of every opening order. `contracts`, of an
inverse perpetual, stands in for `budget`: its orders are worth what they count."""

STATE: Final = _layout(
    # One wing: where its windows stand.
    "active", "side", "centre", "risen", "low", "high", "cap",
    "opens", "closes", "filled",
    "open_low", "open_high", "close_low", "close_high", "held_low", "held_high",
    # Shared, row 0: what the next event needs.
    "started", "anchor", "stride", "width", "start_distance", "safe_cost", "live",
    "no_opening", "no_closing",
    "wake_low", "wake_high", "wake_ns",
    "dirty", "crowded", "blocked",
    "why", "why_have", "why_need", "have", "need", "retry_ns", "lock_ns", "clean_ns",
    "refused_ns", "hasty_ns",
    "window", "size_rate", "halted", "failed", "failed_have", "failed_need",
    "level_low", "level_high",
    # Shared, row 0: bars.
    "risk", "guard_level",
    "atr_sum", "atr_seen", "atr_close", "atr_bucket", "atr_top", "atr_floor", "atr_last",
    "guard_seen", "guard_sum", "guard_next", "guard_falls", "guard_close", "guard_bucket",
    "guard_last",
    extra=(
        ("guard_closes", GUARD_MAX),
        ("seen", MONITORS_MAX), ("next", MONITORS_MAX), ("close_sum", MONITORS_MAX),
        ("volume_sum", MONITORS_MAX), ("storm", MONITORS_MAX), ("calm", MONITORS_MAX),
        ("bucket", MONITORS_MAX), ("last", MONITORS_MAX), ("volume", MONITORS_MAX),
        ("closes_kept", MONITORS_MAX * AVERAGE_MAX), ("volumes_kept", MONITORS_MAX * AVERAGE_MAX),
    ),
)  # fmt: skip
"""`open_*`, `close_*` and `held_*` are bounds on the levels with live openings, live closings and
holdings: nothing lies outside, something need not lie at the edge."""

SLOT: Final = _layout(
    "state", "level", "held", "cost", "number", "order", "meant",
    "generation", "fails", "retry_ns", "why", "quantity", "sized_for", "dust", "lattice",
)  # fmt: skip
"""One level of the ladder; its row is level & mask. `held` is positive for both wings, `cost` the
real price it came in at, `meant` the price of its order before any re-pricing. `generation` grows
over the row's whole life, so no client id ever repeats. `lattice` is the row's price in a
geometric ladder."""


def state_rows() -> np.ndarray:
    """Return both wings, asleep."""
    return np.zeros(2, dtype=STATE)
