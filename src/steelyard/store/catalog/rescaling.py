"""One instrument's numbers in other, mostly finer, units; and in another place among several.

Rule: prices, quantities and rates have units of their own; a coarser unit rounds to the nearest.
"""

from dataclasses import replace

import numpy as np

from steelyard.model import kinds as k
from steelyard.model.history import Chunk, Column
from steelyard.model.instruments import Instrument
from steelyard.model.units import Price, Quantity
from steelyard.store.catalog.columns import VALUE_COLUMNS

_PRICES, _BARS, _FUNDING = ("a", "c"), ("a", "b", "c", "d"), ("b",)


def refined(instrument: Instrument, price_decimals: int, quantity_decimals: int) -> Instrument:
    """Return the instrument in units at least this fine."""
    price = max(instrument.price_decimals, price_decimals)
    quantity = max(instrument.quantity_decimals, quantity_decimals)
    finer = 10 ** (quantity - instrument.quantity_decimals)
    return replace(
        instrument,
        price_decimals=price,
        quantity_decimals=quantity,
        tick=Price(instrument.tick * 10 ** (price - instrument.price_decimals)),
        lot=Quantity(instrument.lot * finer),
        quantity_min=Quantity(instrument.quantity_min * finer),
        quantity_max=Quantity(min(instrument.quantity_max * finer, 10**18)),
    )


def fit_units(
    chunk: Chunk,
    own: tuple[Instrument, ...],
    common: tuple[Instrument, ...],
    names: tuple[str, ...],
) -> Chunk:
    """Return a chunk with the common instruments' places and units, and these columns filled."""
    index = {(one.venue, one.name): place for place, one in enumerate(common)}
    places = [index[one.venue, one.name] for one in own]
    values = {name: _filled(getattr(chunk, name), len(chunk)) for name in names}
    if len(chunk.instrument):
        instrument = np.asarray(places, np.int16)[chunk.instrument]
    else:
        instrument = np.full(len(chunk), places[0], np.int16)
    for before, place in zip(own, places, strict=True):
        after = common[place]
        price = after.price_decimals - before.price_decimals
        quantity = after.quantity_decimals - before.quantity_decimals
        if price or quantity:
            _rescale(values, chunk.kind, instrument == place, price, quantity)
    return Chunk(
        ts_ns=chunk.ts_ns,
        kind=chunk.kind,
        instrument=instrument,
        **{name: values.get(name, chunk.a[:0]) for name in VALUE_COLUMNS},
    )


def _filled(column: Column, rows: int) -> Column:
    return column if len(column) else np.zeros(rows, np.int64)


def _rescale(
    values: dict[str, Column], kind: np.ndarray, mine: np.ndarray, price: int, quantity: int
) -> None:
    bars, funding = mine & (kind == k.BAR), mine & (kind == k.FUNDING)
    rest = mine & ~bars & ~funding
    for name, column in values.items():
        shifted = column
        for rows, prices in ((bars, _BARS), (rest, _PRICES), (funding, _FUNDING)):
            power = price if name in prices else quantity
            if rows is funding and name not in prices:
                continue  # a rate has its own unit
            if power and rows.any():
                shifted = np.where(rows, _shift(shifted, power), shifted)
        values[name] = shifted


def _shift(column: Column, power: int) -> Column:
    if power > 0:
        return column * np.int64(10**power)
    divisor = np.int64(10**-power)
    return (column + divisor // 2) // divisor
