"""What accounts ask about themselves: balances, positions, settings, income, keys.

Rule 1: the wallet of perpetuals is one asset, USDT, cross or isolated by name alone.
"""

from decimal import Decimal
from typing import Any, Final

from steelyard.exchange.binance.desk import MS, Ask, Desk, amount, ms, rate
from steelyard.exchange.binance.errors import (
    LISTEN_KEY,
    MARGIN_TYPE,
    POSITION_MODE,
    Objection,
    object_to,
    said_of,
)
from steelyard.exchange.binance.orders import side_word
from steelyard.exchange.hall.accounts import Income, Margin, Position
from steelyard.exchange.hall.words import Permission, Product, Refused
from steelyard.model.kinds import LONG

_INCOMES: Final = {
    "funding": "FUNDING_FEE", "fee": "COMMISSION", "profit": "REALIZED_PNL",
    "transfer": "TRANSFER", "liquidation": "INSURANCE_CLEAR",
}  # fmt: skip
_KINDS: Final = {word: kind for kind, word in _INCOMES.items()}
_MARGIN_TYPES: Final = {"ISOLATED": "isolated", "CROSSED": "cross"}
_MARGIN_WORDS: Final = {"isolated": "ISOLATED", "cross": "CROSSED"}
_SUCCESS: Final = {"code": 200, "msg": "success"}
_TRANSFERS: Final = {"MAIN_UMFUTURE": Product.PERP, "UMFUTURE_MAIN": Product.SPOT}
ZERO: Final = "0.00000000"


# --- spot -----------------------------------------------------------------------------------------


def spot_account(ask: Ask) -> Any:
    """Tell the coins."""
    held = ask.hall.coins(ask.who, Product.SPOT)
    if ask.fields.flag("omitZeroBalances"):
        held = tuple(one for one in held if one.total)
    rates = _spot_rates(ask, ask.desk.places(Product.SPOT)[0])
    trades = ask.member is not None and Permission.TRADE in ask.member.permissions
    return {
        "makerCommission": 10, "takerCommission": 10, "buyerCommission": 0, "sellerCommission": 0,
        "commissionRates": rates, "canTrade": trades, "canWithdraw": True, "canDeposit": True,
        "brokered": False, "requireSelfTradePrevention": False, "preventSor": False,
        "updateTime": ms(ask.hall.now_ns()), "accountType": "SPOT",
        "balances": [
            {"asset": one.asset, "free": amount(one.free), "locked": amount(one.locked)}
            for one in held
        ],
        "permissions": ["SPOT"], "uid": int(ask.member.user if ask.member else 0),
    }  # fmt: skip


def _spot_rates(ask: Ask, k: int) -> dict[str, str]:
    maker, taker = ask.hall.fees(ask.who, k)
    return {"maker": rate(maker), "taker": rate(taker), "buyer": ZERO, "seller": ZERO}


def spot_commission(ask: Ask) -> Any:
    """Tell fee rates."""
    k = ask.place()
    none = {"maker": ZERO, "taker": ZERO, "buyer": ZERO, "seller": ZERO}
    return {
        "symbol": ask.desk.symbols[k], "standardCommission": _spot_rates(ask, k),
        "specialCommission": none, "taxCommission": none,
        "discount": {"enabledForAccount": False, "enabledForSymbol": False,
                     "discountAsset": "BNB", "discount": "0.75000000"},
    }  # fmt: skip


def trade_fees(ask: Ask) -> Any:
    """Tell fee rates of spot."""
    places = [ask.place()] if ask.fields.has("symbol") else ask.desk.places(Product.SPOT)
    told = []
    for k in places:
        maker, taker = ask.hall.fees(ask.who, k)
        told.append({"symbol": ask.desk.symbols[k], "makerCommission": rate(maker),
                     "takerCommission": rate(taker)})  # fmt: skip
    return told


def restrictions(ask: Ask) -> Any:
    """Tell what the key may do."""
    assert ask.member is not None
    may = ask.member.permissions
    trades = Permission.TRADE in may
    return {
        "ipRestrict": bool(ask.member.addresses), "createTime": 1698645219000,
        "enableReading": Permission.READ in may, "enableWithdrawals": Permission.WITHDRAW in may,
        "enableInternalTransfer": False, "enableMargin": False, "enableFutures": trades,
        "permitsUniversalTransfer": False, "enableVanillaOptions": False,
        "enablePortfolioMarginTrading": False, "enableSpotAndMarginTrading": trades,
    }  # fmt: skip


