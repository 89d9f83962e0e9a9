"""What is due before the next row: commands arriving, timers, bars closing, samples.

Rule 1: by time, and of things due at one time in this order.
Rule 2: a timer set to a time that has passed goes off with the next row, once per moment.
"""

from typing import Final

from steelyard.jit.parts import Records, part
from steelyard.jit.tables import nth
from steelyard.model.kinds import NEVER_NS
from steelyard.venues.sim.arrivals import arrive
from steelyard.venues.sim.records import row_of

NOTHING: Final = 0
ARRIVAL: Final = 1
TIMER: Final = 2
BARS: Final = 3  # built from prices
MERGED: Final = 4  # from bar rows
SAMPLING: Final = 5
AFTER_ROW: Final = 6  # a timer that went off at this very moment waits for the row


@part
def begin_clocks(head: Records, now_ns: int) -> None:
    """Set the first boundary of bars and samples after the first row's time."""
    if head.bar_next_ns == 0 and head.bar_step_ns > 0:
        head.bar_next_ns = now_ns // head.bar_step_ns * head.bar_step_ns + head.bar_step_ns
    if head.sample_ns == 0 and head.sample_step_ns > 0:
        head.sample_ns = now_ns // head.sample_step_ns * head.sample_step_ns
        head.sample_ns += head.sample_step_ns


@part
def next_due(sim: Records, robots: Records, queue: Records, now_ns: int) -> tuple[int, int, int]:
    """Return (what, when, which robot) is due next, ties in the order of the page's sim."""
    what, due_ns, who = NOTHING, NEVER_NS, 0
    if sim.flights > 0:
        what, due_ns = ARRIVAL, nth(queue, sim.flight_first).ts_ns
    for r in range(sim.robots):
        at_ns = nth(robots, r).wake_at_ns
        if at_ns >= due_ns:
            continue
        at_ns = max(at_ns, sim.now_ns)
        if at_ns <= nth(sim, row_of(sim, r, 0, 0)).rung_ns:
            if now_ns + 1 < due_ns:  # it went off at this very moment: not again before the row
                what, due_ns = AFTER_ROW, now_ns + 1
        elif at_ns < due_ns:
            what, due_ns, who = TIMER, at_ns, r
    if sim.bar_step_ns > 0:
        if sim.bar_next_ns < due_ns:
            what, due_ns = BARS, sim.bar_next_ns
        for k in range(sim.instruments):
            lane = nth(sim, 2 * k)
            # A bar row at the boundary still belongs to the bar, so it closes after that moment.
            if lane.has_bars and lane.fold_due_ns < due_ns and lane.fold_due_ns < now_ns:
                what, due_ns = MERGED, lane.fold_due_ns
    if sim.sample_step_ns > 0 and sim.sample_ns < due_ns:
        what, due_ns = SAMPLING, sim.sample_ns
    return what, due_ns, who


@part
def take_flight(
    sim: Records, resting: Records, queue: Records, markets: Records, instruments: Records
) -> None:
    """Let the command that arrives first take effect."""
    line = nth(queue, sim.flight_first)
    kind, row, number = line.kind, line.order, line.number
    robot, k = line.robot, line.instrument
    sim.flight_first = (sim.flight_first + 1) & (sim.flight_room - 1)
    sim.flights -= 1
    arrive(sim, resting, queue, markets, instruments, kind, row, number, robot, k)
