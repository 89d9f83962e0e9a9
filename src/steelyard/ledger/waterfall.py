"""The profit waterfall: a query over balances that adds up to the change in equity, exactly.

Since all balances of an asset add up to zero, and equity is CASH + CLEARING + the worth of what
is held, the signed parts grid, trend, slippage, fees, funding and liquidation sum to
equity - capital to the last minor unit, whatever was rounded on the way.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from steelyard.ledger.accounts import (
    CAPITAL,
    CASH,
    CLEARING,
    FEES,
    FUNDING,
    GRID,
    INVENTORY,
    LIQUIDATION,
    SETTLEMENT_ACCOUNTS,
    SLIPPAGE,
    TREND,
)
from steelyard.model.errors import LedgerError


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """Where a profit came from, signed, in minor units of the settlement asset."""

    grid: int
    trend: int
    slippage: int
    fees: int
    funding: int
    liquidation: int
    equity: int
    capital: int

    @property
    def total(self) -> int:
        """Return the sum of the parts."""
        return self.grid + self.trend + self.slippage + self.fees + self.funding + self.liquidation


def waterfall(balances: Sequence[int], held_worth: int) -> Waterfall:
    """Query one robot's settlement accounts; `held_worth` is the worth of its position at mark."""
    own = [int(b) for b in balances[:SETTLEMENT_ACCOUNTS]]
    if sum(own) != 0:
        raise LedgerError(f"balances add up to {sum(own)}, allowed is 0")
    parts = Waterfall(
        grid=-own[GRID],
        trend=-own[TREND] + held_worth - own[INVENTORY],
        slippage=-own[SLIPPAGE],
        fees=-own[FEES],
        funding=-own[FUNDING],
        liquidation=-own[LIQUIDATION],
        equity=own[CASH] + own[CLEARING] + held_worth,
        capital=-own[CAPITAL],
    )
    if parts.total != parts.equity - parts.capital:
        raise LedgerError(
            f"waterfall was {parts.total}, the change in equity {parts.equity - parts.capital}"
        )
    return parts
