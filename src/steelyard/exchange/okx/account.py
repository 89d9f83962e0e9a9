"""Questions and settings about an account over REST."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, TypeAlias

from steelyard.exchange.hall.accounts import Income, Member
from steelyard.exchange.hall.port import Hall, Request
from steelyard.exchange.hall.words import Permission, Product, Refused, Why
from steelyard.exchange.okx import market, prices, words
from steelyard.exchange.okx.errors import Fault, fault_of
from steelyard.exchange.okx.listing import symbol_of
from steelyard.exchange.okx.reading import (
    instrument_of,
    limit_of,
    needed,
    one_body,
    place_of,
    product_of,
    query_of,
    rows_of,
    text,
    whole,
)

Answerer: TypeAlias = Callable[[Hall, Member, Request], list[Any]]

LONG_SHORT: Final = "long_short_mode"
_MODES: Final = {LONG_SHORT: True, "net_mode": False}
_PERMISSIONS: Final = {
    Permission.READ: "read_only",
    Permission.WITHDRAW: "withdraw",
    Permission.TRADE: "trade",
}
_BILL_KINDS: Final = {"1": "transfer", "5": "liquidation", "8": "funding"}
_TRADE_BILLS: Final = frozenset({"fee", "profit"})


def config(hall: Hall, member: Member, request: Request) -> list[Any]:
    """Tell how the account stands and what the key may do."""
    permissions = [word for key, word in _PERMISSIONS.items() if key in member.permissions]
    return [
        {
            "acctLv": "2", "acctStpMode": "cancel_maker", "autoLoan": False,
            "ctIsoMode": "automatic", "enableSpotBorrow": False, "feeType": "0",
            "greeksType": "PA", "ip": ",".join(member.addresses), "kycLv": "3", "label": "",
            "level": "Lv1", "levelTmp": "", "liquidationGear": "-1", "mainUid": member.user,
            "mgnIsoMode": "automatic", "opAuth": "1", "perm": ",".join(permissions),
            "posMode": LONG_SHORT if hall.hedged(member.number) else "net_mode", "roleType": "0",
            "settleCcy": "USDT", "settleCcyList": ["USDT"], "spotBorrowAutoRepay": False,
            "spotOffsetType": "", "spotRoleType": "0", "spotTraderInsts": [], "stgyType": "0",
            "traderInsts": [], "type": "0", "uid": member.user,
        }
    ]  # fmt: skip


def balance(hall: Hall, member: Member, request: Request) -> list[Any]:
    """Tell the trading account's wallet."""
    coins = text(query_of(request), "ccy")
    return [words.balance_row(hall, member.number, frozenset(filter(None, coins.split(","))))]


def positions(hall: Hall, member: Member, request: Request) -> list[Any]:
    """Tell open positions."""
    row = query_of(request)
    if text(row, "instType") not in {"", "SWAP", "ANY"}:
        return []
    symbols = frozenset(filter(None, text(row, "instId").split(",")))
    return [
        words.position_row(hall, held)
        for held in hall.positions(member.number)
        if not symbols or symbol_of(hall.instruments[held.instrument]) in symbols
    ]


def risk(hall: Hall, member: Member, request: Request) -> list[Any]:
    """Tell balances and positions at one moment."""
    held = [words.position_row(hall, one) for one in hall.positions(member.number)]
    row = words.balance_row(hall, member.number)
    coins = [
        {key: coin[key] for key in ("ccy", "eq", "disEq")} for coin in row["details"]
    ]  # fmt: skip
    return [{"adjEq": row["adjEq"], "balData": coins, "posData": held, "ts": row["uTime"]}]


def own_instruments(hall: Hall, member: Member, request: Request) -> list[Any]:
    """List what the account may trade."""
    return market.instruments(hall, request)


def trade_fee(hall: Hall, member: Member, request: Request) -> list[Any]:
    """Tell fee rates; a charge is negative."""
    row = query_of(request)
    needed(row, "instType")
    product = product_of(row)
    symbol = text(row, "instId")
    family = text(row, "instFamily") or text(row, "uly")
    places = [
        k
        for k, one in enumerate(hall.instruments)
        if product in {None, hall.product(k)}
        and symbol in {"", symbol_of(one)}
        and family in {"", f"{one.base}-{one.quote}"}
    ]
    if not places:
        raise Fault("51001", "Instrument ID, Instrument ID code or Spread ID doesn't exist.")
    maker, taker = (prices.rate_text(-rate) for rate in hall.fees(member.number, places[0]))
    is_swap = product is Product.PERP
    return [
        {
            "category": "1", "delivery": "", "exercise": "", "feeGroup": [], "fiat": [],
            "instType": text(row, "instType"), "level": "Lv1",
            "maker": maker, "makerU": maker if is_swap else "", "makerUSDC": "",
            "ruleType": "normal", "taker": taker, "takerU": taker if is_swap else "",
            "takerUSDC": "", "ts": words.ms(hall.now_ns()),
        }
    ]  # fmt: skip


def leverage(hall: Hall, member: Member, request: Request) -> list[Any]:
    """Tell the leverage of instruments."""
    row = query_of(request)
    mode = needed(row, "mgnMode")
    told = []
    for symbol in needed(row, "instId").split(","):
        place = place_of(hall, symbol)
        sides = ("long", "short") if hall.hedged(member.number) else ("net",)
        told += [_lever_row(hall, member.number, place, mode, side) for side in sides]
    return told


