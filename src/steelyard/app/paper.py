"""The paper process of a configuration: its instruments, its accounts, its market.

Rule: it is told apart by the data folder; it outlives the trading process, so that what is compared
after a crash is not rebuilt from our own journal.
"""

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from steelyard.app.strategies import find_strategy
from steelyard.exchange.paper.server import serve
from steelyard.exchange.paper.settings import PaperSettings
from steelyard.model.errors import ConfigurationError
from steelyard.model.history import Chunk, History
from steelyard.model.instruments import Instrument
from steelyard.model.parameters import Parameter
from steelyard.model.reports import Gap, Linked, News
from steelyard.model.venue_tables import instrument_for
from steelyard.services.marketdata.generation.market import generate
from steelyard.services.marketdata.generation.settings import MarketSettings
from steelyard.services.marketdata.opening import open_history
from steelyard.services.settings.schema import Settings
from steelyard.store.catalog.columns import VALUE_COLUMNS
from steelyard.store.catalog.merging import MergedHistory
from steelyard.store.catalog.rescaling import fit_units
from steelyard.venues.paper.client import PaperVenue
from steelyard.wire.looping import run_loop
from steelyard.wire.processes import start_detached
from steelyard.wire.randomness import generator
from steelyard.wire.scheduler import LoopScheduler
from steelyard.wire.streams import Streams, answers

TRADES: Final = 2_000_000
IDLE_S: Final = 120.0
PATIENCE_NS: Final = 5_000_000_000
START_PRICES: Final = {"BTC": 60_000, "ETH": 3_000, "SOL": 150, "BNB": 600, "XRP": 2, "DOGE": 1}
HERE: Final = "paper"
"""The venue of all that a paper process lists, wherever its data come from."""
_DECIMALS: Final = (2, 5)


def parameters_of(strategy: str) -> Sequence[Parameter]:
    """Return a strategy's parameters by its name."""
    return find_strategy(strategy).parameters


def data_folder(settings: Settings) -> Path:
    """Return the folder of everything the house keeps."""
    return Path(settings.house.data_folder)


def paper_address(settings: Settings) -> str:
    """Return where the paper process is reached."""
    return f"unix:{data_folder(settings) / 'paper.sock'}"


def paper_instruments(settings: Settings, *, keep: bool = True) -> tuple[Instrument, ...]:
    """Return what the paper process lists, in an order that never changes: new ones go last.

    `keep`: write the order down where it is new.
    """
    file = data_folder(settings) / "instruments.json"
    known: list[str] = json.loads(file.read_text()) if file.exists() else []
    wanted = [name for account in settings.accounts for name in account.instruments]
    names = list(dict.fromkeys([*known, *wanted]))
    if keep and names != known:
        file.parent.mkdir(parents=True, exist_ok=True)
        aside = file.with_suffix(".tmp")
        aside.write_text(json.dumps(names))
        aside.replace(file)
    return tuple(_instrument(name) for name in names)


def _instrument(name: str) -> Instrument:
    found, _ = instrument_for(
        name, "binance", data_price_decimals=_DECIMALS[0], data_quantity_decimals=_DECIMALS[1]
    )
    return found


def in_units_of(instruments: Sequence[Instrument], history: History) -> Iterator[Chunk]:
    """Yield a market's rows from the beginning, in the units and places of `instruments`.

    What is listed has the house's units, whatever the data have: both processes must agree.
    """
    own = tuple(replace(one, venue=HERE) for one in history.instruments)
    names = {one.name for one in instruments}
    others = (one for one in own if one.name not in names)
    common = (*(replace(one, venue=HERE) for one in instruments), *others)
    for chunk in history.chunks():
        fitted = fit_units(chunk, own, common, VALUE_COLUMNS)
        wanted = fitted.instrument < len(instruments)
        if wanted.all():
            yield fitted
            continue
        columns = ("ts_ns", "kind", "instrument", *VALUE_COLUMNS)
        yield Chunk(**{name: getattr(fitted, name)[wanted] for name in columns})


def _history(settings: Settings, instruments: Sequence[Instrument]) -> History:
    paper = settings.paper
    if paper.market != "generated":
        history = open_history(paper.market, None, None, None)
        names = [one.name for one in history.instruments]
        missing = [one.name for one in instruments if one.name not in names]
        if missing:
            raise ConfigurationError(
                f"paper.market {paper.market} holds {', '.join(names)}, the accounts also trade "
                f"{', '.join(missing)}"
            )
        return history
    made = [
        generate(
            MarketSettings(
                instrument=one.name,
                count=TRADES,
                start_price=Decimal(START_PRICES.get(one.base, 100)),
                trades_per_s=2.0,
                volatility_day=0.12,
            ),
            generator(paper.seed + index),
        )
        for index, one in enumerate(instruments)
    ]
    return made[0] if len(made) == 1 else MergedHistory(made)


def run_paper(settings: Settings, ready: Callable[[str], None]) -> None:
    """Be the paper process until asked to stop, or until nobody is connected for a while.

    `ready` hears its address.
    """
    instruments = paper_instruments(settings)
    accounts = [one for one in settings.accounts if one.venue == "paper"]
    modes = {(one.leverage, one.hedged) for one in accounts}
    if len(modes) != 1:
        raise ConfigurationError(
            "paper accounts have different leverage or position modes, allowed is one of each "
            "for all of them"
        )
    (leverage, hedged) = modes.pop()
    history = _history(settings, instruments)
    cash = [int(instruments[0].money(settings.paper.cash))] * len(accounts)
    pace = float(settings.paper.pace)
    serve(
        PaperSettings(
            address=paper_address(settings),
            instruments=instruments,
            market=lambda: in_units_of(instruments, history),
            cash=cash,
            leverage=leverage,
            hedged=hedged,
            speed=pace or math.inf,
            books=data_folder(settings) / "paper.books",
            idle_s=IDLE_S,
        ),
        ready,
    )


def ensure_paper(file: Path, settings: Settings) -> None:
    """Start the paper process of a configuration, unless it answers already.

    Starting one too many is harmless: it finds its address taken and ends.
    """
    if not answers(data_folder(settings) / "paper.sock"):
        start_detached(["paper", str(file.absolute())], data_folder(settings) / "paper.log")


class _Ending:
    """Asks a paper process to write its books and end."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._venue: PaperVenue
        self._finish: Callable[[], None]
        self.ended = False

    def begin(self, scheduler: LoopScheduler, streams: Streams, finish: Callable[[], None]) -> None:
        self._finish = finish
        self._venue = PaperVenue(scheduler, streams, self._address)
        self._venue.listen(self._hear)
        scheduler.after(PATIENCE_NS, self.interrupted)

    def interrupted(self) -> None:
        self._venue.close()
        self._finish()

    def _hear(self, news: News) -> None:
        if isinstance(news, Linked):
            self._venue.stop_process()
        elif isinstance(news, Gap):
            self.ended = True
            self.interrupted()


def stop_paper(settings: Settings) -> bool:
    """Ask the paper process of a configuration to end; False: none answers."""
    if not answers(data_folder(settings) / "paper.sock"):
        return False
    ending = _Ending(paper_address(settings))
    run_loop(ending)
    return ending.ended
