"""Snapshots as venues should not send them: with rows missing, or with rows of nothing."""

from typing import Any

from steelyard.model.reports import Holding, Holdings, OpenOrders, Trades
from steelyard.services.simulation.fates import Fate
from steelyard.services.simulation.tape import Stream


def spoiled(value: Any, fate: Fate, luck: Stream) -> Any:
    """Return the snapshot as this fate leaves it; None if it does not apply."""
    if fate == Fate.PARTIAL:
        return _partial(value, luck)
    if not isinstance(value, Holdings):
        return None
    held = {(row.instrument, row.position_side) for row in value.positions}
    flat = tuple(
        Holding(instrument=0, position_side=side, quantity=0)
        for side in (0, 1)
        if (0, side) not in held
    )
    rows = flat + value.positions if fate == Fate.FLAT_SIDES else value.positions + flat
    return Holdings(
        as_of_ns=value.as_of_ns, complete=value.complete, positions=rows, cash=value.cash,
        hedged=value.hedged,
    )  # fmt: skip


def _partial(value: Any, luck: Stream) -> Any:
    if isinstance(value, Holdings):
        rows = value.positions[: luck.below(len(value.positions) + 1)]
        return Holdings(
            as_of_ns=value.as_of_ns, complete=False, positions=rows, cash=value.cash,
            hedged=value.hedged,
        )  # fmt: skip
    if isinstance(value, OpenOrders):
        orders = value.orders[: luck.below(len(value.orders) + 1)]
        return OpenOrders(as_of_ns=value.as_of_ns, complete=False, orders=orders)
    if isinstance(value, Trades):
        return Trades(complete=False, trades=(), cursor=value.cursor, more=value.more)
    return None
