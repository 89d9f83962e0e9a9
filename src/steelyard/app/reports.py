"""The report of a finished backtest: arrays in units become what the page draws."""

from pathlib import Path

import numpy as np

from steelyard.model.decimals import format_units
from steelyard.model.instruments import Kind
from steelyard.model.kinds import BUY, LIMIT, MARKET, SELL
from steelyard.model.orders import OrderStatus
from steelyard.model.records import CURVE
from steelyard.services.research.backtest import Done
from steelyard.services.research.candles import candles_of
from steelyard.services.research.report.model import (
    Candles,
    Curve,
    Fills,
    GridLine,
    OrderRow,
    Report,
    Units,
)
from steelyard.services.research.report.page import write
from steelyard.services.research.run import FILL_COLUMNS, joined

_TYPES = {LIMIT: "limit", MARKET: "market", 3: "stop market", 4: "take profit", 5: "trailing stop"}


def write_report(done: Done, path: Path) -> None:
    """Write the page to `path`, whole or not at all."""
    write(report_of(done), path)


def report_of(done: Done) -> Report:
    """Collect what the page shows."""
    instrument = done.machine.book.instruments[0]
    price, money = 10.0**instrument.price_decimals, 10.0**instrument.money_decimals
    curve = joined(done.trail.curve, CURVE)
    candles = candles_of(done.history)
    return Report(
        result=dict(done.result),
        units=Units(
            price=instrument.quote,
            quantity=instrument.base if instrument.kind == Kind.SPOT else "contracts",
            price_decimals=instrument.price_decimals,
            quantity_decimals=instrument.quantity_decimals,
            money_decimals=instrument.money_decimals,
        ),
        curve=Curve(
            ts_ns=curve["ts_ns"].copy(),
            equity=curve["equity"] / money,
            price=curve["price"] / price,
            position=curve["quantity"] / 10.0**instrument.quantity_decimals,
            inventory=curve["inventory"] / money,
        ),
        candles=Candles(
            ts_ns=candles["ts_ns"].copy(),
            open=candles["open"] / price,
            high=candles["high"] / price,
            low=candles["low"] / price,
            close=candles["close"] / price,
            volume=candles["volume"] / 10.0**instrument.quantity_decimals,
        ),
        fills=_fills(done),
        orders=_orders(done),
        grid_lines=tuple(
            GridLine(price=instrument.price_text(line.price), side=line.side, state=line.label)
            for line in done.lines
        ),
    )


def _fills(done: Done) -> Fills:
    rows = joined(done.trail.fills, FILL_COLUMNS)
    rows = rows[rows["instrument"] == 0]
    return Fills(
        ts_ns=rows["ts_ns"].copy(),
        price=rows["price"].copy(),
        quantity=np.abs(rows["quantity"]),
        side=np.where(rows["quantity"] > 0, BUY, SELL).astype(np.int64),
        number=rows["number"].copy(),
        liquidity=rows["liquidity"].copy(),
        fee=rows["fee"].copy(),
        profit=rows["profit"].copy(),
        closing=rows["closing"] > 0,
    )


def _orders(done: Done) -> tuple[OrderRow, ...]:
    """Return the orders the book still remembers, the newest first."""
    book = done.machine.book
    instrument = book.instruments[0]
    known = book.orders[book.orders["status"] != int(OrderStatus.FREE)]
    return tuple(
        OrderRow(
            number=int(o["number"]),
            created_ns=int(o["created_ns"]),
            side=int(o["side"]),
            type=_TYPES[int(o["type"])],
            price=instrument.price_text(int(o["price"])),
            quantity=format_units(int(o["quantity"]), instrument.quantity_decimals),
            filled=format_units(int(o["filled"]), instrument.quantity_decimals),
            status=OrderStatus(int(o["status"])).name.lower(),
        )
        for o in known[np.argsort(-known["number"])]
    )
