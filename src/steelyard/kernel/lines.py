"""The lines of an outcome's log: what `LOG.what` may be, and what a, b and c then mean.

| what | a | b | c |
|---|---|---|---|
| TRANSFER (ledger.postings) | debit × 256 + credit | amount | robot × 65536 + instrument |
| FILL | price | signed quantity | liquidity |
| ORDER + 256 × type + 65536 × flags | order number | price | signed quantity |
| CANCEL | order number | | |
| REFUSAL | order number | code | robot |
| DECISION | robot | code | |
| HEAD + event kind | ts_ns | order number or reference | robot × 65536 + instrument |

A line is written once and never edited; `outcome_sha256` is the SHA-256 of all of them, as
little-endian int64, in order.
"""

from typing import Final

from steelyard.jit.parts import Records, part

FILL: Final = 2
ORDER: Final = 3
CANCEL: Final = 4
REFUSAL: Final = 5
DECISION: Final = 6
HEAD: Final = 1_000_000


@part
def note(book: Records, log: Records, what: int, a: int, b: int, c: int) -> None:
    """Write one line for the event at hand."""
    line = log[book[0].log]
    book[0].log += 1
    line.n = book[0].n
    line.what = what
    line.a = a
    line.b = b
    line.c = c
