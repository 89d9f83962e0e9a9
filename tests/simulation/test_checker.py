"""The checker finds what is wrong in histories made by hand, and nothing in the right one."""

from collections.abc import Callable
from typing import Any

import pytest

from steelyard.kernel.ports import Request
from steelyard.ledger.accounts import CASH, COINS, FEES
from steelyard.model import events as ev
from steelyard.model.client_ids import SLOT_STOP
from steelyard.model.commands import CancelOrder
from steelyard.model.reports import Fault
from steelyard.model.units import Money, Price, Quantity
from steelyard.services.simulation.checker import violations
from steelyard.services.simulation.network import Told
from steelyard.services.simulation.storage import Committed
from tests.simulation.histories import (
    CANCELED,
    OPEN,
    SECOND,
    at,
    evidence,
    filled,
    good,
    line,
    named,
    place,
    plan,
    sent,
    step,
    traded,
    venue_order,
)

Spoil = Callable[[dict[str, Any]], None]


def found(spoil: Spoil | None = None) -> set[str]:
    history = good()
    if spoil is not None:
        spoil(history)
    return {violation.invariant for violation in violations(evidence(history))}


def test_a_right_history_passes() -> None:
    assert found() == set()


def unlisted_move(h: dict[str, Any]) -> None:
    h["steps"].append(step(5, ev.Accepted(ts_ns=at(5), order=1)))
    h["steps"].append(step(6, ev.Expired(ts_ns=at(6), order=1)))


def unknown_in_the_end(h: dict[str, Any]) -> None:
    h["steps"] += [
        step(5, ev.Timer(ts_ns=at(5), robot=1), place(2, slot=2)),
        step(9, ev.Lost(ts_ns=at(9), order=2)),
    ]
    h["sent"].append(sent(5.5, 2, slot=2))


def cancel_never_done(h: dict[str, Any]) -> None:
    cancel = CancelOrder(number=2, robot=1, instrument=0)
    h["steps"] += [
        step(5, ev.Timer(ts_ns=at(5), robot=1), place(2, slot=2)),
        step(6, ev.Accepted(ts_ns=at(6), order=2)),
        step(7, ev.Timer(ts_ns=at(7), robot=1), cancel),
    ]
    h["sent"].append(sent(5.5, 2, slot=2))
    h["orders"].append(venue_order(2, (6, OPEN, 0), slot=2))


def sent_before_written(h: dict[str, Any]) -> None:
    h["sent"] = [sent(0.9, 1)]


def never_written(h: dict[str, Any]) -> None:
    h["sent"].append(sent(9, 5))


def sent_twice(h: dict[str, Any]) -> None:
    h["sent"].append(sent(9, 1))


def accepted_twice(h: dict[str, Any]) -> None:
    h["orders"].append(venue_order(1, (9, OPEN, 0), (10, CANCELED, 0)))


def rejected_and_alive(h: dict[str, Any]) -> None:
    h["steps"][2] = step(2.1, ev.Rejected(ts_ns=at(2.1), order=1, code=1))


def absent_too_early(h: dict[str, Any]) -> None:
    h["steps"] += [
        step(5, ev.Timer(ts_ns=at(5), robot=1), place(2, slot=2)),
        step(8, ev.Absent(ts_ns=at(8), order=2, evidence="asked twice")),
    ]
    h["sent"] += [sent(5.5, 2, slot=2)]
    h["sent"] += [sent(t, 2, slot=2, request=Request.ORDER) for t in (6, 7)]


def a_strange_id(h: dict[str, Any]) -> None:
    h["sent"].append(sent(9, 0, client_id="x-broker-4711"))


def two_in_a_slot(h: dict[str, Any]) -> None:
    h["orders"].append(venue_order(2, (2.5, OPEN, 0), (9, CANCELED, 0)))


def filled_beyond(h: dict[str, Any]) -> None:
    h["steps"].append(step(5, filled(1, 1, "0:2", 5)))