def coins(ask: Ask) -> Any:
    """List coins with the account's balance."""
    return [
        {
            "coin": one.asset, "name": one.asset, "free": amount(one.free),
            "locked": amount(one.locked), "depositAllEnable": False, "withdrawAllEnable": False,
            "trading": True, "isLegalMoney": False, "freeze": "0", "withdrawing": "0",
            "ipoing": "0", "ipoable": "0", "storage": "0", "networkList": [],
        }
        for one in ask.hall.coins(ask.who, Product.SPOT)
    ]  # fmt: skip


def transfer(ask: Ask) -> Any:
    """Move money between the wallets."""
    kind = ask.fields.choice("type", _TRANSFERS, -1130, "Invalid transfer type.")
    ask.fields.choice("asset", {"USDT": 1}, -1108, "Invalid asset.")
    value = Decimal(ask.fields.amount("amount", 8)).scaleb(-8)
    number = ask.hall.transfer(ask.who, value, _TRANSFERS[kind])
    if isinstance(number, Refused):
        raise object_to(said_of(number, Product.SPOT))
    return {"tranId": number}


def system_status(ask: Ask) -> Any:
    """Say that everything works."""
    return {"status": 0, "msg": "normal"}


def account_status(ask: Ask) -> Any:
    """Say that the account works."""
    return {"data": "Normal"}


# --- perpetuals -----------------------------------------------------------------------------------


def perp_balance(ask: Ask) -> Any:
    """Tell the wallet."""
    margin = ask.hall.margin(ask.who)
    return [{
        "accountAlias": "SgsR", "asset": margin.asset, "balance": amount(margin.wallet),
        "crossWalletBalance": amount(margin.wallet), "crossUnPnl": amount(margin.unrealised),
        "availableBalance": amount(margin.available),
        "maxWithdrawAmount": amount(margin.available), "marginAvailable": True,
        "updateTime": ms(ask.hall.now_ns()),
    }]  # fmt: skip


def _sums(margin: Margin) -> dict[str, str]:
    return {
        "initialMargin": amount(margin.position_margin + margin.order_margin),
        "maintMargin": amount(margin.maintenance), "walletBalance": amount(margin.wallet),
        "unrealizedProfit": amount(margin.unrealised), "marginBalance": amount(margin.equity),
        "positionInitialMargin": amount(margin.position_margin),
        "openOrderInitialMargin": amount(margin.order_margin),
        "crossWalletBalance": amount(margin.wallet), "crossUnPnl": amount(margin.unrealised),
        "availableBalance": amount(margin.available),
        "maxWithdrawAmount": amount(margin.available),
    }  # fmt: skip


def perp_account(ask: Ask) -> Any:
    """Tell wallet and positions."""
    margin = ask.hall.margin(ask.who)
    sums = _sums(margin)
    totals = {
        f"total{name[0].upper()}{name[1:].replace('maintMargin', 'MaintMargin')}": value
        for name, value in sums.items() if name not in ("availableBalance", "maxWithdrawAmount")
    }  # fmt: skip
    totals["totalCrossUnPnl"] = sums["crossUnPnl"]
    old = ask.fields.values.get("_version") == "2"
    held = ask.hall.positions(ask.who, flat=old)
    told: dict[str, Any] = {
        **totals, "availableBalance": sums["availableBalance"],
        "maxWithdrawAmount": sums["maxWithdrawAmount"],
        "assets": [{"asset": margin.asset, **sums, "marginAvailable": True,
                    "updateTime": ms(ask.hall.now_ns())}],
        "positions": [_account_row(ask.desk, one, ask.hall.hedged(ask.who)) for one in held],
    }  # fmt: skip
    if old:
        told |= {
            "feeTier": 0, "canTrade": True, "canDeposit": True, "canWithdraw": True,
            "updateTime": 0, "multiAssetsMargin": False, "tradeGroupId": -1,
        }  # fmt: skip
    return told


