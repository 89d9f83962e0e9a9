"""A robot's life: one table of states, and what its schedule says is due.

Rule 1: a state changes only through `TABLE`; what it does not list is refused in a sentence.
Rule 2: a robot that stopped or failed is restarted by name, never started by accident.
Rule 3: a stop is refused while the robot holds a position, or closes it first.
Rule 4: schedules are UTC. Who works past a stop time was started after it, and means it.
Rule 5: folded from `RobotMoved` events alone, so a life survives restarts. Its run is told in
`runtime.sessions`.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final, TypeAlias

from msgspec import Struct

from steelyard.model.errors import InvalidTransition
from steelyard.model.events import RobotMoved
from steelyard.model.kinds import NEVER_NS


class State(StrEnum):
    """Where a robot stands."""

    CREATED = "created"
    STARTING = "starting"  # reads the account, waits for the market
    RUNNING = "running"
    PAUSED = "paused"  # opens nothing, keeps what it has
    STOPPING = "stopping"  # cancels, and closes if it was asked to
    STOPPED = "stopped"
    FAILED = "failed"


class Act(StrEnum):
    """What is done with a robot."""

    START = "start"
    STARTED = "started"  # it is ready
    PAUSE = "pause"
    STOP = "stop"
    RESTED = "rested"  # it came to rest, to be started again
    ENDED = "ended"  # it came to rest for good
    FAIL = "fail"
    RESTART = "restart"


class End(StrEnum):
    """Why a run ended."""

    PAUSE = "pause"
    STOP = "stop"
    SCHEDULE_STOP = "schedule_stop"
    MAX_RUNTIME = "max_runtime"
    PROFIT_TARGET = "profit_target"
    LOSS_LIMIT = "loss_limit"
    ERROR = "error"
    KILL = "kill"


LIVELY: Final = frozenset({State.STARTING, State.RUNNING, State.PAUSED})
"""A robot in one of these trades, or will without anybody's word."""

SCHEDULE_START: Final = "schedule_start"

_S, _A = State, Act
TABLE: Final[Mapping[State, Mapping[Act, State]]] = MappingProxyType({
    _S.CREATED: {_A.START: _S.STARTING, _A.STOP: _S.STOPPED, _A.FAIL: _S.FAILED},
    _S.STARTING: {
        _A.STARTED: _S.RUNNING, _A.PAUSE: _S.PAUSED, _A.STOP: _S.STOPPING, _A.FAIL: _S.FAILED,
    },
    _S.RUNNING: {_A.PAUSE: _S.PAUSED, _A.STOP: _S.STOPPING, _A.FAIL: _S.FAILED},
    _S.PAUSED: {_A.START: _S.STARTING, _A.STOP: _S.STOPPING, _A.FAIL: _S.FAILED},
    _S.STOPPING: {_A.RESTED: _S.PAUSED, _A.ENDED: _S.STOPPED, _A.FAIL: _S.FAILED},
    _S.STOPPED: {_A.RESTART: _S.STARTING},
    # What failed may still hold orders and a position: it can be stopped, and so closed.
    _S.FAILED: {_A.RESTART: _S.STARTING, _A.STOP: _S.STOPPING},
})  # fmt: skip

_HINTS: Final[Mapping[tuple[State, Act], str]] = MappingProxyType({
    (_S.STOPPED, _A.START): "restart it instead",
    (_S.FAILED, _A.START): "find out why, then restart it",
    (_S.STOPPED, _A.STOP): "there is nothing left to stop",
    (_S.STOPPING, _A.STOP): "it is coming to rest already",
    (_S.STOPPING, _A.START): "wait until it has come to rest",
    (_S.STOPPING, _A.RESTART): "wait until it has come to rest",
    (_S.STARTING, _A.START): "it is on its way already",
    (_S.RUNNING, _A.START): "it runs already",
    (_S.RUNNING, _A.RESTART): "stop it first",
    (_S.PAUSED, _A.PAUSE): "it is paused already",
    (_S.PAUSED, _A.RESTART): "start it instead",
    (_S.CREATED, _A.RESTART): "start it instead",
})  # fmt: skip


class Moved(Struct, frozen=True, kw_only=True):
    """A move the table allows; the caller makes it a `RobotMoved`."""

    act: Act
    state: State
    reason: str
    by: str


class Denied(Struct, frozen=True, kw_only=True):
    """A move that is not made, and why, in a sentence."""

    why: str


Move: TypeAlias = Moved | Denied


