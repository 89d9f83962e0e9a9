"""Invariants of orders: what was written, what left, what the venue has. See `checker`."""

from collections import defaultdict
from collections.abc import Iterator

from steelyard.kernel.ports import Request
from steelyard.model import events as ev
from steelyard.model.orders import TERMINAL, TRANSITIONS, OrderNews, OrderStatus
from steelyard.model.reports import OrderState
from steelyard.services.simulation.evidence import Evidence
from steelyard.services.simulation.violations import Violation

_NEWS: dict[type, OrderNews] = {
    ev.Lost: OrderNews.LOST, ev.Accepted: OrderNews.ACCEPTED, ev.Canceled: OrderNews.CANCELED,
    ev.Rejected: OrderNews.REJECTED, ev.Expired: OrderNews.EXPIRED, ev.Absent: OrderNews.ABSENT,
    ev.CancelRefused: OrderNews.CANCEL_REFUSED,
}  # fmt: skip
_PATIENCE_NS = 60_000_000_000


def folded(evidence: Evidence) -> tuple[dict[int, OrderStatus], list[Violation]]:
    """Fold the journal into the status of every order; list the moves its table does not know."""
    status: dict[int, OrderStatus] = {}
    filled: dict[int, int] = defaultdict(int)
    wrong: list[Violation] = []
    for row in evidence.rows:
        event, number = row.event, 0
        news: OrderNews | None = None
        if isinstance(event, ev.Filled):
            number = event.order
            filled[number] += event.quantity
            intent = evidence.intents.get(number)
            done = intent is not None and filled[number] >= intent[1].quantity
            news = OrderNews.FILLED if done else OrderNews.PARTLY_FILLED
        elif type(event) in _NEWS:
            number, news = event.order, _NEWS[type(event)]  # type: ignore[union-attr]
        if news is not None:
            wrong += _moved(status, number, news, row.at_ns)
        for place in row.places:
            if place.number in status:
                wrong.append(Violation("O3", row.at_ns, f"intent {place.number} was written twice"))
            status[place.number] = OrderStatus.SENT
        for cancel in row.cancels:
            wrong += _moved(status, cancel.number, OrderNews.CANCEL_SENT, row.at_ns)
    return status, wrong


def _moved(
    status: dict[int, OrderStatus], number: int, news: OrderNews, at_ns: int
) -> Iterator[Violation]:
    before = status.get(number)
    if before is None:
        yield Violation("O1", at_ns, f"order {number} heard {news.name} before it was written")
        return
    after = TRANSITIONS[before].get(news)
    if after is None:
        yield Violation("O1", at_ns, f"order {number} was {before.name} and heard {news.name}")
        return
    status[number] = after


def states(evidence: Evidence) -> Iterator[Violation]:
    """O1, O10: only moves of the table; nothing unresolved in the end."""
    status, wrong = folded(evidence)
    yield from wrong
    asked = {cancel.number: row.at_ns for row in evidence.rows for cancel in row.cancels}
    for number, now in sorted(status.items()):
        client_id = evidence.intents[number][2]
        there = evidence.by_client.get(client_id, ())
        open_there = any(o.is_open for o in there)
        ended_ns = max((o.ended_ns for o in there), default=0)
        if evidence.intents[number][0] > evidence.end_ns - _PATIENCE_NS:
            continue  # written a moment ago: it may well be on its way
        if now in (OrderStatus.SENT, OrderStatus.UNKNOWN):
            yield Violation("O10", evidence.end_ns, f"order {number} is still {now.name}")
        elif now == OrderStatus.CANCELING and asked[number] < evidence.end_ns - _PATIENCE_NS:
            yield Violation(
                "O10", evidence.end_ns,
                f"order {number} ({client_id}) was to be canceled at {asked[number] / 1e9:.3f} s",
            )  # fmt: skip
        elif now not in TERMINAL and ended_ns < evidence.end_ns - _PATIENCE_NS:
            yield Violation(
                "O10", evidence.end_ns,
                f"order {number} ({client_id}) is {now.name} and not open at the venue",
            )  # fmt: skip
        elif now in TERMINAL and open_there:
            yield Violation(
                "O14", evidence.end_ns,
                f"order {number} ({client_id}) is {now.name} and open at the venue",
            )  # fmt: skip


def written_first(evidence: Evidence) -> Iterator[Violation]:
    """O2, O5: each create that left was written down before, under the id that follows from it."""
    written = {client_id: at for at, _, client_id in evidence.intents.values()}
    for sent in evidence.places:
        if evidence.ours(sent.client_id) is None:
            yield Violation("O5", sent.at_ns, f"create went out as {sent.client_id!r}")
            continue
        at_ns = written.get(sent.client_id)
        if at_ns is None or at_ns > sent.at_ns:
            when = "never" if at_ns is None else f"at {at_ns / 1e9:.3f} s"
            yield Violation("O2", sent.at_ns, f"{sent.client_id} left, its intent came {when}")


def at_most_once(evidence: Evidence) -> Iterator[Violation]:
    """O3: one create per intent leaves, and one order per id lives at the venue, ever."""
    seen: set[str] = set()
    for sent in evidence.places:
        if sent.client_id in seen:
            yield Violation("O3", sent.at_ns, f"create {sent.client_id} was sent again")
        seen.add(sent.client_id)
    for client_id, orders in evidence.by_client.items():
        ours = [o for o in orders if not o.foreign]
        if len(ours) > 1:
            yield Violation(
                "O3", ours[1].created_ns, f"{len(ours)} orders of the id {client_id} were accepted"
            )


