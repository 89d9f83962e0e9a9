"""Who may take a book: one rule for every place where journals are kept.

Rule 1: a book is taken by a process, through its handle to the journal. Its holder's name is for
people; two processes of one name are two holders.
Rule 2: each taking and each giving back raises the token, so whatever an earlier lease still
writes is FENCED by the commit itself.
Rule 3: a book is refused while its lease runs, except to the process that holds it under the same
name, and except when the process that holds it is proven dead. What proves it is the store's own:
  memory       the simulation said so.
  SQLite       one lock of the operating system for the whole file, which the kernel lets go when
               its process ends, however it ends. Who gets the lock has proof about everybody.
               Who does not get it is refused, leases that ran out included: whoever sits there,
               paused perhaps, could write as soon as it goes on.
  PostgreSQL   a session's advisory lock on this very lease. It is let go when the session ends;
               that proves a death only while the server has run through (see `postgres`). And a
               lock that is held proves no life: a session can outlive a vanished machine by hours.
               So here a lease that ran out may be taken.
Rule 4: a lease that ran out and that nobody took still counts: it is the token that fences, and
a clock set forward must not stop a book. `renew` extends it.
Rule 5: a lease counts in the process that took it alone, and only until its handle is closed.
Time is UTC: leases of different processes have no other clock in common. PostgreSQL compares its
own, which all its clients share; a lease's `expires_ns` is by the clock of who took it, read
before it asked.
"""

from enum import Enum

from steelyard.model.times import time_text
from steelyard.store.journal.standing import Holding


class Proof(Enum):
    """What is known of the process that holds a lease."""

    OURS = "ours"
    DEAD = "dead"
    NONE = "none"


NOBODY = Holding(0, "", 0)


def refusal(book: str, holder: str, holding: Holding, now_ns: int, proof: Proof) -> str | None:
    """Return why `holder` may not take a book, or None when it may."""
    if not holding.holder or holding.expires_ns <= now_ns or proof is Proof.DEAD:
        return None
    if proof is Proof.OURS and holding.holder == holder:
        return None
    return (
        f"book {book!r} is held by {holding.holder!r} until {time_text(holding.expires_ns)} "
        f"(lease {holding.token}): stop it, or wait until then"
    )
