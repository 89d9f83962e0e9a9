"""`steelyard data generate` and `download`: data made from a seed, or fetched from a venue."""

import json
import sys
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from cyclopts import Parameter

from steelyard.model.errors import ConfigurationError

Json = Annotated[bool, Parameter(name="--json", negative="")]
Start = Annotated[str | None, Parameter(name="--from")]
End = Annotated[str | None, Parameter(name="--to")]


def generate(
    *,
    emits: str = "trades",
    count: int = 100_000,
    seed: int = 1,
    instrument: str = "BTC/USDT",
    venue: str = "binance",
    price: str = "60000",
    tick: str | None = None,
    interval: str = "1m",
    start: Start = "2024-01-01",
    volatility_day: float = 0.03,
    trend_day: float = 0.05,
    trades_per_s: float = 10.0,
    spread_ticks: float = 2.0,
    jumps_day: float = 4.0,
    regime_hours: float = 3.0,
    out: Path | None = None,
    catalog: Path | None = None,
    json_: Json = False,
) -> None:
    """Make a market from a seed: regimes, jumps, a spread, order flow.

    The same seed and parameters give the same rows on every machine.

    Parameters
    ----------
    emits
        trades, quotes, both, or bars.
    count
        How many trades, quotes, pairs of both, or bars.
    seed
        Any whole number.
    instrument
        What it is called; filters and fees are those of this instrument at the venue.
    venue
        Whose filters and fees hold.
    price
        The price at the start.
    tick
        The smallest step of a price; the venue's, if not given.
    interval
        The interval of bars.
    start
        The first moment.
    volatility_day
        The standard deviation of a day's return in an ordinary regime.
    trend_day
        The drift of a day in a trend.
    trades_per_s
        How many trades come in a second, on average.
    spread_ticks
        The usual spread, in ticks; 1 or more.
    jumps_day
        How many jumps come in a day, on average.
    regime_hours
        How long a trend, a range or a volatile time lasts, on average.
    out
        Write this file instead of adding to the catalog.
    catalog
        The catalog's folder.
    json_
        Print one JSON object.
    """
    from steelyard.cli.data_shown import print_datasets
    from steelyard.services.marketdata.describing import summary
    from steelyard.services.marketdata.filenames import interval_ns_of
    from steelyard.services.marketdata.generation.saving import save
    from steelyard.services.marketdata.generation.settings import Emits, MarketSettings
    from steelyard.services.marketdata.timestamps import moment_ns
    from steelyard.wire.randomness import generator

    if emits not in set(Emits):
        raise ConfigurationError(f"emits was {emits!r}, allowed are {', '.join(Emits)}")
    settings = MarketSettings(
        instrument=instrument, venue=venue, emits=Emits(emits), count=count,
        start_ns=moment_ns(start or "2024-01-01", "--from"), interval_ns=interval_ns_of(interval),
        start_price=_decimal(price, "price"), tick=None if tick is None else _decimal(tick, "tick"),
        volatility_day=volatility_day, trend_day=trend_day, trades_per_s=trades_per_s,
        spread_ticks=spread_ticks, jumps_day=jumps_day, regime_hours=regime_hours,
    )  # fmt: skip
    dataset, path = save(settings, seed, generator(seed), out=out, catalog=_catalog(catalog))
    if json_:
        _print({**summary(dataset), "file": str(path), "seed": seed})
        return
    print_datasets([summary(dataset)])
    print(f"written to {path}")


def download(
    venue: str,
    instrument: str,
    *,
    what: str = "bars",
    interval: str = "1m",
    start: Start = None,
    end: End = None,
    base_url: str | None = None,
    catalog: Path | None = None,
    json_: Json = False,
) -> None:
    """Fetch public history into the catalog; after an interruption the same command goes on.

    Parameters
    ----------
    venue
        binance, okx, bitget, gate, or any exchange that ccxt knows.
    instrument
        BTC/USDT, BTC/USDT:USDT …
    what
        bars, trades or funding.
    interval
        The interval of bars.
    start
        First moment, as 2024-03-01 or 2024-03-01T12:30 (UTC).
    end
        The moment before which to stop; now, if not given.
    base_url
        Another address for the venue's public endpoints: a mirror, or a test server.
    catalog
        The catalog's folder.
    json_
        Print one JSON object.
    """
    from steelyard.cli.data_shown import download_bar, print_datasets
    from steelyard.model.names import unify
    from steelyard.model.venue_tables import venue_named
    from steelyard.services.marketdata.describing import summary
    from steelyard.services.marketdata.download.downloading import download as fetch
    from steelyard.services.marketdata.download.pages import Wanted, What
    from steelyard.services.marketdata.filenames import interval_ns_of
    from steelyard.services.marketdata.timestamps import moment_ns
    from steelyard.wire.clock import SystemClock

    clock = SystemClock()
    if what not in set(What):
        raise ConfigurationError(f"what was {what!r}, allowed are {', '.join(What)}")
    if start is None:
        raise ConfigurationError("--from is missing; give a first moment such as 2024-03-01")
    wanted = Wanted(
        venue=venue_named(venue), instrument=unify(instrument), what=What(what),
        start_ns=moment_ns(start, "--from"),
        end_ns=clock.now_ns() if end is None else moment_ns(end, "--to"),
        interval_ns=interval_ns_of(interval),
    )  # fmt: skip
    if wanted.end_ns <= wanted.start_ns:
        raise ConfigurationError(f"--to was {end}, allowed is a moment after --from ({start})")
    with download_bar(is_shown=not json_ and sys.stderr.isatty()) as progress:
        done = fetch(wanted, _catalog(catalog), clock, base_url=base_url, progress=progress)
    dataset = None if done.dataset is None else summary(done.dataset)
    if json_:
        counts = {"rows_fetched": done.rows_fetched, "rows_resumed": done.rows_resumed}
        _print({**counts, "pages": done.pages, "dataset": dataset})
        return
    kept = f", {done.rows_resumed:,} kept from before" if done.rows_resumed else ""
    print(f"{done.rows_fetched:,} rows in {done.pages} pages{kept}")
    if dataset is None:
        print("the venue has nothing for this stretch")
    else:
        print_datasets([dataset])


def _catalog(folder: Path | None) -> Any:
    from steelyard.store.catalog.catalog import Catalog, default_root

    return Catalog(folder or default_root())


def _decimal(text: str, what: str) -> Decimal:
    from steelyard.model.decimals import parse_decimal

    return parse_decimal(text, what)


def _print(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False))
