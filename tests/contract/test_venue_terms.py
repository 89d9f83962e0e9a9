"""What every native venue says of itself must fit what the runtime makes of it."""

import pytest

from steelyard.app.venues import FOLDERS, account_class, addresses_of
from steelyard.kernel.ports import Request, VenueTerms
from steelyard.model.client_ids import GRAMMARS
from steelyard.model.venue_tables import instrument_for
from steelyard.runtime.meters import misfits
from steelyard.venues.native.dialect import Credentials

NAMES = (("BTC/USDT",), ("BTC/USDT:USDT",), ("BTC/USDT", "ETH/USDT", "BTC/USDT:USDT"))


def terms_of(venue: str, names: tuple[str, ...]) -> VenueTerms:
    instruments = tuple(
        instrument_for(name, venue, data_price_decimals=2, data_quantity_decimals=5)[0]
        for name in names
    )
    made = account_class(venue)(
        addresses=addresses_of(venue, "mainnet"),
        credentials=Credentials(key="k" * 16, secret="s" * 16, passphrase="p"),
        instruments=instruments, hedged=False, now_ns=lambda: 1_700_000_000_000_000_000,
    )  # fmt: skip
    terms: VenueTerms = made.terms
    return terms


@pytest.mark.parametrize("venue", FOLDERS)
@pytest.mark.parametrize("names", NAMES, ids=("spot", "perpetual", "both"))
def test_every_request_fits_its_windows(venue: str, names: tuple[str, ...]) -> None:
    terms = terms_of(venue, names)

    assert terms.windows
    assert misfits(terms.windows, terms.costs) == []
    assert set(terms.costs) >= set(Request) - {Request.LISTING}
    assert 0 < terms.validity_ns <= 60_000_000_000
    assert terms.deadline_ns > 0
    assert terms.name in GRAMMARS