def over_and_open(h: dict[str, Any]) -> None:
    h["steps"] += [
        step(5, ev.Timer(ts_ns=at(5), robot=1), place(2, slot=2)),
        step(6, ev.Accepted(ts_ns=at(6), order=2)),
        step(7, ev.Canceled(ts_ns=at(7), order=2)),
    ]
    h["sent"].append(sent(5.5, 2, slot=2))
    h["orders"].append(venue_order(2, (6, OPEN, 0), (8, CANCELED, 0), slot=2))


def an_exit_that_opens(h: dict[str, Any]) -> None:
    order = h["orders"][0]
    h["orders"][0] = order._replace(reduce_only=True)


def naked(h: dict[str, Any]) -> None:
    h["plan"] = plan(stop_rate=1_000_000)


def a_lone_stop(h: dict[str, Any]) -> None:
    h["plan"] = plan(stop_rate=1_000_000)
    h["orders"] = [
        venue_order(9, (9, OPEN, 0), slot=SLOT_STOP, reduce_only=True, conditional=True, side=-1)
    ]


def an_orphan(h: dict[str, Any]) -> None:
    h["orders"].append(venue_order(8, (9, OPEN, 0), (10, CANCELED, 0), slot=8))


def ended_here_and_open_there(h: dict[str, Any]) -> None:
    over_and_open(h)
    h["orders"][-1] = venue_order(2, (6, OPEN, 0), slot=2)


def a_foreign_cancel(h: dict[str, Any]) -> None:
    h["sent"].append(sent(9, 0, client_id="web_1", request=Request.CANCEL))


def a_foreign_order_gone(h: dict[str, Any]) -> None:
    h["orders"].append(
        venue_order(0, (1, OPEN, 0), (9, CANCELED, 0), client_id="web_1", foreign=True)
    )


def another_position(h: dict[str, Any]) -> None:
    h["positions"] = {(0, 0): 11}


def a_trade_not_booked(h: dict[str, Any]) -> None:
    h["entries"].append(traded(2, 1, 1, second=9))


def a_trade_booked_twice(h: dict[str, Any]) -> None:
    h["steps"].append(step(5, filled(1, 10, "0:1", 5)))


def a_trade_booked_wrongly(h: dict[str, Any]) -> None:
    h["steps"][3] = step(4, filled(1, 9, "0:1"), lines=h["steps"][3][3])


def a_position_made_up(h: dict[str, Any]) -> None:
    h["steps"].append(
        step(5, ev.Adjusted(
            ts_ns=at(5), instrument=0, quantity=Quantity(-10), price=Price(1), reason="drift",
            trade="d:0",
        ))
    )  # fmt: skip


def money_into_coins(h: dict[str, Any]) -> None:
    h["steps"].append(step(5, ev.Timer(ts_ns=at(5), robot=1), lines=line(COINS, CASH, 5)))


def money_gone(h: dict[str, Any]) -> None:
    h["steps"].append(step(5, ev.Timer(ts_ns=at(5), robot=1), lines=line(FEES, CASH, 5)))


def money_made_up(h: dict[str, Any]) -> None:
    moved = ev.CapitalMoved(ts_ns=at(5), amount=Money(7), reason="deposit")
    h["steps"].append(step(5, moved))


def funding_forgotten(h: dict[str, Any]) -> None:
    from steelyard.model.reports import FundingReport

    h["entries"].append(
        FundingReport(reference="f1", instrument=0, payment=5, rate=1, mark=1, ts_ns=5 * SECOND)
    )


def a_row_rewritten(h: dict[str, Any]) -> None:
    seen = evidence(h)
    changed = [*seen.kept[:-1], type(seen.kept[-1])(
        n=4, ts_ns=4, event=seen.kept[-1].event, intents=b"", lines=seen.kept[-1].lines,
        trade="0:1", digest=b"other",
    )]  # fmt: skip
    h["rows"] = changed


