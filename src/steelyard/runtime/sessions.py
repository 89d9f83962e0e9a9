"""Run sessions: from when to when a robot ran, why it ended, and what came of it.

Rule 1: a session opens when a robot runs and closes when it is paused, stopped or failed; what is
closed while it stops still belongs to it.
Rule 2: profit is realised, before fees; fees stand beside it. What the position is worth is not in.
Rule 3: plain data: `msgspec.to_builtins` dumps it, `load` reads it back.
"""

from typing import Any

import msgspec
from msgspec import Struct

from steelyard.model.events import RobotMoved
from steelyard.runtime.lifecycle import End, Life, State, end_of


class Session(Struct, frozen=True, kw_only=True):
    """One run of a robot; money in minor units. `end_ns` 0: it goes on."""

    number: int
    start_ns: int
    end_ns: int = 0
    end: End | None = None
    reason: str = ""
    profit: int = 0
    fees: int = 0
    fills: int = 0
    turnover: int = 0


class Sessions(Struct, frozen=True, kw_only=True):
    """The session that runs, and how many there were."""

    count: int = 0
    open: Session | None = None


def seen(sessions: Sessions, life: Life, event: RobotMoved) -> tuple[Sessions, Session | None]:
    """Fold a move; `life` is what was before it. Return also the session that it closed."""
    state = State(event.state)
    running = sessions.open
    if state is State.RUNNING and running is None:
        begun = Session(number=sessions.count + 1, start_ns=event.ts_ns)
        return Sessions(count=begun.number, open=begun), None
    if running is None or state in (State.RUNNING, State.STOPPING):
        return sessions, None
    closed = msgspec.structs.replace(
        running,
        end_ns=max(event.ts_ns, running.start_ns),
        end=end_of(life, event),
        reason=event.reason or life.ending,
    )
    return Sessions(count=sessions.count), closed


def filled(sessions: Sessions, *, profit: int, fee: int, turnover: int) -> Sessions:
    """Fold a fill: what it realised, what it cost, what it was worth. Outside of a run: nothing."""
    running = sessions.open
    if running is None:
        return sessions
    return Sessions(
        count=sessions.count,
        open=msgspec.structs.replace(
            running,
            profit=running.profit + profit,
            fees=running.fees + fee,
            fills=running.fills + 1,
            turnover=running.turnover + turnover,
        ),
    )


def dump(sessions: Sessions) -> dict[str, Any]:
    """Return plain data."""
    plain: dict[str, Any] = msgspec.to_builtins(sessions)
    return plain


def load(plain: dict[str, Any]) -> Sessions:
    """Read what `dump` gave."""
    return msgspec.convert(plain, Sessions)
