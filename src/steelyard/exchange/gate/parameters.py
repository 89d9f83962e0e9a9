"""What a client sends, read exactly: queries, bodies, numbers, instruments.

Rule 1: numbers come as text or as JSON numbers and are read as decimals.
Rule 2: what is missing or cannot be read is refused by its name.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import parse_qsl

from steelyard.exchange.gate.errors import GateError, invalid, missing
from steelyard.exchange.gate.listing import symbol_of
from steelyard.exchange.hall.port import Hall
from steelyard.exchange.hall.words import Product
from steelyard.model.instruments import Instrument

TEXT: Final = re.compile(r"t-[0-9A-Za-z_.\-]{1,28}")
CREATES_MAX: Final = 10
CANCELS_MAX: Final = 20
_LIMIT_MAX: Final = 1000
_SECOND_NS: Final = 1_000_000_000


def query_of(text: str) -> dict[str, str]:
    """Return a query's values."""
    return dict(parse_qsl(text, keep_blank_values=True))


def body_of(body: bytes) -> Any:
    """Return a JSON body, numbers with a point as decimals. Raises GateError."""
    if not body:
        return {}
    try:
        return json.loads(body, parse_float=Decimal)
    except ValueError as error:
        raise GateError("INVALID_REQUEST_BODY", "the body is no JSON") from error


def fields_of(body: bytes) -> dict[str, Any]:
    """Return a JSON body that is an object. Raises GateError."""
    found = body_of(body)
    if not isinstance(found, dict):
        raise GateError("INVALID_REQUEST_BODY", "the body is no object")
    return found


def decimal_of(values: Mapping[str, Any], name: str, default: str | None = None) -> Decimal:
    """Return a number. Raises GateError."""
    value = values.get(name)
    if value is None or value == "":
        if default is None:
            raise missing(name)
        value = default
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise invalid(name, value)
    try:
        found = Decimal(value)
    except InvalidOperation as error:
        raise invalid(name, value) from error
    if not found.is_finite():
        raise invalid(name, value)
    return found


def units_of(value: Decimal, decimals: int, name: str) -> int:
    """Return a number in units. Raises GateError for one that is too fine."""
    scaled = value.scaleb(decimals)
    if scaled != int(scaled):
        raise GateError("INVALID_PRECISION", f"{name} {value} has more than {decimals} decimals")
    return int(scaled)


def whole_of(values: Mapping[str, Any], name: str, default: int) -> int:
    """Return a whole number of a query. Raises GateError."""
    text = str(values.get(name, "") or default)
    if not re.fullmatch(r"-?\d{1,19}", text):
        raise invalid(name, text)
    return int(text)


def limit_of(values: Mapping[str, Any], default: int = 100, most: int = _LIMIT_MAX) -> int:
    """Return how many rows are wanted."""
    found = whole_of(values, "limit", default)
    if not 1 <= found <= most:
        raise invalid("limit", found)
    return found


def span_of(values: Mapping[str, Any]) -> tuple[int, int]:
    """Return (from, to) in nanoseconds; 0 and the far future where they are not told."""
    start = decimal_of(values, "from", "0")
    end = decimal_of(values, "to", "0")
    until = int((end + 1) * _SECOND_NS) - 1 if end else 0
    return int(start * _SECOND_NS), until


def flag_of(values: Mapping[str, Any], name: str) -> bool:
    """Return a truth value."""
    return str(values.get(name, "")).lower() == "true"


def place_of(hall: Hall, symbol: Any, product: Product) -> int:
    """Return the instrument of a symbol. Raises GateError."""
    for place, instrument in enumerate(hall.instruments):
        if symbol_of(instrument) == symbol and hall.product(place) == product:
            return place
    label = "INVALID_CURRENCY_PAIR" if product == Product.SPOT else "CONTRACT_NOT_FOUND"
    raise GateError(label, f"{symbol} is not listed")


def some_place(hall: Hall, values: Mapping[str, Any], name: str, product: Product) -> int:
    """Return the instrument that is named, EVERY where none is."""
    symbol = values.get(name)
    return place_of(hall, symbol, product) if symbol else -1


def places_of(hall: Hall, product: Product) -> list[tuple[int, Instrument]]:
    """Return all instruments of a product with their places."""
    return [
        (place, instrument)
        for place, instrument in enumerate(hall.instruments)
        if hall.product(place) == product
    ]


def text_of(values: Mapping[str, Any]) -> str:
    """Return the client's own text; "": none. Raises GateError."""
    text = values.get("text") or ""
    if text and not TEXT.fullmatch(str(text)):
        if str(text) in {"web", "api", "app", "apiv4"}:
            return ""
        raise GateError("INVALID_PARAM_VALUE", f"Invalid parameter `text` with value: {text}")
    return str(text)


def check_batch(rows: Any, most: int) -> None:
    """Refuse a batch of nothing or of too many."""
    if not isinstance(rows, list) or not 0 < len(rows) <= most:
        raise GateError("INVALID_PARAM_VALUE", f"a batch has one to {most} rows")


def page_of(rows: list[Any], values: Mapping[str, Any], limit: int) -> list[Any]:
    """Return one page, by `page` or by `offset`."""
    offset = whole_of(values, "offset", 0) or (whole_of(values, "page", 1) - 1) * limit
    return rows[max(0, offset) : max(0, offset) + limit]