def _account_row(desk: Desk, one: Position, hedged: bool) -> dict[str, Any]:
    k = one.instrument
    notional = desk.terms(k).price_decimal(one.mark) * desk.terms(k).quantity_decimal(one.quantity)
    return {
        "symbol": desk.symbols[k], "positionSide": side_word(one.side, hedged=hedged),
        "positionAmt": desk.quantity(k, one.quantity),
        "unrealizedProfit": desk.money(k, one.unrealised), "entryPrice": f"{one.entry:.8f}",
        "isolatedMargin": "0", "notional": f"{notional:.8f}", "isolatedWallet": "0",
        "initialMargin": desk.money(k, one.margin), "maintMargin": desk.money(k, one.maintenance),
        "positionInitialMargin": desk.money(k, one.margin), "openOrderInitialMargin": "0",
        "leverage": str(one.leverage), "isolated": one.margin_mode == "isolated",
        "breakEvenPrice": f"{one.entry:.8f}", "maxNotional": "250000",
        "bidNotional": "0", "askNotional": "0", "updateTime": ms(one.updated_ns),
    }  # fmt: skip


def position_risk(ask: Ask) -> Any:
    """Tell positions; the newer version leaves empty ones out."""
    old = ask.fields.values.get("_version") == "2"
    held = ask.hall.positions(ask.who, instrument=ask.place_or_all(), flat=old)
    return [position_row(ask.desk, one, hedged=ask.hall.hedged(ask.who)) for one in held]


def position_row(desk: Desk, one: Position, *, hedged: bool) -> dict[str, Any]:
    """Write a position."""
    k = one.instrument
    terms = desk.terms(k)
    notional = terms.price_decimal(one.mark) * terms.quantity_decimal(one.quantity)
    isolated = one.margin_mode == "isolated"
    return {
        "symbol": desk.symbols[k], "positionSide": side_word(one.side, hedged=hedged),
        "positionAmt": desk.quantity(k, one.quantity), "entryPrice": f"{one.entry:.8f}",
        "breakEvenPrice": f"{one.entry:.8f}",
        "markPrice": f"{terms.price_decimal(one.mark):.8f}",
        "unRealizedProfit": desk.money(k, one.unrealised),
        "liquidationPrice": desk.price(k, one.liquidation), "leverage": str(one.leverage),
        "maxNotionalValue": "250000", "marginType": "isolated" if isolated else "cross",
        "isolatedMargin": ZERO, "isAutoAddMargin": "false", "notional": f"{notional:.8f}",
        "isolatedWallet": "0", "marginAsset": terms.settle,
        "initialMargin": desk.money(k, one.margin), "maintMargin": desk.money(k, one.maintenance),
        "positionInitialMargin": desk.money(k, one.margin), "openOrderInitialMargin": "0",
        "adl": 1, "bidNotional": "0", "askNotional": "0", "updateTime": ms(one.updated_ns),
    }  # fmt: skip


def perp_config(ask: Ask) -> Any:
    """Tell how the account is set up."""
    return {
        "feeTier": 0, "canTrade": True, "canDeposit": True, "canWithdraw": True,
        "dualSidePosition": ask.hall.hedged(ask.who), "updateTime": 0,
        "multiAssetsMargin": False, "tradeGroupId": -1,
    }  # fmt: skip


def symbol_config(ask: Ask) -> Any:
    """Tell leverage and margin type of instruments."""
    places = [ask.place()] if ask.fields.has("symbol") else ask.desk.places(Product.PERP)
    return [
        {
            "symbol": ask.desk.symbols[k],
            "marginType": _MARGIN_WORDS[ask.hall.margin_mode(ask.who, k)],
            "isAutoAddMargin": False, "leverage": ask.hall.leverage(ask.who, k),
            "maxNotionalValue": "250000",
        }
        for k in places
    ]  # fmt: skip


def commission(ask: Ask) -> Any:
    """Tell fee rates of a perpetual."""
    k = ask.place()
    maker, taker = ask.hall.fees(ask.who, k)
    return {"symbol": ask.desk.symbols[k], "makerCommissionRate": rate(maker),
            "takerCommissionRate": rate(taker)}  # fmt: skip


def brackets(ask: Ask) -> Any:
    """Tell margin tiers."""
    told = []
    for k in [ask.place()] if ask.fields.has("symbol") else ask.desk.places(Product.PERP):
        terms, floor, rows = ask.desk.terms(k), 0, []
        for n, tier in enumerate(terms.margin_tiers, 1):
            cap = int(terms.money_decimal(tier.notional_max))
            rows.append({
                "bracket": n, "initialLeverage": tier.leverage_max, "notionalCap": cap,
                "notionalFloor": floor, "cum": 0.0,
                "maintMarginRatio": float(Decimal(tier.maintenance_rate).scaleb(-8)),
            })  # fmt: skip
            floor = cap
        told.append({"symbol": ask.desk.symbols[k], "brackets": rows})
    return told


