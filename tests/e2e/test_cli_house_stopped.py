"""What a person learns of a house that does not run, that never ran, or whose journal was touched.

Also the command as a whole: a first run on the paper venue, the line of each minute, two houses.
"""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from bench.killing import Rig
from bench.zigzag import write_config
from steelyard.app.paper import stop_paper
from steelyard.app.telling import line_of
from steelyard.store.journal.chain import genesis, link
from tests.e2e.houses import Said, steelyard, told, until, words
from tests.e2e.market import command, refused

pytestmark = pytest.mark.timeout(200)


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    """A house that traded for a while and was stopped."""
    with Rig(tmp_path_factory.mktemp("s"), robots=2, window=4) as rig:
        rig.start()
        time.sleep(3.0)
        assert rig.house is not None
        rig.house.send_signal(signal.SIGTERM)
        assert rig.house.wait(60) == 0
        yield rig


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def test_the_journal_answers_for_a_house_that_does_not_run(stopped: Rig, capsys: Said) -> None:
    found = told(capsys, stopped, "status")
    (book,) = found["books"]

    assert (found["running"], book["phase"]) == (False, "not running")
    assert book["as_of"].startswith("20")
    assert [one["state_reason"] for one in book["robots"]] == ["exit", "exit"]
    assert told(capsys, stopped, "orders") == {"running": False, "orders": []}
    assert told(capsys, stopped, "orders", "--all")["orders"]
    assert told(capsys, stopped, "fills", "-n", "3")["fills"]
    assert len(told(capsys, stopped, "receipts")["receipts"]) == 2
    assert "not running; as of" in words(capsys, stopped, "status")
    assert "read from the journal" in words(capsys, stopped, "positions")


def test_recalled_positions_are_the_sum_of_fills(stopped: Rig, capsys: Said) -> None:
    held: dict[str, float] = {}
    for one in told(capsys, stopped, "fills", "-n", "0")["fills"]:
        sign = 1 if one["side"] == "buy" else -1
        held[one["robot"]] = held.get(one["robot"], 0) + sign * float(one["quantity"])
    shown = {
        one["robot"]: float(one["position"])
        for one in told(capsys, stopped, "positions")["positions"]
    }

    assert shown == pytest.approx({name: sum_ for name, sum_ in held.items() if abs(sum_) > 1e-9})


@pytest.mark.parametrize(
    "given",
    [
        ["robot", "pause", "grid-1"],
        ["robot", "set", "grid-1", "price_interval=40"],
        ["drift"],
        ["alerts"],
        ["breaker", "reset", "failures", "--reason", "why not"],
    ],
)
def test_what_needs_a_running_house_says_so(stopped: Rig, capsys: Said, given: list[str]) -> None:
    said = refused(capsys, *given, "-c", str(stopped.file))

    assert said.startswith("no house runs for ")
    assert "steelyard run" in said


def test_the_switch_is_thrown_without_a_house(stopped: Rig, capsys: Said) -> None:
    assert told(capsys, stopped, "kill")["running"] is False
    assert told(capsys, stopped, "status")["kill_switch"] == "no reason was given"
    assert told(capsys, stopped, "kill", "--clear") == {"kill_switch": False}


def test_the_switch_is_thrown_with_a_folder_when_the_file_cannot_be_read(
    tmp_path: Path, capsys: Said
) -> None:
    broken = tmp_path / "robots.toml"
    broken.write_text("[house\n")

    assert "it is no TOML" in refused(capsys, "kill", "-c", str(broken))
    code, _, _ = command(capsys, "kill", "--folder", str(tmp_path), "-c", str(broken))
    assert (code, (tmp_path / "kill").exists()) == (0, True)


def test_a_mistake_elsewhere_in_the_file_hides_nothing(
    stopped: Rig, capsys: Said, tmp_path: Path
) -> None:
    file = stopped.folder / "other.toml"
    file.write_text(stopped.file.read_text().replace("leverage = 5", "leverage = -5"))

    code, out, _ = command(capsys, "fills", "-n", "1", "-c", str(file), "--json")
    assert (code, len(json.loads(out)["fills"])) == (0, 1)
    assert "leverage" in refused(capsys, "run", "-c", str(file))


def test_a_house_that_never_ran_has_nothing_to_show(tmp_path: Path, capsys: Said) -> None:
    file = str(write_config(tmp_path, robots=1))

    for view in ("orders", "positions", "fills", "receipts"):
        code, out, _ = command(capsys, view, "-c", file, "--json")
        assert (code, json.loads(out)[view]) == (0, [])
    code, out, _ = command(capsys, "status", "-c", file)
    assert (code, out.strip()) == (0, "there is no book yet")
    assert "there is no such file" in refused(capsys, "verify", "-c", file)
    assert "was not found" in refused(capsys, "status", "-c", str(tmp_path / "none.toml"))


# --- a journal that was touched ------------------------------------------------------------------


def touched(rig: Rig, folder: Path, query: str, *values: object) -> str:
    """Copy a house's journal, change it, and name a configuration that keeps it."""
    copy = folder / "journal.db"
    source = sqlite3.connect(rig.settings.house.journal.removeprefix("sqlite:///"))
    with closing(source), closing(sqlite3.connect(copy)) as db:
        source.backup(db)
        for trigger in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
            db.execute(f"DROP TRIGGER {trigger[0]}")
        db.execute(query, values)
        db.commit()
    return str(write_config(folder, robots=2, window=4, journal=f"sqlite:///{copy}"))


