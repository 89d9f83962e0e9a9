"""Two processes, one digest: nothing in a run depends on the process that runs it."""

import os
import subprocess
import sys

from steelyard.services.marketdata.generation.settings import Emits
from tests.house.reading import ROOT
from tests.parity.markets import market
from tests.parity.play import Task, play

SCRIPT = """
from tests.parity.play import play
from tests.parity.test_processes import task
print(play(task()).digest, play(task(), "kernel").digest)
"""


def task() -> Task:
    history = market(
        5, emits=Emits.BOTH, count=2_000, instrument="BTC/USDT:USDT", trades_per_s=0.2,
        volatility_day=0.2, funding_every=500,
    )  # fmt: skip
    given = {"price_interval": "60", "order_quantity": "450", "mode": "neutral"}
    return Task(history=history, given=given, leverage=3)


def digests(hash_seed: str) -> list[str]:
    path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": hash_seed},
    )  # fmt: skip
    return done.stdout.split()


def test_two_processes_and_two_drivers_give_one_digest() -> None:
    here = play(task())

    assert here.count("fills") > 100
    assert [*digests("1"), *digests("2")] == [here.digest] * 4


def test_the_second_run_in_a_process_gives_the_digest_of_the_first() -> None:
    assert play(task()).digest == play(task()).digest
