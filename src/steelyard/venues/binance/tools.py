"""What the command line and tests ask of this dialect: sign a request, decode bytes.

Rule 1: the same code as the venue's: signing, words, reports, frames. Only the instruments are made
up on the spot, from the symbols in the bytes, with eight decimals for everything.
Rule 2: what comes out is plain: texts for prices, quantities and money, names for codes.
Rule 3: a path or event the dialect does not read is an InputError that says so.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import quote

import msgspec

from steelyard.model.errors import InputError, InstrumentNameError
from steelyard.model.instruments import Fees, Instrument, Kind, rate
from steelyard.model.names import QUOTES, unify
from steelyard.model.units import Money, Price, Quantity
from steelyard.venues.binance import words
from steelyard.venues.binance.errors import refused
from steelyard.venues.binance.hearing import Hearing, levels
from steelyard.venues.binance.instruments import listed
from steelyard.venues.binance.memory import Memory
from steelyard.venues.binance.private import LEAVING, QUIET, Private
from steelyard.venues.binance.reports import Reports
from steelyard.venues.binance.signing import signature
from steelyard.venues.binance.symbols import Symbols
from steelyard.venues.binance.terms import NAME, Product
from steelyard.venues.native.numbers import Units, units
from steelyard.venues.native.plain import plain
from steelyard.venues.native.tools import Unsigned
from steelyard.wire.http import Answer

_DECIMALS: Final = 8
_SYMBOL: Final = re.compile(rb'"(?:s|ps|symbol|pair)"\s*:\s*"([A-Z0-9_]{3,40})"')
_WRAPPED: Final = re.compile(rb'^\s*\{\s*"stream"\s*:')
_PRIVATE: Final = QUIET | LEAVING | {"executionReport", "ORDER_TRADE_UPDATE", "ALGO_UPDATE"}
_STREAMS: Final = {
    "bookTicker": "bookTicker", "trade": "trade", "aggTrade": "aggTrade", "depthUpdate": "depth",
    "kline": "kline_", "continuous_kline": "continuousKline_", "markPriceUpdate": "markPrice",
    "contractInfo": "!contractInfo",
}  # fmt: skip
_FAILED: Final = 400


class _Wrapped(msgspec.Struct, frozen=True):
    stream: str
    data: msgspec.Raw


class _Event(msgspec.Struct, frozen=True):
    e: str = ""
    b: msgspec.Raw = msgspec.Raw(b"")
    u: msgspec.Raw = msgspec.Raw(b"")
    id: str | int | None = None
    event: msgspec.Raw = msgspec.Raw(b"")
    result: msgspec.Raw = msgspec.Raw(b"")
    error: words.Refused | None = None
    code: int = 0


def sign(request: Unsigned) -> Mapping[str, Any]:
    """Return the signed request: timestamp and signature go to the end of where its fields are."""
    query, body = request.query, request.body
    if request.timestamp and "timestamp=" not in query + body:
        stamp = f"timestamp={request.timestamp}"
        if body:
            body = f"{body}&{stamp}"
        else:
            query = f"{query}&{stamp}" if query else stamp
    signed = signature(request.secret, query + body)
    last = f"signature={quote(signed, safe='')}"
    if body:
        body = f"{body}&{last}"
    else:
        query = f"{query}&{last}" if query else last
    headers = {"X-MBX-APIKEY": request.key}
    if body:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    return {
        "url": f"{request.path}?{query}" if query else request.path,
        "headers": headers, "body": body, "signature": signed,
    }  # fmt: skip


def decode_rest(request: str, body: bytes) -> Any:
    """Decode the answer to `GET /path`."""
    method, _, path = request.partition(" ")
    path = path.partition("?")[0]
    product = Product.PERP if path.startswith("/fapi/") else Product.SPOT
    try:
        reader = _READERS[method, path]
    except KeyError:
        raise InputError(f"request was {request!r}, which this dialect does not make") from None
    if error := _error(body):
        return plain(refused(product, Answer(_FAILED, {}, body)), ()) | {"code": error.code}
    symbols = _symbols(product, body)
    value = reader(_Desk(product, symbols), body)
    return plain(value, symbols.instruments)


def decode_ws(body: bytes) -> Any:
    """Decode one frame of any stream, or an answer on a WebSocket API."""
    if _WRAPPED.match(body):
        wrapped = msgspec.json.decode(body, type=_Wrapped)
        event = _event_of(bytes(wrapped.data))
        if event.e not in _PRIVATE:
            return _public(wrapped.stream, bytes(wrapped.data))
        body = bytes(wrapped.data)
    event = _event_of(body)
    if event.id is not None and (event.result or event.error):
        return _answer(event, body)
    if event.e in _PRIVATE or event.event:
        return _private(body)
    return _public("", body)


def _public(stream: str, data: bytes) -> Any:
    event = _event_of(data)
    name = _STREAMS.get(event.e, "bookTicker" if not event.e and event.b and event.u else "")
    if not name:
        raise InputError(f"event was {event.e or data[:80]!r}, which this dialect does not read")
    if not (stream.partition("@")[2] or stream).startswith(name):
        stream = name if name.startswith("!") else f"_@{name}"
    frame = b'{"stream":"%s","data":%s}' % (stream.encode(), data)
    both = tuple(one for product in Product for one in _symbols(product, data).instruments)
    said = Hearing(Symbols(both), _never).read(frame)
    return [plain(one, both) for one in said]


def _private(body: bytes) -> Any:
    both = tuple(one for product in Product for one in _symbols(product, body).instruments)
    return [plain(one, both) for one in Private(Symbols(both), Memory()).read(body)]


def _answer(event: _Event, body: bytes) -> Any:
    if event.error is not None:
        return {"id": event.id, "error": {"code": event.error.code, "text": event.error.msg}}
    result = bytes(event.result)
    try:
        order = msgspec.json.decode(result, type=words.Order)
    except ValueError:  # no order's: a setting, a list, a key
        return {"id": event.id, "result": msgspec.json.decode(result, type=object)}
    product = Product.PERP if b'"positionSide"' in result else Product.SPOT
    symbols = _symbols(product, result)
    return {
        "id": event.id,
        "order": plain(_Desk(product, symbols).order(order), symbols.instruments),
    }


def _event_of(data: bytes) -> _Event:
    try:
        return msgspec.json.decode(data, type=_Event)
    except msgspec.ValidationError:
        raise InputError(f"frame was {data[:80]!r}, which this dialect does not read") from None


def _error(body: bytes) -> words.Refused | None:
    try:
        error = msgspec.json.decode(body, type=words.Refused)
    except ValueError:
        return None
    return error if error.code < 0 else None


# --- by path --------------------------------------------------------------------------------------


class _Desk:
    """The reports of one decoding."""

    def __init__(self, product: Product, symbols: Symbols) -> None:
        self.product, self.symbols = product, symbols
        self.reports = Reports(symbols, Memory())

    def order(self, order: words.Order) -> Any:
        """Report an order; a bare acknowledgement names it only."""
        if not order.status:
            return {"venue_id": str(order.order_id), "client_id": order.client_order_id}
        return self.reports.order(self.product, order)


_Reader = Callable[[_Desk, bytes], Any]


def _of(kind: Any) -> Callable[[bytes], Any]:
    decoder = msgspec.json.Decoder(kind)
    return decoder.decode


def _order(desk: _Desk, body: bytes) -> Any:
    return desk.order(_of(words.Order)(body))


def _orders(desk: _Desk, body: bytes) -> Any:
    found = []
    for one in _of(tuple[msgspec.Raw, ...])(body):
        raw = bytes(one)
        if error := _error(raw):
            found.append({"code": error.code, "text": error.msg})
        elif b'"orderReports"' in raw:
            inner = _of(words.ListedOrders)(raw).order_reports
            found += [desk.order(order) for order in inner]
        else:
            found.append(desk.order(_of(words.Order)(raw)))
    return found


def _algo(desk: _Desk, body: bytes) -> Any:
    algo = _of(words.Algo)(body)
    if not algo.algo_status:
        return {"venue_id": str(algo.algo_id), "client_id": algo.client_algo_id}
    return desk.reports.algo(algo)


def _algos(desk: _Desk, body: bytes) -> Any:
    return [desk.reports.algo(one) for one in _of(tuple[words.Algo, ...])(body)]


def _spot_trades(desk: _Desk, body: bytes) -> Any:
    rows = _of(tuple[words.SpotTrade, ...])(body)
    return [desk.reports.spot_trade(row, "") for row in rows]


def _perp_trades(desk: _Desk, body: bytes) -> Any:
    rows = _of(tuple[words.PerpTrade, ...])(body)
    return [desk.reports.perp_trade(row, "") for row in rows]


def _income(desk: _Desk, body: bytes) -> Any:
    rows = _of(tuple[words.Income, ...])(body)
    paid = [row for row in rows if row.income_type == "FUNDING_FEE"]
    return {"rows": len(rows), "funding": [desk.reports.funding(row, 0, 0) for row in paid]}


def _positions(desk: _Desk, body: bytes) -> Any:
    return [desk.reports.position(row) for row in _of(tuple[words.PerpPosition, ...])(body)]


def _book(desk: _Desk, body: bytes) -> Any:
    book, eight = _of(words.BookSnapshot)(body), Units(_DECIMALS)
    return {
        "last": book.last_update_id,
        "bids": [list(row) for row in levels(book.bids, eight, eight)],
        "asks": [list(row) for row in levels(book.asks, eight, eight)],
    }


def _candles(desk: _Desk, body: bytes) -> Any:
    rows = _of(tuple[words.Candle, ...])(body)
    return [
        {
            "open_ms": row.open_ms, "close_ms": row.close_ms,
            **{
                name: units(getattr(row, name), _DECIMALS)
                for name in ("open", "high", "low", "close", "volume")
            },
        }
        for row in rows
    ]  # fmt: skip


def _listing(desk: _Desk, body: bytes) -> Any:
    return [
        {
            "name": one.instrument.name, "symbol": one.symbol, "status": one.status,
            "tick": one.instrument.price_text(one.instrument.tick),
            "lot": str(one.instrument.quantity_decimal(one.instrument.lot)),
        }
        for one in listed(desk.product, _of(words.ExchangeInfo)(body))
    ]  # fmt: skip


def _plainly(kind: Any) -> _Reader:
    read = _of(kind)
    return lambda _, body: msgspec.to_builtins(read(body))


def _done(desk: _Desk, body: bytes) -> Any:
    return _of(object)(body)


_ROWS: Final[tuple[tuple[str, str, _Reader], ...]] = (
    ("GET POST DELETE", "/api/v3/order", _order),
    ("GET POST PUT DELETE", "/fapi/v1/order", _order),
    ("GET", "/fapi/v1/openOrder", _order),
    ("POST", "/api/v3/order/test", _done),
    ("POST", "/fapi/v1/order/test", _done),
    ("GET DELETE", "/api/v3/openOrders", _orders),
    ("GET", "/fapi/v1/openOrders", _orders),
    ("GET", "/api/v3/allOrders", _orders),
    ("GET", "/fapi/v1/allOrders", _orders),
    ("POST PUT DELETE", "/fapi/v1/batchOrders", _orders),
    ("GET POST DELETE", "/fapi/v1/algoOrder", _algo),
    ("GET", "/fapi/v1/openAlgoOrders", _algos),
    ("GET", "/fapi/v1/allAlgoOrders", _algos),
    ("DELETE", "/fapi/v1/allOpenOrders", _done),
    ("DELETE", "/fapi/v1/algoOpenOrders", _done),
    ("GET", "/api/v3/myTrades", _spot_trades),
    ("GET", "/fapi/v1/userTrades", _perp_trades),
    ("GET", "/fapi/v1/income", _income),
    ("GET", "/fapi/v1/fundingRate", _plainly(tuple[words.FundingPaid, ...])),
    ("GET", "/api/v3/account", _plainly(words.SpotAccount)),
    ("GET", "/fapi/v2/balance", _plainly(tuple[words.PerpBalance, ...])),
    ("GET", "/fapi/v3/balance", _plainly(tuple[words.PerpBalance, ...])),
    ("GET", "/fapi/v2/positionRisk", _positions),
    ("GET", "/fapi/v3/positionRisk", _positions),
    ("GET", "/fapi/v1/accountConfig", _plainly(words.PerpConfig)),
    ("GET", "/fapi/v1/symbolConfig", _plainly(tuple[words.SymbolConfig, ...])),
    ("GET", "/fapi/v1/commissionRate", _plainly(words.CommissionRate)),
    ("GET", "/fapi/v1/positionSide/dual", _plainly(words.DualSide)),
    ("POST", "/fapi/v1/positionSide/dual", _done),
    ("POST", "/fapi/v1/leverage", _done),
    ("POST", "/fapi/v1/countdownCancelAll", _done),
    ("POST PUT", "/fapi/v1/listenKey", _plainly(words.ListenKey)),
    ("DELETE", "/fapi/v1/listenKey", _done),
    ("GET", "/sapi/v1/account/apiRestrictions", _plainly(words.Restrictions)),
    *(
        ("GET", prefix + path, reader)
        for prefix in ("/api/v3", "/fapi/v1")
        for path, reader in (
            ("/time", _plainly(words.ServerTime)),
            ("/exchangeInfo", _listing),
            ("/depth", _book),
            ("/klines", _candles),
            ("/ticker/bookTicker", _plainly(words.BookTicker | tuple[words.BookTicker, ...])),
        )
    ),
)
_READERS: Final = {
    (method, path): reader for methods, path, reader in _ROWS for method in methods.split()
}
"""Every request the dialect makes, and those whose answers are spelt alike."""


# --- instruments made up on the spot --------------------------------------------------------------


def _symbols(product: Product, body: bytes) -> Symbols:
    found = dict.fromkeys(match.decode() for match in _SYMBOL.findall(body))
    made = (_instrument(product, symbol) for symbol in found)
    return Symbols(tuple(one for one in made if one is not None))


def _instrument(product: Product, symbol: str) -> Instrument | None:
    base, quote_coin = _split(symbol)
    if not base:
        return None
    spot = product is Product.SPOT
    return Instrument(
        name=f"{base}/{quote_coin}" + ("" if spot else f":{quote_coin}"), venue=NAME,
        kind=Kind.SPOT if spot else Kind.LINEAR, base=base, quote=quote_coin, settle=quote_coin,
        price_decimals=_DECIMALS, quantity_decimals=_DECIMALS, money_decimals=_DECIMALS,
        tick=Price(1), lot=Quantity(1), quantity_min=Quantity(1), quantity_max=Quantity(10**18),
        notional_min=Money(0), fees=Fees(maker=rate("0.001"), taker=rate("0.001")),
    )  # fmt: skip


def _split(symbol: str) -> tuple[str, str]:
    """Split a symbol; of one that no quote coin ends, any split shows it again."""
    try:
        base, _, rest = unify(symbol).partition("/")
        if base + rest == symbol and rest in QUOTES:
            return base, rest
    except InstrumentNameError:
        pass
    return symbol[:-3], symbol[-3:]


def _never() -> int:
    return 0