def faults(capsys: Said, file: str) -> dict[str, str]:
    code, out, err = command(capsys, "verify", "-c", file, "--json")
    assert (code, err.count("\n")) == (3, 1)
    return {one["check"]: one["what"] for one in json.loads(out)["checks"] if not one["ok"]}


def test_a_changed_row_breaks_the_chain(stopped: Rig, tmp_path: Path, capsys: Said) -> None:
    file = touched(stopped, tmp_path, "UPDATE outcomes SET ts_ns = ts_ns + 1 WHERE n = 30")

    assert "row 30" in faults(capsys, file)["chain"]


def test_a_missing_row_is_named(stopped: Rig, tmp_path: Path, capsys: Said) -> None:
    file = touched(stopped, tmp_path, "DELETE FROM outcomes WHERE n = 40")

    assert "row 40" in faults(capsys, file)["chain"]


def test_an_end_that_was_cut_off_does_not_fit_the_snapshot(
    stopped: Rig, tmp_path: Path, capsys: Said
) -> None:
    file = touched(stopped, tmp_path, "DELETE FROM outcomes WHERE n >= (SELECT n FROM snapshots)")

    assert "rows are left" in faults(capsys, file)["snapshot"]


def forged(rig: Rig, folder: Path, n: int, lines: bytes) -> str:
    """Change the lines of one outcome and make the chain good again behind it."""
    file = touched(rig, folder, "SELECT 1")
    with closing(sqlite3.connect(folder / "journal.db")) as db:
        rows = db.execute(
            "SELECT n, ts_ns, event, intents, lines, trade FROM outcomes ORDER BY n"
        ).fetchall()
        digest = genesis("main")
        for row_n, ts_ns, event, intents, kept, trade in rows:
            new = lines if row_n == n else kept
            digest = link(digest, row_n, ts_ns, event, intents, new, trade)
            db.execute(
                "UPDATE outcomes SET lines = ?, digest = ? WHERE n = ?", (new, digest, row_n)
            )
        db.execute("DELETE FROM snapshots")
        db.commit()
    return file


def fill_of(rig: Rig) -> tuple[int, bytes]:
    url = rig.settings.house.journal.removeprefix("sqlite:///")
    with closing(sqlite3.connect(url)) as db:
        found = db.execute("SELECT n, lines FROM outcomes WHERE trade != '' ORDER BY n").fetchone()
    return found[0], found[1]


def test_a_forged_outcome_is_found_by_sums_and_by_replay(
    stopped: Rig, tmp_path: Path, capsys: Said
) -> None:
    n, lines = fill_of(stopped)
    words_ = memoryview(bytearray(lines)).cast("q")
    at = next(i for i in range(0, len(words_), 5) if words_[i + 1] == 2)
    words_[at + 3] += 1  # the quantity of the fill's line
    file = forged(stopped, tmp_path, n, bytes(words_))

    wrong = faults(capsys, file)
    assert f"row {n}" in wrong["ledger"]
    assert "chain" not in wrong
    code, out, err = command(capsys, "replay", "main", "-c", file, "--json")
    found = json.loads(out)
    assert (code, found["equal"]) == (3, False)
    assert found["first_difference"].startswith(f"outcome {n} differs in line")
    assert found["first_difference"] in err
    code, out, _ = command(capsys, "replay", "main", "--to", str(n - 1), "-c", file, "--json")
    assert (code, json.loads(out)["equal"]) == (0, True)


# --- the command as a whole ----------------------------------------------------------------------


def test_a_first_run_on_paper_from_its_own_folder(tmp_path: Path) -> None:
    """No option but --paper: robots.toml of the folder is the house."""
    file = write_config(tmp_path, robots=1, window=3)
    file.write_text(file.read_text().replace("[paper]", '[paper]\npace = "50"'))
    log = tmp_path / "log"
    run = [sys.executable, "-m", "steelyard", "run", "--paper"]
    with log.open("wb") as out, subprocess.Popen(run, cwd=tmp_path, stderr=out) as house:
        try:
            until(lambda: "main trades" in log.read_text(), "a house that trades")
            second = steelyard("run", "--paper", folder=tmp_path)
            assert second.returncode == 2
            assert "somebody serves" in second.stderr
            assert "agree" in steelyard("drift", folder=tmp_path).stdout
        finally:
            house.send_signal(signal.SIGINT)
            assert house.wait(60) == 0
            steelyard("paper", "--stop", folder=tmp_path)
    assert "1 running" not in log.read_text()  # less than a minute went by
    assert "stop orders" in log.read_text()
    assert "no paper venue runs" in steelyard("paper", "--stop", folder=tmp_path).stdout
    assert steelyard("verify", folder=tmp_path).returncode == 0


def test_the_line_of_each_minute(stopped: Rig, capsys: Said) -> None:
    (book,) = told(capsys, stopped, "status")["books"]
    line = line_of(book)

    assert line.startswith("main: 2 paused · 0 orders open · profit ")
    assert "USDT" in line
    assert line_of({**book, "robots": [], "why": "it waits"}) == "main: not running, it waits"


def test_no_paper_process_is_stopped_twice(stopped: Rig) -> None:
    assert stop_paper(stopped.settings)
    until(lambda: not stop_paper(stopped.settings), "its end")
