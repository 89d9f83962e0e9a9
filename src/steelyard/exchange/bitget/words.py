"""What the hall knows, in Bitget's words.

Rule 1: numbers are texts without an exponent; times are texts of milliseconds.
Rule 2: in hedged mode orders, and trades over REST, name the position by `side`; the `fill` channel
names what was done. In one-way mode `side` is what was done.
"""

from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from steelyard.exchange.bitget.listing import symbol_of
from steelyard.exchange.hall.accounts import Coin, Income, Margin, Position
from steelyard.exchange.hall.port import Hall
from steelyard.exchange.hall.words import Condition, Fill, HallOrder, Product, Stage, Status, Why
from steelyard.model.decimals import format_decimal, format_units
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import BUY, FOK, IOC, LIMIT, MAKER, POST_ONLY, SHORT

_MS_NS: Final = 1_000_000
_FORCES: Final = {POST_ONLY: "post_only", IOC: "ioc", FOK: "fok"}
MODES: Final = {"cross": "crossed", "isolated": "isolated"}
_STAGES: Final = {
    Stage.FILLED: "filled", Stage.CANCELED: "canceled", Stage.EXPIRED: "canceled",
    Stage.REJECTED: "canceled",
}  # fmt: skip
_PLAN_STAGES: Final = {
    Stage.WAITING: "live", Stage.TRIGGERED: "executed", Stage.CANCELED: "cancelled",
    Stage.EXPIRED: "cancelled", Stage.REJECTED: "fail_execute",
}  # fmt: skip
_PLAN_SHORT: Final = {
    "normal_plan": "pl", "loss_plan": "sl", "profit_plan": "tp", "pos_loss": "psl",
    "pos_profit": "ptp", "track_plan": "track", "moving_plan": "mtpsl",
}  # fmt: skip
SPOT_STATUSES: Final = {
    Status.TRADING: "online", Status.POST_ONLY: "online", Status.CLOSED: "offline",
}  # fmt: skip
MIX_STATUSES: Final = {
    Status.TRADING: "normal", Status.POST_ONLY: "normal", Status.CANCEL_ONLY: "limit_open",
    Status.CLOSED: "off",
}  # fmt: skip


