"""Where OKX is reached, what it promises and what its requests weigh.

Rule 1: the environment stands in the address itself: demo trading has its own sockets, and its REST
address is filed under `demo`, which makes every request say so. A demo address can never be
spoken to as if it were the real one, nor the other way round.
Rule 2: OKX counts requests per endpoint in spans of two seconds. Weights here are sixtieths of such
a span, so that the tightest endpoint of a conversation sets its weight.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from steelyard.kernel.ports import Request, VenueTerms, Window
from steelyard.venues.native.dialect import Addresses

NAME: Final = "okx"

LIVE: Final = "api"
DEMO: Final = "demo"
PUBLIC: Final = "public"
PRIVATE: Final = "private"
BUSINESS: Final = "business"

ADDRESSES: Final[Mapping[str, Addresses]] = MappingProxyType(
    {
        "mainnet": Addresses(
            rest={LIVE: "https://www.okx.com"},
            ws={
                PUBLIC: "wss://ws.okx.com:8443/ws/v5/public",
                PRIVATE: "wss://ws.okx.com:8443/ws/v5/private",
                BUSINESS: "wss://ws.okx.com:8443/ws/v5/business",
            },
        ),
        "testnet": Addresses(
            rest={DEMO: "https://www.okx.com"},
            ws={
                PUBLIC: "wss://wspap.okx.com:8443/ws/v5/public",
                PRIVATE: "wss://wspap.okx.com:8443/ws/v5/private",
                BUSINESS: "wss://wspap.okx.com:8443/ws/v5/business",
            },
        ),
    }
)

LONG_SHORT: Final = "long_short_mode"
NET_MODE: Final = "net_mode"

PING: Final = b"ping"
PONG: Final = b"pong"
PING_NS: Final = 20_000_000_000
SILENCE_NS: Final = 30_000_000_000

WINDOW_NS: Final = 30_000_000_000
"""A REST timestamp may differ from the venue's clock by no more than this."""

VALIDITY_NS: Final = 10_000_000_000
"""How long a create stays valid; `expTime` says so, and where there is none the timestamp does."""

TERMS: Final = VenueTerms(
    name=NAME,
    validity_ns=VALIDITY_NS,
    skew_ns=1_000_000_000,
    lag_ns=2_000_000_000,
    deadline_ns=10_000_000_000,
    windows=(Window(weight=60, span_ns=2_000_000_000),),
    costs={
        Request.PLACE: 1,
        Request.CANCEL: 2,
        Request.CANCEL_ALL: 6,
        Request.ORDER: 4,
        Request.OPEN_ORDERS: 6,
        Request.TRADES: 13,
        Request.HOLDINGS: 12,
    },
    cancels_all=True,
    holds_stops=True,
)


def base_of(addresses: Addresses) -> tuple[str, bool]:
    """Return the REST address and whether it is demo trading."""
    if DEMO in addresses.rest:
        return addresses.rest[DEMO].rstrip("/"), True
    return addresses.rest[LIVE].rstrip("/"), False
