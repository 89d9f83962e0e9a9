"""Two rings in one table: commands on their way to the venue, and events on their way to robots.

Rule 1: `queue` holds `flight_room` rows of commands, in order of arrival, then `news_room` rows of
events, first in, first out. Both sizes are powers of two.
Rule 2: a full ring halts the book; nothing is dropped.
"""

from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth, put
from steelyard.venues.sim.records import HALT_FLOOD


@part
def write(
    head: Records, queue: Records, kind: int, robot: int, instrument: int, row: int, number: int,
    price: int, quantity: int, liquidity: int, fee: int, rate: int, code: int, have: int,
    need: int, reference: int,
) -> None:  # fmt: skip
    """Queue one event at the venue's time."""
    if head.news >= head.news_room:
        head.fault = HALT_FLOOD
        return
    line = nth(queue, head.flight_room + ((head.news_first + head.news) & (head.news_room - 1)))
    head.news += 1
    line.kind = kind
    line.ts_ns = head.now_ns
    line.robot = robot
    line.instrument = instrument
    line.order = row
    line.number = number
    line.price = price
    line.quantity = quantity
    line.liquidity = liquidity
    line.fee = fee
    line.rate = rate
    line.code = code
    line.have = have
    line.need = need
    line.reference = reference


@part
def tell(
    head: Records, queue: Records, kind: int, order: Records, row: int,
    price: int, quantity: int, liquidity: int, fee: int, code: int, have: int, need: int,
) -> None:  # fmt: skip
    """Queue an event about one order; `row` is its row in the book's orders."""
    write(
        head, queue, kind, order.robot, order.instrument, row, order.number,
        price, quantity, liquidity, fee, 0, code, have, need, 0,
    )  # fmt: skip


@part
def tell_robot(
    head: Records, queue: Records, kind: int, robot: int, instrument: int,
    price: int, quantity: int, fee: int, rate: int, reference: int,
) -> None:  # fmt: skip
    """Queue an event that is about no order."""
    write(
        head, queue, kind, robot, instrument, -1, 0, price, quantity, 0, fee, rate, 0, 0, 0,
        reference,
    )  # fmt: skip


@part
def deliver(event: Records, head: Records, queue: Records) -> None:
    """Move the oldest queued event into the book's event record."""
    put(event, nth(queue, head.flight_room + head.news_first))
    head.news_first = (head.news_first + 1) & (head.news_room - 1)
    head.news -= 1


@part
def announce(event: Records, kind: int, ts_ns: int, robot: int, instrument: int) -> None:
    """Fill the event record with an event that carries nothing but its occasion."""
    line = event
    line.kind = kind
    line.ts_ns = ts_ns
    line.robot = robot
    line.instrument = instrument
    line.order = -1
    line.number = 0
    line.price = 0
    line.quantity = 0
    line.liquidity = 0
    line.fee = 0
    line.rate = 0
    line.code = 0
    line.have = 0
    line.need = 0
    line.reference = 0


@part
def send(head: Records, queue: Records, due_ns: int, kind: int, row: int, number: int, robot: int,
         instrument: int) -> None:  # fmt: skip
    """Put a command on its way; of two due at the same time the one sent first arrives first."""
    if head.flights >= head.flight_room:
        head.fault = HALT_FLOOD
        return
    mask = head.flight_room - 1
    where = head.flights
    while where > 0:
        before = nth(queue, (head.flight_first + where - 1) & mask)
        if before.ts_ns <= due_ns:
            break
        put(nth(queue, (head.flight_first + where) & mask), before)
        where -= 1
    line = nth(queue, (head.flight_first + where) & mask)
    line.ts_ns = due_ns
    line.kind = kind
    line.order = row
    line.number = number
    line.robot = robot
    line.instrument = instrument
    head.flights += 1