def set_leverage(hall: Hall, member: Member, request: Request) -> list[Any]:
    """Set the leverage of an instrument."""
    row = one_body(request)
    word, mode = needed(row, "lever"), needed(row, "mgnMode")
    place = instrument_of(hall, row)
    try:
        leverage = int(Decimal(word))
    except ArithmeticError:
        raise Fault("51000", "Parameter lever error", status=400) from None
    if mode not in {"cross", "isolated"} or leverage < 1:
        raise Fault("51000", "Parameter mgnMode error", status=400)
    if hall.product(place) is Product.SPOT:
        raise Fault("51010", "Request unsupported under current account mode")
    done = hall.set_leverage(member.number, place, leverage)
    if isinstance(done, Refused) and done.why is not Why.SAME:
        raise fault_of(done)
    return [_lever_row(hall, member.number, place, mode, text(row, "posSide"))]


def set_mode(hall: Hall, member: Member, request: Request) -> list[Any]:
    """Set the position mode."""
    word = needed(one_body(request), "posMode")
    if word not in _MODES:
        raise Fault("51000", "Parameter posMode error", status=400)
    done = hall.set_hedged(member.number, _MODES[word])
    if isinstance(done, Refused) and done.why is not Why.SAME:
        raise fault_of(done)
    return [{"posMode": word}]


def bills(hall: Hall, member: Member, request: Request) -> list[Any]:
    """Tell changes of the balance, newest first."""
    row = query_of(request)
    kind = _BILL_KINDS.get(text(row, "type"), "")
    found: list[Income] = list(
        hall.income(
            member.number, kind=kind, product=product_of(row),
            from_ns=whole(row, "begin") * words.MS_NS, to_ns=whole(row, "end") * words.MS_NS,
            after=whole(row, "before"), before=whole(row, "after"),
        )
    )  # fmt: skip
    if text(row, "type") == "2":
        found = [income for income in found if income.kind in _TRADE_BILLS]
    elif text(row, "type") and not kind:
        found = []
    symbol = text(row, "instId")
    kept = [
        income
        for income in rows_of(found)
        if not symbol
        or (income.instrument >= 0 and symbol_of(hall.instruments[income.instrument]) == symbol)
    ]
    wallet = hall.margin(member.number).wallet
    return [words.bill_row(hall, income, balance=wallet) for income in kept[: limit_of(row)]]


def max_size(hall: Hall, member: Member, request: Request) -> list[Any]:
    """Tell how much can be bought and sold at the mark."""
    row = query_of(request)
    needed(row, "tdMode")
    told = []
    for symbol in needed(row, "instId").split(","):
        place = place_of(hall, symbol)
        buy, sell = _largest(hall, member.number, place)
        told.append({"ccy": "USDT", "instId": symbol, "maxBuy": buy, "maxSell": sell})
    return told


def max_available(hall: Hall, member: Member, request: Request) -> list[Any]:
    """Tell what orders may use."""
    row = query_of(request)
    margin = hall.margin(member.number)
    told = []
    for symbol in needed(row, "instId").split(","):
        place = place_of(hall, symbol)
        have = words.text_of(margin.available)
        sell = have
        if hall.product(place) is Product.SPOT:
            base = hall.instruments[place].base
            free = {coin.asset: coin.free for coin in hall.coins(member.number)}
            sell = words.text_of(free.get(base, Decimal(0)))
        told.append({"instId": symbol, "availBuy": have, "availSell": sell})
    return told


def funding_wallet(hall: Hall, member: Member, request: Request) -> list[Any]:
    """Tell the funding account: here it is empty, everything lies in the trading account."""
    return []


def nothing(hall: Hall, member: Member, request: Request) -> list[Any]:
    """Answer a list of something that does not exist here."""
    return []


def own_currencies(hall: Hall, member: Member, request: Request) -> list[Any]:
    """Tell the coins there are."""
    return market.currencies(hall, request)


def _lever_row(hall: Hall, member: int, place: int, mode: str, side: str) -> dict[str, str]:
    return {
        "ccy": "", "instId": symbol_of(hall.instruments[place]),
        "lever": str(hall.leverage(member, place)), "mgnMode": mode, "posSide": side or "net",
    }  # fmt: skip


def _largest(hall: Hall, member: int, place: int) -> tuple[str, str]:
    one = hall.instruments[place]
    margin = hall.margin(member)
    quote = hall.quote(place)
    cost = int(one.money(margin.available.quantize(Decimal(1).scaleb(-one.money_decimals))))
    if hall.product(place) is Product.SPOT:
        free = {coin.asset: coin.free for coin in hall.coins(member)}
        return (
            words.size(one, hall.quantity_for(place, cost, quote.ask)),
            words.text_of(free.get(one.base, Decimal(0))),
        )
    most = hall.quantity_for(place, cost * hall.leverage(member, place), quote.ask)
    return words.size(one, most), words.size(one, most)


GETS: Final[Mapping[str, Answerer]] = {
    "/api/v5/account/config": config,
    "/api/v5/account/balance": balance,
    "/api/v5/account/positions": positions,
    "/api/v5/account/positions-history": nothing,
    "/api/v5/account/account-position-risk": risk,
    "/api/v5/account/instruments": own_instruments,
    "/api/v5/account/trade-fee": trade_fee,
    "/api/v5/account/leverage-info": leverage,
    "/api/v5/account/bills": bills,
    "/api/v5/account/bills-archive": bills,
    "/api/v5/account/max-size": max_size,
    "/api/v5/account/max-avail-size": max_available,
    "/api/v5/account/interest-accrued": nothing,
    "/api/v5/asset/currencies": own_currencies,
    "/api/v5/asset/balances": funding_wallet,
    "/api/v5/asset/deposit-history": nothing,
    "/api/v5/asset/withdrawal-history": nothing,
}
POSTS: Final[Mapping[str, Answerer]] = {
    "/api/v5/account/set-leverage": set_leverage,
    "/api/v5/account/set-position-mode": set_mode,
}
