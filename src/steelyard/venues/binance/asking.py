"""Questions about an account: orders, open orders, holdings, and what the key may do.

Rule 1: an answer about the account covers both products where both are in use, or it is none.
Rule 2: an order of the perpetuals is looked for among the orders and among the conditional ones;
only where neither knows it, it is NO_ORDER.
Rule 3: nothing here changes anything at the venue.
"""

from collections.abc import Generator
from decimal import Decimal
from typing import Final, TypeAlias, TypeVar

import msgspec

from steelyard.model.instruments import rate
from steelyard.model.reports import (
    Fault,
    Holding,
    Holdings,
    OpenOrders,
    OrderFound,
    OrderReport,
    Refusal,
    Reply,
    Success,
    TradeReport,
    Unclear,
)
from steelyard.venues.binance.calls import Caller, Fields
from steelyard.venues.binance.errors import taken
from steelyard.venues.binance.known import Known
from steelyard.venues.binance.numbers import nearest_units
from steelyard.venues.binance.reports import Reports
from steelyard.venues.binance.symbols import Symbols
from steelyard.venues.binance.terms import Product
from steelyard.venues.binance.words import (
    Algo,
    CommissionRate,
    Order,
    PerpBalance,
    PerpConfig,
    PerpPosition,
    PerpTrade,
    Restrictions,
    SpotAccount,
    SpotTrade,
    SymbolConfig,
)
from steelyard.venues.native.dialect import Call, Permission, Profile, Steps
from steelyard.wire.http import Answer

T = TypeVar("T")
Part: TypeAlias = Generator[Call, Answer, T | Refusal | Unclear]
"""A part of a conversation: its value, or why there is none."""

ORDER: Final = msgspec.json.Decoder(Order)
ALGO: Final = msgspec.json.Decoder(Algo)
_ORDERS: Final = msgspec.json.Decoder(tuple[Order, ...])
_ALGOS: Final = msgspec.json.Decoder(tuple[Algo, ...])
SPOT_TRADES: Final = msgspec.json.Decoder(tuple[SpotTrade, ...])
PERP_TRADES: Final = msgspec.json.Decoder(tuple[PerpTrade, ...])
_SPOT_ACCOUNT: Final = msgspec.json.Decoder(SpotAccount)
_BALANCES: Final = msgspec.json.Decoder(tuple[PerpBalance, ...])
_POSITIONS: Final = msgspec.json.Decoder(tuple[PerpPosition, ...])
_CONFIG: Final = msgspec.json.Decoder(PerpConfig)
_SYMBOLS: Final = msgspec.json.Decoder(tuple[SymbolConfig, ...])
_RATE: Final = msgspec.json.Decoder(CommissionRate)
_RESTRICTIONS: Final = msgspec.json.Decoder(Restrictions)

FAILED: Final = (Refusal, Unclear)
ORDER_PATH: Final = {Product.SPOT: "/api/v3/order", Product.PERP: "/fapi/v1/order"}
ALGO_PATH: Final = "/fapi/v1/algoOrder"
_OPEN_PATH: Final = {Product.SPOT: "/api/v3/openOrders", Product.PERP: "/fapi/v1/openOrders"}
TRADES_PATH: Final = {Product.SPOT: "/api/v3/myTrades", Product.PERP: "/fapi/v1/userTrades"}
PAGE: Final = 1000


