"""Generated markets: deterministic, sane, and as wild as they were asked to be."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steelyard.model import kinds as k
from steelyard.model.errors import ConfigurationError
from steelyard.model.history import Chunk
from steelyard.services.marketdata.generation.market import GeneratedHistory, generate
from steelyard.services.marketdata.generation.saving import save
from steelyard.services.marketdata.generation.settings import Emits, MarketSettings
from steelyard.services.marketdata.opening import open_history
from steelyard.store.catalog.catalog import Catalog
from steelyard.wire.randomness import generator

TRADES = MarketSettings(count=300_000)
KNOWN_MS = [0, 127, 128, 166, 168]
KNOWN_PRICES = [6000069, 6000228, 6000292, 6000040, 6000216]


def made(settings: MarketSettings, seed: int = 7) -> Chunk:
    return generate(settings, generator(seed)).in_memory().table


@pytest.mark.parametrize("emits", list(Emits))
def test_the_same_seed_gives_the_same_rows(emits: Emits) -> None:
    settings = replace(TRADES, emits=emits, count=20_000)
    one, two, other = made(settings), made(settings), made(settings, seed=8)

    for name in ("ts_ns", "kind", "a", "b", "c", "d", "e"):
        assert np.array_equal(getattr(one, name), getattr(two, name))
    assert not np.array_equal(one.a, other.a)


def test_a_history_can_be_read_twice_and_leaves_the_generator_alone() -> None:
    rng = generator(3)
    before = rng.bit_generator.state
    history = generate(replace(TRADES, count=1000), rng)
    first = np.concatenate([chunk.a for chunk in history.chunks()])
    second = np.concatenate([chunk.a for chunk in history.chunks()])

    assert np.array_equal(first, second)
    assert rng.bit_generator.state == before


def test_known_rows_of_a_seed_stay_what_they_are() -> None:
    table = made(replace(TRADES, count=5), seed=1)

    assert table.ts_ns.tolist() == [1704067200000000000 + ms * 10**6 for ms in KNOWN_MS]
    assert table.a.tolist() == KNOWN_PRICES


@pytest.mark.parametrize("emits", list(Emits))
def test_rows_are_in_order_and_on_the_tick(emits: Emits) -> None:
    settings = replace(TRADES, emits=emits, tick=Decimal("0.5"))
    history = generate(settings, generator(5))
    table = history.in_memory().table
    (instrument,) = history.instruments

    assert len(table) == history.rows
    assert np.all(np.diff(table.ts_ns) >= 0)
    assert set(np.unique(table.kind).tolist()) == set(history.kinds)
    assert (history.start_ns, history.end_ns) == (table.ts_ns[0], table.ts_ns[-1])
    assert instrument.venue == "sim"
    assert np.all(table.a % instrument.tick == 0)
    assert np.all(table.a > 0)
    assert np.all(table.b > 0)


def test_buyers_pay_the_ask_and_sellers_get_the_bid() -> None:
    table = made(replace(TRADES, emits=Emits.BOTH))
    quotes, trades = table.kind[0::2], table.kind[1::2]
    bid, ask, price = table.a[0::2], table.c[0::2], table.a[1::2]

    assert np.all(quotes == k.QUOTE)
    assert np.all(bid < ask)
    assert np.array_equal(price, np.where(trades == k.TRADE_BUY, ask, bid))


def test_bars_hold_together() -> None:
    bars = made(replace(TRADES, emits=Emits.BARS, count=50_000))

    assert np.all(bars.b >= np.maximum(bars.a, bars.d))
    assert np.all(bars.c <= np.minimum(bars.a, bars.d))
    assert np.array_equal(bars.a[1:], bars.d[:-1])
    assert np.all(np.diff(bars.ts_ns) == 60 * 10**9)


def test_a_day_moves_as_much_as_was_asked() -> None:
    bars = made(replace(TRADES, emits=Emits.BARS, count=525_600, jumps_day=0.0))
    days = np.diff(np.log(bars.d[::1440]))

    assert 0.02 < days.std() < 0.045


def test_trades_come_as_often_as_was_asked_and_sides_persist() -> None:
    table = made(TRADES)
    seconds = (table.ts_ns[-1] - table.ts_ns[0]) / 1e9
    side = np.where(table.kind == k.TRADE_BUY, 1.0, -1.0)

    assert 8 < len(table) / seconds < 14
    assert 0.55 < np.corrcoef(side[1:], side[:-1])[0, 1] < 0.65


def test_a_grid_has_work_on_a_small_share_of_the_ticks() -> None:
    prices = made(TRADES).a
    interval = 10 * np.diff(prices).std()
    crossed = np.diff(np.floor(prices / interval)) != 0

    assert 1 / 30 < crossed.mean() < 1 / 8


@pytest.mark.parametrize(
    "field,value,sentence",
    [
        ("count", 0, "count was 0, allowed is above 0"),
        ("start_price", Decimal(-1), "start_price was -1, allowed is above 0"),
        ("persistence", 1.0, "persistence was 1.0, allowed is 0 to below 1"),
        ("spread_ticks", 0.5, "spread_ticks was 0.5, allowed is 1 or more"),
        ("tick", Decimal(0), "tick was 0, allowed is above 0"),
    ],
)
def test_what_makes_no_market_is_refused(field: str, value: Any, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        replace(TRADES, **{field: value})


def test_a_saved_market_opens_as_it_was_made(tmp_path: Path) -> None:
    settings = replace(TRADES, count=1000)
    out = tmp_path / "market.parquet"
    dataset, path = save(settings, 7, generator(7), out=out, catalog=Catalog(tmp_path / "none"))
    (chunk,) = open_history(path).chunks()

    assert (path, dataset.rows, dataset.name) == (out, 1000, "sim/BTC-USDT/trade")
    assert np.array_equal(chunk.a, made(settings).a)
    assert not (tmp_path / "none").exists()


def test_in_the_catalog_a_made_up_market_replaces_the_one_before(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    for seed in (1, 2):
        save(replace(TRADES, count=1000), seed, generator(seed), out=None, catalog=catalog)

    ((_, dataset),) = catalog.entries()
    assert dataset.rows == 1000
    assert dataset.sources[0].name.startswith("generated, seed 2: instrument=BTC/USDT")


def test_another_file_type_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"allowed is a name that ends in \.parquet"):
        save(TRADES, 1, generator(1), out=tmp_path / "x.csv", catalog=Catalog(tmp_path))


def test_a_perpetual_trades_contracts() -> None:
    settings = replace(TRADES, instrument="BTC/USDT:USDT", venue="okx", count=100)
    history = GeneratedHistory(settings, generator(1))

    assert str(history.instruments[0].multiplier) == "0.01"
    assert np.all(history.in_memory().table.b >= 1)
