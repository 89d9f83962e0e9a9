"""`steelyard backtest` as a person types it: what is printed, stored and written."""

import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from steelyard.cli.main import run
from tests.e2e.market import EQUITY, GRID, SET, command, generate, result
from tests.house.reading import ROOT
from tests.recorded.market_files import market_file

MONEY = ("equity_start", "equity_end", "pnl", "fees", "funding", "turnover")
KEYS = {
    "strategy", "instrument", "engine", "events", "fills", "orders", "position", "max_drawdown",
    "sharpe", "waterfall", "realism", "wall_s", "events_per_s", "outcome_sha256", "buy_and_hold",
    "parameters", "models", "assumptions", "data", "decision", "command", "version", "currency",
    "venue", *MONEY,
}  # fmt: skip
Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep runs and catalog in the test's own folder."""
    folder = tmp_path / "home"
    monkeypatch.setenv("STEELYARD_DATA_DIR", str(folder))
    monkeypatch.setenv("COLUMNS", "160")
    return folder


@pytest.fixture
def trades(tmp_path: Path) -> str:
    return generate(tmp_path)


def figures(found: dict[str, Any]) -> dict[str, Any]:
    """Return what of a result does not depend on when and how it was run."""
    loose = {"wall_s", "events_per_s", "id", "command", "engine", "data"}
    return {name: value for name, value in found.items() if name not in loose}


def python(*arguments: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, check=False,
        env={**os.environ, "STEELYARD_DATA_DIR": str(home)},
    )  # fmt: skip


# --- the JSON object -------------------------------------------------------------------------


def test_json_holds_every_figure_and_money_is_text(trades: str, capsys: Said) -> None:
    found = result(capsys, "grid", "--data", trades, *SET, *EQUITY)

    assert found.keys() >= KEYS
    assert (found["strategy"], found["instrument"]) == ("grid", "BTC/USDT")
    assert (found["engine"], found["events"]) == ("fused", 3_000)
    assert found["fills"] > 0
    for name in (*MONEY, "position", "max_drawdown"):
        assert isinstance(found[name], str), name
        assert "e" not in found[name].lower()
        Decimal(found[name])
    assert found["equity_start"] == "20000"
    assert 0 <= found["realism"]["score"] <= 100
    assert len(found["outcome_sha256"]) == 64
    assert found["wall_s"] >= 0


def test_the_waterfall_sums_to_the_change_in_equity_exactly(trades: str, capsys: Said) -> None:
    found = result(capsys, "grid", "--data", trades, *SET, *EQUITY)

    parts = {name: Decimal(value) for name, value in found["waterfall"].items()}
    total = parts.pop("total")
    change = Decimal(found["equity_end"]) - Decimal(found["equity_start"])
    assert parts.keys() == {"grid", "trend", "slippage", "fees", "funding", "liquidation"}
    assert sum(parts.values()) == total == change == Decimal(found["pnl"])
    assert parts["fees"] == -Decimal(found["fees"])


def test_a_real_perpetual_with_funding_adds_up_too(capsys: Said) -> None:
    found = result(
        capsys, "grid",
        "--data", str(market_file("klines/binance_usdm/BTCUSDT-1m-20230718_20230817.feather")),
        "--funding", str(market_file("funding/binance_usdm/BTCUSDT-8h-funding_rate-2023.feather")),
        "--from", "2023-07-20", "--to", "2023-07-25T12:00", "--leverage", "5",
        "--set", "price_interval=30", "order_quantity=200", "mode=neutral",
        "--latency", "fixed:50ms", "--fees", "0.0002,0.0005", "--equity", "5000",
    )  # fmt: skip

    assert Decimal(found["funding"]) != 0
    parts = [Decimal(v) for name, v in found["waterfall"].items() if name != "total"]
    assert sum(parts) == Decimal(found["equity_end"]) - 5_000
    assert found["data"]["kinds"] == ["bars", "funding"]
    assert found["data"]["start"].startswith("2023-07-20T00:0")
    assert not [a for a in found["assumptions"] if a["what"].startswith(("fees", "leverage"))]


def test_both_engines_print_the_same_figures(trades: str, capsys: Said) -> None:
    fused = result(capsys, "grid", "--data", trades, *SET, *EQUITY, "--engine", "fused")
    kernel = result(capsys, "grid", "--data", trades, *SET, *EQUITY, "--engine", "kernel")

    assert (fused["engine"], kernel["engine"]) == ("fused", "kernel")
    assert figures(fused) == figures(kernel)


