"""Robots on four venues at once, over their own wires: added, run, killed with -9, stopped."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest

VENUES = ("binance", "okx", "bitget", "gate")
INTERVALS = {"BTC/USDT:USDT": "90", "BTC/USDT": "180"}
PATIENCE_S = 90.0

pytestmark = pytest.mark.timeout(280)


def configuration() -> str:
    """Write a house: on each venue a perpetual grid with protection, and one of spot coins."""
    text = '[house]\ndata_folder = "house"\n[breakers]\ncpu_ratio = "0"\nstall_s = "0"\n'
    text += 'memory_ratio = "0"\nstale_s = "0"\n'
    for venue in VENUES:
        names = json.dumps(list(INTERVALS))
        text += f'[[accounts]]\nname = "{venue}"\nvenue = "{venue}"\nenvironment = "own"\n'
        text += f"instruments = {names}\n"
        for name, interval in INTERVALS.items():
            kind = "perp" if ":" in name else "spot"
            text += (
                f'[[robots]]\nname = "{kind}-{venue}"\naccount = "{venue}"\n'
                f'instrument = "{name}"\ncapital = "3000"\nstrategy = "grid"\n'
                f'parameters = {{ price_interval = "{interval}", order_quantity = "150", '
                'buy_window_size = "3", sell_window_size = "3", post_only = "false" }\n'
            )
            if kind == "perp":
                text += '[robots.protection]\nstop_distance = "0.05"\n'
    return text


class Rig:
    """An exchange, and a house that trades on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "robots.toml").write_text(configuration())
        self.house: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.exchange = subprocess.Popen(
            [
                sys.executable, "-m", "steelyard", "exchange", "--json", "--port", "0",
                "--accounts", "1", "--seed", "3",
            ],
            stdout=subprocess.PIPE, cwd=self.folder,
        )  # fmt: skip
        assert self.exchange.stdout is not None
        line = self.exchange.stdout.readline()
        (self.folder / "exchange.json").write_bytes(line)
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self.house, self.exchange):
            if process is not None:
                process.kill()
                process.wait()
        assert self.exchange.stdout is not None
        self.exchange.stdout.close()

    def say(self, *words: str) -> str:
        """Run a command that must succeed."""
        done = subprocess.run(
            [sys.executable, "-m", "steelyard", *words, "-c", "robots.toml"], cwd=self.folder,
            capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr + self.log()
        return done.stdout

    def ask(self, *words: str) -> Any:
        return json.loads(self.say(*words, "--json"))

    def start(self) -> None:
        with (self.folder / "run.log").open("ab") as log:
            self.house = subprocess.Popen(
                [sys.executable, "-m", "steelyard", "run", "robots.toml"], cwd=self.folder,
                stderr=log, stdout=log,
            )  # fmt: skip

    def end(self, number: int) -> int:
        assert self.house is not None
        self.house.send_signal(number)
        return self.house.wait(60)

    def log(self) -> str:
        return (self.folder / "run.log").read_text()[-3_000:]

    def until(self, what: str, true: Any) -> None:
        end = time.monotonic() + PATIENCE_S
        while not true():
            assert self.house is not None
            assert self.house.poll() is None, self.log()
            assert time.monotonic() < end, f"{what} did not come about: {self.log()}"
            time.sleep(0.5)

    def books(self) -> dict[str, Any]:
        """Return the status of each book; none while nobody answers yet."""
        done = subprocess.run(
            [sys.executable, "-m", "steelyard", "status", "-c", "robots.toml", "--json"],
            cwd=self.folder, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        found = json.loads(done.stdout) if done.returncode == 0 and done.stdout else {}
        return {one["book"]: one for one in found.get("books", ())} if found.get("running") else {}

    def trading(self) -> bool:
        books = self.books()
        return set(books) == set(VENUES) and all(
            book["phase"] == "running" for book in books.values()
        )

    def traded(self) -> bool:
        """Say whether every robot has orders at its venue, and somebody's were filled."""
        books = self.books()
        robots = [robot for book in books.values() for robot in book["robots"]]
        return len(robots) == 2 * len(VENUES) and all(robot["open_orders"] for robot in robots)


@pytest.fixture
def rig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    monkeypatch.setenv("STEELYARD_DATA_DIR", str(tmp_path / "data"))
    with Rig(tmp_path) as rig:
        yield rig


def test_robots_trade_on_four_venues_through_a_kill_and_stop_with_proof(rig: Rig) -> None:
    for venue in VENUES:
        said = rig.say("account", "add", venue, "--exchange", "exchange.json")
        assert f"account {venue} was added" in said
    rig.start()
    rig.until("trading", rig.trading)
    rig.until("orders of every robot", rig.traded)

    rig.end(signal.SIGKILL)
    rig.start()
    rig.until("trading again", rig.trading)
    rig.until("orders again", rig.traded)

    drift = rig.ask("drift")["drift"]
    assert drift == {venue: [] for venue in VENUES}
    assert rig.end(signal.SIGTERM) == 0, rig.log()
    checks = rig.ask("verify")
    assert {one["ok"] for one in checks["checks"]} == {True}, checks
    left = rig.ask("orders")["orders"]
    assert {one["type"] for one in left} <= {"stop"}  # what protects a position stays
    assert len(left) <= len(VENUES)
    receipts = rig.ask("receipts")["receipts"]
    assert len(receipts) == 2 * len(VENUES)
    assert {one["complete"] for one in receipts} == {True}
    secrets = json.loads((rig.folder / "exchange.json").read_text())
    shown = rig.log() + rig.say("account", "list") + rig.say("status")
    for venue in VENUES:
        assert secrets[venue]["secret"] not in shown
        assert secrets[venue]["key"] not in shown


def test_a_house_without_credentials_says_so(rig: Rig) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "steelyard", "run", "robots.toml"], cwd=rig.folder,
        capture_output=True, text=True, timeout=60, check=False, env={**os.environ},
    )  # fmt: skip

    assert done.returncode != 0
    assert "account add" in done.stderr
