"""How long a command is on its way.

Rule 1: jitter is a hash of seed and order number: it needs no state, and a replay draws the same.
"""

from typing import Final

import numpy as np

from steelyard.jit.parts import part

_GOLDEN: Final = np.uint64(0x9E3779B97F4A7C15)
_FIRST: Final = np.uint64(0xBF58476D1CE4E5B9)
_SECOND: Final = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31 = np.uint64(30), np.uint64(27), np.uint64(31)


@part
def mixed(seed: int, number: int) -> int:
    """Return 62 evenly spread bits of (seed, number): splitmix64."""
    x = np.uint64(seed) * _SECOND + np.uint64(number) * _GOLDEN + _GOLDEN
    x = (x ^ (x >> _S30)) * _FIRST
    x = (x ^ (x >> _S27)) * _SECOND
    x = x ^ (x >> _S31)
    return int(x >> np.uint64(2))


@part
def delay_of(number: int, delay_ns: int, jitter_ns: int, seed: int) -> int:
    """Return the nanoseconds a command about order `number` is on its way."""
    if jitter_ns == 0:
        return delay_ns
    return delay_ns + mixed(seed, number) % (jitter_ns + 1)
