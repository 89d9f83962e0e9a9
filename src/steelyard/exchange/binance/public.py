"""Public questions: time, listing, books, trades, candles, tickers, marks and funding."""

import json
from typing import Any, Final

from steelyard.exchange.binance.desk import MS, Ask, Desk, ms, rate
from steelyard.exchange.binance.errors import Objection
from steelyard.exchange.hall.prices import Candle, Ticker, TradeNews
from steelyard.exchange.hall.words import Product, Status
from steelyard.model.decimals import decimals_of
from steelyard.model.kinds import SELL

INTERVALS: Final = {
    "1m": 1, "3m": 3, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "2h": 120, "4h": 240, "6h": 360,
    "8h": 480, "12h": 720, "1d": 1440, "3d": 4320, "1w": 10080,
}  # fmt: skip
MINUTE_NS: Final = 60_000_000_000
_FAR: Final = 4_133_404_800_000
_STATUSES: Final = {Status.TRADING: "TRADING", Status.CLOSED: "BREAK"}
_PERP_STATUSES: Final = {Status.TRADING: "TRADING", Status.CLOSED: "SETTLING"}
_SPOT_LIMITS: Final = (
    ("REQUEST_WEIGHT", "MINUTE", 1, 6000), ("ORDERS", "SECOND", 10, 100),
    ("ORDERS", "DAY", 1, 200_000),
)  # fmt: skip
_PERP_LIMITS: Final = (
    ("REQUEST_WEIGHT", "MINUTE", 1, 2400), ("ORDERS", "MINUTE", 1, 1200),
    ("ORDERS", "SECOND", 10, 300),
)  # fmt: skip


def ping(ask: Ask) -> Any:
    """Answer."""
    return {}


def time(ask: Ask) -> Any:
    """Tell the clock."""
    return {"serverTime": ms(ask.hall.now_ns())}


def status_word(desk: Desk, place: int) -> str:
    """Return the word for what an instrument takes."""
    table = _STATUSES if desk.is_spot(place) else _PERP_STATUSES
    return table.get(desk.hall.status(place), "HALT" if desk.is_spot(place) else "PENDING_TRADING")


def listing(ask: Ask) -> Any:
    """List the product's instruments, or those asked for."""
    wanted = set(_symbols(ask))
    places = [
        k for k in ask.desk.places(ask.product) if not wanted or ask.desk.symbols[k] in wanted
    ]
    if wanted and len(places) != len(wanted):
        raise Objection(400, -1121, "Invalid symbol.")
    spot = ask.product is Product.SPOT
    told: dict[str, Any] = {
        "timezone": "UTC", "serverTime": ms(ask.hall.now_ns()),
        "rateLimits": [
            {"rateLimitType": kind, "interval": span, "intervalNum": n, "limit": limit}
            for kind, span, n, limit in (_SPOT_LIMITS if spot else _PERP_LIMITS)
        ],
        "exchangeFilters": [],
        "symbols": [(_spot_listed if spot else _perp_listed)(ask.desk, k) for k in places],
    }  # fmt: skip
    if not spot:
        told["futuresType"] = "U_MARGINED"
        told["assets"] = [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}]
    return told


def _spot_listed(desk: Desk, k: int) -> dict[str, Any]:
    terms = desk.terms(k)
    lot = {"minQty": desk.quantity(k, terms.quantity_min), "maxQty": desk.quantity(
        k, terms.quantity_max), "stepSize": desk.quantity(k, terms.lot)}  # fmt: skip
    return {
        "symbol": desk.symbols[k], "status": status_word(desk, k), "baseAsset": terms.base,
        "baseAssetPrecision": 8, "quoteAsset": terms.quote, "quotePrecision": 8,
        "quoteAssetPrecision": 8, "baseCommissionPrecision": 8, "quoteCommissionPrecision": 8,
        "orderTypes": ["LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS", "STOP_LOSS_LIMIT",
                       "TAKE_PROFIT", "TAKE_PROFIT_LIMIT"],
        "icebergAllowed": False, "ocoAllowed": False, "otoAllowed": False,
        "quoteOrderQtyMarketAllowed": True, "allowTrailingStop": False,
        "cancelReplaceAllowed": True, "amendAllowed": False, "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": desk.price(k, terms.tick),
             "maxPrice": "1000000.00000000", "tickSize": desk.price(k, terms.tick)},
            {"filterType": "LOT_SIZE", **lot},
            {"filterType": "MARKET_LOT_SIZE", "minQty": "0.00000000", "maxQty": lot["maxQty"],
             "stepSize": "0.00000000"},
            {"filterType": "NOTIONAL", "minNotional": desk.money(k, terms.notional_min),
             "applyMinToMarket": True, "maxNotional": "9000000.00000000",
             "applyMaxToMarket": False, "avgPriceMins": 5},
            {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 200},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5},
        ],
        "permissions": [], "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "NONE",
        "allowedSelfTradePreventionModes": ["NONE"],
    }  # fmt: skip


