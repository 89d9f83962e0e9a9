"""A book as its journal tells it, without a kernel: names, terms of orders, fills, receipts.

Rule 1: nothing but rows is read, so a running house is neither asked nor slowed down.
Rule 2: an order's terms come from the intent that made it, a robot's name from its seat.
"""

import json
from collections import deque
from typing import Any, Final

from msgspec.msgpack import Decoder

from steelyard.kernel.ports import Kept
from steelyard.model import events as ev
from steelyard.model.commands import Command, PlaceOrder
from steelyard.model.decimals import format_units
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import BUY, MAKER
from steelyard.model.times import time_text
from steelyard.store.journal.reading import Reader

ACCOUNT: Final = "(account)"
"""What the account's own row is called: money and coins that no robot was given."""

_event: Final[Decoder[ev.Event]] = Decoder(ev.Event)
_intents: Final = Decoder(list[Command]).decode


class Telling:
    """What rows have told so far of one book."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self.robots: dict[int, str] = {0: ACCOUNT}
        self.instruments: dict[int, Instrument] = {}
        self.placed: dict[int, PlaceOrder] = {}
        self.rows = 0

    def take(self, row: Kept) -> tuple[ev.Event, list[Command]]:
        """Hear a row; return its event and the commands that left because of it."""
        self.rows += 1
        event = _event.decode(row.event)
        match event:
            case ev.Seated():
                self.robots[event.robot] = event.name
            case ev.InstrumentListed():
                self.instruments[event.index] = event.instrument
        commands = _intents(row.intents) if row.intents else []
        for command in commands:
            if isinstance(command, PlaceOrder):
                self.placed[command.number] = command
        return event, commands


def fills(reader: Reader, book: str, limit: int) -> list[dict[str, Any]]:
    """Return the newest fills and adjustments of a book, the newest last; 0: all of them."""
    telling, found = Telling(), []
    for row in reader.rows(book):
        event, _ = telling.take(row)
        if row.trade and isinstance(event, ev.Filled | ev.Adjusted):
            found.append((row.n, event))
            if limit and len(found) > 2 * limit:
                del found[:-limit]
    return [_fill(telling, book, n, event) for n, event in found[-limit:]]


def _fill(telling: Telling, book: str, n: int, event: ev.Filled | ev.Adjusted) -> dict[str, Any]:
    coins = 0
    if isinstance(event, ev.Filled):
        coins = event.coin_fee
        order = telling.placed[event.order]
        robot, instrument = order.robot, telling.instruments[order.instrument]
        side, number, reason = order.side, event.order, ""
        liquidity = "maker" if event.liquidity == MAKER else "taker"
    else:
        robot, instrument = event.robot, telling.instruments[event.instrument]
        side, number, reason = (1 if event.quantity > 0 else -1), None, event.reason
        liquidity = ""
    return {
        "book": book,
        "n": n,
        "time": time_text(event.ts_ns),
        "robot": telling.robots.get(robot, ACCOUNT),
        "instrument": instrument.name,
        "side": "buy" if side == BUY else "sell",
        "price": instrument.price_text(event.price),
        "quantity": format_units(abs(event.quantity), instrument.quantity_decimals),
        "fee": format_units(event.fee, instrument.money_decimals),
        "currency": instrument.settle,
        "coin_fee": format_units(coins, instrument.quantity_decimals),
        "liquidity": liquidity,
        "order": number,
        "trade": event.trade.partition(":")[2],
        "reason": reason,
    }


def receipts(reader: Reader, book: str, limit: int) -> list[dict[str, Any]]:
    """Return the newest receipts of stops, the newest last; 0: all of them."""
    telling = Telling()
    traded: dict[int, int] = {}
    found: list[dict[str, Any]] = []
    for row in reader.rows(book):
        event, _ = telling.take(row)
        match event:
            case ev.Seated():
                traded[event.robot] = event.instrument
            case ev.Noted(what="receipt"):
                instrument = telling.instruments[traded[event.robot]]
                found.append(_receipt(book, row.n, json.loads(event.text), instrument))
    return found[-limit:]


def _receipt(book: str, n: int, kept: dict[str, Any], instrument: Instrument) -> dict[str, Any]:
    return {
        "book": book,
        "n": n,
        "robot": kept["name"],
        "stop": kept["stop"],
        "asked": time_text(kept["asked_ns"]),
        "done": time_text(kept["done_ns"]),
        "complete": kept["complete"],
        "open_orders": kept["open_orders"],
        "position": format_units(kept["position"], instrument.quantity_decimals),
        "text": kept["text"],
    }


def newest(reader: Reader, book: str) -> Kept | None:
    """Return the last row of a book; None: it has none."""
    snapshot = reader.snapshot(book)
    found = deque(reader.rows(book, snapshot.n - 1 if snapshot else 0), maxlen=1)
    return found.pop() if found else None
