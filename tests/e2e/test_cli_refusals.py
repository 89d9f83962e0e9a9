"""What `steelyard backtest` refuses: the exit code, and one sentence that says what is allowed."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from steelyard.cli.main import run
from tests.e2e.market import SET, command, generate, refused, result
from tests.recorded.market_files import market_file

Said = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    monkeypatch.setenv("STEELYARD_DATA_DIR", str(folder))
    monkeypatch.setenv("COLUMNS", "160")
    return folder


@pytest.fixture
def trades(tmp_path: Path, capsys: Said) -> str:
    return generate(tmp_path)


WRONG: dict[str, tuple[Sequence[str], str]] = {
    "unknown option": (["--qeue", "touch"], "--qeue"),
    "option without value": (["--queue"], "queue"),
    "set without a value": (["--set", "price_interval"], "'price_interval', allowed is NAME=VALUE"),
    "set without a name": (["--set", "=5"], "'=5', allowed is NAME=VALUE"),
    "unknown parameter": (["--set", "price_intervall=5"], "did you mean price_interval?"),
    "parameter that is no number": (["--set", "price_interval=ten"], "price_interval was 'ten'"),
    "parameter without text": (["--set", "price_interval="], "price_interval was ''"),
    "parameter with an exponent": (["--set", "price_interval=1e2"], "price_interval was '1e2'"),
    "parameter off the tick": (["--set", "price_interval=150.001"], "price_interval"),
    "parameter below what is allowed": (["--set", "buy_window_size=0"], "at least 1"),
    "choice that does not exist": (["--set", "mode=sideways"], "one of long, short, neutral"),
    "mode that spot has not": (["--set", "mode=short"], "need a perpetual"),
    "budget under the smallest order": (["--set", "order_quantity=3"], "min_order_value"),
    "account that cannot pay": (["--equity", "5"], "lower order_quantity"),
    "date that does not exist": (["--from", "2024-02-30"], "'2024-02-30', allowed are ISO dates"),
    "date in words": (["--to", "tomorrow"], "--to was 'tomorrow'"),
    "end before the start": (["--from", "2024-01-02", "--to", "2024-01-01"], "before --to"),
    "time without rows": (["--from", "2030-01-01"], "holds no rows from 2030-01-01"),
    "equity that is no number": (["--equity", "much"], "equity was 'much'"),
    "equity of nothing": (["--equity", "0"], "equity was 0, allowed is above 0"),
    "equity below nothing": (["--equity", "-5"], "allowed is above 0"),
    "equity beyond 64 bits": (["--equity", "999999999999999"], "does not fit 64 bits"),
    "interval beyond 64 bits": (["--set", "price_interval=99999999999999999999"], "64 bits"),
    "leverage on spot": (["--leverage", "3"], "allowed for the spot instrument BTC/USDT is 1"),
    "leverage in words": (["--leverage", "high"], "leverage"),
    "leverage out of range": (["--leverage", "0"], "leverage was 0, allowed is 1 to 125"),
    "unknown engine": (["--engine", "warp"], "engine was 'warp', allowed are fused, kernel"),
    "unknown queue": (["--queue", "front"], "queue was 'front', allowed are through, touch"),
    "unknown liquidity": (["--liquidity", "deep"], "allowed are traded, unlimited"),
    "unknown path": (["--path", "up"], "allowed are pessimistic"),
    "bad latency": (["--latency", "50"], "fixed:TIME"),
    "bad slippage": (["--slippage", "5%"], "rate:RATIO"),
    "bad fees": (["--fees", "0.001"], "MAKER,TAKER"),
    "bad participation": (["--participation", "2"], "participation was '2'"),
    "unknown instrument": (["--instrument", "???"], "???"),
    "another instrument than the file's": (["--instrument", "ETH/USDT"], "holds BTC/USDT"),
    "missing rates of funding": (["--funding", "nowhere.feather"], "nowhere.feather"),
    "missing report folder": (["--report", "nowhere/out.html"], "'nowhere' was not found"),
    "missing configuration": (["--config", "nowhere.toml"], "'nowhere.toml' was not found"),
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_a_bad_request_is_refused_in_one_sentence(
    wrong: str, trades: str, home: Path, capsys: Said
) -> None:
    arguments, said = WRONG[wrong]
    sentence = refused(capsys, "backtest", "grid", "--data", trades, *SET, *arguments)

    assert said in sentence
    assert not (home / "runs").exists()


def test_missing_words_are_asked_for(trades: str, capsys: Said) -> None:
    assert "no strategy was given" in refused(capsys, "backtest", "--data", trades)
    assert "no data was given" in refused(capsys, "backtest", "grid", *SET)
    sentence = refused(capsys, "backtest", "grid", "--data", trades)
    assert "grid needs price_interval" in sentence
    assert "--set price_interval=VALUE" in sentence


def test_commands_that_do_not_exist_are_refused(capsys: Said) -> None:
    assert "bactest" in refused(capsys, "bactest")
    assert "no run begins with 'nothing'" in refused(capsys, "backtest", "show", "nothing")
    assert "run_id" in refused(capsys, "backtest", "show").lower().replace("-", "_")
    assert "strategy was 'gird'" in refused(capsys, "backtest", "--parameters", "gird")


# --- configuration files ---------------------------------------------------------------------

TOML = {
    "not TOML": ("strategy grid", "is no valid TOML"),
    "unknown key": ('stategy = "grid"', "has the key 'stategy', allowed are data"),
    "table where a value belongs": ("[data]\nfile = 1", "data was {'file': 1}"),
    "value where a table belongs": ('set = "a=1"', "set was 'a=1'"),
    "leverage in words": ('leverage = "high"', "leverage was 'high', allowed is a whole number"),
    "broken leverage": ("leverage = 2.5", "leverage was 2.5"),
    "leverage as a switch": ("leverage = true", "leverage was True"),
    "unknown parameter": ('strategy = "grid"\n[set]\nspeed = 5', "grid has no parameter 'speed'"),
}


@pytest.mark.parametrize("wrong", TOML)
def test_a_bad_configuration_file_is_refused(
    wrong: str, trades: str, tmp_path: Path, capsys: Said
) -> None:
    text, said = TOML[wrong]
    config = tmp_path / "run.toml"
    config.write_text(text)

    assert said in refused(capsys, "backtest", "--config", str(config), "--data", trades)


# --- data ------------------------------------------------------------------------------------


def test_data_that_is_not_there_is_refused(tmp_path: Path, capsys: Said) -> None:
    missing = tmp_path / "nothing.parquet"

    assert "there is no such file" in refused(
        capsys, "backtest", "grid", "--data", str(missing), *SET
    )


def test_an_empty_folder_and_an_unreadable_file_are_refused(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "empty").mkdir()
    broken = tmp_path / "BTCUSDT-1m.parquet"
    broken.write_bytes(b"PAR1 and then nothing")
    words = tmp_path / "BTCUSDT-1m.csv"
    words.write_text("this,is\nno,market\n")

    for path in (tmp_path / "empty", broken, words):
        assert refused(capsys, "backtest", "grid", "--data", str(path), *SET)


def test_a_file_whose_name_names_no_instrument_asks_for_one(tmp_path: Path, capsys: Said) -> None:
    path = tmp_path / "prices.csv"
    with path.open("w") as file:
        writer = csv.writer(file)
        writer.writerow(["timestamp", "open", "high", "low", "close", "volume"])
        writer.writerows([1_709_251_200_000 + i * 60_000, 100, 101, 99, 100, 5] for i in range(9))

    sentence = refused(capsys, "backtest", "grid", "--data", str(path), *SET)
    assert "instrument" in sentence


def test_funding_that_is_no_funding_is_refused(capsys: Said) -> None:
    bars = str(market_file("klines/binance_usdm/BTCUSDT-1m-20230718_20230817.feather"))

    assert "holds no funding rates" in refused(
        capsys, "backtest", "grid", "--data", bars, "--funding", bars, *SET
    )


def test_rates_alone_are_no_market(capsys: Said) -> None:
    rates = str(market_file("funding/binance_usdm/BTCUSDT-8h-funding_rate-2023.feather"))

    assert "holds no prices" in refused(capsys, "backtest", "grid", "--data", rates, *SET)


# --- strategies of one's own -----------------------------------------------------------------

HEAD = (
    "from steelyard.kernel.plain import Strategy, View\n"
    "from steelyard.model.parameters import parameter\n"
)
UNCOMPILABLE = """
from dataclasses import replace
from steelyard.jit.parts import part
from steelyard.model.parameters import read_parameters
from steelyard.strategies.registry import STRATEGIES

