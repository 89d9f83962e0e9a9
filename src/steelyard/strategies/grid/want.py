"""What the grid wants, one event at a time.

Rule 1: the same price and the same news give the same commands, however often it is woken: between
two thresholds a price changes nothing, and whatever waits for a time is in `wake_at_ns`.
Rule 2: news of an order touches its slot; a crossed threshold touches the levels that enter or
leave; only what is rare goes over the windows, and nothing ever goes over all slots.
Rule 3: drivers may clear a robot's wake when it goes off, so the grid goes by its own copy.
Rule 4: the gravest condition that holds is the robot's code; 0 means all orders are placed.
"""

from steelyard.jit.parts import Records, part, spine
from steelyard.jit.tables import start as first_of
from steelyard.model.kinds import (
    EV_ACCEPTED,
    EV_BAR,
    EV_FUNDING,
    EV_LIQUIDATED,
    EV_REFUSED,
    EV_TIMER,
    EV_TRIGGERED,
    NEVER_HIGH,
    NEVER_LOW,
    NEVER_NS,
    WAKE_EVERY_BAR,
)
from steelyard.model.reasons import PAUSED
from steelyard.strategies.grid.bars import hear_bar
from steelyard.strategies.grid.cleaner import clean
from steelyard.strategies.grid.ladder import ENDLESS, RATE_ONE, set_thresholds
from steelyard.strategies.grid.leaving import leave_opens
from steelyard.strategies.grid.news import NOTHING, TEND, learn
from steelyard.strategies.grid.reasons import (
    GUARDED,
    LIQUIDATED,
    MARGIN_LOCKED,
    NO_FIRST_PRICE,
    RISK_PAUSED,
    SLOT_HALT,
    WAITING,
)
from steelyard.strategies.grid.starting import start
from steelyard.strategies.grid.windows import follow, review, tend


@spine
def want(
    event: Records, book: Records, robots: Records, markets: Records, instruments: Records,
    positions: Records, balances: Records, orders: Records, commands: Records,
    params: Records, state: Records, cells: Records,
) -> None:  # fmt: skip
    """Stage what the ladder needs after this event and say when to be woken next."""
    heard = event[0]
    kind = heard.kind
    setup = params[0]
    slots = first_of(cells)
    head = state[0]
    robot = robots[heard.robot]
    market = markets[setup.instrument]
    last = market.last
    now = book[0].now_ns
    if kind == EV_BAR and hear_bar(heard.instrument, markets, setup, head):
        head.dirty = 1
        head.wake_ns = now
    if not head.started:
        if last == 0:
            robot.wake_low, robot.wake_high = NEVER_LOW, 1
            robot.wake_at_ns = NEVER_NS
            robot.wake_flags = WAKE_EVERY_BAR if setup.every_bar else 0
            robot.wake_instrument = setup.instrument
            robot.code = NO_FIRST_PRICE
            return
        start(setup, instruments[setup.instrument], state, slots, last, now)
        robot.wake_instrument = setup.instrument
    elif kind <= EV_TIMER:
        if head.wake_low < last < head.wake_high and now < head.wake_ns:
            return
    slot_wing, slot_own, left = 0, 0, NOTHING
    if EV_ACCEPTED <= kind < EV_TRIGGERED:
        level = orders[heard.order].slot
        if setup.mode < 0 or (setup.mode == 0 and level > 0):
            slot_wing = 1
        slot_own = level * state[slot_wing].side
        left = learn(
            heard, book, orders, commands, setup, head, slots, state[slot_wing],
            instruments[setup.instrument].lot,
        )  # fmt: skip
        if left == NOTHING:
            if not head.dirty and not head.halted:
                return
        elif left != TEND or head.blocked:
            head.dirty = 1
        if kind == EV_REFUSED:
            # Nothing can be staged while refusals are told: the next event goes on.
            head.dirty = 1
            head.wake_ns = after_refusal(setup, head, now)
            robot.wake_at_ns = head.wake_ns
            tell(robot, setup, state)
            return
    elif kind == EV_FUNDING:
        return
    elif kind == EV_LIQUIDATED:
        head.halted = LIQUIDATED
    elif kind > EV_TIMER:
        head.dirty = 1
    if head.failed or head.halted:
        stop(robot, book, orders, commands, setup, state, slots)
        return
    gates(robot, setup, head, now)
    terms = instruments[setup.instrument]
    if head.dirty or now >= head.wake_ns:
        head.dirty = 0
        head.crowded = 0
        head.blocked = 0
        head.why = 0
        head.retry_ns = NEVER_NS
        for index in range(2):
            if state[index].active:
                review(
                    heard.robot, book, orders, commands, market, terms, setup, head, slots,
                    state[index],
                )  # fmt: skip
    else:
        if left == TEND:
            tend(
                heard.robot, book, orders, commands, market, terms, setup, head, slots,
                state[slot_wing], slot_own,
            )  # fmt: skip
        if not head.wake_low < last < head.wake_high:
            for index in range(2):
                if state[index].active:
                    follow(
                        heard.robot, book, orders, commands, market, terms, setup, head, slots,
                        state[index],
                    )  # fmt: skip
    if head.live >= setup.cleanup_threshold:
        clean(book, orders, commands, setup, state, slots)
    sleep(robot, setup, state, slots, last, now)
    tell(robot, setup, state)


