"""Layouts of the records that compiled parts share.

Every field is an int64 (a table's row is a whole number of words), in the units of
`model.units`. `*_ns` are UTC nanoseconds. Rows are referred to by index; an order also by its
`number`, which never repeats within a book.
"""

from typing import Final

import numpy as np

TIERS_MAX: Final = 10


def _layout(*names: str, extra: tuple[tuple[str, int], ...] = ()) -> np.dtype[np.void]:
    fields: list[tuple[str, str] | tuple[str, str, tuple[int, ...]]] = [(n, "i8") for n in names]
    fields += [(name, "i8", (size,)) for name, size in extra]
    return np.dtype(fields, align=True)


INSTRUMENT: Final = _layout(
    "kind", "tick", "lot", "quantity_min", "quantity_max", "notional_min",
    "worth_numerator", "worth_denominator", "maker_rate", "taker_rate",
    "price_band_rate",  # farthest a limit price may stand from the last price; 0: no band
    "leverage", "tiers",
    extra=(("tier_notional_max", TIERS_MAX), ("tier_leverage_max", TIERS_MAX),
           ("tier_maintenance_rate", TIERS_MAX)),
)  # fmt: skip
"""Filters, fees and margin of one instrument. `leverage` is the account's setting (1 for spot)."""

PLANE: Final = _layout(
    "last", "bid", "bid_quantity", "ask", "ask_quantity", "mark", "seen_ns",
    "bar_open_ns", "open", "high", "low", "close", "volume", "bars",
)  # fmt: skip
"""What a book knows of one instrument's market; `last` is 0 before the first price."""

EVENT: Final = _layout(
    "kind", "ts_ns", "robot", "instrument",
    "order", "number",  # row in the book's orders, and the order's number
    "price", "quantity", "liquidity",  # liquidity: MAKER or TAKER
    "fee", "rate",
    "coin_fee",  # in quantity units: taken from the coins of a spot fill
    "code", "have", "need",  # of a refusal or rejection
    "reference",  # free for signals, answers and timers
)  # fmt: skip
"""One event to the book. Market and bar events carry nothing: they read PLANE."""

ORDER: Final = _layout(
    "status", "number", "robot", "instrument", "side", "type", "flags", "position_side",
    "price", "trigger", "trail", "quantity", "filled",
    "reference",  # the price the strategy meant; the waterfall's slippage is against it
    "cost",  # what the closed slot cost; 0: close at average
    "slot", "generation", "created_ns", "last_fill_ns",
    "cancel_ns",  # when its cancel was asked for last; 0: never
)  # fmt: skip
"""The book's belief about one of its orders."""

COMMAND: Final = _layout(
    "kind", "robot", "instrument", "order", "number", "side", "type", "flags", "position_side",
    "price", "trigger", "trail", "quantity", "verdict", "have", "need",
)  # fmt: skip
"""One command of the event at hand. `verdict` 0: approved, else a refusal's code."""

ROBOT: Final = _layout(
    "wake_low", "wake_high", "wake_at_ns", "wake_flags", "wake_instrument",
    "code", "have", "need",  # last decision: first failing condition and its distance
    "paused",  # bits of PAUSE_*
    "stop",  # one of STOP_*
    "stop_rate",  # distance of the protective stop from the entry; 0: unprotected
    "tend_at_ns",  # when the kernel itself wants to look after the robot's rest or protection
    "tries",  # of the kernel's own orders, failed in a row
    "traded",  # index of its main instrument
    "capital",  # paid in so far
)  # fmt: skip
"""A robot as the drivers see it. Woken when price <= wake_low or price >= wake_high or
now >= wake_at_ns; own-order events always wake."""

POSITION: Final = _layout(
    "quantity",  # signed
    "entry_worth",  # worth at entry, signed as quantity: what the venue's average entry says
    "inventory_worth",  # worth at the prices meant: what the waterfall's inventory says
    "open_buy", "open_sell",  # quantity of approved, not yet ended orders, unknown ones included
    "realised", "fees", "funding",
)  # fmt: skip
"""One position; row = (robot * instruments + instrument) * 2 + side."""

LIMITS: Final = _layout(
    "order_notional_max", "position_notional_max", "open_orders_max", "loss_max",
    "pause_entries",
)  # fmt: skip
"""A mandate's numbers; 0 means no limit. One row per robot, and a last one for the account."""

BOOK: Final = _layout(
    "n", "now_ns", "halted", "instruments", "robots",
    "commands",  # rows used in the command buffer of the event at hand
    "judged",  # of these, rows the gate has judged
    "log",  # rows used in the log buffer
    "order_next",  # number of the next order
    "row_next",  # where the search for a free order row begins
    "open_orders", "orders", "fills", "refusals", "cancels", "rejections",
    "samples",  # rows used in the equity curve
    "turnover",  # notional of all fills
    "capital",
    "hedged",  # 1: the account keeps long and short positions apart
    "leverage",  # the account's setting
)  # fmt: skip
"""Head of a book's state."""

LOG: Final = _layout("n", "what", "a", "b", "c")
"""One line of an outcome; see `kernel.outcome` for what a, b and c mean."""

CURVE: Final = _layout("ts_ns", "equity", "price", "quantity", "inventory")
"""A sample of the equity curve."""


def table(layout: np.dtype[np.void], rows: int = 1) -> np.ndarray:
    """Return `rows` zeroed records."""
    return np.zeros(rows, dtype=layout)
