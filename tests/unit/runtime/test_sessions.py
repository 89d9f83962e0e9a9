"""Sessions of a robot."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from steelyard.model.events import RobotMoved
from steelyard.model.units import Nanos
from steelyard.runtime.lifecycle import TABLE, End, Life, State, lived
from steelyard.runtime.sessions import Session, Sessions, dump, filled, load, seen


def run(*moves: tuple[State, str], fills: int = 0) -> tuple[Sessions, list[Session]]:
    life, sessions, ended = Life(), Sessions(), []
    for ts, (state, reason) in enumerate(moves, 1):
        event = RobotMoved(ts_ns=Nanos(ts * 10), robot=0, state=state, reason=reason)
        sessions, closed = seen(sessions, life, event)
        life = lived(life, event)
        for _ in range(fills):
            sessions = filled(sessions, profit=5, fee=1, turnover=100)
        if closed:
            ended.append(closed)
        sessions = load(dump(sessions))
    return sessions, ended


def test_a_session_holds_what_happened_from_running_to_rest() -> None:
    sessions, ended = run(
        (State.STARTING, ""),
        (State.RUNNING, ""),
        (State.STOPPING, "loss_limit: lost 5"),
        (State.STOPPED, ""),
        (State.STARTING, "again"),
        fills=1,
    )

    assert ended == [
        Session(
            number=1, start_ns=20, end_ns=40, end=End.LOSS_LIMIT, reason="loss_limit: lost 5",
            profit=10, fees=2, fills=2, turnover=200,
        )
    ]  # fmt: skip
    assert sessions == Sessions(count=1)


@given(st.lists(st.sampled_from(State), max_size=40))
def test_no_fill_is_in_two_sessions_and_sessions_do_not_overlap(states: list[State]) -> None:
    life = Life()
    moves = []
    for state in states:
        if state in TABLE[life.state].values():
            life = lived(life, RobotMoved(ts_ns=Nanos(1), robot=0, state=state))
            moves.append((state, ""))

    sessions, ended = run(*moves, fills=1)

    assert [one.number for one in ended] == list(range(1, len(ended) + 1))
    assert all(a.end_ns <= b.start_ns for a, b in pairwise(ended))
    assert sum(one.fills for one in ended) + (sessions.open.fills if sessions.open else 0) <= len(
        moves
    )
    if life.state is State.RUNNING:
        assert sessions.open
    elif life.state is not State.STOPPING:
        assert sessions.open is None


def test_a_fill_outside_of_a_run_is_nobodys() -> None:
    assert filled(Sessions(), profit=1, fee=1, turnover=1) == Sessions()
