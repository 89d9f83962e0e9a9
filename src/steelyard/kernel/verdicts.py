"""Outcomes: everything one event caused, in one numbered value.

Rule 1: `Approved` is made by the gate's reader alone; dispatch takes nothing else.
Rule 2: outcome n follows outcome n-1; who reads them refuses a gap.
"""

from struct import iter_unpack
from typing import TypeAlias

from msgspec import Struct

from steelyard.ledger.postings import TRANSFER
from steelyard.model.commands import Command


class Approved(Struct, frozen=True, kw_only=True):
    """A command that passed the gate."""

    command: Command


class Refused(Struct, frozen=True, kw_only=True):
    """A command the gate turned down: `code` in `model.reasons`, and how far it was off."""

    command: Command
    code: int
    have: int
    need: int


Verdict: TypeAlias = Approved | Refused


class Transfer(Struct, frozen=True, kw_only=True):
    """One balanced movement in the ledger; accounts as in `ledger.accounts`."""

    robot: int
    instrument: int
    debit: int
    credit: int
    amount: int


class Decision(Struct, frozen=True, kw_only=True):
    """A robot's last decision: the first failing condition (0: none), measured and needed."""

    robot: int
    code: int
    have: int
    need: int


class Outcome(Struct, frozen=True, kw_only=True):
    """What event `n` caused. `lines` is the outcome's log as bytes, the part that is hashed."""

    n: int
    ts_ns: int
    verdicts: tuple[Verdict, ...]
    decisions: tuple[Decision, ...]
    halted: int
    lines: bytes

    @property
    def transfers(self) -> tuple[Transfer, ...]:
        """Return the movements of money and coins, read from the lines."""
        return tuple(
            Transfer(robot=c >> 16, instrument=c & 0xFFFF, debit=a >> 8, credit=a & 0xFF, amount=b)
            for _, what, a, b, c in iter_unpack("<5q", self.lines)
            if what == TRANSFER
        )

    @property
    def approved(self) -> tuple[Approved, ...]:
        """Return the commands that may leave the house."""
        return tuple(v for v in self.verdicts if isinstance(v, Approved))

    @property
    def refused(self) -> tuple[Refused, ...]:
        """Return the commands that may not, with reasons."""
        return tuple(v for v in self.verdicts if isinstance(v, Refused))
