"""The suite's small numbers and plain ids on a venue that has units and a grammar of its own.

The suite trades whole coins of quote in an instrument whose lot is 2; a real instrument's price has
decimals, and its lot is what it is. `Fitted` stands between: what goes in is spelt for the venue,
what comes out is told in the suite's numbers. Fees stay in the venue's money, and so does cash,
counted from what the account began with.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from msgspec import Struct, structs

from steelyard.kernel.ports import Feed, Heard, Placing, PriceNews, Venue
from steelyard.model.events import Quote, Trade
from steelyard.model.instruments import Instrument
from steelyard.model.reports import (
    Holdings,
    News,
    OpenOrders,
    OrderFound,
    OrderReport,
    Reply,
    Success,
    TradeReport,
    Trades,
)
from steelyard.model.units import Nanos, Price, Quantity
from tests.contract import paper_process

_LOT = int(paper_process.PERPETUAL.lot)


def finer(instrument: Instrument) -> Instrument:
    """Return an instrument in units in which half a lot can be asked for, and refused."""
    return replace(
        instrument,
        quantity_decimals=instrument.quantity_decimals + 1,
        lot=Quantity(instrument.lot * 10),
        quantity_min=Quantity(instrument.quantity_min * 10),
        quantity_max=Quantity(instrument.quantity_max * 10),
    )


class Fit:
    """How numbers and ids are told apart inside and outside."""

    def __init__(self, instrument: Instrument, *, prefix: str, cash: int, lots: int = 1) -> None:
        """`lots` of the venue are one of the suite; `cash` is what the account begins with."""
        self.price = 10**instrument.price_decimals
        self.quantity = int(instrument.lot) * lots // _LOT
        self.prefix, self.cash = prefix, cash
        self.ids: dict[str, str] = {}

    def spell(self, text: str) -> str:
        """Spell an id in letters and digits; one with a space stays wrong."""
        if " " in text:
            return text
        spelt = self.prefix + re.sub(r"[^a-z0-9]", "x", text)
        self.ids[spelt] = text
        return spelt

    def placing(self, order: Placing) -> Placing:
        return structs.replace(
            order, client_id=self.spell(order.client_id), price=order.price * self.price,
            trigger=order.trigger * self.price, quantity=order.quantity * self.quantity,
        )  # fmt: skip

    def told(self, value: Any) -> Any:
        """Tell anything in the suite's numbers."""
        changes = self._changed(value)
        return structs.replace(value, **changes) if changes else value

    def _changed(self, value: Any) -> dict[str, Any]:  # noqa: PLR0911 - a table
        match value:
            case OrderReport():
                return {
                    "client_id": self._id(value), "price": value.price // self.price,
                    "trigger": value.trigger // self.price,
                    "quantity": value.quantity // self.quantity,
                    "filled": value.filled // self.quantity,
                }  # fmt: skip
            case TradeReport():
                return {
                    "client_id": self._id(value), "price": value.price // self.price,
                    "quantity": value.quantity // self.quantity,
                }  # fmt: skip
            case Trades():
                return {"trades": self._all(value.trades)}
            case OpenOrders():
                return {"orders": self._all(value.orders)}
            case OrderFound():
                return {"report": self.told(value.report), "trades": self._all(value.trades)}
            case Holdings():
                return {
                    "positions": tuple(
                        structs.replace(one, quantity=one.quantity // self.quantity)
                        for one in value.positions
                    ),
                    "cash": value.cash - self.cash + paper_process.CASH,
                }
            case Success() if isinstance(value.value, Struct):
                return {"value": self.told(value.value)}
        return {}

    def _all(self, values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(map(self.told, values))

    def tick(self, news: PriceNews) -> PriceNews:
        if isinstance(news, Trade):
            return structs.replace(news, price=Price(news.price // self.price))
        if isinstance(news, Quote):
            return Quote(
                ts_ns=Nanos(news.ts_ns), instrument=news.instrument,
                bid=Price(news.bid // self.price), bid_quantity=news.bid_quantity,
                ask=Price(news.ask // self.price), ask_quantity=news.ask_quantity,
            )  # fmt: skip
        return news

    def _id(self, value: OrderReport | TradeReport) -> str:
        return self.ids.get(value.client_id, value.client_id)


class Fitted:
    """A venue in the suite's numbers."""

    def __init__(self, venue: Venue, fit: Fit) -> None:
        self.terms = venue.terms
        self._venue, self._fit = venue, fit

    def place(self, order: Placing, heard: Heard) -> None:
        self._venue.place(self._fit.placing(order), self._told(heard))

    def cancel(self, client_id: str, instrument: int, heard: Heard) -> None:
        self._venue.cancel(self._fit.spell(client_id), instrument, self._told(heard))

    def cancel_all(self, instrument: int, heard: Heard) -> None:
        self._venue.cancel_all(instrument, self._told(heard))

    def order(self, client_id: str, instrument: int, heard: Heard) -> None:
        self._venue.order(self._fit.spell(client_id), instrument, self._told(heard))

    def open_orders(self, heard: Heard) -> None:
        self._venue.open_orders(self._told(heard))

    def trades(self, cursor: str, heard: Heard) -> None:
        self._venue.trades(cursor, self._told(heard))

    def holdings(self, heard: Heard) -> None:
        self._venue.holdings(self._told(heard))

    def listing(self, heard: Heard) -> None:
        self._venue.listing(heard)

    def listen(self, sink: Callable[[News], None]) -> None:
        self._venue.listen(lambda news: sink(self._fit.told(news)))

    def close(self) -> None:
        self._venue.close()

    def _told(self, heard: Heard) -> Heard:
        def tell(reply: Reply) -> None:
            heard(self._fit.told(reply))

        return tell


class FittedFeed:
    """A feed in the suite's prices."""

    def __init__(self, feed: Feed, fit: Fit) -> None:
        self._feed, self._fit = feed, fit

    def listen(self, sink: Callable[[PriceNews], None]) -> None:
        self._feed.listen(lambda news: sink(self._fit.tick(news)))

    def close(self) -> None:
        self._feed.close()
