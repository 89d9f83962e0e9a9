"""The robots of one book: their lives, their stops and the proof that a stop was reached.

Rule 1: a life moves by journaled `RobotMoved` events alone, as `runtime.lifecycle` allows.
Rule 2: a stop ends in a receipt: what the venue confirms, not what we believe. Without the
venue's word there is no receipt, and it says what is missing.
Rule 3: a robot that came to rest begins anew from what it holds: its strategy is seated again.
Rule 4: a robot whose strategy raised is failed; its protection stays, its neighbours go on.
"""

import json
from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec import Struct

from steelyard.kernel.flat import flat, places
from steelyard.kernel.kernel import Kernel
from steelyard.kernel.resting import is_reserved
from steelyard.model import events as ev
from steelyard.model.client_ids import SLOT_CLOSE
from steelyard.model.errors import ConfigurationError
from steelyard.model.kinds import NEVER_NS, STOP_ENTRIES, STOP_FLAT, STOP_NONE, STOP_ORDERS
from steelyard.model.records import BOOK, POSITION
from steelyard.model.units import Money, Nanos, Rate
from steelyard.runtime import sessions as runs
from steelyard.runtime.lifecycle import (
    TABLE,
    Act,
    Denied,
    Life,
    Schedule,
    State,
    due,
    lived,
    move,
    next_ns,
)
from steelyard.runtime.orders import Orders
from steelyard.runtime.plan import RobotPlan
from steelyard.state.money import coin_fee_worth

_P: Final = places(POSITION)
_INSTRUMENTS: Final = places(BOOK)["instruments"]
_AT_REST: Final = frozenset({State.STOPPED, State.FAILED, State.CREATED})
STOP_NAMES: Final = {STOP_ENTRIES: "entries", STOP_ORDERS: "orders", STOP_FLAT: "flatten"}


class Receipt(Struct, frozen=True, kw_only=True):
    """The end of a stop, as the venue confirms it. Quantities are the account's instrument's."""

    robot: int
    name: str
    stop: str
    asked_ns: int
    done_ns: int
    complete: bool
    open_orders: int
    position: int
    text: str


class Stop(Struct):
    """A stop that is under way."""

    stop: int
    asked_ns: int
    then: Act
    reason: str = ""
    verifying: bool = False


