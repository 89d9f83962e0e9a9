"""Instruments as records: the form in which compiled parts read filters, fees and margin."""

from collections.abc import Sequence

import numpy as np

from steelyard.model.errors import ConfigurationError
from steelyard.model.instruments import Instrument
from steelyard.model.records import INSTRUMENT, TIERS_MAX, table


def terms_of(
    instruments: Sequence[Instrument], *, leverage: int = 1, price_band_rate: int = 0,
    rows: int = 0,
) -> np.ndarray:  # fmt: skip
    """Return one INSTRUMENT record per instrument, in order, and empty ones up to `rows`."""
    terms = table(INSTRUMENT, max(len(instruments), rows))
    for i, instrument in enumerate(instruments):
        if len(instrument.margin_tiers) > TIERS_MAX:
            raise ConfigurationError(
                f"{instrument.name}: {len(instrument.margin_tiers)} margin tiers, "
                f"allowed are at most {TIERS_MAX}"
            )
        row = terms[i]
        numerator, denominator = instrument.worth_ratio
        row["kind"] = int(instrument.kind)
        row["tick"] = instrument.tick
        row["lot"] = instrument.lot
        row["quantity_min"] = instrument.quantity_min
        row["quantity_max"] = instrument.quantity_max
        row["notional_min"] = instrument.notional_min
        row["worth_numerator"] = numerator
        row["worth_denominator"] = denominator
        row["maker_rate"] = instrument.fees.maker
        row["taker_rate"] = instrument.fees.taker
        row["price_band_rate"] = price_band_rate
        row["leverage"] = leverage if instrument.kind else 1
        row["tiers"] = len(instrument.margin_tiers)
        for k, tier in enumerate(instrument.margin_tiers):
            row["tier_notional_max"][k] = tier.notional_max
            row["tier_leverage_max"][k] = tier.leverage_max
            row["tier_maintenance_rate"][k] = tier.maintenance_rate
    return terms
