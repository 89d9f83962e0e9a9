"""Adding to a dataset: what is there already stays, what contradicts it is refused."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.model.errors import ConfigurationError, DataError
from steelyard.model.history import Gap
from steelyard.store.catalog.adding import combine
from steelyard.store.catalog.catalog import Catalog, default_root
from steelyard.store.catalog.columns import MemoryHistory
from steelyard.store.catalog.reading import CatalogHistory
from steelyard.store.catalog.writing import describe
from tests.unit.store_catalog.rows import addition, bars, trades

STEP = 60 * 10**9


def added(catalog: Catalog, *histories: MemoryHistory, interval_ns: int = 0) -> list[int]:
    for place, history in enumerate(histories):
        catalog.add([addition(history, f"file {place}", interval_ns)])
    ((path, _),) = catalog.entries()
    return [int(ts) for chunk in CatalogHistory(path).chunks() for ts in chunk.ts_ns]


def of(catalog: Catalog) -> tuple[int, int]:
    ((_, dataset),) = catalog.entries()
    return dataset.rows, dataset.duplicates


def test_bars_are_sorted_and_repetitions_dropped(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    later, earlier = bars([3 * STEP, 4 * STEP], [3, 4]), bars([STEP, 2 * STEP, 3 * STEP], [1, 2, 3])
    times = added(catalog, later, earlier, interval_ns=STEP)

    assert times == [STEP, 2 * STEP, 3 * STEP, 4 * STEP]
    assert of(catalog) == (4, 1)


def test_a_bar_that_differs_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    added(catalog, bars([STEP, 2 * STEP], [1, 2]), interval_ns=STEP)
    ((path, _),) = catalog.entries()
    before = path.read_bytes()

    with pytest.raises(DataError, match=r"file, row 1, column 'a': the row at .* differs from"):
        catalog.add([addition(bars([2 * STEP], [9]), interval_ns=STEP)])
    assert path.read_bytes() == before


def test_a_gap_is_closed_by_the_candles_that_were_missing(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    missing = Gap(after_ns=STEP, before_ns=3 * STEP, reason="2 candles missing")
    added(catalog, bars([STEP, 4 * STEP], [1, 4], (missing,)), interval_ns=STEP)
    added(catalog, bars([2 * STEP], [2]), interval_ns=STEP)

    ((_, dataset),) = catalog.entries()
    assert dataset.gaps == (Gap(after_ns=2 * STEP, before_ns=3 * STEP, reason="1 candles missing"),)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=30).map(sorted), st.data())
def test_any_two_overlapping_parts_of_a_tape_make_the_tape_again(
    ts: list[int], data: st.DataObject
) -> None:
    # Parts are cut between two moments: all trades of one moment are in the same parts.
    cuts = sorted(set(ts))
    one, two = (data.draw(st.sampled_from(cuts)) for _ in range(2))
    low, high = min(one, two), max(one, two)
    prices = list(range(1, len(ts) + 1))
    left = [place for place, moment in enumerate(ts) if moment <= high]
    right = [place for place, moment in enumerate(ts) if moment >= low]
    parts = [
        trades([ts[place] for place in part], [prices[place] for place in part])
        for part in (left, right)
    ]
    if data.draw(st.booleans()):
        parts.reverse()
    first, second = addition(parts[0], "a"), addition(parts[1], "b")
    whole = combine(describe(first.history, sources=first.sources), first.history, second)

    assert whole.history.table.ts_ns.tolist() == ts
    assert whole.history.table.a.tolist() == prices
    assert whole.duplicates == len(left) + len(right) - len(ts)


def test_trades_that_overlap_and_differ_are_refused(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    added(catalog, trades([1, 2, 3], [1, 2, 3]))

    with pytest.raises(DataError, match="overlap with rows of the catalog, and differ"):
        catalog.add([addition(trades([2, 3, 4], [2, 9, 4]))])
    assert of(catalog) == (3, 0)


def test_one_moment_may_be_cut_in_two_files(tmp_path: Path) -> None:
    times = added(Catalog(tmp_path), trades([1, 2], [1, 2]), trades([2, 3], [3, 4]))

    assert times == [1, 2, 2, 3]


def test_what_lies_between_two_files_is_a_gap_until_it_is_filled(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    hour = 60 * STEP
    added(catalog, trades([0, hour]), trades([5 * hour, 6 * hour]))
    ((_, dataset),) = catalog.entries()
    assert [(gap.after_ns, gap.before_ns) for gap in dataset.gaps] == [(hour, 5 * hour)]

    catalog.add([addition(trades([hour + 1, 5 * hour - 1]), "between")])
    ((_, dataset),) = catalog.entries()
    assert dataset.gaps == ()


def test_finer_data_make_the_units_finer(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    added(catalog, trades([1], [100]), trades([2], [12_345], decimals=4))
    ((path, dataset),) = catalog.entries()
    (chunk,) = CatalogHistory(path).chunks()

    assert dataset.instrument.price_decimals == 4
    assert chunk.a.tolist() == [10_000, 12_345]


def test_everything_is_worked_out_before_anything_is_written(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    added(catalog, bars([STEP], [1]), interval_ns=STEP)
    with pytest.raises(DataError):
        catalog.add(
            [
                addition(trades([1, 2])),
                addition(bars([STEP], [2]), interval_ns=STEP),
            ]
        )

    assert [dataset.label for _, dataset in catalog.entries()] == ["bar-1m"]


def test_datasets_are_found_by_any_part_of_their_name(tmp_path: Path) -> None:
    catalog = Catalog(tmp_path)
    catalog.add([addition(trades([1]), "a"), addition(trades([1], name="ETH/USDT"), "b")])

    assert catalog.history("binance/BTC-USDT/trade").instruments[0].name == "BTC/USDT"
    assert catalog.history("ETHUSDT").instruments[0].name == "ETH/USDT"
    with pytest.raises(ConfigurationError, match="was not clear, allowed is one of binance/BTC"):
        catalog.history("trade")
    with pytest.raises(
        ConfigurationError, match=r"'SOL/USDT' was not found in .*, allowed are bin"
    ):
        catalog.history("SOL/USDT")


def test_an_empty_catalog_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="the catalog is empty: use `data import` first"):
        Catalog(tmp_path / "none").history("BTC/USDT")


def test_the_environment_says_where_the_catalog_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEELYARD_DATA_DIR", str(tmp_path))
    assert default_root() == tmp_path / "catalog"
    monkeypatch.delenv("STEELYARD_DATA_DIR")
    assert default_root().parts[-4:] == (".local", "share", "steelyard", "catalog")
