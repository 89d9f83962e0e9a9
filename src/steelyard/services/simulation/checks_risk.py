"""Invariants of risk, of the kill switch, of rates, of leases. See `checker`."""

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Iterator

from steelyard.kernel.ports import Request
from steelyard.model import events as ev
from steelyard.model.client_ids import RESERVED
from steelyard.model.reports import Fault, OrderState
from steelyard.services.simulation.evidence import Evidence, VenueOrder
from steelyard.services.simulation.violations import Violation

MS = 1_000_000
KILL_CREATES_NS = 250 * MS
KILL_CANCELS_NS = 2_000 * MS
PROTECT_NS = 70_000 * MS
"""A refused stop is tried again with a growing delay, of a minute at most."""
_CEILING_TENTHS = 8
_SLACK_TENTHS = 15
"""A limit is judged at the price of its order: by the fill the market may have moved on."""


def protected(evidence: Evidence) -> Iterator[Violation]:
    """O13: in the end each position under a policy has stops at the venue that cover it."""
    held: dict[tuple[int, int], int] = defaultdict(int)
    stops: dict[tuple[int, int], int] = defaultdict(int)
    for order in evidence.orders:
        ours = None if order.foreign else evidence.ours(order.client_id)
        if ours is None:
            continue
        where = ours.robot, order.instrument
        held[where] += order.side * order.filled
        if order.is_open and order.conditional and order.reduce_only:
            stops[where] += order.side * (order.quantity - order.filled)
    for _, robot_number, instrument, part in _shares(evidence):
        held[robot_number, instrument] += part
    refused = _refused_stops(evidence, evidence.end_ns - PROTECT_NS)
    for number, robot in enumerate(evidence.plan.robots, 1):
        quantity, standing = held[number, robot.instrument], stops[number, robot.instrument]
        if not robot.stop_rate or robot.instrument in evidence.relisted:
            continue  # what is no whole lot any more no order can close
        if number in refused:
            continue  # it is tried again, with a growing delay
        # What the account as a whole does not hold any more nothing can reduce.
        whole = evidence.positions.get((robot.instrument, 0), 0)
        needed = max(0, min(quantity, whole)) - min(0, max(quantity, whole))
        covered = max(0, -standing if quantity > 0 else standing)
        if covered < needed:
            text = f"robot {number} holds {quantity}, its stops cover {standing}"
            yield Violation("O13", evidence.end_ns, text)
        if standing and not quantity:
            text = f"robot {number} holds nothing and has stops over {standing}"
            yield Violation("O13", evidence.end_ns, text)


def _refused_stops(evidence: Evidence, since_ns: int) -> set[int]:
    """Name the robots of which the venue refused a stop of late."""
    robots = set()
    for row, event in evidence.about(ev.Rejected):
        intent = evidence.intents.get(event.order)
        if row.at_ns > since_ns and intent is not None and intent[1].slot >= RESERVED:
            robots.add(intent[1].robot)
    return robots


def exposure(evidence: Evidence) -> Iterator[Violation]:
    """R1: taken at its worst, what is open at the venue stays within the limits."""
    limits = {n: r.limits.position_notional_max for n, r in enumerate(evidence.plan.robots, 1)}
    held: dict[tuple[int, int], int] = defaultdict(int)
    resting: dict[tuple[int, int, int], int] = defaultdict(int)
    shares = deque(_shares(evidence))
    for at_ns, what, order, robot, quantity in _moves(evidence, limits):
        while shares and shares[0][0] <= at_ns:
            _, owner, instrument, part = shares.popleft()
            held[owner, instrument] += part
        where = robot, order.instrument
        if what == _FILLS:
            held[where] += order.side * quantity
        if order.reduce_only:
            continue
        resting[*where, order.side] += quantity if what == _RESTS else -quantity
        reach = order.side * held[where] + resting[*where, order.side]
        price = order.price
        most = limits[robot]
        # What an order at the market was judged at nobody but the desk knows.
        judged = what == _RESTS and most and order.price
        if judged and _worth(price, reach) * 10 > most * _SLACK_TENTHS:
            yield Violation(
                "R1", at_ns,
                f"{order.client_id} lets robot {robot} reach {reach} at {price}, "
                f"worth {_worth(price, reach)}, allowed is {most}",
            )  # fmt: skip


