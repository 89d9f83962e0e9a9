"""One world: a seed's venue, market, network, storage and house, for an hour and a quiet end.

Rule 1: everything follows from the tape; a world is built, run once and read.
Rule 2: after the noise comes quiet: faults stop, somebody is alive, and T_settle later everything
must have come right.
Rule 3: what a desk raises ends the run and is a violation like any other.
"""

from typing import Any, Final

from msgspec.structs import replace

from steelyard.kernel.ports import Kept, Request
from steelyard.model import events as ev
from steelyard.model.instruments import Instrument
from steelyard.runtime.plan import BookPlan
from steelyard.services.simulation import incidents
from steelyard.services.simulation.checker import orders_of, violations
from steelyard.services.simulation.evidence import Evidence
from steelyard.services.simulation.fates import Delays, Fates
from steelyard.services.simulation.faults import CATALOGUE, COMMIT, FRAME, RENEWAL, TICK
from steelyard.services.simulation.house import Assembly, House
from steelyard.services.simulation.market import Market
from steelyard.services.simulation.network import MS, SECOND, Wires
from steelyard.services.simulation.plan import Due, drawn
from steelyard.services.simulation.setting import (
    PRICE,
    book_for,
    exchange_for,
    moves_for,
    quantity_for,
    terms_for,
)
from steelyard.services.simulation.storage import Storage
from steelyard.services.simulation.tape import Tape
from steelyard.services.simulation.violations import Violation
from steelyard.store.journal.memory import MemoryJournal
from steelyard.wire.virtual import Livelock, VirtualTime

EPOCH_NS: Final = 1_800_000_000 * SECOND
NOISE_NS: Final = 3_600 * SECOND
SETTLE_NS: Final = 120 * SECOND
REBOOT_NS: Final = 30 * SECOND
LATER_NS: Final = 7 * SECOND
SAMPLE_NS: Final = 600 * SECOND
LENGTH_MAX: Final = 5_000
_ONCE: Final = (ev.BookOpened, ev.CapitalMoved, ev.FundingPaid)


