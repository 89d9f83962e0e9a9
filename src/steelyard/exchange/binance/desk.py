"""What every part of the server works with: the hall, symbols, and how numbers are written.

Rule 1: spot writes eight decimals always; the perpetuals write an instrument's own.
"""

from decimal import Decimal
from typing import Final

from steelyard.exchange.binance.errors import NO_SYMBOL, object_to
from steelyard.exchange.binance.fields import Fields
from steelyard.exchange.binance.listing import symbol_of
from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.port import Hall
from steelyard.exchange.hall.words import Fill, Product
from steelyard.model.instruments import Instrument

MS: Final = 1_000_000
_EIGHT: Final = 8


class Desk:
    """The hall with its symbols."""

    def __init__(self, hall: Hall) -> None:
        """Stand at a hall."""
        self.hall = hall
        self.symbols = [symbol_of(one) for one in hall.instruments]
        self._places = {
            (hall.product(place), symbol): place for place, symbol in enumerate(self.symbols)
        }
        self._made = 0
        self.listen: dict[int, str] = {}
        """The newest listen key of each account: renewing names none."""

    def place(self, product: Product, symbol: str) -> int:
        """Return the place of a symbol."""
        place = self._places.get((product, symbol))
        if place is None:
            raise object_to(NO_SYMBOL)
        return place

    def find(self, product: Product, symbol: str) -> int | None:
        """Return the place of a symbol, or None."""
        return self._places.get((product, symbol))

    def places(self, product: Product) -> list[int]:
        """Return the places of all instruments of a product."""
        return [place for (one, _), place in self._places.items() if one is product]

    def is_spot(self, place: int) -> bool:
        """Say whether an instrument is spot."""
        return self.hall.product(place) is Product.SPOT

    def terms(self, place: int) -> Instrument:
        """Return an instrument."""
        return self.hall.instruments[place]

    def new_id(self) -> str:
        """Make up a client order id for an order that came without."""
        self._made += 1
        return f"auto{self.hall.now_ns() // MS:x}{self._made:08x}"

    # --- numbers ---------------------------------------------------------------------------------

    def price(self, place: int, value: int) -> str:
        """Write a price."""
        terms = self.terms(place)
        decimals = _EIGHT if self.is_spot(place) else terms.price_decimals
        return f"{terms.price_decimal(value):.{decimals}f}"

    def quantity(self, place: int, value: int) -> str:
        """Write a quantity."""
        terms = self.terms(place)
        decimals = _EIGHT if self.is_spot(place) else terms.quantity_decimals
        return f"{terms.quantity_decimal(value):.{decimals}f}"

    def money(self, place: int, value: int) -> str:
        """Write money of the settlement asset."""
        return f"{self.terms(place).money_decimal(value):.{_EIGHT}f}"

    def fee(self, fill: Fill) -> tuple[str, str]:
        """Write the coin that a fill's fee was taken in, and how much it was."""
        asset, paid = fill.fee_in(self.terms(fill.instrument))
        return asset, f"{paid:.{_EIGHT}f}"

    def average(self, place: int, value: Decimal) -> str:
        """Write an average price."""
        return f"{value:.{_EIGHT if self.is_spot(place) else 5}f}"

    def levels(self, place: int, rows: tuple[tuple[int, int], ...]) -> list[list[str]]:
        """Write levels of a book."""
        return [[self.price(place, p), self.quantity(place, q)] for p, q in rows]


def amount(value: Decimal) -> str:
    """Write an amount of an asset."""
    return f"{value:.8f}"


def rate(value: int) -> str:
    """Write a rate of 10^-8."""
    return f"{Decimal(value).scaleb(-8):.8f}"


def ms(at_ns: int) -> int:
    """Return milliseconds."""
    return at_ns // MS


class Ask:
    """One request on its way through a handler."""

    __slots__ = ("desk", "fields", "hall", "member", "product")

    def __init__(self, desk: Desk, product: Product, fields: Fields, member: Member | None) -> None:
        """`member` is None where anybody may ask."""
        self.desk, self.hall, self.product = desk, desk.hall, product
        self.fields, self.member = fields, member

    @property
    def who(self) -> int:
        """Return the account's number."""
        assert self.member is not None
        return self.member.number

    def place(self) -> int:
        """Return the instrument asked for."""
        return self.desk.place(self.product, self.fields.text("symbol"))

    def place_or_all(self) -> int:
        """Return the instrument asked for, or EVERY."""
        return self.place() if self.fields.has("symbol") else -1
