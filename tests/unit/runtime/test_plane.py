"""The market plane wakes whom it must, once, and looks at nobody else."""

from hypothesis import given
from hypothesis import strategies as st

from steelyard.model.kinds import NEVER_HIGH, NEVER_LOW
from steelyard.runtime.plane import MarketPlane

PRICES = st.integers(0, 60)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("tick"), PRICES, PRICES, PRICES),
        st.tuples(st.just("wait"), st.integers(0, 9), PRICES, PRICES),
        st.tuples(st.just("leave"), st.integers(0, 9), PRICES, PRICES),
    ),
    max_size=120,
)


@given(STEPS)
def test_it_wakes_exactly_whom_a_look_at_everybody_would(
    steps: list[tuple[str, int, int, int]],
) -> None:
    plane = MarketPlane()
    waiting: dict[int, tuple[int, int]] = {}
    for what, first, low, high in steps:
        if what == "wait":
            plane.wait(first, low, high)
            waiting[first] = (low, high)
        elif what == "leave":
            plane.leave(first)
            waiting.pop(first, None)
        else:
            woken = plane.tick(first)
            expected = sorted(s for s, (a, b) in waiting.items() if first <= a or first >= b)
            assert woken == expected
            for seat in woken:  # a wake fires once; the woken ask anew
                plane.wait(seat, low, high)
                waiting[seat] = (low, high)


def test_a_thousand_wakes_leave_no_trace_behind() -> None:
    plane = MarketPlane()
    for round_ in range(10_000):
        plane.wait(round_ % 7, round_, NEVER_HIGH)

    assert len(plane._lows) <= 4 * 7 + 64
    assert plane.tick(5) == [0, 1, 2, 3, 4, 5, 6]
    assert plane.tick(5) == []


def test_who_waits_for_every_event_is_always_woken() -> None:
    plane = MarketPlane()
    plane.wait(3, NEVER_LOW, NEVER_HIGH, every_event=True)

    assert plane.tick(1) == plane.tick(2) == [3]
