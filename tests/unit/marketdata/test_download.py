"""Downloading, against a local server that answers like Binance."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from steelyard.model import kinds as k
from steelyard.model.errors import ConfigurationError
from steelyard.services.marketdata.download.downloading import Progress, download
from steelyard.services.marketdata.download.pages import Patience, Wanted, What
from steelyard.store.catalog.catalog import Catalog
from steelyard.store.catalog.reading import CatalogHistory
from tests.unit.marketdata.exchange_server import (
    FIRST_ID,
    FIRST_MS,
    MINUTE_MS,
    TRADE_MS,
    Exchange,
    candle,
    serving,
)

pytest.importorskip("ccxt")
NS = 10**6
PATIENCE = Patience(tries=3, pause_s=1.0)
BARS = Wanted(
    venue="binance", instrument="BTC/USDT", what=What.BARS,
    start_ns=FIRST_MS * NS, end_ns=(FIRST_MS + 250 * MINUTE_MS) * NS,
)  # fmt: skip
TRADES = Wanted(
    venue="binance", instrument="BTC/USDT", what=What.TRADES,
    start_ns=FIRST_MS * NS, end_ns=(FIRST_MS + 250 * TRADE_MS) * NS,
)  # fmt: skip


@dataclass
class StoppedClock:
    """A clock that stands far in the future and notes how long it was asked to sleep."""

    slept_s: list[float] = field(default_factory=list)

    def now_ns(self) -> int:
        return (FIRST_MS + 10_000 * MINUTE_MS) * NS

    def elapsed_s(self) -> float:
        return 0.0

    def sleep_s(self, seconds: float) -> None:
        self.slept_s.append(seconds)


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    with serving() as running:
        yield running


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog(tmp_path / "catalog")


def test_bars_arrive_page_by_page_without_a_repeat(exchange: Exchange, catalog: Catalog) -> None:
    seen: list[Progress] = []
    done = download(
        BARS, catalog, StoppedClock(), base_url=exchange.url, page_rows=100, progress=seen.append
    )

    assert done.dataset is not None
    assert (done.dataset.rows, done.dataset.gaps, done.pages) == (250, (), 3)
    assert [one.rows for one in seen] == [100, 200, 250]
    assert len(exchange.served_rows) == len(set(exchange.served_rows)) == 300
    (path,) = [path for path, _ in catalog.entries()]
    (chunk,) = CatalogHistory(path).chunks()
    assert chunk.ts_ns[0] == (FIRST_MS + MINUTE_MS) * NS  # a bar stands at its close
    assert chunk.a[7] == round(float(str(candle(FIRST_MS + 7 * MINUTE_MS)[1])) * 100)
    assert not list(catalog.root.rglob("*.part"))


def test_an_interrupted_download_goes_on_and_fetches_nothing_twice(
    exchange: Exchange, catalog: Catalog
) -> None:
    exchange.fail_after, exchange.fail_times = 2, 99
    clock = StoppedClock()
    with pytest.raises(ConfigurationError, match="binance did not answer 3 times"):
        download(BARS, catalog, clock, base_url=exchange.url, page_rows=50, patience=PATIENCE)
    assert clock.slept_s == [1.0, 2.0]
    assert len(list(catalog.root.rglob("*.part"))) == 1
    assert list(catalog.entries()) == []

    exchange.fail_after = None
    done = download(BARS, catalog, clock, base_url=exchange.url, page_rows=50)

    assert (done.rows_resumed, done.rows_fetched) == (100, 150)
    assert done.dataset is not None
    assert done.dataset.rows == 250
    assert len(exchange.served_rows) == len(set(exchange.served_rows))
    assert not list(catalog.root.rglob("*.part"))


def test_a_page_that_was_cut_off_on_disk_is_fetched_again(
    exchange: Exchange, catalog: Catalog
) -> None:
    exchange.fail_after, exchange.fail_times = 2, 99
    with pytest.raises(ConfigurationError):
        download(
            BARS, catalog, StoppedClock(), base_url=exchange.url, page_rows=50, patience=PATIENCE
        )
    (part,) = catalog.root.rglob("*.part")
    part.write_bytes(part.read_bytes()[:-20])

    exchange.fail_after = None
    done = download(BARS, catalog, StoppedClock(), base_url=exchange.url, page_rows=50)

    assert (done.rows_resumed, done.rows_fetched) == (50, 200)


def test_a_busy_venue_is_asked_again_after_growing_pauses(
    exchange: Exchange, catalog: Catalog
) -> None:
    exchange.fail_after, exchange.fail_times = 1, 2
    clock = StoppedClock()
    done = download(BARS, catalog, clock, base_url=exchange.url, page_rows=100, patience=PATIENCE)

    assert clock.slept_s == [1.0, 2.0]
    assert done.rows_fetched == 250


def test_what_the_catalog_has_is_not_fetched_again(exchange: Exchange, catalog: Catalog) -> None:
    download(BARS, catalog, StoppedClock(), base_url=exchange.url, page_rows=100)
    before = exchange.count("klines")
    again = download(BARS, catalog, StoppedClock(), base_url=exchange.url, page_rows=100)

    assert exchange.count("klines") == before
    assert (again.rows_fetched, again.dataset.rows if again.dataset else 0) == (0, 250)

    longer = replace(BARS, end_ns=BARS.end_ns + 10 * MINUTE_MS * NS)
    more = download(longer, catalog, StoppedClock(), base_url=exchange.url, page_rows=100)

    assert more.rows_fetched == 10
    assert more.dataset is not None
    assert (more.dataset.rows, more.dataset.duplicates) == (260, 0)


def test_trades_are_followed_by_their_ids(exchange: Exchange, catalog: Catalog) -> None:
    done = download(TRADES, catalog, StoppedClock(), base_url=exchange.url, page_rows=100)

    assert done.dataset is not None
    assert (done.dataset.rows, done.dataset.gaps) == (250, ())
    asked = [query for path, query in exchange.requests if path.endswith("aggTrades")]
    assert [query.get("fromId") for query in asked] == [
        None, str(FIRST_ID + 100), str(FIRST_ID + 200),
    ]  # fmt: skip
    (path,) = [path for path, _ in catalog.entries()]
    (chunk,) = CatalogHistory(path).chunks()
    assert chunk.kind[2] == k.TRADE_SELL  # id 1002 is a multiple of three: the buyer was the maker
    assert np.all(chunk.b == 1_000)


def test_an_interrupted_download_of_trades_goes_on_at_the_next_id(
    exchange: Exchange, catalog: Catalog
) -> None:
    exchange.fail_after, exchange.fail_times = 1, 99
    with pytest.raises(ConfigurationError):
        download(
            TRADES, catalog, StoppedClock(), base_url=exchange.url, page_rows=100,
            patience=PATIENCE,
        )  # fmt: skip
    exchange.fail_after = None
    done = download(TRADES, catalog, StoppedClock(), base_url=exchange.url, page_rows=100)

    assert (done.rows_resumed, done.rows_fetched) == (100, 150)
    assert len(exchange.served_rows) == len(set(exchange.served_rows))


def test_a_candle_that_is_not_over_does_not_count(exchange: Exchange, catalog: Catalog) -> None:
    class Early(StoppedClock):
        def now_ns(self) -> int:
            return (FIRST_MS + 10 * MINUTE_MS + 30_000) * NS

    done = download(BARS, catalog, Early(), base_url=exchange.url, page_rows=100)

    assert done.dataset is not None
    assert done.dataset.rows == 10


def test_an_unknown_instrument_is_refused(exchange: Exchange, catalog: Catalog) -> None:
    wanted = replace(BARS, instrument="NIX/USDT")
    with pytest.raises(ConfigurationError, match="binance does not list it"):
        download(wanted, catalog, StoppedClock(), base_url=exchange.url)


def test_an_unknown_venue_is_refused(catalog: Catalog) -> None:
    wanted = replace(BARS, venue="nowhere")
    with pytest.raises(ConfigurationError, match="venue was nowhere"):
        download(wanted, catalog, StoppedClock())
