"""What a person does with a house that runs: look, move robots, stop, kill, prove."""

import itertools
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.killing import Rig
from tests.e2e.houses import Said, robot_of, told, until, words
from tests.e2e.market import refused
from tests.house.reading import ROOT

pytestmark = pytest.mark.timeout(200)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with Rig(tmp_path_factory.mktemp("h"), robots=3, window=4) as rig:
        rig.start()
        yield rig


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")


def holding(capsys: Said, rig: Rig, name: str) -> None:
    until(lambda: robot_of(capsys, rig, name)["position"] != "0", f"a position of {name}")


# --- looking -------------------------------------------------------------------------------------


def test_status_says_everything_about_each_robot(rig: Rig, capsys: Said) -> None:
    until(lambda: robot_of(capsys, rig, "grid-1")["data_age_ms"] is not None, "a price")
    found = told(capsys, rig, "status")
    (book,) = found["books"]

    assert (found["running"], found["kill_switch"], book["phase"]) == (True, None, "running")
    assert set(book["budget_left"]) == {"cancel", "create", "read", "held_ms"}
    assert book["feed"] == {"gaps": 0, "outliers": 0}
    assert book["journal"]["outcomes"] > 0
    assert {one["state"] for one in book["breakers"]} == {"closed"}
    for one in book["robots"]:
        assert one["state"] == "running"
        assert one["data_age_ms"] < 10_000
        assert one["decision"]["en"]
        assert one["decision"]["zh"]


def test_status_in_words_names_robots_and_speaks_chinese(rig: Rig, capsys: Said) -> None:
    english, chinese = words(capsys, rig, "status"), words(capsys, rig, "status", "--lang", "zh")

    for name in ("grid-1", "grid-2", "grid-3", "main on paper: running", "requests left"):
        assert name in english
    assert any("\u4e00" <= letter <= "\u9fff" for letter in chinese)


def test_a_running_grid_takes_a_new_order_size(rig: Rig, capsys: Said) -> None:
    found = told(capsys, rig, "robot", "set", "grid-1", "order_quantity=255")

    assert found["parameters"]["order_quantity"] == "255"


def test_orders_positions_and_fills_agree_with_status(rig: Rig, capsys: Said) -> None:
    holding(capsys, rig, "grid-1")
    orders = told(capsys, rig, "orders")["orders"]
    fills = told(capsys, rig, "fills", "-n", "5")["fills"]

    assert orders
    assert {one["robot"] for one in orders} <= {"grid-1", "grid-2", "grid-3"}
    assert len({one["client_id"] for one in orders}) == len(orders)
    assert 1 <= len(fills) <= 5
    assert [one["n"] for one in fills] == sorted(one["n"] for one in fills)
    assert told(capsys, rig, "positions")["positions"][0]["instrument"] == "BTC/USDT:USDT"
    assert len(told(capsys, rig, "orders", "--all")["orders"]) >= len(orders)
    for view in ("orders", "fills", "positions"):
        assert "BTC/USDT:USDT" in words(capsys, rig, view)


# --- robots --------------------------------------------------------------------------------------


def test_a_robot_is_paused_and_started(rig: Rig, capsys: Said) -> None:
    assert told(capsys, rig, "robot", "pause", "grid-3")["state"] == "paused"
    assert "cannot pause" in refused(capsys, "robot", "pause", "grid-3", "-c", str(rig.file))
    assert told(capsys, rig, "robot", "start", "grid-3")["state"] == "starting"
    until(lambda: robot_of(capsys, rig, "grid-3")["state"] == "running", "the start")


def test_a_robot_that_holds_something_is_stopped_only_when_told_how(rig: Rig, capsys: Said) -> None:
    holding(capsys, rig, "grid-2")
    said = refused(capsys, "robot", "stop", "grid-2", "-c", str(rig.file))
    assert all(part in said for part in ("--keep", "--flatten", "robot pause"))

    kept = told(capsys, rig, "robot", "stop", "grid-2", "--keep")["receipt"]
    assert (kept["complete"], kept["stop"], kept["open_orders"]) == (True, "orders", 0)
    assert robot_of(capsys, rig, "grid-2")["position"] == kept["position"] != "0"

    told(capsys, rig, "robot", "start", "grid-2")
    closed = told(capsys, rig, "robot", "close", "grid-2")["receipt"]
    assert (closed["complete"], closed["stop"], closed["position"]) == (True, "flatten", "0")
    assert "the venue confirms it" in words(capsys, rig, "receipts")
    assert told(capsys, rig, "receipts")["receipts"][-1]["stop"] == "flatten"
    told(capsys, rig, "robot", "start", "grid-2")


