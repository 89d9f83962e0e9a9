"""Every fault a data file can have is refused in one sentence, and nothing is written."""

from collections.abc import Callable
from pathlib import Path

import pytest

from steelyard.model.errors import DataError
from steelyard.services.marketdata.importing import import_files
from steelyard.services.marketdata.opening import open_history
from steelyard.store.catalog.catalog import Catalog
from tests.unit.marketdata.files import (
    FIRST_MS,
    Row,
    candle_csv,
    candle_frame,
    candles,
    trade_csv,
    trades,
)

NAME = "BTCUSDT-1m.csv"


def refused(path: Path, catalog: Path) -> str:
    """Import a file that must be refused; return the sentence without the folder's name."""
    with pytest.raises(DataError) as error:
        import_files([path], Catalog(catalog))
    assert not catalog.exists()
    with pytest.raises(DataError):
        open_history(path)
    return str(error.value).replace(f"{path.parent}/", "")


def changed(rows: list[Row], row: int, column: int, value: object) -> list[Row]:
    rows[row][column] = value
    return rows


FAULTS: list[tuple[str, Callable[[list[Row]], list[Row]], str]] = [
    (
        "a backward timestamp",
        lambda rows: [*rows[:5], rows[3], *rows[5:]],
        (
            "BTCUSDT-1m.csv, row 6, column 'timestamp': time was 2024-03-01 "
            "00:03:00, before the row "
            "above it (2024-03-01 00:04:00); times must not go back"
        ),
    ),
    (
        "a negative price",
        lambda rows: changed(rows, 4, 3, -1.0),
        "BTCUSDT-1m.csv, row 5, column 'low': low was -1, allowed is above 0",
    ),
    (
        "a price of zero",
        lambda rows: changed(rows, 2, 1, 0),
        "BTCUSDT-1m.csv, row 3, column 'open': open was 0, allowed is above 0",
    ),
    (
        "a negative volume",
        lambda rows: changed(rows, 9, 5, -0.5),
        "BTCUSDT-1m.csv, row 10, column 'volume': volume was -0.5, allowed is 0 or more",
    ),
    (
        "not a number",
        lambda rows: changed(rows, 0, 4, "NaN"),
        "BTCUSDT-1m.csv, row 1, column 'close': close was missing (NaN), allowed is above 0",
    ),
    (
        "an infinite price",
        lambda rows: changed(rows, 1, 2, "inf"),
        "BTCUSDT-1m.csv, row 2, column 'high': high was inf, allowed is above 0",
    ),
    (
        "a missing value",
        lambda rows: changed(rows, 6, 2, None),
        "BTCUSDT-1m.csv, row 7, column 'high': the value is missing",
    ),
    (
        "a word where a number is due",
        lambda rows: changed(rows, 7, 5, "much"),
        "BTCUSDT-1m.csv, row 8, column 'volume': value was 'much', no number",
    ),
    (
        "a missing time",
        lambda rows: changed(rows, 3, 0, None),
        "BTCUSDT-1m.csv, row 4, column 'timestamp': the time is missing",
    ),
    (
        "a high below the low",
        lambda rows: changed(rows, 2, 2, 90.0),
        "BTCUSDT-1m.csv, row 3, column 'high': high was 90, below the open of 102",
    ),
    (
        "a close outside of the candle",
        lambda rows: changed(rows, 8, 4, 200.0),
        "BTCUSDT-1m.csv, row 9, column 'high': high was 110.5, below the close of 200",
    ),
    (
        "an open below the low",
        lambda rows: changed(rows, 8, 3, 108.5),
        "BTCUSDT-1m.csv, row 9, column 'low': low was 108.5, above the open of 108",
    ),
    (
        "two candles of one time",
        lambda rows: [*rows[:4], changed(candles(), 3, 5, 77.0)[3], *rows[4:]],
        (
            "BTCUSDT-1m.csv, row 5, column 'timestamp': two different candles stand at "
            "2024-03-01 00:03:00"
        ),
    ),
    (
        "a time of another unit further down",
        lambda rows: changed(rows, 9, 0, (FIRST_MS + 540_000) * 1000),
        (
            "BTCUSDT-1m.csv, row 10, column 'timestamp': time was "
            "1709251740000000, the rows before "
            "are of another unit"
        ),
    ),
    (
        "a time before there were markets",
        lambda rows: changed(rows, 0, 0, 100_000_000_000),
        (
            "BTCUSDT-1m.csv, row 1, column 'timestamp': time was 1973-03-03 09:46:40, allowed is "
            "2008 to 2099"
        ),
    ),
    (
        "candles that overlap",
        lambda rows: [*rows[:5], changed(candles(), 5, 0, FIRST_MS + 270_000)[5], *rows[6:]],
        (
            "BTCUSDT-1m.csv, row 6, column 'timestamp': the candle opens 30 s "
            "after the one before, "
            "candles of 1m overlap"
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize("fault,plant,sentence", FAULTS, ids=[fault[0] for fault in FAULTS])
def test_a_planted_fault_is_refused(
    fault: str, plant: Callable[[list[Row]], list[Row]], sentence: str, tmp_path: Path
) -> None:
    path = candle_csv(tmp_path / NAME, plant(candles()))

    assert refused(path, tmp_path / "catalog") == sentence


@pytest.mark.parametrize("suffix", ["parquet", "feather"])
def test_another_zone_is_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"BTCUSDT-1m.{suffix}"
    frame = candle_frame(candles(), "Asia/Shanghai")
    frame.write_parquet(path) if suffix == "parquet" else frame.write_ipc(path)

    assert refused(path, tmp_path / "catalog") == (
        f"BTCUSDT-1m.{suffix}, column 'date': time zone was Asia/Shanghai, allowed is UTC"
    )


def test_a_text_in_another_zone_is_refused(tmp_path: Path) -> None:
    rows = candles()
    for place, row in enumerate(rows):
        row[0] = f"2024-03-01 00:{place:02}:00+08:00"
    path = candle_csv(tmp_path / NAME, rows)

    assert refused(path, tmp_path / "catalog") == (
        "BTCUSDT-1m.csv, row 1, column 'timestamp': time was '2024-03-01 00:00:00+08:00', "
        "allowed is UTC"
    )


@pytest.mark.parametrize("zone", ["UTC", None])
def test_utc_and_no_zone_are_the_same(zone: str | None, tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-1m.feather"
    candle_frame(candles(), zone).write_ipc(path)

    assert open_history(path).start_ns == (FIRST_MS + 60_000) * 10**6


def test_an_unknown_column_is_refused(tmp_path: Path) -> None:
    head = "timestamp,open,high,low,close,volume,mood"
    path = candle_csv(tmp_path / NAME, [[*row, 1] for row in candles()], head=head)

    sentence = refused(path, tmp_path / "catalog")
    assert sentence.startswith(
        "BTCUSDT-1m.csv, row 0, column 'mood': the column is unknown, allowed"
    )


def test_a_missing_column_is_refused(tmp_path: Path) -> None:
    head = "timestamp,open,high,low,close"
    path = candle_csv(tmp_path / NAME, [row[:5] for row in candles()], head=head)

    assert refused(path, tmp_path / "catalog") == (
        "BTCUSDT-1m.csv, row 0, column 'volume': the column for volume is missing, columns were "
        "timestamp, open, high, low, close"
    )


def test_columns_of_nothing_known_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-weather.csv"
    path.write_text("day,rain\n2024-03-01,3\n", encoding="utf-8")

    assert "are those of no family known" in refused(path, tmp_path / "catalog")


@pytest.mark.parametrize("suffix", ["parquet", "feather"])
def test_a_truncated_table_is_refused(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"BTCUSDT-1m.{suffix}"
    frame = candle_frame(candles(5000))
    frame.write_parquet(path) if suffix == "parquet" else frame.write_ipc(path)
    path.write_bytes(path.read_bytes()[:-100])

    assert refused(path, tmp_path / "catalog") == (
        f"BTCUSDT-1m.{suffix}: the {suffix.title()} footer is missing: the file is truncated"
    )


def test_a_truncated_gzip_is_refused(tmp_path: Path) -> None:
    path = candle_csv(tmp_path / "BTCUSDT-1m.csv.gz", candles(5000))
    path.write_bytes(path.read_bytes()[:-2000])

    assert "the gzip stream ends early: the file is truncated after line" in refused(
        path, tmp_path / "catalog"
    )


def test_a_last_line_cut_short_is_refused(tmp_path: Path) -> None:
    path = candle_csv(tmp_path / NAME, candles())
    path.write_bytes(path.read_bytes()[:-12])

    assert refused(path, tmp_path / "catalog") == (
        "BTCUSDT-1m.csv, row 10, column 'close': the last line has 4 of 6 fields: "
        "the file is truncated"
    )


def test_a_line_cut_short_further_up_is_refused(tmp_path: Path) -> None:
    path = candle_csv(tmp_path / NAME, candles())
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[4] = lines[4].rsplit(",", 1)[0]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    assert refused(path, tmp_path / "catalog") == (
        "BTCUSDT-1m.csv, row 4: the line has 5 fields, allowed are 6"
    )


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_bytes(b"")

    assert refused(path, tmp_path / "catalog") == "BTCUSDT-1m.csv: the file is empty"


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    sentence = "the file cannot be read: no such file or directory"
    with pytest.raises(DataError, match=sentence):
        import_files([tmp_path / NAME], Catalog(tmp_path / "catalog"))


def test_a_name_nobody_can_read_is_refused_and_an_option_helps(tmp_path: Path) -> None:
    path = candle_csv(tmp_path / "my_data.csv", candles())

    assert refused(path, tmp_path / "catalog") == (
        "my_data.csv: its name says no instrument; give one with --instrument, such as BTC/USDT"
    )
    assert open_history(path, "ETH/USDT").instruments[0].name == "ETH/USDT"


def test_an_interval_other_than_the_names_is_refused(tmp_path: Path) -> None:
    path = candle_csv(tmp_path / "BTCUSDT-5m.csv", candles())

    assert refused(path, tmp_path / "catalog") == (
        "BTCUSDT-5m.csv, column 'timestamp': candles stand 1m apart, the file's name says 5m"
    )


def test_a_trade_without_a_side_is_refused(tmp_path: Path) -> None:
    rows = trades()
    rows[3][4] = "hold"
    path = trade_csv(tmp_path / "BTCUSDT-trades.csv", rows)

    assert refused(path, tmp_path / "catalog") == (
        "BTCUSDT-trades.csv, row 4, column 'side': side was 'hold', allowed is buy or sell"
    )


def test_a_trade_without_quantity_is_refused(tmp_path: Path) -> None:
    rows = trades()
    rows[5][3] = 0
    path = trade_csv(tmp_path / "BTCUSDT-trades.csv", rows)

    assert refused(path, tmp_path / "catalog") == (
        "BTCUSDT-trades.csv, row 6, column 'amount': quantity was 0, allowed is above 0"
    )


def test_two_different_trades_of_one_id_are_refused(tmp_path: Path) -> None:
    rows = trades()
    rows.insert(5, [*rows[4][:2], 777.0, *rows[4][3:]])
    path = trade_csv(tmp_path / "BTCUSDT-trades.csv", rows)

    assert refused(path, tmp_path / "catalog") == (
        "BTCUSDT-trades.csv, row 6, column 'id': two different trades have the id 504"
    )


def test_a_crossed_quote_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-quotes.csv"
    path.write_text(
        f"timestamp,bid,bid_size,ask,ask_size\n{FIRST_MS},100,1,101,1\n{FIRST_MS},102,1,101,1\n",
        encoding="utf-8",
    )

    assert refused(path, tmp_path / "catalog") == (
        "BTCUSDT-quotes.csv, row 2, column 'bid': bid was 102, above the ask of 101"
    )


def test_an_impossible_funding_rate_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT-fundingRate.csv"
    path.write_text(
        f"calc_time,funding_interval_hours,last_funding_rate\n{FIRST_MS},8,3.5\n", encoding="utf-8"
    )

    assert refused(path, tmp_path / "catalog") == (
        "BTCUSDT-fundingRate.csv, row 1, column 'last_funding_rate': funding rate was 3.5, "
        "allowed is -0.2 to 0.2"
    )


def test_one_bad_file_of_several_stops_all(tmp_path: Path) -> None:
    good = candle_csv(tmp_path / "ETHUSDT-1m.csv", candles())
    bad = candle_csv(tmp_path / "BTCUSDT-1m.csv", changed(candles(), 4, 3, -1.0))

    with pytest.raises(DataError):
        import_files([good, bad], Catalog(tmp_path / "catalog"))
    assert not (tmp_path / "catalog").exists()


def test_a_last_field_cut_short_is_refused(tmp_path: Path) -> None:
    path = candle_csv(tmp_path / NAME, candles())
    path.write_bytes(path.read_bytes()[:-3])

    assert refused(path, tmp_path / "catalog") == (
        "BTCUSDT-1m.csv, row 10, column 'volume': the last line has no end, and its last field is "
        "shorter than those above: the file is truncated"
    )


def test_a_last_line_without_an_end_but_whole_is_read(tmp_path: Path) -> None:
    path = candle_csv(tmp_path / NAME, candles())
    path.write_bytes(path.read_bytes()[:-1])

    assert open_history(path).rows == 10


def test_several_symbols_in_one_file_are_refused(tmp_path: Path) -> None:
    head = "timestamp,open,high,low,close,volume,symbol"
    rows = [[*row, "BTCUSDT" if place % 2 else "ETHUSDT"] for place, row in enumerate(candles())]
    path = candle_csv(tmp_path / NAME, rows, head=head)

    assert refused(path, tmp_path / "catalog") == (
        "BTCUSDT-1m.csv, row 0, column 'symbol': the file holds 2 symbols (BTCUSDT, ETHUSDT), "
        "allowed is one"
    )


def test_a_column_of_one_symbol_names_the_instrument(tmp_path: Path) -> None:
    head = "timestamp,open,high,low,close,volume,symbol"
    path = candle_csv(tmp_path / "bars.csv", [[*row, "ETHUSDT"] for row in candles()], head=head)

    assert open_history(path).instruments[0].name == "ETH/USDT"
