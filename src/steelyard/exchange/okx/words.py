"""The hall's values in OKX's words: every number a text, times in ms, "" for what is not there.

Rule: fees are told from the account's side: what was paid is negative.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, Final

from steelyard.exchange.hall.accounts import Coin, Income, Margin, Position
from steelyard.exchange.hall.port import Hall
from steelyard.exchange.hall.words import Fill, HallOrder, Product, Stage, Why
from steelyard.exchange.okx.listing import symbol_of
from steelyard.model.decimals import format_decimal, format_units
from steelyard.model.instruments import Instrument, Kind
from steelyard.model.kinds import BUY, FOK, IOC, MAKER, MARKET, POST_ONLY, SHORT

MS_NS: Final = 1_000_000
_RATE_DECIMALS: Final = 8
_PLACES: Final = Decimal(1).scaleb(-12)
STATES: Final = {
    Stage.FILLED: "filled",
    Stage.CANCELED: "canceled",
    Stage.EXPIRED: "canceled",
    Stage.REJECTED: "canceled",
}
ALGO_STATES: Final = {
    Stage.WAITING: "live",
    Stage.TRIGGERED: "effective",
    Stage.REJECTED: "order_failed",
    Stage.CANCELED: "canceled",
    Stage.EXPIRED: "canceled",
}
# Why an order was canceled, in OKX's numbers.
_SOURCES: Final = {
    Why.USER: "1", Why.LIQUIDATION: "2", Why.IOC: "14", Why.NOBODY: "15", Why.FOK: "14",
    Why.POST_ONLY: "31", Why.REDUCE_ONLY: "32", Why.GUARD: "20", Why.DELISTED: "6",
}  # fmt: skip


def ms(ns: int) -> str:
    """Spell a time."""
    return str(ns // MS_NS) if ns else ""


def size(one: Instrument, quantity: int) -> str:
    """Spell a quantity."""
    return format_units(quantity, one.quantity_decimals)


def money(one: Instrument, amount: int) -> str:
    """Spell an amount of the settlement asset."""
    return format_units(amount, one.money_decimals)


def fee_of(one: Instrument, what: Fill | HallOrder) -> tuple[str, str]:
    """Spell the coin that a fee was taken in and the fee itself."""
    coin, paid = what.fee_in(one)
    return coin, format_decimal(-paid)


def text_of(value: Decimal) -> str:
    """Spell a number that was computed, to twelve places."""
    if not value:
        return "0"
    return format_decimal(value.quantize(_PLACES, ROUND_HALF_EVEN))


def side_of(side: int) -> str:
    """Return `buy` or `sell`."""
    return "buy" if side == BUY else "sell"


def pos_side(hall: Hall, member: int, instrument: int, side: int) -> str:
    """Return `net`, `long` or `short`."""
    if hall.product(instrument) is Product.SPOT or not hall.hedged(member):
        return "net"
    return "short" if side == SHORT else "long"


def product_of(one: Instrument) -> str:
    """Return `SPOT` or `SWAP`."""
    return "SPOT" if one.kind == Kind.SPOT else "SWAP"


def order_type(order: HallOrder) -> str:
    """Return `ordType`."""
    if order.type == MARKET:
        return "market"
    for flag, word in ((POST_ONLY, "post_only"), (FOK, "fok"), (IOC, "ioc")):
        if order.flags & flag:
            return word
    return "limit"


def state_of(order: HallOrder) -> str:
    """Return `state` of a plain order."""
    if order.stage in STATES:
        return STATES[order.stage]
    return "partially_filled" if order.filled else "live"


def order_row(hall: Hall, order: HallOrder, fill: Fill | None = None) -> dict[str, Any]:
    """Write a plain order; `fill` is its newest, or that a push is about."""
    one = hall.instruments[order.instrument]
    is_spot = one.kind == Kind.SPOT
    child = bool(order.parent)
    average = order.average(one)
    fee_coin, fee = fee_of(one, order)
    mode = order.said.get("tdMode") or ("cash" if is_spot else order.margin_mode or "cross")
    return {
        "accFillSz": size(one, order.filled), "algoClOrdId": order.client_id if child else "",
        "algoId": str(order.parent) if child else "", "attachAlgoClOrdId": "",
        "attachAlgoOrds": [], "avgPx": text_of(average) if order.filled else "",
        "cTime": ms(order.created_ns), "uTime": ms(order.updated_ns),
        "cancelSource": _SOURCES.get(order.why, "") if state_of(order) == "canceled" else "",
        "cancelSourceReason": "", "category": _category(order, fill), "ccy": "",
        "clOrdId": "" if child else order.client_id, "fee": fee,
        "feeCcy": fee_coin, "fillPx": one.price_text(fill.price) if fill else "",
        "fillSz": size(one, fill.quantity) if fill else "0" if order.filled == 0 else "",
        "fillTime": ms(fill.ts_ns) if fill else "", "tradeId": str(fill.number) if fill else "",
        "instId": symbol_of(one), "instType": product_of(one), "isTpLimit": "false",
        "lever": "" if is_spot else str(hall.leverage(order.member, order.instrument)),
        "linkedAlgoOrd": {"algoId": str(order.parent) if child else ""},
        "ordId": str(order.number), "ordType": order.said.get("ordType") or order_type(order),
        "pnl": money(one, order.realised),
        "posSide": pos_side(hall, order.member, order.instrument, order.position_side),
        "px": one.price_text(order.price) if order.price else "", "pxType": "", "pxUsd": "",
        "pxVol": "", "quickMgnType": "", "rebate": "0", "rebateCcy": one.settle,
        "reduceOnly": "true" if order.reduce_only and not is_spot else "false",
        "side": side_of(order.side), "slOrdPx": "", "slTriggerPx": "", "slTriggerPxType": "",
        "source": "7" if child else "", "state": state_of(order), "stpId": "",
        "stpMode": "cancel_maker", "sz": order.said.get("sz") or size(one, order.quantity),
        "tag": order.said.get("tag", ""), "tdMode": mode, "tgtCcy": order.said.get("tgtCcy", ""),
        "tpOrdPx": "", "tpTriggerPx": "", "tpTriggerPxType": "", "tradeQuoteCcy": one.quote,
    }  # fmt: skip


def order_push(hall: Hall, order: HallOrder, fill: Fill | None, *, amended: bool) -> dict[str, Any]:
    """Write an order as the channel `orders` has it."""
    one = hall.instruments[order.instrument]
    row = order_row(hall, order, fill)
    fee_coin, fee = fee_of(one, fill) if fill else ("", "0")
    row |= {
        "amendResult": "0" if amended else "", "amendSource": "1" if amended else "",
        "code": "0", "msg": "", "reqId": order.said.get("reqId", "") if amended else "",
        "execType": ("M" if fill.liquidity == MAKER else "T") if fill else "",
        "fillFee": fee, "fillFeeCcy": fee_coin, "fillPnl": money(one, fill.realised) if fill
        else "0", "fillNotionalUsd": money(one, abs(fill.worth)) if fill else "",
        "fillSz": size(one, fill.quantity) if fill else "0",
        "notionalUsd": "", "lastPx": one.price_text(hall.ticker(order.instrument).last),
        "fillMarkPx": "", "fillMarkVol": "", "fillPxUsd": "", "fillPxVol": "", "fillFwdPx": "",
    }  # fmt: skip
    return row


def algo_row(hall: Hall, order: HallOrder) -> dict[str, Any]:
    """Write a conditional order."""
    one = hall.instruments[order.instrument]
    said = order.said
    kind = said.get("ordType", "conditional")
    trigger = one.price_text(order.trigger) if order.trigger else ""
    price = one.price_text(order.price) if order.price else "-1"
    became = hall.order(order.member, order=order.became) if order.became else None
    word = said.get("word", "")
    return {
        "activePx": trigger if kind == "move_order_stop" else "", "actualPx": "",
        "actualSide": {"sl": "sl", "tp": "tp"}.get(word, "") if order.became else "",
        "actualSz": size(one, became.quantity) if became else "0",
        "algoClOrdId": order.client_id, "algoId": str(order.number), "amendPxOnTriggerType": "0",
        "attachAlgoOrds": [], "cTime": ms(order.created_ns), "uTime": ms(order.updated_ns),
        "callbackRatio": said.get("callbackRatio", ""),
        "callbackSpread": said.get("callbackSpread", ""), "ccy": "", "clOrdId": "",
        "closeFraction": said.get("closeFraction", ""),
        "failCode": "51008" if order.stage is Stage.REJECTED else "",
        "instId": symbol_of(one), "instType": product_of(one), "isTradeBorrowMode": "",
        "last": one.price_text(hall.ticker(order.instrument).last),
        "lever": "" if one.kind == Kind.SPOT else str(
            hall.leverage(order.member, order.instrument)
        ),
        "linkedOrd": {"ordId": ""}, "moveTriggerPx": "",
        "ordId": str(order.became) if order.became else "",
        "ordIdList": [str(order.became)] if order.became else [],
        "ordPx": price if kind == "trigger" else "",
        "ordType": kind,
        "posSide": pos_side(hall, order.member, order.instrument, order.position_side),
        "quickMgnType": "", "reduceOnly": "true" if order.reduce_only else "false",
        "side": side_of(order.side), "slOrdPx": price if word == "sl" else "",
        "slTriggerPx": trigger if word == "sl" else "",
        "slTriggerPxType": order.trigger_by if word == "sl" else "",
        "state": ALGO_STATES[order.stage], "sz": size(one, order.quantity),
        "tag": said.get("tag", ""), "tdMode": said.get("tdMode", ""),
        "tgtCcy": said.get("tgtCcy", ""), "tpOrdPx": price if word == "tp" else "",
        "tpTriggerPx": trigger if word == "tp" else "",
        "tpTriggerPxType": order.trigger_by if word == "tp" else "",
        "triggerPx": trigger if kind == "trigger" else "",
        "triggerPxType": order.trigger_by if kind == "trigger" else "",
        "triggerTime": ms(order.triggered_ns), "tradeQuoteCcy": one.quote,
    }  # fmt: skip


def fill_row(hall: Hall, fill: Fill) -> dict[str, Any]:
    """Write a trade of a member."""
    one = hall.instruments[fill.instrument]
    order = hall.order(fill.member, order=fill.order)
    child = order is not None and bool(order.parent)
    rate = hall.fees(fill.member, fill.instrument)[fill.liquidity != MAKER]
    fee_coin, fee = fee_of(one, fill)
    return {
        "billId": str(fill.number), "clOrdId": "" if child else fill.client_id,
        "execType": "M" if fill.liquidity == MAKER else "T", "fee": fee,
        "feeCcy": fee_coin, "feeRate": format_units(-rate, _RATE_DECIMALS), "fillFwdPx": "",
        "fillIdxPx": "", "fillMarkPx": "", "fillMarkVol": "", "fillPnl": money(one, fill.realised),
        "fillPx": one.price_text(fill.price), "fillPxUsd": "", "fillPxVol": "",
        "fillSz": size(one, fill.quantity), "fillTime": ms(fill.ts_ns), "instId": symbol_of(one),
        "instType": product_of(one), "ordId": str(fill.order),
        "posSide": pos_side(hall, fill.member, fill.instrument, fill.position_side),
        "side": side_of(fill.side), "subType": _sub_type(hall, fill), "tag": "",
        "tradeId": str(fill.number), "tradeQuoteCcy": one.quote, "ts": ms(fill.ts_ns),
    }  # fmt: skip


def position_row(hall: Hall, position: Position) -> dict[str, Any]:
    """Write a position."""
    one = hall.instruments[position.instrument]
    hedged = hall.hedged(position.member)
    held = abs(position.quantity) if hedged else position.quantity
    value = (
        one.price_decimal(position.mark)
        * one.quantity_decimal(abs(position.quantity))
        * one.multiplier
    )
    margin = one.money_decimal(position.margin)
    unrealised = one.money_decimal(position.unrealised)
    mark = one.price_text(position.mark)
    return {
        "adl": "1", "availPos": size(one, abs(held)) if hedged else "",
        "avgPx": text_of(position.entry) if position.quantity else "", "baseBal": "",
        "bizRefId": "", "bizRefType": "", "cTime": ms(position.opened_ns), "ccy": one.settle,
        "closeOrderAlgo": [], "deltaBS": "", "fee": "0", "fundingFee": "0", "gammaBS": "",
        "idxPx": mark, "imr": text_of(margin) if position.margin_mode == "cross" else "",
        "instId": symbol_of(one), "instType": "SWAP", "interest": "", "last": mark,
        "lever": str(position.leverage), "liab": "", "liabCcy": "",
        "liqPx": one.price_text(position.liquidation) if position.liquidation else "",
        "liqPenalty": "0", "margin": text_of(margin) if position.margin_mode != "cross" else "",
        "markPx": mark, "mgnMode": position.margin_mode,
        "mgnRatio": text_of((margin + unrealised) / one.money_decimal(position.maintenance))
        if position.maintenance else "",
        "mmr": money(one, position.maintenance), "notionalUsd": text_of(value), "optVal": "",
        "pendingCloseOrdLiabVal": "", "pnl": money(one, position.realised), "pos": size(one, held),
        "posCcy": "", "posId": str(1_000_000 + position.instrument * 2 + position.side),
        "posSide": pos_side(hall, position.member, position.instrument, position.side),
        "quoteBal": "", "realizedPnl": money(one, position.realised), "spotInUseAmt": "",
        "spotInUseCcy": "", "thetaBS": "", "tradeId": "", "uTime": ms(position.updated_ns),
        "upl": money(one, position.unrealised), "uplLastPrice": money(one, position.unrealised),
        "uplRatio": text_of(unrealised / margin) if margin else "0",
        "uplRatioLastPrice": text_of(unrealised / margin) if margin else "0", "usdPx": "1",
        "vegaBS": "",
    }  # fmt: skip


def balance_row(hall: Hall, member: int, wanted: frozenset[str] = frozenset()) -> dict[str, Any]:
    """Write the account's wallet, all coins or those that are wanted."""
    now = ms(hall.now_ns())
    margin = hall.margin(member)
    details = []
    total = Decimal(0)
    for coin in hall.coins(member):
        row, worth = _coin_row(hall, coin, margin, now)
        total += worth
        if (not wanted and (coin.total or coin.asset == margin.asset)) or coin.asset in wanted:
            details.append(row)
    upl = text_of(margin.unrealised)
    used = text_of(margin.position_margin)
    return {
        "adjEq": text_of(total), "availEq": text_of(margin.available), "borrowFroz": "0",
        "details": details, "imr": used, "isoEq": "0",
        "mgnRatio": text_of(margin.equity / margin.maintenance) if margin.maintenance else "",
        "mmr": text_of(margin.maintenance), "notionalUsd": "0", "notionalUsdForBorrow": "0",
        "notionalUsdForFutures": "0", "notionalUsdForOption": "0", "notionalUsdForSwap": "0",
        "ordFroz": text_of(margin.order_margin), "totalEq": text_of(total), "uTime": now,
        "upl": upl,
    }  # fmt: skip