_RESTS, _FILLS, _ENDS = 0, 1, 2


def _shares(evidence: Evidence) -> list[tuple[int, int, int, int]]:
    """List what others' trades did to robots: (when it was booked, robot, instrument, part)."""
    return [
        (row.at_ns, robot, event.instrument, part)
        for row, event in evidence.about(ev.Adjusted)
        if event.reason != "late fill"  # a fill of ours, which its order tells
        for robot, part in event.shares
    ]


def _moves(
    evidence: Evidence, limits: dict[int, int]
) -> list[tuple[int, int, VenueOrder, int, int]]:
    """List what rests, fills and ends at the venue: (when, what, order, robot, quantity)."""
    moves = []
    for order in evidence.orders:
        ours = None if order.foreign else evidence.ours(order.client_id)
        if ours is None or ours.robot not in limits:
            continue
        filled = 0
        moves.append((order.created_ns, _RESTS, order, ours.robot, order.quantity))
        for at_ns, state, so_far in order.changes:
            if so_far > filled:
                moves.append((at_ns, _FILLS, order, ours.robot, so_far - filled))
                filled = so_far
            if state != OrderState.OPEN and so_far < order.quantity:
                moves.append((at_ns, _ENDS, order, ours.robot, order.quantity - so_far))
    moves.sort(key=lambda move: move[:2])
    return moves


def _worth(price: int, quantity: int) -> int:
    """Return the worth of the simulation's instruments, in minor units of their money."""
    return price * quantity * 10**4


def kill_switch(evidence: Evidence) -> Iterator[Violation]:
    """R3: once it is pulled no create leaves, and every known order is asked to be canceled."""
    for index, (at_ns, on) in enumerate(evidence.kills):
        if not on:
            continue
        until_ns = next((at for at, still in evidence.kills[index + 1 :] if not still), 1 << 62)
        for sent in evidence.places:
            if at_ns + KILL_CREATES_NS < sent.at_ns < until_ns:
                yield Violation(
                    "R3", sent.at_ns,
                    f"create {sent.client_id} left {(sent.at_ns - at_ns) / 1e9:.3f} s after the "
                    "switch was pulled",
                )  # fmt: skip
        yield from _uncanceled(evidence, at_ns, min(until_ns, at_ns + KILL_CANCELS_NS))


def _uncanceled(evidence: Evidence, at_ns: int, until_ns: int) -> Iterator[Violation]:
    """Look for orders that nobody asked to cancel, unless nobody could."""
    if until_ns < at_ns + KILL_CANCELS_NS or not _is_calm(evidence, at_ns, until_ns):
        return
    asked = {
        sent.client_id
        for sent in evidence.sent
        if sent.request == Request.CANCEL and sent.at_ns <= until_ns
    }
    every = any(
        s.request == Request.CANCEL_ALL and at_ns <= s.at_ns <= until_ns for s in evidence.sent
    )
    for order in evidence.orders:
        ours = None if order.foreign else evidence.ours(order.client_id)
        if ours is None or ours.slot >= RESERVED or every or order.client_id in asked:
            continue
        # What was accepted a moment before may not be known yet.
        if order.created_ns < at_ns - 10_000 * MS and order.ended_ns > until_ns:
            yield Violation("R3", until_ns, f"{order.client_id} rests and no cancel was sent")


def _is_calm(evidence: Evidence, at_ns: int, until_ns: int) -> bool:
    """Say whether a fit process was there all the time, and was not told to keep away."""
    down = any(begin < until_ns and end > at_ns for begin, end in evidence.downs)
    away = any(t.at_ns < until_ns and t.until_ns > at_ns for t in evidence.told)
    return not down and not away


