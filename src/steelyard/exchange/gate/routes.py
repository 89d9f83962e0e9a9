"""Which path is answered by whom.

Rule 1: a route is method and path; `{}` stands for one piece. Public routes need no key.
Rule 2: what this exchange does not have (delivery, options, margin) is listed as empty, so that
clients which load everything can; any other path is NOT_FOUND.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from steelyard.exchange.gate import market, parameters
from steelyard.exchange.gate.account import Desks
from steelyard.exchange.gate.errors import GateError, invalid
from steelyard.exchange.gate.futures import wants_decimals
from steelyard.exchange.gate.listing import symbol_of
from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.port import Request
from steelyard.exchange.hall.words import Product
from steelyard.model.decimals import format_decimal
from steelyard.model.instruments import rate_decimal

_SPOT: Final = Product.SPOT
_PERP: Final = Product.PERP
_BOOK_MAX: Final = 100


class Asked(NamedTuple):
    """A request, taken apart."""

    desks: Desks
    request: Request
    pieces: tuple[str, ...]
    query: Mapping[str, str]
    decimal: bool

    @property
    def fields(self) -> dict[str, Any]:
        """Return the body as an object."""
        return parameters.fields_of(self.request.body)

    @property
    def rows(self) -> list[Any]:
        """Return the body as a list."""
        found = parameters.body_of(self.request.body)
        if not isinstance(found, list):
            raise GateError("INVALID_REQUEST_BODY", "the body is no list")
        return found


Public = Callable[[Asked], Any]
Private = Callable[[Asked, Member], Any]


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(path.replace("{}", "([^/]+)"))


def asked(desks: Desks, request: Request, pieces: tuple[str, ...]) -> Asked:
    """Take a request apart."""
    query = parameters.query_of(request.query)
    return Asked(desks, request, pieces, query, wants_decimals(request.headers))


def find(method: str, path: str) -> tuple[str, Public | None, Private | None, tuple[str, ...]]:
    """Return (route, public, private, pieces) of a path. Raises GateError."""
    known = False
    for pattern, text, methods in _TABLE:
        match = pattern.fullmatch(path)
        if match is None:
            continue
        known = True
        if method in methods:
            public, private = methods[method]
            return f"{method} {text}", public, private, match.groups()
    if known:
        raise GateError("METHOD_NOT_ALLOWED", f"{method} is not allowed")
    raise GateError("NOT_FOUND", f"{method} {path} does not exist")


# --- public --------------------------------------------------------------------------------------


def _spot_place(ask: Asked) -> int:
    return parameters.place_of(ask.desks.hall, ask.query.get("currency_pair"), _SPOT)


def _perp_place(ask: Asked) -> int:
    return parameters.place_of(ask.desks.hall, ask.query.get("contract"), _PERP)


def _time(ask: Asked) -> Any:
    return {"server_time": ask.desks.hall.now_ns() // 10**6}


def _currencies(ask: Asked) -> Any:
    hall = ask.desks.hall
    names = ["USDT", *(one.base for _, one in parameters.places_of(hall, _SPOT))]
    rows = [_currency(name) for name in names]
    if not ask.pieces:
        return rows
    for row in rows:
        if row["currency"] == ask.pieces[0]:
            return row
    raise GateError("INVALID_CURRENCY", f"{ask.pieces[0]} is not listed")


def _currency(name: str) -> dict[str, Any]:
    flags = dict.fromkeys(
        ("delisted", "withdraw_disabled", "withdraw_delayed", "deposit_disabled", "trade_disabled"),
        False,
    )
    chain = {"name": name, "addr": "", **dict(list(flags.items())[1:4])}
    return {"currency": name, "name": name, **flags, "chain": name, "chains": [chain]}


def _pairs(ask: Asked) -> Any:
    hall = ask.desks.hall
    if ask.pieces:
        return market.pair(hall, parameters.place_of(hall, ask.pieces[0], _SPOT))
    return [market.pair(hall, place) for place, _ in parameters.places_of(hall, _SPOT)]


def _spot_tickers(ask: Asked) -> Any:
    hall = ask.desks.hall
    if ask.query.get("currency_pair"):
        return [market.spot_ticker(hall, _spot_place(ask))]
    return [market.spot_ticker(hall, place) for place, _ in parameters.places_of(hall, _SPOT)]


def _spot_book(ask: Asked) -> Any:
    return _book(ask, _spot_place(ask))


def _perp_book(ask: Asked) -> Any:
    return _book(ask, _perp_place(ask))


def _book(ask: Asked, place: int) -> Any:
    limit = min(parameters.limit_of(ask.query, 10), _BOOK_MAX)
    numbered = parameters.flag_of(ask.query, "with_id")
    return market.book(ask.desks.hall, place, limit, numbered=numbered, decimal=ask.decimal)


def _spot_trades(ask: Asked) -> Any:
    place = _spot_place(ask)
    one = ask.desks.hall.instruments[place]
    rows = ask.desks.hall.trades(place, limit=parameters.limit_of(ask.query))
    return [market.spot_trade(one, row) for row in reversed(rows)]


def _perp_trades(ask: Asked) -> Any:
    place = _perp_place(ask)
    one = ask.desks.hall.instruments[place]
    rows = ask.desks.hall.trades(place, limit=parameters.limit_of(ask.query))
    return [market.perp_trade(one, row, decimal=ask.decimal) for row in reversed(rows)]


def _spot_candles(ask: Asked) -> Any:
    place = _spot_place(ask)
    rows = market.candles(ask.desks.hall, place, dict(ask.query))
    return [market.spot_candle(ask.desks.hall.instruments[place], row) for row in rows]


def _perp_candles(ask: Asked) -> Any:
    name = ask.query.get("contract", "").removeprefix("mark_").removeprefix("index_")
    place = parameters.place_of(ask.desks.hall, name, _PERP)
    rows = market.candles(ask.desks.hall, place, dict(ask.query))
    one = ask.desks.hall.instruments[place]
    return [market.perp_candle(one, row, decimal=ask.decimal) for row in rows]


def _usdt(ask: Asked) -> bool:
    if ask.pieces[0] not in {"usdt", "btc"}:
        raise invalid("settle", ask.pieces[0])
    return ask.pieces[0] == "usdt"


def _contracts(ask: Asked) -> Any:
    hall = ask.desks.hall
    if not _usdt(ask):
        return []
    if len(ask.pieces) > 1:
        return market.contract(hall, parameters.place_of(hall, ask.pieces[1], _PERP))
    return [market.contract(hall, place) for place, _ in parameters.places_of(hall, _PERP)]


def _perp_tickers(ask: Asked) -> Any:
    hall = ask.desks.hall
    if not _usdt(ask):
        return []
    if ask.query.get("contract"):
        return [market.perp_ticker(hall, _perp_place(ask))]
    return [market.perp_ticker(hall, place) for place, _ in parameters.places_of(hall, _PERP)]


def _fundings(ask: Asked) -> Any:
    rows = ask.desks.hall.fundings(_perp_place(ask), limit=parameters.limit_of(ask.query))
    return [
        {"t": row.ts_ns // 10**9, "r": format_decimal(rate_decimal(row.rate))}
        for row in reversed(rows)
    ]


def _risk_tiers(ask: Asked) -> Any:
    hall = ask.desks.hall
    found = []
    for _, one in parameters.places_of(hall, _PERP):
        if ask.query.get("contract") not in {None, "", symbol_of(one)}:
            continue
        for number, tier in enumerate(one.margin_tiers, start=1):
            rate = rate_decimal(tier.maintenance_rate)
            found.append(
                {
                    "tier": number,
                    "risk_limit": format_decimal(one.money_decimal(tier.notional_max)),
                    "initial_rate": format_decimal(rate * 2),
                    "maintenance_rate": format_decimal(rate),
                    "leverage_max": str(tier.leverage_max),
                    "contract": symbol_of(one),
                    "deduction": "0",
                }
            )
    return found


def _nothing(ask: Asked) -> Any:
    return []


# --- the table -----------------------------------------------------------------------------------

_PUBLIC: Final[tuple[tuple[str, Public], ...]] = (
    ("/spot/time", _time),
    ("/spot/currencies", _currencies),
    ("/spot/currencies/{}", _currencies),
    ("/spot/currency_pairs", _pairs),
    ("/spot/currency_pairs/{}", _pairs),
    ("/spot/tickers", _spot_tickers),
    ("/spot/order_book", _spot_book),
    ("/spot/trades", _spot_trades),
    ("/spot/candlesticks", _spot_candles),
    ("/margin/currency_pairs", _nothing),
    ("/margin/uni/currency_pairs", _nothing),
    ("/margin/cross/currencies", _nothing),
    ("/futures/{}/contracts", _contracts),
    ("/futures/{}/contracts/{}", _contracts),
    ("/futures/{}/order_book", _perp_book),
    ("/futures/{}/trades", _perp_trades),
    ("/futures/{}/candlesticks", _perp_candles),
    ("/futures/{}/tickers", _perp_tickers),
    ("/futures/{}/funding_rate", _fundings),
    ("/futures/{}/risk_limit_tiers", _risk_tiers),
    ("/delivery/{}/contracts", _nothing),
    ("/options/underlyings", _nothing),
    ("/options/expirations", _nothing),
    ("/options/contracts", _nothing),
)

_F: Final = "/futures/usdt"
_PRIVATE: Final[tuple[tuple[str, str, Private], ...]] = (
    ("GET", "/account/detail", lambda a, m: a.desks.account.detail(m)),
    ("GET", "/wallet/fee", lambda a, m: a.desks.account.rates(m, a.query)),
    ("GET", "/wallet/total_balance", lambda a, m: a.desks.account.total(m)),
    ("POST", "/wallet/transfers", lambda a, m: a.desks.account.transfer(m, a.fields)),
    ("GET", "/spot/fee", lambda a, m: a.desks.account.rates(m, a.query)),
    ("GET", "/spot/accounts", lambda a, m: a.desks.account.spot_wallet(m, a.query)),
    ("GET", "/spot/account_book", lambda a, m: a.desks.account.spot_book(m, a.query)),
    ("GET", "/spot/open_orders", lambda a, m: a.desks.spot.open_orders(m, a.query)),
    ("GET", "/spot/orders", lambda a, m: a.desks.spot.orders(m, a.query)),
    ("POST", "/spot/orders", lambda a, m: a.desks.spot.place(m, a.fields)),
    ("DELETE", "/spot/orders", lambda a, m: a.desks.spot.cancel_all(m, a.query)),
    ("GET", "/spot/orders/{}", lambda a, m: a.desks.spot.order(m, a.pieces[0], a.query)),
    ("DELETE", "/spot/orders/{}", lambda a, m: a.desks.spot.cancel(m, a.pieces[0], a.query)),
    ("PATCH", "/spot/orders/{}",
     lambda a, m: a.desks.spot.amend(m, a.pieces[0], a.query, a.fields)),
    ("POST", "/spot/batch_orders", lambda a, m: a.desks.spot.place_many(m, a.rows)),
    ("POST", "/spot/cancel_batch_orders", lambda a, m: a.desks.spot.cancel_many(m, a.rows)),
    ("GET", "/spot/my_trades", lambda a, m: a.desks.spot.trades(m, a.query)),
    ("POST", "/spot/countdown_cancel_all",
     lambda a, m: a.desks.account.guard(m, a.fields, _SPOT)),
    ("GET", "/spot/price_orders", lambda a, m: a.desks.spot.waiting.all(m, a.query)),
    ("POST", "/spot/price_orders", lambda a, m: a.desks.spot.place_waiting(m, a.fields)),
    ("DELETE", "/spot/price_orders", lambda a, m: a.desks.spot.waiting.cancel_all(m, a.query)),
    ("GET", "/spot/price_orders/{}", lambda a, m: a.desks.spot.waiting.one(m, a.pieces[0])),
    ("DELETE", "/spot/price_orders/{}", lambda a, m: a.desks.spot.waiting.cancel(m, a.pieces[0])),
    ("GET", f"{_F}/accounts", lambda a, m: a.desks.account.perp_wallet(m)),
    ("GET", f"{_F}/account_book", lambda a, m: a.desks.account.perp_book(m, a.query)),
    ("GET", f"{_F}/fee", lambda a, m: a.desks.account.perp_rates(m)),
    ("GET", f"{_F}/positions",
     lambda a, m: a.desks.account.positions(m, a.query, decimal=a.decimal)),
    ("GET", f"{_F}/positions/{{}}",
     lambda a, m: a.desks.account.position(m, a.pieces[0], dual=False, decimal=a.decimal)),
    ("GET", f"{_F}/dual_comp/positions/{{}}",
     lambda a, m: a.desks.account.position(m, a.pieces[0], dual=True, decimal=a.decimal)),
    ("POST", f"{_F}/positions/{{}}/leverage",
     lambda a, m: a.desks.account.set_leverage(
         m, a.pieces[0], a.query, dual=False, decimal=a.decimal)),
    ("POST", f"{_F}/dual_comp/positions/{{}}/leverage",
     lambda a, m: a.desks.account.set_leverage(
         m, a.pieces[0], a.query, dual=True, decimal=a.decimal)),
    ("POST", f"{_F}/dual_mode",
     lambda a, m: a.desks.account.set_hedged(m, parameters.flag_of(a.query, "dual_mode"))),
    ("POST", f"{_F}/set_position_mode",
     lambda a, m: a.desks.account.set_hedged(m, a.query.get("position_mode") == "dual")),
    ("GET", f"{_F}/orders", lambda a, m: a.desks.perp.orders(m, a.query, decimal=a.decimal)),
    ("GET", f"{_F}/orders_timerange",
     lambda a, m: a.desks.perp.orders(m, {"status": "finished", **a.query}, decimal=a.decimal)),
    ("POST", f"{_F}/orders", lambda a, m: a.desks.perp.place(m, a.fields, decimal=a.decimal)),
    ("DELETE", f"{_F}/orders",
     lambda a, m: a.desks.perp.cancel_all(m, a.query, decimal=a.decimal)),
    ("GET", f"{_F}/orders/{{}}",
     lambda a, m: a.desks.perp.order(m, a.pieces[0], decimal=a.decimal)),
    ("DELETE", f"{_F}/orders/{{}}",
     lambda a, m: a.desks.perp.cancel(m, a.pieces[0], decimal=a.decimal)),
    ("PUT", f"{_F}/orders/{{}}",
     lambda a, m: a.desks.perp.amend(m, a.pieces[0], a.fields, decimal=a.decimal)),
    ("POST", f"{_F}/batch_orders",
     lambda a, m: a.desks.perp.place_many(m, a.rows, decimal=a.decimal)),
    ("POST", f"{_F}/batch_cancel_orders", lambda a, m: a.desks.perp.cancel_many(m, a.rows)),
    ("GET", f"{_F}/my_trades", lambda a, m: a.desks.perp.trades(m, a.query, decimal=a.decimal)),
    ("GET", f"{_F}/my_trades_timerange",
     lambda a, m: a.desks.perp.trades(m, a.query, decimal=a.decimal)),
    ("POST", f"{_F}/countdown_cancel_all",
     lambda a, m: a.desks.account.guard(m, a.fields, _PERP)),
    ("GET", f"{_F}/price_orders", lambda a, m: a.desks.perp.waiting.all(m, a.query)),
    ("POST", f"{_F}/price_orders", lambda a, m: a.desks.perp.place_waiting(m, a.fields)),
    ("DELETE", f"{_F}/price_orders", lambda a, m: a.desks.perp.waiting.cancel_all(m, a.query)),
    ("GET", f"{_F}/price_orders/{{}}", lambda a, m: a.desks.perp.waiting.one(m, a.pieces[0])),
    ("DELETE", f"{_F}/price_orders/{{}}",
     lambda a, m: a.desks.perp.waiting.cancel(m, a.pieces[0])),
)  # fmt: skip

_Ways = dict[str, tuple[Public | None, Private | None]]


def _table() -> tuple[tuple[re.Pattern[str], str, _Ways], ...]:
    paths: dict[str, _Ways] = {}
    for path, public in _PUBLIC:
        paths.setdefault(path, {})["GET"] = (public, None)
    for method, path, private in _PRIVATE:
        paths.setdefault(path, {})[method] = (None, private)
    return tuple((_pattern(path), path, ways) for path, ways in paths.items())


_TABLE: Final = _table()