class Robots:
    """Lives, sessions and stops of a book's robots; robot 0 is the account and has none."""

    def __init__(
        self, kernel: Kernel, orders: Orders, *, hear: Callable[[ev.Event], None],
        now_ns: Callable[[], int], verify: Callable[[Callable[[], None]], None],
        receipt: Callable[[Receipt], None],
    ) -> None:  # fmt: skip
        """`verify` reads the account anew and then calls back."""
        self._kernel, self._orders = kernel, orders
        self._head, self._positions = flat(kernel.book.head), flat(kernel.book.positions)
        self._hear, self._now_ns = hear, now_ns
        self._verify, self._receipt = verify, receipt
        self.lives: dict[int, Life] = {}
        self.sessions: dict[int, runs.Sessions] = {}
        self.closed: list[tuple[int, runs.Session]] = []
        self.names: dict[str, int] = {}
        self.seated: dict[int, ev.Seated] = {}
        self.schedules: dict[int, Schedule] = {}
        self.fresh: set[int] = set()
        self.stops: dict[int, Stop] = {}
        self.receipts: list[Receipt] = []
        self._realised: dict[int, tuple[int, int]] = {}

    # --- folds ---------------------------------------------------------------------------------

    def fold(self, event: ev.Event) -> None:
        """Hear an event that is numbered."""
        match event:
            case ev.Seated():
                self.names[event.name] = event.robot
                self.seated[event.robot] = event
                self.lives.setdefault(event.robot, Life())
                self.sessions.setdefault(event.robot, runs.Sessions())
                self.fresh.add(event.robot)
            case ev.RobotMoved():
                before = self.lives[event.robot]
                self.lives[event.robot] = lived(before, event)
                self.sessions[event.robot], closed = runs.seen(
                    self.sessions[event.robot], before, event
                )
                if closed is not None:
                    self.closed.append((event.robot, closed))
                    del self.closed[:-200]
                if event.state == State.RUNNING:
                    self.fresh.discard(event.robot)
            case ev.Filled():
                self._fold_fill(event)
            case ev.StopAsked() if event.robot not in self.stops:
                rests = event.reason.partition(":")[0] in _RESTS
                then = Act.RESTED if rests else Act.ENDED
                self.stops[event.robot] = Stop(event.stop, event.ts_ns, then, event.reason)

    def _fold_fill(self, event: ev.Filled) -> None:
        row = self._kernel.row_of(event.order)
        if row < 0:
            return
        order = self._kernel.book.orders[row]
        robot, fee = int(order["robot"]), int(event.fee)
        if robot not in self.sessions:
            return
        if event.coin_fee:
            terms = self._kernel.book.terms[int(order["instrument"])]
            signed = int(order["side"]) * event.quantity
            fee += int(coin_fee_worth(terms, event.price, signed, event.coin_fee))
        profit, _ = self.result(robot)
        before, _ = self._realised.get(robot, (0, 0))
        self._realised[robot] = (profit, 0)
        self.sessions[robot] = runs.filled(
            self.sessions[robot], profit=profit - before, fee=fee,
            turnover=event.price * event.quantity,
        )  # fmt: skip

    def result(self, robot: int) -> tuple[int, int]:
        """Return (realised profit before fees, fees and funding) of a robot."""
        words, held = self._positions, self._head[_INSTRUMENTS] * 2 * _P[""]
        rows = range(robot * held, (robot + 1) * held, _P[""])
        profit = sum(words[at + _P["realised"]] for at in rows)
        return profit, sum(words[at + _P["fees"]] + words[at + _P["funding"]] for at in rows)

    # --- seats ---------------------------------------------------------------------------------

    def seat(self, robot: int, plan: RobotPlan) -> None:
        """Seat a robot, or seat it anew with these parameters."""
        self.schedules[robot] = plan.schedule
        self._hear(
            ev.Seated(
                ts_ns=self._now(),
                robot=robot,
                name=plan.name,
                strategy=plan.strategy,
                parameters=plan.parameters,
                instrument=plan.instrument,
                capital=Money(plan.capital),
                stop_rate=Rate(plan.stop_rate),
            )
        )

    def seat_anew(self, robot: int) -> None:
        """Let a robot's strategy begin anew from what the robot holds."""
        old = self._kernel.taken.events[robot]
        self._hear(
            ev.Seated(
                ts_ns=self._now(),
                robot=robot,
                name=old.name,
                strategy=old.strategy,
                parameters=old.parameters,
                instrument=old.instrument,
                capital=old.capital,
                stop_rate=old.stop_rate,
            )
        )

    def number(self, name: str) -> int:
        """Return a robot's number, or say which there are."""
        if name not in self.names:
            raise ConfigurationError(
                f"robot was {name!r}, allowed are {', '.join(sorted(self.names)) or 'none yet'}"
            )
        return self.names[name]

    # --- acts ----------------------------------------------------------------------------------

    def act(self, robot: int, act: Act, *, by: str, reason: str = "", stop: int = STOP_NONE) -> str:
        """Move a robot on; return "" or the sentence that says why not.

        Of a stop, `stop` says how: STOP_ORDERS keeps the position, STOP_FLAT closes it; without
        either, a robot that holds something is not stopped.
        """
        life = self.lives[robot]
        holds = bool(self.held(robot))
        found = move(
            life.state, act, name=self.seated[robot].name, by=by, reason=reason,
            holds_position=holds, closing=stop >= STOP_ORDERS,
        )  # fmt: skip
        if isinstance(found, Denied):
            return found.why
        if found.state is State.STOPPING and act is Act.STOP:
            wanted = max(stop, STOP_ORDERS)
            self._moved(robot, State.STOPPING, reason, by)
            self._hear(ev.StopAsked(ts_ns=self._now(), robot=robot, stop=wanted, reason=reason))
            self.check(robot)
            return ""
        self._moved(robot, found.state, reason, by)
        return ""

    def run(self, robot: int) -> None:
        """Let a robot that is starting run: its market has a price and its account is read."""
        if self.lives[robot].state is not State.STARTING:
            return
        if robot not in self.fresh and int(self._kernel.book.robots[robot]["stop"]) >= STOP_ORDERS:
            self.seat_anew(robot)
        self.stops.pop(robot, None)
        self._moved(robot, State.RUNNING, "", "")

    def fail(self, robot: int, reason: str) -> None:
        """End a robot's life by an error; what protects it stays."""
        if State.FAILED in TABLE[self.lives[robot].state].values():
            self._moved(robot, State.FAILED, reason, "")

    def _moved(self, robot: int, state: State, reason: str, by: str) -> None:
        self._hear(
            ev.RobotMoved(ts_ns=self._now(), robot=robot, state=state.value, reason=reason, by=by)
        )

    # --- stops and receipts --------------------------------------------------------------------

    def live_orders(self, robot: int) -> list[int]:
        """Return the numbers of a robot's orders that are not over, protective stops left out."""
        return [
            t.number
            for t in self._orders.live.values()
            if t.robot == robot and not (is_reserved(t.slot) and t.slot != SLOT_CLOSE)
        ]

    def held(self, robot: int) -> dict[tuple[int, int], int]:
        """Return what a robot holds, by instrument and side."""
        book = self._kernel.book
        per_robot = int(book.head[0]["instruments"]) * 2
        rows = book.positions["quantity"][robot * per_robot : (robot + 1) * per_robot]
        return {(i // 2, i % 2): int(q) for i, q in enumerate(rows.tolist()) if q}

    def check(self, robot: int) -> None:
        """See whether a stop has reached its end; then ask the venue."""
        stop = self.stops.get(robot)
        if stop is None or stop.verifying or self.lives[robot].state is not State.STOPPING:
            return
        if self.live_orders(robot) or (stop.stop == STOP_FLAT and self._closable(robot)):
            return
        stop.verifying = True
        self._verify(lambda: self._verified(robot, stop))

    def _closable(self, robot: int) -> bool:
        """Say whether a robot holds more than dust."""
        terms = self._kernel.book.terms
        return any(
            abs(quantity) >= max(1, int(terms[i]["quantity_min"]), int(terms[i]["lot"]))
            for (i, _), quantity in self.held(robot).items()
        )

    def _verified(self, robot: int, stop: Stop) -> None:
        stop.verifying = False
        if self.stops.get(robot) is not stop:
            return
        if self.live_orders(robot) or (stop.stop == STOP_FLAT and self._closable(robot)):
            return  # something turned up: its own news brings us back here
        del self.stops[robot]
        self.prove(robot, stop, complete=True)
        if self.lives[robot].state is not State.STOPPING:
            return  # it failed on the way: that it came to rest is proven all the same
        state = State.PAUSED if stop.then is Act.RESTED else State.STOPPED
        self._moved(robot, state, stop.reason, "")

    def prove(self, robot: int, stop: Stop, *, complete: bool) -> Receipt:
        """Write the receipt of a stop."""
        orders, held = len(self.live_orders(robot)), sum(self.held(robot).values())
        text = "the venue confirms it" if complete else "the venue has not confirmed it yet"
        receipt = Receipt(
            robot=robot, name=self.seated[robot].name, stop=STOP_NAMES.get(stop.stop, "orders"),
            asked_ns=stop.asked_ns, done_ns=self._now_ns(), complete=complete, open_orders=orders,
            position=held, text=text,
        )  # fmt: skip
        self.receipts.append(receipt)
        del self.receipts[:-200]
        self._hear(
            ev.Noted(
                ts_ns=self._now(),
                what="receipt",
                robot=robot,
                text=json.dumps({f: getattr(receipt, f) for f in receipt.__struct_fields__}),
            )
        )
        self._receipt(receipt)
        return receipt

    # --- schedules -----------------------------------------------------------------------------

    def tend(self) -> None:
        """Do what schedules, profit targets, loss limits and failed strategies ask for."""
        now = self._now_ns()
        for robot, error in self._kernel.failed.items():
            if self.lives[robot].state not in _AT_REST:
                self.fail(robot, str(error))
        for robot, schedule in self.schedules.items():
            profit, paid = self.result(robot)
            found = due(schedule, self.lives[robot], now, profit - paid)
            if found is None:
                continue
            stop = STOP_FLAT if found.act is Act.STOP else STOP_NONE
            self.act(robot, found.act, by="schedule", reason=found.reason, stop=stop)

    def next_ns(self) -> int:
        """Return when `tend` should be called next."""
        times = [next_ns(self.schedules[r], self.lives[r]) for r in self.schedules]
        return min(times, default=NEVER_NS)

    # --- snapshots -------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """Return plain data."""
        kept = _Kept(
            lives=self.lives, sessions=self.sessions, seated=self.seated,
            fresh=sorted(self.fresh), stops=self.stops,
            realised={robot: pair[0] for robot, pair in self._realised.items()},
        )  # fmt: skip
        plain: dict[str, Any] = msgspec.to_builtins(kept)
        return plain

    def load(self, plain: dict[str, Any]) -> None:
        """Go on from what `dump` gave."""
        kept = msgspec.convert(plain, _Kept, strict=False)
        self.lives, self.sessions, self.seated = kept.lives, kept.sessions, kept.seated
        self.fresh, self.stops = set(kept.fresh), kept.stops
        self.names = {seated.name: robot for robot, seated in kept.seated.items()}
        self._realised = {robot: (profit, 0) for robot, profit in kept.realised.items()}

    def _now(self) -> Nanos:
        return Nanos(self._now_ns())


EXIT: Final = "exit"
"""Reason of a stop because the house closes: such a robot goes on when it opens again."""

REMOVED: Final = "removed"
"""Reason of a stop because the plan does not name the robot any more."""

EXTERNAL: Final = "external"
"""Begins the reason of a stop because a robot's position was changed by others."""

_RESTS: Final = frozenset({"schedule_stop", "max_runtime", EXIT, EXTERNAL})


class _Kept(Struct):
    lives: dict[int, Life]
    sessions: dict[int, runs.Sessions]
    seated: dict[int, ev.Seated]
    fresh: list[int]
    stops: dict[int, Stop]
    realised: dict[int, int]
