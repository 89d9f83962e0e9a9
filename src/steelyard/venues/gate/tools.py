"""Signing and decoding on their own, for the command line and for tests.

Rule 1: what is decoded here goes through the decoders that the venue itself uses.
Rule 2: a request or channel that this house never uses is refused by name, not guessed at.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from steelyard.venues.gate import frames, words
from steelyard.venues.gate.errors import LABELS, Complaint
from steelyard.venues.gate.frames import decode
from steelyard.venues.gate.signing import channel_text, headers, text_of
from steelyard.venues.gate.signing import sign as signature_of
from steelyard.venues.gate.terms import PREFIX
from steelyard.venues.native.dialect import Credentials
from steelyard.venues.native.tools import Unsigned

_SETTLE: Final = r"/futures/(usdt|\{settle\})"
_ROUTES: Final[tuple[tuple[str, Any], ...]] = (
    (r"GET /spot/time", words.ServerTime),
    (r"GET /spot/currency_pairs", list[words.Pair]),
    (r"GET /spot/currency_pairs/[^/]+", words.Pair),
    (r"GET /spot/order_book", words.SpotBook),
    (r"GET /spot/candlesticks", list[tuple[str | bool, ...]]),
    (r"GET /spot/accounts", list[words.SpotAccount]),
    (r"GET /spot/open_orders", list[words.SpotOpen]),
    (r"(GET|DELETE) /spot/orders", list[words.SpotOrder]),
    (r"POST /spot/orders", words.SpotOrder),
    (r"(GET|PATCH|DELETE) /spot/orders/[^/]+", words.SpotOrder),
    (r"POST /spot/(batch_orders|amend_batch_orders)", list[words.SpotOrder]),
    (r"GET /spot/my_trades", list[words.SpotTrade]),
    (r"(GET|DELETE) /spot/price_orders", list[words.SpotPriceOrder]),
    (r"POST /spot/price_orders", words.Created),
    (r"(GET|DELETE) /spot/price_orders/[^/]+", words.SpotPriceOrder),
    (r"POST /spot/countdown_cancel_all", words.Countdown),
    (r"GET /unified/accounts", words.UnifiedAccount),
    (r"GET /account/detail", words.Detail),
    (r"GET /wallet/fee", words.Rates),
    (rf"GET {_SETTLE}/contracts", list[words.Contract]),
    (rf"GET {_SETTLE}/contracts/[^/]+", words.Contract),
    (rf"GET {_SETTLE}/order_book", words.PerpBook),
    (rf"GET {_SETTLE}/candlesticks", list[words.PerpBar]),
    (rf"GET {_SETTLE}/tickers", list[frames.PerpTicker]),
    (rf"(GET|POST) {_SETTLE}/accounts", words.PerpAccount),
    (rf"POST {_SETTLE}/(dual_mode|set_position_mode)", words.PerpAccount),
    (rf"GET {_SETTLE}/positions", list[words.Position]),
    (rf"(GET|POST) {_SETTLE}/positions/[^/]+(/[a-z_]+)?", words.Position),
    (rf"(GET|POST) {_SETTLE}/dual_comp/positions/[^/]+(/[a-z_]+)?", list[words.Position]),
    (rf"(GET|DELETE) {_SETTLE}/(orders|orders_timerange)", list[words.PerpOrder]),
    (rf"POST {_SETTLE}/orders", words.PerpOrder),
    (rf"(GET|PUT|DELETE) {_SETTLE}/orders/[^/]+", words.PerpOrder),
    (rf"POST {_SETTLE}/(batch_orders|batch_amend_orders)", list[words.PerpOrder]),
    (rf"GET {_SETTLE}/(my_trades|my_trades_timerange)", list[words.PerpTrade]),
    (rf"(GET|DELETE) {_SETTLE}/price_orders", list[words.PerpPriceOrder]),
    (rf"POST {_SETTLE}/price_orders", words.Created),
    (rf"(GET|DELETE) {_SETTLE}/price_orders/[^/]+", words.PerpPriceOrder),
    (rf"GET {_SETTLE}/account_book", list[words.BookRow]),
    (rf"GET {_SETTLE}/fee", dict[str, words.ContractRates]),
    (rf"POST {_SETTLE}/countdown_cancel_all", words.Countdown),
)
_COMPILED: Final = tuple((re.compile(route), words.decoder(shape)) for route, shape in _ROUTES)
_COMPLAINT: Final = words.decoder(Complaint)

_CHANNELS: Final[dict[str, Any]] = {
    "spot.book_ticker": frames.Ticker,
    "futures.book_ticker": frames.Ticker,
    "spot.trades": frames.SpotPublicTrade | list[frames.SpotPublicTrade],
    "futures.trades": list[frames.PerpPublicTrade],
    "spot.order_book_update": frames.SpotChange,
    "futures.order_book_update": frames.PerpChange,
    "spot.candlesticks": frames.Candle | list[frames.Candle],
    "futures.candlesticks": frames.Candle | list[frames.Candle],
    "futures.tickers": frames.PerpTicker | list[frames.PerpTicker | list[frames.PerpTicker]],
    "spot.orders": list[words.SpotOrder],
    "spot.usertrades": list[words.SpotTrade],
    "spot.balances": list[frames.Balance],
    "spot.priceorders": frames.SpotPriceNews | list[frames.SpotPriceNews],
    "futures.orders": list[words.PerpOrder],
    "futures.usertrades": list[words.PerpTrade],
    "futures.positions": list[words.Position],
    "futures.balances": list[frames.Balance],
    "futures.autoorders": list[words.PerpPriceOrder],
    "spot.login": Any,
    "futures.login": Any,
    "spot.order_place": words.SpotOrder,
    "spot.order_cancel": words.SpotOrder,
    "spot.order_amend": words.SpotOrder,
    "spot.order_status": words.SpotOrder,
    "futures.order_place": words.PerpOrder,
    "futures.order_cancel": words.PerpOrder,
    "futures.order_amend": words.PerpOrder,
    "futures.order_status": words.PerpOrder,
}
_DECODERS: Final = {channel: words.decoder(shape) for channel, shape in _CHANNELS.items()}
_FRAME: Final = words.decoder(frames.Frame)
_CREATED: Final = words.decoder(words.Created)
_ANYTHING: Final = words.decoder(Any)
_API: Final = words.decoder(frames.ApiFrame)


def sign(request: Unsigned) -> Mapping[str, Any]:
    """Sign a request. Method `WS`: path is the channel, query the event."""
    credentials = Credentials(key=request.key, secret=request.secret)
    if request.method == "WS":
        signature = signature_of(
            request.secret, channel_text(request.path, request.query, request.timestamp)
        )
        return {"url": request.path, "headers": {}, "body": "", "signature": signature}
    body = request.body.encode()
    made = headers(
        credentials, request.method, request.path, request.query, body, request.timestamp
    )
    return {
        "url": f"{request.path}?{request.query}" if request.query else request.path,
        "headers": made,
        "body": request.body,
        "signature": made["SIGN"],
        "text": text_of(request.method, request.path, request.query, body, request.timestamp),
    }


def decode_rest(request: str, body: bytes) -> Any:
    """Decode the answer to `GET /path`; a refusal is told with its class."""
    method, _, target = request.partition(" ")
    path = target.partition("?")[0].removeprefix(PREFIX)
    try:
        complaint = _COMPLAINT.decode(body)
    except msgspec.DecodeError:
        pass
    else:
        if complaint.label:
            meaning = LABELS.get(complaint.label)
            fault = meaning.fault if meaning is not None else None
            return {
                "refused": complaint.label,
                "class": str(fault) if fault is not None else "unclear",
                "message": complaint.message or complaint.detail,
            }
    for route, decoder in _COMPILED:
        if route.fullmatch(f"{method} {path}"):
            return _plain(decode(decoder, body))
    raise ValueError(f"this house does not ask for {method} {path}")


def decode_ws(body: bytes) -> Any:
    """Decode one frame of any socket."""
    frame = decode(_FRAME, body)
    if frame.event not in {"update", "all"}:
        api = decode(_API, body)
        if api.request_id:
            return _api(api)
        plain = {"channel": frame.channel, "event": frame.event or frame.type}
        if frame.error is not None:
            plain["error"] = frame.error.message
        return plain
    if frame.channel not in _DECODERS:
        raise ValueError(f"this house does not subscribe to {frame.channel}")
    result = _plain(decode(_DECODERS[frame.channel], frame.result))
    return {"channel": frame.channel, "event": frame.event, "result": result}


def _api(api: frames.ApiFrame) -> Any:
    plain: dict[str, Any] = {"request": api.request_id, "channel": api.header.channel}
    if api.data.errs is not None:
        return plain | {"refused": api.data.errs.label, "message": api.data.errs.message}
    if api.ack:
        return plain | {"ack": True}
    if not api.header.channel:
        return plain | {"result": decode(_ANYTHING, api.data.result)}
    if api.header.channel not in _DECODERS:
        raise ValueError(f"this house does not ask for {api.header.channel}")
    if _is_short(api.data.result):
        return plain | {"result": _plain(decode(_CREATED, api.data.result))}
    return plain | {"result": _plain(decode(_DECODERS[api.header.channel], api.data.result))}


def _is_short(result: msgspec.Raw) -> bool:
    """Say whether only the number of an order was told (`action_mode` ACK)."""
    told = decode(_ANYTHING, result)
    return isinstance(told, dict) and "id" in told and "status" not in told


def _plain(value: Any) -> Any:
    return msgspec.to_builtins(value)
