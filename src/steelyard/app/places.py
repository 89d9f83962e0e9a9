"""Where a house's accounts trade: one place a venue and environment, shared by its accounts.

Rule 1: a place is prepared before its books are opened; the rest of the house does not know what
kind of place it is.
Rule 2: what speaks to real venues is loaded only where an account is at one.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from steelyard.app.paper import HERE, paper_address, paper_instruments
from steelyard.app.saying import Say
from steelyard.app.venues import is_native
from steelyard.kernel.ports import Venue
from steelyard.model.errors import ConfigurationError
from steelyard.model.instruments import Fees, Instrument
from steelyard.runtime.budget import AddressBudget
from steelyard.runtime.market import Market
from steelyard.services.settings.schema import Account, Settings
from steelyard.services.vault.entries import Opened, Place
from steelyard.services.vault.vault import Vault
from steelyard.store.listings import read_listing
from steelyard.venues.native.dialect import Credentials
from steelyard.venues.paper.client import PaperFeed, PaperVenue
from steelyard.venues.paper.rules import PAPER_TERMS
from steelyard.wire.scheduler import LoopScheduler, Scheduler
from steelyard.wire.streams import Streams

if TYPE_CHECKING:
    from steelyard.wire.errands import Reach

_LISTINGS: Final = "listings"


class TradingPlace(Protocol):
    """What books at one venue share."""

    name: str
    instruments: tuple[Instrument, ...]
    market: Market
    address: AddressBudget

    def prepare(self, ready: Callable[[], None], refused: Callable[[str], None]) -> None:
        """Ask what must be known; one of the two is called once."""
        ...

    def venue(self, account: Account) -> Venue:
        """Return the door of an account."""
        ...

    def fees(self, account: Account) -> dict[str, Fees]:
        """Return what the account pays, where that is known, by instrument."""
        ...

    def close(self) -> None:
        """Let go of what is no book's."""
        ...


class PaperPlace:
    """The paper process of a configuration."""

    name = HERE

    def __init__(self, settings: Settings, scheduler: Scheduler, streams: Streams) -> None:
        """Use the process's socket."""
        self.instruments = paper_instruments(settings)
        self.address = AddressBudget(PAPER_TERMS.windows)
        self._scheduler, self._streams = scheduler, streams
        self._at = paper_address(settings)
        self._numbers = {one.name: place for place, one in enumerate(settings.accounts)}
        feed = PaperFeed(scheduler, streams, self._at, tuple(range(len(self.instruments))))
        self.market = Market(feed, scheduler, tuple(one.name for one in self.instruments))

    def prepare(self, ready: Callable[[], None], refused: Callable[[str], None]) -> None:
        self._scheduler.soon(ready)

    def venue(self, account: Account) -> Venue:
        return PaperVenue(self._scheduler, self._streams, self._at, self._numbers[account.name])

    def fees(self, account: Account) -> dict[str, Fees]:
        return {}

    def close(self) -> None:
        """Each book closes its own."""


class Places:
    """The places of a configuration, by the names of its accounts."""

    def __init__(
        self, settings: Settings, scheduler: LoopScheduler, streams: Streams,
        vault: Callable[[], Vault], say: Say,
    ) -> None:  # fmt: skip
        """Accounts of one venue and environment share one place. Nobody is asked yet."""
        self.by_account: dict[str, TradingPlace] = {}
        self._reach: Reach | None = None
        self._close: Callable[[Callable[[], None]], None] = scheduler.soon
        groups: dict[tuple[str, str, str], list[Account]] = {}
        opened: dict[str, Opened] = {}
        for account in settings.accounts:
            key = (HERE, "", "")
            if account.venue != HERE:
                opened[account.name] = found = _credentials(account, vault)
                key = (account.venue, account.environment, repr(found.addresses))
            groups.setdefault(key, []).append(account)
        for key, accounts in groups.items():
            place: TradingPlace
            if key[0] == HERE:
                place = PaperPlace(settings, scheduler, streams)
            else:
                place = self._real(settings, scheduler, accounts, opened, say)
            self.by_account.update({account.name: place for account in accounts})
        self._waiting = [*self]

    def __iter__(self) -> Iterator[TradingPlace]:
        return iter(dict.fromkeys(self.by_account.values()))

    def prepare(self, ready: Callable[[], None], refused: Callable[[str], None]) -> None:
        """Prepare all; `ready` is called once when all are, `refused` with each sentence."""

        def one_is(place: TradingPlace) -> None:
            self._waiting.remove(place)
            if not self._waiting:
                ready()

        for place in self:
            place.prepare(partial(one_is, place), refused)

    def close(self, then: Callable[[], None]) -> None:
        """Let go of what is no book's, then call."""
        for place in self:
            place.close()
        self._close(then)

    def _real(
        self, settings: Settings, scheduler: LoopScheduler, accounts: list[Account],
        opened: dict[str, Opened], say: Say,
    ) -> TradingPlace:  # fmt: skip
        from steelyard.wire.errands import reach_of

        if self._reach is None:
            self._reach = reach_of(scheduler)
            self._close = self._reach.close
        folder = Path(settings.house.data_folder) / _LISTINGS
        if not is_native(accounts[0].venue):
            from steelyard.app.ccxt_place import CcxtPlace

            return CcxtPlace(self._reach, accounts, opened, folder, say)
        from steelyard.app.native_place import NativePlace

        return NativePlace(self._reach, accounts, opened, folder, say)


def _credentials(account: Account, vault: Callable[[], Vault]) -> Opened:
    """Return an account's credentials: those of the configuration, else the vault's."""
    if account.api_key is not None and account.api_secret is not None:
        place = Place(
            owner=account.owner, account=account.name, venue=account.venue,
            environment=account.environment,
        )  # fmt: skip
        return Opened(
            place=place,
            credentials=Credentials(
                key=account.api_key.reveal(), secret=account.api_secret.reveal(),
                passphrase=account.passphrase.reveal() if account.passphrase else "",
            ),
        )  # fmt: skip
    found = vault().open(account.name)
    for what, said, kept in (
        ("venue", account.venue, found.place.venue),
        ("environment", account.environment, found.place.environment),
        ("owner", account.owner, found.place.owner),
    ):
        if said != kept:
            raise ConfigurationError(
                f"{what} of account {account.name} was {said!r}, its credentials are for {kept!r}: "
                "add the account again, or mend the configuration"
            )
    return found


def instruments_on_file(settings: Settings, account: Account) -> tuple[Instrument, ...]:
    """Return what a place lists, as far as that is known without asking anybody."""
    if account.venue == HERE:
        return paper_instruments(settings, keep=False)
    file = f"{account.venue}-{account.environment}.json"
    return read_listing(Path(settings.house.data_folder) / _LISTINGS / file)
