"""Where Bitget is reached, what it promises and what its requests weigh.

Rule 1: the environment stands in the address itself: a REST address filed under `demo` makes every
request say `paptrading`, and demo trading has its own sockets.
Rule 2: Bitget counts requests per endpoint and second, for each user; most allow ten. A weight is
half of such a request, so that the tightest endpoint of a conversation sets its weight.
Rule 3: the classic API has no dead-man's switch (`countdown-cancel-all` is the unified account's).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from steelyard.kernel.ports import Request, VenueTerms, Window
from steelyard.venues.native.dialect import Addresses

NAME: Final = "bitget"

LIVE: Final = "api"
DEMO: Final = "demo"
PUBLIC: Final = "public"
PRIVATE: Final = "private"

ADDRESSES: Final[Mapping[str, Addresses]] = MappingProxyType(
    {
        "mainnet": Addresses(
            rest={LIVE: "https://api.bitget.com"},
            ws={
                PUBLIC: "wss://ws.bitget.com/v2/ws/public",
                PRIVATE: "wss://ws.bitget.com/v2/ws/private",
            },
        ),
        "testnet": Addresses(
            rest={DEMO: "https://api.bitget.com"},
            ws={
                PUBLIC: "wss://wspap.bitget.com/v2/ws/public",
                PRIVATE: "wss://wspap.bitget.com/v2/ws/private",
            },
        ),
    }
)

VALIDITY_NS: Final = 30_000_000_000
"""Half a minute: the venue takes no timestamp that is older, and futures know no shorter window."""

PING: Final = b"ping"
PONG: Final = b"pong"
PING_NS: Final = 25_000_000_000
"""The venue wants one each 30 seconds and cuts after two minutes without."""
SILENCE_NS: Final = 60_000_000_000

TERMS: Final = VenueTerms(
    name=NAME,
    validity_ns=VALIDITY_NS,
    skew_ns=1_000_000_000,
    lag_ns=2_000_000_000,
    deadline_ns=10_000_000_000,
    windows=(Window(weight=20, span_ns=1_000_000_000),),
    costs={
        Request.PLACE: 2,
        Request.CANCEL: 2,
        Request.CANCEL_ALL: 2,
        Request.ORDER: 4,
        Request.OPEN_ORDERS: 4,  # six calls, at as many endpoints with limits of their own
        Request.TRADES: 4,
        Request.HOLDINGS: 4,
    },
    # The call ends plain orders only: those that wait for a trigger live elsewhere.
    cancels_all=False,
    holds_stops=True,
    silence_ns=SILENCE_NS,
)

TAKE_ALLOWANCE: Final = 100
"""A market buy on spot is sized in quote at the venue, which no robot orders by. It is written as
an immediate-or-cancel limit instead, one part in so many (1 %) above the best ask: inside of the
5 % that the venue allows, and a bound on what a thin book can cost."""


def base_of(addresses: Addresses) -> tuple[str, bool]:
    """Return the REST address and whether it is demo trading."""
    if DEMO in addresses.rest:
        return addresses.rest[DEMO].rstrip("/"), True
    return addresses.rest[LIVE].rstrip("/"), False
