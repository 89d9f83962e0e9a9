"""A trading process, assembled from a configuration: one desk an account, one house.

Rule: the only place that knows which venue, feed, journal and clock a book gets.
"""

import dataclasses
import hashlib
import os
import platform
from collections.abc import Callable, Mapping
from typing import Any

from steelyard.app.paper import data_folder, parameters_of
from steelyard.app.places import Places, TradingPlace
from steelyard.app.reloading import Reloading
from steelyard.app.rules import bound_gate
from steelyard.app.seats import make_seat
from steelyard.app.strategies import find_strategy
from steelyard.app.switch import FileSwitch
from steelyard.app.telling import Minutes
from steelyard.app.vitals import Vitals
from steelyard.kernel.ports import Journal
from steelyard.model.errors import ConfigurationError
from steelyard.model.instruments import Instrument, rate
from steelyard.model.kinds import STOP_ENTRIES, STOP_FLAT, STOP_ORDERS
from steelyard.model.reasons import Reason
from steelyard.model.version import __version__
from steelyard.runtime.budget import Budget
from steelyard.runtime.desk import Desk
from steelyard.runtime.grants import allotted
from steelyard.runtime.house import House
from steelyard.runtime.lifecycle import Schedule
from steelyard.runtime.parts import Alert, Parts
from steelyard.runtime.plan import SECOND_NS, BookPlan, Limits, RobotPlan
from steelyard.services.control.serving import Control
from steelyard.services.settings import schema
from steelyard.services.settings.breaking import breaker_rules
from steelyard.services.vault.vault import Vault
from steelyard.store.journal.chain import genesis, link
from steelyard.store.journal.handle import Durability
from steelyard.store.journal.opening import open_journal
from steelyard.wire.scheduler import LoopScheduler, Scheduler
from steelyard.wire.streams import Streams

_BOOKS: int = 36**7
_STOPS = {
    schema.Stop.ENTRIES: STOP_ENTRIES,
    schema.Stop.ORDERS: STOP_ORDERS,
    schema.Stop.FLATTEN: STOP_FLAT,
}
_VITALS_NS = 10 * SECOND_NS
SMALL_DRIFT = 50
"""Differences of positions up to this worth (in quote) are repaired unasked."""


def book_number(name: str) -> int:
    """Return the number of a book in client ids: the same on every machine, for ever."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big") % _BOOKS


def reasons_of(strategy: str) -> Mapping[int, Reason]:
    """Return a strategy's own reasons."""
    found: Mapping[int, Reason] = find_strategy(strategy).strategy.reasons
    return found


def control_address(settings: schema.Settings) -> str:
    """Return where a running house is asked."""
    return f"unix:{settings.house.control_socket}"


def book_plan(
    settings: schema.Settings, account: schema.Account, instruments: tuple[Instrument, ...]
) -> BookPlan:
    """Say what one account is asked to be, in units."""
    money = instruments[0]
    names = [one.name for one in instruments]
    return BookPlan(
        name=account.name,
        number=book_number(account.name),
        account=account.name,
        venue=account.venue,
        instruments=instruments,
        leverage=account.leverage,
        hedged=account.hedged,
        limits=_granted(settings, account, money),
        breakers=breaker_rules(account.breakers, money_decimals=money.money_decimals),
        exit_stop=_STOPS[schema.Stop(settings.house.on_exit)],
        drift_small_notional=int(money.money(SMALL_DRIFT)),
        robots=tuple(
            RobotPlan(
                name=robot.name,
                strategy=robot.strategy,
                parameters=dict(robot.parameters),
                instrument=names.index(robot.instrument),
                capital=int(money.money(robot.capital)),
                stop_rate=int(rate(robot.protection.stop_distance)),
                limits=_limits(robot.limits, money),
                schedule=Schedule(
                    start_ns=robot.schedule.start_ns,
                    stop_ns=robot.schedule.stop_ns,
                    max_runtime_ns=robot.schedule.max_runtime_s * SECOND_NS,
                    profit_target=int(money.money(robot.profit_target)),
                    loss_limit=int(money.money(robot.loss_limit)),
                ),
                starts=robot.autostart and not robot.schedule.start_ns,
                fixed=frozenset(
                    one.name for one in parameters_of(robot.strategy) if not one.changeable
                ),
            )
            for robot in settings.robots
            if robot.account == account.name
        ),
    )


def _limits(limits: schema.Limits, money: Instrument) -> Limits:
    return Limits(
        order_notional_max=int(money.money(limits.order_notional_max)),
        position_notional_max=int(money.money(limits.position_notional_max)),
        open_orders_max=limits.open_orders_max,
        loss_max=int(money.money(limits.loss_max)),
    )


def _granted(settings: schema.Settings, account: schema.Account, money: Instrument) -> Limits:
    """Return an account's own limits, lowered to its part of its owner's and the platform's."""
    own = _limits(account.limits, money)
    levels = [(settings.platform, {one.name: one.weight for one in settings.accounts})]
    if account.owner:
        owned = {a.name: a.weight for a in settings.accounts if a.owner == account.owner}
        levels.append((settings.owners[account.owner], owned))
    values = {
        "position_notional_max": own.position_notional_max,
        "open_orders_max": own.open_orders_max,
        "loss_max": own.loss_max,
    }
    for level, weights in levels:
        whole = _limits(level, money)
        for name, mine in values.items():
            limit = getattr(whole, name)
            if limit:
                part = max(1, allotted(limit, weights)[account.name])
                values[name] = min(mine, part) if mine else part
    return Limits(order_notional_max=own.order_notional_max, grant=1, **values)


