"""A robot comes to rest, and what it holds stays protected: the kernel's own wishes.

Rule 1: these commands pass the same gate as a strategy's; slots are those the house reserves.
Rule 2: at rest, every open order is asked to be canceled, once; with STOP_FLAT what is held is
closed by one reduce-only order at a time, when nothing else of the robot may still fill.
Rule 3: a protected position has one reduce-only stop at the venue that covers all of it and what
may still be added. Its successor is placed before it is canceled: two stops can only reduce, none
would leave the position naked. Where the venue takes no second one, it is canceled first. Of spot
it covers the whole lots that are there.
Rule 4: a stop that would trigger at once means the exit is due: the robot goes flat.
"""

from typing import Final

import numpy as np

from steelyard.kernel.book import Book
from steelyard.kernel.flat import flat, places
from steelyard.model.client_ids import RESERVED, SLOT_CLOSE, SLOT_STOP, SLOT_STOP_NEXT
from steelyard.model.instruments import Kind
from steelyard.model.kinds import (
    EV_ACCEPTED,
    EV_FILL,
    EV_REJECTED,
    EV_TRIGGERED,
    MARKET,
    REDUCE_ONLY,
    STOP_FLAT,
    STOP_MARKET,
    STOP_ORDERS,
)
from steelyard.model.orders import OrderStatus
from steelyard.model.reasons import WOULD_TRIGGER
from steelyard.model.records import BOOK, EVENT, INSTRUMENT, ORDER, PLANE, POSITION, ROBOT
from steelyard.model.units import RATE_ONE
from steelyard.state.orders import (
    live_rows,
    set_position_side,
    set_trigger,
    stage_cancel,
    stage_place,
)
from steelyard.state.positions import average_entry

_STANDING: Final = frozenset({int(OrderStatus.OPEN), int(OrderStatus.PARTIAL)})
_STOPS: Final = frozenset({SLOT_STOP, SLOT_STOP_NEXT})
_CLOSING: Final = frozenset({SLOT_CLOSE})
PATIENCE_NS: Final = 1_000_000_000
"""How long after a first try that failed the next one is made; it doubles with each."""

_DOUBLINGS: Final = 6
_SPOT: Final = int(Kind.SPOT)

_B: Final = places(BOOK)
_NOW, _HEDGED, _OPEN_ORDERS = _B["now_ns"], _B["hedged"], _B["open_orders"]
_INSTRUMENTS: Final = _B["instruments"]
_E: Final = places(EVENT)
_KIND, _ORDER, _CODE = _E["kind"], _E["order"], _E["code"]
_R: Final = places(ROBOT)
_ROBOT_WORDS, _STOP, _STOP_RATE, _TRIES = _R[""], _R["stop"], _R["stop_rate"], _R["tries"]
_TEND_AT, _TRADED = _R["tend_at_ns"], _R["traded"]
_O: Final = places(ORDER)
_ORDER_WORDS, _SLOT, _SIDE, _SIDE_OF = _O[""], _O["slot"], _O["side"], _O["position_side"]
_QUANTITY, _FILLED, _CANCEL_NS = _O["quantity"], _O["filled"], _O["cancel_ns"]
_CREATED: Final = _O["created_ns"]
_NUMBER, _STATUS, _ROBOT = _O["number"], _O["status"], _O["robot"]
_P: Final = places(POSITION)
_POSITION_WORDS, _HELD = _P[""], _P["quantity"]
_OPEN_BUY, _OPEN_SELL = _P["open_buy"], _P["open_sell"]
_T: Final = places(INSTRUMENT)
_TERM_WORDS, _LOT, _TICK, _QUANTITY_MIN = _T[""], _T["lot"], _T["tick"], _T["quantity_min"]
_INSTRUMENT_KIND: Final = _T["kind"]
_PLANE_WORDS, _LAST = places(PLANE)[""], places(PLANE)["last"]


def is_reserved(slot: int) -> bool:
    """Say whether a slot is the house's own."""
    return slot >= RESERVED