def test_what_was_not_said_is_an_assumption_and_costs_realism(trades: str, capsys: Said) -> None:
    silent = result(capsys, "grid", "--data", trades, *SET)
    said = result(capsys, "grid", "--data", trades, *SET, "--equity", "10000",
                  "--fees", "0.001,0.001", "--latency", "fixed:50ms")  # fmt: skip

    assumed = {item["what"] for item in silent["assumptions"]}
    assert {"equity 10000 USDT", "the market is made up"} <= assumed
    assert {item["what"] for item in said["assumptions"]} < assumed
    assert said["realism"]["score"] > silent["realism"]["score"]


def test_words_say_what_json_says(trades: str, capsys: Said) -> None:
    found = result(capsys, "grid", "--data", trades, *SET, *EQUITY)
    code, out, _ = command(capsys, "backtest", "grid", "--data", trades, *SET, *EQUITY)

    assert code == 0
    counts = f"{found['orders']}, {found['fills']}"
    for value in (found["pnl"], found["waterfall"]["fees"], counts, found["outcome_sha256"][:16]):
        assert value in out
    assert f"realism {found['realism']['score']} of 100" in " ".join(out.split())


# --- configuration ---------------------------------------------------------------------------


def test_a_configuration_file_gives_what_the_command_line_gives(
    trades: str, tmp_path: Path, capsys: Said
) -> None:
    config = tmp_path / "run.toml"
    config.write_text(
        f'strategy = "grid"\ndata = "{trades}"\nequity = 20000\nqueue = "touch"\n'
        "[set]\nprice_interval = 150\norder_quantity = 100.0\nbuy_window_size = 5\n"
    )
    from_file = result(capsys, "--config", str(config))
    typed = result(capsys, "grid", "--data", trades, *SET, *EQUITY, "--queue", "touch")
    over = result(capsys, "--config", str(config), "--queue", "through",
                  "--set", "price_interval=300")  # fmt: skip

    assert figures(from_file) == figures(typed)
    assert over["models"]["queue"] == "through"
    assert over["parameters"]["price_interval"]["value"] == "300"
    assert over["parameters"]["buy_window_size"]["value"] == 5


def test_bounds_choose_the_rows(trades: str, capsys: Said) -> None:
    whole = result(capsys, "grid", "--data", trades, *SET)
    early = result(capsys, "grid", "--data", trades, *SET, "--to", "2024-01-01T01:00")
    late = result(capsys, "grid", "--data", trades, *SET, "--from", "2024-01-01T01:00")

    assert early["events"] + late["events"] == whole["events"]
    assert early["data"]["end"] < "2024-01-01T01:00" <= late["data"]["start"]


def test_the_parameters_of_a_strategy_can_be_asked_for(capsys: Said) -> None:
    code, out, _ = command(capsys, "backtest", "--parameters", "grid", "--json")
    rows = {row["name"]: row for row in json.loads(out)}

    assert code == 0
    assert rows["price_interval"]["required"]
    assert rows["mode"]["allowed"] == "one of long, short, neutral"
    assert all(row["doc"] and row["doc_zh"] for row in rows.values())


# --- stored runs -----------------------------------------------------------------------------


def test_runs_are_stored_listed_and_shown(trades: str, home: Path, capsys: Said) -> None:
    first = result(capsys, "grid", "--data", trades, *SET)
    second = result(capsys, "grid", "--data", trades, *SET)
    unkept = result(capsys, "grid", "--data", trades, *SET, "--no-store")

    assert "id" not in unkept
    assert first["id"] != second["id"]
    _, out, _ = command(capsys, "backtest", "list", "--json")
    assert {run["id"] for run in json.loads(out)} == {first["id"], second["id"]}
    code, out, _ = command(capsys, "backtest", "show", first["id"], "--json")
    assert (code, json.loads(out)) == (0, first)
    assert {path.stem for path in (home / "runs").iterdir()} == {first["id"], second["id"]}
    code, out, _ = command(capsys, "backtest", "show", first["id"])
    assert (code, first["pnl"] in out) == (0, True)
    code, out, _ = command(capsys, "backtest", "list")
    assert (code, second["id"] in out) == (0, True)


def test_without_runs_the_list_is_empty_and_says_how_to_fill_it(capsys: Said) -> None:
    assert command(capsys, "backtest", "list", "--json") == (0, "[]\n", "")
    assert "no run is stored yet" in command(capsys, "backtest", "list")[1]


# --- reports ---------------------------------------------------------------------------------


