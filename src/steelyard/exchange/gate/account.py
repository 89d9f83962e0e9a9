"""What Gate tells and changes of an account: wallets, positions, settings, fees, the account book.

Rule 1: in hedged mode positions are told and set under `dual_comp`; asked for under the other name
they are refused, and the other way round.
Rule 2: leverage 0 stands for cross margin, its limit beside it; any other leverage is isolated.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from steelyard.exchange.gate import errors, parameters, words
from steelyard.exchange.gate.errors import GateError, invalid, missing
from steelyard.exchange.gate.futures import PerpDesk
from steelyard.exchange.gate.listing import symbol_of
from steelyard.exchange.gate.spot import SpotDesk
from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.port import Hall
from steelyard.exchange.hall.words import Product, Refused
from steelyard.model.decimals import format_decimal
from steelyard.model.instruments import rate_decimal

_SECOND_NS: Final = 10**9
_CLASSIC: Final = 1
_KINDS: Final = {"fund": "funding", "fee": "fee", "pnl": "profit", "dnw": "transfer"}
GUARD_S_MIN: Final = 5


class AccountDesk:
    """Answers what is about accounts. Every call may raise GateError."""

    def __init__(self, hall: Hall) -> None:
        """Ask this hall."""
        self._hall = hall

    def detail(self, member: Member) -> dict[str, Any]:
        """Return the account behind a key."""
        return {
            "user_id": int(member.user),
            "ip_whitelist": list(member.addresses),
            "currency_pairs": [],
            "key": {"mode": _CLASSIC},
            "tier": 0,
            "copy_trading_role": 0,
        }

    def spot_wallet(self, member: Member, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return the coins."""
        wanted = query.get("currency")
        return [
            {
                "currency": coin.asset,
                "available": format_decimal(coin.free),
                "locked": format_decimal(coin.locked),
                "update_id": 1,
            }
            for coin in self._hall.coins(member.number)
            if not wanted or coin.asset == wanted
        ]

    def spot_book(self, member: Member, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return what changed the coins."""
        start, end = parameters.span_of(query)
        rows = self._hall.income(member.number, product=Product.SPOT, from_ns=start, to_ns=end)
        found = [
            {
                "id": str(row.number),
                "time": row.ts_ns // 10**6,
                "currency": row.asset,
                "change": format_decimal(row.amount),
                "balance": "0",
                "type": "order_fee" if row.kind == "fee" else row.kind,
            }
            for row in reversed(rows)
        ]
        return parameters.page_of(found, query, parameters.limit_of(query))

    def rates(self, member: Member, query: Mapping[str, str]) -> dict[str, Any]:
        """Return the account's fee rates."""
        spot = parameters.places_of(self._hall, Product.SPOT)[0][0]
        if query.get("currency_pair"):
            spot = parameters.place_of(self._hall, query["currency_pair"], Product.SPOT)
        perp = parameters.places_of(self._hall, Product.PERP)[0][0]
        maker, taker = map(_rate, self._hall.fees(member.number, spot))
        perp_maker, perp_taker = map(_rate, self._hall.fees(member.number, perp))
        return {
            "user_id": int(member.user),
            "taker_fee": taker,
            "maker_fee": maker,
            "futures_taker_fee": perp_taker,
            "futures_maker_fee": perp_maker,
            "delivery_taker_fee": perp_taker,
            "delivery_maker_fee": perp_maker,
            "gt_discount": False,
            "gt_taker_fee": "0",
            "gt_maker_fee": "0",
            "loan_fee": "0.18",
            "point_type": "1",
            "currency_pair": query.get("currency_pair", ""),
        }

    def perp_rates(self, member: Member) -> dict[str, Any]:
        """Return the account's fee rates by contract."""
        found = {}
        for place, instrument in parameters.places_of(self._hall, Product.PERP):
            maker, taker = self._hall.fees(member.number, place)
            found[symbol_of(instrument)] = {"taker_fee": _rate(taker), "maker_fee": _rate(maker)}
        return found

    def transfer(self, member: Member, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Move money between the wallets."""
        amount = parameters.decimal_of(fields, "amount")
        ways = {("spot", "futures"): Product.PERP, ("futures", "spot"): Product.SPOT}
        to = ways.get((str(fields.get("from")), str(fields.get("to"))))
        if to is None or str(fields.get("currency", "")).upper() != "USDT":
            raise invalid("to", fields.get("to"))
        moved = self._hall.transfer(member.number, amount, to)
        if isinstance(moved, Refused):
            raise errors.of(moved, Product.SPOT)
        return {"tx_id": moved}

    # --- contracts -------------------------------------------------------------------------------

    def perp_wallet(self, member: Member) -> dict[str, Any]:
        """Return the wallet of contracts."""
        margin = self._hall.margin(member.number)
        return words.perp_account(member, margin, hedged=self._hall.hedged(member.number))

    def perp_book(self, member: Member, query: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return what changed the wallet of contracts, newest first."""
        start, end = parameters.span_of(query)
        kind = query.get("type", "")
        if kind and kind not in _KINDS:
            return []
        rows = self._hall.income(
            member.number, kind=_KINDS.get(kind, ""), product=Product.PERP,
            instrument=parameters.some_place(self._hall, query, "contract", Product.PERP),
            from_ns=start, to_ns=end,
        )  # fmt: skip
        balance = format_decimal(self._hall.margin(member.number).wallet)
        found = [words.book_row(self._hall, row, balance) for row in reversed(rows)]
        return parameters.page_of(found, query, parameters.limit_of(query))

    def positions(
        self, member: Member, query: Mapping[str, str], *, decimal: bool
    ) -> list[dict[str, Any]]:
        """Return all positions; flat ones too, unless only held ones are wanted."""
        flat = not parameters.flag_of(query, "holding")
        held = self._hall.positions(member.number, flat=flat)
        told = [words.position(self._hall, member, one, decimal=decimal) for one in held]
        return parameters.page_of(told, query, parameters.limit_of(query, 1000))

    def position(
        self, member: Member, symbol: str, *, dual: bool, decimal: bool
    ) -> dict[str, Any] | list[dict[str, Any]]:
        """Return the position, or in hedged mode both, of a contract."""
        place = parameters.place_of(self._hall, symbol, Product.PERP)
        self._fits(member, dual=dual)
        held = self._hall.positions(member.number, instrument=place, flat=True)
        rows = [words.position(self._hall, member, one, decimal=decimal) for one in held]
        if dual:
            return rows
        if not rows:
            raise GateError("POSITION_NOT_FOUND", f"no position in {symbol}")
        return rows[0]

    def set_leverage(
        self, member: Member, symbol: str, query: Mapping[str, str], *, dual: bool, decimal: bool
    ) -> dict[str, Any] | list[dict[str, Any]]:
        """Set leverage, and with it the margin mode."""
        place = parameters.place_of(self._hall, symbol, Product.PERP)
        self._fits(member, dual=dual)
        if "leverage" not in query:
            raise missing("leverage")
        leverage = int(parameters.decimal_of(query, "leverage"))
        isolated = leverage != 0
        if not isolated:
            leverage = int(parameters.decimal_of(query, "cross_leverage_limit", "0"))
        if leverage < 1:
            raise GateError("LEVERAGE_TOO_LOW", f"leverage was {leverage}")
        mode = "isolated" if isolated else "cross"
        if self._hall.margin_mode(member.number, place) != mode:
            changed = self._hall.set_margin_mode(member.number, place, mode)
            if isinstance(changed, Refused):
                raise errors.of(changed, Product.PERP)
        if self._hall.leverage(member.number, place) != leverage:
            found = self._hall.set_leverage(member.number, place, leverage)
            if isinstance(found, Refused):
                raise errors.of(found, Product.PERP)
        return self.position(member, symbol, dual=dual, decimal=decimal)

    def set_hedged(self, member: Member, hedged: bool) -> dict[str, Any]:
        """Set the position mode."""
        found = self._hall.set_hedged(member.number, hedged)
        if isinstance(found, Refused):
            raise errors.of(found, Product.PERP)
        return self.perp_wallet(member)

    def guard(self, member: Member, fields: Mapping[str, Any], product: Product) -> dict[str, Any]:
        """Arm the countdown that cancels all orders; 0 ends it."""
        timeout = int(parameters.decimal_of(fields, "timeout"))
        if timeout != 0 and timeout < GUARD_S_MIN:
            raise invalid("timeout", timeout)
        name = "currency_pair" if product == Product.SPOT else "contract"
        place = parameters.some_place(self._hall, fields, name, product)
        at_ns = self._hall.guard(
            member.number, timeout * _SECOND_NS, product=product, instrument=place
        )
        return {"triggerTime": str(at_ns // 10**6)}

    def total(self, member: Member) -> dict[str, Any]:
        """Return what the wallets are worth, in money alone."""
        coins = {coin.asset: coin.total for coin in self._hall.coins(member.number)}
        spot = coins.get("USDT", Decimal(0))
        futures = self._hall.margin(member.number).equity
        return {
            "details": {
                "spot": {"currency": "USDT", "amount": format_decimal(spot)},
                "futures": {"currency": "USDT", "amount": format_decimal(futures)},
            },
            "total": {"currency": "USDT", "amount": format_decimal(spot + futures)},
        }

    def _fits(self, member: Member, *, dual: bool) -> None:
        if self._hall.hedged(member.number) != dual:
            mode = "dual" if not dual else "single"
            raise GateError("POSITION_DUAL_MODE", f"the account is in {mode} mode")


class Desks:
    """Everybody who answers for one hall."""

    def __init__(self, hall: Hall) -> None:
        """Open them."""
        self.hall = hall
        self.spot, self.perp, self.account = SpotDesk(hall), PerpDesk(hall), AccountDesk(hall)


def _rate(rate: int) -> str:
    return format_decimal(rate_decimal(rate))
