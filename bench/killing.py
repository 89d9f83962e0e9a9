"""A real house under kill -9: its processes, and what its venue and its journal say.

Rule 1: after each kill the venue is read first, then the house starts and reads its account; what
its journal then says is held against what the venue had said.
Rule 2: in the end all of the venue's books are opened: every order ever, and its own sums.
Rule 3: every process is ended by who started it, whatever happens.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from contextlib import closing
from pathlib import Path
from typing import Any, Self

from bench.zigzag import BOOK, Truth, exchange_of, read_config, read_truth, write_config
from steelyard.app.journaled import Telling
from steelyard.app.paper import data_folder, stop_paper
from steelyard.app.trading import book_number
from steelyard.exchange.paper.books import PaperFile
from steelyard.model import events as ev
from steelyard.model.client_ids import encode
from steelyard.model.commands import PlaceOrder
from steelyard.model.reports import OrderState
from steelyard.services.settings.schema import Settings
from steelyard.store.journal.opening import open_to_read
from steelyard.venues.paper.exchange import SimExchange
from steelyard.venues.paper.truth import faults, truth_of

START_S = 120.0
DURABLE_S = 5.0


# --- the journal -------------------------------------------------------------------------------


class Belief:
    """What the journal of the house says, read a piece at a time."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.house.journal
        self._book = book_number(BOOK)
        self.n = 0
        self.orders: dict[str, PlaceOrder] = {}
        self.numbers: dict[int, str] = {}
        self.fills: dict[str, ev.Filled] = {}
        self.strange: list[str] = []
        self.kinds: Counter[str] = Counter()
        self.first_intent_ns = 0

    def read(self) -> None:
        telling = Telling()
        self.first_intent_ns = 0
        with closing(open_to_read(self._url)) as reader:
            for row in reader.rows(BOOK, self.n):
                event, commands = telling.take(row)
                self.n = row.n
                self.kinds[type(event).__name__] += 1
                for command in commands:
                    if isinstance(command, PlaceOrder):
                        self._placed(command)
                        self.first_intent_ns = self.first_intent_ns or row.ts_ns
                self._hear(row.n, event)

    def _placed(self, command: PlaceOrder) -> None:
        name = encode(self._book, command.robot, command.slot, command.generation, venue="paper")
        if name in self.orders or command.number in self.numbers:
            self.strange.append(f"client id {name} was made twice")
        self.orders[name], self.numbers[command.number] = command, name

    def _hear(self, n: int, event: ev.Event) -> None:
        match event:
            case ev.Filled():
                if event.trade in self.fills:
                    self.strange.append(f"row {n}: trade {event.trade} is booked twice")
                self.fills[event.trade] = event
            case ev.Adjusted():
                self.strange.append(f"row {n}: adjusted, {event.reason}")
            case ev.CapitalMoved() if self.kinds["CapitalMoved"] > 1:
                self.strange.append(f"row {n}: money moved, {event.amount}")


def compare(belief: Belief, truth: Truth) -> list[str]:
    """Say what differs between a venue and a journal that was read after it."""
    wrong = list(belief.strange)
    position = 0
    filled: dict[str, int] = defaultdict(int)
    for key, trade in truth.trades.items():
        fill = belief.fills.get(key)
        order = belief.orders.get(trade.client_id)
        if order is None:
            wrong.append(f"trade {key}: no intent made order {trade.client_id}")
            continue
        if fill is None:
            wrong.append(f"trade {key} is lost")
            continue
        filled[trade.client_id] += trade.quantity
        if filled[trade.client_id] > order.quantity:
            wrong.append(f"order {trade.client_id} was filled beyond its quantity")
        position += fill.quantity * order.side
        ours = (belief.numbers.get(fill.order), fill.price, fill.quantity, fill.fee)
        if ours != (trade.client_id, trade.price, trade.quantity, trade.fee):
            wrong.append(f"trade {key} is booked otherwise")
    assert truth.holdings is not None
    there = sum(one.quantity for one in truth.holdings.positions)
    if position != there:
        wrong.append(f"the venue holds {there}, fills add up to {position}")
    return wrong


# --- the processes -----------------------------------------------------------------------------


