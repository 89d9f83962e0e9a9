"""Our dialect and driver on the local exchange, for one account after another."""

from collections.abc import Callable
from functools import partial
from typing import Any

from steelyard.exchange.okx.listing import instruments
from steelyard.model.instruments import Instrument
from steelyard.model.reports import Holdings, Linked, Reply, Success
from steelyard.venues.native.dialect import AccountDialect, Addresses, Credentials
from steelyard.venues.okx.account import OkxAccount
from steelyard.venues.okx.market import OkxMarket
from tests.contract.rigs import Native
from tests.e2e.okx_exchange import SPOT, SWAP, keys_of


class Ours(Native):
    """Our dialect and driver on it."""

    def __init__(
        self, told: dict[str, Any], *, hedged: bool = False, over_socket: bool = True
    ) -> None:
        every = {one.name: one for one in instruments()}
        self.instruments: tuple[Instrument, ...] = (every[SPOT], every[SWAP])
        addresses = Addresses(
            rest={"api": told["rest"]},
            ws={name: told[name] for name in ("public", "private", "business")},
        )

        def account(number: int, now_ns: Callable[[], int]) -> AccountDialect:
            keys = keys_of(number)
            credentials = Credentials(
                key=keys["apiKey"], secret=keys["secret"], passphrase=keys["password"]
            )
            return OkxAccount(
                addresses, credentials, self.instruments, hedged=hedged, now_ns=now_ns
            )

        super().__init__(account, OkxMarket(self.instruments, addresses), over_socket=over_socket)
        self.news: list[Any] = []

    def open(self, number: int, *, hedged: bool) -> Any:
        """Return the venue of an account once its stream runs."""
        venue: Any = self.venue(number)
        self.done(partial(venue.ask, partial(venue._dialect.set_hedged, hedged)))
        venue.listen(self.news.append)
        self.wait(lambda: any(isinstance(one, Linked) for one in self.news))
        return venue

    def asked(self, send: Callable[[Callable[[Reply], None]], None]) -> Reply:
        """Send a request, and return its one reply."""
        replies: list[Reply] = []
        send(replies.append)
        self.wait(lambda: bool(replies))
        return replies[0]

    def done(self, send: Callable[[Callable[[Reply], None]], None]) -> Any:
        """Send a request, and return what its success tells."""
        reply = self.asked(send)
        assert isinstance(reply, Success), reply
        return reply.value

    def told(self, kind: type[Any], client_id: str) -> list[Any]:
        """Return the news of an order."""
        return [one for one in self.news if isinstance(one, kind) and one.client_id == client_id]

    def holdings(self, venue: Any) -> dict[tuple[int, int], int]:
        """Return quantities by instrument and side."""
        held = self.done(venue.holdings)
        assert isinstance(held, Holdings)
        assert held.complete
        return {(one.instrument, one.position_side): one.quantity for one in held.positions}