def _coin_row(hall: Hall, coin: Coin, margin: Margin, now: str) -> tuple[dict[str, Any], Decimal]:
    is_cash = coin.asset == margin.asset
    upl = margin.unrealised if is_cash else Decimal(0)
    equity = coin.total + upl
    frozen = coin.locked
    available = coin.free
    if is_cash:
        frozen = margin.position_margin + margin.order_margin
        available = min(coin.free, margin.available)
    worth = equity * (Decimal(1) if is_cash else _price_of(hall, coin.asset))
    total = text_of(coin.total)
    return {
        "accAvgPx": "", "autoLendStatus": "off", "autoLendMtAmt": "0",
        "availBal": text_of(available), "availEq": text_of(available), "borrowFroz": "0",
        "cashBal": total, "ccy": coin.asset, "clSpotInUseAmt": "", "colBorrAutoConversion": "0",
        "collateralEnabled": False, "collateralRestrict": False, "crossLiab": "0",
        "disEq": text_of(worth), "eq": text_of(equity), "eqUsd": text_of(worth), "fixedBal": "0",
        "frozenBal": text_of(frozen), "imr": "", "interest": "0", "isoEq": "0", "isoLiab": "0",
        "isoUpl": "0", "liab": "0", "maxLoan": "0", "maxSpotInUse": "", "mgnRatio": "", "mmr": "",
        "notionalLever": "", "openAvgPx": "", "ordFrozen": text_of(coin.locked), "rewardBal": "0",
        "smtSyncEq": "0", "spotBal": total, "spotCopyTradingEq": "0", "spotInUseAmt": "",
        "spotIsoBal": "0", "spotUpl": "", "spotUplRatio": "", "stgyEq": "0", "totalPnl": "",
        "totalPnlRatio": "", "twap": "0", "uTime": now, "upl": text_of(upl), "uplLiab": "0",
    }, worth  # fmt: skip


