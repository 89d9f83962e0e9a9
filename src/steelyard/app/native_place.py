"""A venue that has a folder of its own, as a place where accounts trade.

Rule 1: clock and listing are asked for before a book is opened, and of each account what its key
may do and how it keeps positions. What was listed before is written down, so that a house whose
venue does not answer at a start opens its books all the same.
Rule 2: instruments keep their order and their units for life; new ones go to the end.
Rule 3: a key that may withdraw ends the start, unless the account insists. What else is wrong with
an account is told, and its book waits for the venue by itself.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

from steelyard.app.accounts import NotTaken, profile_of
from steelyard.app.saying import Say
from steelyard.app.venues import account_of, addresses_of, market_of
from steelyard.kernel.ports import Venue
from steelyard.model.errors import ConfigurationError
from steelyard.model.instruments import Fees, Instrument, Kind
from steelyard.model.reports import Reply, Success
from steelyard.model.units import Rate
from steelyard.runtime.budget import AddressBudget
from steelyard.runtime.market import Market
from steelyard.runtime.meters import misfits
from steelyard.runtime.relisting import fitted
from steelyard.services.settings.schema import Account
from steelyard.services.vault.entries import Opened
from steelyard.store.listings import read_listing, write_listing
from steelyard.venues.native.dialect import (
    AccountDialect,
    Channel,
    Listed,
    MarketDialect,
    Profile,
)
from steelyard.venues.native.feed import NativeFeed
from steelyard.venues.native.offset import Offset
from steelyard.venues.native.pausing import SECOND, pause_ns
from steelyard.venues.native.rest import Rest
from steelyard.venues.native.venue import NativeVenue
from steelyard.wire.errands import Errand, Reach, walk

DEADLINE_NS: Final = 10 * SECOND
_FIRST_NS, _LONGEST_NS = SECOND, 30 * SECOND
_CHANNELS: Final = frozenset({Channel.QUOTES, Channel.TRADES})

Steps = Errand[None]


class NativePlace:
    """A venue that has a folder of its own, in one of its environments."""

    def __init__(
        self, reach: Reach, accounts: Sequence[Account], opened: dict[str, Opened], folder: Path,
        say: Say,
    ) -> None:  # fmt: skip
        """`opened` are the accounts' credentials; `folder` keeps what was listed."""
        first = opened[accounts[0].name]
        self._reach, self._say = reach, say
        self._accounts, self._opened = tuple(accounts), opened
        self._venue, environment = first.place.venue, first.place.environment
        self.name = f"{self._venue} {environment}"
        self._file = folder / f"{self._venue}-{environment}.json"
        self._addresses = first.addresses or addresses_of(self._venue, environment)
        self._names = _ordered(self._file, accounts)
        self._rest = Rest(reach.scheduler, reach.http, deadline_ns=DEADLINE_NS)
        self._asked: MarketDialect = self._market_of(())
        self._offset = Offset(reach.scheduler, self._rest, self._asked.time, key=self.name)
        self._dialects: dict[str, AccountDialect] = {}
        self._fees: dict[str, dict[str, Fees]] = {}
        self._attempt = 0
        self.instruments: tuple[Instrument, ...] = ()
        self.market: Market
        self.address: AddressBudget

    # --- before the books are opened -------------------------------------------------------------

    def prepare(self, ready: Callable[[], None], refused: Callable[[str], None]) -> None:
        self._refused = refused
        walk(self._preparing(ready))

    def _preparing(self, ready: Callable[[], None]) -> Steps:
        try:
            yield lambda heard: self._offset.start(lambda: heard(None))
            listed = yield partial(self._rest.hold, self._asked.listing)
            if not self._list(listed):
                self._attempt += 1
                delay = pause_ns(_FIRST_NS, _LONGEST_NS, attempt=self._attempt, key=self.name)
                self._reach.scheduler.after(delay, walk, self._preparing(ready))
                return
            for account in self._accounts:
                yield from self._look_at(account)
            self._open()
        except (ConfigurationError, NotTaken) as error:
            self._refused(str(error))
            return
        ready()

    def _list(self, reply: Reply) -> bool:
        """Take the listing, or the one written down; say whether there is one."""
        before = read_listing(self._file)
        known = {one.name: one for one in before}
        if isinstance(reply, Success):
            self.instruments = tuple(
                _found(name, reply.value, known.get(name), self.name) for name in self._names
            )
            write_listing(self._file, self.instruments)
            return True
        text = getattr(reply, "text", "")
        if all(name in known for name in self._names):
            self._say("warning", f"{self.name} does not list its instruments: {text}; the last "
                      "listing is used")  # fmt: skip
            self.instruments = tuple(known[name] for name in self._names)
            return True
        self._say("warning", f"{self.name} does not list its instruments: {text}; asked again")
        return False

    def _look_at(self, account: Account) -> Steps:
        """Hold one account against what its configuration wants of it."""
        dialect = self._dialects[account.name] = self._speak(account)
        reply = yield partial(self._rest.hold, dialect.profile)
        if isinstance(reply, Success):
            profile = profile_of(
                reply, self._opened[account.name], insists=account.allow_withdraw_keys
            )
            yield from self._fit(account, dialect, profile)
        else:
            text = getattr(reply, "text", "")
            self._say("critical", f"{self.name} does not tell about account {account.name}: {text}")

    def _fit(self, account: Account, dialect: AccountDialect, profile: Profile) -> Steps:
        self._fees[account.name] = {
            name: Fees(maker=Rate(maker), taker=Rate(taker))
            for name, (maker, taker) in profile.fees.items()
        }
        margined = [k for k, one in enumerate(self.instruments) if one.kind != Kind.SPOT]
        own = [k for k in margined if self.instruments[k].name in account.instruments]
        if own and profile.hedged != account.hedged:
            setting = partial(dialect.set_hedged, account.hedged)
            reply = yield partial(self._rest.hold, setting, changing=True)
            self._complain(account, "the position mode was not changed", reply)
        for index in own:
            setting = partial(dialect.set_leverage, index, account.leverage)
            reply = yield partial(self._rest.hold, setting, changing=True)
            name = self.instruments[index].name
            self._complain(account, f"the leverage of {name} was not set", reply)

    def _complain(self, account: Account, what: str, reply: Reply) -> None:
        if not isinstance(reply, Success):
            text = getattr(reply, "text", "") or getattr(reply, "fault", "")
            self._say("critical", f"account {account.name} at {self.name}: {what}: {text}")

    # --- the parts of a book ---------------------------------------------------------------------

    def _speak(self, account: Account) -> AccountDialect:
        return account_of(
            self._venue, self._addresses, self._opened[account.name].credentials,
            self.instruments, hedged=account.hedged, now_ns=self._offset.venue_now_ns,
        )  # fmt: skip

    def _market_of(self, instruments: tuple[Instrument, ...]) -> MarketDialect:
        now_ns = self._reach.scheduler.now_ns
        return market_of(self._venue, self._addresses, instruments, now_ns)

    def _open(self) -> None:
        reach = self._reach
        market = self._market_of(self.instruments)
        feed = NativeFeed(
            reach.scheduler, reach.http, reach.sockets, market,
            instruments=len(self.instruments), channels=_CHANNELS,
        )  # fmt: skip
        self._asked = market
        self.market = Market(feed, reach.scheduler, tuple(one.name for one in self.instruments))
        terms = self._dialects[self._accounts[0].name].terms
        for wrong in misfits(terms.windows, terms.costs):
            raise ConfigurationError(f"{self.name}: {wrong}")
        self.address = AddressBudget(terms.windows)

    def venue(self, account: Account) -> Venue:
        reach = self._reach
        return NativeVenue(
            reach.scheduler, reach.http, reach.sockets, self._dialects[account.name],
            account=account.name, offset=self._offset, listing=self._asked.listing,
        )  # fmt: skip

    def fees(self, account: Account) -> dict[str, Fees]:
        return self._fees.get(account.name, {})

    def close(self) -> None:
        self._offset.close()
        self._rest.close()


def _ordered(file: Path, accounts: Sequence[Account]) -> tuple[str, ...]:
    """Name what was listed here before, then what is new."""
    known = [one.name for one in read_listing(file)]
    return tuple(dict.fromkeys([*known, *(n for a in accounts for n in a.instruments)]))


def _found(name: str, listed: Sequence[Listed], known: Instrument | None, place: str) -> Instrument:
    """Return an instrument's terms as they are listed now, in the units it was first listed in."""
    found = next((one for one in listed if one.instrument.name == name), None)
    if found is None or found.status == "closed":
        if known is not None:
            return known  # a book may still hold it
        near = [one.instrument.name for one in listed if one.instrument.name.startswith(name[:3])]
        raise ConfigurationError(
            f"{place} lists no {name}" + (f"; it lists {', '.join(near[:5])}" if near else "")
        )
    if known is None:
        return found.instrument
    return fitted(found.instrument, known) or known
