"""Signing and decoding for the command line and for tests, by the same code as everywhere here.

Rule 1: an answer is decoded by the words of its path; a path without words of its own is shown as
it came, once its envelope was read.
Rule 2: an answer that says no is shown as what it means here.
"""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from steelyard.model.reports import Refusal, Unclear
from steelyard.venues.native.dialect import Credentials
from steelyard.venues.native.tools import Unsigned
from steelyard.venues.okx import frames, words
from steelyard.venues.okx.calls import decoded
from steelyard.venues.okx.errors import judge
from steelyard.venues.okx.signing import LOGIN_PATH, login_args, rest_headers
from steelyard.venues.okx.terms import PING, PONG
from steelyard.wire.http import Answer

_PATHS: Final[Mapping[str, Any]] = {
    "/api/v5/public/time": words.Clock,
    "/api/v5/public/instruments": words.Listing,
    "/api/v5/account/instruments": words.Listing,
    "/api/v5/public/mark-price": frames.MarkWord,
    "/api/v5/public/funding-rate": frames.FundingWord,
    "/api/v5/market/ticker": frames.TickerWord,
    "/api/v5/market/tickers": frames.TickerWord,
    "/api/v5/market/books": frames.BookWord,
    "/api/v5/market/trades": frames.TradeWord,
    "/api/v5/market/candles": list[str],
    "/api/v5/market/history-candles": list[str],
    "/api/v5/account/config": words.ConfigWord,
    "/api/v5/account/balance": words.BalanceWord,
    "/api/v5/account/positions": words.PositionWord,
    "/api/v5/account/bills": words.Bill,
    "/api/v5/account/bills-archive": words.Bill,
    "/api/v5/account/trade-fee": words.FeeWord,
    "/api/v5/account/leverage-info": words.LeverWord,
    "/api/v5/account/set-leverage": words.LeverWord,
    "/api/v5/trade/fills": words.FillWord,
    "/api/v5/trade/fills-history": words.FillWord,
    "/api/v5/trade/orders-pending": words.OrderWord,
    "/api/v5/trade/orders-history": words.OrderWord,
    "/api/v5/trade/orders-history-archive": words.OrderWord,
    "/api/v5/trade/orders-algo-pending": words.AlgoWord,
    "/api/v5/trade/orders-algo-history": words.AlgoWord,
    "/api/v5/trade/batch-orders": words.Verdict,
    "/api/v5/trade/cancel-order": words.Verdict,
    "/api/v5/trade/cancel-batch-orders": words.Verdict,
    "/api/v5/trade/amend-order": words.Verdict,
    "/api/v5/trade/amend-batch-orders": words.Verdict,
    "/api/v5/trade/cancel-algos": words.Verdict,
    "/api/v5/trade/amend-algos": words.Verdict,
}
# One path, two meanings.
_BY_METHOD: Final[Mapping[tuple[str, str], Any]] = {
    ("GET", "/api/v5/trade/order"): words.OrderWord,
    ("POST", "/api/v5/trade/order"): words.Verdict,
    ("GET", "/api/v5/trade/order-algo"): words.AlgoWord,
    ("POST", "/api/v5/trade/order-algo"): words.Verdict,
}
_CHANNELS: Final[Mapping[str, Any]] = {
    "bbo-tbt": frames.BookPush,
    "books": frames.BookPush,
    "books5": frames.BookPush,
    "books-l2-tbt": frames.BookPush,
    "books50-l2-tbt": frames.BookPush,
    "trades": frames.TradePush,
    "trades-all": frames.TradePush,
    "tickers": frames.TickerPush,
    "mark-price": frames.MarkPush,
    "funding-rate": frames.FundingPush,
    "instruments": frames.ListingPush,
    "orders": frames.OrderPush,
    "orders-algo": frames.AlgoPush,
    "algo-advance": frames.AlgoPush,
    "account": frames.AccountPush,
    "positions": frames.PositionPush,
}
_CANDLE: Final = re.compile(r"(index-|mark-price-)?candle\w+")


def sign(request: Unsigned) -> Mapping[str, Any]:
    """Return {"url", "headers", "body", "signature"}; a log-in is `GET /users/self/verify`."""
    credentials = Credentials(key=request.key, secret=request.secret, passphrase=request.passphrase)
    if request.path == LOGIN_PATH:
        args = login_args(credentials, request.timestamp)
        body = msgspec.json.encode({"op": "login", "args": [args]}).decode()
        return {"url": LOGIN_PATH, "headers": {}, "body": body, "signature": args["sign"]}
    url = f"{request.path}?{request.query}" if request.query else request.path
    headers = rest_headers(
        credentials, request.timestamp, request.method.upper(), url, request.body
    )
    return {
        "url": url,
        "headers": headers,
        "body": request.body,
        "signature": headers["OK-ACCESS-SIGN"],
    }


def decode_rest(request: str, body: bytes) -> Any:
    """Decode the answer to `GET /path`."""
    method, _, target = request.partition(" ")
    path = urlsplit(target or method).path
    wrong = judge(Answer(200, {}, body))
    if isinstance(wrong, Refusal):
        return {"refusal": msgspec.to_builtins(wrong)}
    if isinstance(wrong, Unclear):
        return {"unclear": wrong.text}
    type_ = _BY_METHOD.get((method.upper(), path)) or _PATHS.get(path)
    if type_ is None:
        return msgspec.json.decode(body)["data"]
    return msgspec.to_builtins(decoded(body, type_))


def decode_ws(body: bytes) -> Any:
    """Decode one frame, public or private. Raises ValueError: nobody understands it."""
    if body in {PING, PONG}:
        return body.decode()
    channel = frames.channel_of(body)
    if not channel:
        return msgspec.to_builtins(msgspec.json.decode(body, type=frames.EventWord))
    type_ = _CHANNELS.get(channel, frames.OtherPush)
    if _CANDLE.fullmatch(channel):
        type_ = frames.CandlePush
    return msgspec.to_builtins(msgspec.json.decode(body, type=type_))