class World:
    """A scene that incidents can play in, and all that is known of it afterwards."""

    def __init__(
        self, tape: Tape, assembly: Assembly, *, noise_ns: int = NOISE_NS,
        crash_steps: tuple[int, ...] = (), shuffled: bool = False, thorough: bool = False,
        only: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        """Build the world; `crash_steps` cuts the power at these steps, besides what is drawn.

        With `only`, these rows of the catalogue exist in it, every one, and no others.

        `thorough` also restarts the settled house and replays its journal from the first row.
        """
        self.fired: dict[str, int] = {}
        self.violations: list[Violation] = []
        rows = tuple(r._replace(share=1_000) for r in CATALOGUE if r.code in only) or CATALOGUE
        self.plan = plan = drawn(rows, tape, noise_ns, calm=not only)
        pick = tape.stream("pick").below if shuffled else None
        self.time = VirtualTime(epoch_ns=EPOCH_NS, pick=pick)
        self.terms = terms_for(int(plan.rules.get("lag_ns", 0)))
        self.book: BookPlan = book_for(plan, tape)
        self.exchange = exchange_for(plan, self.book, self.terms)
        self.wires = self._wires(tape)
        self.storage = self._storage(tape)
        self.market = Market(
            self.time, self.wires, tape, prices=[PRICE] * len(self.book.instruments),
            moves=moves_for(tape, len(self.book.instruments)), quantity=quantity_for(plan),
        )  # fmt: skip
        self.house = House(
            self.time, self.wires, self.storage, self.book, assembly,
            luck=tape.stream("house"), clocks=tape.stream("clocks"),
            clock_span_ms=plan.traits.get("clock_ms", 20),
            crash_steps=[*crash_steps, *plan.crash_steps],
        )  # fmt: skip
        self._assembly = assembly
        self._thorough = thorough
        self.wires.push = self.market.push
        self.wires.close_by_hand = self._close_by_hand
        self._hands = tape.stream("hands")
        self.noise_ns = noise_ns
        self.end_ns = noise_ns + SETTLE_NS
        for row in plan.told:
            self.fire(row)

    # --- the run -------------------------------------------------------------------------------

    def run(self) -> None:
        """Let it happen."""
        try:
            self._run()
        except Livelock as stuck:
            self.note("T5 livelock", str(stuck))
        except Exception as error:  # noqa: BLE001 - whatever a desk raises is a finding
            self.note("X desk raised", _traced(error))

    def _run(self) -> None:
        time = self.time
        self.market.begin()
        self.house.boot()
        time.put(None, SAMPLE_NS, self._sample)
        for due in self.plan.dues:
            time.put(None, due.at_ns, self._cause, due)
        time.run(self.noise_ns)
        self._quiet()
        time.run(self.end_ns)
        if self._thorough:
            self._restart_twice()
            self._replay()
        self.violations += self._lasting()
        self._still_lives()
        for row in self.rows()[-1:]:
            time.mix(int.from_bytes(row.digest[:8], "little"))
        time.mix(self.exchange.cash(0))

    def _quiet(self) -> None:
        self.wires.quiet()
        self.storage.quiet()
        self.house.quiet()
        if self.house.killed:
            self.house.kill(False)
        self.rules(status="normal", revoked=frozenset(), lag_ns=0)
        incidents.mode_back(self)
        if self.house.process is None:
            self.house.boot()

    def _lasting(self) -> list[Violation]:
        """Return what does not hold, and still does not a little later.

        The market never rests, so something may be on its way at the very end.
        """
        first = {violation.invariant for violation in violations(self.evidence())}
        if not first:
            return []
        self.time.run(self.time.at_ns + LATER_NS)
        return [v for v in violations(self.evidence()) if v.invariant in first]

    def _sample(self) -> None:
        """Hold that no queue of a desk grows without end."""
        process = self.house.process
        if process is not None and process.desk is not None:
            for name, length in self._assembly.lengths(process.desk).items():
                if length > LENGTH_MAX:
                    self.note("T4", f"{name} holds {length}, a bound is {LENGTH_MAX}")
        self.time.put(None, SAMPLE_NS, self._sample)

    def _restart_twice(self) -> None:
        """Start the settled house anew, twice: nothing new may be written about orders or money."""
        before = len(self.rows())
        for _ in range(2):
            process = self.house.process
            if process is None:
                return
            process.host.die()
            self.time.run(self.time.at_ns + REBOOT_NS)
        listed: dict[int, Instrument] = {}
        for at, row in enumerate(self.evidence().rows):
            news = True
            if isinstance(row.event, ev.InstrumentListed):  # the venue's terms may be news
                news = listed.get(row.event.index) != row.event.instrument
                listed[row.event.index] = row.event.instrument
            if at >= before and (isinstance(row.event, _ONCE) or not news):
                self.note("T3", f"a restart of the settled book wrote row {row.n}: {row.event}")

    def _replay(self) -> None:
        journal = MemoryJournal(self.storage.disk, self.time)
        if differs := self._assembly.replay(self.book, journal):
            self.note("T3", f"the replay from the first row differs: {differs}")

    def _still_lives(self) -> None:
        """Hold that somebody trades in the end; a robot may be out of the game, the desk not."""
        process = self.house.process
        phase = process.desk.phase if process is not None and process.desk is not None else "gone"
        if phase != "running":
            self.note("O10", f"the desk is {phase} after {SETTLE_NS / 1e9:.0f} s of quiet")

    def _cause(self, due: Due) -> None:
        if self.time.at_ns < self.noise_ns and due.cause(self, due.luck):
            self.fire(due.row)

    # --- the scene -------------------------------------------------------------------------------

    def fire(self, row: str) -> None:
        """Count that a row of the catalogue struck."""
        self.fired[row] = self.fired.get(row, 0) + 1

    def rules(self, **changes: Any) -> None:
        """Change some of the venue's rules."""
        self.exchange.set_rules(self.time.now_ns(), replace(self.exchange.rules, **changes))
        self.wires.flush()

    def lots(self, count: int) -> int:
        """Return a quantity of so many lots, as they are now, and not below the minimum."""
        known = self.exchange.clerk.instruments[0]
        return max(count, -(-known.quantity_min // known.lot)) * int(known.lot)

    def _close_by_hand(self) -> bool:
        return incidents.close_by_hand(self, self._hands)

    def note(self, invariant: str, text: str) -> None:
        """Write down a violation."""
        self.violations.append(Violation(invariant, self.time.at_ns, text))

    def rows(self) -> list[Kept]:
        """Return the book's journal."""
        found = self.storage.disk.books.get(self.book.name)
        return found.rows if found is not None else []

    def evidence(self) -> Evidence:
        """Read what the run left behind."""
        exchange = self.exchange
        return Evidence(
            plan=self.book, terms=self.terms, rows=self.rows(), commits=self.storage.commits,
            leases=self.storage.leases, sent=self.wires.sent, told=self.wires.told,
            kills=self.house.kills, orders=orders_of(exchange, 0, EPOCH_NS),
            entries=exchange.clerk.books[0].entries,
            positions={
                (k, side): quantity
                for k in range(len(self.book.instruments))
                for side in (0, 1)
                if (quantity := exchange.position(0, k, side))
            },
            equity=exchange.cash(0) - sum(
                exchange.engine.holding(0, k, side)[1]
                for k in range(len(self.book.instruments))
                for side in (0, 1)
            ),
            paid_in=exchange.clerk.books[0].paid_in, end_ns=self.time.at_ns, epoch_ns=EPOCH_NS,
            downs=self.house.downs, modes=self.wires.modes,
            relisted=frozenset(
                k
                for k, listed in enumerate(self.book.instruments)
                if exchange.clerk.instruments[k].lot != listed.lot
            ),
        )  # fmt: skip

    # --- the parts -------------------------------------------------------------------------------

    def _fates(self, tape: Tape, place: str) -> Fates:
        fates = Fates(tape.stream(f"fate.{place}"), self.fire)
        for fate, ppm, row in self.plan.rates.get(place, ()):
            fates.add(fate, ppm, row)
        return fates

    def _wires(self, tape: Tape) -> Wires:
        weather = tape.stream("delays")
        return Wires(
            self.time, self.exchange, self.terms,
            fates={request: self._fates(tape, request.value) for request in Request},
            frames=self._fates(tape, FRAME), ticks=self._fates(tape, TICK),
            delays=Delays(
                tape.stream("delay.request"), short_min_ns=2 * MS, short_max_ns=60 * MS,
                long_max_ns=12 * SECOND, long_ppm=(0, 2_000, 10_000, 40_000)[weather.below(4)],
            ),
            frame_delays=Delays(
                tape.stream("delay.frame"), short_min_ns=MS, short_max_ns=40 * MS,
                long_max_ns=4 * SECOND, long_ppm=(0, 500, 3_000, 20_000)[weather.below(4)],
            ),
            luck=tape.stream("wire"),
        )  # fmt: skip

    def _storage(self, tape: Tape) -> Storage:
        return Storage(
            self.time, fates=self._fates(tape, COMMIT), renewals=self._fates(tape, RENEWAL),
            delays=Delays(
                tape.stream("delay.commit"), short_min_ns=MS // 10, short_max_ns=3 * MS,
                long_max_ns=SECOND, long_ppm=1_000,
            ),
            luck=tape.stream("storage"), prompt=tape.stream("prompt").below(3) == 1,
        )  # fmt: skip


def _traced(error: BaseException) -> str:
    """Say what was raised and where, in the house's own files only."""
    places = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{code.co_filename.rpartition('steelyard/')[2]}:{trace.tb_lineno}")
        trace = trace.tb_next
    return f"{type(error).__name__}: {error} at {' < '.join(reversed(places[-4:]))}"
