"""Outcomes: everything one event caused, in one numbered value.

Rule 1: `Approved` is made by the gate's reader alone; dispatch takes nothing else.
Rule 2: outcome n follows outcome n-1; who reads them refuses a gap.
"""

from dataclasses import dataclass
from typing import TypeAlias

from steelyard.model.commands import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """A command that passed the gate."""

    command: Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A command the gate turned down: `code` in `model.reasons`, and how far it was off."""

    command: Command
    code: int
    have: int
    need: int


Verdict: TypeAlias = Approved | Refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """One balanced movement in the ledger; accounts as in `ledger.accounts`."""

    robot: int
    instrument: int
    debit: int
    credit: int
    amount: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A robot's last decision: the first failing condition (0: none), measured and needed."""

    robot: int
    code: int
    have: int
    need: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What event `n` caused. `lines` is the outcome's log as bytes, the part that is hashed."""

    n: int
    ts_ns: int
    transfers: tuple[Transfer, ...]
    verdicts: tuple[Verdict, ...]
    decisions: tuple[Decision, ...]
    halted: int
    lines: bytes

    @property
    def approved(self) -> tuple[Approved, ...]:
        """Return the commands that may leave the house."""
        return tuple(v for v in self.verdicts if isinstance(v, Approved))

    @property
    def refused(self) -> tuple[Refused, ...]:
        """Return the commands that may not, with reasons."""
        return tuple(v for v in self.verdicts if isinstance(v, Refused))
