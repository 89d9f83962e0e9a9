"""Values of the model as plain ones: what a person reads and JSON can hold.

Rule 1: numbers become texts in the instrument's own decimals.
Rule 2: what is about no instrument that is known stays as it is.
"""

from enum import Enum
from typing import Any, Final

import msgspec

from steelyard.model.decimals import format_units
from steelyard.model.events import Bar
from steelyard.model.instruments import Instrument
from steelyard.model.market import Depth
from steelyard.model.units import RATE_DECIMALS
from steelyard.venues.native.dialect import BookChange

_PRICES: Final = frozenset({"price", "trigger", "bid", "ask", "mark", "index", "entry"})
_QUANTITIES: Final = frozenset({"quantity", "filled", "bid_quantity", "ask_quantity", "coin_fee"})
_MONEY: Final = frozenset({"fee", "payment", "worth", "cash"})
_SIDES: Final = {1: "buy", -1: "sell"}


def plain(value: Any, instruments: tuple[Instrument, ...]) -> Any:
    """Return a value with its numbers as texts in the instrument's own decimals."""
    if isinstance(value, (list, tuple)) and not isinstance(value, Bar):
        return [plain(one, instruments) for one in value]
    if not isinstance(value, msgspec.Struct):
        return value
    place = getattr(value, "instrument", -1)
    terms = instruments[place] if 0 <= place < len(instruments) else None
    found: dict[str, Any] = {"is": type(value).__name__}
    for name in value.__struct_fields__:
        one = getattr(value, name)
        if name == "instrument" and terms is not None:
            one = terms.name
        elif terms is not None:
            one = _field(name, one, terms, value)
        if isinstance(one, Enum):
            one = one.name.lower()
        found[name] = one
    return found


def _field(name: str, one: Any, terms: Instrument, value: msgspec.Struct) -> Any:  # noqa: PLR0911 - a table
    if isinstance(value, Depth | BookChange) and name in ("bids", "asks"):
        return [
            [format_units(p, terms.price_decimals), format_units(q, terms.quantity_decimals)]
            for p, q in one
        ]
    if name == "bar":
        parts = {key: format_units(getattr(one, key), terms.price_decimals) for key in _BAR}
        return {**parts, "volume": format_units(one.volume, terms.quantity_decimals)}
    if name in _PRICES:
        return format_units(one, terms.price_decimals)
    if name in _QUANTITIES:
        return format_units(one, terms.quantity_decimals)
    if name in _MONEY:
        return format_units(one, terms.money_decimals)
    if name == "rate":
        return format_units(one, RATE_DECIMALS)
    if name in ("side", "taker_side"):
        return _SIDES[one]
    return one


_BAR: Final = ("open", "high", "low", "close")