def move(
    state: State, act: Act, *, name: str, by: str, reason: str = "",
    holds_position: bool = False, closing: bool = False,
) -> Move:  # fmt: skip
    """Say where an act leads.

    `closing` is the wish to close the position on the way; `reason` begins with an `End` where
    the act ends a run ("loss_limit: lost 120 of 100 USDT").
    """
    target = TABLE[state].get(act)
    if target is None:
        hint = _HINTS.get((state, act))
        allowed = ", ".join(a for a in TABLE[state] if a not in _OWN_ACTS)
        tail = hint or (f"allowed is {allowed}" if allowed else "nothing can be done now")
        return Denied(why=f"{name} is {state} and cannot {_VERBS[act]}: {tail}")
    if act is Act.STOP and holds_position and not closing:
        return Denied(
            why=f"{name} holds a position and is not stopped: stop it with closing, or pause it"
        )
    if act in (Act.RESTED, Act.ENDED) and closing and holds_position:
        return Denied(why=f"{name} holds a position that is to be closed: it is not at rest yet")
    return Moved(act=act, state=target, reason=reason, by=by)


_OWN_ACTS: Final = frozenset({Act.STARTED, Act.RESTED, Act.ENDED, Act.FAIL})
_VERBS: Final = MappingProxyType({
    Act.START: "start", Act.STARTED: "run", Act.PAUSE: "pause", Act.STOP: "stop",
    Act.RESTED: "rest", Act.ENDED: "end", Act.FAIL: "fail", Act.RESTART: "restart",
})  # fmt: skip


class Life(Struct, frozen=True, kw_only=True):
    """What is known of a robot's life."""

    state: State = State.CREATED
    since_ns: int = 0
    reason: str = ""
    by: str = ""
    run_ns: int = 0
    """When the present run began; 0: none does."""
    ending: str = ""
    """Reason of the stop it is coming to rest from."""


def lived(life: Life, event: RobotMoved) -> Life:
    """Fold one event; what the table does not list is a bug."""
    state = State(event.state)
    if state not in TABLE[life.state].values():
        raise InvalidTransition(f"robot {event.robot} was {life.state} and heard it is {state}")
    run_ns = life.run_ns
    if state is State.RUNNING:
        run_ns = event.ts_ns
    elif state is not State.STOPPING:
        run_ns = 0
    return Life(
        state=state, since_ns=event.ts_ns, reason=event.reason, by=event.by, run_ns=run_ns,
        ending=event.reason if state is State.STOPPING else "",
    )  # fmt: skip


def end_of(life: Life, event: RobotMoved) -> End:
    """Name why the run ended that `event` ends; `life` is what was before it."""
    for reason in (event.reason, life.ending):
        word = reason.partition(":")[0].strip()
        if word in _ENDS:
            return End(word)
    return _END_OF.get(State(event.state), End.STOP)


_ENDS: Final = frozenset(End)
_END_OF: Final = MappingProxyType({State.PAUSED: End.PAUSE, State.FAILED: End.ERROR})


class Schedule(Struct, frozen=True, kw_only=True):
    """What shall happen by itself; 0: never. Money in minor units."""

    start_ns: int = 0
    stop_ns: int = 0
    max_runtime_ns: int = 0
    profit_target: int = 0
    loss_limit: int = 0


class Due(Struct, frozen=True, kw_only=True):
    """What is due. A stop closes everything first, then the robot does `then`."""

    act: Act
    reason: str
    then: Act | None = None


def due(schedule: Schedule, life: Life, now_ns: int, profit: int) -> Due | None:
    """Say what is due now; `profit` is the robot's realised profit after fees."""
    if life.state is State.CREATED:
        over = 0 < schedule.stop_ns <= now_ns
        return _START if 0 < schedule.start_ns <= now_ns and not over else None
    if life.state is not State.RUNNING:
        return None
    rows = (
        (0 < schedule.loss_limit <= -profit, _LOST),
        (0 < schedule.profit_target <= profit, _EARNED),
        (life.run_ns < schedule.stop_ns <= now_ns, _STOP),
        (0 < schedule.max_runtime_ns <= now_ns - life.run_ns, _RAN_OUT),
    )
    return next((what for is_due, what in rows if is_due), None)


_START: Final = Due(act=Act.START, reason=SCHEDULE_START)
_LOST: Final = Due(act=Act.STOP, reason=End.LOSS_LIMIT, then=Act.ENDED)
_EARNED: Final = Due(act=Act.STOP, reason=End.PROFIT_TARGET, then=Act.ENDED)
_STOP: Final = Due(act=Act.STOP, reason=End.SCHEDULE_STOP, then=Act.RESTED)
_RAN_OUT: Final = Due(act=Act.STOP, reason=End.MAX_RUNTIME, then=Act.RESTED)


def next_ns(schedule: Schedule, life: Life) -> int:
    """Return when to look again, `NEVER_NS` if time alone changes nothing.

    Profit is looked at whenever it changes, not by time.
    """
    if life.state is State.CREATED:
        return schedule.start_ns if schedule.start_ns > 0 else NEVER_NS
    if life.state is not State.RUNNING:
        return NEVER_NS
    times = [NEVER_NS]
    if schedule.stop_ns > life.run_ns:
        times.append(schedule.stop_ns)
    if schedule.max_runtime_ns > 0:
        times.append(life.run_ns + schedule.max_runtime_ns)
    return min(times)
