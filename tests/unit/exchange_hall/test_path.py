"""The price path: one market in the units of every instrument, and what it is read from."""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path as File

import numpy as np
import pytest

from steelyard.app.exchange import open_market, read_script
from steelyard.exchange.hall.floor import HallSettings
from steelyard.exchange.hall.hall import OpenHall
from steelyard.exchange.hall.path import Path, Source
from steelyard.model.errors import ConfigurationError
from steelyard.model.history import Chunk
from steelyard.model.kinds import BUY, QUOTE, SELL, TRADE_BUY, TRADE_SELL
from tests.unit.exchange_hall.plain import (
    ETHER,
    PERP,
    SECOND,
    SPOT,
    START,
    TERMS,
    instruments,
    listed,
    opened,
    wanted,
)

FIRST = {"BTC": Decimal(60_000), "ETH": Decimal(3_000)}


def rows(*found: tuple[float, int, int, str, str]) -> Callable[[], Iterator[Chunk]]:
    """Rows of (seconds, kind, instrument, price or bid, coins or ask)."""
    none = np.zeros(0, np.int64)
    ts, kinds, places, firsts, seconds = zip(*found, strict=True) if found else ((),) * 5
    quoted = np.array([kind == QUOTE for kind in kinds], bool)
    prices = [int(Decimal(text) * 100) for text in seconds]
    coins = [int(Decimal(text) * 10**5) for text in seconds]
    chunk = Chunk(
        ts_ns=np.array([int(at * SECOND) for at in ts], np.int64),
        kind=np.array(kinds, np.int8),
        instrument=np.array(places, np.int16),
        a=np.array([int(Decimal(text) * 100) for text in firsts], np.int64),
        b=np.where(quoted, 10**5, np.array(coins, np.int64)),
        c=np.where(quoted, np.array(prices, np.int64), 0),
        d=np.full(len(found), 10**5, np.int64),
        e=none,
    )
    return lambda: iter((chunk,))


def paths(
    *found: tuple[float, int, int, str, str], loop: bool = False
) -> tuple[Path, list[OpenHall]]:
    contracts = listed("BTC/USDT:USDT", tick="0.5", lot="1", contract="0.01")
    halls = [
        OpenHall(TERMS, instruments(), HallSettings(accounts=1)),
        OpenHall(TERMS, (contracts,), HallSettings(accounts=1)),
    ]
    for hall in halls:
        hall.set_time(START)
    market = (listed("BTC/USDT"), listed("ETH/USDT"))
    path = Path(Source(market, rows(*found), FIRST, loop), halls, speed=1.0)
    path.begin()
    path.turn(0, 100)
    return path, halls


def last(hall: OpenHall, k: int) -> tuple[int, int, int]:
    trade = hall.trades(k)[-1]
    return trade.price, trade.quantity, trade.taker_side


def test_each_instrument_shows_the_path_in_its_own_units() -> None:
    path, (coins, contracts) = paths(
        (0, TRADE_BUY, 0, "60000.33", "0.5"), (1, TRADE_SELL, 0, "59999.2", "0.5")
    )
    assert last(coins, SPOT) == (6_000_033, 50_000, BUY)
    assert last(coins, PERP) == (6_000_030, 50_000, BUY)
    assert last(contracts, 0) == (6_000_050, 50 * 10**5, BUY)
    assert last(coins, ETHER)[0] == 300_000
    assert path.turn(SECOND - 1, 100) == 0
    assert path.turn(SECOND, 100) == 1
    assert last(coins, SPOT) == (5_999_920, 50_000, SELL)
    assert path.prices["BTC"] == Decimal("59999.20")


def test_a_price_set_by_hand_moves_what_follows_and_fills_what_rests() -> None:
    path, (coins, _) = paths((0, TRADE_BUY, 0, "60000", "1"), (1, TRADE_BUY, 0, "60600", "1"))
    coins.place(0, wanted(coins, SPOT, BUY, "1", "54000"))
    path.set_price("BTC", Decimal(54_000))
    assert coins.open_orders(0) == ()
    assert [coins.tapes[k].last for k in (SPOT, PERP)] == [5_400_000, 5_400_000]
    path.turn(SECOND, 100)
    assert coins.tapes[SPOT].last == 5_454_000
    for base, price in (("BTC", "0"), ("XYZ", "1")):
        with pytest.raises(ConfigurationError):
            path.set_price(base, Decimal(price))


