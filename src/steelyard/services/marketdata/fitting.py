"""From a file's series to an instrument's history: units, contracts, assumptions.

Rule 1: the instrument's decimals hold every price and quantity of the file exactly.
Rule 2: quantities of perpetuals become contracts here and nowhere else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import numpy as np

from steelyard.model.errors import DataError
from steelyard.model.history import Assumption, Column
from steelyard.model.instruments import Instrument, Kind
from steelyard.model.kinds import MARK
from steelyard.model.units import Price
from steelyard.model.venue_tables import (
    VENUE_ASSUMED,
    instrument_for,
    kind_of,
    listing_at,
)
from steelyard.services.marketdata.imports.series import PRICE, QUANTITY, Series
from steelyard.store.catalog.columns import VALUE_COLUMNS, MemoryHistory, chunk_of

_LARGEST = 2**62
_OFF_TICK_RATIO_MAX = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A history in an instrument's units, and what an import wants to know of it."""

    history: MemoryHistory
    interval_ns: int
    duplicates: int
    family: str


def fit(series: Series) -> Fitted:
    """Give a series its instrument and its units. The series' own arrays are used up."""
    name = series.hints.named()
    start_ns = int(series.ts_ns[0]) if len(series.ts_ns) else None
    shift, told = _contract_shift(series, name, start_ns)
    quantity_decimals = max(series.quantity_decimals + shift, 0)
    instrument, assumed = instrument_for(
        name,
        series.hints.venue,
        data_price_decimals=series.price_decimals,
        data_quantity_decimals=quantity_decimals,
        at_ns=start_ns,
    )
    powers = {
        PRICE: instrument.price_decimals - series.price_decimals,
        QUANTITY: instrument.quantity_decimals - series.quantity_decimals - shift,
    }
    instrument, ticked = _tick_of_data(series, instrument, powers[PRICE])
    values = {
        letter: _scaled(series.values[letter], powers.get(role, 0), series)
        for letter, role in zip(VALUE_COLUMNS, series.roles, strict=False)
    }
    history = MemoryHistory(
        instruments=(instrument,),
        table=chunk_of(series.ts_ns, series.kind, values),
        gaps=series.gaps,
        interval_ns=series.interval_ns,
        assumptions=(*assumed, *told, *ticked, *series.assumptions),
    )
    return Fitted(
        history=history,
        interval_ns=series.interval_ns,
        duplicates=series.duplicates,
        family=series.family,
    )


def _contract_shift(
    series: Series, name: str, at_ns: int | None
) -> tuple[int, Sequence[Assumption]]:
    """Return by how many decimals coins and contracts differ: 0.01 coins a contract is -2."""
    kind = kind_of(name)
    if kind == Kind.SPOT or series.is_in_contracts or QUANTITY not in series.roles:
        return 0, ()
    row = listing_at(name, series.hints.venue or VENUE_ASSUMED, at_ns)
    if kind == Kind.INVERSE:
        why = "the file does not say, and coins convert to contracts only at a price"
        return 0, (Assumption(what="volumes are contracts", why=why, penalty=2),)
    multiplier = row.multiplier if row else Decimal(1)
    power = multiplier.normalize()
    if power.as_tuple().digits != (1,):
        raise DataError(
            f"a contract of {name} is worth {multiplier}; coins convert to contracts only at "
            "powers of ten",
            file=series.hints.file,
        )
    exponent = power.as_tuple().exponent
    assert isinstance(exponent, int)
    return exponent, ()


def _tick_of_data(
    series: Series, instrument: Instrument, power: int
) -> tuple[Instrument, Sequence[Assumption]]:
    """Take the tick from the data where the table's is plainly not the one that was in force."""
    if series.roles[0] != PRICE or series.kind[0] == MARK:  # marks are computed, not traded
        return instrument, ()
    tick = instrument.tick // 10**power if instrument.tick % 10**power == 0 else 1
    if tick == 1:
        return instrument, ()
    off = np.count_nonzero(series.values["a"] % tick) / len(series.ts_ns)
    if not off:
        return instrument, ()
    told = instrument.price_text(instrument.tick)
    if off < _OFF_TICK_RATIO_MAX:
        what, why = f"{off:.2%} of the prices lie between ticks", f"the tick in force is {told}"
        return instrument, (Assumption(what=what, why=why, penalty=1),)
    finer = replace(instrument, tick=Price(10**power))
    what = f"the tick is {finer.price_text(finer.tick)}, as fine as the data"
    why = f"{off:.1%} of the prices lie between the table's ticks of {told}"
    return finer, (Assumption(what=what, why=why, penalty=2),)


def _scaled(column: Column, power: int, series: Series) -> Column:
    if power == 0:
        return column
    factor = 10**power
    if len(column) and max(abs(int(column.max())), abs(int(column.min()))) * factor >= _LARGEST:
        raise DataError(
            "numbers do not fit 64 bits in the instrument's units", file=series.hints.file
        )
    if column.flags.writeable:
        column *= np.int64(factor)
        return column
    return column * np.int64(factor)
