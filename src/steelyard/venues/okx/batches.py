"""Batches of orders at OKX: twenty in a request, over the socket and over REST alike.

Rule 1: each order has a verdict of its own, named by our id; a verdict without a code says nothing.
Rule 2: verdicts decide about the orders, the answer's own code only where there are none.
Rule 3: an answer under a 5xx decides nothing about a batch, whatever its words are.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import Raw, Struct

from steelyard.model.reports import Success, Unclear
from steelyard.venues.native.batches import Outcome, Told
from steelyard.venues.okx.errors import judge, refused
from steelyard.wire.http import Answer

MOST: Final = 20
_SERVER: Final = 500


class Row(Struct, rename="camel"):
    """What became of one order."""

    s_code: str = ""
    s_msg: str = ""
    cl_ord_id: str = ""


class Data(Struct):
    """The rows of an answer, not yet read."""

    data: Raw = Raw()


_ROWS: Final = msgspec.json.Decoder(list[Row])
_ANSWER: Final = msgspec.json.Decoder(Data)


def told(rows: Sequence[Row]) -> tuple[Told, ...]:
    """Read verdicts."""
    return tuple(
        Told(row.cl_ord_id, Success() if row.s_code == "0" else refused(row.s_code, row.s_msg))
        for row in rows
    )


def rows_of(data: Raw) -> list[Row]:
    """Return the verdicts among an answer's data; empty where there are none that read."""
    try:
        return _ROWS.decode(bytes(data))
    except msgspec.MsgspecError:
        return []


def outcome(answer: Answer) -> Outcome:
    """Read the answer to a batch over REST."""
    if answer.status >= _SERVER:
        return Unclear(text=f"status {answer.status} to a batch")
    try:
        found = rows_of(_ANSWER.decode(answer.body).data)
    except msgspec.MsgspecError:
        found = []
    if found:
        return told(found)
    return judge(answer) or Unclear(text="the answer names no order")