def proven_absent(evidence: Evidence) -> Iterator[Violation]:
    """O4: what is called absent or rejected never lived, and absence was proven past the fence."""
    terms = evidence.terms
    fence_ns = terms.validity_ns + terms.skew_ns + terms.lag_ns
    left = {sent.client_id: sent.at_ns for sent in evidence.places}
    asked: dict[str, list[int]] = defaultdict(list)
    for sent in evidence.sent:
        if sent.request == Request.ORDER and sent.left:
            asked[sent.client_id].append(sent.at_ns)
    for row, event in evidence.about(ev.Absent | ev.Rejected):
        intent = evidence.intents.get(event.order)
        if intent is None:
            continue
        client_id = intent[2]
        lived = [o for o in evidence.by_client.get(client_id, ()) if not o.foreign]
        word = type(event).__name__.lower()
        if lived and not (lived[0].conditional and isinstance(event, ev.Rejected)):
            yield Violation("O4", row.at_ns, f"{client_id} is called {word} and lived at the venue")
        at_ns = left.get(client_id)
        if isinstance(event, ev.Absent) and at_ns is not None:
            late = [at for at in asked[client_id] if at_ns + fence_ns <= at <= row.at_ns]
            if len(late) < 2:  # noqa: PLR2004 - two good negative reads
                yield Violation(
                    "O4", row.at_ns,
                    f"{client_id} left at {at_ns / 1e9:.3f} s and is called absent on "
                    f"{len(late)} questions past the fence: {event.evidence}",
                )  # fmt: skip


def one_per_slot(evidence: Evidence) -> Iterator[Violation]:
    """O6: at the venue, each slot of each robot holds one order at a time."""
    slots: dict[tuple[int, int], list[tuple[int, int, str]]] = defaultdict(list)
    for order in evidence.orders:
        ours = None if order.foreign else evidence.ours(order.client_id)
        if ours is not None:
            slots[ours.robot, ours.slot].append((order.created_ns, order.ended_ns, order.client_id))
    for (robot, slot), lives in slots.items():
        lives.sort()
        until, before = 0, ""
        for begins, ends, client_id in lives:
            if begins < until:
                yield Violation(
                    "O6", begins, f"{client_id} joined {before} in slot {slot} of robot {robot}"
                )
            if ends > until:
                until, before = ends, client_id


def quantities(evidence: Evidence) -> Iterator[Violation]:
    """O7: fills of an order add up, at the venue and in the journal, and never beyond it."""
    booked: dict[int, int] = defaultdict(int)
    for row, event in evidence.about(ev.Filled):
        booked[event.order] += event.quantity
        intent = evidence.intents.get(event.order)
        if intent is not None and booked[event.order] > intent[1].quantity:
            yield Violation(
                "O7", row.at_ns, f"order {event.order} filled beyond {intent[1].quantity}"
            )
    for order in evidence.orders:
        if sum(t.quantity for t in order.trades) != order.filled or order.filled > order.quantity:
            yield Violation(
                "O7", order.changes[-1][0], f"the venue's {order.client_id} does not add up"
            )


def released_late(evidence: Evidence) -> Iterator[Violation]:
    """O8: an order is called over only when it is over at the venue."""
    for row, event in evidence.about(ev.Canceled | ev.Expired):
        intent = evidence.intents.get(event.order)
        if intent is None:
            continue
        for order in evidence.by_client.get(intent[2], ()):
            if not order.foreign and order.ended_ns > row.at_ns:
                yield Violation(
                    "O8", row.at_ns,
                    f"{order.client_id} is called {type(event).__name__.lower()} and is open",
                )  # fmt: skip


def only_reduces(evidence: Evidence) -> Iterator[Violation]:
    """O12: no order that may only reduce increases a position."""
    flags = {o.client_id: o.reduce_only for o in evidence.orders if not o.foreign}
    held: dict[tuple[int, int], int] = defaultdict(int)
    for trade in evidence.trades:
        where = trade.instrument, trade.position_side
        before = held[where]
        held[where] = after = before + trade.side * trade.quantity
        if flags.get(trade.client_id) and (abs(after) > abs(before) or after * before < 0):
            yield Violation(
                "O12",
                trade.ts_ns - evidence.epoch_ns,
                f"exit {trade.client_id} moved a position {before} to {after}",
            )


def no_orphans(evidence: Evidence) -> Iterator[Violation]:
    """O14: our open orders are known; what is not ours is left alone."""
    known = {client_id for _, _, client_id in evidence.intents.values()}
    for order in evidence.orders:
        if order.foreign:
            continue
        if order.client_id not in known:
            yield Violation("O14", order.created_ns, f"{order.client_id} follows from no intent")
    for sent in evidence.sent:
        if sent.request == Request.CANCEL and evidence.ours(sent.client_id) is None:
            yield Violation("O14", sent.at_ns, f"cancel of the foreign {sent.client_id!r}")
    forced = {t.ts_ns - evidence.epoch_ns for t in evidence.trades if t.forced}
    for order in evidence.orders:
        at_ns, state, _ = order.changes[-1]
        if order.foreign and state == OrderState.CANCELED and at_ns not in forced:
            yield Violation("O14", at_ns, f"the foreign {order.client_id} was canceled")