class Rig:
    """A venue, and a house that is killed and started again."""

    def __init__(self, folder: Path, **given: Any) -> None:
        self.folder = folder
        self.file = write_config(folder, **given)
        self.settings = read_config(self.file)
        self.log = folder / "run.log"
        self.truth, self.belief = Truth(), Belief(self.settings)
        self.house: subprocess.Popen[bytes] | None = None
        self._venue: subprocess.Popen[bytes] | None = None
        self.restarts: list[float] = []
        self.started_ns = 0

    def __enter__(self) -> Self:
        self._venue = subprocess.Popen(
            [sys.executable, "-m", "bench.zigzag", str(self.file)], stdout=subprocess.PIPE
        )
        assert self._venue.stdout is not None
        self._venue.stdout.readline()
        return self

    def __exit__(self, *_: object) -> None:
        for process in (self.house, self._venue):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
        if self._venue is not None and self._venue.stdout is not None:
            self._venue.stdout.close()

    def begin(self) -> None:
        """Start the house; do not wait for it."""
        with self.log.open("wb") as out:
            self.started_ns = time.time_ns()
            self.house = subprocess.Popen(
                [sys.executable, "-m", "steelyard", "run", str(self.file)],
                stderr=out,
                stdout=out,
                env={k: v for k, v in os.environ.items() if not k.startswith("STEELYARD_HOUSE")},
            )

    def start(self) -> None:
        """Start the house and wait until it trades."""
        self.begin()
        assert self.house is not None
        begun = time.monotonic()
        while f"{BOOK} trades" not in self.log.read_text():
            assert self.house.poll() is None, self.log.read_text()
            assert time.monotonic() - begun < START_S, self.log.read_text()
            time.sleep(0.01)
        self.restarts.append(time.monotonic() - begun)

    def kill(self) -> None:
        assert self.house is not None
        self.house.send_signal(signal.SIGKILL)
        self.house.wait()

    def check(self) -> list[str]:
        """Start again after a kill and hold the journal against what the venue said before."""
        read_truth(self.settings, self.truth)
        self.start()
        return self.compared()

    def compared(self) -> list[str]:
        """Compare; what was heard a moment ago is given the time to become durable."""
        end = time.monotonic() + DURABLE_S
        while True:
            self.belief.read()
            wrong = compare(self.belief, self.truth)
            if not wrong or self.belief.strange or time.monotonic() > end:
                return wrong
            time.sleep(0.05)

    def command(self, *words: str) -> tuple[int, Any]:
        """Run a command of the house with --json."""
        done = subprocess.run(
            [sys.executable, "-m", "steelyard", *words, "-c", str(self.file), "--json"],
            capture_output=True, text=True, check=False, timeout=300,
        )  # fmt: skip
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr

    def end(self) -> list[str]:
        """Stop the house in order, then the venue; hold all of its books against the journal."""
        assert self.house is not None
        assert self._venue is not None
        wrong = []
        code, drift = self.command("drift")
        if code:
            wrong.append(f"drift: {drift}")
        self.house.send_signal(signal.SIGINT)
        if self.house.wait(60):
            wrong.append(f"the house ended with {self.house.returncode}")
        read_truth(self.settings, self.truth)
        self.belief.read()
        wrong += compare(self.belief, self.truth)
        if len(self.belief.fills) != len(self.truth.trades):
            wrong.append(f"{len(self.belief.fills)} fills, {len(self.truth.trades)} trades")
        stop_paper(self.settings)
        self._venue.wait(60)
        wrong += self._books()
        for words in (("verify",), ("replay", BOOK)):
            code, found = self.command(*words)
            if code:
                wrong.append(f"{words[0]}: {found}")
        return wrong

    def _books(self) -> list[str]:
        """Open the venue's own books: every order ever, and its own sums."""
        exchange = SimExchange(**exchange_of(self.settings))
        file = PaperFile(data_folder(self.settings) / "paper.books")
        file.load(exchange)
        file.close()
        wrong = faults(exchange)
        for name, orders in truth_of(exchange, 0).by_client().items():
            if len(orders) > 1:
                wrong.append(f"client id {name} made {len(orders)} orders")
            if name not in self.belief.orders:
                wrong.append(f"order {name} at the venue is in no journal")
            if any(order.report.state is OrderState.OPEN for order in orders):
                wrong.append(f"order {name} is still open")
        return wrong