def test_a_paused_market_goes_on_where_it_was() -> None:
    path, _ = paths((0, TRADE_BUY, 0, "60000", "1"), (2, TRADE_BUY, 0, "60100", "1"))
    path.pause(SECOND, paused=True)
    assert path.turn(50 * SECOND, 100) == 0
    path.pause(51 * SECOND, paused=False)
    assert path.turn(52 * SECOND - 1, 100) == 0
    assert path.turn(52 * SECOND, 100) == 1


def test_quotes_are_printed_where_their_middle_moves() -> None:
    path, (coins, _) = paths(
        (0, QUOTE, 0, "59990", "60010"), (1, QUOTE, 0, "59990", "60010"),
        (2, QUOTE, 0, "59980", "60000"),
    )  # fmt: skip
    before = coins.tapes[SPOT].number
    path.turn(SECOND, 100)
    assert coins.tapes[SPOT].number == before
    path.turn(2 * SECOND, 100)
    assert last(coins, SPOT)[::2] == (5_999_000, SELL)


def test_a_market_without_a_price_of_something_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="no price of BTC"):
        Path(Source((), rows(), {"ETH": Decimal(1)}), [opened()], speed=1.0)


def test_the_generated_market_is_the_same_for_the_same_seed() -> None:
    def begun(seed: int) -> list[int]:
        source = open_market("generated", ("BTC", "ETH"), seed)
        return [int(price) for price in next(iter(source.chunks())).a[:50]]

    assert begun(1) == begun(1)
    assert begun(1) != begun(2)


def test_a_file_is_played_where_it_holds_prices_of_what_is_listed(tmp_path: File) -> None:
    file = tmp_path / "BTCUSDT-1m-20260101.csv"
    minute = 1_767_225_600_000
    lines = [
        f"{minute + 60_000 * i},{60_000 + i},{60_010 + i},{59_990 + i},{60_005 + i},12.5,"
        f"{minute + 60_000 * i + 59_999},750000,100,6,360000,0"
        for i in range(3)
    ]
    file.write_text("\n".join(lines) + "\n")
    source = open_market(str(file), ("BTC", "ETH"), 1)
    assert source.first == {"BTC": 60_000, "ETH": 3_000}
    hall = opened()
    path = Path(source, [hall], speed=60.0)
    path.begin()
    path.turn(0, 100)
    path.turn(SECOND, 100)
    prices = [trade.price // 100 for trade in hall.trades(SPOT)][-8:]
    assert prices == [60_000, 59_990, 60_010, 60_005, 60_001, 59_991, 60_011, 60_006]
    with pytest.raises(ConfigurationError, match="nothing that can be played"):
        open_market(str(file), ("DOGE",), 1)


def test_a_script_of_prices(tmp_path: File) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(
        "[[price]]\nat_s = 0\nprices = { BTC = 50000, ETH = '2500.5' }\n"
        "[[price]]\nat_s = 2.5\nprices = { BTC = '49000' }\n"
    )
    source = open_market(str(file), ("BTC", "ETH", "SOL"), 1)
    assert source.first == {"BTC": 50_000, "ETH": Decimal("2500.5"), "SOL": 150}
    (chunk,) = source.chunks()
    assert chunk.ts_ns.tolist() == [0, 0, 2_500_000_000]
    assert chunk.kind.tolist() == [TRADE_BUY, TRADE_BUY, TRADE_SELL]
    assert not source.loop


@pytest.mark.parametrize(
    "text",
    ["", "price = 1", "[[price]]\nat_s = 0\nprices = { BTC = 'x' }", "[[price]]\ncolour = 1", "["],
)
def test_a_script_nobody_understands_is_refused_with_its_name(tmp_path: File, text: str) -> None:
    file = tmp_path / "prices.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=r"prices\.toml"):
        open_market(str(file), ("BTC",), 1)


def test_a_fault_script_is_toml_or_json(tmp_path: File) -> None:
    toml, other = tmp_path / "f.toml", tmp_path / "f.json"
    toml.write_text(
        "[[fault]]\nfault = 'html'\nevery = 3\n"
        "[[action]]\nat_s = 2\ndo = 'price'\nbase = 'BTC'\nprice = '1'\n"
    )
    other.write_text(
        json.dumps(
            {
                "fault": [{"fault": "html", "every": 3}],
                "action": [{"at_s": 2, "do": "price", "base": "BTC", "price": "1"}],
            }
        )
    )
    assert read_script(toml) == read_script(other)
    (rule,), (planned,) = read_script(toml)
    assert (rule.every, planned.at_s, planned.values) == (3, 2.0, {"base": "BTC", "price": "1"})
    toml.write_text("[[action]]\ndo = 'price'\n")
    with pytest.raises(ConfigurationError, match="needs at_s and do"):
        read_script(toml)
