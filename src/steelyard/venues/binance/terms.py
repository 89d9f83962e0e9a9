"""What Binance promises, where it is reached, and what its requests weigh.

Rule 1: spot and USDT perpetuals are two systems with two budgets; an account that uses both keeps
to the smaller one.
Rule 2: a request carries its own time and `recvWindow`; one that arrives later is refused.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from steelyard.kernel.ports import Request, VenueTerms, Window
from steelyard.model.instruments import Instrument, Kind
from steelyard.venues.native.dialect import Addresses

NAME: Final = "binance"


class Product(StrEnum):
    """The two systems."""

    SPOT = "spot"
    PERP = "usdt-perp"


ADDRESSES: Final[Mapping[str, Addresses]] = MappingProxyType(
    {
        "mainnet": Addresses(
            rest={
                "spot": "https://api.binance.com",
                "usdt-perp": "https://fapi.binance.com",
                "wallet": "https://api.binance.com",
            },
            ws={
                "spot": "wss://stream.binance.com:9443",
                "usdt-perp": "wss://fstream.binance.com",
                "spot-entry": "wss://ws-api.binance.com:443/ws-api/v3",
                "usdt-perp-entry": "wss://ws-fapi.binance.com/ws-fapi/v1",
            },
        ),
        "testnet": Addresses(
            rest={
                "spot": "https://testnet.binance.vision",
                "usdt-perp": "https://demo-fapi.binance.com",
            },
            ws={
                "spot": "wss://stream.testnet.binance.vision",
                "usdt-perp": "wss://fstream.binancefuture.com",
                "spot-entry": "wss://ws-api.testnet.binance.vision/ws-api/v3",
                "usdt-perp-entry": "wss://testnet.binancefuture.com/ws-fapi/v1",
            },
        ),
    }
)
"""`wallet` tells what a key may do; the testnet has no such address."""

RECV_WINDOW_MS: Final = 5_000
LISTEN_KEY_NS: Final = 60 * 60_000_000_000
RENEW_NS: Final = LISTEN_KEY_NS // 3
"""A third of the key's life: two renewals may fail before the stream dies."""
SUBSCRIPTIONS_MAX: Final = 200  # names in one SUBSCRIBE; a socket takes 1,024 names
LIFE_NS: Final = 23 * 3_600_000_000_000
SILENCE_NS: Final = 60_000_000_000
PING_NS: Final = 20_000_000_000

_MINUTE_NS: Final = 60_000_000_000
_WEIGHTS: Final = MappingProxyType({Product.SPOT: 6_000, Product.PERP: 2_400})
# An order's trades are asked for beside it: 4 + 5 on spot; 1 + 1 + 1 + 5 on the perpetuals.
_COSTS: Final[Mapping[Product, Mapping[Request, int]]] = MappingProxyType({
    Product.SPOT: {
        Request.PLACE: 1, Request.CANCEL: 1, Request.CANCEL_ALL: 1, Request.ORDER: 9,
        Request.OPEN_ORDERS: 6, Request.TRADES: 20, Request.HOLDINGS: 20, Request.LISTING: 20,
    },
    Product.PERP: {
        Request.PLACE: 1, Request.CANCEL: 2, Request.CANCEL_ALL: 2, Request.ORDER: 8,
        Request.OPEN_ORDERS: 2, Request.TRADES: 5, Request.HOLDINGS: 15, Request.LISTING: 1,
    },
})  # fmt: skip
_PER_INSTRUMENT: Final = frozenset({Request.OPEN_ORDERS, Request.TRADES})
_INCOME_COST: Final = 30


def product_of(instrument: Instrument) -> Product:
    """Say which system trades an instrument."""
    return Product.SPOT if instrument.kind == Kind.SPOT else Product.PERP


def products_of(instruments: Sequence[Instrument]) -> tuple[Product, ...]:
    """Return the systems in use, spot first."""
    used = {product_of(instrument) for instrument in instruments}
    return tuple(product for product in Product if product in used)


def terms_of(instruments: Sequence[Instrument]) -> VenueTerms:
    """Return the terms of an account that trades these."""
    products = products_of(instruments) or tuple(Product)
    count = {p: sum(product_of(i) is p for i in instruments) for p in products}
    costs = {
        request: sum(
            _COSTS[p][request] * (count[p] if request in _PER_INSTRUMENT else 1) for p in products
        )
        if request in _PER_INSTRUMENT or request is Request.HOLDINGS
        else max(_COSTS[p][request] for p in products)
        for request in Request
    }
    if Product.PERP in products:
        costs[Request.TRADES] += _INCOME_COST
    return VenueTerms(
        name=NAME,
        validity_ns=RECV_WINDOW_MS * 1_000_000,
        skew_ns=1_000_000_000,
        lag_ns=3_000_000_000,
        deadline_ns=10_000_000_000,
        windows=(Window(weight=min(_WEIGHTS[p] for p in products), span_ns=_MINUTE_NS),),
        costs=costs,
        cancels_all=True,
        holds_stops=True,
        silence_ns=SILENCE_NS,
    )
