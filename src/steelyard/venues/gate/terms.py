"""Where Gate is reached, what it promises, and what its requests weigh.

Rule 1: mainnet and testnet are different hosts for REST and sockets alike.
Rule 2: every request carries `Timestamp`, and is refused when that lies more than 60 s off.
Creates and amendments of ordinary orders carry `x-gate-exptime`, their own deadline in
milliseconds. Creates of price-triggered orders have no such header, so their `Timestamp` is set
back: what is left of the 60 s is their window (`AGED_S`).
Rule 3: an order can be asked for by its text (`t-…`) while it rests. Afterwards, says the
documentation: futures forget the text of an order that ended without a fill after 60 s, and
remember one with a fill; spot may know no text of an ended order at all, so its history is read
too (`HISTORY_PAGES` pages, else nothing is said). An order that futures no longer know therefore
neither rests nor has any fill.
Rule 4: limits are counted per endpoint: 10 a second for spot creates and amendments of one pair,
100 a second for futures, 200 a second for cancels, 200 in 10 s for anything else. One window
that is right for the tightest of them stands for all.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from steelyard.kernel.ports import Request, VenueTerms, Window
from steelyard.model.instruments import Instrument, Kind
from steelyard.venues.native.dialect import Addresses

NAME: Final = "gate"

REST: Final = "rest"
SPOT: Final = "spot"
FUTURES: Final = "futures"
PREFIX: Final = "/api/v4"

ADDRESSES: Final[Mapping[str, Addresses]] = MappingProxyType(
    {
        "mainnet": Addresses(
            rest={REST: "https://api.gateio.ws"},
            ws={
                SPOT: "wss://api.gateio.ws/ws/v4/",
                FUTURES: "wss://fx-ws.gateio.ws/v4/ws/usdt",
            },
        ),
        "testnet": Addresses(
            rest={REST: "https://api-testnet.gateapi.io"},
            ws={
                SPOT: "wss://ws-testnet.gate.com/v4/ws/spot",
                FUTURES: "wss://ws-testnet.gate.com/v4/ws/futures/usdt",
            },
        ),
    }
)

VALIDITY_NS: Final = 6_000_000_000
EXPIRES_MS: Final = 5_000
"""A create is refused when it arrives so long after it was written."""
AGED_S: Final = 55
"""How far the timestamp of a create without a deadline is set back: of 60 s at least 5 are left."""

SETTLED_NS: Final = 10_000_000_000
"""What is newer may still be missing from lists of trades: the cursor stays so far behind."""
BEGINNING_NS: Final = 7 * 86_400 * 1_000_000_000
"""How far back an empty cursor reaches; spot tells no more without being asked for a time."""
SPAN_S: Final = 7 * 86_400
"""Trades are asked for in spans: spot refuses more than 30 days."""
PAGE: Final = 1_000
POSITIONS_PAGE: Final = 100
OPEN_PAGE: Final = 100
PAGES_MAX: Final = 20
HISTORY_PAGES: Final = 5

ALLOWANCE: Final = 2
"""Percent: how far from the best price, or from its trigger, an order without a price may trade."""
TRIGGER_LIFE_S: Final = 30 * 86_400
"""A price-triggered order lives so long; the venue wants to be told."""
GUARD_S_MIN: Final = 5

_COSTS: Final = {
    Request.PLACE: 2,
    Request.CANCEL: 2,
    Request.CANCEL_ALL: 2,
    Request.ORDER: 4,
    Request.OPEN_ORDERS: 4,
    Request.TRADES: 4,
    Request.HOLDINGS: 4,
}


def terms_for(instruments: Iterable[Instrument]) -> VenueTerms:
    """Return the terms of an account that trades these."""
    spot = any(instrument.kind == Kind.SPOT for instrument in instruments)
    # Spot allows 10 creates a second, futures 100: reads and cancels never come near either.
    window = Window(weight=200, span_ns=10_000_000_000) if spot else _FUTURES_WINDOW
    return VenueTerms(
        name=NAME,
        validity_ns=VALIDITY_NS,
        skew_ns=1_000_000_000,
        lag_ns=3_000_000_000,
        deadline_ns=10_000_000_000,
        windows=(window,),
        costs=_COSTS,
        cancels_all=True,
        holds_stops=True,
    )


_FUTURES_WINDOW: Final = Window(weight=400, span_ns=10_000_000_000)
