"""Know and book: what an event changes in what is true, before anybody is asked what to do.

Rule 1: an order moves only as its table allows; a move it does not list halts the book.
Rule 2: every fill is booked once, in full, through the ledger.
"""

from steelyard.jit.muldiv import OVERFLOW
from steelyard.jit.parts import Records, part, spine
from steelyard.kernel.lines import FILL, HEAD, note
from steelyard.ledger.postings import (
    post_closing,
    post_coins,
    post_funding,
    post_opening,
    post_settlement,
)
from steelyard.model.kinds import (
    EV_ABSENT,
    EV_ACCEPTED,
    EV_ADJUSTED,
    EV_CANCEL_REFUSED,
    EV_CANCELED,
    EV_EXPIRED,
    EV_FILL,
    EV_FUNDING,
    EV_LIQUIDATED,
    EV_LOST,
    EV_REJECTED,
    EV_TIMER,
    EV_TRIGGERED,
)
from steelyard.model.orders import OrderNews
from steelyard.state.money import coin_fee_worth, worth
from steelyard.state.orders import count_fill, find, hear, position_row
from steelyard.state.positions import closing_part, share_of

_SPOT = 0
HALT_OVERFLOW = 1
HALT_TRANSITION = 2
HALT_STRANGER = 3

ACCEPTED = int(OrderNews.ACCEPTED)
PARTLY = int(OrderNews.PARTLY_FILLED)
FILLED = int(OrderNews.FILLED)
CANCELED = int(OrderNews.CANCELED)
REJECTED = int(OrderNews.REJECTED)
EXPIRED = int(OrderNews.EXPIRED)
CANCEL_REFUSED = int(OrderNews.CANCEL_REFUSED)
LOST = int(OrderNews.LOST)
ABSENT = int(OrderNews.ABSENT)


@spine
def enter(
    event: Records, book: Records, instruments: Records, positions: Records, balances: Records,
    orders: Records, log: Records,
) -> None:  # fmt: skip
    """Number the event, move orders and positions, book money.

    `event` holds one record. An event about an order nobody remembers halts the book: in a
    backtest it cannot be, and live the runtime adopts or reports such orders before this door.
    """
    head = book[0]
    heard = event[0]
    head.n += 1
    head.now_ns = heard.ts_ns
    head.commands = 0
    head.judged = 0
    kind = heard.kind
    if kind <= EV_TIMER:
        return
    where = heard.robot * 65536 + heard.instrument
    note(book, log, HEAD + kind, heard.ts_ns, heard.number or heard.reference, where)
    if kind == EV_FUNDING:
        row = position_row(book, heard.robot, heard.instrument, 0)
        positions[row].funding += heard.fee
        post_funding(book, balances, log, heard.robot, heard.instrument, heard.fee)
        return
    if kind == EV_LIQUIDATED or kind == EV_ADJUSTED:
        note(book, log, FILL, heard.price, heard.quantity, heard.liquidity)
        side = heard.reference if kind == EV_ADJUSTED else 0
        book_fill(
            book, instruments, positions, balances, log, heard.robot, heard.instrument, side,
            heard.quantity, heard.price, heard.price, 0, heard.fee, 0,
        )  # fmt: skip
        return
    if kind < EV_ACCEPTED or kind > EV_TRIGGERED:
        return
    row = find(orders, heard.order, heard.number)
    if row < 0:
        # A refused cancel of an order that is over and forgotten says nothing that matters.
        if kind != EV_CANCEL_REFUSED:
            head.halted = HALT_STRANGER
        return
    heard.order = row
    if kind == EV_FILL:
        order = orders[row]
        change = heard.quantity * order.side
        note(book, log, FILL, heard.price, change, heard.liquidity)
        count_fill(book, orders, positions, row, heard.quantity)
        order.last_fill_ns = heard.ts_ns
        head.fills += 1
        news = FILLED if order.filled >= order.quantity else PARTLY
        if not hear(book, orders, positions, row, news):
            head.halted = HALT_TRANSITION
            return
        book_fill(
            book, instruments, positions, balances, log, order.robot, order.instrument,
            order.position_side, change, heard.price, order.reference or heard.price, order.cost,
            heard.fee, heard.coin_fee,
        )  # fmt: skip
        return
    if kind == EV_TRIGGERED:
        return
    news = ACCEPTED
    if kind == EV_REJECTED:
        news = REJECTED
        head.rejections += 1
    elif kind == EV_CANCELED:
        news = CANCELED
    elif kind == EV_EXPIRED:
        news = EXPIRED
    elif kind == EV_CANCEL_REFUSED:
        news = CANCEL_REFUSED
    elif kind == EV_LOST:
        news = LOST
    elif kind == EV_ABSENT:
        news = ABSENT
    if not hear(book, orders, positions, row, news):
        head.halted = HALT_TRANSITION


@part
def book_fill(
    book: Records, instruments: Records, positions: Records, balances: Records, log: Records,
    robot: int, instrument: int, position_side: int,
    change: int, price: int, meant: int, cost: int, fee: int, coin_fee: int,
) -> None:  # fmt: skip
    """Move a position by the signed `change` and book every part of it.

    `meant` is the price the strategy meant, `cost` what the closed slot cost (0: at average).
    `coin_fee` coins of it never arrive: what is left came in at the fill's price, and their worth
    is a fee.
    """
    terms = instruments[instrument]
    position = positions[position_row(book, robot, instrument, position_side)]
    held = position.quantity
    if coin_fee != 0:
        taken = coin_fee_worth(terms, price, change, coin_fee)
        if taken == OVERFLOW:
            book[0].halted = HALT_OVERFLOW
            return
        book[0].turnover += taken if change > 0 else -taken
        change -= coin_fee
        fee += taken
    paid = worth(terms, price, change)
    wanted = paid if meant == price else worth(terms, meant, change)
    if paid == OVERFLOW or wanted == OVERFLOW:
        book[0].halted = HALT_OVERFLOW
        return
    book[0].turnover += abs(paid)
    closing = closing_part(held, change)
    paid_closing = 0
    wanted_closing = 0
    realised = 0
    if closing != 0:
        paid_closing, wanted_closing = paid, wanted
        if closing != change:
            paid_closing = worth(terms, price, closing)
            wanted_closing = worth(terms, meant, closing)
        entry = share_of(position.entry_worth, closing, held)
        if cost:
            inventory = worth(terms, cost, -closing)
        else:
            inventory = share_of(position.inventory_worth, closing, held)
        if entry == OVERFLOW or inventory == OVERFLOW:
            book[0].halted = HALT_OVERFLOW
            return
        realised = -paid_closing - entry
        position.entry_worth -= entry
        position.inventory_worth -= inventory
        post_closing(book, balances, log, robot, instrument, wanted_closing, inventory, cost != 0)
    if closing != change:
        position.entry_worth += paid - paid_closing
        position.inventory_worth += wanted - wanted_closing
        post_opening(book, balances, log, robot, instrument, wanted - wanted_closing)
    position.quantity = held + change
    position.realised += realised
    position.fees += fee
    settled = -paid if terms.kind == _SPOT else realised
    post_settlement(book, balances, log, robot, instrument, wanted - paid, settled, fee)
    if terms.kind == _SPOT:
        post_coins(book, balances, log, robot, instrument, change + coin_fee, coin_fee)
