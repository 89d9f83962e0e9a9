"""The account over REST: coins, margin, positions, modes, leverage, fees, bills."""

from decimal import Decimal
from typing import Any, Final

from steelyard.exchange.bitget import placing
from steelyard.exchange.bitget.errors import Fault, refused
from steelyard.exchange.bitget.listing import symbol_of
from steelyard.exchange.bitget.reading import PRODUCT_TYPE, Asked
from steelyard.exchange.bitget.words import BUSINESS, MODES, Words, number
from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.port import Hall
from steelyard.exchange.hall.words import EVERY, Permission, Product, Refused, Why

PERP: Final = Product.PERP
_MAY: Final = {
    Permission.READ: ("coor", "cpor", "stor", "wtor"),
    Permission.TRADE: ("coow", "cpow", "stow"),
    Permission.WITHDRAW: ("wwow", "wtow"),
}
_HEDGE: Final = {"hedge_mode": True, "one_way_mode": False}
_WALLETS: Final = {"spot": Product.SPOT, "usdt_futures": Product.PERP}


class Account:
    """Answers requests about the account."""

    def __init__(self, hall: Hall, words: Words) -> None:
        """Ask this hall."""
        self._hall, self._words = hall, words

    # --- spot ------------------------------------------------------------------------------------

    def info(self, asked: Asked, member: Member) -> Any:
        may = [word for one in sorted(member.permissions) for word in _MAY[one]]
        return {
            "userId": member.user, "inviterId": "", "ips": ",".join(member.addresses),
            "authorities": may, "parentId": int(member.user), "traderType": "not_trader",
            "channelCode": "", "channel": "", "regisTime": "1700000000000",
        }  # fmt: skip

    def assets(self, asked: Asked, member: Member) -> Any:
        wanted = asked.text("coin", "").upper()
        every = asked.text("assetType", "hold_only") == "all"
        return [
            self._words.coin(coin, self._hall.now_ns())
            for coin in self._hall.coins(member.number)
            if (not wanted or coin.asset == wanted) and (every or coin.total or wanted)
        ]

    def fee(self, asked: Asked, member: Member) -> Any:
        business = asked.text("businessType", asked.text("business", "spot")).lower()
        product = PERP if business == "mix" else Product.SPOT
        maker, taker = self._hall.fees(member.number, asked.instrument(product))
        return {"makerFeeRate": _rate(maker), "takerFeeRate": _rate(taker)}

    def transfer(self, asked: Asked, member: Member) -> Any:
        source, target = asked.one_of("fromType", _WALLETS), asked.one_of("toType", _WALLETS)
        if source == target or asked.text("coin").upper() != "USDT":
            raise Fault("40020", "Parameter toType error")
        done = self._hall.transfer(member.number, asked.decimal("amount"), target)
        if isinstance(done, Refused):
            raise refused(done, Product.SPOT)
        return {"transferId": str(done), "clientOid": asked.text("clientOid", "")}

    # --- futures ---------------------------------------------------------------------------------

    def single(self, asked: Asked, member: Member) -> Any:
        asked.product_type()
        place = asked.instrument(PERP)
        return self._wallet(member) | self._settings(member, place)

    def wallets(self, asked: Asked, member: Member) -> Any:
        return [self._wallet(member)] if asked.product_type() == PRODUCT_TYPE else []

    def _wallet(self, member: Member) -> dict[str, str]:
        return self._words.wallet(self._hall.margin(member.number))

    def _settings(self, member: Member, place: int) -> dict[str, Any]:
        leverage = self._hall.leverage(member.number, place)
        return {
            "crossedMarginLeverage": leverage, "isolatedLongLever": leverage,
            "isolatedShortLever": leverage,
            "marginMode": MODES[self._hall.margin_mode(member.number, place)],
            "posMode": _mode(self._hall.hedged(member.number)),
        }  # fmt: skip

    def positions(self, asked: Asked, member: Member) -> Any:
        if asked.product_type() != PRODUCT_TYPE:
            return []
        place = asked.any_instrument(PERP)
        held = self._hall.positions(member.number, instrument=place)
        return [self._words.position(one) for one in held if one.quantity]

    def set_leverage(self, asked: Asked, member: Member) -> Any:
        placing.may_trade(member, PERP)
        asked.product_type()
        place = asked.instrument(PERP)
        wanted = asked.text("leverage", asked.text("longLeverage", ""))
        if not wanted.isdecimal() or not int(wanted):
            raise Fault("40020", "Parameter leverage error")
        done = self._hall.set_leverage(member.number, place, int(wanted))
        if isinstance(done, Refused) and done.why != Why.SAME:
            raise refused(done, PERP)
        return {
            "symbol": symbol_of(self._hall.instruments[place]), "marginCoin": "USDT",
            "longLeverage": wanted, "shortLeverage": wanted, "crossMarginLeverage": wanted,
            "marginMode": MODES[self._hall.margin_mode(member.number, place)],
        }  # fmt: skip

    def set_margin_mode(self, asked: Asked, member: Member) -> Any:
        placing.may_trade(member, PERP)
        asked.product_type()
        place = asked.instrument(PERP)
        mode = asked.one_of("marginMode", placing.MARGINS)
        done = self._hall.set_margin_mode(member.number, place, mode)
        if isinstance(done, Refused) and done.why != Why.SAME:
            raise refused(done, PERP, mode=True)
        leverage = str(self._hall.leverage(member.number, place))
        return {
            "symbol": symbol_of(self._hall.instruments[place]), "marginCoin": "USDT",
            "longLeverage": leverage, "shortLeverage": leverage, "marginMode": MODES[mode],
        }  # fmt: skip

    def set_position_mode(self, asked: Asked, member: Member) -> Any:
        placing.may_trade(member, PERP)
        asked.product_type()
        hedged = asked.one_of("posMode", _HEDGE)
        done = self._hall.set_hedged(member.number, hedged)
        if isinstance(done, Refused) and done.why != Why.SAME:
            raise refused(done, PERP)
        return {"posMode": _mode(hedged)}

    def bills(self, asked: Asked, member: Member) -> Any:
        if asked.product_type() != PRODUCT_TYPE:
            return {"bills": [], "endId": None}
        wanted = asked.text("businessType", "")
        kinds = {word: kind for kind, word in BUSINESS.items()}
        start_ns, end_ns = asked.span()
        if wanted and wanted not in kinds:
            return {"bills": [], "endId": None}
        found = self._hall.income(
            member.number, kind=kinds.get(wanted, ""), product=PERP,
            instrument=asked.any_instrument(PERP) if asked.has("symbol") else EVERY,
            from_ns=start_ns, to_ns=end_ns, before=asked.number("idLessThan"),
            limit=asked.limit(default=20), newest=True,
        )  # fmt: skip
        rows = [self._words.bill(one) for one in reversed(found)]
        return {"bills": rows, "endId": rows[-1]["billId"] if rows else None}


def _mode(hedged: bool) -> str:
    return "hedge_mode" if hedged else "one_way_mode"


def _rate(rate: int) -> str:
    return number(Decimal(rate).scaleb(-8))
