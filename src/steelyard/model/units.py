"""Units as types: contracts, coins, quote, lots and ticks cannot be mixed up.

Inside the kernel every one of them is an integer. Only `Instrument` converts between them.
"""

from typing import NewType

Price = NewType("Price", int)
"""A price in the instrument's price unit, 10^-price_decimals of the quote."""

Quantity = NewType("Quantity", int)
"""An order or position size in the instrument's quantity unit: base coins for spot, contracts
for perpetuals, times 10^quantity_decimals."""

Money = NewType("Money", int)
"""An amount of the settlement asset in its minor unit, 10^-money_decimals."""

Ticks = NewType("Ticks", int)
"""A price distance counted in the instrument's current tick."""

Lots = NewType("Lots", int)
"""A size counted in the instrument's current lot."""

Rate = NewType("Rate", int)
"""A ratio in units of 10^-8: 0.0002 is 20,000."""

Nanos = NewType("Nanos", int)
"""UTC nanoseconds since 1970."""

RATE_DECIMALS = 8
RATE_ONE = 10**RATE_DECIMALS
