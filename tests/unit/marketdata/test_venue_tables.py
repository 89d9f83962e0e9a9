"""Instruments from the dated table, else from the data's decimals."""

from decimal import Decimal

import pytest

from steelyard.model.instruments import Kind
from steelyard.model.venue_tables import instrument_for, listings, venue_named
from steelyard.services.marketdata.timestamps import moment_ns


@pytest.mark.parametrize(
    "name,venue,day,tick,lot,multiplier",
    [
        ("BTC/USDT", "binance", "2024-06-01", "0.01", "0.00001", "1"),
        ("BTC/USDT:USDT", "binance", "2021-08-01", "0.01", "0.001", "1"),
        ("BTC/USDT:USDT", "binance", "2023-08-01", "0.1", "0.001", "1"),
        ("BTC/USDT:USDT", "okx", "2022-06-01", "0.1", "1", "0.01"),
        ("BTC/USDT:USDT", "okx", "2026-05-01", "0.1", "0.01", "0.01"),
        ("ETH/USDT:USDT", "gate", "2023-06-01", "0.05", "1", "0.01"),
        ("BTC/USDT:USDT", "bitget", "2024-06-01", "0.1", "0.0001", "1"),
        ("BTC/USD:BTC", "okx", "2022-06-01", "0.1", "1", "100"),
    ],
)
def test_the_list_in_force_is_used(
    name: str, venue: str, day: str, tick: str, lot: str, multiplier: str
) -> None:
    instrument, assumptions = instrument_for(
        name, venue, data_price_decimals=0, data_quantity_decimals=0, at_ns=moment_ns(day)
    )

    assert instrument.price_decimal(instrument.tick) == Decimal(tick)
    assert instrument.quantity_decimal(instrument.lot) == Decimal(lot)
    assert instrument.multiplier == Decimal(multiplier)
    assert any("table of" in one.why for one in assumptions)


def test_units_hold_finer_data_than_the_tick() -> None:
    instrument, _ = instrument_for(
        "BTC/USDT:USDT", "binance", data_price_decimals=4, data_quantity_decimals=5,
        at_ns=moment_ns("2024-06-01"),
    )  # fmt: skip

    assert (instrument.price_decimals, instrument.quantity_decimals) == (4, 5)
    assert (instrument.price_text(instrument.tick), int(instrument.lot)) == ("0.1", 100)


def test_what_the_table_does_not_know_is_read_off_the_data() -> None:
    instrument, (assumption,) = instrument_for(
        "FOO/USDT", "binance", data_price_decimals=4, data_quantity_decimals=1
    )

    assert (int(instrument.tick), int(instrument.lot)) == (1, 1)
    assert assumption.penalty == 6
    assert assumption.why == "not in the table: read off the data's decimals"


def test_a_venue_nobody_named_is_an_assumption() -> None:
    instrument, assumptions = instrument_for(
        "BTCUSDT", None, kind=Kind.LINEAR, data_price_decimals=1, data_quantity_decimals=3
    )

    assert (instrument.name, instrument.venue) == ("BTC/USDT:USDT", "binance")
    assert assumptions[0].what == "the venue is binance"


def test_far_from_the_lists_date_is_told() -> None:
    _, assumptions = instrument_for(
        "BTC/USDT", "binance", data_price_decimals=2, data_quantity_decimals=5,
        at_ns=moment_ns("2018-01-01"),
    )  # fmt: skip

    assert "filters and fees did not change since" in {one.what for one in assumptions}


@pytest.mark.parametrize("name", ["BTC/USDT", "BTC/USDT:USDT", "FOO/USDT:USDT", "PEPE/USDT:USDT"])
@pytest.mark.parametrize("venue", ["binance", "okx", "bitget", "gate", "nowhere"])
@pytest.mark.parametrize("decimals", [0, 5, 12])
def test_every_instrument_fits_64_bits(name: str, venue: str, decimals: int) -> None:
    instrument, _ = instrument_for(
        name, venue, data_price_decimals=decimals, data_quantity_decimals=min(decimals, 10)
    )

    assert max(instrument.worth_ratio) < 2**62
    assert instrument.quantity_max < 2**62


def test_listings_are_in_order_of_their_day() -> None:
    days = [row.since for row in listings("BTC/USDT:USDT", "binanceusdm")]

    assert days == sorted(days)
    assert len(days) == 3


@pytest.mark.parametrize(
    "text,venue", [("Binance_Spot", "binance"), ("gateio", "gate"), ("x", "x")]
)
def test_venues_have_one_name(text: str, venue: str) -> None:
    assert venue_named(text) == venue