def ms(ts_ns: int) -> str:
    """Spell a time."""
    return str(ts_ns // _MS_NS)


def number(value: Decimal) -> str:
    """Spell a number."""
    return format_decimal(value)


def price_of(instrument: Instrument, price: int) -> str:
    """Spell a price."""
    return _spelt(price, instrument.price_decimals)


def size_of(instrument: Instrument, quantity: int) -> str:
    """Spell a quantity."""
    return _spelt(quantity, instrument.quantity_decimals)


def fee_of(instrument: Instrument, what: Fill | HallOrder) -> tuple[str, str]:
    """Spell the coin that a fee was taken in, and the fee: what was paid is negative."""
    coin, paid = what.fee_in(instrument)
    return coin, number(-paid)


def money_of(instrument: Instrument, money: int) -> str:
    """Spell an amount."""
    return format_units(money, instrument.money_decimals)


@lru_cache(maxsize=65_536)
def _spelt(units: int, decimals: int) -> str:
    """Spell a level: a book says the same ones again and again."""
    return format_units(units, decimals)


def force_of(flags: int) -> str:
    """Return the time in force."""
    return next((word for flag, word in _FORCES.items() if flags & flag), "gtc")


class Words:
    """The hall's values as dictionaries."""

    def __init__(self, hall: Hall) -> None:
        """Speak about this hall."""
        self._hall = hall

    def one(self, place: int) -> Instrument:
        """Return an instrument."""
        return self._hall.instruments[place]

    def is_spot(self, place: int) -> bool:
        """Say whether it is spot."""
        return self._hall.product(place) == Product.SPOT

    # --- sides -----------------------------------------------------------------------------------

    def hedged(self, member: int, said: Any) -> bool:
        """Say in which mode an order was made."""
        mode = said.get("mode") if said else None
        return mode == "hedge" if mode else self._hall.hedged(member)

    def sides(
        self, member: int, side: int, position: int, said: Any, *, forced: str = "",
        economic: bool = False,
    ) -> dict[str, str]:  # fmt: skip
        """Return side, tradeSide, posSide and posMode."""
        done = "buy" if side == BUY else "sell"
        if not self.hedged(member, said):
            trade = f"{'burst_' if forced == 'liquidation' else ''}{done}_single"
            if forced == "adl":
                trade = f"dte_sys_adl_{done}_in_single_side_mode"
            return {"side": done, "tradeSide": trade, "posSide": "net", "posMode": "one_way_mode"}
        held = "short" if position == SHORT else "long"
        opens = (side == BUY) == (held == "long")
        trade = "open" if opens else "close"
        if forced:
            trade = f"{'dte_sys_adl' if forced == 'adl' else 'burst'}_close_{held}"
        named = done if economic else ("buy" if held == "long" else "sell")
        return {"side": named, "tradeSide": trade, "posSide": held, "posMode": "hedge_mode"}

    # --- orders ----------------------------------------------------------------------------------

    def status(self, order: HallOrder) -> str:
        """Return the word for an order's stage."""
        if order.stage == Stage.OPEN:
            return "partially_filled" if order.filled else "live"
        return _STAGES.get(order.stage, "live")

    def spot_order(self, order: HallOrder, *, pending: bool = False) -> dict[str, Any]:
        """Return a spot order; `pending` is the older form of open orders."""
        one = self.one(order.instrument)
        by_cost = order.cost > 0
        average = number(round(order.average(one), 16))
        status = self.status(order)
        word = {
            "userId": self._hall.members[order.member].user, "symbol": symbol_of(one),
            "orderId": str(order.number), "clientOid": order.client_id,
            "size": money_of(one, order.cost) if by_cost else size_of(one, order.quantity),
            "orderType": "limit" if order.type == LIMIT else "market",
            "side": "buy" if order.side == BUY else "sell",
            "status": "cancelled" if status == "canceled" else status,
            "baseVolume": size_of(one, order.filled), "quoteVolume": money_of(one, order.worth),
            "enterPointSource": "API", "orderSource": "normal" if order.type == LIMIT else "market",
            "cTime": ms(order.created_ns), "uTime": ms(order.updated_ns), "tpslType": "normal",
            "triggerPrice": None,
        }  # fmt: skip
        price = price_of(one, order.price) if order.type == LIMIT else "0"
        if pending:
            return word | {"priceAvg": price, "basePrice": average}
        coin, fee = fee_of(one, order)
        detail = (
            f'{{"newFees":{{"c":0,"d":0,"deduction":false,"r":{fee},"t":{fee},'
            f'"totalDeductionFee":0}},"{coin}":{{"deduction":false,"feeCoinCode":"{coin}",'
            f'"totalDeductionFee":0,"totalFee":{fee}}}}}'
        )
        return word | {
            "price": price, "priceAvg": average, "feeDetail": detail if order.filled else "",
            "quoteCoin": one.quote, "baseCoin": one.base, "cancelReason": _reason(order),
        }  # fmt: skip

    def mix_order(self, order: HallOrder) -> dict[str, Any]:
        """Return a futures order."""
        one = self.one(order.instrument)
        return {
            "symbol": symbol_of(one), "size": size_of(one, order.quantity),
            "orderId": str(order.number), "clientOid": order.client_id,
            "baseVolume": size_of(one, order.filled), "fee": number(-one.money_decimal(order.fee)),
            "price": price_of(one, order.price) if order.type == LIMIT else "0",
            "priceAvg": number(round(order.average(one), 16)) if order.filled else "",
            "status": self.status(order), "state": self.status(order),
            **self.sides(order.member, order.side, order.position_side, order.said),
            "force": force_of(order.flags), "totalProfits": money_of(one, order.realised),
            "marginCoin": "USDT", "quoteVolume": money_of(one, order.worth),
            "leverage": str(self._hall.leverage(order.member, order.instrument)),
            "marginMode": MODES[order.margin_mode or "cross"],
            "reduceOnly": "YES" if order.reduce_only else "NO", "enterPointSource": "API",
            "orderType": "limit" if order.type == LIMIT else "market",
            "orderSource": self._source(order), "cTime": ms(order.created_ns),
            "uTime": ms(order.updated_ns), "cancelReason": _reason(order),
            "presetStopSurplusPrice": "", "presetStopLossPrice": "",
        }  # fmt: skip

    def _source(self, order: HallOrder) -> str:
        if order.why == Why.LIQUIDATION:
            return "liquidation"
        if not order.parent:
            return "normal" if order.type == LIMIT else "market"
        plan = (order.said or {}).get("plan", "")
        kinds = {"loss": "loss", "profit": "profit"}
        kind = next((word for part, word in kinds.items() if part in plan), "plan")
        return f"{kind}_{'limit' if order.type == LIMIT else 'market'}"

    def plan(self, order: HallOrder) -> dict[str, Any]:
        """Return a conditional order of either product."""
        one = self.one(order.instrument)
        executed = price_of(one, order.price) if order.type == LIMIT else "0"
        status = _PLAN_STAGES.get(order.stage, "live")
        word = {
            "symbol": symbol_of(one), "orderId": str(order.number), "clientOid": order.client_id,
            "triggerPrice": price_of(one, order.trigger), "triggerType": _by(order),
            "orderType": "limit" if order.type == LIMIT else "market", "executePrice": executed,
            "size": size_of(one, order.quantity), "enterPointSource": "API",
            "cTime": ms(order.created_ns), "uTime": ms(order.updated_ns),
        }  # fmt: skip
        if self.is_spot(order.instrument):
            side = "buy" if order.side == BUY else "sell"
            return word | {"planType": "amount", "status": status, "side": side}
        return word | {
            "planType": plan_type(order), "planStatus": status, "price": executed,
            "callbackRatio": _percent(order.trail_rate),
            "executeOrderId": str(order.became) if order.became else "",
            **self.sides(order.member, order.side, order.position_side, order.said),
            "marginCoin": "USDT", "marginMode": MODES[order.margin_mode or "cross"],
            "reduceOnly": "YES" if order.reduce_only else "NO", "baseVolume": "0",
            **self._legs(order),
        }  # fmt: skip

    def _legs(self, order: HallOrder) -> dict[str, str]:
        """Return the trigger once more, under the name of what it protects."""
        name, price = plan_type(order), price_of(self.one(order.instrument), order.trigger)
        return {
            "stopSurplusTriggerPrice": price if "profit" in name else "",
            "stopLossTriggerPrice": price if "loss" in name else "",
        }

    # --- trades ----------------------------------------------------------------------------------

    def fill(self, fill: Fill, order: HallOrder | None, *, stream: bool = False) -> dict[str, Any]:
        """Return a trade; `stream`: as the `fill` channel has it."""
        one = self.one(fill.instrument)
        coin, fee = fee_of(one, fill)
        scope = "maker" if fill.liquidity == MAKER else "taker"
        kind = "limit" if order is not None and order.type == LIMIT else "market"
        detail = {"deduction": "no", "feeCoin": coin, "totalDeductionFee": "0", "totalFee": fee}
        word = {
            "symbol": symbol_of(one), "orderId": str(fill.order), "tradeId": str(fill.number),
            "tradeScope": scope, "cTime": ms(fill.ts_ns), "uTime": ms(fill.ts_ns),
        }  # fmt: skip
        if self.is_spot(fill.instrument):
            return word | {
                "userId": self._hall.members[fill.member].user, "orderType": kind,
                "side": "buy" if fill.side == BUY else "sell",
                "priceAvg": price_of(one, fill.price), "size": size_of(one, fill.quantity),
                "amount": money_of(one, fill.worth), "feeDetail": [detail] if stream else detail,
            }  # fmt: skip
        said = order.said if order is not None else None
        sides = self.sides(
            fill.member, fill.side, fill.position_side, said, forced=fill.forced, economic=stream
        )
        sides.pop("posSide")
        more = {"clientOid": fill.client_id, "orderType": kind} if stream else {}
        return word | sides | more | {
            "price": price_of(one, fill.price), "baseVolume": size_of(one, fill.quantity),
            "quoteVolume": money_of(one, fill.worth), "profit": money_of(one, fill.realised),
            "feeDetail": [detail], "enterPointSource": "API",
        }  # fmt: skip

    # --- money -----------------------------------------------------------------------------------

    def coin(self, coin: Coin, now_ns: int) -> dict[str, str]:
        """Return a coin of the spot account."""
        return {
            "coin": coin.asset, "available": number(coin.free), "frozen": number(coin.locked),
            "locked": "0", "limitAvailable": "0", "uTime": ms(now_ns),
        }  # fmt: skip

    def wallet(self, margin: Margin) -> dict[str, str]:
        """Return the futures account."""
        free, equity = number(margin.available), number(margin.equity)
        return {
            "marginCoin": margin.asset, "locked": number(margin.order_margin), "available": free,
            "crossedMaxAvailable": free, "isolatedMaxAvailable": free, "maxTransferOut": free,
            "accountEquity": equity, "usdtEquity": equity, "btcEquity": "0",
            "crossedRiskRate": "0", "unrealizedPL": number(margin.unrealised), "coupon": "0",
            "crossedUnrealizedPL": number(margin.unrealised), "isolatedUnrealizedPL": "0",
            "assetMode": "single",
        }  # fmt: skip

    def pushed_wallet(self, margin: Margin) -> dict[str, str]:
        """Return the futures account as its channel has it."""
        free = number(margin.available)
        return {
            "marginCoin": margin.asset, "available": free, "maxOpenPosAvailable": free,
            "frozen": number(margin.position_margin + margin.order_margin), "maxTransferOut": free,
            "equity": number(margin.equity), "usdtEquity": number(margin.equity),
            "crossedRiskRate": "0", "unrealizedPL": number(margin.unrealised),
        }  # fmt: skip

    def position(self, held: Position, *, stream: bool = False) -> dict[str, Any]:
        """Return a position; `stream`: as its channel has it."""
        one = self.one(held.instrument)
        size = size_of(one, abs(held.quantity))
        margin = money_of(one, held.margin)
        rate = Decimal(0)
        if held.margin:
            rate = Decimal(held.unrealised) / Decimal(held.margin)
        word = {
            "marginCoin": "USDT", "holdSide": "short" if held.quantity < 0 else "long",
            "marginSize": margin, "available": size, "total": size,
            "leverage": str(held.leverage), "achievedProfits": money_of(one, held.realised),
            "openPriceAvg": number(round(held.entry, 12)),
            "marginMode": MODES[held.margin_mode or "cross"],
            "posMode": "hedge_mode" if self._hall.hedged(held.member) else "one_way_mode",
            "unrealizedPL": money_of(one, held.unrealised),
            "liquidationPrice": price_of(one, held.liquidation), "keepMarginRate": "0.004",
            "markPrice": price_of(one, held.mark), "breakEvenPrice": number(round(held.entry, 12)),
            "totalFee": "", "deductedFee": "0", "assetMode": "single", "autoMargin": "off",
            "cTime": ms(held.opened_ns), "uTime": ms(held.updated_ns),
        }  # fmt: skip
        if stream:
            return word | {
                "posId": str(held.opened_ns), "instId": symbol_of(one), "frozen": "0",
                "unrealizedPLR": number(round(rate, 8)), "marginRate": "0",
            }  # fmt: skip
        return word | {
            "symbol": symbol_of(one), "openDelegateSize": "0", "locked": "0", "marginRatio": "0",
        }  # fmt: skip

    def bill(self, income: Income) -> dict[str, str]:
        """Return an entry of the futures wallet."""
        symbol = symbol_of(self.one(income.instrument)) if income.instrument >= 0 else ""
        return {
            "billId": str(income.number), "symbol": symbol, "amount": number(income.amount),
            "fee": "0", "feeByCoupon": "", "businessType": BUSINESS.get(income.kind, "unknown"),
            "coin": income.asset, "balance": "0", "cTime": ms(income.ts_ns),
        }  # fmt: skip


BUSINESS: Final = {
    "funding": "contract_settle_fee", "fee": "buy", "profit": "sell", "liquidation": "burst_buy",
    "transfer": "trans_from_exchange",
}  # fmt: skip


def plan_type(order: HallOrder) -> str:
    """Return the plan type an order was made with, or one that says the same."""
    said = (order.said or {}).get("plan")
    if said:
        return str(said)
    return {
        Condition.STOP: "loss_plan", Condition.TAKE_PROFIT: "profit_plan",
        Condition.TRAILING: "track_plan",
    }.get(order.condition, "normal_plan")  # fmt: skip


def pushed_plan_type(order: HallOrder) -> str:
    """Return how the stream abbreviates it."""
    return _PLAN_SHORT.get(plan_type(order), "pl")


def _percent(rate: int) -> str:
    return number(Decimal(rate).scaleb(-6)) if rate else ""


def _by(order: HallOrder) -> str:
    return "mark_price" if order.trigger_by == "mark" else "fill_price"


def _reason(order: HallOrder) -> str:
    return "normal_cancel" if order.stage == Stage.CANCELED else ""
