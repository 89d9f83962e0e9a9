"""One of ccxt's exchanges, as a place where accounts trade.

Rule 1: markets are loaded and clocks measured before a book is opened; a venue that does not
answer is asked again, for ever.
Rule 2: instruments keep their order and their units for life; new ones go to the end.
Rule 3: what the exchange cannot do through ccxt is said at the start, a sentence each.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from steelyard.app.saying import Say
from steelyard.app.venues import GENERIC
from steelyard.kernel.ports import Venue
from steelyard.model.errors import ConfigurationError
from steelyard.model.instruments import Fees, Instrument
from steelyard.model.reports import Fault, Refusal, Success
from steelyard.runtime.budget import AddressBudget
from steelyard.runtime.market import Market
from steelyard.runtime.meters import misfits
from steelyard.runtime.relisting import fitted
from steelyard.services.settings.schema import Account
from steelyard.services.vault.entries import Opened
from steelyard.store.listings import read_listing, write_listing
from steelyard.venues.ccxt.door import Door
from steelyard.venues.ccxt.feed import CcxtFeed
from steelyard.venues.ccxt.venue import CcxtVenue
from steelyard.venues.native.dialect import Channel
from steelyard.venues.native.pausing import SECOND, pause_ns
from steelyard.wire.errands import Errand, Reach, walk

_FIRST_NS, _LONGEST_NS = SECOND, 30 * SECOND
_CHANNELS: Final = frozenset({Channel.QUOTES, Channel.TRADES})

Steps = Errand[None]


class CcxtPlace:
    """An exchange that ccxt knows, in one of its environments."""

    def __init__(
        self, reach: Reach, accounts: Sequence[Account], opened: dict[str, Opened], folder: Path,
        say: Say,
    ) -> None:  # fmt: skip
        """`opened` are the accounts' credentials; `folder` keeps what was listed."""
        first = opened[accounts[0].name]
        venue, environment = first.place.venue, first.place.environment
        self.name = f"{venue} {environment}"
        self._reach, self._say = reach, say
        self._accounts = tuple(accounts)
        self._file = folder / f"{venue}-{environment}.json"
        known = [one.name for one in read_listing(self._file)]
        names = tuple(dict.fromkeys([*known, *(n for a in accounts for n in a.instruments)]))
        _check(accounts, names)
        self._public = self._door(venue, opened[accounts[0].name], names, private=False)
        self._doors = {
            one.name: self._door(venue, opened[one.name], names, private=True) for one in accounts
        }
        self._attempt = 0
        self.instruments: tuple[Instrument, ...] = ()
        self.market: Market
        self.address: AddressBudget

    def prepare(self, ready: Callable[[], None], refused: Callable[[str], None]) -> None:
        self._refused = refused
        for sentence in self._public.able.lacks():
            self._say("warning", sentence)
        walk(self._preparing(ready))

    def venue(self, account: Account) -> Venue:
        return CcxtVenue(self._doors[account.name])

    def fees(self, account: Account) -> dict[str, Fees]:
        return {}

    def close(self) -> None:
        for door in (self._public, *self._doors.values()):
            door.close()

    # --- inside ----------------------------------------------------------------------------------

    def _door(self, venue: str, opened: Opened, names: tuple[str, ...], *, private: bool) -> Door:
        return Door(
            venue.removeprefix(GENERIC), self._reach.scheduler, self._reach.tasks,
            self._reach.http, names, credentials=opened.credentials if private else None,
            addresses=opened.addresses, environment=opened.place.environment,
        )  # fmt: skip

    def _preparing(self, ready: Callable[[], None]) -> Steps:
        try:
            for door in (self._public, *self._doors.values()):
                if door.ready:
                    continue
                reply = yield door.start
                if not isinstance(reply, Success):
                    self._again(ready, reply)
                    return
            self._list()
            for account in self._accounts:
                yield from self._fit(account)
            self._open()
        except ConfigurationError as error:
            self._refused(str(error))
            return
        ready()

    def _again(self, ready: Callable[[], None], reply: Any) -> None:
        if isinstance(reply, Refusal) and reply.fault == Fault.AUTH:
            raise ConfigurationError(f"{self.name} refuses the key: {reply.text}")
        self._attempt += 1
        delay = pause_ns(_FIRST_NS, _LONGEST_NS, attempt=self._attempt, key=self.name)
        self._say(
            "warning", f"{self.name} does not list its instruments: {reply.text}; asked again"
        )
        self._reach.scheduler.after(delay, walk, self._preparing(ready))

    def _list(self) -> None:
        known = {one.name: one for one in read_listing(self._file)}
        self.instruments = tuple(
            one if one.name not in known else fitted(one, known[one.name]) or known[one.name]
            for one in self._public.instruments
        )
        write_listing(self._file, self.instruments)
        for door in (self._public, *self._doors.values()):
            door.instruments = self.instruments

    def _fit(self, account: Account) -> Steps:
        """Set the leverage, where there is one and the exchange lets us."""
        door = self._doors[account.name]
        for name in account.instruments:
            if ":" not in name or not door.exchange.has.get("setLeverage"):
                continue
            work = partial(door.exchange.set_leverage, account.leverage, name)
            reply = yield partial(door.call, work, _nothing)
            # Many exchanges refuse what is so already.
            if not isinstance(reply, Success) and getattr(reply, "fault", None) != Fault.MODE:
                self._say(
                    "critical",
                    f"account {account.name} at {self.name}: the leverage of {name} was not set: "
                    f"{reply.text}",
                )

    def _open(self) -> None:
        feed = CcxtFeed(self._public, _CHANNELS)
        names = tuple(one.name for one in self.instruments)
        self.market = Market(feed, self._reach.scheduler, names)
        terms = self._public.terms
        for wrong in misfits(terms.windows, terms.costs):
            raise ConfigurationError(f"{self.name}: {wrong}")
        self.address = AddressBudget(terms.windows)


def _check(accounts: Sequence[Account], names: tuple[str, ...]) -> None:
    for account in accounts:
        if account.hedged:
            raise ConfigurationError(
                f"account {account.name} is hedged, which {account.venue} is not through ccxt"
            )
    if len({":" in name for name in names}) > 1:
        raise ConfigurationError(
            f"accounts at {accounts[0].venue} have spot and perpetuals; through ccxt allowed is "
            "one of the two in one environment"
        )


def _nothing(_: Any) -> None:
    return None