class Asking:
    """The questions of one account."""

    def __init__(self, caller: Caller, symbols: Symbols, known: Known, reports: Reports) -> None:
        """Ask by `caller`, about these."""
        self._caller, self._symbols, self._known = caller, symbols, known
        self._reports = reports

    # --- one order -------------------------------------------------------------------------------

    def order(self, client_id: str, instrument: int) -> Steps:
        """Ask for an order in every namespace it could live in."""
        product = self._symbols.products[instrument]
        symbol = self._symbols.symbols[instrument]
        fields: Fields = {"symbol": symbol, "origClientOrderId": client_id}
        homes = [self._find_order(product, fields)]
        if product is Product.PERP:
            homes.append(self._find_algo(client_id))
            if self._known.is_algo(client_id):
                homes.reverse()
        missing: Refusal | None = None
        for home in homes:
            found = yield from home
            if not isinstance(found, FAILED):
                return Success(value=found)
            if not is_missing(found):
                return found
            missing = found if isinstance(found, Refusal) else missing
        return missing or Unclear(text="nobody was asked")

    def _find_order(self, product: Product, fields: Fields) -> Part[OrderFound]:
        call = self._caller.signed(product, "GET", ORDER_PATH[product], fields)
        order = taken(product, ORDER, (yield call), self._caller.now_ns())
        if isinstance(order, FAILED):
            return order
        report = self._reports.order(product, order)
        if report is None:
            return Unclear(text=f"the venue answered about {order.symbol}")
        return (yield from self._with_trades(product, report, order.symbol, order.order_id))

    def _find_algo(self, client_id: str) -> Part[OrderFound]:
        """Ask for a conditional order, and for the order it became."""
        call = self._caller.signed(Product.PERP, "GET", ALGO_PATH, {"clientAlgoId": client_id})
        algo = taken(Product.PERP, ALGO, (yield call), self._caller.now_ns())
        if isinstance(algo, FAILED):
            return algo
        report = self._reports.algo(algo)
        if report is None:
            return Unclear(text=f"the venue answered about {algo.symbol}")
        if not str(algo.actual_order_id).isdecimal():
            return OrderFound(report=report)
        fields: Fields = {"symbol": algo.symbol, "orderId": int(algo.actual_order_id)}
        became = yield from self._find_order(Product.PERP, fields)
        if isinstance(became, FAILED):
            # It triggered a moment ago and is not listed yet: what it filled is not known.
            return Unclear(text=f"order {algo.actual_order_id} of {client_id}: {became.text}")
        return msgspec.structs.replace(
            became, report=msgspec.structs.replace(became.report, trigger=report.trigger)
        )

    def _with_trades(
        self, product: Product, report: OrderReport, symbol: str, order: int
    ) -> Part[OrderFound]:
        if not report.filled:
            return OrderFound(report=report)
        fields: Fields = {"symbol": symbol, "orderId": order, "limit": PAGE}
        answer = yield self._caller.signed(product, "GET", TRADES_PATH[product], fields)
        trades: list[TradeReport] = []
        if product is Product.SPOT:
            spot = taken(product, SPOT_TRADES, answer, self._caller.now_ns())
            if isinstance(spot, FAILED):
                return spot
            told = [self._reports.spot_trade(one, report.client_id) for one in spot]
        else:
            perp = taken(product, PERP_TRADES, answer, self._caller.now_ns())
            if isinstance(perp, FAILED):
                return perp
            told = [self._reports.perp_trade(one, report.client_id) for one in perp]
        trades = [one for one in told if one is not None]
        complete = sum(one.quantity for one in trades) == report.filled
        return OrderFound(report=report, trades=tuple(trades), complete=complete)

    # --- all open orders -------------------------------------------------------------------------

    def open_orders(self) -> Steps:
        """Ask instrument by instrument: that is cheaper than all at once, up to dozens of them."""
        as_of_ns = self._caller.now_ns()
        orders: list[OrderReport] = []
        for place, product in enumerate(self._symbols.products):
            fields: Fields = {"symbol": self._symbols.symbols[place]}
            call = self._caller.signed(product, "GET", _OPEN_PATH[product], fields)
            listed = taken(product, _ORDERS, (yield call), self._caller.now_ns())
            if isinstance(listed, FAILED):
                return listed
            told = [self._reports.order(product, one) for one in listed]
            if product is Product.PERP:
                call = self._caller.signed(product, "GET", "/fapi/v1/openAlgoOrders", fields)
                algos = taken(product, _ALGOS, (yield call), self._caller.now_ns())
                if isinstance(algos, FAILED):
                    return algos
                told += [self._reports.algo(one) for one in algos]
            orders += [one for one in told if one is not None]
        return Success(value=OpenOrders(as_of_ns=as_of_ns, complete=True, orders=tuple(orders)))

    # --- holdings --------------------------------------------------------------------------------

    def holdings(self) -> Steps:
        """Ask for coins, positions and both wallets."""
        as_of_ns = self._caller.now_ns()
        cash, hedged = Decimal(0), False
        positions: list[Holding] = []
        if self._symbols.by_product[Product.SPOT]:
            account = yield from self._spot_account()
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

    def _spot_account(self) -> Part[SpotAccount]:
        call = self._caller.signed(
            Product.SPOT, "GET", "/api/v3/account", {"omitZeroBalances": "true"}
        )
        return taken(Product.SPOT, _SPOT_ACCOUNT, (yield call), self._caller.now_ns())

    def _perp_wallet(self) -> Part[tuple[tuple[PerpPosition, ...], Decimal, bool]]:
        perp = Product.PERP
        # The wallet first: a fill between two answers shows as a drift of one reading only.
        answer = yield self._caller.signed(perp, "GET", "/fapi/v3/balance")
        balances = taken(perp, _BALANCES, answer, self._caller.now_ns())
        if isinstance(balances, FAILED):
            return balances
        answer = yield self._caller.signed(perp, "GET", "/fapi/v3/positionRisk")
        rows = taken(perp, _POSITIONS, answer, self._caller.now_ns())
        if isinstance(rows, FAILED):
            return rows
        config = yield from self._config()
        if isinstance(config, FAILED):
            return config
        settle = {self._symbols.instruments[p].settle for p in self._symbols.places(perp)}
        cash = sum((Decimal(one.balance) for one in balances if one.asset in settle), Decimal(0))
        return rows, cash, config.dual_side_position

    def _config(self) -> Part[PerpConfig]:
        answer = yield self._caller.signed(Product.PERP, "GET", "/fapi/v1/accountConfig")
        return taken(Product.PERP, _CONFIG, answer, self._caller.now_ns())

    # --- the profile -----------------------------------------------------------------------------

    def profile(self) -> Steps:
        """Ask what the key may do and how the account stands."""
        rights = yield from self._restrictions()
        if isinstance(rights, FAILED):
            return rights
        notes: list[str] = []
        fees: dict[str, tuple[int, int]] = {}
        user, hedged, margin = "", False, "cash"
        if self._symbols.by_product[Product.SPOT]:
            account = yield from self._spot_account()
            if isinstance(account, FAILED):
                return account
            user = str(account.uid or "")
            if not account.can_trade:
                notes.append("spot trading is switched off for this account")
            self._spot_fees(account, fees)
        if self._symbols.by_product[Product.PERP]:
            stand = yield from self._perp_stand(fees, notes)
            if isinstance(stand, FAILED):
                return stand
            hedged, margin, alias = stand
            user = user or alias
        permissions, addresses = _rights(rights, self._symbols, notes)
        return Success(
            value=Profile(
                user=user, permissions=permissions, known=rights is not None, hedged=hedged,
                margin_mode=margin, addresses=addresses, fees=fees, notes=tuple(notes),
            )
        )  # fmt: skip

    def _restrictions(self) -> Part[Restrictions | None]:
        """Ask the wallet system; a testnet has none, and its keys cannot withdraw anything."""
        if not self._caller.has("wallet"):
            return None
        answer = yield self._caller.signed("wallet", "GET", "/sapi/v1/account/apiRestrictions")
        return taken(Product.SPOT, _RESTRICTIONS, answer, self._caller.now_ns())

    def _spot_fees(self, account: SpotAccount, fees: dict[str, tuple[int, int]]) -> None:
        if account.commission_rates is not None:
            rates = (
                int(rate(account.commission_rates.maker)),
                int(rate(account.commission_rates.taker)),
            )
            for place in self._symbols.places(Product.SPOT):
                fees[self._symbols.instruments[place].name] = rates

    def _perp_stand(
        self, fees: dict[str, tuple[int, int]], notes: list[str]
    ) -> Part[tuple[bool, str, str]]:
        """Return (hedged, margin mode, name of the account)."""
        perp = Product.PERP
        config = yield from self._config()
        if isinstance(config, FAILED):
            return config
        if config.multi_assets_margin:
            notes.append(
                "multi-assets margin is on: set it to single-asset in the venue's settings"
            )
        if not config.can_trade:
            notes.append("futures trading is switched off for this account")
        answer = yield self._caller.signed(perp, "GET", "/fapi/v3/balance")
        balances = taken(perp, _BALANCES, answer, self._caller.now_ns())
        if isinstance(balances, FAILED):
            return balances
        answer = yield self._caller.signed(perp, "GET", "/fapi/v1/symbolConfig")
        configs = taken(perp, _SYMBOLS, answer, self._caller.now_ns())
        if isinstance(configs, FAILED):
            return configs
        modes = {one.margin_type for one in configs if self._symbols.find(perp, one.symbol) >= 0}
        for place in self._symbols.places(perp):
            fields: Fields = {"symbol": self._symbols.symbols[place]}
            answer = yield self._caller.signed(perp, "GET", "/fapi/v1/commissionRate", fields)
            rates = taken(perp, _RATE, answer, self._caller.now_ns())
            if isinstance(rates, FAILED):
                return rates
            fees[self._symbols.instruments[place].name] = (
                int(rate(rates.maker_commission_rate)), int(rate(rates.taker_commission_rate)),
            )  # fmt: skip
        margin = {"CROSSED": "cross", "ISOLATED": "isolated"}.get(
            modes.pop() if len(modes) == 1 else ""
        )
        alias = balances[0].account_alias if balances else ""
        return config.dual_side_position, margin or "", alias


def is_missing(reply: Reply) -> bool:
    """Say whether a reply means that no such order is known there."""
    return isinstance(reply, Refusal) and reply.fault is Fault.NO_ORDER


def _rights(
    rights: Restrictions | None, symbols: Symbols, notes: list[str]
) -> tuple[frozenset[Permission], tuple[str, ...]]:
    if rights is None:
        return frozenset({Permission.READ, Permission.TRADE}), ()
    found = {Permission.READ} if rights.enable_reading else set()
    spot = rights.enable_spot_and_margin_trading or not symbols.by_product[Product.SPOT]
    perp = rights.enable_futures or not symbols.by_product[Product.PERP]
    if spot and perp:
        found.add(Permission.TRADE)
    else:
        notes.append(
            "the key may not trade "
            + ("spot" if not spot else "futures")
            + ": allow it at the venue"
        )
    if rights.enable_withdrawals:
        found.add(Permission.WITHDRAW)
    if rights.enable_internal_transfer or rights.permits_universal_transfer:
        found.add(Permission.TRANSFER)
    if not rights.ip_restrict:
        notes.append("the key is bound to no address: bind it to this machine's")
        return frozenset(found), ()
    return frozenset(found), ("bound at the venue, which does not tell to which",)
