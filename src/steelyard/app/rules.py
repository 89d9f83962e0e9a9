"""The gate with its rules bound in, under a name that says which."""

from collections.abc import Callable
from functools import cache

from steelyard.jit.parts import bind, spine
from steelyard.kernel.gate import allow
from steelyard.kernel.rules import either
from steelyard.risk.registry import RULES


@cache
def bound_gate(names: tuple[str, ...] = tuple(RULES)) -> Callable[..., int]:
    """Return `allow` with these rules, in this order."""
    label = "_".join(names)
    objection = RULES[names[-1]]
    for depth, name in enumerate(reversed(names[:-1])):
        objection = bind(
            either, f"either_{depth}__{label}", make=spine, first=RULES[name], then=objection
        )
    return bind(allow, f"allow__{label}", make=spine, objection=objection)