def test_a_robot_at_rest_keeps_the_journal_quiet(rig: Rig, capsys: Said) -> None:
    """A robot that asks to be woken at once, and cannot act, must not fill the disk."""
    for name in ("grid-1", "grid-2", "grid-3"):
        told(capsys, rig, "robot", "stop", name, "--keep")
    before = told(capsys, rig, "status")["books"][0]["journal"]["outcomes"]
    time.sleep(1.0)
    after = told(capsys, rig, "status")["books"][0]["journal"]["outcomes"]
    for name in ("grid-1", "grid-2", "grid-3"):
        told(capsys, rig, "robot", "start", name)

    assert after - before < 50


@pytest.mark.parametrize(
    "given,says",
    [
        (["robot", "start", "grid-9"], "allowed are grid-1, grid-2, grid-3"),
        (["robot", "stop", "grid-1", "--keep", "--flatten"], "allowed is one of them"),
        (["robot", "set", "grid-1"], "no parameter was given"),
        (["robot", "set", "grid-1", "price_interval"], "allowed is NAME=VALUE"),
        (["robot", "set", "grid-1", "price_interval=40"], "cannot change while grid-1 runs"),
        (["breaker", "reset", "fuse", "--reason", "tried"], "no breaker is named 'fuse'"),
        (["breaker", "reset", "failures", "--reason", " "], "--reason was empty"),
        (["fills", "-n", "-1"], "--limit was -1"),
        (["replay", "other"], "book was 'other', the journal has main"),
        (["replay", "main", "--from", "0"], "--from was 0"),
        (["replay", "main", "--from", "9", "--to", "8"], "--to was 8"),
        (["status", "--watch", "--json"], "allowed is one of them"),
    ],
)
def test_what_cannot_be_done_is_a_sentence(
    rig: Rig, capsys: Said, given: list[str], says: str
) -> None:
    assert says in refused(capsys, *given, "-c", str(rig.file))


def test_a_breaker_is_closed_with_a_reason(rig: Rig, capsys: Said) -> None:
    found = told(capsys, rig, "breaker", "reset", "failures", "--reason", "looked into it")

    assert (found["breaker"], found["state"]) == ("failures", "closed")


# --- proof ---------------------------------------------------------------------------------------


def test_the_venue_and_the_books_agree(rig: Rig, capsys: Said) -> None:
    found = told(capsys, rig, "drift")

    assert found["ok"]
    assert found["drift"] == {"main": []}
    assert "agree" in words(capsys, rig, "drift", "--repair")


def test_a_running_house_is_verified_and_replayed(rig: Rig, capsys: Said) -> None:
    found = told(capsys, rig, "verify")
    names = {one["check"] for one in found["checks"]}

    assert found["ok"]
    assert names == {"chain", "snapshot", "ledger", "trades", "orders", "positions"}
    whole = told(capsys, rig, "replay", "main")
    part = told(capsys, rig, "replay", "main", "--from", "10", "--to", "20")
    assert (whole["equal"], part["equal"], part["compared"]) == (True, True, 11)
    assert whole["first_difference"] is None


# --- the kill switch -----------------------------------------------------------------------------


def test_the_kill_switch_waits_until_no_order_is_open(rig: Rig, capsys: Said) -> None:
    until(lambda: robot_of(capsys, rig, "grid-1")["open_orders"] > 0, "an order")
    found = told(capsys, rig, "kill", "--reason", "a drill")
    try:
        assert found == {"kill_switch": True, "running": True, "open_orders": 0}
        assert told(capsys, rig, "status")["kill_switch"] == "a drill"
        assert "the kill switch is on: a drill" in words(capsys, rig, "status")
    finally:
        told(capsys, rig, "kill", "--clear")
    assert told(capsys, rig, "status")["kill_switch"] is None
    until(lambda: robot_of(capsys, rig, "grid-1")["open_orders"] > 0, "an order again")


# --- the configuration, changed while the house runs ----------------------------------------------


