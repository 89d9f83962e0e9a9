"""A paper exchange for tests, with short words for what is asked of it."""

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from steelyard.kernel.ports import Placing
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import BUY, LIMIT, MARKET, SELL, STOP_MARKET
from steelyard.model.reports import (
    Fault,
    News,
    OpenOrders,
    OrderFound,
    OrderReport,
    OrderState,
    Refusal,
    Reply,
    Success,
    TradeReport,
)
from steelyard.venues.paper.exchange import SimExchange
from steelyard.venues.paper.rules import ExchangeRules
from steelyard.venues.paper.truth import faults
from tests.unit.venues_sim.driving import linear, spot, tiers

START = 1_000_000_000_000
CASH = 1_000_000_000
PERPETUAL = linear(maker=20_000, taker=50_000, margin_tiers=tiers((10**15, 20, 500_000)))
COIN = spot(maker=10_000, taker=10_000)


class Shop:
    """An exchange whose first price was seen, and the names it was given."""

    def __init__(self, instruments: Sequence[Instrument] = (PERPETUAL,), *, last: int = 10_000,
                 **given: Any) -> None:  # fmt: skip
        usual: dict[str, Any] = {"cash": (CASH,), "leverage": 5, "rules": ExchangeRules()}
        self.x = SimExchange(instruments, **(usual | given))
        self.now = START
        for k in range(len(instruments)):
            self.x.trade(self.now, k, last, 5, BUY)

    def place(self, client_id: str, side: int = BUY, price: int = 9_900, quantity: int = 10,
              account: int = 0, **more: Any) -> Reply:  # fmt: skip
        asked = {key: more.pop(key) for key in ("sent_ns", "hedged") if key in more}
        return self.x.place(
            self.now, account, order(client_id, side, price, quantity, **more), **asked
        )

    def stop(self, client_id: str, side: int, trigger: int, quantity: int = 10,
             **more: Any) -> Reply:  # fmt: skip
        return self.place(client_id, side, 0, quantity, type=STOP_MARKET, trigger=trigger, **more)

    def market(self, client_id: str, side: int, quantity: int = 10, **more: Any) -> Reply:
        return self.place(client_id, side, 0, quantity, type=MARKET, **more)

    def cancel(self, client_id: str, account: int = 0) -> Reply:
        return self.x.cancel(self.now, account, client_id, 0)

    def tick(self, price: int, quantity: int = 100, side: int = SELL, inst: int = 0) -> None:
        self.now += 1_000_000
        self.x.trade(self.now, inst, price, quantity, side)

    def rule(self, **changes: Any) -> None:
        self.x.set_rules(self.now, replace(self.x.rules, **changes))

    def told(self) -> list[News]:
        return [news for _, news in self.x.drain()]

    def found(self, client_id: str, account: int = 0) -> OrderFound:
        found = value(self.x.order(self.now, account, client_id, 0))
        assert isinstance(found, OrderFound)
        return found

    def open_ids(self, account: int = 0) -> list[str]:
        found = value(self.x.open_orders(self.now, account))
        assert isinstance(found, OpenOrders)
        return [order.client_id for order in found.orders]

    def sound(self) -> bool:
        assert faults(self.x) == []
        return True


def order(client_id: str, side: int, price: int, quantity: int, **more: Any) -> Placing:
    given: dict[str, Any] = {"instrument": 0, "type": LIMIT, "flags": 0} | more
    return Placing(client_id=client_id, side=side, price=price, quantity=quantity, **given)


def value(reply: Reply) -> Any:
    assert isinstance(reply, Success), reply
    return reply.value


def fault(reply: Reply) -> Fault:
    assert isinstance(reply, Refusal), reply
    return reply.fault


def story(told: Sequence[News]) -> list[str]:
    """Return the news in short words."""
    words = []
    for news in told:
        if isinstance(news, OrderReport):
            words.append(f"{news.client_id} {OrderState(news.state).name} {news.filled}")
        elif isinstance(news, TradeReport):
            words.append(f"{news.client_id} trade {news.quantity}@{news.price}{news.forced}")
        else:
            words.append(type(news).__name__)
    return words