class Trading:
    """What the loop of a trading process runs."""

    def __init__(
        self, settings: schema.Settings, vault: Callable[[], Vault], say: Callable[[str], None]
    ) -> None:
        """`say` prints a line for whoever watches; `vault` is opened where somebody needs it."""
        self._settings, self._vault, self._say = settings, vault, say
        self.folder = data_folder(settings)
        self.switch = FileSwitch(self.folder)
        self.house: House | None = None
        self.failure = ""
        self._places: Places | None = None
        self._journal: Any = None
        self._scheduler: LoopScheduler
        self._streams: Streams
        self._finish: Callable[[], None]
        self._at: Mapping[str, TradingPlace] = {}
        self._ending = False

    def begin(self, scheduler: LoopScheduler, streams: Streams, finish: Callable[[], None]) -> None:
        """Open the journal, prepare the places, then open every book and the control socket."""
        self._scheduler, self._streams, self._finish = scheduler, streams, finish
        settings = self._settings
        self.folder.mkdir(parents=True, exist_ok=True)
        self._journal = open_journal(
            settings.house.journal, durability=Durability(settings.house.durability),
            scheduler=scheduler, tell=scheduler.from_thread,
        )  # fmt: skip
        try:
            self._places = Places(settings, scheduler, streams, self._vault, self._tell)
        except ConfigurationError as error:
            scheduler.soon(self._refused, str(error))
            return
        self._places.prepare(self._prepared, self._refused)

    def _prepared(self) -> None:
        """Open the books: every place is known."""
        if self._ending:
            return
        try:
            self._open()
        except ConfigurationError as error:
            self._refused(str(error))

    def _open(self) -> None:
        settings, scheduler = self._settings, self._scheduler
        assert self._places is not None
        self._at = self._places.by_account
        self.house = house = assemble(
            settings, scheduler, self._journal, self.switch, self._told, self._at
        )
        self.switch.watch(scheduler)
        reloading = Reloading(settings, house, scheduler, self._plan_of, self._tell)
        reloading.watch()
        Minutes(house, scheduler, self._say).begin()
        Control(reloading.ask, self._refused).serve(self._streams, control_address(settings))
        self._measure(house, Vitals(self.folder))
        house.start(lambda book: self._say(f"{book} trades"))

    def _plan_of(self, settings: schema.Settings, account: schema.Account) -> BookPlan:
        return plan_at(settings, account, self._at[account.name])

    def _measure(self, house: House, vitals: Vitals) -> None:
        """Tell every book's system breakers how the machine is."""
        for kind, value in vitals.read().items():
            for desk in house.desks.values():
                if desk.phase == "running":
                    desk.guarding.tripping.measure(kind, value)
        self._scheduler.after(_VITALS_NS, self._measure, house, vitals)

    def interrupted(self) -> None:
        """Bring every book to rest by its policy, then end."""
        if not self._ending:
            self._ending = True
            self._say("stopping")
            if self.house is None:
                self._ended()
            else:
                self.house.stop(self._ended)

    def _ended(self) -> None:
        self._journal.close()
        if self._places is None:
            self._finish()
        else:
            self._places.close(self._finish)

    def _refused(self, reason: str) -> None:
        """It cannot begin, or another house has the folder: this one is not needed."""
        self.failure = self.failure or reason
        self.interrupted()

    def _tell(self, level: str, text: str) -> None:
        """Tell what concerns the whole house."""
        now_ns = self._scheduler.now_ns()
        self._told(Alert(ts_ns=now_ns, level=level, book="house", what="", text=text))

    def _told(self, alert: Alert) -> None:
        if self.house is not None:
            self.house.heard(alert)
        self._say(f"{alert.level}: {alert.book}: {alert.text}")


def plan_at(settings: schema.Settings, account: schema.Account, place: TradingPlace) -> BookPlan:
    """Say what an account is asked to be, with what it pays at its place."""
    fees = place.fees(account)
    instruments = tuple(
        dataclasses.replace(one, fees=fees.get(one.name, one.fees)) for one in place.instruments
    )
    return book_plan(settings, account, instruments)


def assemble(
    settings: schema.Settings, scheduler: Scheduler, journal: Journal, switch: Any,
    tell: Callable[[Alert], None], places: Mapping[str, TradingPlace],
) -> House:  # fmt: skip
    """Put one desk an account together."""
    holder = f"{platform.node()}:{os.getpid()}"
    gate = bound_gate()
    desks = [
        Desk(
            Parts(
                plan=plan_at(settings, account, place),
                version=__version__,
                holder=holder,
                scheduler=scheduler,
                journal=journal,
                venue=place.venue(account),
                market=place.market,
                switch=switch,
                budget=Budget(place.address),
                allow=gate,
                make_seat=make_seat,
                link=link,
                genesis=genesis,
                tell=tell,
            )
        )
        for account in settings.accounts
        for place in (places[account.name],)
    ]
    return House(desks, reasons_of=reasons_of, parameters_of=parameters_of)