def rates(evidence: Evidence) -> Iterator[Violation]:
    """R8: never above the ceiling, never while told to keep away."""
    by_host: dict[str, list[int]] = defaultdict(list)
    for sent in evidence.sent:
        if sent.left:
            by_host[sent.host].append(sent.at_ns)
    for told in evidence.told:
        times = by_host[told.host]
        at = bisect_left(times, told.at_ns + 1)
        if at < len(times) and times[at] < told.until_ns and told.fault in _AWAY:
            yield Violation(
                "R8", times[at],
                f"{told.host} asked {(told.until_ns - times[at]) / 1e9:.3f} s before the end of "
                f"its {told.fault}",
            )  # fmt: skip
    for window in evidence.terms.windows:
        for host, times in by_host.items():
            yield from _above(host, times, window.span_ns, window.weight * _CEILING_TENTHS // 10)


_AWAY = frozenset({Fault.RATE_LIMIT, Fault.BANNED})


def _above(host: str, times: list[int], span_ns: int, most: int) -> Iterator[Violation]:
    recent: deque[int] = deque()
    for at_ns in times:
        recent.append(at_ns)
        while recent[0] < at_ns - span_ns:
            recent.popleft()
        if len(recent) > most:
            yield Violation("R8", at_ns, f"{host} sent {len(recent)} in a window of {most}")
            return


def informed(evidence: Evidence) -> Iterator[Violation]:
    """R4, R7: no entry leaves on an old price, or into an account known to be in another mode."""
    told = sorted(evidence.modes)
    times = [at_ns for at_ns, _, _ in told]
    oldest_ns = evidence.plan.price_age_max_ns + 1_000 * MS
    for sent in evidence.places:
        if sent.reduce_only:
            continue
        if not 0 <= sent.price_age_ns <= oldest_ns:
            age = f"{sent.price_age_ns / 1e9:.3f} s old" if sent.price_age_ns >= 0 else "not known"
            yield Violation("R4", sent.at_ns, f"entry {sent.client_id} left, its price was {age}")
        at = bisect_left(times, sent.at_ns) - 1
        while at >= 0 and told[at][1] != sent.host:
            at -= 1
        if at >= 0 and told[at][2] != evidence.plan.hedged:
            mode = "hedged" if told[at][2] else "one-way"
            text = f"entry {sent.client_id} left, {sent.host} knew the account as {mode}"
            yield Violation("R7", sent.at_ns, text)


def one_writer(evidence: Evidence) -> Iterator[Violation]:
    """T2: no create under an older lease than the newest, beyond the venue's window."""
    tokens: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for at_ns, host, token in evidence.leases:
        tokens[host].append((at_ns, token))
    taken = sorted((at_ns, token, host) for at_ns, host, token in evidence.leases)
    for sent in evidence.places:
        own = [token for at_ns, token in tokens[sent.host] if at_ns <= sent.at_ns]
        if not own:
            yield Violation("T2", sent.at_ns, f"{sent.host} sent a create and never had a lease")
            continue
        for at_ns, token, host in taken:
            late = sent.at_ns - at_ns
            if token > own[-1] and host != sent.host and late > evidence.terms.validity_ns:
                yield Violation(
                    "T2", sent.at_ns,
                    f"{sent.host} (lease {own[-1]}) sent {sent.client_id} {late / 1e9:.3f} s after "
                    f"{host} took lease {token}",
                )  # fmt: skip
                break
    newest = 0
    written = iter(taken)
    following = next(written, None)
    for commit in evidence.commits:
        # At one instant a book may be written to the end, given back and taken.
        while following is not None and following[0] < commit.at_ns:
            newest, following = max(newest, following[1]), next(written, None)
        if commit.token < newest:
            yield Violation(
                "T2", commit.at_ns, f"lease {commit.token} wrote rows while {newest} was taken"
            )
