"""How the rooms of a house that trades tell people something."""

from collections.abc import Callable
from typing import TypeAlias

Say: TypeAlias = Callable[[str, str], None]
"""Is given a level and a sentence."""