GRID = STRATEGIES["grid"]
GIVEN = {"price_interval": "150", "order_quantity": "100"}

@part
def want(*doors):
    return doors.nothing

def prepare(values, situation):
    return GRID.prepare(read_parameters(GRID.parameters, GIVEN, owner="mine"), situation)

Mine = replace(GRID, name="mine", want=want, parameters=(), prepare=prepare)
"""
OWN = {
    "syntax error": ("class Mine(Strategy)\n    pass\n", "does not load", 2),
    "missing import": ("import no_such_module_of_ours\n", "does not load", 2),
    "unknown name": (HEAD + "class Mine(Stratgy): pass\n", "does not load", 2),
    "error while loading": (HEAD + "half = 1 / 0\n", "does not load", 2),
    "wrong annotation": (
        HEAD + "class Mine(Strategy):\n    size: float = parameter(1, unit='', doc='')\n",
        "Mine.size was annotated", 2,
    ),
    "no such class": (
        HEAD + "class Other(Strategy): pass\n", "has no strategy 'Mine', it offers Other", 2,
    ),
    "not a strategy": ("class Mine: pass\n", "has no strategy 'Mine', it offers none", 2),
    "raises at the start": (
        HEAD + "class Mine(Strategy):\n    def on_start(self, view):\n        view.nothing\n",
        "Mine raised AttributeError", 3,
    ),
    "raises later": (
        HEAD + "class Mine(Strategy):\n    def on_trade(self, view, tick):\n"
        "        raise ValueError('too late')\n",
        "Mine raised ValueError: too late (event ", 3,
    ),
    "orders nonsense": (
        HEAD + "class Mine(Strategy):\n    def on_start(self, view):\n        view.buy('much')\n",
        "Mine raised ", 3,
    ),
    "made wrongly": (
        HEAD + "class Mine(Strategy):\n    def __init__(self, one, two): pass\n",
        "Mine raised TypeError", 3,
    ),
    "compiles to nothing": (
        UNCOMPILABLE,
        "mine does not compile: ", 3,
    ),
}  # fmt: skip


@pytest.mark.parametrize("which", OWN)
def test_a_strategy_that_fails_is_told_in_one_sentence(
    which: str, trades: str, tmp_path: Path, capsys: Said
) -> None:
    text, said, code = OWN[which]
    path = tmp_path / "mine.py"
    path.write_text(text)

    sentence = refused(capsys, "backtest", f"{path}:Mine", "--data", trades, code=code)
    assert said in sentence


def test_a_strategy_nobody_knows_is_refused(trades: str, tmp_path: Path, capsys: Said) -> None:
    for text, said in (
        ("gird", "strategy was 'gird', allowed are grid or a file of your own"),
        ("mine.py", "or a file of your own as path/to/my.py:MyStrategy"),
        (f"{tmp_path}/none.py:Mine", "was not found"),
        (":Mine", "strategy was ':Mine'"),
    ):
        assert said in refused(capsys, "backtest", text, "--data", trades)


def test_a_grid_that_cannot_be_safe_stands_still_and_says_why(trades: str, capsys: Said) -> None:
    # One tick of interval does not pay two fees: known at the first price, not before.
    found = result(capsys, "grid", "--data", trades, *SET, "--set", "price_interval=0.01")

    assert (found["orders"], found["pnl"]) == (0, "0")
    assert found["decision"]["code"] != 0
    assert found["decision"]["en"]
    assert found["decision"]["zh"]


# --- reports and stored runs -----------------------------------------------------------------


def test_a_report_that_cannot_be_written_is_refused(
    trades: str, tmp_path: Path, capsys: Said
) -> None:
    sentence = refused(
        capsys, "backtest", "grid", "--data", trades, *SET, "--report", str(tmp_path)
    )

    assert str(tmp_path) in sentence


def test_a_beginning_that_two_runs_share_names_neither(trades: str, capsys: Said) -> None:
    one = result(capsys, "grid", "--data", trades, *SET)
    result(capsys, "grid", "--data", trades, *SET)

    assert "2 runs begin with '2'" in refused(capsys, "backtest", "show", "2")
    assert json.loads(command(capsys, "backtest", "show", one["id"], "--json")[1]) == one


def test_data_generate_refuses_what_makes_no_market(tmp_path: Path, capsys: Said) -> None:
    out = str(tmp_path / "out.parquet")
    for arguments, said in (
        (["--emits", "noise"], "emits was 'noise', allowed are trades, quotes, both, bars"),
        (["--count", "0"], "count was 0, allowed is above 0"),
        (["--count", "many"], "count"),
        (["--spread-ticks", "0.5"], "spread_ticks was 0.5, allowed is 1 or more"),
        (["--price", "0"], "start_price was 0"),
        (["--tick", "abc"], "tick was 'abc'"),
        (["--interval", "5x"], "5x"),
        (["--from", "someday"], "--from was 'someday'"),
    ):
        assert said in refused(capsys, "data", "generate", *arguments, "--out", out)
    assert not Path(out).exists()
    assert run(["data", "generate", "--count", "10", "--out", out]) == 0
