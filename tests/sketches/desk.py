"""What the three sketches share: a book of plain strategies and short words for events."""

from steelyard.app.rules import bound_gate
from steelyard.kernel.book import new_book
from steelyard.kernel.kernel import Kernel, PlainSeat
from steelyard.kernel.plain import Strategy
from steelyard.model.decimals import to_units
from steelyard.model.events import Quote
from steelyard.model.instruments import Fees, Instrument, Kind
from steelyard.model.units import Money, Nanos, Price, Quantity, Rate

SECOND = 1_000_000_000


def perpetual(name: str, venue: str) -> Instrument:
    """A linear perpetual with a tick of 0.1 and a lot of 0.001, 0.05 % taker fee."""
    return Instrument(
        name=name,
        venue=venue,
        kind=Kind.LINEAR,
        base="BTC",
        quote="USDT",
        settle="USDT",
        price_decimals=1,
        quantity_decimals=3,
        money_decimals=8,
        tick=Price(1),
        lot=Quantity(1),
        quantity_min=Quantity(1),
        quantity_max=Quantity(10**9),
        notional_min=Money(0),
        fees=Fees(maker=Rate(20_000), taker=Rate(50_000)),
    )


def kernel_of(strategy: Strategy, *instruments: Instrument, capital: str = "100000") -> Kernel:
    """A book with one plain robot and this capital."""
    book = new_book(
        instruments or (perpetual("BTC/USDT:USDT", "a"),), capital=to_units(capital, 8), leverage=5
    )
    return Kernel(book, [PlainSeat("sketch", strategy)], bound_gate())


def quote(second: int, bid: int, ask: int, instrument: int = 0) -> Quote:
    """Best prices in units, ten coins on each side."""
    return Quote(
        ts_ns=Nanos(second * SECOND),
        instrument=instrument,
        bid=Price(bid),
        ask=Price(ask),
        bid_quantity=Quantity(10_000),
        ask_quantity=Quantity(10_000),
    )
