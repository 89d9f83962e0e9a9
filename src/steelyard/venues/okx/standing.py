"""The account as a whole: its open orders, what it holds, and taking every order away.

Rule 1: what is asked about the account covers everything in it; what is answered, its instruments.
Rule 2: OKX cancels everything in one call for options only: every order that is open now is named
once, in batches; none is named again.
Rule 3: an order that has ended meanwhile is as good as canceled.
"""

from collections.abc import Generator
from typing import Final

from steelyard.model.instruments import Kind
from steelyard.model.reports import (
    Fault,
    Holdings,
    OpenOrders,
    OrderReport,
    Refusal,
    Success,
    Unclear,
)
from steelyard.venues.native.dialect import Call, Steps
from steelyard.venues.okx.calls import PAGE, Rest, one, paged, rows
from steelyard.venues.okx.errors import judge, refused, verdict, verdicts
from steelyard.venues.okx.memory import Memory
from steelyard.venues.okx.orders import ALGO_TYPES, OTHER_ALGO_TYPES
from steelyard.venues.okx.reports import TRIGGERED, Reports
from steelyard.venues.okx.symbols import product_of
from steelyard.venues.okx.terms import LONG_SHORT
from steelyard.venues.okx.words import AlgoWord, BalanceWord, ConfigWord, OrderWord, PositionWord
from steelyard.wire.http import Answer

BATCH: Final = 20
ALGO_BATCH: Final = 10
_GUARD_S: Final = (10, 120)
_SECOND_NS: Final = 1_000_000_000


def open_orders(rest: Rest, reports: Reports, memory: Memory) -> Steps:
    """Ask for everything that is open, in both namespaces and of all products."""
    as_of_ns = rest.now_ns()
    plain = yield from paged(
        lambda after: rest.get("/api/v5/trade/orders-pending", limit=PAGE, after=after),
        OrderWord, lambda word: word.ord_id,
    )  # fmt: skip
    if not isinstance(plain, list):
        return plain
    told: list[OrderReport | None]
    try:
        told = [reports.order(word) for word in plain]
        for word in plain:
            memory.learn(word.cl_ord_id, False)
    except (ValueError, KeyError) as error:
        return Unclear(text=f"an open order does not read: {error!r}")
    for kind in (*ALGO_TYPES, *OTHER_ALGO_TYPES):
        algos = yield from paged(
            lambda after, kind=kind: rest.get(  # type: ignore[misc]
                "/api/v5/trade/orders-algo-pending", ordType=kind, limit=PAGE, after=after
            ),
            AlgoWord, lambda word: word.algo_id,
        )  # fmt: skip
        if not isinstance(algos, list):
            return algos
        try:
            told += [reports.algo(word) for word in algos if word.state not in TRIGGERED]
            for algo in algos:
                memory.learn(algo.algo_cl_ord_id, True)
        except (ValueError, KeyError) as error:
            return Unclear(text=f"a conditional order does not read: {error!r}")
    orders = tuple(report for report in told if report is not None)
    return Success(value=OpenOrders(as_of_ns=as_of_ns, complete=True, orders=orders))


def holdings(rest: Rest, reports: Reports) -> Steps:
    """Ask for positions and wallet."""
    as_of_ns = rest.now_ns()
    balance = one((yield from rows(
        rest.get("/api/v5/account/balance"), BalanceWord)), "balance")  # fmt: skip
    if not isinstance(balance, BalanceWord):
        return balance
    words: list[PositionWord] = []
    hedged = False
    if any(each.kind != Kind.SPOT for each in reports.instruments):
        found = yield from rows(
            rest.get("/api/v5/account/positions", instType="SWAP"), PositionWord
        )
        if not isinstance(found, list):
            return found
        words = found
        config = one((yield from rows(
            rest.get("/api/v5/account/config"), ConfigWord)), "account")  # fmt: skip
        if not isinstance(config, ConfigWord):
            return config
        hedged = config.pos_mode == LONG_SHORT
    try:
        positions, cash = reports.coins(balance.details)
        for word in words:
            held = reports.position(word)
            if held is not None:
                positions.append(held)
    except (ValueError, KeyError) as error:
        return Unclear(text=f"the account's holdings do not read: {error!r}")
    return Success(
        value=Holdings(
            as_of_ns=as_of_ns, complete=True, positions=tuple(positions), cash=cash,
            hedged=hedged,
        )
    )  # fmt: skip


def cancel_all(rest: Rest, reports: Reports, instrument: int) -> Steps:
    """Cancel what is open in one instrument, conditional orders included."""
    symbol = reports.symbols[instrument]
    product = product_of(reports.instruments[instrument])
    plain = yield from paged(
        lambda after: rest.get(
            "/api/v5/trade/orders-pending",
            instType=product, instId=symbol, limit=PAGE, after=after,
        ),
        OrderWord, lambda word: word.ord_id,
    )  # fmt: skip
    if not isinstance(plain, list):
        return plain
    names = [{"instId": symbol, "ordId": word.ord_id} for word in plain]
    wrong = yield from _in_batches(rest, "/api/v5/trade/cancel-batch-orders", names, BATCH)
    algos: list[dict[str, str]] = []
    for kind in (*ALGO_TYPES, *OTHER_ALGO_TYPES):
        found = yield from rows(
            rest.get(
                "/api/v5/trade/orders-algo-pending", ordType=kind, instId=symbol, limit=PAGE
            ),
            AlgoWord,
        )  # fmt: skip
        if not isinstance(found, list):
            return found
        algos += [{"instId": symbol, "algoId": word.algo_id} for word in found]
    wrong = (yield from _in_batches(rest, "/api/v5/trade/cancel-algos", algos, ALGO_BATCH)) or wrong
    return wrong or Success()


def guard(rest: Rest, span_ns: int) -> Steps:
    """Arm the dead-man's switch; 0 ends it."""
    seconds = 0
    if span_ns > 0:
        least, most = _GUARD_S
        seconds = min(max(-(-span_ns // _SECOND_NS), least), most)
    answer = yield rest.post("/api/v5/trade/cancel-all-after", {"timeOut": str(seconds)})
    return verdict(answer)


def _in_batches(
    rest: Rest, path: str, names: list[dict[str, str]], size: int
) -> Generator[Call, Answer, Refusal | Unclear | None]:
    """Send all batches, and return the first thing that went wrong."""
    first: Refusal | Unclear | None = None
    for start in range(0, len(names), size):
        answer = yield rest.post(path, names[start : start + size])
        wrong: Refusal | Unclear | None = None
        told = verdicts(answer)
        for row in told:
            if row.s_code == "0":
                continue
            said = refused(row.s_code, row.s_msg)
            if isinstance(said, Unclear) or said.fault is not Fault.NO_ORDER:
                wrong = wrong or said
        if not told:
            wrong = judge(answer)
        first = first or wrong
    return first
