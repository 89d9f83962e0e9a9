"""Who may come in: members with keys made from a seed, and listen keys that run out.

Rule: the same seed makes the same keys, different for each dialect and each member.
"""

import hashlib
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from steelyard.exchange.hall.accounts import Member
from steelyard.exchange.hall.port import HallTerms
from steelyard.exchange.hall.words import Permission, Product

_LETTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_USER_FIRST: Final = 100_000_001
_ALL: Final = frozenset({Permission.READ, Permission.TRADE})


def letters(count: int, *parts: object) -> str:
    """Return so many letters and digits that follow from the parts."""
    text = "|".join(str(part) for part in parts).encode()
    found = b""
    turn = 0
    while len(found) < count:
        found += hashlib.sha256(b"%d:" % turn + text).digest()
        turn += 1
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in found[:count])


def make_members(terms: HallTerms, count: int, seed: int) -> list[Member]:
    """Make members with keys in the style of the dialect."""
    return [_member(terms, number, seed) for number in range(count)]


def _member(terms: HallTerms, number: int, seed: int) -> Member:
    def made(what: str, count: int) -> str:
        return letters(count, terms.name, seed, number, what)

    length = terms.key_length
    secret = made("secret", length)
    if terms.key_style == "uuid":
        digest = hashlib.sha256(made("key", 64).encode()).digest()
        key = str(UUID(bytes=digest[:16], version=4))
    elif terms.key_style == "hex":
        key = hashlib.sha512(made("key", 64).encode()).hexdigest()[:length]
        secret = hashlib.sha512(secret.encode()).hexdigest()[: 2 * length]
    else:
        key = made("key", length)
    return Member(
        number=number, user=str(_USER_FIRST + number), key=key, secret=secret,
        passphrase=made("passphrase", 12) if terms.passphrase else "", permissions=_ALL,
    )  # fmt: skip


class ListenKeys:
    """Listen keys, one for each member and product at a time."""

    def __init__(self, span_ns: int, seed: int) -> None:
        """Keys run out after `span_ns`."""
        self.span_ns = span_ns
        self._seed = seed
        self._made = 0
        self._keys: dict[str, tuple[int, Product, int]] = {}

    def give(self, member: int, product: Product, now_ns: int) -> str:
        """Return the key that is valid, or a new one; its time begins anew."""
        for key, (owner, of, until_ns) in self._keys.items():
            if (owner, of) == (member, product) and until_ns > now_ns:
                self._keys[key] = (owner, of, now_ns + self.span_ns)
                return key
        self._made += 1
        key = letters(64, "listen", self._seed, member, product, self._made)
        self._keys[key] = (member, product, now_ns + self.span_ns)
        return key

    def keep(self, key: str, now_ns: int) -> bool:
        """Let its time begin anew."""
        owner = self.owner(key, now_ns)
        if owner is None:
            return False
        self._keys[key] = (*owner, now_ns + self.span_ns)
        return True

    def owner(self, key: str, now_ns: int) -> tuple[int, Product] | None:
        """Return whose key it is."""
        found = self._keys.get(key)
        return found[:2] if found is not None and found[2] > now_ns else None

    def drop(self, key: str) -> tuple[int, Product] | None:
        """End a key; return whose it was."""
        found = self._keys.pop(key, None)
        return found[:2] if found is not None else None

    def due(self, now_ns: int, *, members: Sequence[int] | None = None) -> list[str]:
        """Name the keys that have run out; or (`members`) all keys of these."""
        return [
            key
            for key, (owner, _, until_ns) in self._keys.items()
            if (owner in members if members is not None else until_ns <= now_ns)
        ]
