"""The chart of accounts of a robot, and how a transfer is written.

Rule 1: a balance is debits minus credits; all balances of one asset add up to zero, always.
Rule 2: a transfer moves one amount from a credited to a debited account; nothing is edited.

Settlement asset:
    CASH        what the venue says is in the wallet
    CLEARING    contracts bought and not yet settled (perpetuals); empty for spot
    INVENTORY   what is held, at the prices the strategy meant
    GRID        profit of closed slots (income: a credit balance is a gain)
    TREND       profit of closed positions that belong to no slot
    SLIPPAGE    fill against the price meant
    FEES        · FUNDING · CAPITAL (paid in) · LIQUIDATION (taken by the venue)
Base asset of spot:
    COINS       what the wallet holds · MARKET who delivered it · COIN_FEES (taken from them)
"""

from typing import Final

CASH: Final = 0
CLEARING: Final = 1
INVENTORY: Final = 2
GRID: Final = 3
TREND: Final = 4
SLIPPAGE: Final = 5
FEES: Final = 6
FUNDING: Final = 7
CAPITAL: Final = 8
LIQUIDATION: Final = 9
COINS: Final = 10
MARKET: Final = 11
COIN_FEES: Final = 12

ACCOUNTS: Final = 13
SETTLEMENT_ACCOUNTS: Final = 10

NAMES: Final = (
    "cash", "clearing", "inventory", "grid", "trend", "slippage", "fees", "funding", "capital",
    "liquidation", "coins", "market", "coin_fees",
)  # fmt: skip
