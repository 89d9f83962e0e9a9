"""Cancelling everything in one instrument: OKX has one call for it for options only.

Rule 1: every order that is open now is named once, in batches; none is named again.
Rule 2: an order that has ended meanwhile is as good as canceled.
"""

from collections.abc import Generator
from typing import Final

from steelyard.model.reports import Fault, Refusal, Success, Unclear
from steelyard.venues.native.dialect import Call, Steps
from steelyard.venues.okx.asking import PAGE, Rest, rows
from steelyard.venues.okx.errors import judge, refused, verdicts
from steelyard.venues.okx.orders import ALGO_TYPES, OTHER_ALGO_TYPES
from steelyard.venues.okx.reports import Reports
from steelyard.venues.okx.searching import paged
from steelyard.venues.okx.symbols import product_of
from steelyard.venues.okx.words import AlgoWord, OrderWord
from steelyard.wire.http import Answer

BATCH: Final = 20
ALGO_BATCH: Final = 10


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


def _in_batches(
    rest: Rest, path: str, names: list[dict[str, str]], size: int
) -> Generator[Call, Answer, Refusal | Unclear | None]:
    """Send all batches, and return the first thing that went wrong."""
    first: Refusal | Unclear | None = None
    for start in range(0, len(names), size):
        answer = yield rest.post(path, names[start : start + size])
        wrong: Refusal | Unclear | None = None
        told = verdicts(answer)
        for verdict in told:
            if verdict.s_code == "0":
                continue
            one = refused(verdict.s_code, verdict.s_msg)
            if isinstance(one, Unclear) or one.fault is not Fault.NO_ORDER:
                wrong = wrong or one
        if not told:
            wrong = judge(answer)
        first = first or wrong
    return first
