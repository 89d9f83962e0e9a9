"""The checker: every invariant held against what a run left behind.

| | says |
|---|---|
| O1 | an order moves only as its table allows |
| O2 | an intent is written before a byte of it leaves |
| O3 | one create per intent, one order per id, one intent per decision |
| O4 | unknown is not rejected: absence is proven past the fence, and never wrong |
| O5 | ids follow from (book, robot, slot, generation) |
| O6 | one order per slot at the venue |
| O7 | fills add up and never go beyond the order |
| O8 | an order is called over only when it is over |
| O10 | in the end nothing is unresolved |
| O12 | what may only reduce never increases |
| O13 | in the end what is to be protected is protected |
| O14 | our open orders are known, and what is not ours is left alone |
| P1 P2 P3 P6 P7 | each trade is booked once and nothing else; positions are the venue's |
| P4 L1 L2 | transfers balance, cash is the venue's, rows never change |
| R1 R3 R8 | limits at their worst, the kill switch, the venue's rates |
| R4 R7 | no entry on an old price, or into an account in another mode |
| T2 | one writer at a time |
| T3 | a replay of the journal gives the same outcomes (`world` replays) |

Rule: a check is a function of the evidence alone, so a history made by hand can be held against it.
"""

from collections.abc import Callable, Iterator
from typing import Final

from steelyard.model.kinds import REDUCE_ONLY
from steelyard.services.simulation import checks_money, checks_orders, checks_risk
from steelyard.services.simulation.evidence import Evidence, VenueOrder
from steelyard.services.simulation.violations import Violation
from steelyard.venues.paper.exchange import SimExchange
from steelyard.venues.paper.rules import is_conditional

Check = Callable[[Evidence], Iterator[Violation]]

CHECKS: Final[tuple[Check, ...]] = (
    checks_orders.states,
    checks_orders.written_first,
    checks_orders.at_most_once,
    checks_orders.proven_absent,
    checks_orders.one_per_slot,
    checks_orders.quantities,
    checks_orders.released_late,
    checks_orders.only_reduces,
    checks_orders.no_orphans,
    checks_money.positions,
    checks_money.fills_once,
    checks_money.ledger,
    checks_money.funding_once,
    checks_money.kept_as_written,
    checks_risk.protected,
    checks_risk.exposure,
    checks_risk.kill_switch,
    checks_risk.rates,
    checks_risk.informed,
    checks_risk.one_writer,
)


def violations(evidence: Evidence, most: int = 20) -> list[Violation]:
    """Return what does not hold, earliest first; of each check at most `most`."""
    found: list[Violation] = []
    for check in CHECKS:
        for count, one in enumerate(check(evidence), 1):
            found.append(one)
            if count >= most:
                break
    return sorted(found, key=lambda one: one.at_ns)


def orders_of(exchange: SimExchange, account: int, epoch_ns: int) -> list[VenueOrder]:
    """Read every order the venue ever accepted; times become the world's."""
    return [
        VenueOrder(
            order.client_id, order.instrument, order.side, order.quantity, order.price,
            order.flags & REDUCE_ONLY != 0, is_conditional(order.type), order.foreign,
            [(at - epoch_ns, state, filled) for at, state, filled in order.changes],
            order.trades,
        )
        for order in exchange.clerk.books[account].orders
    ]  # fmt: skip