def _perp_listed(desk: Desk, k: int) -> dict[str, Any]:
    terms = desk.terms(k)
    tick, lot = terms.price_decimal(terms.tick), terms.quantity_decimal(terms.lot)
    step = {"minQty": f"{terms.quantity_decimal(terms.quantity_min).normalize():f}",
            "maxQty": f"{terms.quantity_decimal(terms.quantity_max).normalize():f}",
            "stepSize": f"{lot.normalize():f}"}  # fmt: skip
    return {
        "symbol": desk.symbols[k], "pair": desk.symbols[k], "contractType": "PERPETUAL",
        "deliveryDate": _FAR, "onboardDate": ms(desk.hall.listed_ns(k)),
        "status": status_word(desk, k), "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000", "baseAsset": terms.base, "quoteAsset": terms.quote,
        "marginAsset": terms.settle, "pricePrecision": terms.price_decimals,
        "quantityPrecision": decimals_of(lot), "baseAssetPrecision": 8, "quotePrecision": 8,
        "underlyingType": "COIN", "underlyingSubType": [], "triggerProtect": "0.0500",
        "liquidationFee": "0.012500", "marketTakeBound": "0.05",
        "filters": [
            {"filterType": "PRICE_FILTER", "minPrice": f"{tick.normalize():f}",
             "maxPrice": "4529764", "tickSize": f"{tick.normalize():f}"},
            {"filterType": "LOT_SIZE", **step}, {"filterType": "MARKET_LOT_SIZE", **step},
            {"filterType": "MAX_NUM_ORDERS", "limit": 200},
            {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 100},
            {"filterType": "MIN_NOTIONAL",
             "notional": f"{terms.money_decimal(terms.notional_min).normalize():f}"},
            {"filterType": "PERCENT_PRICE", "multiplierUp": "1.0500", "multiplierDown": "0.9500",
             "multiplierDecimal": "4"},
        ],
        "orderTypes": ["LIMIT", "MARKET", "STOP", "STOP_MARKET", "TAKE_PROFIT",
                       "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
    }  # fmt: skip


def nothing_listed(ask: Ask) -> Any:
    """List nothing: coin-margined contracts are not traded here."""
    return {"timezone": "UTC", "serverTime": ms(ask.hall.now_ns()), "rateLimits": [],
            "exchangeFilters": [], "symbols": []}  # fmt: skip


def _symbols(ask: Ask) -> list[str]:
    """Return the symbols asked for; none: all."""
    if ask.fields.has("symbol"):
        return [ask.fields.text("symbol")]
    if not ask.fields.has("symbols"):
        return []
    try:
        found = json.loads(ask.fields.text("symbols"))
    except ValueError:
        found = None
    if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise Objection(400, -1135, "Invalid JSON Request")
    return found


def _each(ask: Ask, write: Any) -> Any:
    """Answer about one symbol with an object, about several or all with a list."""
    if ask.fields.has("symbol"):
        return write(ask.desk, ask.place())
    wanted = _symbols(ask)
    places = [ask.desk.place(ask.product, one) for one in wanted]
    return [write(ask.desk, k) for k in places or ask.desk.places(ask.product)]


def depth(ask: Ask) -> Any:
    """Tell the book."""
    k, limit = ask.place(), ask.fields.whole("limit", 100)
    if ask.product is Product.PERP and limit not in (5, 10, 20, 50, 100, 500, 1000):
        raise Objection(400, -4021, f"{limit} is not valid depth limit.")
    book = ask.hall.book(k, min(limit, 5000))
    told = {
        "lastUpdateId": book.number, "bids": ask.desk.levels(k, book.bids),
        "asks": ask.desk.levels(k, book.asks),
    }  # fmt: skip
    if ask.product is Product.PERP:
        told |= {"E": ms(ask.hall.now_ns()), "T": ms(book.ts_ns)}
    return told


def _trade(desk: Desk, k: int, trade: TradeNews) -> dict[str, Any]:
    terms = desk.terms(k)
    worth = terms.price_decimal(trade.price) * terms.quantity_decimal(trade.quantity)
    return {
        "id": trade.number, "price": desk.price(k, trade.price),
        "qty": desk.quantity(k, trade.quantity), "quoteQty": f"{worth:.8f}",
        "time": ms(trade.ts_ns), "isBuyerMaker": trade.taker_side == SELL, "isBestMatch": True,
    }  # fmt: skip


def trades(ask: Ask) -> Any:
    """List the newest trades, or those from an id."""
    k, first = ask.place(), ask.fields.whole("fromId", -1)
    limit = min(ask.fields.whole("limit", 500), 1000)
    after = {"after": first - 1} if first > 0 else {}
    return [_trade(ask.desk, k, one) for one in ask.hall.trades(k, limit=limit, **after)]


def aggregated(ask: Ask) -> Any:
    """List trades, each an aggregate of one."""
    k, first = ask.place(), ask.fields.whole("fromId", -1)
    limit = min(ask.fields.whole("limit", 500), 1000)
    from_ns, to_ns = ask.fields.when_ns("startTime"), ask.fields.when_ns("endTime")
    after = {"after": first - 1} if first > 0 else {}
    found = ask.hall.trades(k, limit=0 if from_ns or to_ns else limit, **after)
    fitting = [t for t in found if from_ns <= t.ts_ns and (not to_ns or t.ts_ns <= to_ns + MS - 1)]
    return [
        {
            "a": one.number, "p": ask.desk.price(k, one.price),
            "q": ask.desk.quantity(k, one.quantity), "f": one.number, "l": one.number,
            "T": ms(one.ts_ns), "m": one.taker_side == SELL, "M": True,
        }
        for one in fitting[:limit]
    ]  # fmt: skip


def span_of(word: str) -> int:
    """Return the length of a candle."""
    if word not in INTERVALS:
        raise Objection(400, -1120, "Invalid interval.")
    return INTERVALS[word] * MINUTE_NS


def candle_row(desk: Desk, k: int, candle: Candle) -> list[Any]:
    """Write a candle as REST does."""
    return [
        ms(candle.start_ns), desk.price(k, candle.open), desk.price(k, candle.high),
        desk.price(k, candle.low), desk.price(k, candle.close), desk.quantity(k, candle.volume),
        ms(candle.end_ns) - 1, desk.money(k, candle.worth), candle.trades,
        desk.quantity(k, candle.taker_volume), desk.money(k, candle.taker_worth), "0",
    ]  # fmt: skip


def candles(ask: Ask) -> Any:
    """List candles."""
    name = "pair" if ask.fields.has("pair") else "symbol"
    k = ask.desk.place(ask.product, ask.fields.text(name))
    found = ask.hall.candles(
        k, span_of(ask.fields.text("interval")), from_ns=ask.fields.when_ns("startTime"),
        to_ns=ask.fields.when_ns("endTime"), limit=min(ask.fields.whole("limit", 500), 1500),
    )  # fmt: skip
    return [candle_row(ask.desk, k, one) for one in found]


def day(desk: Desk, k: int) -> dict[str, Any]:
    """Write the last 24 hours as REST does."""
    t = desk.hall.ticker(k)
    told = {
        "symbol": desk.symbols[k], **change_of(desk, k, t),
        "prevClosePrice": desk.price(k, t.open), "lastPrice": desk.price(k, t.last),
        "lastQty": desk.quantity(k, t.last_quantity), "bidPrice": desk.price(k, t.bid),
        "bidQty": desk.quantity(k, t.bid_quantity), "askPrice": desk.price(k, t.ask),
        "askQty": desk.quantity(k, t.ask_quantity), "openPrice": desk.price(k, t.open),
        "highPrice": desk.price(k, t.high), "lowPrice": desk.price(k, t.low),
        "volume": desk.quantity(k, t.volume), "quoteVolume": desk.money(k, t.worth),
        "openTime": ms(t.opened_ns), "closeTime": ms(t.ts_ns), "firstId": t.first_trade,
        "lastId": t.last_trade, "count": t.trades,
    }  # fmt: skip
    if not desk.is_spot(k):
        for name in ("bidPrice", "bidQty", "askPrice", "askQty", "prevClosePrice"):
            del told[name]
    return told


def change_of(desk: Desk, k: int, ticker: Ticker) -> dict[str, str]:
    """Write by how much the price changed."""
    terms = desk.terms(k)
    opened, last = terms.price_decimal(ticker.open), terms.price_decimal(ticker.last)
    percent = (last - opened) / opened * 100 if opened else opened
    average = (
        terms.money_decimal(ticker.worth) / terms.quantity_decimal(ticker.volume)
        if ticker.volume else last
    )  # fmt: skip
    return {
        "priceChange": f"{last - opened:.8f}", "priceChangePercent": f"{percent:.3f}",
        "weightedAvgPrice": f"{average:.8f}",
    }  # fmt: skip


def days(ask: Ask) -> Any:
    """Tell the last 24 hours."""
    return _each(ask, day)


def _last(desk: Desk, k: int) -> dict[str, Any]:
    t = desk.hall.ticker(k)
    told = {"symbol": desk.symbols[k], "price": desk.price(k, t.last)}
    return told if desk.is_spot(k) else {**told, "time": ms(t.ts_ns)}


def lasts(ask: Ask) -> Any:
    """Tell last prices."""
    return _each(ask, _last)


def _best(desk: Desk, k: int) -> dict[str, Any]:
    quote = desk.hall.quote(k)
    told = {
        "symbol": desk.symbols[k], "bidPrice": desk.price(k, quote.bid),
        "bidQty": desk.quantity(k, quote.bid_quantity), "askPrice": desk.price(k, quote.ask),
        "askQty": desk.quantity(k, quote.ask_quantity),
    }  # fmt: skip
    return told if desk.is_spot(k) else {**told, "time": ms(quote.ts_ns)}


def bests(ask: Ask) -> Any:
    """Tell best quotes."""
    return _each(ask, _best)


def average(ask: Ask) -> Any:
    """Tell an average price: the last one."""
    k = ask.place()
    t = ask.hall.ticker(k)
    return {"mins": 5, "price": ask.desk.price(k, t.last), "closeTime": ms(t.ts_ns)}


def _premium(desk: Desk, k: int) -> dict[str, Any]:
    mark = desk.hall.mark(k)
    terms = desk.terms(k)
    return {
        "symbol": desk.symbols[k], "markPrice": f"{terms.price_decimal(mark.mark):.8f}",
        "indexPrice": f"{terms.price_decimal(mark.index):.8f}",
        "estimatedSettlePrice": f"{terms.price_decimal(mark.index):.8f}",
        "lastFundingRate": rate(mark.rate), "interestRate": "0.00010000",
        "nextFundingTime": ms(mark.next_ns), "time": ms(mark.ts_ns),
    }  # fmt: skip


def premiums(ask: Ask) -> Any:
    """Tell mark prices and funding rates."""
    return _each(ask, _premium)


def fundings(ask: Ask) -> Any:
    """List settled funding."""
    from_ns, to_ns = ask.fields.when_ns("startTime"), ask.fields.when_ns("endTime")
    limit = min(ask.fields.whole("limit", 100), 1000)
    k = ask.place()
    found = [
        one for one in ask.hall.fundings(k, limit=1000)
        if from_ns <= one.ts_ns and (not to_ns or one.ts_ns <= to_ns)
    ]  # fmt: skip
    return [
        {
            "symbol": ask.desk.symbols[k], "fundingRate": rate(one.rate),
            "fundingTime": ms(one.ts_ns),
            "markPrice": f"{ask.desk.terms(k).price_decimal(one.mark):.8f}",
        }
        for one in (found[:limit] if from_ns else found[-limit:])
    ]  # fmt: skip


def none(ask: Ask) -> Any:
    """List nothing: no margin loans, no contract that is settled at other times than all."""
    return []


def interest(ask: Ask) -> Any:
    """Tell the open interest."""
    k = ask.place()
    held = ask.hall.open_interest(k)
    return {"symbol": ask.desk.symbols[k], "openInterest": ask.desk.quantity(k, held),
            "time": ms(ask.hall.now_ns())}  # fmt: skip
