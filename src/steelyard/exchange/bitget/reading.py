"""What a client asked for: parameters read one by one, each with its refusal.

Rule: numbers are read exactly into the instrument's units; what does not fit is refused with the
code of the filter that it breaks.
"""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from steelyard.exchange.bitget.errors import Fault, refused
from steelyard.exchange.bitget.listing import symbol_of
from steelyard.exchange.hall.port import Hall, Request
from steelyard.exchange.hall.words import EVERY, Product, Refused, Why
from steelyard.model.instruments import Instrument

PRODUCT_TYPE = "USDT-FUTURES"
_TYPES = frozenset({"USDT-FUTURES", "COIN-FUTURES", "USDC-FUTURES", "SUSDT-FUTURES",
                    "SCOIN-FUTURES", "SUSDC-FUTURES"})  # fmt: skip
_MS_NS = 1_000_000
_PAGE = 100


class Asked:
    """The parameters of one request, or of one order of it."""

    def __init__(self, hall: Hall, values: Mapping[str, Any]) -> None:
        """Read from `values`."""
        self.hall, self._values = hall, values

    @classmethod
    def of(cls, hall: Hall, request: Request) -> "Asked":
        """Read a request: its query, or its JSON body."""
        if request.method == "GET":
            return cls(hall, dict(parse_qsl(request.query, keep_blank_values=True)))
        try:
            found = msgspec.json.decode(request.body or b"{}")
        except msgspec.DecodeError:
            raise Fault("40017", "Parameter verification failed") from None
        if not isinstance(found, dict):
            raise Fault("40017", "Parameter verification failed")
        return cls(hall, found)

    def part(self, values: Any) -> "Asked":
        """Return an order of a batch, which shares what stands around it."""
        if not isinstance(values, dict):
            raise Fault("40017", "Parameter verification failed orderList")
        return Asked(self.hall, {**self._values, **values})

    def rows(self, name: str) -> list[Any]:
        """Return a list; empty where there is none."""
        found = self._values.get(name)
        return found if isinstance(found, list) else []

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text; without a default it must be there."""
        value = self._values.get(name)
        if value is None or value == "":
            if default is None:
                raise Fault("40019", f"Parameter {name} cannot be empty")
            return default
        return str(value)

    def has(self, name: str) -> bool:
        """Say whether it was given."""
        return self._values.get(name) not in (None, "")

    def one_of(self, name: str, allowed: Mapping[str, Any], default: str | None = None) -> Any:
        """Return what a word stands for, in any case of letters."""
        word = self.text(name, default).lower()
        if word not in allowed:
            raise Fault("40020", f"Parameter {name} error")
        return allowed[word]

    def decimal(self, name: str, default: str | None = None) -> Decimal:
        """Return a number."""
        text = self.text(name, default)
        try:
            value = Decimal(text)
        except InvalidOperation:
            raise Fault("40020", f"Parameter {name} error") from None
        if not value.is_finite():
            raise Fault("40020", f"Parameter {name} error")
        return value

    def units(self, name: str, decimals: int, product: Product, why: Why) -> int:
        """Return a positive number in units of so many places."""
        shifted = self.decimal(name).scaleb(decimals)
        if shifted <= 0:
            raise Fault("40020", f"Parameter {name} error")
        if shifted != int(shifted):
            raise refused(Refused(why=why), product)
        return int(shifted)

    def price(self, name: str, instrument: Instrument, product: Product) -> int:
        """Return a price."""
        return self.units(name, instrument.price_decimals, product, Why.TICK)

    def size(self, name: str, instrument: Instrument, product: Product) -> int:
        """Return a quantity."""
        return self.units(name, instrument.quantity_decimals, product, Why.LOT)

    def instrument(self, product: Product) -> int:
        """Return the place of the instrument that `symbol` names."""
        symbol = self.text("symbol").upper()
        place = place_of(self.hall, symbol, product)
        if place == EVERY:
            raise Fault("40034", f"Parameter {symbol} does not exist")
        return place

    def any_instrument(self, product: Product) -> int:
        """Return it where it is named, else EVERY."""
        return self.instrument(product) if self.has("symbol") else EVERY

    def product_type(self) -> str:
        """Check the product type; others than USDT futures exist and are empty."""
        word = self.text("productType").upper()
        if word not in _TYPES:
            raise Fault("40020", "Parameter productType error")
        return word

    def number(self, name: str) -> int:
        """Return an id of orders or trades; 0: not given."""
        text = self.text(name, "0")
        if not text.isdecimal():
            raise Fault("40020", f"Parameter {name} error")
        return int(text)

    def limit(self, most: int = _PAGE, default: int = _PAGE) -> int:
        """Return how many rows are wanted."""
        text = self.text("limit", str(default))
        if text == "max":
            return most
        if not text.isdecimal() or not int(text):
            raise Fault("40020", "Parameter limit error")
        return min(int(text), most)

    def span(self) -> tuple[int, int]:
        """Return start and end time in ns; 0: none."""
        return self.number("startTime") * _MS_NS, self.number("endTime") * _MS_NS


def place_of(hall: Hall, symbol: str, product: Product) -> int:
    """Return the place of an instrument; EVERY: it is not listed."""
    for place, one in enumerate(hall.instruments):
        if hall.product(place) == product and symbol_of(one) == symbol:
            return place
    return EVERY
