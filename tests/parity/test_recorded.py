"""Every family of recorded market data: both drivers, any cutting, every wake, both accounts."""

from dataclasses import replace

import pytest

from tests.parity.play import assert_conserved, assert_equal, in_pieces, play
from tests.parity.recorded import FILES, Recorded, task_of
from tests.parity.waking import AWAKE

every_file = pytest.mark.parametrize("recorded", FILES, ids=lambda recorded: recorded.name)


@every_file
def test_the_drivers_agree_and_so_do_book_and_venue(recorded: Recorded) -> None:
    task = task_of(recorded)
    fused, kernel = play(task), play(task, "kernel")

    assert_equal(fused, kernel)
    assert_conserved(fused)
    assert fused.count("orders") > 0
    assert fused.count("fills") >= recorded.fills


@every_file
def test_a_file_gives_the_same_outcomes_however_it_is_cut(recorded: Recorded) -> None:
    task = task_of(recorded)
    history = task.history
    rows = history.rows
    cuts = (1, 2, rows // 7, rows // 7 + 1, rows // 3, rows - 1)

    assert_equal(play(task), play(task, history=in_pieces(history, *cuts)))


@every_file
def test_waking_the_grid_on_every_event_changes_nothing_it_does(recorded: Recorded) -> None:
    task = task_of(replace(recorded, rows=min(recorded.rows, 10_000)))
    asleep, awake = play(task), play(replace(task, strategy=AWAKE), "kernel")

    assert asleep.told == awake.told
    assert asleep.traded == awake.traded
    assert asleep.waterfall == awake.waterfall
