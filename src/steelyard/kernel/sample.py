"""Samples of the equity curve, taken by book time between events."""

from steelyard.jit.parts import Records, part
from steelyard.ledger.accounts import CASH, CLEARING
from steelyard.state.money import worth


@part
def equity(
    book: Records, markets: Records, instruments: Records, positions: Records, balances: Records
) -> int:
    """Return wallet, clearing and positions at the last price, all robots and instruments."""
    total = 0
    for robot in range(book[0].robots):
        for i in range(book[0].instruments):
            total += balances[robot, i, CASH] + balances[robot, i, CLEARING]
            row = (robot * book[0].instruments + i) * 2
            held = positions[row].quantity + positions[row + 1].quantity
            if held:
                total += worth(instruments[i], markets[i].last, held)
    return total


@part
def sample(
    sim: Records, book: Records, markets: Records, instruments: Records, positions: Records,
    balances: Records, curve: Records,
) -> bool:  # fmt: skip
    """Write one row of the curve; False when it is full afterwards."""
    head = book[0]
    row = curve[head.samples]
    head.samples += 1
    row.ts_ns = sim[0].now_ns
    row.equity = equity(book, markets, instruments, positions, balances)
    row.price = markets[0].last
    row.quantity = positions[0].quantity + positions[1].quantity
    row.inventory = balances[0, 0, 2]
    return head.samples < len(curve)