class Care:
    """The kernel's own wishes for the robots of one book."""

    def __init__(self, book: Book) -> None:
        """Look at the book's records as flat words: they are read at every event of a robot."""
        self._book = book
        self._head, self._event = flat(book.head), flat(book.event)
        self._robots, self._orders = flat(book.robots), flat(book.orders)
        self._positions, self._terms = flat(book.positions), flat(book.terms)
        self._markets = flat(book.markets)
        self._rows = np.zeros(0, dtype=np.int64)  # most books never need it
        self._found = flat(self._rows)

    def note_ending(self, robot: int, *, hears: bool) -> None:
        """Let the news of a protective order end the robot where it must (rule 4).

        `hears`: its strategy is told of the stop's fills and may go on; else it cannot know what it
        holds any more, and ends.
        """
        event = self._event
        if self._orders[event[_ORDER] * _ORDER_WORDS + _SLOT] not in _STOPS:
            return
        kind = event[_KIND]
        if (kind == EV_FILL and not hears) or (
            kind == EV_REJECTED and event[_CODE] == WOULD_TRIGGER
        ):
            self._robots[robot * _ROBOT_WORDS + _STOP] = STOP_FLAT

    def rest(self, robot: int) -> None:
        """Stage what is still missing until the robot is at rest."""
        orders, terms = self._orders, self._terms
        closing = 0
        others = 0
        for at in self._live(robot):
            slot = orders[at + _SLOT]
            if slot == SLOT_CLOSE:
                closing += 1
                continue
            if slot in _STOPS:
                continue  # protection ends with the position
            others += 1
            self._cancel_once(at)
        if self._robots[robot * _ROBOT_WORDS + _STOP] != STOP_FLAT or others or closing:
            return
        now = self._head[_NOW]
        for instrument, side, held in self._held(robot):
            term = instrument * _TERM_WORDS
            quantity = abs(held) - abs(held) % terms[term + _LOT]
            if quantity < max(1, terms[term + _QUANTITY_MIN]):
                continue  # dust: no order could close it
            if self._too_soon(robot, _CLOSING, now):
                return
            way = -1 if held > 0 else 1
            self._place(robot, instrument, side, MARKET, way, quantity, SLOT_CLOSE)

    def protect(self, robot: int) -> None:
        """Stage what the protective stop of the robot's position needs."""
        orders = self._orders
        live = [at for at in self._live(robot) if orders[at + _SLOT] in _STOPS]
        held = {side: quantity for _, side, quantity in self._held(robot)}
        for side in (0, 1) if self._head[_HEDGED] else (0,):
            mine = [at for at in live if orders[at + _SIDE_OF] == side]
            quantity = held.get(side, 0)
            if quantity == 0:
                for at in mine:
                    self._cancel_once(at)
                continue
            self._cover(robot, side, quantity, mine)

    def _cover(self, robot: int, side: int, quantity: int, mine: list[int]) -> None:
        orders, head, now = self._orders, self._head, self._head[_NOW]
        seat = robot * _ROBOT_WORDS
        way = -1 if quantity > 0 else 1
        instrument = self._robots[seat + _TRADED]
        term = instrument * _TERM_WORDS
        lot, least = self._terms[term + _LOT], self._terms[term + _QUANTITY_MIN]
        is_spot = self._terms[term + _INSTRUMENT_KIND] == _SPOT
        covered = abs(quantity)
        if is_spot:
            covered -= covered % lot  # coins that are not there cannot be sold
            if covered < max(1, least):
                for at in mine:
                    self._cancel_once(at)
                return
        covering = [
            at
            for at in mine
            if orders[at + _SIDE] == way
            and orders[at + _QUANTITY] - orders[at + _FILLED] >= covered
            and orders[at + _CANCEL_NS] == 0
        ]
        if covering:
            kept = max(covering, key=lambda at: orders[at + _NUMBER])
            if orders[kept + _STATUS] in _STANDING:
                for at in mine:
                    if at != kept:
                        self._cancel_once(at)
            return
        if self._robots[seat + _TRIES] and mine:
            # A venue that takes no second stop gets the successor after the old one has gone.
            for at in mine:
                self._cancel_once(at)
        taken = {orders[at + _SLOT] for at in mine}
        free = [slot for slot in (SLOT_STOP, SLOT_STOP_NEXT) if slot not in taken]
        if self._too_soon(robot, _STOPS, now):
            return
        if not free:
            # The position outgrew the successor, too: the lesser of the two makes room for another.
            if all(
                orders[at + _STATUS] in _STANDING and not orders[at + _CANCEL_NS] for at in mine
            ):
                self._cancel_once(min(mine, key=lambda at: orders[at + _QUANTITY]))
            self._robots[seat + _TEND_AT] = now + PATIENCE_NS
            return
        book, row = self._book, (robot * head[_INSTRUMENTS] + instrument) * 2 + side
        place = row * _POSITION_WORDS
        grows = self._positions[place + (_OPEN_BUY if quantity > 0 else _OPEN_SELL)]
        entry = int(average_entry(book.terms[instrument], book.positions[row]))
        rate, tick = self._robots[seat + _STOP_RATE], self._terms[term + _TICK]
        trigger = entry + way * (entry * rate // RATE_ONE)
        trigger -= trigger % tick
        size = covered
        if not is_spot:
            # It can only reduce: where the position is too small for an order it may be larger.
            size = max(covered + grows, least)
            size += -size % lot
        self._place(
            robot, instrument, side, STOP_MARKET, way, size, free[0], trigger=max(trigger, tick)
        )

    def _place(
        self, robot: int, instrument: int, position_side: int, kind: int, way: int,
        quantity: int, slot: int, *, trigger: int = 0,
    ) -> None:  # fmt: skip
        book = self._book
        meant = trigger or self._markets[instrument * _PLANE_WORDS + _LAST]
        row = stage_place(
            book.head, book.orders, book.commands, robot, instrument, way, kind, REDUCE_ONLY,
            0, quantity, meant, 0, slot,
        )  # fmt: skip
        if row < 0:
            self._robots[robot * _ROBOT_WORDS + _TEND_AT] = self._head[_NOW] + PATIENCE_NS
            return
        if position_side:
            set_position_side(book.orders, book.commands, book.head, position_side)
        if trigger:
            set_trigger(book.orders, book.commands, book.head, trigger, 0)

    def _cancel_once(self, at: int) -> None:
        book = self._book
        if self._orders[at + _CANCEL_NS] == 0:
            stage_cancel(book.head, book.orders, book.commands, at // _ORDER_WORDS)

    def _live(self, robot: int) -> list[int]:
        """Return where a robot's orders stand that may still fill, or are just being judged."""
        if self._head[_OPEN_ORDERS] == 0:
            return []
        if not len(self._rows):
            self._rows = np.zeros(len(self._book.orders), dtype=np.int64)
            self._found = flat(self._rows)
        count, rows = live_rows(self._book.orders, robot, self._rows), self._found
        return [rows[at] * _ORDER_WORDS for at in range(count)]

    def _held(self, robot: int) -> list[tuple[int, int, int]]:
        """Return (instrument, side, quantity) of what a robot holds."""
        positions, per_robot = self._positions, self._head[_INSTRUMENTS] * 2
        first = robot * per_robot * _POSITION_WORDS + _HELD
        found = []
        for i in range(per_robot):
            held = positions[first + i * _POSITION_WORDS]
            if held:
                found.append((i // 2, i % 2, held))
        return found

    def _too_soon(self, robot: int, slots: frozenset[int], now: int) -> bool:
        """Say whether the last try in these slots is too fresh; then ask to be called again.

        The longer a row of failures, the longer the wait: who says no is not asked each second. The
        wait counts from the failure, or else from the try: what else is heard does not prolong it.
        """
        event, orders, robots = self._event, self._orders, self._robots
        seat = robot * _ROBOT_WORDS
        about_order = EV_ACCEPTED <= event[_KIND] < EV_TRIGGERED and event[_ORDER] >= 0
        at = event[_ORDER] * _ORDER_WORDS
        failed = False
        if about_order and self._is_ours(at, robot, slots):
            failed = orders[at + _STATUS] in _FAILED
            robots[seat + _TRIES] = robots[seat + _TRIES] + 1 if failed else 0
        span = PATIENCE_NS << min(robots[seat + _TRIES], _DOUBLINGS)
        if failed:
            robots[seat + _TEND_AT] = now + span
            return True
        rows = (self._book.orders["created_ns"] > now - span).nonzero()[0].tolist()
        tried = [
            orders[row * _ORDER_WORDS + _CREATED]
            for row in rows
            if self._is_ours(row * _ORDER_WORDS, robot, slots)
            and orders[row * _ORDER_WORDS + _STATUS] in _FAILED
        ]
        if tried:
            robots[seat + _TEND_AT] = max(tried) + span
        return bool(tried)

    def _is_ours(self, at: int, robot: int, slots: frozenset[int]) -> bool:
        """Say whether an order is a try of the kernel's own that we did not take back."""
        orders = self._orders
        return (
            orders[at + _ROBOT] == robot
            and orders[at + _SLOT] in slots
            and orders[at + _CANCEL_NS] == 0
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
