"""What the key may do, position mode, leverage, fees.

Rule 1: an answer about the account covers both products where both are in use, or it is none.
Rule 2: a setting that stands already is no failure.
"""

from typing import Final

import msgspec

from steelyard.model import reasons
from steelyard.model.instruments import rate
from steelyard.model.reports import Fault, Refusal, Reply, Success
from steelyard.venues.binance.calls import FAILED, Caller, Fields, Part
from steelyard.venues.binance.errors import taken
from steelyard.venues.binance.finding import ANYTHING
from steelyard.venues.binance.standing import Standing
from steelyard.venues.binance.symbols import Symbols
from steelyard.venues.binance.terms import Product
from steelyard.venues.binance.words import CommissionRate, Restrictions, SpotAccount, SymbolConfig
from steelyard.venues.native.dialect import Permission, Profile, Steps

_SYMBOLS: Final = msgspec.json.Decoder(tuple[SymbolConfig, ...])
_RATE: Final = msgspec.json.Decoder(CommissionRate)
_RESTRICTIONS: Final = msgspec.json.Decoder(Restrictions)
_UNCHANGED: Final = ("-4059 ", "-4046 ")


class Settings:
    """Asks for and changes the settings of one account."""

    def __init__(self, caller: Caller, symbols: Symbols, standing: Standing) -> None:
        """All three are the account's."""
        self._caller, self._symbols, self._standing = caller, symbols, standing

    def profile(self) -> Steps:
        """Ask what the key may do and how the account stands."""
        rights = yield from self._restrictions()
        if isinstance(rights, FAILED):
            return rights
        notes: list[str] = []
        fees: dict[str, tuple[int, int]] = {}
        user, hedged, margin = "", False, "cash"
        if self._symbols.by_product[Product.SPOT]:
            account = yield from self._standing.spot_account()
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

    def set_hedged(self, hedged: bool) -> Steps:
        """Set the position mode of the perpetuals; spot has none."""
        if not self._symbols.by_product[Product.PERP]:
            return _only(not hedged, "spot has no hedged mode")
        word = "true" if hedged else "false"
        done = yield from self._set("/fapi/v1/positionSide/dual", {"dualSidePosition": word})
        return done

    def set_leverage(self, instrument: int, leverage: int) -> Steps:
        """Set the leverage of a perpetual; spot has none."""
        if self._symbols.products[instrument] is Product.SPOT:
            return _only(leverage == 1, "spot has no leverage")
        symbol = self._symbols.symbols[instrument]
        done = yield from self._set("/fapi/v1/leverage", {"symbol": symbol, "leverage": leverage})
        return done

    # --- inside ----------------------------------------------------------------------------------

    def _set(self, path: str, fields: Fields) -> Steps:
        call = self._caller.signed(Product.PERP, "POST", path, fields, changes=True)
        done = taken(Product.PERP, ANYTHING, (yield call), self._caller.now_ns())
        if isinstance(done, Refusal) and done.text.startswith(_UNCHANGED):
            return Success()
        return done if isinstance(done, FAILED) else Success()

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
        config = yield from self._standing.config()
        if isinstance(config, FAILED):
            return config
        if config.multi_assets_margin:
            notes.append(
                "multi-assets margin is on: set it to single-asset in the venue's settings"
            )
        if not config.can_trade:
            notes.append("futures trading is switched off for this account")
        balances = yield from self._standing.balances()
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


def _only(fits: bool, text: str) -> Reply:
    return (
        Success() if fits
        else Refusal(fault=Fault.MODE, code=reasons.VENUE_MODE, text=text)
    )  # fmt: skip
