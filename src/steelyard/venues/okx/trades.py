"""Trades and funding since a cursor.

Rule 1: the cursor names the newest bill of each kind that was told, and when it was:
`<ms>.<bill of a trade>.<bill of funding>`.
Rule 2: OKX pages from the newest backwards and its `before` skips what lies between, so pages are
turned back to the cursor, and the conversation ends with everything that is newer.
Rule 3: a triggered conditional order trades under a client id that only its own history tells.
"""

from collections.abc import Generator
from typing import Final, NamedTuple

from steelyard.model.instruments import Kind
from steelyard.model.reports import FundingReport, Refusal, Success, TradeReport, Trades, Unclear
from steelyard.venues.native.dialect import Call, Steps
from steelyard.venues.okx.calls import PAGE, Rest, Rows, paged, rows
from steelyard.venues.okx.memory import Memory
from steelyard.venues.okx.numbers import MS_NS
from steelyard.venues.okx.orders import ALGO_TYPES
from steelyard.venues.okx.reports import Reports, child_of
from steelyard.venues.okx.symbols import product_of
from steelyard.venues.okx.words import AlgoWord, Bill, FillWord, OrderWord
from steelyard.wire.http import Answer

_DAY_MS: Final = 86_400_000
_HOUR_MS: Final = 3_600_000
# What the short lists hold, less an hour so that nothing falls between two lists.
_FILLS_MS: Final = 3 * _DAY_MS - _HOUR_MS
_BILLS_MS: Final = 7 * _DAY_MS - _HOUR_MS
_KEPT_MS: Final = 89 * _DAY_MS
_ASKED_MAX: Final = 30


class Cursor(NamedTuple):
    """How far the account's history was told."""

    ms: int = 0
    fill: int = 0
    funding: int = 0

    def text(self) -> str:
        """Spell it."""
        return f"{self.ms}.{self.fill}.{self.funding}"


def read_cursor(text: str) -> Cursor:
    """Read a cursor. Raises ValueError: not one of OKX's."""
    if not text:
        return Cursor()
    ms, fill, funding = text.split(".")
    return Cursor(int(ms), int(fill), int(funding))


def since(rest: Rest, reports: Reports, memory: Memory, text: str) -> Steps:
    """Ask for trades and funding since a cursor."""
    try:
        cursor = read_cursor(text)
    except ValueError:
        return Unclear(text=f"cursor was {text!r}, allowed is ms.bill.bill")
    age_ms = rest.now_ns() // MS_NS - cursor.ms
    fills = yield from _fills(rest, reports, cursor, age_ms)
    if not isinstance(fills, list):
        return fills
    named = yield from _name(rest, reports, memory, fills)
    if named is not None:
        return named
    bills: list[Bill] = []
    if any(instrument.kind != Kind.SPOT for instrument in reports.instruments):
        found = yield from _bills(rest, cursor, age_ms)
        if not isinstance(found, list):
            return found
        bills = found
    try:
        return Success(value=_page(reports, memory, cursor, fills, bills, age_ms))
    except (ValueError, KeyError) as error:
        return Unclear(text=f"the account's history does not read: {error!r}")


def _page(
    reports: Reports, memory: Memory, cursor: Cursor, fills: list[FillWord], bills: list[Bill],
    age_ms: int,
) -> Trades:  # fmt: skip
    trades: list[TradeReport] = []
    for word in fills:
        trade = reports.trade(word, word.cl_ord_id or memory.name_of(word.ord_id) or "")
        if trade is not None:
            trades.append(trade)
    funding: list[FundingReport] = []
    for bill in bills:
        payment = reports.funding(bill)
        if payment is not None:
            funding.append(payment)
    moved = Cursor(
        ms=max([cursor.ms, *(int(word.ts) for word in fills), *(int(bill.ts) for bill in bills)]),
        fill=max((int(word.bill_id) for word in fills), default=cursor.fill),
        funding=max((int(bill.bill_id) for bill in bills), default=cursor.funding),
    )
    return Trades(
        # From the beginning means: all that the venue still tells.
        complete=not cursor.ms or age_ms < _KEPT_MS,
        trades=tuple(trades), funding=tuple(funding), cursor=moved.text(),
    )  # fmt: skip


def _fills(rest: Rest, reports: Reports, cursor: Cursor, age_ms: int) -> Rows[FillWord]:
    def is_new(word: FillWord) -> bool:
        return int(word.bill_id) > cursor.fill

    found = yield from paged(
        lambda after: rest.get("/api/v5/trade/fills", limit=PAGE, after=after),
        FillWord, lambda word: word.bill_id, is_new,
    )  # fmt: skip
    if not isinstance(found, list):
        return found
    by_bill = {word.bill_id: word for word in found}
    if age_ms > _FILLS_MS:
        for product in sorted({product_of(one) for one in reports.instruments}):
            older = yield from paged(
                lambda after, product=product: rest.get(  # type: ignore[misc]
                    "/api/v5/trade/fills-history", instType=product, limit=PAGE, after=after
                ),
                FillWord, lambda word: word.bill_id, is_new,
            )  # fmt: skip
            if not isinstance(older, list):
                return older
            by_bill |= {word.bill_id: word for word in older}
    return sorted(by_bill.values(), key=lambda word: int(word.bill_id))


def _bills(rest: Rest, cursor: Cursor, age_ms: int) -> Rows[Bill]:
    path = "/api/v5/account/bills" + ("-archive" if age_ms > _BILLS_MS else "")
    found = yield from paged(
        lambda after: rest.get(path, type=8, limit=PAGE, after=after),
        Bill, lambda bill: bill.bill_id, lambda bill: int(bill.bill_id) > cursor.funding,
    )  # fmt: skip
    if not isinstance(found, list):
        return found
    return sorted(found, key=lambda bill: int(bill.bill_id))


def _name(
    rest: Rest, reports: Reports, memory: Memory, fills: list[FillWord]
) -> Generator[Call, Answer, Refusal | Unclear | None]:
    """Find out which trades without a client id are those of our conditional orders."""
    unnamed = {
        word.ord_id: int(word.ts)
        for word in fills
        if not word.cl_ord_id
        and memory.name_of(word.ord_id) is None
        and word.inst_id in reports.place_of
    }
    if not unnamed:
        return None
    oldest = min(unnamed.values())
    for kind in ALGO_TYPES:
        found = yield from paged(
            lambda after, kind=kind: rest.get(  # type: ignore[misc]
                "/api/v5/trade/orders-algo-history",
                ordType=kind, state="effective", limit=PAGE, after=after,
            ),
            AlgoWord, lambda word: word.algo_id,
            lambda word: int(word.u_time or word.c_time or 0) >= oldest - _DAY_MS,
        )  # fmt: skip
        if not isinstance(found, list):
            return found
        for algo in found:
            memory.name(child_of(algo), algo.algo_cl_ord_id)
    asked = 0
    for word in fills:
        if memory.name_of(word.ord_id) is not None or word.ord_id not in unnamed:
            continue
        # A stop that waited for weeks is triggered today and stands far back in that history.
        memory.name(word.ord_id, "")
        if asked < _ASKED_MAX:
            asked += 1
            told = yield from rows(
                rest.get("/api/v5/trade/order", instId=word.inst_id, ordId=word.ord_id), OrderWord
            )
            if isinstance(told, list) and told:
                memory.name(word.ord_id, told[0].algo_cl_ord_id)
    return None
