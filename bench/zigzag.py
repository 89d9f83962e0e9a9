"""A venue for houses that are killed: a process whose market goes down and up for ever.

Rule 1: it allows an id to be used again, so that a create that is sent twice makes two orders.
Rule 2: it forgets nothing, and writes its books when it ends: every order ever can be counted.
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from steelyard.app.paper import data_folder, paper_address, paper_instruments, parameters_of
from steelyard.exchange.paper.server import serve
from steelyard.exchange.paper.settings import PaperSettings
from steelyard.model.history import Chunk
from steelyard.model.kinds import QUOTE, TRADE_BUY, TRADE_SELL
from steelyard.model.reports import Holdings, Linked, News, Reply, Success, TradeReport, Trades
from steelyard.services.settings.reading import read_settings
from steelyard.services.settings.schema import Settings
from steelyard.venues.paper.client import PaperVenue
from steelyard.venues.paper.rules import OPEN, ExchangeRules
from steelyard.wire.looping import run_loop
from steelyard.wire.scheduler import LoopScheduler
from steelyard.wire.streams import Streams

BOOK = "main"
STEP_NS = 10_000_000
MIDDLE, SWING, STEP = 6_000_000, 40_000, 500  # in units of 0.01 USDT
LOT = 100_000  # of 0.00001 BTC

HEAD = """
[house]
data_folder = "house"
{journal}
[paper]
cash = "1000000"
{breakers}[[accounts]]
name = "main"
instruments = ["BTC/USDT:USDT"]
leverage = 5
"""
NO_BREAKERS = """
[breakers]
failures = 0
order_failures_ratio = 0
call_failures_ratio = 0
stall_s = 0
cpu_ratio = 0
"""
ROBOT = """
[[robots]]
name = "grid-{number}"
account = "main"
instrument = "BTC/USDT:USDT"
capital = "{capital}"
[robots.parameters]
price_interval = "{interval}"
order_quantity = "250"
buy_window_size = "{window}"
sell_window_size = "{ahead}"
order_cleanup_threshold = "500"
"""


def write_config(
    folder: Path,
    *,
    robots: int = 10,
    window: int = 5,
    ahead: int = 0,
    capital: int = 10_000,
    breakers: bool = True,
    journal: str = "",
) -> Path:
    """Write a house; each robot keeps `window` buys, and sells `ahead` levels up (0: as many)."""
    text = HEAD.format(
        journal=f'journal = "{journal}"' if journal else "",
        breakers="" if breakers else NO_BREAKERS,
    )
    for i in range(robots):
        interval = 30 + 4 * i
        text += ROBOT.format(
            number=i + 1, interval=interval, window=window, ahead=ahead or window, capital=capital
        )
    file = folder / "robots.toml"
    file.write_text(text)
    return file


def read_config(file: Path) -> Settings:
    return read_settings(file, {}, parameters_of=parameters_of)


# --- the venue ---------------------------------------------------------------------------------


def market() -> Iterator[Chunk]:
    """Go down and up again, for ever the same: every level is crossed again and again."""
    down = list(range(MIDDLE, MIDDLE - SWING, -STEP))
    prices = down + down[::-1]
    rows: list[tuple[int, int, int, int, int, int]] = []
    for i, price in enumerate(prices):
        kind = TRADE_SELL if i < len(down) else TRADE_BUY
        rows.append((i * STEP_NS, QUOTE, price - 50, LOT, price + 50, LOT))
        rows.append((i * STEP_NS, kind, price, LOT, 0, 0))
    columns = [np.array(column, np.int64) for column in zip(*rows, strict=True)]
    yield Chunk(
        ts_ns=columns[0], kind=columns[1].astype(np.int8), instrument=np.zeros(0, np.int16),
        a=columns[2], b=columns[3], c=columns[4], d=columns[5], e=np.zeros(0, np.int64),
    )  # fmt: skip


def exchange_of(settings: Settings) -> dict[str, Any]:
    instruments = paper_instruments(settings)
    return {
        "instruments": instruments,
        "cash": [int(instruments[0].money(settings.paper.cash))],
        "leverage": settings.accounts[0].leverage,
        "rules": ExchangeRules(kept=0, id_scope=OPEN, orders_max=2_000),
    }


def be_the_venue(file: Path) -> None:
    settings = read_config(file)
    given = PaperSettings(
        address=paper_address(settings), market=market, keep_s=3600.0,
        books=data_folder(settings) / "paper.books", **exchange_of(settings),
    )  # fmt: skip
    serve(given, lambda address: print(address, flush=True))


@dataclass
class Truth:
    """What the venue says of the account at one moment."""

    trades: dict[str, TradeReport] = field(default_factory=dict)
    holdings: Holdings | None = None
    cursor: str = ""


class _Reading:
    """Reads trades, then holdings, until no trade came in between."""

    def __init__(self, address: str, truth: Truth) -> None:
        self._address, self.truth = address, truth
        self._fresh = 0
        self._finish: Callable[[], None]
        self._venue: PaperVenue

    def begin(self, scheduler: LoopScheduler, streams: Streams, finish: Callable[[], None]) -> None:
        self._finish = finish
        self._venue = PaperVenue(scheduler, streams, self._address)
        self._venue.listen(self._hear)
        scheduler.after(20_000_000_000, finish)

    def interrupted(self) -> None:
        self._finish()

    def _hear(self, news: News) -> None:
        if isinstance(news, Linked):
            self._ask()

    def _ask(self) -> None:
        self._venue.trades(self.truth.cursor, self._trades)

    def _trades(self, reply: Reply) -> None:
        assert isinstance(reply, Success)
        assert isinstance(reply.value, Trades)
        assert reply.value.complete
        for trade in reply.value.trades:
            self.truth.trades[f"{trade.instrument}:{trade.trade}"] = trade
        self._fresh += len(reply.value.trades)
        self.truth.cursor = reply.value.cursor
        if reply.value.more:
            self._ask()
        elif self._fresh or self.truth.holdings is None:
            self._fresh = 0
            self._venue.holdings(self._holdings)
        else:
            self._venue.close()
            self._finish()

    def _holdings(self, reply: Reply) -> None:
        assert isinstance(reply, Success)
        assert isinstance(reply.value, Holdings)
        self.truth.holdings = reply.value
        self._ask()


def read_truth(settings: Settings, truth: Truth) -> None:
    """Bring what is known of the venue up to now."""
    truth.holdings = None
    run_loop(_Reading(paper_address(settings), truth))
    assert truth.holdings is not None, "the venue did not answer"


if __name__ == "__main__":
    be_the_venue(Path(sys.argv[1]))
