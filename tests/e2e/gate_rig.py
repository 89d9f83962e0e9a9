"""The exchange's Gate as a process, and our own dialect and driver on it."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from http.client import HTTPConnection
from typing import Any
from urllib.request import urlopen

from steelyard.exchange.gate.listing import TERMS
from steelyard.exchange.hall.keys import make_members
from steelyard.kernel.ports import Placing
from steelyard.model.client_ids import encode
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import MARKET
from steelyard.model.reports import Holdings, Linked, Reply, Success
from steelyard.venues.gate.account import GateAccount
from steelyard.venues.gate.market import GateMarket
from steelyard.venues.native.dialect import AccountDialect, Addresses, Credentials, Listed
from steelyard.wire.http import Answer
from tests.contract.rigs import Native

SPOT, PERP = "BTC/USDT", "BTC/USDT:USDT"
ACCOUNTS = 16
PATIENCE_S = 20.0


@contextmanager
def gate_process() -> Iterator[dict[str, Any]]:
    """Run the exchange; its own line about this dialect, and where it is controlled."""
    process = subprocess.Popen(
        [
            sys.executable, "-m", "steelyard", "exchange", "--dialects", "gate", "--json",
            "--accounts", str(ACCOUNTS), "--seed", "1", "--port", "0",
        ],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        line = json.loads(process.stdout.readline())
        yield {**line["gate"], "control": line["control"]}
    finally:
        process.kill()
        process.communicate()


def control(told: dict[str, Any], action: str, **values: Any) -> Any:
    """Let hands from outside do something to the exchange."""
    address = told["control"].removeprefix("http://")
    with closing(HTTPConnection(address, timeout=PATIENCE_S)) as line:
        line.request("POST", f"/{action}", json.dumps(values))
        with line.getresponse() as found:
            answer = json.loads(found.read())
    assert found.status == 200, answer
    return answer


def keys_of(account: int) -> dict[str, str]:
    """Return the keys of an account, as ccxt names them."""
    member = make_members(TERMS, ACCOUNTS, 1)[account]
    return {"apiKey": member.key, "secret": member.secret, "uid": member.user}


class Ours(Native):
    """Our dialect and driver on it; instruments are those our own listing makes of its answer."""

    def __init__(
        self, told: dict[str, Any], *, hedged: bool, over_socket: bool = True, spot: bool = False
    ) -> None:
        """`spot`: trade the pair alone, so that the order socket is that of coins."""
        addresses = Addresses(
            rest={"rest": told["rest"]},
            ws={"spot": told["ws_spot"], "futures": told["ws_futures"]},
        )
        self.instruments = listed(addresses)[: 1 if spot else 2]

        def account(number: int, now_ns: Callable[[], int]) -> AccountDialect:
            keys = keys_of(number)
            return GateAccount(
                addresses, Credentials(key=keys["apiKey"], secret=keys["secret"]),
                self.instruments, hedged=hedged, now_ns=now_ns,
            )  # fmt: skip

        super().__init__(account, GateMarket(self.instruments, addresses), over_socket=over_socket)
        self.news: list[Any] = []

    def open(self, number: int, *, hedged: bool) -> Any:
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

    def holdings(self, venue: Any) -> dict[tuple[int, int], int]:
        """Return quantities by instrument and side."""
        held = self.done(venue.holdings)
        assert isinstance(held, Holdings)
        assert held.complete
        return {(one.instrument, one.position_side): one.quantity for one in held.positions}


def listed(addresses: Addresses) -> tuple[Instrument, ...]:
    """Read the listing with our own dialect, over a plain connection: the pair, the contract."""
    steps = GateMarket((), addresses).listing()
    call = next(steps)
    while True:
        with urlopen(call.url) as found:  # noqa: S310 - an address of this machine
            answer = Answer(found.status, {}, found.read())
        try:
            call = steps.send(answer)
        except StopIteration as stop:
            rows: tuple[Listed, ...] = stop.value.value
            every = {one.instrument.name: one.instrument for one in rows}
            return every[SPOT], every[PERP]


def fresh_id(number: int) -> str:
    return encode(1, 1, number, int(time.time()) % 10**6, venue="gate")


def placing(client_id: str, instrument: int, side: int, quantity: int, **more: int) -> Placing:
    values = {"type": MARKET, "flags": 0, "price": 0, **more}
    return Placing(
        client_id=client_id, instrument=instrument, side=side, quantity=quantity, **values
    )


@contextmanager
def rigs(told: dict[str, Any]) -> Iterator[Callable[..., Ours]]:
    """Give what makes rigs; close what was made."""
    opened: list[Ours] = []

    def make(**how: bool) -> Ours:
        opened.append(Ours(told, **how))
        return opened[-1]

    yield make
    for one in opened:
        one.close()
