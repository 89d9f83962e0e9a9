"""A robot comes to rest, and what it holds stays protected: the kernel's own wishes.

Rule 1: these commands pass the same gate as a strategy's; slots are those the house reserves.
Rule 2: at rest, every open order is asked to be canceled, once; with STOP_FLAT what is held is
closed by one reduce-only order at a time, when nothing else of the robot may still fill.
Rule 3: a protected position has one reduce-only stop at the venue that covers all of it and what
may still be added. Its successor is placed before it is canceled: two stops can only reduce, none
would leave the position naked. Where the venue takes no second one, it is canceled first.
Rule 4: a stop that would trigger at once means the exit is due: the robot goes flat.
"""

from typing import Final

import numpy as np

from steelyard.kernel.book import Book
from steelyard.model.client_ids import RESERVED, SLOT_CLOSE, SLOT_STOP, SLOT_STOP_NEXT
from steelyard.model.kinds import (
    EV_ACCEPTED,
    EV_FILL,
    EV_REJECTED,
    MARKET,
    REDUCE_ONLY,
    STOP_FLAT,
    STOP_MARKET,
    STOP_ORDERS,
)
from steelyard.model.orders import OrderStatus
from steelyard.model.reasons import WOULD_TRIGGER
from steelyard.model.units import RATE_ONE
from steelyard.state.orders import set_position_side, set_trigger, stage_cancel, stage_place
from steelyard.state.positions import average_entry

_BEFORE_LIVE: Final = int(OrderStatus.REFUSED)
_AFTER_LIVE: Final = int(OrderStatus.FILLED)
_STANDING: Final = frozenset({int(OrderStatus.OPEN), int(OrderStatus.PARTIAL)})
_STOPS: Final = frozenset({SLOT_STOP, SLOT_STOP_NEXT})
PATIENCE_NS: Final = 1_000_000_000
"""How long after a first try that failed the next one is made; it doubles with each."""

_DOUBLINGS: Final = 6


def is_reserved(slot: int) -> bool:
    """Say whether a slot is the house's own."""
    return slot >= RESERVED


def note_ending(book: Book, robot: int, *, hears: bool) -> None:
    """Let the news of a protective order end the robot where it must (rule 4).

    `hears`: its strategy is told of the stop's fills and may go on; else it cannot know what it
    holds any more, and ends.
    """
    event = book.event[0]
    order = book.orders[int(event["order"])]
    if int(order["slot"]) not in _STOPS:
        return
    kind = int(event["kind"])
    if (kind == EV_FILL and not hears) or (
        kind == EV_REJECTED and int(event["code"]) == WOULD_TRIGGER
    ):
        book.robots[robot]["stop"] = STOP_FLAT


def rest(book: Book, robot: int) -> None:
    """Stage what is still missing until the robot is at rest."""
    stop = int(book.robots[robot]["stop"])
    orders = book.orders
    closing = 0
    others = 0
    for row in _live(book, robot):
        slot = int(orders[row]["slot"])
        if slot == SLOT_CLOSE:
            closing += 1
            continue
        if slot in _STOPS:
            continue  # protection ends with the position
        others += 1
        if int(orders[row]["cancel_ns"]) == 0:
            stage_cancel(book.head, orders, book.commands, row)
    if stop != STOP_FLAT or others or closing:
        return
    now = int(book.head[0]["now_ns"])
    for instrument, side, held in _held(book, robot):
        terms = book.terms[instrument]
        quantity = abs(held) - abs(held) % int(terms["lot"])
        if quantity < max(1, int(terms["quantity_min"])):
            continue  # dust: no order could close it
        if _too_soon(book, robot, {SLOT_CLOSE}, now):
            return
        _place(book, robot, instrument, side, MARKET, -1 if held > 0 else 1, quantity, SLOT_CLOSE)


def protect(book: Book, robot: int) -> None:
    """Stage what the protective stop of the robot's position needs."""
    orders = book.orders
    now = int(book.head[0]["now_ns"])
    live = [row for row in _live(book, robot) if int(orders[row]["slot"]) in _STOPS]
    held = {side: quantity for _, side, quantity in _held(book, robot)}
    for side in (0, 1) if int(book.head[0]["hedged"]) else (0,):
        mine = [row for row in live if int(orders[row]["position_side"]) == side]
        quantity = held.get(side, 0)
        if quantity == 0:
            for row in mine:
                _cancel_once(book, row)
            continue
        _cover(book, robot, side, quantity, mine, now)