def position_mode(ask: Ask) -> Any:
    """Tell the position mode."""
    return {"dualSidePosition": ask.hall.hedged(ask.who)}


def set_position_mode(ask: Ask) -> Any:
    """Set it."""
    ask.fields.text("dualSidePosition")
    done = ask.hall.set_hedged(ask.who, ask.fields.flag("dualSidePosition"))
    if isinstance(done, Refused):
        raise object_to(POSITION_MODE.get(done.why) or said_of(done, Product.PERP))
    return _SUCCESS


def set_leverage(ask: Ask) -> Any:
    """Set the leverage of an instrument."""
    k = ask.place()
    done = ask.hall.set_leverage(ask.who, k, ask.fields.whole("leverage"))
    if isinstance(done, Refused):
        raise object_to(said_of(done, Product.PERP))
    return {"leverage": done, "maxNotionalValue": "1000000", "symbol": ask.desk.symbols[k]}


def set_margin_type(ask: Ask) -> Any:
    """Set the margin type of an instrument."""
    word = ask.fields.choice("marginType", _MARGIN_TYPES, -1130, "Invalid marginType.")
    done = ask.hall.set_margin_mode(ask.who, ask.place(), _MARGIN_TYPES[word])
    if isinstance(done, Refused):
        raise object_to(MARGIN_TYPE.get(done.why) or said_of(done, Product.PERP))
    return _SUCCESS


def multi_assets(ask: Ask) -> Any:
    """Say that there is one asset."""
    return {"multiAssetsMargin": False}


def income(ask: Ask) -> Any:
    """List income."""
    fields = ask.fields
    word = fields.text("incomeType", "")
    if word and word not in _KINDS:
        return []
    from_ns, to_ns = fields.when_ns("startTime"), fields.when_ns("endTime")
    found = ask.hall.income(
        ask.who, kind=_KINDS.get(word, ""), product=Product.PERP, instrument=ask.place_or_all(),
        from_ns=from_ns, to_ns=to_ns + MS - 1 if to_ns else 0,
        limit=min(fields.whole("limit", 100), 1000), newest=not from_ns,
    )  # fmt: skip
    return [_income_row(ask.desk, one) for one in found]


def _income_row(desk: Desk, one: Income) -> dict[str, Any]:
    return {
        "symbol": desk.symbols[one.instrument] if one.instrument >= 0 else "",
        "incomeType": _INCOMES[one.kind], "income": amount(one.amount), "asset": one.asset,
        "info": str(one.fill or ""), "time": ms(one.ts_ns), "tranId": one.number,
        "tradeId": str(one.fill or ""),
    }  # fmt: skip


def adl(ask: Ask) -> Any:
    """Tell places in the queue of deleveraging."""
    held = ask.hall.positions(ask.who, instrument=ask.place_or_all())
    return [
        {"symbol": ask.desk.symbols[one.instrument],
         "adlQuantile": {"LONG" if one.side == LONG else "SHORT": 1, "BOTH": 1}}
        for one in held
    ]  # fmt: skip


# --- listen keys ----------------------------------------------------------------------------------


def open_key(ask: Ask) -> Any:
    """Return the account's listen key."""
    key = ask.desk.listen[ask.who] = ask.hall.listen_key(ask.who, ask.product)
    return {"listenKey": key}


def keep_key(ask: Ask) -> Any:
    """Keep the account's listen key alive."""
    key = ask.fields.values.get("listenKey") or ask.desk.listen.get(ask.who, "")
    if not ask.hall.keep_key(key):
        raise object_to(LISTEN_KEY)
    return {"listenKey": key}


def close_key(ask: Ask) -> Any:
    """End the account's listen key."""
    key = ask.fields.values.get("listenKey") or ask.desk.listen.get(ask.who, "")
    if not ask.hall.drop_key(key):
        raise object_to(LISTEN_KEY)
    return {}


def retired(ask: Ask) -> Any:
    """Say that the listen keys of spot are gone."""
    raise Objection(410, -1, "This endpoint is retired; use userDataStream.subscribe.signature.")
