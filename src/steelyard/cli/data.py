"""`steelyard data`: import, list, show, generate and download market data."""

import json
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from steelyard.cli.data_making import download, generate

app = App(
    name="data",
    help="""Import, list, show, generate and download market data.

    The catalog is a folder: --catalog, else $STEELYARD_DATA_DIR/catalog, else
    ~/.local/share/steelyard/catalog.

    Examples:

    steelyard data import BTCUSDT-5m-2024.parquet BTC_USDT_USDT-8h-funding_rate.feather

    steelyard data import captures/ --venue binance

    steelyard data list

    steelyard data show binance/BTC-USDT/bar-5m

    steelyard data generate --count 1000000 --seed 7 --out market.parquet

    steelyard data download binance BTC/USDT --interval 1m --from 2024-03-01 --to 2024-04-01

    Exit codes: 0 done, 1 a fault of ours, 2 bad input (one sentence; nothing was written).
    """,
)

Json = Annotated[bool, Parameter(name="--json", negative="")]


@app.command(name="import")
def import_(
    *files: Path,
    instrument: str | None = None,
    venue: str | None = None,
    catalog: Path | None = None,
    json_: Json = False,
) -> None:
    """Read files, check every row, and add them to the catalog: all of them, or none.

    Parameters
    ----------
    files
        Files, or folders of files: candles, trades, quotes, depth, funding rates (Parquet,
        Feather, CSV, zip), raw WebSocket captures.
    instrument
        BTC/USDT, BTC/USDT:USDT …; only needed where a file's name does not say it.
    venue
        binance, okx, bitget, gate …; only needed where neither file nor folder says it.
    catalog
        The catalog's folder.
    json_
        Print one JSON object.
    """
    from steelyard.cli.data_shown import print_datasets
    from steelyard.services.marketdata.describing import summary
    from steelyard.services.marketdata.importing import import_files

    done = import_files(files, _catalog(catalog), instrument=instrument, venue=venue)
    datasets = [summary(dataset) for dataset in done.datasets]
    if json_:
        counts = {"files": done.files, "rows_read": done.rows_read}
        _print({**counts, "duplicates_dropped": done.duplicates, "datasets": datasets})
        return
    print(
        f"{done.files} files, {done.rows_read:,} rows read, "
        f"{done.duplicates:,} repeated rows dropped"
    )
    print_datasets(datasets)


@app.command(name="list")
def list_(*, catalog: Path | None = None, json_: Json = False) -> None:
    """List the datasets of the catalog.

    Parameters
    ----------
    catalog
        The catalog's folder.
    json_
        Print a JSON list.
    """
    from steelyard.cli.data_shown import print_datasets
    from steelyard.services.marketdata.describing import summary

    found = _catalog(catalog)
    datasets = [summary(dataset) for _, dataset in found.entries()]
    if json_:
        _print(datasets)
    elif datasets:
        print_datasets(datasets)
    else:
        print(f"the catalog in {found.root} is empty; `steelyard data import` adds to it")


@app.command
def show(
    name: str,
    *,
    instrument: str | None = None,
    venue: str | None = None,
    rows: int = 5,
    catalog: Path | None = None,
    json_: Json = False,
) -> None:
    """Show one dataset, or one file as it would be imported.

    Parameters
    ----------
    name
        A dataset such as binance/BTC-USDT/bar-5m, an instrument that has only one, or a file.
    instrument
        For a file whose name does not say it.
    venue
        For a file whose name and folder do not say it.
    rows
        How many of the first rows to show.
    catalog
        The catalog's folder.
    json_
        Print one JSON object.
    """
    from steelyard.cli.data_shown import print_details
    from steelyard.services.marketdata.describing import details
    from steelyard.services.marketdata.opening import open_history

    if Path(name).is_file():
        history = open_history(name, instrument, venue=venue)
    else:
        history = _catalog(catalog).history(name)
    found = details(history, rows=rows)
    if json_:
        _print(found)
    else:
        print_details(found)


app.command(generate)
app.command(download)


def _catalog(folder: Path | None) -> Any:
    from steelyard.store.catalog.catalog import Catalog, default_root

    return Catalog(folder or default_root())


def _print(value: Any) -> None:
    print(json.dumps(value, ensure_ascii=False))
