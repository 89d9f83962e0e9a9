"""The room of secret chance: bytes nobody can guess, for keys and nonces, never for a decision.

Rule: what comes from here is not repeatable, so nothing that is replayed may depend on it.
"""

import os


def fresh_bytes(count: int) -> bytes:
    """Return so many bytes from the system's own source."""
    return os.urandom(count)
