"""What a market order pays beyond the price it saw.

Rule 1: slippage is always against us and lands on a tick: buys round up, sells down.
Rule 2: no price falls below one tick.
"""

from steelyard.jit.muldiv import muldiv_ceil, muldiv_floor
from steelyard.jit.parts import part
from steelyard.matching.names import HALF_SPREAD, NO_SLIPPAGE

_RATE_ONE = 100_000_000


@part
def worsened(price: int, side: int, tick: int, model: int, rate: int, bid: int, ask: int) -> int:
    """Return the price `side` pays or gets when `price` was seen."""
    if model == HALF_SPREAD and 0 < bid < ask:
        price += side * ((ask - bid + 1) // 2)
    elif model != NO_SLIPPAGE:
        if side > 0:
            price = muldiv_ceil(price, _RATE_ONE + rate, _RATE_ONE)
        else:
            price = muldiv_floor(price, _RATE_ONE - rate, _RATE_ONE)
    rest = price % tick
    if rest:
        price += tick - rest if side > 0 else -rest
    return max(price, tick)
