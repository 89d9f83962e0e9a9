"""What the answer to a batch says of each of its orders.

Rule 1: a row is the order's that it names. A row without a name is that of its place, but only
where the answer has as many rows as were asked and each row that has a name stands in its place.
Rule 2: an order that no row speaks of, or two rows differently, is `Unclear`.
Rule 3: a row about an order that was not asked about says nothing.
"""

from collections.abc import Sequence
from typing import TypeAlias

from msgspec import Struct

from steelyard.model.reports import Reply, Unclear


class Told(Struct, frozen=True):
    """What an answer says of one order."""

    client_id: str
    """"": the answer does not name it, and its rows are in the order in which they were asked."""
    reply: Reply


Outcome: TypeAlias = Reply | tuple[Told, ...]
"""What came of a request: one reply for all of it, or what is said of each order."""


def named(client_ids: Sequence[str], rows: Sequence[Told]) -> tuple[Told, ...]:
    """Return the rows whose orders are known, with their names."""
    in_place = len(rows) == len(client_ids) and all(
        not row.client_id or row.client_id == client_id
        for row, client_id in zip(rows, client_ids, strict=True)
    )
    if not in_place:
        return tuple(row for row in rows if row.client_id)
    return tuple(
        Told(client_id, row.reply) for row, client_id in zip(rows, client_ids, strict=True)
    )


def replies(client_ids: Sequence[str], outcome: Outcome) -> list[Reply]:
    """Return each order's own reply."""
    if not isinstance(outcome, tuple):
        return [outcome] * len(client_ids)
    found: dict[str, Reply] = {}
    for row in named(client_ids, outcome):
        known = found.setdefault(row.client_id, row.reply)
        if known != row.reply:
            found[row.client_id] = Unclear(text="the answer says two things of the order")
    silent = Unclear(text="the answer does not speak of the order")
    return [found.get(client_id, silent) for client_id in client_ids]


def joined(client_ids: Sequence[str], outcome: Outcome, unsaid: Sequence[Told]) -> Outcome:
    """Put what came of `client_ids`, which left, beside what is said of those that did not."""
    if not unsaid:
        return outcome
    rows = outcome if isinstance(outcome, tuple) else tuple(Told("", outcome) for _ in client_ids)
    return (*named(client_ids, rows), *unsaid)


def whole(outcome: Outcome) -> Reply:
    """Return the reply to a request about one order."""
    if isinstance(outcome, tuple):
        return Unclear(text="the answer to one order is that to a batch")
    return outcome
