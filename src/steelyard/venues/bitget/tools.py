"""What the command line and tests do with Bitget's bytes: sign, decode.

Rule 1: decoding goes through the code the venue itself uses; what a message is about is made up
around it (an instrument of twelve decimals of the name it mentions).
Rule 2: an answer of a path that nothing here asks for is opened and shown as it is.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import msgspec

from steelyard.model.instruments import Fees, Instrument, Kind
from steelyard.model.reports import Refusal, Unclear
from steelyard.model.units import Money, Price, Quantity, Rate
from steelyard.venues.bitget import frames, words
from steelyard.venues.bitget.entry import Desk
from steelyard.venues.bitget.errors import reading
from steelyard.venues.bitget.instruments import contract, pair
from steelyard.venues.bitget.market import BitgetMarket
from steelyard.venues.bitget.private import Private
from steelyard.venues.bitget.reports import Reports
from steelyard.venues.bitget.signing import LOGIN_PATH, rest_headers, signature
from steelyard.venues.bitget.symbols import MARGIN_COIN, PERPETUAL, SPOT, Symbols
from steelyard.venues.bitget.terms import ADDRESSES, NAME
from steelyard.venues.native.dialect import Credentials
from steelyard.venues.native.tools import Unsigned
from steelyard.wire.http import Answer

_PLACES: Final = 9
_PRIVATE: Final = frozenset({"orders", "orders-algo", "fill", "account", "positions", "equity"})
_LISTS: Final[dict[str, Any]] = {
    "/api/v2/public/time": words.ServerTime,
    "/api/v2/spot/public/symbols": list[words.Pair],
    "/api/v2/spot/market/orderbook": words.Depth,
    "/api/v2/spot/market/tickers": list[words.RestTicker],
    "/api/v2/spot/market/candles": list[words.Candle],
    "/api/v2/spot/market/history-candles": list[words.Candle],
    "/api/v2/spot/trade/place-order": words.Placed,
    "/api/v2/spot/trade/place-plan-order": words.Placed,
    "/api/v2/spot/trade/cancel-order": words.Placed,
    "/api/v2/spot/trade/cancel-plan-order": words.Outcome,
    "/api/v2/spot/trade/unfilled-orders": list[words.Order],
    "/api/v2/spot/trade/history-orders": list[words.Order],
    "/api/v2/spot/trade/orderInfo": list[words.Order],
    "/api/v2/spot/trade/fills": list[words.Fill],
    "/api/v2/spot/trade/batch-orders": words.Batch,
    "/api/v2/spot/trade/batch-cancel-order": words.Batch,
    "/api/v2/spot/trade/batch-cancel-plan-order": words.Batch,
    "/api/v2/spot/account/assets": list[words.Asset],
    "/api/v2/spot/account/info": words.KeyInfo,
    "/api/v2/common/trade-rate": words.FeeRate,
    "/api/v2/mix/market/contracts": list[words.Contract],
    "/api/v2/mix/market/merge-depth": words.Depth,
    "/api/v2/mix/market/ticker": list[words.RestTicker],
    "/api/v2/mix/market/tickers": list[words.RestTicker],
    "/api/v2/mix/market/candles": list[words.Candle],
    "/api/v2/mix/market/history-candles": list[words.Candle],
    "/api/v2/mix/order/place-order": words.Placed,
    "/api/v2/mix/order/place-plan-order": words.Placed,
    "/api/v2/mix/order/place-tpsl-order": words.Placed,
    "/api/v2/mix/order/modify-order": words.Placed,
    "/api/v2/mix/order/cancel-order": words.Placed,
    "/api/v2/mix/order/cancel-plan-order": words.Batch,
    "/api/v2/mix/order/cancel-all-orders": words.Batch,
    "/api/v2/mix/order/batch-place-order": words.Batch,
    "/api/v2/mix/order/batch-cancel-orders": words.Batch,
    "/api/v2/mix/order/detail": words.Order,
    "/api/v2/mix/order/orders-pending": words.Orders,
    "/api/v2/mix/order/orders-history": words.Orders,
    "/api/v2/mix/order/orders-plan-pending": words.Orders,
    "/api/v2/mix/order/orders-plan-history": words.Orders,
    "/api/v2/mix/order/fills": words.Fills,
    "/api/v2/mix/account/bill": words.Bills,
    "/api/v2/mix/account/account": words.Wallet,
    "/api/v2/mix/account/accounts": list[words.Wallet],
    "/api/v2/mix/account/set-position-mode": words.Mode,
    "/api/v2/mix/position/all-position": list[words.Position],
    "/api/v2/mix/position/single-position": list[words.Position],
}
"""What is asked for, and as what its data are read."""


def sign(request: Unsigned) -> Mapping[str, Any]:
    """Return the signed request; a log-in of a socket has the path `/user/verify`."""
    credentials = Credentials(key=request.key, secret=request.secret, passphrase=request.passphrase)
    path = f"{request.path}?{request.query}" if request.query else request.path
    method = request.method.upper()
    if request.path == LOGIN_PATH:
        proof = signature(request.secret, request.timestamp + "GET" + LOGIN_PATH)
        return {"url": path, "headers": {}, "body": "", "signature": proof}
    headers = rest_headers(credentials, request.timestamp, method, path, request.body)
    return {
        "url": path, "headers": headers, "body": request.body, "signature": headers["ACCESS-SIGN"],
    }  # fmt: skip


def decode_rest(request: str, body: bytes) -> Any:
    """Decode the answer to `METHOD /path`; a refusal is told as what it means."""
    method, _, target = request.strip().partition(" ")
    parts = urlsplit(target or method)
    found = reading(Answer(200, {}, body))
    if isinstance(found, Refusal | Unclear):
        return {"meaning": type(found).__name__.lower(), **_plain(found)}
    shape = _LISTS.get(parts.path)
    if shape is None:
        return {"meaning": "success", "read": False, "data": msgspec.json.decode(found.raw)}
    value = msgspec.json.decode(found.raw, type=shape)
    told = _TELLERS.get(parts.path)
    product = PERPETUAL if "/mix/" in parts.path else SPOT
    asked = parse_qs(parts.query)
    symbol = (asked.get("symbol") or [""])[0].upper()
    said = told(value, product, symbol) if told is not None else []
    return {"meaning": "success", "read": True, "data": _plain(value), "says": _plain(said)}


def decode_ws(body: bytes) -> Any:
    """Decode one frame: what it says, as the venue's code reads it."""
    if body.strip() == b"pong":
        return {"says": [{"is": "Pong"}]}
    word = msgspec.json.decode(body, type=frames.SocketWord)
    if bytes(word.data) == b"null":
        known = Symbols(())
        desk = Desk(known, Reports(known, hedged=False), hedged=False, margin_mode="crossed")
        said: Any = desk.read(body)
    else:
        arg = msgspec.json.decode(word.arg, type=frames.Arg)
        rows = msgspec.json.decode(word.data)
        symbols = {arg.inst_id.upper()} if arg.inst_id not in ("", "default") else set()
        symbols |= {
            str(row.get(name)).upper()
            for row in rows
            if isinstance(row, dict)
            for name in ("instId", "symbol")
            if row.get(name)
        }
        if arg.channel in _PRIVATE:
            products = dict.fromkeys((arg.inst_type, SPOT, PERPETUAL))
            known = Symbols([invented(one, each) for one in products for each in sorted(symbols)])
            said = Private(known, Reports(known, hedged=False)).read(body)
        else:
            made = [invented(arg.inst_type, each) for each in sorted(symbols)]
            said = BitgetMarket(made, ADDRESSES["mainnet"]).read(body)
    return {"says": [{"is": type(each).__name__, **_plain(each)} for each in said]}


