"""All books of one trading process, and what people may ask of them.

Rule 1: a book that fails to open stops nobody else.
Rule 2: people speak through `ask`: a request is a name and plain values, an answer plain values;
each answer is given once, some only after the venue was asked.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, TypeAlias

from steelyard.model import events as ev
from steelyard.model.errors import ConfigurationError, SteelyardError
from steelyard.model.kinds import STOP_FLAT, STOP_NONE, STOP_ORDERS
from steelyard.model.parameters import Parameter, read_parameters
from steelyard.runtime.desk import Desk
from steelyard.runtime.lifecycle import Act, State
from steelyard.runtime.parts import Alert
from steelyard.runtime.views import (
    ReasonsOf,
    book_status,
    drift_view,
    orders_view,
    positions_view,
    receipt_view,
)

Answer: TypeAlias = Callable[[dict[str, Any]], None]
ALERTS_KEPT: Final = 500
STOPS: Final = {"": STOP_NONE, "orders": STOP_ORDERS, "flatten": STOP_FLAT}


class House:
    """The books that one process trades."""

    def __init__(
        self, desks: Sequence[Desk], *, reasons_of: ReasonsOf,
        parameters_of: Callable[[str], Sequence[Parameter]],
    ) -> None:  # fmt: skip
        """`reasons_of` and `parameters_of` know strategies by name."""
        self.desks = {desk.plan.name: desk for desk in desks}
        self._reasons_of, self._parameters_of = reasons_of, parameters_of
        self.alerts: list[Alert] = []
        self.failed: dict[str, str] = {}
        self._ops: dict[str, Callable[[Mapping[str, Any], Answer], None]] = {
            "status": self._status,
            "orders": self._orders,
            "positions": self._positions,
            "drift": self._drift,
            "robot": self._robot,
            "set": self._set,
            "breaker": self._breaker,
            "alerts": self._alerts,
        }

    def heard(self, alert: Alert) -> None:
        """Keep what people should hear."""
        self.alerts.append(alert)
        del self.alerts[:-ALERTS_KEPT]

    def start(self, opened: Callable[[str], None]) -> None:
        """Open every book."""
        for name, desk in self.desks.items():
            try:
                desk.start(partial(opened, name))
            except SteelyardError as error:
                self.failed[name] = str(error)
                desk.why = str(error)
                desk.tell("critical", "opening", str(error))

    def stop(self, done: Callable[[], None], stop: int | None = None) -> None:
        """Bring every book to rest."""
        left = set(self.desks)

        def one(name: str) -> None:
            left.discard(name)
            if not left:
                done()

        if not left:
            done()
        for name, desk in self.desks.items():
            desk.stop(partial(one, name), stop)

    # --- what people ask -----------------------------------------------------------------------

    def ask(self, op: str, values: Mapping[str, Any], answer: Answer) -> None:
        """Do what is asked and answer; what cannot be done is answered in a sentence."""
        found = self._ops.get(op)
        if found is None:
            answer({"error": f"request was {op!r}, allowed are {', '.join(self._ops)}"})
            return
        try:
            found(values, answer)
        except SteelyardError as error:
            answer({"error": str(error)})

    def _status(self, values: Mapping[str, Any], answer: Answer) -> None:
        answer(
            {
                "books": [
                    book_status(desk, self._reasons_of)
                    if hasattr(desk, "kernel")
                    else {
                        "book": name,
                        "account": desk.plan.account,
                        "phase": desk.phase,
                        "why": desk.why,
                        "robots": [],
                    }
                    for name, desk in self.desks.items()
                ]
            }
        )

    def _open(self) -> list[Desk]:
        return [desk for desk in self.desks.values() if hasattr(desk, "kernel")]

    def _orders(self, values: Mapping[str, Any], answer: Answer) -> None:
        rows: list[dict[str, Any]] = []
        for desk in self._open():
            rows += orders_view(desk, live=not values.get("all"))
        answer({"orders": rows})

    def _positions(self, values: Mapping[str, Any], answer: Answer) -> None:
        rows: list[dict[str, Any]] = []
        for desk in self._open():
            rows += positions_view(desk)
        answer({"positions": rows})

    def _drift(self, values: Mapping[str, Any], answer: Answer) -> None:
        """Read every account now; with `repair`, mend what can be mended and read again."""
        desks = [desk for desk in self._open() if desk.phase in ("running", "draining")]
        left = {desk.plan.name for desk in desks}
        found: dict[str, Any] = {}
        repaired: list[dict[str, Any]] = []

        def read(desk: Desk) -> None:
            drift = desk.account.reconciling.drift
            if values.get("repair") and desk.plan.name not in found:
                repair = desk.account.repairing.repair
                mended = [one for one in drift if repair(one, reason="drift, repaired by a person")]
                if mended:
                    found[desk.plan.name] = None
                    repaired.extend(drift_view(desk, one) for one in mended)
                    desk.account.verify(partial(read, desk))
                    return
            found[desk.plan.name] = [drift_view(desk, one) for one in drift]
            left.discard(desk.plan.name)
            if not left:
                answer({"drift": found, "repaired": repaired})

        if not desks:
            answer({"drift": {}, "repaired": []})
        for desk in desks:
            desk.account.verify(partial(read, desk))

    def _robot(self, values: Mapping[str, Any], answer: Answer) -> None:
        """Start, restart, pause, stop or close a robot; a stop is answered with its receipt."""
        desk, robot = self._find(str(values.get("name")))
        act, robots = str(values.get("act")), desk.robots
        by = str(values.get("by") or "person")
        match act:
            case "start":
                state = robots.lives[robot].state
                again = state in (State.STOPPED, State.FAILED)
                why = robots.act(robot, Act.RESTART if again else Act.START, by=by)
                if not why:
                    desk.planning.start_when_priced(robot)
            case "pause":
                why = robots.act(robot, Act.PAUSE, by=by, reason="pause")
            case "stop" | "close":
                how = "flatten" if act == "close" else str(values.get("how") or "")
                if how not in STOPS:
                    raise ConfigurationError(
                        f"how was {how!r}, allowed are orders (keep the position) and flatten"
                    )
                why = robots.act(robot, Act.STOP, by=by, reason="stop", stop=STOPS[how])
                if not why:
                    self._when_stopped(desk, robot, answer)
                    return
            case _:
                raise ConfigurationError(
                    f"act was {act!r}, allowed are start, pause, stop and close"
                )
        if why:
            answer({"error": why})
        else:
            answer({"robot": values["name"], "state": robots.lives[robot].state.value})

    def _when_stopped(self, desk: Desk, robot: int, answer: Answer) -> None:
        """Answer with the receipt, or after the patience with what is still missing."""
        scheduler = desk.parts.scheduler
        until = scheduler.elapsed_ns() + desk.plan.exit_patience_ns

        def look() -> None:
            stop = desk.robots.stops.get(robot)
            if stop is not None and scheduler.elapsed_ns() < until:
                scheduler.after(50_000_000, look)
                return
            if stop is not None:
                receipt = desk.robots.prove(robot, stop, complete=False)
            else:
                receipt = next(r for r in reversed(desk.robots.receipts) if r.robot == robot)
            answer({"receipt": receipt_view(desk, receipt)})

        look()

    def _set(self, values: Mapping[str, Any], answer: Answer) -> None:
        """Change parameters that may change while a robot runs."""
        desk, robot = self._find(str(values.get("name")))
        given = {str(k): str(v) for k, v in dict(values.get("parameters") or {}).items()}
        seated = desk.kernel.taken.events[robot]
        known = {p.name: p for p in self._parameters_of(seated.strategy)}
        fixed = [name for name in given if name in known and not known[name].changeable]
        if fixed:
            may = ", ".join(p.name for p in known.values() if p.changeable)
            raise ConfigurationError(
                f"{fixed[0]} cannot change while {seated.name} runs, what can is {may or 'nothing'}"
            )
        read_parameters(
            tuple(known.values()), {**seated.parameters, **given}, owner=seated.strategy
        )
        desk.hear(ev.ParametersSet(ts_ns=desk.now(), robot=robot, parameters=given))
        answer({"robot": values["name"], "parameters": desk.kernel.taken.events[robot].parameters})

    def _breaker(self, values: Mapping[str, Any], answer: Answer) -> None:
        """Close a breaker by a person's word, in every book that has it open."""
        name, reason = str(values.get("name")), str(values.get("reason") or "")
        why = [
            said
            for desk in self._open()
            if (said := desk.guarding.tripping.reset(name, by=str(values.get("by") or "person"),
                                            reason=reason))
        ]  # fmt: skip
        answer({"error": why[0]} if why else {"breaker": name, "state": "closed"})

    def _alerts(self, values: Mapping[str, Any], answer: Answer) -> None:
        answer(
            {
                "alerts": [
                    {"level": a.level, "book": a.book, "what": a.what, "text": a.text,
                     "ts_ns": a.ts_ns}
                    for a in self.alerts
                ]
            }
        )  # fmt: skip

    def _find(self, name: str) -> tuple[Desk, int]:
        known: list[str] = []
        for desk in self._open():
            known += desk.robots.names
            if name in desk.robots.names:
                return desk, desk.robots.names[name]
        raise ConfigurationError(
            f"robot was {name!r}, allowed are {', '.join(sorted(known)) or 'none yet'}"
        )
