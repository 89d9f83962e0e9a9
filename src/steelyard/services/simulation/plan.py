"""A seed's plan: which faults exist in its world, how strong, and when.

Rule 1: everything is drawn before the world begins, each row of the catalogue from a stream of its
own, so that a tape without a row is the same world without that fault.
Rule 2: swarm: most seeds have a handful of faults, some have none, some are storms.
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

from steelyard.services.simulation.fates import Fate
from steelyard.services.simulation.tape import Stream, Tape

FAULT: Final = "fault:"
"""Labels of the tape that decide whether a row exists begin with this."""

STRENGTHS: Final = 3


class Due(NamedTuple):
    """An incident: `cause(scene, luck)` says whether it came about."""

    at_ns: int
    row: str
    cause: Callable[[Any, Stream], bool]
    luck: Stream


class Plan:
    """What is going to happen to one world."""

    def __init__(self, noise_ns: int) -> None:
        """Faults may strike from 0 to `noise_ns`."""
        self.noise_ns = noise_ns
        self.rows: dict[str, int] = {}
        """Row of the catalogue to its strength, 1 to STRENGTHS."""
        self.rates: dict[str, list[tuple[Fate, int, str]]] = {}
        """Place to (fate, chance in a million, row)."""
        self.rules: dict[str, Any] = {}
        """Fields of the exchange's rules."""
        self.traits: dict[str, int] = {}
        """Whatever else a row says of the world, by name."""
        self.dues: list[Due] = []
        self.crash_steps: list[int] = []
        """The first process dies at the first of these steps, the next at the second …"""
        self.told: list[str] = []
        """Rows that struck by being there."""


Inject: TypeAlias = Callable[[Plan, str, int, Stream], None]
"""(plan, row, strength, luck)"""


class Row(NamedTuple):
    """One row of the catalogue. `share` of 1,000 seeds have it in ordinary weather."""

    code: str
    title: str
    inject: Inject
    share: int = 85


def drawn(catalogue: tuple[Row, ...], tape: Tape, noise_ns: int, *, calm: bool = True) -> Plan:
    """Draw a plan; `calm`: some worlds have no faults at all."""
    plan = Plan(noise_ns)
    weather = tape.stream("weather").below(16)
    for row in catalogue:
        luck = tape.stream(FAULT + row.code)
        # Calm, storm, or ordinary. The dull weather is a calm one.
        share = (
            0 if weather == 0 and calm else min(1_000, row.share * 4) if weather == 1 else row.share
        )
        value = luck.below(1_000)
        if value < 1_000 - share:
            continue
        strength = 1 + value % STRENGTHS
        plan.rows[row.code] = strength
        row.inject(plan, row.code, strength, luck)
    plan.dues.sort(key=lambda due: due.at_ns)
    return plan


def messages(fate: Fate, ppm: int, *places: str) -> Inject:
    """Let a fate strike messages: `ppm` in a million at strength 1, thrice that at each next."""

    def inject(plan: Plan, row: str, strength: int, luck: Stream) -> None:
        for place in places:
            chance = ppm * 3 ** (strength - 1)
            plan.rates.setdefault(place, []).append((fate, chance, row))

    return inject


def incident(
    cause: Callable[[Any, Stream], bool], *, most: int = STRENGTHS, early: bool = False
) -> Inject:
    """Let something happen once per strength, at drawn times; the first one `early`: at once."""

    def inject(plan: Plan, row: str, strength: int, luck: Stream) -> None:
        for time in range(min(strength, most)):
            at_ns = plan.noise_ns * (1 + luck.below(997)) // 1_000
            if early and time == 0:
                at_ns = 1
            plan.dues.append(Due(at_ns, row, cause, luck))

    return inject


def rule(**values: tuple[Any, ...]) -> Inject:
    """Give the exchange other rules, by strength."""

    def inject(plan: Plan, row: str, strength: int, luck: Stream) -> None:
        for name, choices in values.items():
            plan.rules[name] = choices[strength - 1]
        plan.told.append(row)

    return inject


def trait(name: str, *values: int) -> Inject:
    """Say something of the world, by strength."""

    def inject(plan: Plan, row: str, strength: int, luck: Stream) -> None:
        plan.traits[name] = values[min(strength, len(values)) - 1]
        plan.told.append(row)

    return inject


def both(*injects: Inject) -> Inject:
    """Do several things for one row."""

    def inject(plan: Plan, row: str, strength: int, luck: Stream) -> None:
        for one in injects:
            one(plan, row, strength, luck)

    return inject


def crash_at_steps(most: int, times: int) -> Inject:
    """Let processes die at drawn steps, one after the other."""

    def inject(plan: Plan, row: str, strength: int, luck: Stream) -> None:
        for _ in range(min(strength, times)):
            plan.crash_steps.append(1 + luck.below(most))
        plan.told.append(row)

    return inject
