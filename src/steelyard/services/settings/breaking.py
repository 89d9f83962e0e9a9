"""From thresholds as people write them to the rules that breakers go by.

Rule 1: a threshold of 0 makes no rule. Money becomes minor units, rounded down: rather too early.
"""

from decimal import ROUND_FLOOR, Decimal
from typing import Final

from steelyard.model.units import RATE_DECIMALS
from steelyard.runtime.breakers import PERSON, TIME
from steelyard.runtime.signs import Kind, Rule
from steelyard.services.settings.schema import Breaking

_SECOND: Final = 10**9
_MEGABYTE: Final = 10**6


def breaker_rules(breaking: Breaking, *, money_decimals: int) -> tuple[Rule, ...]:
    """Return the rules of one account; money is in minor units of so many decimals."""
    span = breaking.loss_window_s * _SECOND
    load = breaking.load_span_s * _SECOND
    netted = breaking.loss_netted
    # One row a kind: threshold, span, count.
    rows: dict[Kind, tuple[int, int, int]] = {
        Kind.FAILURES: (breaking.failures, 0, 0),
        Kind.LOSS_SINGLE: (_units(breaking.loss_single, money_decimals), 0, 0),
        Kind.LOSS_WINDOW: (_units(breaking.loss_window, money_decimals), span, 0),
        Kind.LOSS_TOTAL: (_units(breaking.loss_total, money_decimals), 0, 0),
        Kind.ORDER_SHARE: (_rate(breaking.order_failures_ratio), 0, breaking.order_failures_count),
        Kind.CALL_SHARE: (_rate(breaking.call_failures_ratio), 0, breaking.call_failures_count),
        Kind.STALE: (_units(breaking.stale_s, 9), 0, 0),
        Kind.JUMP: (_rate(breaking.jump_ratio), breaking.jump_window_s * _SECOND, 0),
        Kind.SPREAD: (_rate(breaking.spread_ratio), 0, 0),
        Kind.JOURNAL: (int(breaking.journal), 0, 0),
        Kind.STALL: (_units(breaking.stall_s, 9), 0, 0),
        Kind.DISK: (breaking.disk_free_mb * _MEGABYTE, 0, 0),
        Kind.CPU: (_rate(breaking.cpu_ratio), load, 0),
        Kind.MEMORY: (_rate(breaking.memory_ratio), load, 0),
    }
    return tuple(
        Rule(
            name=kind.value,
            kind=kind,
            threshold=threshold,
            span_ns=span_ns,
            count=count,
            reset=PERSON if kind.value in breaking.by_person else TIME,
            after_ns=breaking.after_s * _SECOND,
            netted=netted and kind in (Kind.LOSS_WINDOW, Kind.LOSS_TOTAL),
            decimals=money_decimals,
        )
        for kind, (threshold, span_ns, count) in rows.items()
        if threshold > 0
    )


def _units(value: Decimal, decimals: int) -> int:
    units = int(value.scaleb(decimals).to_integral_value(ROUND_FLOOR))
    # What is too small for the unit is no switch.
    return max(1, units) if value > 0 else 0


def _rate(value: Decimal) -> int:
    return _units(value, RATE_DECIMALS)
