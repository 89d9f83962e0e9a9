"""Layouts of the simulator: the venue's own truth, apart from what the book believes.

`sim` has one row per (owner, instrument, side), as positions have; row 0 is also the head. Owners
are robots and accounts. Four kinds of fields share the layout:
head      row 0
account   row of (account, 0, 0); `account` in the row of (robot, 0, 0) says whose money it spends
lane      row of (0, instrument, 0): the market of one instrument
holding   every row; `held` is the robot's own part, the rest the account's position
"""

from typing import Final, NamedTuple

import numpy as np

from steelyard.jit.parts import Records, part


def _layout(*names: str, extra: tuple[tuple[str, int], ...] = ()) -> np.dtype[np.void]:
    fields: list[tuple[str, str] | tuple[str, str, tuple[int, ...]]] = [(n, "i8") for n in names]
    fields += [(name, "i8", (size,)) for name, size in extra]
    return np.dtype(fields, align=True)


# Ladders of a lane.
BIDS: Final = 0  # own buy orders
ASKS: Final = 1
UPS: Final = 2  # own orders that act when the price rises to their trigger
DOWNS: Final = 3
DEPTH_BIDS: Final = 4  # the venue's book, from depth rows
DEPTH_ASKS: Final = 5
LADDERS: Final = 6

SIM: Final = _layout(
    # head, of the walk
    "cursor",  # next row of the chunk
    "now_ns", "sample_ns", "sample_step_ns", "bar_step_ns", "bar_next_ns",
    "stage",  # what of the row at the cursor is still to do
    "then",  # stage after the robots were asked whether they want to hear the market
    "asked",  # the next robot to ask
    "instrument",  # of the row
    "point", "high_first", "inside",  # of the path inside a bar
    "unsettled",  # instrument + 1 of a depth update not yet complete
    "folded",  # rows of the chunk before this one are in the bars being built
    "scan_until_ns", "scan_stop",
    "uneasy",  # positions or money moved; 2: so far that the guards no longer hold
    "fault",  # halts the book
    # head, of the ring of commands on their way and the ring of events to deliver
    "flight_first", "flights", "flight_room", "news_first", "news", "news_room",
    # head, from the settings
    "instruments", "robots", "accounts", "orders_max", "margined",
    "delay_ns", "jitter_ns", "seed", "queue_model", "liquidity", "participation_rate",
    "slippage", "slippage_rate", "path", "fees", "flat_maker_rate", "flat_taker_rate",
    # account
    "account", "cash", "locked", "open_orders", "paid_fees", "paid_funding", "liquidations",
    "safe_equity",  # with at least this much, the guards hold
    "rung_ns",  # robot: when its last timer went off
    # lane
    "has_trades", "has_quotes", "has_depth", "has_bars", "has_marks",
    "act_low", "act_high",  # nothing of ours acts while the price is between
    "low", "high",  # the same with the robots' wakes
    "guard_low", "guard_high",  # nobody is liquidated while the price is between
    "trail_low", "trail_high",  # a new extreme of these moves a trailing stop
    "left",  # what the print or bar at hand can still fill
    "bid_left", "ask_left",  # what of the displayed quote was not taken yet
    "quoted", "unsettled_ns",
    "bars",  # bars walked; orders placed inside one remember its number
    "fold_rows", "fold_due_ns", "fold_open_ns", "fold_open", "fold_high", "fold_low",
    "fold_close", "fold_volume",  # the bar being built
    # holding
    "held", "quantity", "entry_worth",
    "open_buy", "open_sell",  # notional of resting orders; spot: `open_sell` counts coins
    "required",  # initial margin locked for it
    "cap",  # up to this size of the position the guards hold
    "reducers",  # resting reduce-only orders
    extra=(("at", LADDERS), ("count", LADDERS)),
)  # fmt: skip

RESTING: Final = _layout(
    "state", "number", "robot", "account", "instrument", "side", "type", "flags", "position_side",
    "price", "trigger", "trail", "quantity", "filled",
    "extreme",  # best price a trailing stop has seen
    "locked",  # money or notional set aside for what is unfilled
    "ahead",  # displayed quantity that is served before it; -1: not known yet
    "printed",  # what trades took at its price since the level was updated
    "ladder", "key",
    "bar",  # the lane's bar it was placed inside; -1: none
)  # fmt: skip
"""The venue's own record of an order, in the row that the book's order has."""

# States of an order at the venue.
GONE: Final = 0
ON_ITS_WAY: Final = 1
RESTS: Final = 2  # on BIDS or ASKS
WAITS: Final = 3  # on UPS or DOWNS

# Stages of the row at the cursor.
READY: Final = 0  # not begun
WALK: Final = 1  # inside a bar
ASK: Final = 2  # robots are asked, one by one, whether they want to hear the market
NEXT: Final = 3  # done

FORCED: Final = 2  # of `uneasy`

HALT_OVERFLOW: Final = 1  # as in the kernel
HALT_FLOOD: Final = 10  # more events were caused within one moment than the ring holds

UNBOUNDED: Final = 2**62


class Resting(NamedTuple):
    """The venue's orders and every ladder's rungs. Travels through compiled parts as one value."""

    orders: Records
    rungs: Records


class Rows(NamedTuple):
    """A chunk's columns, as pointers, and how many rows it has."""

    ts: Records
    kind: Records
    inst: Records
    a: Records
    b: Records
    c: Records
    d: Records
    e: Records
    total: int
    many: bool  # of several instruments: else `inst` is empty


@part
def row_of(head: Records, owner: int, instrument: int, side: int) -> int:
    """Return the row of a holding, as `position_row` does for positions."""
    return (owner * head.instruments + instrument) * 2 + side
