"""One account of the local exchange in a process of its own, and the hands that break it."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

from steelyard.kernel.ports import Placing
from steelyard.model.kinds import BUY, LIMIT, POST_ONLY
from steelyard.model.reports import (
    Fault,
    Linked,
    News,
    OrderFound,
    OrderState,
    Refusal,
    Reply,
    Success,
    Unclear,
)
from steelyard.wire.http import Answer, Failure
from tests.contract.halls import PERPETUAL, OnHall

DEADLINE_NS = 1_500_000_000
_accounts: defaultdict[str, Iterator[int]] = defaultdict(count)
"""By exchange, so that no test finds another one's orders."""


def placing(client_id: str, quantity: int = 2) -> Placing:
    """Return an order that rests far from the market."""
    return Placing(
        client_id=client_id, instrument=0, side=BUY, type=LIMIT, flags=POST_ONLY, price=9_000,
        quantity=quantity,
    )  # fmt: skip


class Desk:
    """The account."""

    def __init__(
        self, name: str, line: str, *, over_socket: bool, instrument: str = PERPETUAL
    ) -> None:
        self.rig = OnHall(
            name, line, over_socket=over_socket, deadline_ns=DEADLINE_NS, instrument=instrument
        )
        self.name, self.over_socket = name, over_socket
        self.control = json.loads(line)["control"]
        self.account = next(_accounts[line])
        self.news: list[News] = []
        self.venue = self.rig.venue(self.account)
        self.venue.listen(self.news.append)
        self.rig.wait(lambda: self.linked and self.rig.ready)
        # The order socket comes up beside the private stream; a question gives it the time.
        self.ask(self.venue.open_orders)

    @property
    def linked(self) -> bool:
        return any(isinstance(one, Linked) for one in self.news)

    def close(self) -> None:
        self.act("clear")
        self.venue.close()
        self.rig.close()

    def act(self, what: str, **values: Any) -> Any:
        heard: list[Answer | Failure] = []
        self.rig.http.ask(
            "POST", f"{self.control}/{what}", {"Content-Type": "application/json"},
            json.dumps(values).encode(), deadline_ns=5 * 10**9, heard=heard.append,
        )  # fmt: skip
        self.rig.wait(lambda: bool(heard))
        assert isinstance(heard[0], Answer)
        assert heard[0].status == 200, heard[0].body
        return json.loads(heard[0].body)

    def requests(self) -> int:
        """Count what this exchange was asked so far, over REST and on sockets."""
        told = self.act("state")["dialects"][self.name]
        return int(told["requests"] + told["frames"])

    def ask(self, send: Callable[[Callable[[Reply], None]], None]) -> Reply:
        replies: list[Reply] = []
        send(replies.append)
        self.rig.wait(lambda: bool(replies))
        (reply,) = replies
        return reply

    def place(self, client_id: str) -> Reply:
        return self.ask(lambda heard: self.venue.place(placing(client_id), heard))

    def exists(self, client_id: str) -> bool:
        """Ask for the order until there is an answer that says so or not."""
        reply: Reply = Unclear(text="")
        while isinstance(reply, Unclear):
            reply = self.ask(lambda heard: self.venue.order(client_id, 0, heard))
        if isinstance(reply, Refusal):
            assert reply.fault == Fault.NO_ORDER, reply
            return False
        assert isinstance(reply, Success)
        assert isinstance(reply.value, OrderFound)
        assert reply.value.report.state == OrderState.OPEN
        return True
