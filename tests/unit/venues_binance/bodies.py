"""Bodies of answers, as the venue spells them."""

from typing import Any

from steelyard.kernel.ports import Placing
from steelyard.model import kinds as k
from steelyard.model.client_ids import encode
from tests.unit.venues_binance.desk import (
    error,
)

ID = encode(7, 3, -2, 11, venue="binance")
UNKNOWN = error(-2013, "Order does not exist.")
UNSENT = error(-2011, "Unknown order sent.")


def spot_order(**changes: Any) -> dict[str, Any]:
    return {
        "symbol": "BTCUSDT", "orderId": 28, "orderListId": -1, "clientOrderId": ID,
        "price": "61837.63000000", "origQty": "0.02000000", "executedQty": "0.00000000",
        "status": "NEW", "timeInForce": "GTC", "type": "LIMIT", "side": "BUY",
        "stopPrice": "0.00000000", "time": 1700000000000, "updateTime": 1700000000001, **changes,
    }  # fmt: skip


def perp_order(**changes: Any) -> dict[str, Any]:
    return {
        "symbol": "BTCUSDT", "orderId": 29, "clientOrderId": ID, "price": "61837.6",
        "origQty": "0.020", "executedQty": "0", "status": "NEW", "timeInForce": "GTC",
        "type": "LIMIT", "origType": "LIMIT", "side": "SELL", "positionSide": "BOTH",
        "reduceOnly": True, "stopPrice": "0", "updateTime": 1700000000001, **changes,
    }  # fmt: skip


def algo(**changes: Any) -> dict[str, Any]:
    return {
        "algoId": 2148627, "clientAlgoId": ID, "algoType": "CONDITIONAL",
        "orderType": "STOP_MARKET", "symbol": "BTCUSDT", "side": "SELL", "positionSide": "BOTH",
        "quantity": "0.020", "algoStatus": "NEW", "actualOrderId": "", "triggerPrice": "60000.00",
        "price": "0.00", "reduceOnly": True, "createTime": 1750514941540,
        "updateTime": 1750514941540, **changes,
    }  # fmt: skip


def placing(**changes: Any) -> Placing:
    values = {
        "client_id": ID, "instrument": 0, "side": k.BUY, "type": k.LIMIT, "flags": 0,
        "price": 6183763, "quantity": 2_000_000, **changes,
    }  # fmt: skip
    return Placing(**values)


SPOT_TRADE = {
    "symbol": "BTCUSDT", "id": 501, "orderId": 28, "price": "61837.63000000",
    "qty": "0.02000000", "commission": "0.00002000", "commissionAsset": "BTC",
    "time": 1700000000005, "isBuyer": True, "isMaker": True,
}  # fmt: skip
PERP_TRADE = {
    "symbol": "BTCUSDT", "id": 901, "orderId": 29, "price": "61837.60", "qty": "0.020",
    "commission": "0.49470080", "commissionAsset": "USDT", "time": 1700000000004, "side": "SELL",
    "maker": False, "positionSide": "SHORT", "buyer": False,
}  # fmt: skip


INCOME = {
    "symbol": "BTCUSDT", "incomeType": "FUNDING_FEE", "income": "-0.37500001", "asset": "USDT",
    "info": "", "time": 1570608000000, "tranId": 9689322392, "tradeId": "",
}  # fmt: skip
RATE = {
    "symbol": "BTCUSDT", "fundingRate": "0.00010000", "fundingTime": 1570608000000,
    "markPrice": "34287.54619963",
}  # fmt: skip
