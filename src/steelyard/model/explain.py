"""A reason in words: what stands in the way and how far it is from passing."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypedDict

from steelyard.model.decimals import format_decimal, format_units
from steelyard.model.instruments import Instrument, rate_decimal
from steelyard.model.reasons import REASONS, Reason, Unit


class Explanation(TypedDict):
    """A reason as pages and JSON show it."""

    code: int
    name: str
    have: str
    need: str
    en: str
    zh: str


def explain(
    code: int, have: int, need: int, instrument: Instrument,
    more: Mapping[int, Reason] | None = None,
) -> Explanation:  # fmt: skip
    """Put a reason code and its two numbers into English and Chinese.

    `more` holds a strategy's own reasons.
    """
    reason = (more or {}).get(code) or REASONS.get(code)
    if reason is None:
        reason = Reason("unknown", Unit.NONE, f"reason {code}", f"原因 {code}")
    shown_have = shown(have, reason.unit, instrument)
    shown_need = shown(need, reason.unit, instrument)
    return Explanation(
        code=code,
        name=reason.name,
        have=shown_have,
        need=shown_need,
        en=reason.english.format(have=shown_have, need=shown_need),
        zh=reason.chinese.format(have=shown_have, need=shown_need),
    )


def shown(value: int, unit: Unit, instrument: Instrument) -> str:  # noqa: PLR0911 - a row each
    """Print one number in the unit a reason names."""
    match unit:
        case Unit.PRICE:
            return f"{format_units(value, instrument.price_decimals)} {instrument.quote}"
        case Unit.QUANTITY:
            return format_units(value, instrument.quantity_decimals)
        case Unit.MONEY:
            return f"{format_units(value, instrument.money_decimals)} {instrument.settle}"
        case Unit.RATE:
            return f"{format_decimal(rate_decimal(value) * 100)} %"
        case Unit.TIME:
            moment = datetime.fromtimestamp(value / 1e9, tz=UTC)
            return moment.strftime("%Y-%m-%d %H:%M:%S UTC")
        case Unit.COUNT:
            return str(value)
        case _:
            return ""
