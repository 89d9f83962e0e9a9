"""An exchange of the tests: enough of Binance's spot dialect for ccxt, over real sockets.

One price. What crosses it trades at once; the rest waits until `move` brings the price there.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import WSMsgType, web

KEY, SECRET = "canary-key-1111", "canary-secret-2222"
BTC, USDT = Decimal("1.5"), Decimal(10_000)


class SpotServer:
    """One account, one market."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self.now_ms = now_ms
        self.price = Decimal("100.00")
        self.orders: dict[int, dict[str, Any]] = {}
        self.trades: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str]] = []
        self.next: list[web.Response | str] = []
        self.ahead_ms = 0
        self.greeting: list[dict[str, Any]] = []  # said behind each subscription
        self.sockets: list[tuple[str, web.WebSocketResponse]] = []
        self.app = web.Application()
        self.app.router.add_route("*", "/{tail:.*}", self.serve)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self.socket(request)
        path, body = request.path, await request.text()
        self.asked.append((request.method, path))
        fault = self.next.pop(0) if self.next and path.endswith("/order") else None
        if isinstance(fault, web.Response):
            return fault
        said = dict(parse_qsl(request.query_string)) | dict(parse_qsl(body))
        if "signature" in said and not self.signed(request, body):
            return answer({"code": -1022, "msg": "Signature for this request is not valid."}, 400)
        work = getattr(self, request.method.lower() + path.replace("/api/v3/", "_"), None)
        if work is None:
            return answer({"code": -1, "msg": f"no such path {path}"}, 404)
        done = work(said)
        if fault == "lost":
            assert request.transport is not None
            request.transport.abort()
        return answer(done, 400 if isinstance(done, dict) and "code" in done else 200)

    def signed(self, request: web.Request, body: str) -> bool:
        text = (request.query_string + body).split("&signature=")
        made = hmac.new(SECRET.encode(), text[0].encode(), hashlib.sha256).hexdigest()
        return request.headers.get("X-MBX-APIKEY") == KEY and text[1] == made

    # --- REST ------------------------------------------------------------------------------------

    def get_time(self, said: dict[str, str]) -> Any:
        return {"serverTime": self.now_ms() + self.ahead_ms}

    def get_exchangeInfo(self, said: dict[str, str]) -> Any:  # noqa: N802 - the dialect's word
        filters = [
            {"filterType": "PRICE_FILTER", "minPrice": "0.01", "maxPrice": "1000000",
             "tickSize": "0.01"},
            {"filterType": "LOT_SIZE", "minQty": "0.00001", "maxQty": "9000",
             "stepSize": "0.00001"},
            {"filterType": "NOTIONAL", "minNotional": "5"},
        ]  # fmt: skip
        market = {
            "symbol": "BTCUSDT", "status": "TRADING", "baseAsset": "BTC", "quoteAsset": "USDT",
            "baseAssetPrecision": 8, "quotePrecision": 8, "isSpotTradingAllowed": True,
            "orderTypes": ["LIMIT", "MARKET"], "permissions": ["SPOT"], "filters": filters,
        }  # fmt: skip
        return {"symbols": [market]}

    def post_order(self, said: dict[str, str]) -> Any:
        if any(one["clientOrderId"] == said["newClientOrderId"] for one in self.orders.values()):
            return {"code": -2010, "msg": "Duplicate order sent."}
        quantity, at_market = Decimal(said["quantity"]), said["type"] == "MARKET"
        price = Decimal(said.get("price", "0"))
        if quantity * (price or self.price) > USDT:
            return {"code": -2010, "msg": "Account has insufficient balance for requested action."}
        is_buy = said["side"] == "BUY"
        crosses = at_market or (self.price <= price if is_buy else self.price >= price)
        if said["type"] == "LIMIT_MAKER" and crosses:
            return {"code": -2010, "msg": "Order would immediately match and take."}
        number = len(self.orders) + 1
        row = {
            "symbol": "BTCUSDT", "orderId": number, "clientOrderId": said["newClientOrderId"],
            "transactTime": self.now_ms(), "time": self.now_ms(), "updateTime": self.now_ms(),
            "price": f"{price:f}", "origQty": f"{quantity:f}", "executedQty": "0",
            "cummulativeQuoteQty": "0", "status": "NEW",
            "timeInForce": said.get("timeInForce", "GTC"),
            "type": said["type"], "side": said["side"], "fills": [],
        }  # fmt: skip
        self.orders[number] = row
        if crosses:
            self.fill(row, maker=False)
        elif said.get("timeInForce") in {"IOC", "FOK"}:
            row["status"] = "EXPIRED"
        return row

    def get_order(self, said: dict[str, str]) -> Any:
        return self.found(said) or {"code": -2013, "msg": "Order does not exist."}

    def delete_order(self, said: dict[str, str]) -> Any:
        row = self.found(said)
        if row is None or row["status"] != "NEW":
            return {"code": -2011, "msg": "Unknown order sent."}
        row["status"] = "CANCELED"
        return row

    def delete_openOrders(self, said: dict[str, str]) -> Any:  # noqa: N802
        rows = self.get_openOrders(said)
        for row in rows:
            row["status"] = "CANCELED"
        return rows or {"code": -2011, "msg": "Unknown order sent."}

    def get_openOrders(self, said: dict[str, str]) -> Any:  # noqa: N802
        return [one for one in self.orders.values() if one["status"] == "NEW"]

    def get_myTrades(self, said: dict[str, str]) -> Any:  # noqa: N802
        return [one for one in self.trades if one["time"] >= int(said.get("startTime", "0"))]

    def get_account(self, said: dict[str, str]) -> Any:
        coins = {"BTC": BTC + self.held(), "USDT": USDT - self.paid()}
        return {
            "makerCommission": 10, "takerCommission": 10, "updateTime": self.now_ms(),
            "balances": [
                {"asset": name, "free": f"{total:f}", "locked": "0.00000000"}
                for name, total in coins.items()
            ],
        }  # fmt: skip

    def get_depth(self, said: dict[str, str]) -> Any:
        return {
            "lastUpdateId": 100, "bids": [["99.98", "1.5"], ["99.97", "2"]],
            "asks": [["100.03", "1"]],
        }  # fmt: skip

    # --- the market ------------------------------------------------------------------------------

    def move(self, price: str) -> None:
        self.price = Decimal(price)
        for row in self.orders.values():
            limit = Decimal(row["price"])
            meets = self.price <= limit if row["side"] == "BUY" else self.price >= limit
            if row["status"] == "NEW" and meets:
                self.fill(row, maker=True)

    def fill(self, row: dict[str, Any], *, maker: bool) -> None:
        price = Decimal(row["price"]) if maker else self.price
        quantity = Decimal(row["origQty"])
        row |= {
            "status": "FILLED", "executedQty": row["origQty"],
            "cummulativeQuoteQty": f"{price * quantity:f}",
        }  # fmt: skip
        self.trades.append({
            "symbol": "BTCUSDT", "id": 500 + len(self.trades), "orderId": row["orderId"],
            "price": f"{price:f}", "qty": row["origQty"], "quoteQty": f"{price * quantity:f}",
            "commission": f"{price * quantity / 1000:f}", "commissionAsset": "USDT",
            "time": self.now_ms(), "isBuyer": row["side"] == "BUY", "isMaker": maker,
        })  # fmt: skip

    def held(self) -> Decimal:
        signs = {True: 1, False: -1}
        return sum((signs[t["isBuyer"]] * Decimal(t["qty"]) for t in self.trades), Decimal(0))

    def paid(self) -> Decimal:
        signs = {True: 1, False: -1}
        cost = sum((signs[t["isBuyer"]] * Decimal(t["quoteQty"]) for t in self.trades), Decimal(0))
        return cost + sum((Decimal(t["commission"]) for t in self.trades), Decimal(0))

    def found(self, said: dict[str, str]) -> dict[str, Any] | None:
        for row in self.orders.values():
            if str(row["orderId"]) == said.get("orderId") or (
                row["clientOrderId"] == said.get("origClientOrderId", said.get("newClientOrderId"))
            ):
                return row
        return None

    # --- sockets ---------------------------------------------------------------------------------

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self.sockets.append((request.path, socket))
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                number = json.loads(message.data)["id"]
                answers: list[dict[str, Any]] = [{"result": None, "id": number}, *self.greeting]
                if "ws-api" in request.path:
                    answers = [{"id": number, "status": 200, "result": {"subscriptionId": 0}}]
                for one in answers:
                    named = request.path == "/stream" and "s" in one
                    kind = "trade" if "t" in one else "bookTicker"
                    frame = {"stream": f"btcusdt@{kind}", "data": one} if named else one
                    await socket.send_str(json.dumps(frame, separators=(",", ":")))
        return socket

    async def say(self, frame: dict[str, Any]) -> None:
        """Send a frame to every socket."""
        for _, socket in self.sockets:
            if not socket.closed:
                await socket.send_str(json.dumps(frame))

    async def cut(self) -> None:
        for _, socket in tuple(self.sockets):
            await socket.close()


def answer(value: Any, status: int = 200) -> web.Response:
    return web.json_response(value, status=status)
