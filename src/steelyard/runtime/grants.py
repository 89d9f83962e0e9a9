"""Limits of an owner or of the platform, allotted to books as numbered grants.

Rule 1: integers; shares by largest remainder, so that they add up to the limit, to the last unit.
Rule 2: what books may hold at the worst never adds up to more than the limit, whatever is lost or
late on the way: a grant counts from when it is sent, the one before until the newer one is
acknowledged. So a change lowers first, and raises what the acknowledged lowerings set free.
Rule 3: where the limit itself falls below what books may hold, that sum only falls until it fits.
Rule 4: plain data in, plain data out; the same calls give the same grants after a restart.

Levels stack: the platform's books are owners, and what an owner is granted is the limit of that
owner's `Grants`; it acknowledges upward once its own books hold no more than that.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from steelyard.model.errors import InputError
from steelyard.model.events import LimitsSet
from steelyard.model.units import Money, Nanos

UNLIMITED: Final = 2**62
FIELDS: Final = ("position_notional_max", "open_orders_max", "loss_max")

Amounts: TypeAlias = tuple[int, ...]
"""One number a field of `FIELDS`; 0 allows nothing, `UNLIMITED` everything."""


class Grant(Struct, frozen=True, kw_only=True):
    """So much of the limit is one book's. Numbers rise; a book follows the highest it heard."""

    book: str
    number: int
    amounts: Amounts


class Holding(Struct, kw_only=True):
    """What a book was granted: acknowledged, and sent since."""

    acknowledged: Amounts
    sent: list[Grant]
    target: Amounts

    @property
    def last(self) -> Amounts:
        """What it will have once it has heard everything."""
        return self.sent[-1].amounts if self.sent else self.acknowledged

    @property
    def worst(self) -> Amounts:
        """The most it may believe it has."""
        rows = (self.acknowledged, *(grant.amounts for grant in self.sent))
        return tuple(max(column) for column in zip(*rows, strict=True))


class Grants:
    """One limit, and the books it is allotted to."""

    __slots__ = ("_books", "_number", "limit")

    def __init__(self, limit: Amounts) -> None:
        """Begin with nothing allotted."""
        self.limit = _checked(limit)
        self._books: dict[str, Holding] = {}
        self._number = 0

    def allot(self, weights: Mapping[str, int], limit: Amounts | None = None) -> tuple[Grant, ...]:
        """Aim at shares in proportion to the weights; return the grants that may be sent now.

        A book without a weight gets nothing, and is forgotten when it has acknowledged that.
        """
        self.limit = self.limit if limit is None else _checked(limit)
        columns = [allotted(most, weights) for most in self.limit]
        none = (0,) * len(self.limit)
        for book in sorted({*self._books, *weights}):
            target = tuple(column[book] for column in columns) if book in weights else none
            holding = self._books.setdefault(book, Holding(acknowledged=none, sent=[], target=none))
            holding.target = target
        return self._grants()

    def acknowledge(self, book: str, number: int) -> tuple[Grant, ...]:
        """Hear that a book follows this grant; return the grants that may be sent now."""
        holding = self._books.get(book)
        heard = next((g for g in holding.sent if g.number == number), None) if holding else None
        if holding is None or heard is None:
            return ()  # said before, or of a book that is gone
        holding.acknowledged = heard.amounts
        holding.sent = [grant for grant in holding.sent if grant.number > number]
        if not holding.sent and not any((*holding.acknowledged, *holding.target)):
            del self._books[book]
        return self._grants()

    @property
    def unacknowledged(self) -> tuple[Grant, ...]:
        """The newest grant of every book that owes an answer, to be sent again."""
        return tuple(holding.sent[-1] for holding in self._books.values() if holding.sent)

    @property
    def worst(self) -> Amounts:
        """What all books together may believe they have."""
        rows = [holding.worst for holding in self._books.values()]
        return tuple(map(sum, zip(*rows, strict=True))) if rows else (0,) * len(self.limit)

    def granted(self, book: str) -> Amounts:
        """What a book has acknowledged."""
        holding = self._books.get(book)
        return holding.acknowledged if holding else (0,) * len(self.limit)

    def dump(self) -> dict[str, Any]:
        """Return plain data."""
        plain: dict[str, Any] = msgspec.to_builtins(
            {"limit": self.limit, "number": self._number, "books": self._books}
        )
        return plain

    def load(self, plain: Mapping[str, Any]) -> None:
        """Go on from what `dump` gave."""
        self.limit = _checked(tuple(plain["limit"]))
        self._number = int(plain["number"])
        self._books = msgspec.convert(plain["books"], dict[str, Holding])

    def _grants(self) -> tuple[Grant, ...]:
        free = [
            UNLIMITED if most == UNLIMITED else most - worst
            for most, worst in zip(self.limit, self.worst, strict=True)
        ]
        made = []
        for book, holding in sorted(self._books.items()):
            last, worst = holding.last, holding.worst
            amounts = list(last)
            for field, target in enumerate(holding.target):
                costs = max(0, target - worst[field])
                if target <= last[field]:
                    amounts[field] = target
                elif costs <= max(0, free[field]):
                    amounts[field] = target
                    if self.limit[field] != UNLIMITED:
                        free[field] -= costs
            if tuple(amounts) != last:
                self._number += 1
                grant = Grant(book=book, number=self._number, amounts=tuple(amounts))
                holding.sent.append(grant)
                made.append(grant)
        return tuple(made)


def allotted(limit: int, weights: Mapping[str, int]) -> dict[str, int]:
    """Share a limit in proportion to weights: integers that add up to it, by largest remainder.

    Equal remainders are served in the order of names. Without any weight nobody gets anything.
    """
    if any(weight < 0 for weight in weights.values()):
        raise InputError(f"weights were {dict(weights)}, allowed are numbers from 0")
    if limit == UNLIMITED:
        return {book: UNLIMITED if weight else 0 for book, weight in weights.items()}
    total = sum(weights.values())
    if not total:
        return dict.fromkeys(weights, 0)
    shares = {book: limit * weight // total for book, weight in weights.items()}
    by_remainder = sorted(weights, key=lambda book: (-(limit * weights[book] % total), book))
    for book in by_remainder[: limit - sum(shares.values())]:
        shares[book] += 1
    return shares


def least(*amounts: Amounts) -> Amounts:
    """Return the smaller of each field: what holds where several limits do."""
    return tuple(min(column) for column in zip(*amounts, strict=True))


def limits_event(grant: Grant, *, ts_ns: int, order_notional_max: int = 0) -> LimitsSet:
    """Return a grant as the event its book hears.

    There 0 says "no limit", so a grant of nothing is told as the smallest number that is none: a
    position of one minor unit allows no order.
    """
    told = [0 if amount == UNLIMITED else max(1, amount) for amount in grant.amounts]
    position, orders, loss = told
    return LimitsSet(
        ts_ns=Nanos(ts_ns), robot=-1, order_notional_max=Money(order_notional_max),
        position_notional_max=Money(position), open_orders_max=orders, loss_max=Money(loss),
        grant=grant.number,
    )  # fmt: skip


def _checked(limit: Amounts) -> Amounts:
    if any(not 0 <= most <= UNLIMITED for most in limit):
        raise InputError(f"a limit was {limit}, allowed are numbers from 0 to {UNLIMITED}")
    return limit