def invented(product: str, symbol: str) -> Instrument:
    """Make up an instrument fine enough for any number."""
    base, quote = (symbol.removesuffix("USDT"), "USDT") if symbol.endswith("USDT") else (symbol, "")
    perpetual = product == PERPETUAL
    return Instrument(
        name=f"{base}/{quote}", venue=NAME, kind=Kind.LINEAR if perpetual else Kind.SPOT,
        base=base, quote=quote, settle=MARGIN_COIN if perpetual else quote,
        price_decimals=_PLACES, quantity_decimals=_PLACES, money_decimals=_PLACES,
        tick=Price(1), lot=Quantity(1), quantity_min=Quantity(1), quantity_max=Quantity(10**18),
        notional_min=Money(0), fees=Fees(maker=Rate(0), taker=Rate(0)),
    )  # fmt: skip


def _orders(value: Any, product: str, symbol: str, *, plan: bool = False) -> list[Any]:
    rows: list[words.Order] = (
        [value] if isinstance(value, words.Order)
        else value if isinstance(value, list)
        else (value.entrusted_list or value.order_list or [])
    )  # fmt: skip
    reports = _reports(product, {row.symbol or row.inst_id for row in rows})
    return [reports.order(row, product, plan=plan) for row in rows]


def _plans(value: Any, product: str, symbol: str) -> list[Any]:
    return _orders(value, product, symbol, plan=True)


def _fills(value: Any, product: str, symbol: str) -> list[Any]:
    rows: list[words.Fill] = value if isinstance(value, list) else (value.fill_list or [])
    reports = _reports(product, {row.symbol for row in rows})
    for row in rows:
        reports.memory.learn(row.order_id, row.client_oid or "")
    return [reports.fill(row, product, economic=False) for row in rows]


def _positions(value: Any, product: str, symbol: str) -> list[Any]:
    reports = _reports(product, {row.symbol for row in value})
    return [reports.position(row) for row in value]


def _bills(value: Any, product: str, symbol: str) -> list[Any]:
    rows = value.bills or []
    reports = _reports(product, {row.symbol for row in rows})
    return [told for told in map(reports.funding, rows) if told is not None]


def _listed(value: Any, product: str, symbol: str) -> list[Any]:
    make: Callable[[Any], Any] = contract if product == PERPETUAL else pair
    return [make(row) for row in value]


_TELLERS: Final[dict[str, Callable[[Any, str, str], list[Any]]]] = {
    "/api/v2/spot/public/symbols": _listed,
    "/api/v2/mix/market/contracts": _listed,
    "/api/v2/spot/trade/unfilled-orders": _orders,
    "/api/v2/spot/trade/history-orders": _orders,
    "/api/v2/spot/trade/orderInfo": _orders,
    "/api/v2/mix/order/detail": _orders,
    "/api/v2/mix/order/orders-pending": _orders,
    "/api/v2/mix/order/orders-history": _orders,
    "/api/v2/mix/order/orders-plan-pending": _plans,
    "/api/v2/mix/order/orders-plan-history": _plans,
    "/api/v2/spot/trade/fills": _fills,
    "/api/v2/mix/order/fills": _fills,
    "/api/v2/mix/account/bill": _bills,
    "/api/v2/mix/position/all-position": _positions,
    "/api/v2/mix/position/single-position": _positions,
}


def _reports(product: str, names: set[str]) -> Reports:
    made = [invented(product, name.upper()) for name in sorted(names)]
    return Reports(Symbols(made), hedged=False)


def _plain(value: Any) -> Any:
    """Return plain data, numbers that JSON would spoil as texts."""
    return msgspec.to_builtins(value, enc_hook=_hook)


def _hook(value: Any) -> Any:
    if isinstance(value, msgspec.Raw):
        return bytes(value).decode()
    return str(value)