def beyond_the_limit(h: dict[str, Any]) -> None:
    h["orders"].append(venue_order(3, (9, OPEN, 0), (10, CANCELED, 0), slot=3, quantity=10_000))


def a_create_after_the_switch(h: dict[str, Any]) -> None:
    h["kills"] = [(SECOND, True)]


def an_order_left_after_the_switch(h: dict[str, Any]) -> None:
    cancel_never_done(h)
    del h["steps"][-1]
    h["kills"] = [(100 * SECOND, True), (200 * SECOND, False)]


def a_question_too_soon(h: dict[str, Any]) -> None:
    h["told"] = [Told(SECOND, "p1", 2 * SECOND, Fault.RATE_LIMIT)]


def too_many_questions(h: dict[str, Any]) -> None:
    h["sent"] += [sent(10 + n / 100, 1, request=Request.ORDER) for n in range(1_000)]


def an_old_lease(h: dict[str, Any]) -> None:
    h["leases"] = [(0, "p1", 1), (2 * SECOND, "p2", 2)]
    h["sent"].append(sent(9, 1))


def rows_of_an_old_lease(h: dict[str, Any]) -> None:
    seen = evidence(h)
    h["leases"] = [(0, "p1", 1), (SECOND, "p2", 2)]
    h["commits"] = [Committed(c.at_ns, c.host, 1, c.rows) for c in seen.commits]


def an_entry_on_an_old_price(h: dict[str, Any]) -> None:
    h["sent"] = [h["sent"][0]._replace(price_age_ns=40 * SECOND)]


def an_entry_without_a_price(h: dict[str, Any]) -> None:
    h["sent"] = [h["sent"][0]._replace(price_age_ns=-1)]


def an_entry_in_another_mode(h: dict[str, Any]) -> None:
    h["modes"] = [(SECOND, "p1", True), (SECOND, "p2", False)]


WRONG: dict[str, list[Spoil]] = {
    "O1": [unlisted_move],
    "O2": [sent_before_written, never_written],
    "O3": [sent_twice, accepted_twice],
    "O4": [rejected_and_alive, absent_too_early],
    "O5": [a_strange_id],
    "O6": [two_in_a_slot],
    "O7": [filled_beyond],
    "O8": [over_and_open],
    "O10": [unknown_in_the_end, cancel_never_done],
    "O12": [an_exit_that_opens],
    "O13": [naked, a_lone_stop],
    "O14": [an_orphan, ended_here_and_open_there, a_foreign_cancel, a_foreign_order_gone],
    "P1": [a_trade_not_booked],
    "P2": [a_trade_booked_twice, a_trade_booked_wrongly, funding_forgotten],
    "P3": [another_position],
    "P4": [money_gone, money_made_up],
    "P7": [a_position_made_up],
    "L1": [money_into_coins],
    "L2": [a_row_rewritten],
    "R1": [beyond_the_limit],
    "R3": [a_create_after_the_switch, an_order_left_after_the_switch],
    "R4": [an_entry_on_an_old_price, an_entry_without_a_price],
    "R7": [an_entry_in_another_mode],
    "R8": [a_question_too_soon, too_many_questions],
    "T2": [an_old_lease, rows_of_an_old_lease],
}


@pytest.mark.parametrize(
    "invariant,spoil",
    [
        pytest.param(invariant, spoil, id=f"{invariant} {spoil.__name__}")
        for invariant, spoils in WRONG.items()
        for spoil in spoils
    ],
)
def test_a_wrong_history_is_found(invariant: str, spoil: Spoil) -> None:
    assert invariant in found(spoil)


def test_what_is_found_says_when_and_which() -> None:
    history = good()
    sent_twice(history)
    first = violations(evidence(history))[0]

    assert str(first) == f"O3 at 9.000 s: create {named(1)} was sent again"