@part
def after_refusal(setup: Records, head: Records, now: int) -> int:
    """Say when to go on: at once, but a second time only after the retry delay.

    Two levels that refuse one another in turn would otherwise never come to rest.
    """
    if now >= head.hasty_ns:
        head.hasty_ns = now + setup.retry_ns
        head.refused_ns = now
    return now + 1 if now == head.refused_ns else head.hasty_ns


@part
def gates(robot: Records, setup: Records, head: Records, now: int) -> None:
    """Say what keeps all openings, and all closings, from being placed."""
    if head.lock_ns and now >= head.lock_ns:
        head.lock_ns = 0
        head.dirty = 1
    head.no_opening = 0
    head.no_closing = 0
    if head.lock_ns:
        head.no_opening = MARGIN_LOCKED
        head.no_closing = MARGIN_LOCKED
    elif head.risk:
        head.no_opening = RISK_PAUSED
    elif robot.paused:
        head.no_opening = PAUSED


@part
def sleep(
    robot: Records, setup: Records, state: Records, cells: Records, last: int, now: int
) -> None:
    """Say when to be woken: at the nearest threshold of either wing, or in time."""
    head = state[0]
    low, high = NEVER_LOW, NEVER_HIGH
    if state[0].active:
        set_thresholds(setup, head, cells, state[0], last)
        low, high = state[0].low, state[0].high
    if state[1].active:
        set_thresholds(setup, head, cells, state[1], last)
        low = max(low, -state[1].high)
        high = min(high, -state[1].low)
    head.wake_low, head.wake_high = low, high
    robot.wake_low, robot.wake_high = low, high
    at = head.retry_ns
    if head.lock_ns:
        at = min(at, head.lock_ns)
    if head.live >= setup.cleanup_threshold:
        at = min(at, head.clean_ns)
    if head.dirty:
        # More commands than one event may stage go on at once; a full table of orders takes time.
        at = now if head.crowded == 0 else now + setup.retry_ns
    # Never this very moment: a robot woken by everything would act before one that sleeps.
    at = max(at, now + 1)
    head.wake_ns = at
    robot.wake_at_ns = at
    robot.wake_flags = WAKE_EVERY_BAR if setup.every_bar else 0


@part
def tell(robot: Records, setup: Records, state: Records) -> None:
    """Set the robot's code: the gravest condition that holds."""
    head = state[0]
    robot.have, robot.need = head.why_have, head.why_need
    if head.lock_ns:
        robot.code = MARGIN_LOCKED
        robot.have, robot.need = 0, head.lock_ns
    elif head.risk:
        robot.code = RISK_PAUSED
        robot.need = setup.recovery_count
        robot.have = 0
        for i in range(setup.monitors):
            robot.have += head.calm[i]
    elif robot.paused:
        robot.code = PAUSED
    elif head.why:
        robot.code = head.why
    elif head.guard_level:
        robot.code = GUARDED
        robot.have, robot.need = head.size_rate, RATE_ONE
    elif head.live == 0 and not head.dirty:
        robot.code = WAITING
        robot.have, robot.need = 0, head.wake_high
    else:
        robot.code = 0
        robot.have, robot.need = 0, 0


@part
def stop(
    robot: Records, book: Records, orders: Records, commands: Records, setup: Records,
    state: Records, cells: Records,
) -> None:  # fmt: skip
    """Trade no more, and say why. Openings are withdrawn, closings stay."""
    head = state[0]
    robot.wake_low, robot.wake_high = NEVER_LOW, NEVER_HIGH
    robot.wake_at_ns = NEVER_NS
    robot.wake_flags = 0
    if head.failed:
        robot.code = head.failed
        robot.have, robot.need = head.failed_have, head.failed_need
        return
    for index in range(2):
        if state[index].active:
            leave_opens(book, orders, commands, setup, head, cells, state[index], ENDLESS)
    robot.code = SLOT_HALT if head.halted == 1 else head.halted
    robot.have, robot.need = head.have, head.need