def _cover(book: Book, robot: int, side: int, quantity: int, mine: list[int], now: int) -> None:
    orders = book.orders
    way = -1 if quantity > 0 else 1
    covering = [
        row
        for row in mine
        if int(orders[row]["side"]) == way
        and int(orders[row]["quantity"]) - int(orders[row]["filled"]) >= abs(quantity)
        and int(orders[row]["cancel_ns"]) == 0
    ]
    if covering:
        kept = max(covering, key=lambda row: int(orders[row]["number"]))
        if int(orders[kept]["status"]) in _STANDING:
            for row in mine:
                if row != kept:
                    _cancel_once(book, row)
        return
    if int(book.robots[robot]["tries"]) and mine:
        # A venue that takes no second stop gets the successor after the old one has gone.
        for row in mine:
            _cancel_once(book, row)
    taken = {int(orders[row]["slot"]) for row in mine}
    free = [slot for slot in (SLOT_STOP, SLOT_STOP_NEXT) if slot not in taken]
    if _too_soon(book, robot, _STOPS, now):
        return
    if not free:
        book.robots[robot]["tend_at_ns"] = now + PATIENCE_NS
        return
    instrument = int(book.robots[robot]["traded"])
    at = (robot * int(book.head[0]["instruments"]) + instrument) * 2 + side
    position, terms = book.positions[at], book.terms[instrument : instrument + 1]
    grows = int(position["open_buy"] if quantity > 0 else position["open_sell"])
    entry = int(average_entry(terms[0], position))
    rate, tick = int(book.robots[robot]["stop_rate"]), int(terms[0]["tick"])
    trigger = entry + way * (entry * rate // RATE_ONE)
    trigger -= trigger % tick
    # It can only reduce: where the position is too small for an order the stop may be larger.
    lot = int(terms[0]["lot"])
    size = max(abs(quantity) + grows, int(terms[0]["quantity_min"]))
    size += -size % lot
    _place(
        book, robot, instrument, side, STOP_MARKET, way, size, free[0],
        trigger=max(trigger, tick),
    )  # fmt: skip


def _place(
    book: Book, robot: int, instrument: int, position_side: int, kind: int, way: int,
    quantity: int, slot: int, *, trigger: int = 0,
) -> None:  # fmt: skip
    meant = trigger or int(book.markets[instrument]["last"])
    row = stage_place(
        book.head, book.orders, book.commands, robot, instrument, way, kind, REDUCE_ONLY,
        0, quantity, meant, 0, slot,
    )  # fmt: skip
    if row < 0:
        book.robots[robot]["tend_at_ns"] = int(book.head[0]["now_ns"]) + PATIENCE_NS
        return
    if position_side:
        set_position_side(book.orders, book.commands, book.head, position_side)
    if trigger:
        set_trigger(book.orders, book.commands, book.head, trigger, 0)


def _cancel_once(book: Book, row: int) -> None:
    if int(book.orders[row]["cancel_ns"]) == 0:
        stage_cancel(book.head, book.orders, book.commands, row)


def _live(book: Book, robot: int) -> list[int]:
    """Return the rows of a robot's orders that may still fill, or are just being judged."""
    if int(book.head[0]["open_orders"]) == 0:
        return []
    orders = book.orders
    status = orders["status"]
    rows = ((status > _BEFORE_LIVE) & (status < _AFTER_LIVE)).nonzero()[0].tolist()
    return [row for row in rows if int(orders[row]["robot"]) == robot]


def _held(book: Book, robot: int) -> list[tuple[int, int, int]]:
    """Return (instrument, side, quantity) of what a robot holds."""
    per_robot = int(book.head[0]["instruments"]) * 2
    rows = book.positions["quantity"][robot * per_robot : (robot + 1) * per_robot]
    return [(i // 2, i % 2, held) for i, held in enumerate(rows.tolist()) if held]


def _too_soon(book: Book, robot: int, slots: frozenset[int] | set[int], now: int) -> bool:
    """Say whether the last try in these slots is too fresh; then ask to be called again.

    The longer a row of failures, the longer the wait: who says no is not asked each second.
    """
    event, orders, seat = book.event[0], book.orders, book.robots[robot]
    heard = int(event["order"]) if int(event["kind"]) >= EV_ACCEPTED else -1
    if heard >= 0 and _is_ours(orders[heard], robot, slots):
        failed = int(orders[heard]["status"]) in _FAILED
        seat["tries"] = int(seat["tries"]) + 1 if failed else 0
    span = PATIENCE_NS << min(int(seat["tries"]), _DOUBLINGS)
    fresh = (orders["created_ns"] > now - span).nonzero()[0].tolist()
    for row in (*fresh, heard):
        order = orders[row]
        if row >= 0 and _is_ours(order, robot, slots) and int(order["status"]) in _FAILED:
            seat["tend_at_ns"] = now + span
            return True
    return False


def _is_ours(order: np.void, robot: int, slots: frozenset[int] | set[int]) -> bool:
    """Say whether an order is a try of the kernel's own that we did not take back."""
    return (
        int(order["robot"]) == robot
        and int(order["slot"]) in slots
        and int(order["cancel_ns"]) == 0
    )


_FAILED: Final = frozenset(
    int(status)
    for status in (
        OrderStatus.REFUSED,
        OrderStatus.REJECTED,
        OrderStatus.EXPIRED,
        OrderStatus.CANCELED,
        OrderStatus.NOT_PLACED,
    )
)

AT_REST: Final = STOP_ORDERS
"""From this stop on a strategy is told its own news only, and cannot order."""
