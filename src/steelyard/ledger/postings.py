"""Postings: what a fill, a fee or a funding payment does to the books.

Rule 1: `post` is the only writer of balances, and each call is balanced by construction.
Rule 2: every posting is also a line of the outcome, so the books can be rebuilt from it.

A fill of signed quantity d at price p, meant at m, worth w:
    slippage   w(m, d) - w(p, d)                     CLEARING -> SLIPPAGE
    opening    w(m, d)                               INVENTORY <- CLEARING
    closing    what the closed part cost, R          CLEARING <- INVENTORY
               its profit, -w(m, d) - R              CLEARING -> GRID (slot) or TREND
    settling   spot: -w(p, d); perpetual: realised   CASH <- CLEARING
Where the venue takes coins for a fee, d is what is left of the quantity, and the fee is the worth
of the rest: cash is moved by the whole.
"""

from steelyard.jit.muldiv import OVERFLOW, add_checked
from steelyard.jit.parts import Records, part
from steelyard.ledger.accounts import (
    ACCOUNTS,
    CAPITAL,
    CASH,
    CLEARING,
    COIN_FEES,
    COINS,
    FEES,
    FUNDING,
    GRID,
    INVENTORY,
    MARKET,
    SLIPPAGE,
    TREND,
)

TRANSFER = 1
"""`LOG.what` of a transfer: a = debit × 256 + credit, b = amount, c = where (`kernel.lines`)."""


@part
def post(
    book: Records, balances: Records, log: Records,
    robot: int, instrument: int, debit: int, credit: int, amount: int,
) -> None:  # fmt: skip
    """Move `amount` from `credit` to `debit`; a negative amount moves the other way.

    `balances` has shape (robots, instruments, ACCOUNTS). Overflow halts the book.
    """
    if amount == 0:
        return
    if amount == OVERFLOW:
        book[0].halted = 1
        return
    if amount < 0:
        debit, credit, amount = credit, debit, -amount
    raised = add_checked(balances[robot, instrument, debit], amount)
    lowered = add_checked(balances[robot, instrument, credit], -amount)
    if raised == OVERFLOW or lowered == OVERFLOW:
        book[0].halted = 1
        return
    balances[robot, instrument, debit] = raised
    balances[robot, instrument, credit] = lowered
    line = log[book[0].log]
    book[0].log += 1
    line.n = book[0].n
    line.what = TRANSFER
    line.a = debit * 256 + credit
    line.b = amount
    line.c = robot * 65536 + instrument


@part
def post_opening(
    book: Records, balances: Records, log: Records,
    robot: int, instrument: int, meant: int,
) -> None:  # fmt: skip
    """Book what was opened, at the worth meant."""
    post(book, balances, log, robot, instrument, INVENTORY, CLEARING, meant)


@part
def post_closing(
    book: Records, balances: Records, log: Records,
    robot: int, instrument: int, meant: int, cost: int, by_slot: bool,
) -> None:  # fmt: skip
    """Book what was closed: `cost` leaves the inventory, the rest of the worth meant is profit.

    `meant` is the signed worth of the fill at the price meant (negative when selling).
    """
    post(book, balances, log, robot, instrument, CLEARING, INVENTORY, cost)
    income = GRID if by_slot else TREND
    post(book, balances, log, robot, instrument, CLEARING, income, -meant - cost)


@part
def post_settlement(
    book: Records, balances: Records, log: Records,
    robot: int, instrument: int, slippage: int, settled: int, fee: int,
) -> None:  # fmt: skip
    """Book the slippage of a fill, the cash it moved and its fee."""
    post(book, balances, log, robot, instrument, CLEARING, SLIPPAGE, slippage)
    post(book, balances, log, robot, instrument, CASH, CLEARING, settled)
    post(book, balances, log, robot, instrument, FEES, CASH, fee)


@part
def post_coins(
    book: Records, balances: Records, log: Records,
    robot: int, instrument: int, quantity: int, fee: int,
) -> None:  # fmt: skip
    """Book the base coins that a spot fill delivered and those taken as a fee, in its units."""
    post(book, balances, log, robot, instrument, COINS, MARKET, quantity)
    post(book, balances, log, robot, instrument, COIN_FEES, COINS, fee)


@part
def post_funding(
    book: Records, balances: Records, log: Records, robot: int, instrument: int, payment: int
) -> None:
    """Book a funding payment by us; negative when we received it."""
    post(book, balances, log, robot, instrument, FUNDING, CASH, payment)


@part
def post_capital(
    book: Records, balances: Records, log: Records, robot: int, instrument: int, amount: int
) -> None:
    """Book money paid in."""
    post(book, balances, log, robot, instrument, CASH, CAPITAL, amount)


@part
def is_balanced(balances: Records, robot: int, instrument: int) -> bool:
    """Say whether the settlement accounts and the coin accounts each add up to zero."""
    total = 0
    for account in range(COINS):
        total += balances[robot, instrument, account]
    coins = 0
    for account in range(COINS, ACCOUNTS):
        coins += balances[robot, instrument, account]
    return total == 0 and coins == 0
