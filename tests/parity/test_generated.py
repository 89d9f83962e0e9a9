"""Drawn grids over drawn markets: whatever the driver and the cutting, the outcomes are equal."""

from dataclasses import replace

from hypothesis import given, settings

from tests.parity.markets import Drawn, tasks
from tests.parity.play import assert_conserved, assert_equal, in_pieces, play
from tests.parity.waking import AWAKE

PARITY = settings(settings.get_profile("parity"))


@PARITY
@given(tasks())
def test_the_fused_loop_and_the_kernel_give_the_same_outcomes(drawn: Drawn) -> None:
    task = drawn.task
    fused, kernel = play(task), play(task, "kernel")

    assert_equal(fused, kernel)
    assert_conserved(fused)


@PARITY
@given(tasks())
def test_a_history_gives_the_same_outcomes_however_it_is_cut(drawn: Drawn) -> None:
    task = drawn.task

    assert_equal(play(task), play(task, history=in_pieces(task.history, *drawn.cuts)))


@PARITY
@given(tasks())
def test_waking_the_grid_on_every_event_changes_nothing_it_does(drawn: Drawn) -> None:
    task = drawn.task
    asleep, awake = play(task), play(replace(task, strategy=AWAKE), "kernel")

    assert asleep.told == awake.told
    assert asleep.traded == awake.traded
    assert asleep.waterfall == awake.waterfall
    assert asleep.count("n") <= awake.count("n")
