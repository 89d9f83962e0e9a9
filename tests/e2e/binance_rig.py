"""Our dialect and driver on the exchange as Binance, and its control."""

import json
from collections.abc import Callable
from contextlib import closing
from functools import partial
from http.client import HTTPConnection
from typing import Any

from steelyard.exchange.binance.listing import instruments as listed
from steelyard.kernel.ports import Placing
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import (
    MARKET,
)
from steelyard.model.reports import (
    Holdings,
    Linked,
    OrderReport,
    OrderState,
    Reply,
    Success,
)
from steelyard.venues.binance.account import BinanceAccount
from steelyard.venues.binance.market import BinanceMarket
from steelyard.venues.native.dialect import (
    AccountDialect,
    Addresses,
    Credentials,
)
from tests.contract.rigs import Native
from tests.e2e.binance_exchange import keys_of


def addresses_of(told: dict[str, Any]) -> Addresses:
    return Addresses(
        rest={"spot": told["rest"], "usdt-perp": told["rest"], "wallet": told["rest"]},
        ws={
            "spot": told["ws"], "usdt-perp": told["ws"], "spot-entry": told["ws_api"],
            "usdt-perp-entry": told["ws_fapi"],
        },
    )  # fmt: skip


class Ours(Native):
    """Our dialect and driver on it."""

    def __init__(
        self, told: dict[str, Any], names: tuple[str, ...], *, hedged: bool, over_socket: bool
    ) -> None:
        every = {one.name: one for one in listed()}
        self.instruments: tuple[Instrument, ...] = tuple(every[name] for name in names)
        addresses = addresses_of(told)

        def account(number: int, now_ns: Callable[[], int]) -> AccountDialect:
            keys = keys_of(number)
            return BinanceAccount(
                addresses, Credentials(key=keys["apiKey"], secret=keys["secret"]),
                self.instruments, hedged=hedged, now_ns=now_ns,
            )  # fmt: skip

        super().__init__(
            account, BinanceMarket(self.instruments, addresses), over_socket=over_socket
        )
        self.news: list[Any] = []

    def open(self, number: int, *, hedged: bool = False) -> Any:
        """Return the venue of an account once its stream runs."""
        venue: Any = self.venue(number)
        self.done(partial(venue.ask, partial(venue._dialect.set_hedged, hedged)))
        venue.listen(self.news.append)
        self.wait(lambda: any(isinstance(one, Linked) for one in self.news))
        return venue

    def reply(self, send: Callable[[Callable[[Reply], None]], None]) -> Reply:
        """Send a request, and return what comes of it."""
        replies: list[Reply] = []
        send(replies.append)
        self.wait(lambda: bool(replies))
        return replies[0]

    def done(self, send: Callable[[Callable[[Reply], None]], None]) -> Any:
        """Send a request, and return what its success tells."""
        reply = self.reply(send)
        assert isinstance(reply, Success), reply
        return reply.value

    def told(self, kind: type[Any], client_id: str) -> list[Any]:
        """Return the news of an order."""
        return [one for one in self.news if isinstance(one, kind) and one.client_id == client_id]

    def ended(self, client_id: str, state: OrderState) -> None:
        """Wait for an order's end."""
        self.wait(lambda: any(one.state is state for one in self.told(OrderReport, client_id)))

    def holdings(self, venue: Any) -> dict[tuple[int, int], int]:
        """Return quantities by instrument and side."""
        held = self.done(venue.holdings)
        assert isinstance(held, Holdings)
        assert held.complete
        return {(one.instrument, one.position_side): one.quantity for one in held.positions}


def control(told: dict[str, Any], action: str, **values: Any) -> None:
    """Do something to the exchange from outside."""
    address = told["control"].removeprefix("http://")
    with closing(HTTPConnection(address, timeout=10)) as connection:
        connection.request("POST", f"/{action}", json.dumps(values))
        answer = connection.getresponse()
        assert answer.status == 200, answer.read()


def placing(client_id: str, instrument: int, side: int, quantity: int, **more: int) -> Placing:
    values = {"type": MARKET, "flags": 0, "price": 0, **more}
    return Placing(
        client_id=client_id, instrument=instrument, side=side, quantity=quantity, **values
    )