def test_the_report_is_one_file_that_needs_nothing_else(
    trades: str, tmp_path: Path, capsys: Said
) -> None:
    path = tmp_path / "out.html"
    found = result(capsys, "grid", "--data", trades, *SET, *EQUITY, "--report", str(path))

    page = path.read_text(encoding="utf-8")
    assert found["pnl"] in page
    assert found["outcome_sha256"] in page
    # A link a reader may follow is none that the page loads.
    loads = r"<(?:script|img|iframe)[^>]+src=['\"]?http|<link[^>]+href=['\"]?http|@import|url\(http"
    assert not re.findall(loads, page)
    assert not list(tmp_path.glob(".*"))  # nothing written aside was left


# --- data: a file, the catalog ---------------------------------------------------------------


@pytest.mark.parametrize("emits", ["trades", "quotes", "both", "bars"])
def test_a_generated_market_runs_from_its_file_and_from_the_catalog(
    emits: str, tmp_path: Path, home: Path, capsys: Said
) -> None:
    how = ["--emits", emits, "--count", "2000", "--seed", "3", "--trades-per-s", "0.2"]
    path = tmp_path / "made.parquet"
    assert run(["data", "generate", *how, "--out", str(path)]) == 0
    assert run(["data", "generate", *how, "--json"]) == 0
    name = json.loads(capsys.readouterr().out.splitlines()[-1])["name"]

    from_file = result(capsys, "grid", "--data", str(path), *SET)
    by_name = result(capsys, "grid", "--data", name, *SET)
    folder = str(home / "catalog")
    from_folder = result(capsys, "grid", "--data", folder, "--instrument", "BTCUSDT", *SET)

    assert from_file["events"] == (4_000 if emits == "both" else 2_000)
    assert figures(from_file) == figures(by_name) == figures(from_folder)
    assert from_file["orders"] > 0


def test_stored_runs_and_the_catalog_live_in_one_folder(
    tmp_path: Path, home: Path, capsys: Said
) -> None:
    assert run(["data", "generate", "--count", "500", "--seed", "3", "--json"]) == 0
    name = json.loads(capsys.readouterr().out)["name"]
    result(capsys, "grid", "--data", name, *SET)

    code, out, _ = command(capsys, "data", "list", "--json")
    assert (code, [one["name"] for one in json.loads(out)]) == (0, [name])
    result(capsys, "grid", "--data", name, *SET)


# --- strategies of one's own -----------------------------------------------------------------


def test_a_file_of_ones_own_runs_plain_and_compiled(capsys: Said, tmp_path: Path) -> None:
    data = generate(tmp_path, "bars.parquet", "--emits", "bars")
    given = ("--data", data, "--set", "budget=1000", "fast=5", "slow=12")
    plain = result(capsys, f"{ROOT / 'examples'}/ma_cross.py:MovingAverageCross", *given)
    compiled = result(capsys, f"{ROOT / 'examples'}/ma_cross_compiled.py:STRATEGY", *given)

    assert (plain["engine"], compiled["engine"]) == ("kernel", "fused")
    assert plain["fills"] == compiled["fills"] > 10
    assert plain["waterfall"] == compiled["waterfall"]


# --- processes -------------------------------------------------------------------------------


def test_help_loads_nothing_heavy(home: Path) -> None:
    script = (
        "import sys\n"
        "from steelyard.cli.main import run\n"
        "code = run(sys.argv[1:])\n"
        "heavy = {'numba', 'numpy', 'polars', 'ccxt', 'rich.progress'} & set(sys.modules)\n"
        "sys.exit(code or (3 if heavy - {'rich.progress'} else 0))\n"
    )
    for words in (["--help"], ["backtest", "--help"], ["data", "--help"], ["--version"]):
        done = python("-c", script, *words, home=home)
        assert done.returncode == 0, (words, done.stderr)
        assert done.stdout


def test_the_command_itself_runs_and_the_second_process_compiles_nothing(
    trades: str, home: Path, tmp_path: Path
) -> None:
    words = ["-m", "steelyard.cli.main", "backtest", "grid", "--data", trades, *SET, "--json"]
    first, second = python(*words, home=home), python(*words, home=home)

    assert (first.returncode, second.returncode) == (0, 0), first.stderr + second.stderr
    assert second.stderr == ""
    one, other = json.loads(first.stdout), json.loads(second.stdout)
    assert figures(one) == figures(other)
    assert one["parameters"]["price_interval"]["given"]
    assert GRID[0].partition("=")[2] == one["parameters"]["price_interval"]["value"]