def edit(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def heard(capsys: Said, rig: Rig, text: str) -> bool:
    alerts = told(capsys, rig, "alerts")["alerts"]
    return any(text in one["text"] for one in alerts)


def test_a_valid_change_is_followed_and_told(rig: Rig, capsys: Said) -> None:
    before = rig.file.read_text()
    added = before[before.index("[[robots]]") :].split("[[robots]]")[1]
    rig.file.write_text(before + "\n[[robots]]" + added.replace("grid-1", "grid-new"))
    until(lambda: heard(capsys, rig, "robot grid-new is new"), "the news")
    until(lambda: robot_of(capsys, rig, "grid-new")["state"] == "running", "the new robot")

    edit(rig.file, "leverage = 5\n", "leverage = 5\nlimits = { open_orders_max = 9 }\n")
    until(lambda: heard(capsys, rig, "limits of account main changed"), "the limit")
    edit(rig.file, 'capital = "10000"', 'capital = "11000"')
    until(lambda: heard(capsys, rig, "when the robot is started again"), "what waits")

    rig.file.write_text(before)
    until(lambda: robot_of(capsys, rig, "grid-new")["state"] == "stopped", "its rest")
    assert heard(capsys, rig, "robot grid-new is gone")
    assert robot_of(capsys, rig, "grid-1")["state"] == "running"


def test_what_waits_for_a_new_start_holds_after_it(rig: Rig, capsys: Said) -> None:
    before = rig.file.read_text()
    edit(rig.file, 'price_interval = "30"', 'price_interval = "45"')
    try:
        until(lambda: heard(capsys, rig, "price_interval 30 becomes 45"), "the news")
        assert heard(capsys, rig, "goes on as it was")
        told(capsys, rig, "robot", "stop", "grid-1", "--flatten")
        told(capsys, rig, "robot", "start", "grid-1")
        until(lambda: levels(capsys, rig) >= {45}, "orders 45 apart")
    finally:
        rig.file.write_text(before)
    until(lambda: heard(capsys, rig, "price_interval 45 becomes 30"), "the way back")


def levels(capsys: Said, rig: Rig) -> set[int]:
    """Return the distances between neighbours among grid-1's buying orders."""
    rows = told(capsys, rig, "orders")["orders"]
    prices = sorted(
        round(float(one["price"])) for one in rows
        if one["robot"] == "grid-1" and one["side"] == "buy"
    )  # fmt: skip
    return {high - low for low, high in itertools.pairwise(prices)}


def test_a_change_that_is_not_valid_changes_nothing(rig: Rig, capsys: Said) -> None:
    before = rig.file.read_text()
    edit(rig.file, 'order_quantity = "250"', 'order_quantity = "-250"')
    try:
        until(lambda: heard(capsys, rig, "the configuration is not followed"), "the refusal")
        assert robot_of(capsys, rig, "grid-1")["state"] == "running"
        # Who must reach the house reaches it all the same.
        assert told(capsys, rig, "kill")["kill_switch"]
        told(capsys, rig, "kill", "--clear")
    finally:
        rig.file.write_text(before)


def test_a_strategy_of_ones_own_changes_while_it_runs(
    rig: Rig, capsys: Said, tmp_path: Path
) -> None:
    strategy = tmp_path / "mine.py"
    text = (ROOT / "examples" / "level_cross.py").read_text()
    strategy.write_text(text.replace('doc="worth', 'changeable=True, doc="worth'))
    before = rig.file.read_text()
    rig.file.write_text(
        before
        + '\n[[robots]]\nname = "mine"\naccount = "main"\ninstrument = "BTC/USDT:USDT"\n'
        + f'capital = "5000"\nstrategy = "{strategy}:LevelCross"\n'
        + 'parameters = { step = "20", budget = "300" }\n'
    )
    try:
        until(lambda: heard(capsys, rig, "robot mine is new"), "the news")
        until(lambda: robot_of(capsys, rig, "mine")["state"] == "running", "the robot")
        found = told(capsys, rig, "robot", "set", "mine", "budget=350")
        assert found["parameters"] == {"step": "20", "budget": "350"}
        said = refused(capsys, "robot", "set", "mine", "step=9", "-c", str(rig.file))
        assert "what can is budget" in said
        said = refused(capsys, "robot", "set", "mine", "budget=-1", "-c", str(rig.file))
        assert "budget was" in said
        edit(rig.file, 'budget = "300"', 'budget = "400"')
        until(lambda: heard(capsys, rig, "mine: budget 300 becomes 400"), "the change")
        assert robot_of(capsys, rig, "mine")["error"] is None
    finally:
        rig.file.write_text(before)
    until(lambda: robot_of(capsys, rig, "mine")["state"] == "stopped", "its rest")


# --- a crash -------------------------------------------------------------------------------------


def test_after_a_crash_robots_trade_as_soon_as_there_is_a_price(rig: Rig, capsys: Said) -> None:
    rig.kill()
    rig.start()
    begun = time.monotonic()
    until(lambda: all(not held_back(capsys, rig, f"grid-{i}") for i in (1, 2, 3)), "trading")

    assert time.monotonic() - begun < 8


def held_back(capsys: Said, rig: Rig, name: str) -> list[str]:
    found: list[str] = robot_of(capsys, rig, name)["not_trading"]["en"]
    return found


# --- the end -------------------------------------------------------------------------------------


def test_in_the_end_all_of_the_venues_books_agree(rig: Rig) -> None:
    assert rig.end() == []
