"""A robot trades through ccxt on the local exchange, from the account to the last receipt."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from steelyard.app.exchange import offered
from tests.e2e.houses import steelyard, until

pytestmark = [
    pytest.mark.timeout(150),
    pytest.mark.skipif(not offered(), reason="this build speaks no dialect"),
]
ROBOTS = """
[house]
data_folder = "data"
[[accounts]]
name = "main"
venue = "ccxt:{dialect}"
environment = "exchange"
instruments = ["BTC/USDT"]
[[robots]]
name = "grid"
account = "main"
instrument = "BTC/USDT"
capital = 5000
[robots.parameters]
price_interval = 130
order_quantity = 50
buy_window_size = 4
"""


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[str]:
    """A running exchange; its line lies in there.json."""
    dialect = "bitget" if "bitget" in offered() else offered()[0]
    program = subprocess.Popen(
        [sys.executable, "-m", "steelyard", "exchange", "--dialects", dialect, "--json",
         "--port", "0", "--accounts", "2"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert program.stdout is not None
    (tmp_path / "there.json").write_text(program.stdout.readline())
    yield dialect
    program.terminate()
    program.wait(30)
    program.stdout.close()


def told(folder: Path, *words: str) -> dict[str, Any]:
    done = steelyard(*words, "--json", folder=folder)
    found: dict[str, Any] = json.loads(done.stdout or "{}")
    return found


def test_a_grid_trades_through_ccxt_and_comes_to_rest(exchange: str, tmp_path: Path) -> None:
    (tmp_path / "robots.toml").write_text(ROBOTS.format(dialect=exchange))
    added = steelyard("account", "add", "main", "--exchange", "there.json", folder=tmp_path)
    assert added.returncode == 0, added.stderr
    said = tmp_path / "run.err"
    with said.open("w") as err:
        house = subprocess.Popen(
            [sys.executable, "-m", "steelyard", "run"], cwd=tmp_path, stderr=err
        )
    try:
        until(lambda: len(told(tmp_path, "orders").get("orders", ())) >= 3, "orders")
        (row, *_) = told(tmp_path, "orders")["orders"]
        assert row["instrument"] == "BTC/USDT"
    finally:
        house.terminate()
        code = house.wait(60)

    assert code == 0, said.read_text()
    assert "stops do not rest at the venue" in said.read_text()
    assert "the venue confirms it" in said.read_text()
    assert told(tmp_path, "orders")["orders"] == []
    assert len(told(tmp_path, "receipts")["receipts"]) == 1
    secret = json.loads((tmp_path / "there.json").read_text())[exchange]["secret"]
    written = [one for one in tmp_path.rglob("*") if one.is_file() and one.name != "there.json"]
    assert not [one for one in written if secret.encode() in one.read_bytes()]
