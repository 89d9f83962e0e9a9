"""REST: which path is answered by whom, signed or not, and how often it may be asked."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.port import Charge, Hall, Request, Response
from steelyard.exchange.okx import account, algos, market, trade
from steelyard.exchange.okx.errors import Fault, refused_by, told
from steelyard.exchange.okx.reading import many, one_body
from steelyard.exchange.okx.signing import member_of

_GETS: Final[Mapping[str, Callable[[Hall, Member, Request], list[Any]]]] = {
    **account.GETS,
    **trade.GETS,
    **algos.GETS,
}
_POSTS: Final[Mapping[str, Callable[[Hall, Member, Request], list[Any]]]] = {
    **account.POSTS,
    **trade.POSTS,
}
_SPAN_NS: Final = 2_000_000_000
_LIMITS: Final[Mapping[str, int]] = {
    # In two seconds; what is not named may be asked 20 times.
    **dict.fromkeys(trade.ORDERS, 60),
    "/api/v5/trade/batch-orders": 300,
    "/api/v5/trade/cancel-batch-orders": 300,
    "/api/v5/trade/amend-batch-orders": 300,
    "/api/v5/trade/orders-pending": 60,
    "/api/v5/trade/fills": 60,
    "/api/v5/trade/orders-history": 40,
    "/api/v5/trade/fills-history": 10,
    "/api/v5/account/balance": 10,
    "/api/v5/account/positions": 10,
    "/api/v5/account/config": 5,
    "/api/v5/account/trade-fee": 5,
    "/api/v5/account/set-position-mode": 5,
    "/api/v5/account/bills": 10,
    "/api/v5/account/bills-archive": 10,
    "/api/v5/market/books": 40,
    "/api/v5/market/candles": 40,
    "/api/v5/market/trades": 100,
    # Ten and twenty at OKX's. Here all clients of a machine share an address.
    "/api/v5/public/time": 400,
    "/api/v5/public/instruments": 200,
    "/api/v5/trade/cancel-all-after": 2,
}
_DEFAULT: Final = 20


def answer(hall: Hall, request: Request) -> Response:
    """Answer a request."""
    try:
        return _answer(hall, request)
    except Fault as fault:
        return refused_by(fault)


def charges(request: Request) -> Sequence[Charge]:
    """Say what a request adds to which meters; orders in a batch count one by one."""
    limit = _LIMITS.get(request.path, _DEFAULT)
    weight = 1
    if request.path in trade.ORDERS and trade.ORDERS[request.path][1]:
        weight = min(max(1, request.body.count(b'"instId')), trade.BATCH_MAX)
    by_key = "ok-access-key" in request.headers
    return (
        Charge(
            meter=f"{request.method} {request.path}", weight=weight, limit=limit,
            span_ns=_SPAN_NS, by_key=by_key,
        ),
    )  # fmt: skip


def _answer(hall: Hall, request: Request) -> Response:
    path, method = request.path, request.method.upper()
    if method == "GET" and path in market.ROUTES:
        return told("0", "", market.ROUTES[path](hall, request))
    if method == "GET" and path in _GETS:
        member = member_of(hall, request)
        return told("0", "", _GETS[path](hall, member, request))
    if method == "POST" and path in _POSTS:
        member = member_of(hall, request)
        return told("0", "", _POSTS[path](hall, member, request))
    if method == "POST" and path in trade.ORDERS:
        return _ordered(hall, request)
    if method == "POST" and path in algos.ORDERS:
        do, most = algos.ORDERS[path]
        member = member_of(hall, request)
        done = trade.judged(hall, member.number, many(request, most), do, named="algoId")
        return told(done.code, done.text, done.rows)
    known = path in market.ROUTES or path in _GETS or path in _POSTS or path in trade.ORDERS
    if known or path in algos.ORDERS:
        raise Fault("50115", "Invalid request method.", status=405)
    raise Fault("404", "Not Found", status=404)


def _ordered(hall: Hall, request: Request) -> Response:
    do, is_batch, expires = trade.ORDERS[request.path]
    member = member_of(hall, request)
    if expires:
        trade.in_time(hall, request.headers.get("exptime", ""))
    rows = many(request, trade.BATCH_MAX) if is_batch else [one_body(request)]
    done = trade.judged(hall, member.number, rows, do)
    return told(done.code, done.text, done.rows)
