"""Pauses between tries, without a random number.

Rule: delays double from a base to a cap, and half of each is drawn from a hash of a key and the
number of the try: a run can be replayed, and a hundred sockets that broke together do not return
together.
"""

from hashlib import blake2b
from typing import Final

MS: Final = 1_000_000
SECOND: Final = 1000 * MS
_DOUBLINGS_MAX: Final = 40


def pause_ns(base_ns: int, cap_ns: int, *, attempt: int, key: str) -> int:
    """Return the pause behind try number `attempt` (the first is 1)."""
    full = min(cap_ns, base_ns << min(max(attempt, 1) - 1, _DOUBLINGS_MAX))
    return full - full // 2 + spread_ns(full // 2, attempt=attempt, key=key)


def spread_ns(width_ns: int, *, attempt: int, key: str) -> int:
    """Return a number from 0 to `width_ns` that key and attempt alone decide."""
    digest = blake2b(f"{key}\x00{attempt}".encode(), digest_size=8).digest()
    return width_ns * int.from_bytes(digest) >> 64
