"""A robot's life and its schedule."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.model.errors import InvalidTransition
from steelyard.model.events import RobotMoved
from steelyard.model.kinds import NEVER_NS
from steelyard.model.units import Nanos
from steelyard.runtime.lifecycle import (
    TABLE,
    Act,
    Denied,
    Due,
    End,
    Life,
    Moved,
    Schedule,
    State,
    due,
    end_of,
    lived,
    move,
    next_ns,
)


def told(state: State, ts_ns: int = 1, reason: str = "") -> RobotMoved:
    return RobotMoved(ts_ns=Nanos(ts_ns), robot=0, state=state, reason=reason, by="test")


def sentence(state: State, act: Act, *, holds: bool = False, closing: bool = False) -> str:
    made = move(state, act, name="grid-1", by="ann", holds_position=holds, closing=closing)
    return made.why if isinstance(made, Denied) else f"→ {made.state}"


@pytest.mark.parametrize(
    "state,act,expected",
    [
        (State.CREATED, Act.START, "→ starting"),
        (State.PAUSED, Act.START, "→ starting"),
        (State.STOPPED, Act.START, "grid-1 is stopped and cannot start: restart it instead"),
        (State.STOPPED, Act.RESTART, "→ starting"),
        (State.FAILED, Act.RESTART, "→ starting"),
        (State.RUNNING, Act.PAUSE, "→ paused"),
        (State.RUNNING, Act.START, "grid-1 is running and cannot start: it runs already"),
        (State.CREATED, Act.PAUSE, "grid-1 is created and cannot pause: allowed is start, stop"),
        (State.CREATED, Act.STOP, "→ stopped"),
        (State.STOPPING, Act.PAUSE, "grid-1 is stopping and cannot pause: nothing can be done now"),
    ],
)
def test_moves(state: State, act: Act, expected: str) -> None:
    assert sentence(state, act) == expected


@pytest.mark.parametrize("state", [State.STARTING, State.RUNNING, State.PAUSED, State.FAILED])
def test_a_stop_is_refused_while_a_position_is_open_unless_it_closes_it(state: State) -> None:
    assert sentence(state, Act.STOP, holds=True) == (
        "grid-1 holds a position and is not stopped: stop it with closing, or pause it"
    )
    assert sentence(state, Act.STOP, holds=True, closing=True) == "→ stopping"
    assert sentence(state, Act.STOP) == "→ stopping"


def test_what_closes_is_not_at_rest_before_it_has_closed() -> None:
    assert "not at rest" in sentence(State.STOPPING, Act.ENDED, holds=True, closing=True)
    assert sentence(State.STOPPING, Act.ENDED, closing=True) == "→ stopped"


@given(st.sampled_from(State), st.sampled_from(Act), st.booleans(), st.booleans())
def test_every_move_is_made_by_the_table_or_refused_in_words(
    state: State, act: Act, holds: bool, closing: bool
) -> None:
    made = move(state, act, name="g", by="ann", reason="why", holds_position=holds, closing=closing)
    match made:
        case Moved():
            assert TABLE[state][act] is made.state
            assert (made.by, made.reason) == ("ann", "why")
        case Denied():
            assert made.why.startswith("g ")
            assert act not in TABLE[state] or holds


@given(st.lists(st.sampled_from(State), max_size=30))
def test_a_life_is_the_fold_of_its_moves(states: list[State]) -> None:
    life = Life()
    for ts, state in enumerate(states, 1):
        if state in TABLE[life.state].values():
            life = lived(life, told(state, ts))
            assert (life.state, life.since_ns) == (state, ts)
            assert (life.run_ns > 0) >= (state is State.RUNNING)
        else:
            with pytest.raises(InvalidTransition, match=r"was .* and heard"):
                lived(life, told(state, ts))
    assert msgspec.convert(msgspec.to_builtins(life), Life) == life


def test_a_life_is_read_back_from_plain_data_and_every_state_is_reached() -> None:
    reached = {State.CREATED}
    for _ in State:
        reached |= {target for state in reached for target in TABLE[state].values()}

    assert reached == set(State)


RUNNING = Life(state=State.RUNNING, run_ns=1000, since_ns=1000)


@pytest.mark.parametrize(
    "schedule,life,now,profit,expected",
    [
        (Schedule(start_ns=50), Life(), 49, 0, None),
        (Schedule(start_ns=50), Life(), 50, 0, Due(act=Act.START, reason="schedule_start")),
        (Schedule(start_ns=50, stop_ns=60), Life(), 70, 0, None),  # both went by
        (Schedule(start_ns=50), Life(state=State.STOPPED), 70, 0, None),
        (Schedule(stop_ns=2000), RUNNING, 1999, 0, None),
        (
            Schedule(stop_ns=2000), RUNNING, 2000, 0,
            Due(act=Act.STOP, reason="schedule_stop", then=Act.RESTED),
        ),
        (Schedule(stop_ns=900), RUNNING, 5000, 0, None),  # started after it
        (
            Schedule(max_runtime_ns=10), RUNNING, 1010, 0,
            Due(act=Act.STOP, reason="max_runtime", then=Act.RESTED),
        ),
        (Schedule(max_runtime_ns=10), RUNNING, 1009, 0, None),
        (
            Schedule(profit_target=5), RUNNING, 1001, 5,
            Due(act=Act.STOP, reason="profit_target", then=Act.ENDED),
        ),
        (
            Schedule(loss_limit=5, stop_ns=1001), RUNNING, 1001, -5,
            Due(act=Act.STOP, reason="loss_limit", then=Act.ENDED),
        ),
        (Schedule(loss_limit=5, profit_target=5), RUNNING, 1001, -4, None),
        (Schedule(loss_limit=5), Life(state=State.PAUSED), 1001, -9, None),
        (Schedule(), RUNNING, 10**18, 10**18, None),
    ],
)  # fmt: skip
def test_what_is_due(
    schedule: Schedule, life: Life, now: int, profit: int, expected: Due | None
) -> None:
    assert due(schedule, life, now, profit) == expected


TIMES = st.integers(0, 100)


@given(
    st.builds(Schedule, start_ns=TIMES, stop_ns=TIMES, max_runtime_ns=TIMES),
    st.sampled_from([Life(), Life(state=State.RUNNING, run_ns=20), Life(state=State.PAUSED)]),
)
def test_time_changes_nothing_before_the_next_look(schedule: Schedule, life: Life) -> None:
    at = next_ns(schedule, life)
    start = life.run_ns
    first = next((now for now in range(start, 300) if due(schedule, life, now, 0)), NEVER_NS)

    assert first in (max(at, start), NEVER_NS)
    if life.state is State.RUNNING:
        assert first == at
    if life.state is State.PAUSED:
        assert at == NEVER_NS


@pytest.mark.parametrize(
    "life,event,expected",
    [
        (RUNNING, told(State.PAUSED), End.PAUSE),
        (RUNNING, told(State.PAUSED, reason="kill: by ann"), End.KILL),
        (RUNNING, told(State.FAILED, reason="the strategy raised"), End.ERROR),
        (Life(state=State.STOPPING, ending="loss_limit: −5"), told(State.STOPPED), End.LOSS_LIMIT),
        (Life(state=State.STOPPING, ending="max_runtime"), told(State.PAUSED), End.MAX_RUNTIME),
        (Life(state=State.STOPPING, ending="enough"), told(State.STOPPED), End.STOP),
        (Life(state=State.STOPPING, ending="enough"), told(State.FAILED), End.ERROR),
    ],
)
def test_why_a_run_ended(life: Life, event: RobotMoved, expected: End) -> None:
    assert end_of(life, event) is expected
