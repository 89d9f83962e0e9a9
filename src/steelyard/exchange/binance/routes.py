"""Every request this Binance answers: who may ask, what it weighs, what it reads.

Rule 1: one line a request; what is not listed is 404.
Rule 2: weights are those of the documentation; where they depend on a limit, the middle one.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Any, Final, NamedTuple, TypeAlias

from steelyard.exchange.binance import account, public, trading
from steelyard.exchange.binance.desk import Ask
from steelyard.exchange.hall.words import Product

Handler: TypeAlias = Callable[[Ask], Any]


class Need(IntEnum):
    """What a request must carry."""

    NOTHING = 0
    KEY = 1
    SIGNED = 2
    TRADE = 3
    """Signed, by a key that may trade."""


class Route(NamedTuple):
    """One request."""

    handler: Handler
    product: Product
    need: Need
    weight: int
    names: frozenset[str]
    version: str = ""
    orders: bool = False
    """It counts against the limit of orders."""


_OPEN, _KEY, _SIGNED, _TRADE = Need.NOTHING, Need.KEY, Need.SIGNED, Need.TRADE
_NAMED = "symbol orderId origClientOrderId"
_SPOT_ORDER = (
    "symbol side type timeInForce quantity quoteOrderQty price newClientOrderId strategyId "
    "strategyType stopPrice trailingDelta icebergQty newOrderRespType selfTradePreventionMode "
    "computeCommissionRates"
)
_PERP_ORDER = (
    "symbol side positionSide type timeInForce quantity reduceOnly price newClientOrderId "
    "stopPrice closePosition activationPrice callbackRate workingType priceProtect "
    "newOrderRespType priceMatch selfTradePreventionMode goodTillDate"
)
_ALGO = (
    "algoType symbol side positionSide type timeInForce quantity price triggerPrice workingType "
    "priceMatch closePosition priceProtect reduceOnly activatePrice callbackRate clientAlgoId "
    "selfTradePreventionMode goodTillDate newOrderRespType"
)
_PAGE = "symbol orderId startTime endTime fromId limit"
_CANDLES = "symbol pair contractType interval startTime endTime timeZone limit"
_MANY = "symbol symbols type symbolStatus"

_PUBLIC: Final = (
    # path behind the prefix, weight on spot and on perpetuals, handler, names
    ("/ping", 1, 1, public.ping, ""),
    ("/time", 1, 1, public.time, ""),
    ("/exchangeInfo", 20, 1, public.listing,
     "symbol symbols permissions showPermissionSets symbolStatus"),
    ("/depth", 25, 10, public.depth, "symbol limit symbolStatus"),
    ("/trades", 25, 5, public.trades, "symbol limit"),
    ("/historicalTrades", 25, 20, public.trades, "symbol limit fromId"),
    ("/aggTrades", 4, 20, public.aggregated, "symbol fromId startTime endTime limit"),
    ("/klines", 2, 5, public.candles, _CANDLES),
    ("/ticker/24hr", 2, 1, public.days, _MANY),
    ("/ticker/price", 2, 1, public.lasts, _MANY),
    ("/ticker/bookTicker", 2, 2, public.bests, _MANY),
)  # fmt: skip
_SPOT: Final = (
    ("GET", "/api/v3/uiKlines", public.candles, _OPEN, 2, _CANDLES),
    ("GET", "/api/v3/avgPrice", public.average, _OPEN, 2, "symbol"),
    ("POST", "/api/v3/order", trading.create, _TRADE, 1, _SPOT_ORDER),
    ("POST", "/api/v3/order/test", trading.test, _TRADE, 1, _SPOT_ORDER),
    ("POST", "/api/v3/order/cancelReplace", trading.replace, _TRADE, 1,
     _SPOT_ORDER + " cancelReplaceMode cancelNewClientOrderId cancelOrigClientOrderId "
     "cancelOrderId cancelRestrictions orderRateLimitExceededMode"),
    ("GET", "/api/v3/order", trading.query, _SIGNED, 4, _NAMED),
    ("DELETE", "/api/v3/order", trading.cancel, _TRADE, 1,
     _NAMED + " newClientOrderId cancelRestrictions"),
    ("GET", "/api/v3/openOrders", trading.list_open, _SIGNED, 6, "symbol"),
    ("DELETE", "/api/v3/openOrders", trading.cancel_all, _TRADE, 1, "symbol"),
    ("GET", "/api/v3/allOrders", trading.list_all, _SIGNED, 20, _PAGE),
    ("GET", "/api/v3/myTrades", trading.trades, _SIGNED, 20, _PAGE),
    ("GET", "/api/v3/account", account.spot_account, _SIGNED, 20, "omitZeroBalances"),
    ("GET", "/api/v3/account/commission", account.spot_commission, _SIGNED, 20, "symbol"),
    ("POST", "/api/v3/userDataStream", account.retired, _KEY, 2, ""),
    ("PUT", "/api/v3/userDataStream", account.retired, _KEY, 2, "listenKey"),
    ("DELETE", "/api/v3/userDataStream", account.retired, _KEY, 2, "listenKey"),
    ("GET", "/sapi/v1/system/status", account.system_status, _OPEN, 1, ""),
    ("GET", "/sapi/v1/account/status", account.account_status, _SIGNED, 1, ""),
    ("GET", "/sapi/v1/account/apiRestrictions", account.restrictions, _SIGNED, 1, ""),
    ("GET", "/sapi/v1/asset/tradeFee", account.trade_fees, _SIGNED, 1, "symbol"),
    ("GET", "/sapi/v1/capital/config/getall", account.coins, _SIGNED, 10, ""),
    ("POST", "/sapi/v1/asset/transfer", account.transfer, _TRADE, 1, "type asset amount"),
    ("GET", "/sapi/v1/margin/allPairs", public.none, _KEY, 1, "symbol"),
    ("GET", "/sapi/v1/margin/isolated/allPairs", public.none, _KEY, 10, "symbol"),
    ("GET", "/dapi/v1/exchangeInfo", public.nothing_listed, _OPEN, 1, ""),
)  # fmt: skip
_PERP: Final = (
    ("GET", "/fapi/v1/continuousKlines", public.candles, _OPEN, 5, _CANDLES),
    ("GET", "/fapi/v1/premiumIndex", public.premiums, _OPEN, 1, "symbol"),
    ("GET", "/fapi/v1/fundingRate", public.fundings, _OPEN, 1, "symbol startTime endTime limit"),
    ("GET", "/fapi/v1/fundingInfo", public.none, _OPEN, 1, ""),
    ("GET", "/fapi/v1/openInterest", public.interest, _OPEN, 1, "symbol"),
    ("POST", "/fapi/v1/order", trading.create, _TRADE, 0, _PERP_ORDER),
    ("POST", "/fapi/v1/order/test", trading.test, _TRADE, 1, _PERP_ORDER),
    ("GET", "/fapi/v1/order", trading.query, _SIGNED, 1, _NAMED),
    ("PUT", "/fapi/v1/order", trading.amend, _TRADE, 1,
     _NAMED + " side quantity price priceMatch"),
    ("DELETE", "/fapi/v1/order", trading.cancel, _TRADE, 1, _NAMED),
    ("POST", "/fapi/v1/batchOrders", trading.create_batch, _TRADE, 5, "batchOrders"),
    ("PUT", "/fapi/v1/batchOrders", trading.amend_batch, _TRADE, 5, "batchOrders"),
    ("DELETE", "/fapi/v1/batchOrders", trading.cancel_batch, _TRADE, 1,
     "symbol orderIdList origClientOrderIdList"),
    ("GET", "/fapi/v1/openOrder", trading.query_open, _SIGNED, 1, _NAMED),
    ("GET", "/fapi/v1/openOrders", trading.list_open, _SIGNED, 1, "symbol"),
    ("DELETE", "/fapi/v1/allOpenOrders", trading.cancel_all, _TRADE, 1, "symbol"),
    ("GET", "/fapi/v1/allOrders", trading.list_all, _SIGNED, 5, _PAGE),
    ("POST", "/fapi/v1/algoOrder", trading.create_algo, _TRADE, 0, _ALGO),
    ("GET", "/fapi/v1/algoOrder", trading.query_algo, _SIGNED, 1, "algoId clientAlgoId symbol"),
    ("DELETE", "/fapi/v1/algoOrder", trading.cancel_algo, _TRADE, 1,
     "algoId clientAlgoId symbol"),
    ("GET", "/fapi/v1/openAlgoOrders", trading.list_open_algos, _SIGNED, 1,
     "symbol algoType algoId"),
    ("DELETE", "/fapi/v1/algoOpenOrders", trading.cancel_algos, _TRADE, 1, "symbol"),
    ("GET", "/fapi/v1/allAlgoOrders", trading.list_algos, _SIGNED, 5,
     "symbol algoId startTime endTime page limit"),
    ("POST", "/fapi/v1/countdownCancelAll", trading.guard, _TRADE, 10, "symbol countdownTime"),
    ("GET", "/fapi/v1/userTrades", trading.trades, _SIGNED, 5, _PAGE),
    ("GET", "/fapi/v1/income", account.income, _SIGNED, 30,
     "symbol incomeType startTime endTime page limit"),
    ("GET", "/fapi/v2/balance", account.perp_balance, _SIGNED, 5, ""),
    ("GET", "/fapi/v3/balance", account.perp_balance, _SIGNED, 5, ""),
    ("GET", "/fapi/v2/account", account.perp_account, _SIGNED, 5, ""),
    ("GET", "/fapi/v3/account", account.perp_account, _SIGNED, 5, ""),
    ("GET", "/fapi/v2/positionRisk", account.position_risk, _SIGNED, 5, "symbol"),
    ("GET", "/fapi/v3/positionRisk", account.position_risk, _SIGNED, 5, "symbol"),
    ("GET", "/fapi/v1/accountConfig", account.perp_config, _SIGNED, 5, ""),
    ("GET", "/fapi/v1/symbolConfig", account.symbol_config, _SIGNED, 5, "symbol"),
    ("GET", "/fapi/v1/commissionRate", account.commission, _SIGNED, 20, "symbol"),
    ("GET", "/fapi/v1/leverageBracket", account.brackets, _SIGNED, 1, "symbol"),
    ("GET", "/fapi/v1/positionSide/dual", account.position_mode, _SIGNED, 30, ""),
    ("POST", "/fapi/v1/positionSide/dual", account.set_position_mode, _TRADE, 1,
     "dualSidePosition"),
    ("POST", "/fapi/v1/leverage", account.set_leverage, _TRADE, 1, "symbol leverage"),
    ("POST", "/fapi/v1/marginType", account.set_margin_type, _TRADE, 1, "symbol marginType"),
    ("GET", "/fapi/v1/multiAssetsMargin", account.multi_assets, _SIGNED, 30, ""),
    ("GET", "/fapi/v1/adlQuantile", account.adl, _SIGNED, 5, "symbol"),
    ("POST", "/fapi/v1/listenKey", account.open_key, _KEY, 1, "listenKey"),
    ("PUT", "/fapi/v1/listenKey", account.keep_key, _KEY, 1, "listenKey"),
    ("DELETE", "/fapi/v1/listenKey", account.close_key, _KEY, 1, "listenKey"),
)  # fmt: skip


_CREATES: Final = ("/order", "/batchOrders", "/algoOrder", "/cancelReplace")


def _all() -> dict[tuple[str, str], Route]:
    found = {}
    for path, spot, perp, handler, names in _PUBLIC:
        for prefix, product, weight in (
            ("/api/v3", Product.SPOT, spot), ("/fapi/v1", Product.PERP, perp),
        ):  # fmt: skip
            found["GET", prefix + path] = Route(
                handler, product, Need.NOTHING, weight, frozenset(names.split())
            )
    for rows, product in ((_SPOT, Product.SPOT), (_PERP, Product.PERP)):
        for method, path, handler, need, weight, names in rows:
            version = "2" if path.startswith("/fapi/v2/") else ""
            found[method, path] = Route(
                handler, product, need, weight, frozenset(names.split()), version,
                method == "POST" and path.endswith(_CREATES),
            )  # fmt: skip
    return found


ROUTES: Final = _all()

SPOT_METHODS: Final = {
    "ping": ("GET", "/api/v3/ping"), "time": ("GET", "/api/v3/time"),
    "exchangeInfo": ("GET", "/api/v3/exchangeInfo"), "depth": ("GET", "/api/v3/depth"),
    "trades.recent": ("GET", "/api/v3/trades"),
    "trades.historical": ("GET", "/api/v3/historicalTrades"),
    "trades.aggregate": ("GET", "/api/v3/aggTrades"), "klines": ("GET", "/api/v3/klines"),
    "uiKlines": ("GET", "/api/v3/uiKlines"), "avgPrice": ("GET", "/api/v3/avgPrice"),
    "ticker.24hr": ("GET", "/api/v3/ticker/24hr"), "ticker.price": ("GET", "/api/v3/ticker/price"),
    "ticker.book": ("GET", "/api/v3/ticker/bookTicker"),
    "order.place": ("POST", "/api/v3/order"), "order.test": ("POST", "/api/v3/order/test"),
    "order.status": ("GET", "/api/v3/order"), "order.cancel": ("DELETE", "/api/v3/order"),
    "order.cancelReplace": ("POST", "/api/v3/order/cancelReplace"),
    "openOrders.status": ("GET", "/api/v3/openOrders"),
    "openOrders.cancelAll": ("DELETE", "/api/v3/openOrders"),
    "allOrders": ("GET", "/api/v3/allOrders"), "myTrades": ("GET", "/api/v3/myTrades"),
    "account.status": ("GET", "/api/v3/account"),
    "account.commission": ("GET", "/api/v3/account/commission"),
}  # fmt: skip
PERP_METHODS: Final = {
    "ping": ("GET", "/fapi/v1/ping"), "time": ("GET", "/fapi/v1/time"),
    "depth": ("GET", "/fapi/v1/depth"), "ticker.price": ("GET", "/fapi/v1/ticker/price"),
    "ticker.book": ("GET", "/fapi/v1/ticker/bookTicker"),
    "order.place": ("POST", "/fapi/v1/order"), "order.modify": ("PUT", "/fapi/v1/order"),
    "order.status": ("GET", "/fapi/v1/order"), "order.cancel": ("DELETE", "/fapi/v1/order"),
    "algoOrder.place": ("POST", "/fapi/v1/algoOrder"),
    "algoOrder.cancel": ("DELETE", "/fapi/v1/algoOrder"),
    "account.balance": ("GET", "/fapi/v2/balance"),
    "v2/account.balance": ("GET", "/fapi/v3/balance"),
    "account.status": ("GET", "/fapi/v2/account"),
    "v2/account.status": ("GET", "/fapi/v3/account"),
    "account.position": ("GET", "/fapi/v2/positionRisk"),
    "v2/account.position": ("GET", "/fapi/v3/positionRisk"),
    "userDataStream.start": ("POST", "/fapi/v1/listenKey"),
    "userDataStream.ping": ("PUT", "/fapi/v1/listenKey"),
    "userDataStream.stop": ("DELETE", "/fapi/v1/listenKey"),
}  # fmt: skip
"""Methods of the WebSocket APIs: the same requests under other names."""
