"""A recording put together: which venue, which feed, how long, and where it is kept.

Rule 1: a signal ends a recording as its time does: what was heard is kept.
Rule 2: rows wait in memory for a minute at most.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from steelyard.app.paper import HERE, paper_address, paper_instruments
from steelyard.app.venues import GENERIC, addresses_of, is_native, market_of
from steelyard.kernel.ports import Feed, FeedGap, PriceNews
from steelyard.model.errors import ConfigurationError, InputError, SteelyardError
from steelyard.model.events import Quote, Trade
from steelyard.model.instruments import Instrument
from steelyard.model.market import Depth
from steelyard.model.reports import Reply, Success
from steelyard.services.marketdata.recording import Parts, Tape, keep, with_tiers
from steelyard.services.settings.schema import Settings
from steelyard.store.catalog.catalog import Catalog
from steelyard.store.catalog.datasets import Dataset
from steelyard.venues.ccxt.door import Door
from steelyard.venues.ccxt.feed import CcxtFeed
from steelyard.venues.native.dialect import Addresses, Channel
from steelyard.venues.native.feed import NativeFeed
from steelyard.venues.native.rest import Rest
from steelyard.venues.paper.client import PaperFeed
from steelyard.wire.errands import Reach, reach_of
from steelyard.wire.looping import run_loop
from steelyard.wire.scheduler import LoopScheduler, Scheduler, Timer
from steelyard.wire.streams import Streams

CHANNELS: Final = (Channel.QUOTES, Channel.TRADES, Channel.DEPTH)
_CHANNEL: Final = {Quote: Channel.QUOTES, Trade: Channel.TRADES, Depth: Channel.DEPTH}
_SECOND_NS: Final = 10**9
_FLUSH_NS: Final = 60 * _SECOND_NS
_ROWS_MAX: Final = 500_000
_OF_ALL: Final = -1
_DEADLINE_NS: Final = 10 * _SECOND_NS


class Asked(Struct, frozen=True, kw_only=True):
    """What is to be recorded."""

    venue: str
    names: tuple[str, ...]
    channels: frozenset[Channel]
    span_ns: int
    """0: until a signal comes."""
    environment: str = "mainnet"
    addresses: Addresses | None = None
    paper: Settings | None = None
    """The configuration whose paper venue is recorded."""


class Done(Struct, frozen=True, kw_only=True):
    """What came of it."""

    datasets: tuple[Dataset, ...]
    files: tuple[Path, ...]
    counts: dict[str, int]
    span_ns: int
    last_gap: str


class Recording:
    """What the loop runs."""

    def __init__(
        self, asked: Asked, catalog: Catalog, out: Path | None,
        progress: Callable[[dict[str, int], int], None],
    ) -> None:  # fmt: skip
        """`progress` hears counts and nanoseconds so far, each second."""
        self._asked, self._catalog, self._out, self._progress = asked, catalog, out, progress
        self.failure = ""
        self.done: Done | None = None
        self._scheduler: Scheduler
        self._reach: Reach
        self._finish: Callable[[], None]
        self._feed: Feed | None = None
        self._tapes: list[Tape] = []
        self._parts: list[Parts] = []
        self._places: dict[int, Tape] = {}
        self._timers: list[Timer] = []
        self._begun_ns = self._flushed_ns = 0
        self._ending = False
        self._last_gap = ""

    def begin(self, scheduler: LoopScheduler, streams: Streams, finish: Callable[[], None]) -> None:
        """Find the instruments, then listen."""
        self._scheduler, self._finish = scheduler, finish
        self._reach = reach_of(scheduler)
        asked = self._asked
        try:
            if asked.venue == HERE:
                self._of_paper(scheduler, streams)
            elif is_native(asked.venue):
                self._of_native()
            else:
                self._of_ccxt()
        except ConfigurationError as error:
            self._fail(str(error))

    def interrupted(self) -> None:
        """Keep what was heard, and end."""
        self._end()

    # --- feeds -----------------------------------------------------------------------------------

    def _of_paper(self, scheduler: LoopScheduler, streams: Streams) -> None:
        settings = self._asked.paper
        if settings is None:
            raise ConfigurationError("venue was paper, which needs a configuration: --config FILE")
        if Channel.DEPTH in self._asked.channels:
            raise ConfigurationError("channels were depth, the paper venue has quotes and trades")
        listed = paper_instruments(settings, keep=False)
        chosen = self._chosen(listed)
        places = tuple(listed.index(one) for one in chosen)
        feed = PaperFeed(scheduler, streams, paper_address(settings), places)
        self._start(feed, [replace(one, venue=HERE) for one in chosen], places)

    def _of_native(self) -> None:
        asked = self._asked
        addresses = asked.addresses or addresses_of(asked.venue, asked.environment)
        made = partial(market_of, asked.venue, addresses, now_ns=self._scheduler.now_ns)
        rest = Rest(self._scheduler, self._reach.http, deadline_ns=_DEADLINE_NS)

        def came(reply: Reply) -> None:
            rest.close()
            if not isinstance(reply, Success):
                self._fail(f"{asked.venue} does not answer: {reply.text}")
                return
            try:
                chosen = self._chosen(tuple(one.instrument for one in reply.value))
                feed = NativeFeed(
                    self._scheduler, self._reach.http, self._reach.sockets, made(chosen),
                    instruments=len(chosen), channels=asked.channels,
                )  # fmt: skip
            except ConfigurationError as error:
                self._fail(str(error))
                return
            self._start(feed, [with_tiers(one, asked.venue) for one in chosen])

        rest.hold(made(()).listing, came)

    def _of_ccxt(self) -> None:
        asked = self._asked
        plain = asked.venue.removeprefix(GENERIC)
        doors = [self._door(plain, exact=True)]
        if Channel.DEPTH in asked.channels:
            doors.append(self._door(plain, exact=False))
        waiting = list(doors)

        def came(reply: Reply) -> None:
            if self._ending:
                return
            if not isinstance(reply, Success):
                self._fail(f"{plain} does not answer: {reply.text}")
                return
            waiting.pop()
            if not waiting:
                feed = CcxtFeed(doors[0], asked.channels, *doors[1:])
                self._start(feed, [with_tiers(one, plain) for one in doors[0].instruments])

        for one in doors:
            one.start(came)

    def _door(self, name: str, *, exact: bool) -> Door:
        return Door(
            name, self._scheduler, self._reach.tasks, self._reach.http, self._asked.names,
            addresses=self._asked.addresses, environment=self._asked.environment, exact=exact,
        )  # fmt: skip

    def _chosen(self, listed: Sequence[Instrument]) -> tuple[Instrument, ...]:
        known = {one.name: one for one in listed}
        missing = [one for one in self._asked.names if one not in known]
        if missing:
            raise ConfigurationError(f"{self._asked.venue} does not list {', '.join(missing)}")
        return tuple(known[one] for one in self._asked.names)

    # --- recording -------------------------------------------------------------------------------

    def _start(
        self, feed: Feed, instruments: Sequence[Instrument], places: tuple[int, ...] = ()
    ) -> None:
        self._feed = feed
        if self._ending:
            return
        try:
            for one in instruments:
                self._parts.append(Parts(self._catalog.root, one))
                self._tapes.append(Tape(one))
        except ConfigurationError as error:
            self._fail(str(error))
            return
        self._places = dict(zip(places or range(len(self._tapes)), self._tapes, strict=True))
        self._begun_ns = self._flushed_ns = self._scheduler.elapsed_ns()
        feed.listen(self._hear)
        if self._asked.span_ns:
            self._timers.append(self._scheduler.after(self._asked.span_ns, self._end))
        self._tick()

    def _hear(self, news: PriceNews) -> None:
        now_ns = self._scheduler.now_ns()
        if isinstance(news, FeedGap):
            self._last_gap = news.reason
        elif _CHANNEL.get(type(news)) not in self._asked.channels:
            return
        for place, tape in self._places.items():
            if news.instrument in (place, _OF_ALL):
                tape.hear(news, now_ns)

    def _tick(self) -> None:
        if self._ending:
            return
        now_ns = self._scheduler.elapsed_ns()
        self._progress(self._counts(), now_ns - self._begun_ns)
        many = max(map(len, self._tapes), default=0) >= _ROWS_MAX
        if many or now_ns - self._flushed_ns >= _FLUSH_NS:
            self._flushed_ns = now_ns
            self._flush()
        self._timers = [*self._timers[:1], self._scheduler.after(_SECOND_NS, self._tick)]

    def _flush(self, end_ns: int = 0) -> None:
        for tape, parts in zip(self._tapes, self._parts, strict=True):
            history = tape.take(end_ns)
            if history is not None:
                parts.write(history)

    def _counts(self) -> dict[str, int]:
        names = ("quotes", "trades", "depth", "gaps")
        return {name: sum(one.counts[name] for one in self._tapes) for name in names}

    def _end(self) -> None:
        if self._ending:
            return
        self._ending = True
        for timer in self._timers:
            timer.cancel()
        if self._feed is not None:
            self._feed.close()
        span_ns = self._scheduler.elapsed_ns() - self._begun_ns if self._begun_ns else 0
        try:
            self._keep(span_ns)
        except InputError as error:  # its rows stay beside the dataset
            self.failure = self.failure or str(error)
        finally:
            self._reach.close(self._finish)

    def _keep(self, span_ns: int) -> None:
        self._flush(self._scheduler.now_ns())
        datasets, files = [], []
        for parts in self._parts:
            history = parts.whole()
            if history is not None:
                dataset, file = keep(history, self._catalog, self._out)
                datasets.append(dataset)
                files += [file] if file is not None else []
                parts.remove()
            parts.close()
        self.done = Done(
            datasets=tuple(datasets), files=tuple(files), counts=self._counts(), span_ns=span_ns,
            last_gap=self._last_gap,
        )  # fmt: skip

    def _fail(self, why: str) -> None:
        self.failure = self.failure or why
        self._end()


def record(
    asked: Asked, catalog: Catalog, out: Path | None,
    progress: Callable[[dict[str, int], int], None],
) -> Done:  # fmt: skip
    """Record, until the time is over or a signal comes."""
    recording: Any = Recording(asked, catalog, out, progress)
    run_loop(recording)
    if recording.failure:
        raise ConfigurationError(recording.failure)
    if recording.done is None:
        raise SteelyardError("the recording was not kept; its rows go in with the next one")
    done: Done = recording.done
    return done
