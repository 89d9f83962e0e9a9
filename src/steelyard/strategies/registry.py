"""Our strategies by name. A new one is a folder and a line here."""

from typing import Final

from steelyard.kernel.strategy import CompiledStrategy
from steelyard.strategies.grid.strategy import GRID

STRATEGIES: Final[dict[str, CompiledStrategy]] = {
    "grid": GRID,
}
