"""The room of chance: every random number comes from a seed that can be written down."""

import numpy as np


def generator(seed: int) -> np.random.Generator:
    """Return a generator whose numbers are the same on every machine for the same seed."""
    return np.random.Generator(np.random.PCG64(seed))
