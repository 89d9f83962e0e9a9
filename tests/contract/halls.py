"""Native venues on the local exchange: one row for each dialect that has both halves.

A dialect is held to the contract by a row here; nothing else of the suite knows of it.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from msgspec import structs

from steelyard.exchange.hall.keys import make_members
from steelyard.kernel.ports import Feed, Venue
from steelyard.model.instruments import Instrument
from steelyard.venues.binance.account import BinanceAccount
from steelyard.venues.binance.market import BinanceMarket
from steelyard.venues.bitget.account import BitgetAccount
from steelyard.venues.bitget.market import BitgetMarket
from steelyard.venues.gate.account import GateAccount
from steelyard.venues.gate.market import GateMarket
from steelyard.venues.native.dialect import (
    AccountDialect,
    Addresses,
    Credentials,
    MarketDialect,
)
from steelyard.venues.okx.account import OkxAccount
from steelyard.venues.okx.market import OkxMarket
from tests.contract import hall_process
from tests.contract.fitting import Fit, Fitted, FittedFeed, finer
from tests.contract.rigs import Native

Now = Callable[[], int]
PERPETUAL = "BTC/USDT:USDT"
SPOT = "BTC/USDT"
_WORTH = 20
"""In quote: what the suite's smallest order is worth on spot, where lots are tiny."""


class Half(NamedTuple):
    """What a rig needs to know of one dialect. `told` is its part of the exchange's line."""

    addresses: Callable[[Mapping[str, str]], Addresses]
    account: type[Any]
    market: type[Any]
    prefix: str = "s"
    lots: int = 1
    """So many lots are the suite's smallest order, where one is worth too little; odd."""


HALVES: Mapping[str, Half] = {
    "binance": Half(
        addresses=lambda told: Addresses(
            rest=dict.fromkeys(("spot", "usdt-perp", "wallet"), told["rest"]),
            ws={
                "spot": told["ws"], "usdt-perp": told["ws_futures_base"],
                "spot-entry": told["ws_api"], "usdt-perp-entry": told["ws_fapi"],
            },
        ),
        account=BinanceAccount, market=BinanceMarket,
    ),
    "okx": Half(
        addresses=lambda told: Addresses(
            rest={"api": told["rest"]},
            ws={name: told[name] for name in ("public", "private", "business")},
        ),
        account=OkxAccount, market=OkxMarket,
    ),
    "bitget": Half(
        addresses=lambda told: Addresses(
            rest={"api": told["rest"]},
            ws={"public": told["ws_public"], "private": told["ws_private"]},
        ),
        account=BitgetAccount, market=BitgetMarket, lots=11,
    ),
    "gate": Half(
        addresses=lambda told: Addresses(
            rest={"rest": told["rest"]},
            ws={"spot": told["ws_spot"], "futures": told["ws_futures"]},
        ),
        account=GateAccount, market=GateMarket, prefix="t-s",
    ),
}  # fmt: skip


class OnHall(Native):
    """The driver with a venue's dialect, on the local exchange in a process of its own."""

    def __init__(
        self, name: str, line: str, *, over_socket: bool, deadline_ns: int = 0,
        instrument: str = PERPETUAL, own_units: bool = False,
    ) -> None:  # fmt: skip
        """`line` is what the exchange printed; `deadline_ns` 0: the dialect's own.

        `own_units`: those of the venue's listing, not the finer ones of the suite.
        """
        half = HALVES[name]
        told = json.loads(line)[name]
        listing = hall_process.listing(name)
        found = {one.name: one for one in listing.instruments()}[instrument]
        self.instrument = found if own_units else finer(found)
        addresses = half.addresses(told)
        members = make_members(listing.TERMS, hall_process.ACCOUNTS, hall_process.SEED)

        def account(number: int, now_ns: Now) -> AccountDialect:
            member = members[number]
            credentials = Credentials(
                key=member.key, secret=member.secret, passphrase=member.passphrase
            )
            made: AccountDialect = half.account(
                addresses=addresses, credentials=credentials, instruments=(self.instrument,),
                hedged=False, now_ns=now_ns,
            )  # fmt: skip
            if deadline_ns:
                made.terms = structs.replace(made.terms, deadline_ns=deadline_ns)
            return made

        market: MarketDialect = half.market(instruments=(self.instrument,), addresses=addresses)
        super().__init__(account, market, over_socket=over_socket)
        cash = int(hall_process.MONEY.scaleb(self.instrument.money_decimals))
        lots = half.lots if instrument == PERPETUAL else _lots(self.instrument)
        self.fit = Fit(self.instrument, prefix=half.prefix, cash=cash, lots=lots)

    def venue(self, account: int) -> Venue:
        return Fitted(super().venue(account), self.fit)

    def feed(self) -> Feed:
        return FittedFeed(super().feed(), self.fit)


def _lots(spot: Instrument) -> int:
    """Return an odd number of lots that is worth enough at 9,000."""
    lots = _WORTH * 10 ** int(spot.quantity_decimals) // (9_000 * int(spot.lot))
    return int(lots) | 1