def _price_of(hall: Hall, asset: str) -> Decimal:
    for place, one in enumerate(hall.instruments):
        if one.kind == Kind.SPOT and one.base == asset:
            return one.price_decimal(hall.ticker(place).last)
    return Decimal(0)


def bill_row(hall: Hall, income: Income, *, balance: Decimal) -> dict[str, Any]:
    """Write a change of the balance."""
    one = hall.instruments[income.instrument] if income.instrument >= 0 else None
    funding = income.kind == "funding"
    amount = text_of(income.amount)
    kind, sub = {
        "funding": ("8", "174" if income.amount >= 0 else "173"),
        "transfer": ("1", "11" if income.amount >= 0 else "12"),
        "liquidation": ("5", "104"),
    }.get(income.kind, ("2", "1"))
    return {
        "bal": text_of(balance), "balChg": amount, "billId": str(income.number),
        "ccy": income.asset, "clOrdId": "", "execType": "",
        "fee": amount if income.kind == "fee" else "0", "fillFwdPx": "", "fillIdxPx": "",
        "fillMarkPx": "", "fillMarkVol": "", "fillPxUsd": "", "fillPxVol": "", "fillTime": "",
        "from": "", "instId": symbol_of(one) if one else "",
        "instType": product_of(one) if one else "", "interest": "0",
        "mgnMode": "cross" if one and one.kind != Kind.SPOT else "", "notes": "", "ordId": "",
        "pnl": amount if funding or income.kind == "profit" else "0", "posBal": "0",
        "posBalChg": "0", "px": one.price_text(income.mark) if one and funding else "",
        "subType": sub, "sz": size(one, abs(income.quantity)) if one else "0", "tag": "",
        "to": "", "tradeId": str(income.fill) if income.fill else "", "ts": ms(income.ts_ns),
        "type": kind, "earnAmt": "", "earnApr": "",
    }  # fmt: skip


def _category(order: HallOrder, fill: Fill | None) -> str:
    if fill is not None and fill.forced == "adl":
        return "adl"
    return "full_liquidation" if order.why is Why.LIQUIDATION else "normal"


def _sub_type(hall: Hall, fill: Fill) -> str:
    """Return what a bill of this trade is of."""
    buys = fill.side == BUY
    net = hall.product(fill.instrument) is Product.SPOT or not hall.hedged(fill.member)
    if fill.forced:
        codes = (
            ("127", "128", "126", "125") if fill.forced == "adl" else ("106", "107", "105", "104")
        )
        return codes[(0 if buys else 1) if net else (2 if buys else 3)]
    if net:
        return "1" if buys else "2"
    if fill.position_side == SHORT:
        return "6" if buys else "4"
    return "3" if buys else "5"
