"""The account as a whole: its open orders, what it holds, and taking every order away.

Rule 1: an answer about the account covers both products where both are in use, or it is none.
Rule 2: canceling everything of a perpetual is two requests, for orders and for conditional ones;
the one for conditional ones comes last, since they protect.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

import msgspec

from steelyard.model.reports import Holding, Holdings, OpenOrders, OrderReport, Success
from steelyard.venues.binance.calls import FAILED, Caller, Fields, Part
from steelyard.venues.binance.errors import is_missing, taken
from steelyard.venues.binance.finding import ALGOS, ANYTHING, ORDERS
from steelyard.venues.binance.numbers import nearest_units
from steelyard.venues.binance.reports import Reports
from steelyard.venues.binance.symbols import Symbols
from steelyard.venues.binance.terms import Product
from steelyard.venues.binance.words import PerpBalance, PerpConfig, PerpPosition, SpotAccount
from steelyard.venues.native.dialect import Steps

_SPOT_ACCOUNT: Final = msgspec.json.Decoder(SpotAccount)
_BALANCES: Final = msgspec.json.Decoder(tuple[PerpBalance, ...])
_POSITIONS: Final = msgspec.json.Decoder(tuple[PerpPosition, ...])
_CONFIG: Final = msgspec.json.Decoder(PerpConfig)
_OPEN_PATH: Final = {Product.SPOT: "/api/v3/openOrders", Product.PERP: "/fapi/v1/openOrders"}
_CANCEL_ALL: Final[Mapping[Product, tuple[str, ...]]] = {
    Product.SPOT: ("/api/v3/openOrders",),
    Product.PERP: ("/fapi/v1/allOpenOrders", "/fapi/v1/algoOpenOrders"),
}


class Standing:
    """Asks how one account stands, and clears it of orders."""

    def __init__(self, caller: Caller, symbols: Symbols, reports: Reports) -> None:
        """All three are the account's."""
        self._caller, self._symbols, self._reports = caller, symbols, reports

    # --- orders ----------------------------------------------------------------------------------

    def open_orders(self) -> Steps:
        """Ask instrument by instrument: that is cheaper than all at once, up to dozens of them."""
        as_of_ns = self._caller.now_ns()
        orders: list[OrderReport] = []
        for place, product in enumerate(self._symbols.products):
            fields: Fields = {"symbol": self._symbols.symbols[place]}
            call = self._caller.signed(product, "GET", _OPEN_PATH[product], fields)
            listed = taken(product, ORDERS, (yield call), self._caller.now_ns())
            if isinstance(listed, FAILED):
                return listed
            told = [self._reports.order(product, one) for one in listed]
            if product is Product.PERP:
                call = self._caller.signed(product, "GET", "/fapi/v1/openAlgoOrders", fields)
                algos = taken(product, ALGOS, (yield call), self._caller.now_ns())
                if isinstance(algos, FAILED):
                    return algos
                told += [self._reports.algo(one) for one in algos]
            orders += [one for one in told if one is not None]
        return Success(value=OpenOrders(as_of_ns=as_of_ns, complete=True, orders=tuple(orders)))

    def cancel_all(self, instrument: int) -> Steps:
        """Cancel everything in one instrument, conditional orders included."""
        product = self._symbols.products[instrument]
        fields: Fields = {"symbol": self._symbols.symbols[instrument]}
        for path in _CANCEL_ALL[product]:
            call = self._caller.signed(product, "DELETE", path, fields, changes=True)
            done = taken(product, ANYTHING, (yield call), self._caller.now_ns())
            # Spot refuses where there is nothing to cancel: that is what was wanted.
            if isinstance(done, FAILED) and not is_missing(done):
                return done
        return Success()

    def guard(self, span_ns: int) -> Steps:
        """Count down to canceling the orders of each perpetual; conditional ones stay."""
        for place in self._symbols.places(Product.PERP):
            fields: Fields = {
                "symbol": self._symbols.symbols[place], "countdownTime": span_ns // 1_000_000,
            }  # fmt: skip
            call = self._caller.signed(
                Product.PERP, "POST", "/fapi/v1/countdownCancelAll", fields, changes=True
            )
            done = taken(Product.PERP, ANYTHING, (yield call), self._caller.now_ns())
            if isinstance(done, FAILED):
                return done
        return Success()

    # --- holdings --------------------------------------------------------------------------------

    def holdings(self) -> Steps:
        """Ask for coins, positions and both wallets."""
        as_of_ns = self._caller.now_ns()
        cash, hedged = Decimal(0), False
        positions: list[Holding] = []
        if self._symbols.by_product[Product.SPOT]:
            account = yield from self.spot_account()
            if isinstance(account, FAILED):
                return account
            coins, cash = self._reports.coins(account.balances)
            positions += coins
        if self._symbols.by_product[Product.PERP]:
            perp = yield from self._perp_wallet()
            if isinstance(perp, FAILED):
                return perp
            rows, wallet, hedged = perp
            positions += [held for row in rows if (held := self._reports.position(row))]
            cash += wallet
        decimals = self._symbols.instruments[0].money_decimals if self._symbols.instruments else 8
        return Success(
            value=Holdings(
                as_of_ns=as_of_ns, complete=True, positions=tuple(positions),
                cash=nearest_units(f"{cash:f}", decimals), hedged=hedged,
            )
        )  # fmt: skip

    def spot_account(self) -> Part[SpotAccount]:
        """Ask for the coins, and for what spot says of the account."""
        call = self._caller.signed(
            Product.SPOT, "GET", "/api/v3/account", {"omitZeroBalances": "true"}
        )
        return taken(Product.SPOT, _SPOT_ACCOUNT, (yield call), self._caller.now_ns())

    def balances(self) -> Part[tuple[PerpBalance, ...]]:
        """Ask for the wallet of the perpetuals."""
        answer = yield self._caller.signed(Product.PERP, "GET", "/fapi/v3/balance")
        return taken(Product.PERP, _BALANCES, answer, self._caller.now_ns())

    def config(self) -> Part[PerpConfig]:
        """Ask how the perpetuals are set."""
        answer = yield self._caller.signed(Product.PERP, "GET", "/fapi/v1/accountConfig")
        return taken(Product.PERP, _CONFIG, answer, self._caller.now_ns())

    def _perp_wallet(self) -> Part[tuple[tuple[PerpPosition, ...], Decimal, bool]]:
        perp = Product.PERP
        # The wallet first: a fill between two answers shows as a drift of one reading only.
        balances = yield from self.balances()
        if isinstance(balances, FAILED):
            return balances
        answer = yield self._caller.signed(perp, "GET", "/fapi/v3/positionRisk")
        rows = taken(perp, _POSITIONS, answer, self._caller.now_ns())
        if isinstance(rows, FAILED):
            return rows
        config = yield from self.config()
        if isinstance(config, FAILED):
            return config
        settle = {self._symbols.instruments[p].settle for p in self._symbols.places(perp)}
        cash = sum((Decimal(one.balance) for one in balances if one.asset in settle), Decimal(0))
        return rows, cash, config.dual_side_position
