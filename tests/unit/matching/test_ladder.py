"""Ladders: always sorted, first come first served, the best one last."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.jit.parts import part
from steelyard.jit.tables import nth, start
from steelyard.matching.depth import last_key_for, quantity_at, reachable, set_level
from steelyard.matching.ladder import RUNG, close_rung, find_row, open_rung


@part
def insert(rungs: Any, count: int, key: int, row: int) -> int:
    where = open_rung(start(rungs), 0, count, key)
    nth(start(rungs), where).row = row
    return where


@part
def remove(rungs: Any, count: int, key: int, row: int) -> int:
    where = find_row(start(rungs), 0, count, key, row)
    if where >= 0:
        close_rung(start(rungs), 0, count, where)
    return where


@part
def level(rungs: Any, count: int, room: int, key: int, quantity: int) -> int:
    return set_level(start(rungs), 0, count, room, key, quantity)


@part
def read(rungs: Any, count: int, key: int, quantity: int) -> tuple[int, int, int]:
    first = start(rungs)
    return (
        quantity_at(first, 0, count, key),
        reachable(first, 0, count, key, quantity),
        last_key_for(first, 0, count, quantity),
    )


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(-20, 20), max_size=40), st.data())
def test_a_ladder_serves_the_best_key_first_and_of_equals_the_oldest(
    keys: list[int], data: st.DataObject
) -> None:
    rungs = np.zeros(64, dtype=RUNG)
    model: list[tuple[int, int]] = []
    for row, key in enumerate(keys):
        insert(rungs, len(model), key, row)
        model.append((key, row))
    for key, row in data.draw(st.lists(st.sampled_from(model), unique=True)) if model else []:
        assert remove(rungs, len(model), key, row) >= 0
        model.remove((key, row))

    served = [(int(r["key"]), int(r["row"])) for r in rungs[: len(model)][::-1]]
    assert served == sorted(model, key=lambda kr: (-kr[0], kr[1]))


def test_what_stands_nowhere_is_not_found() -> None:
    rungs = np.zeros(8, dtype=RUNG)
    insert(rungs, 0, 5, 1)

    assert remove(rungs, 1, 5, 2) == -1
    assert remove(rungs, 1, 6, 1) == -1


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 5)), max_size=40))
def test_depth_holds_the_best_levels_with_their_last_quantity(
    updates: list[tuple[int, int]],
) -> None:
    rungs = np.zeros(16, dtype=RUNG)
    count = 0
    model: dict[int, int] = {}
    for key, quantity in updates:
        count = level(rungs, count, 16, key, quantity)
        model[key] = quantity
    model = {k: q for k, q in model.items() if q}

    assert [(int(r["key"]), int(r["quantity"])) for r in rungs[:count]] == sorted(model.items())


def test_a_full_side_drops_its_worst_level_for_a_better_one() -> None:
    rungs = np.zeros(3, dtype=RUNG)
    count = 0
    for key in (10, 20, 30, 5, 40):
        count = level(rungs, count, 3, key, 1)

    assert [int(r["key"]) for r in rungs[:count]] == [20, 30, 40]


def test_depth_tells_what_stands_where_and_what_can_be_taken() -> None:
    rungs = np.zeros(8, dtype=RUNG)
    count = 0
    for key, quantity in ((97, 7), (99, 2), (100, 3)):
        count = level(rungs, count, 8, key, quantity)

    # At 99: 2. From 99 up: 3 + 2 of 10 wanted. Ten need 3 + 2 + 5 of 97's 7, so down to 97.
    assert read(rungs, count, 99, 10) == (2, 5, 97)
    # Nothing at 98. From 98 up 4 are there (3 + 1 of 2), and four reach down to 99.
    assert read(rungs, count, 98, 4) == (0, 4, 99)
    # Below the worst known level nothing is known.
    assert read(rungs, count, 96, 1) == (-1, 1, 100)
