"""Trades and funding since a cursor, of both products, oldest first.

Rule 1: trades are paged backwards down to the last one told before. The cursor is the newest id of
each list: `s`pot, `f`utures, `b`ills.
Rule 2: an answer is complete when every page of every part was read; anything else ends the
conversation with the reply that stood in the way.
Rule 3: a trade of an order nobody knows is told after that order was asked for by its number.
"""

from collections.abc import Generator, Sequence
from typing import Final

import msgspec

from steelyard.model.reports import FundingReport, TradeReport, Trades, Unclear
from steelyard.venues.bitget import words
from steelyard.venues.bitget.calls import (
    PAGE,
    PAGES_MAX,
    Caller,
    Fault,
    decoded,
    good,
    too_many,
)
from steelyard.venues.bitget.finding import MIX, PLAN_TYPES, Finder
from steelyard.venues.bitget.reports import FUNDING, Reports
from steelyard.venues.bitget.standing import Standing
from steelyard.venues.bitget.symbols import PERPETUAL, SPOT, Symbols
from steelyard.venues.native.dialect import Call
from steelyard.wire.http import Answer

_BILLS: Final = msgspec.json.Decoder(words.Bills)


class History:
    """Reads the history of one account."""

    def __init__(
        self, caller: Caller, symbols: Symbols, reports: Reports, finder: Finder,
        standing: Standing,
    ) -> None:  # fmt: skip
        """All five are the account's."""
        self._caller, self._symbols, self._reports = caller, symbols, reports
        self._finder, self._standing = finder, standing

    def trades(self, cursor: str) -> Generator[Call, Answer, Trades]:
        """Ask for trades and funding since a cursor."""
        seen = _parsed(cursor)
        trades: list[TradeReport] = []
        funding: list[FundingReport] = []
        for letter, product, wanted in (
            ("s", SPOT, self._symbols.of(SPOT)), ("f", PERPETUAL, self._symbols.of(PERPETUAL)),
        ):  # fmt: skip
            if wanted:
                rows, seen[letter] = yield from self._fills(product, seen[letter])
                trades += yield from self._told(rows, product)
        if self._symbols.of(PERPETUAL):
            bills, seen["b"] = yield from self._bills(seen["b"])
            told = (self._reports.funding(each) for each in bills)
            funding = [each for each in told if each is not None]
        trades.sort(key=lambda each: (each.ts_ns, int(each.trade)))
        funding.sort(key=lambda each: (each.ts_ns, int(each.reference)))
        return Trades(
            complete=True, trades=tuple(trades), funding=tuple(funding),
            cursor=",".join(f"{letter}:{number}" for letter, number in seen.items()),
        )  # fmt: skip

    def _fills(
        self, product: str, after: int
    ) -> Generator[Call, Answer, tuple[list[words.Fill], int]]:
        query = {"limit": str(PAGE)}
        rows: list[words.Fill] = []
        for _ in range(PAGES_MAX):
            page = yield from self._finder.fill_page(query, spot=product == SPOT)
            rows += [row for row in page if int(row.trade_id) > after]
            if len(page) < PAGE or int(page[-1].trade_id) <= after:
                newest = max((int(row.trade_id) for row in rows), default=after)
                return rows, newest
            query["idLessThan"] = page[-1].trade_id
        raise Fault(too_many("fills"))

    def _told(
        self, rows: Sequence[words.Fill], product: str
    ) -> Generator[Call, Answer, list[TradeReport]]:
        told = []
        for row in rows:
            index = self._symbols.find(product, row.symbol)
            if index < 0:
                continue
            if not row.client_oid and self._reports.memory.order(row.order_id) is None:
                word = yield from self._finder.detail(index, {"orderId": row.order_id})
                if word is None:
                    # Gone from the venue's memory: its trade stands, whose it was does not.
                    self._reports.memory.learn(row.order_id, "")
                else:
                    yield from self._adopt(word, index, product)
            trade = self._reports.fill(row, product, economic=False)
            if trade is not None:
                told.append(trade)
        return told

    def _adopt(self, word: words.Order, index: int, product: str) -> Generator[Call, Answer, None]:
        """Remember an order; one that a trigger made is known by the id of its plan."""
        if product == PERPETUAL and _was_triggered(word):
            for kind in PLAN_TYPES[:2]:
                query = {
                    "planType": kind, "planStatus": "executed", "limit": str(PAGE),
                    "symbol": self._symbols.symbols[index],
                }  # fmt: skip
                plans = yield from self._standing.pages(f"{MIX}/orders-plan-history", query)
                for plan in plans:
                    if plan.execute_order_id == word.order_id:
                        self._reports.memory.learn(
                            word.order_id, plan.client_oid or "", word.pos_side or ""
                        )
                        return
        self._reports.order(word, product)

    def _bills(self, after: int) -> Generator[Call, Answer, tuple[list[words.Bill], int]]:
        query = {"productType": PERPETUAL, "businessType": FUNDING, "limit": str(PAGE)}
        rows: list[words.Bill] = []
        for _ in range(PAGES_MAX):
            found = yield from self._caller.get("/api/v2/mix/account/bill", query)
            page = decoded(good(found), _BILLS)
            part = page.bills or []
            rows += [row for row in part if int(row.bill_id) > after]
            if len(part) < PAGE or int(part[-1].bill_id) <= after:
                return rows, max((int(row.bill_id) for row in rows), default=after)
            query["idLessThan"] = page.end_id or part[-1].bill_id
        raise Fault(too_many("bills"))


def _was_triggered(word: words.Order) -> bool:
    """Say whether a trigger order may have made this one."""
    return (word.order_source or "normal") not in ("normal", "market")


def _parsed(cursor: str) -> dict[str, int]:
    seen = {"s": 0, "f": 0, "b": 0}
    for part in cursor.split(",") if cursor else ():
        letter, _, number = part.partition(":")
        if letter not in seen or not number.isdecimal():
            raise Fault(Unclear(text=f"the cursor {cursor!r} is none of ours"))
        seen[letter] = int(number)
    return seen
