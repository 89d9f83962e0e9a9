"""Simulated worlds, assembled: the real desk, with the robots that worlds are made for."""

from collections.abc import Callable, Iterable
from pathlib import Path

from steelyard.app.rules import bound_gate
from steelyard.kernel.book import Book
from steelyard.kernel.kernel import PlainSeat, Seat
from steelyard.kernel.ports import Journal
from steelyard.model.errors import ConfigurationError
from steelyard.model.events import Seated
from steelyard.runtime.budget import AddressBudget, Budget
from steelyard.runtime.desk import Desk
from steelyard.runtime.market import Market
from steelyard.runtime.parts import Parts, Rooms
from steelyard.runtime.plan import BookPlan
from steelyard.runtime.recovering import opened, recover
from steelyard.services.simulation import campaign as campaigns
from steelyard.services.simulation.faults import ROWS
from steelyard.services.simulation.house import Assembly
from steelyard.services.simulation.house import Parts as Simulated
from steelyard.services.simulation.robots import STRATEGIES
from steelyard.store.journal.chain import genesis, link

Campaign = campaigns.Campaign
Told = Callable[[Campaign], None]


def seat_for(event: Seated, book: Book) -> Seat:
    """Seat one of the simulation's robots."""
    return PlainSeat(event.name, STRATEGIES[event.strategy](event.parameters))


def assembly(rooms: Rooms | None = None, desk: type[Desk] = Desk) -> Assembly:
    """Return what builds desks, with other rooms in the place of the real ones if given."""
    allow = bound_gate()
    chosen = rooms or Rooms()

    def make(given: Simulated) -> Desk:
        plan = given.plan
        names = tuple(instrument.name for instrument in plan.instruments)
        return desk(
            Parts(
                plan=plan, version=given.version, holder=given.holder,
                scheduler=given.scheduler, journal=given.journal, venue=given.venue,
                market=Market(given.feed, given.scheduler, names), switch=given.switch,
                budget=Budget(AddressBudget(given.venue.terms.windows)), allow=allow,
                make_seat=seat_for, link=link, genesis=genesis, tell=given.tell, rooms=chosen,
            )
        )  # fmt: skip

    def replay(plan: BookPlan, journal: Journal) -> str:
        first = opened(journal, plan.name)
        if first is None:
            return ""
        return recover(
            journal, plan.name, first, allow, seat_for, begins=lambda _k, _s: lambda _e, _o: None,
            version="", genesis=genesis(plan.name), from_start=True,
        ).differs  # fmt: skip

    return Assembly(make, replay, desk.lengths)


def simulate(
    seeds: Iterable[int], *, processes: int, faults: tuple[str, ...], minutes: int, told: Told
) -> Campaign:
    """Run seeds; with `faults` no other rows of the catalogue exist."""
    _known(faults)
    scope = campaigns.Scope(faults, minutes)
    return campaigns.campaign(assembly, seeds, processes=processes, told=told, scope=scope)


def cut_everywhere(
    seeds: Iterable[int], *, processes: int, twice: bool, stride: int, minutes: int, told: Told
) -> Campaign:
    """Cut the power at every `stride`th step of the worlds of these seeds."""
    return campaigns.exhaustive(
        assembly, seeds, twice=twice, stride=stride, processes=processes, told=told,
        scope=campaigns.Scope(minutes=minutes),
    )  # fmt: skip


def keep(found: Campaign, folder: Path, most: int) -> list[Path]:
    """Write a replay file for each failure, at most so many."""
    if not found.failed:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    made = assembly()
    return [campaigns.keep_failure(made, run, folder) for run in found.failed[:most]]


def replay(file: Path) -> campaigns.Run:
    """Run what a replay file holds."""
    if not file.is_file():
        raise ConfigurationError(f"replay file {file} was not found")
    return campaigns.replay_failure(assembly(), file)


def catalogue() -> dict[str, str]:
    """Name the rows of the fault catalogue that have an injector."""
    return {code: row.title for code, row in ROWS.items()}


def _known(faults: tuple[str, ...]) -> None:
    strange = [code for code in faults if code not in ROWS]
    if strange:
        raise ConfigurationError(f"fault was {strange[0]!r}, allowed are {', '.join(ROWS)}")
