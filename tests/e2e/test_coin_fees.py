"""Robots that buy and sell all on spot, where four venues take their fee in the coin bought."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_four_venues import VENUES, Rig

pytestmark = pytest.mark.timeout(280)
ROUNDS = 3
STRATEGY = f'''
from steelyard.kernel.plain import Fill, Strategy, Tick, View


class RoundTrip(Strategy):
    """Buys at the market and, each time, sells all it holds."""

    rounds = {ROUNDS}
    busy = False

    def on_trade(self, view: View, tick: Tick) -> None:
        if not self.busy and self.rounds:
            self.busy = True
            self.rounds -= 1
            view.buy(view.quantity_for(view.money("500"), tick.last))

    def on_fill(self, view: View, fill: Fill) -> None:
        if not fill.done:
            return
        if fill.side > 0:
            view.sell(view.sellable())
        else:
            self.busy = False
'''


class Spot(Rig):
    """A house with one robot on each venue's spot market."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        (folder / "roundtrip.py").write_text(STRATEGY)
        text = '[house]\ndata_folder = "house"\n[breakers]\ncpu_ratio = "0"\nstall_s = "0"\n'
        text += 'memory_ratio = "0"\nstale_s = "0"\n'
        for venue in VENUES:
            text += f'[[accounts]]\nname = "{venue}"\nvenue = "{venue}"\nenvironment = "own"\n'
            text += 'instruments = ["BTC/USDT"]\n'
            text += f'[[robots]]\nname = "r-{venue}"\naccount = "{venue}"\n'
            text += 'instrument = "BTC/USDT"\ncapital = "3000"\n'
            text += f'strategy = "{folder / "roundtrip.py"}:RoundTrip"\n'
        (folder / "robots.toml").write_text(text)

    def fills(self) -> list[dict[str, Any]]:
        """Return the fills and adjustments of every book."""
        done = subprocess.run(
            [sys.executable, "-m", "steelyard", "fills", "-c", "robots.toml", "--json"],
            cwd=self.folder, capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        found: list[dict[str, Any]] = json.loads(done.stdout or "{}").get("fills", [])
        return found

    def sold(self) -> bool:
        """Say whether every robot has sold as often as it should."""
        orders = {
            (one["book"], one["order"]) for one in self.fills() if one["side"] == "sell"
        }  # fmt: skip
        return len(orders) >= ROUNDS * len(VENUES)


def test_all_that_was_bought_is_sold_and_nothing_is_adjusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F52: the venue takes coins for its fee; the books say the same, to the last unit."""
    monkeypatch.setenv("STEELYARD_DATA_DIR", str(tmp_path / "data"))
    with Spot(tmp_path) as rig:
        for venue in VENUES:
            rig.say("account", "add", venue, "--exchange", "exchange.json")
        rig.start()
        rig.until("trading", rig.trading)
        rig.until("all sales", rig.sold)

        assert rig.ask("drift")["drift"] == {venue: [] for venue in VENUES}
        fills = rig.fills()
        refused = [one for one in rig.log().splitlines() if "refused" in one]
        assert rig.end(15) == 0, rig.log()
        checks = rig.ask("verify")["checks"]

    assert {one["ok"] for one in checks} == {True}, checks
    adjusted = [one for one in fills if one["reason"]]
    # What the account held before its book began, and nothing since.
    assert {one["robot"] for one in adjusted} == {"(account)"}
    assert len(adjusted) == len(VENUES), adjusted
    ours = [one for one in fills if not one["reason"]]
    assert len(ours) == 2 * ROUNDS * len(VENUES)
    bought = [one for one in ours if one["side"] == "buy"]
    assert all(float(one["coin_fee"]) > 0 and float(one["fee"]) == 0 for one in bought)
    assert all(float(one["coin_fee"]) == 0 for one in ours if one["side"] == "sell")
    assert not refused
