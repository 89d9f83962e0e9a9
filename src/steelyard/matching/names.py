"""The named models of the simulator: what each name means, and the number compiled parts read.

Latency. A venue's event is heard at venue time and a command arrives after the whole round trip:
robot time = venue time + feed delay, so both delays collapse into one, on the command.
"""

from typing import Final

# Latency: none, the same for every command, or spread by a hash of the order's number.
LATENCY: Final = {"none": 0, "fixed": 1, "jitter": 2}

# Where a resting limit order stands in the queue at its price.
THROUGH: Final = 0  # last: it fills only when the market trades strictly through its price
TOUCH: Final = 1  # first: it fills when the market trades at its price
VOLUME: Final = 2  # behind what was displayed when it joined
QUEUE: Final = {"through": THROUGH, "touch": TOUCH, "volume": VOLUME}

# How much a print, a quote or a bar can fill.
TRADED: Final = 0  # what it shows, once, across all own orders; of a bar a share of its volume
UNLIMITED: Final = 1
LIQUIDITY: Final = {"traded": TRADED, "unlimited": UNLIMITED}

# What a market order pays beyond the price it saw, where no displayed size says so.
NO_SLIPPAGE: Final = 0
RATE_SLIPPAGE: Final = 1  # a ratio of the price
HALF_SPREAD: Final = 2  # half the spread seen last; the rate where no quote was seen
SLIPPAGE: Final = {"none": NO_SLIPPAGE, "rate": RATE_SLIPPAGE, "half_spread": HALF_SPREAD}

# Fees: the instrument's maker and taker rates, or two rates for everything.
SCHEDULE: Final = 0
FLAT: Final = 1
FEES: Final = {"schedule": SCHEDULE, "flat": FLAT}

# The path a price is taken to have walked inside a bar; see `matching.paths`.
PESSIMISTIC: Final = 0
OPEN_HIGH_LOW_CLOSE: Final = 1
OPEN_LOW_HIGH_CLOSE: Final = 2
SHORTEST: Final = 3
PATH: Final = {
    "pessimistic": PESSIMISTIC,
    "open_high_low_close": OPEN_HIGH_LOW_CLOSE,
    "open_low_high_close": OPEN_LOW_HIGH_CLOSE,
    "shortest": SHORTEST,
}
