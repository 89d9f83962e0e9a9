"""A journal put to the proof: its chain, its sums, and that every outcome comes out again.

Rule 1: what is proven comes from the rows alone; then a kernel that replays them must say the same.
Rule 2: a check that cannot be made is told, and is no pass.
Rule 3: nothing is written.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from struct import iter_unpack
from typing import Any, Final, NamedTuple, cast

import msgspec
from msgspec import Struct
from msgspec.msgpack import Encoder

from steelyard.app.journaled import Telling
from steelyard.app.rules import bound_gate
from steelyard.app.seats import make_seat
from steelyard.kernel.kernel import Kernel
from steelyard.kernel.lines import FILL
from steelyard.kernel.ports import Journal, Kept, Snapshot
from steelyard.kernel.verdicts import Outcome
from steelyard.ledger.accounts import ACCOUNTS, COIN_FEES, COINS, FEES, FUNDING, NAMES
from steelyard.ledger.postings import TRANSFER
from steelyard.model import events as ev
from steelyard.model.commands import Command, PlaceOrder
from steelyard.model.errors import ConfigurationError, LedgerError, SteelyardError
from steelyard.model.version import __version__
from steelyard.runtime.recovering import (
    first_difference,
    kernel_for,
    opened,
    read_event,
    recover,
)
from steelyard.state.money import coin_fee_worth
from steelyard.state.terms import terms_of
from steelyard.store.journal import chain
from steelyard.store.journal.reading import Reader

At = Callable[[int], None]
"""Is told how many rows were read, for progress."""

_STEP: Final = 1_000
_encode: Final = Encoder().encode


class Check(Struct, frozen=True, kw_only=True):
    """One thing that was checked, and what was found."""

    book: str
    check: str
    ok: bool
    what: str


class _Order(NamedTuple):
    robot: int
    instrument: int
    position_side: int
    side: int
    quantity: int


class _Sums:
    """Everything that rows add up to."""

    def __init__(self) -> None:
        self.telling = Telling()
        self.balances: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0] * ACCOUNTS)
        self.positions: dict[tuple[int, int, int], int] = defaultdict(int)
        self.orders: dict[int, _Order] = {}
        self.filled: dict[int, int] = defaultdict(int)
        self.slots: set[tuple[int, int, int]] = set()
        self.trades: dict[str, int] = {}
        self.transfers = self.fills = self.adjusted = 0
        self.faults: dict[str, list[str]] = defaultdict(list)
        self.last_n = 0
        self.digests: dict[int, bytes] = {}

    def take(self, row: Kept, snapshot: Snapshot | None) -> None:
        """Add a row."""
        event, commands = self.telling.take(row)
        self.last_n = row.n
        if snapshot is not None and snapshot.n == row.n:
            self.digests[row.n] = row.digest
        self._ledger(row, event)
        for command in commands:
            if isinstance(command, PlaceOrder):
                self._placed(row.n, command)
        if isinstance(event, ev.Filled | ev.Adjusted | ev.FundingPaid):
            self._traded(row.n, event)

    def _wrong(self, check: str, text: str) -> None:
        self.faults[check].append(text)

    def _ledger(self, row: Kept, event: ev.Event) -> None:
        told: list[tuple[int, int]] = []
        paid = coins = 0
        for _, what, a, b, c in iter_unpack("<5q", row.lines):
            if what == TRANSFER:
                debit, credit = a >> 8, a & 0xFF
                own = self.balances[c >> 16, c & 0xFFFF]
                own[debit] += b
                own[credit] -= b
                self.transfers += 1
                if (debit < COINS) != (credit < COINS):
                    self._wrong("ledger", f"row {row.n} moves {NAMES[credit]} to {NAMES[debit]}")
                for account in (FEES, FUNDING):
                    paid += b * ((debit == account) - (credit == account))
                coins += b * ((debit == COIN_FEES) - (credit == COIN_FEES))
            elif what == FILL:
                told.append((a, b))
        match event:
            case ev.Filled(order=number) if number in self.orders:
                signed = event.quantity * self.orders[number].side
                fee = event.fee + self._in_coins(row.n, event, signed, coins)
                self._told(row.n, told, [(int(event.price), signed)], paid, fee)
            case ev.Adjusted():
                shares = event.shares or ((event.robot, event.quantity),)
                expected = [(int(event.price), int(quantity)) for _, quantity in shares]
                self._told(row.n, told, expected, paid, event.fee)
            case ev.FundingPaid():
                self._told(row.n, told, [], paid, event.payment)

    def _in_coins(self, n: int, event: ev.Filled, signed: int, booked: int) -> int:
        """Hold the coins that a fill's fee took against its event; return what they were worth."""
        if booked != event.coin_fee:
            text = f"books {booked} coins as a fee, its event says {event.coin_fee}"
            self._wrong("ledger", f"row {n} {text}")
        if not event.coin_fee:
            return 0
        terms = terms_of([self.telling.instruments[self.orders[event.order].instrument]])[0]
        return int(coin_fee_worth(terms, event.price, signed, event.coin_fee))

    def _told(self, n: int, told: Any, expected: Any, paid: int, fee: int) -> None:
        if told != expected or paid != fee:
            self._wrong(
                "ledger",
                f"row {n} books {told} and pays {paid}, its event says {expected} and {fee}",
            )

    def _placed(self, n: int, command: PlaceOrder) -> None:
        slot = (command.robot, command.slot, command.generation)
        if command.number in self.orders or slot in self.slots:
            self._wrong("orders", f"row {n} places order {command.number} a second time")
        self.slots.add(slot)
        self.orders[command.number] = _Order(
            command.robot, command.instrument, command.position_side, command.side,
            command.quantity,
        )  # fmt: skip

    def _traded(self, n: int, event: ev.Filled | ev.Adjusted | ev.FundingPaid) -> None:
        if event.trade:
            if event.trade in self.trades:
                self._wrong("trades", f"rows {self.trades[event.trade]} and {n}: {event.trade!r}")
            self.trades[event.trade] = n
        if isinstance(event, ev.Adjusted):
            self.adjusted += 1
            for robot, quantity in event.shares or ((event.robot, event.quantity),):
                self.positions[robot, event.instrument, event.position_side] += quantity
        elif isinstance(event, ev.Filled):
            self.fills += 1
            order = self.orders.get(event.order)
            if order is None:
                self._wrong("orders", f"row {n} fills order {event.order}, which nothing placed")
                return
            key = (order.robot, order.instrument, order.position_side)
            self.positions[key] += event.quantity * order.side - event.coin_fee
            self.filled[event.order] += event.quantity
            if self.filled[event.order] > order.quantity:
                self._wrong("orders", f"row {n} fills order {event.order} beyond its quantity")


def verify(reader: Reader, book: str, at: At) -> list[Check]:
    """Check one book."""
    sums, snapshot = _Sums(), reader.snapshot(book)

    def rows() -> Iterator[Kept]:
        for row in reader.rows(book):
            yield row  # the chain is looked at first: what is not as written is not added up
            try:
                sums.take(row, snapshot)
            except msgspec.MsgspecError as error:
                text = f"row {row.n} holds no event that this version knows: {error}"
                raise LedgerError(text) from None
            if row.n % _STEP == 0:
                at(row.n)

    try:
        broken = chain.verify(book, rows())
    except LedgerError as error:
        broken = str(error)
    if broken:
        return [Check(book=book, check="chain", ok=False, what=broken)]
    found = [Check(book=book, check="chain", ok=True, what=f"{sums.last_n:,} rows as written")]
    found.append(_snapshot(book, sums, snapshot))
    found += _added_up(book, sums)
    found.append(_replayed(reader, book, sums))
    return found


def _snapshot(book: str, sums: _Sums, snapshot: Snapshot | None) -> Check:
    ok, what = True, "none was taken yet"
    if snapshot is not None:
        ok = sums.digests.get(snapshot.n) == snapshot.digest
        what = f"the newest, of row {snapshot.n}, " + ("belongs to it" if ok else "does not fit it")
        if snapshot.n > sums.last_n:
            what = f"the newest is of row {snapshot.n}, and {sums.last_n} rows are left"
    return Check(book=book, check="snapshot", ok=ok, what=what)


def _added_up(book: str, sums: _Sums) -> list[Check]:
    for (robot, instrument), own in sums.balances.items():
        name = sums.telling.robots.get(robot, f"robot {robot}")
        for asset, accounts in (("money", own[:COINS]), ("coins", own[COINS:])):
            if sum(accounts):
                text = f"{name}, instrument {instrument}: {asset} adds up to {sum(accounts)}"
                sums.faults["ledger"].append(text)
    right = {
        "ledger": f"{sums.transfers:,} transfers, every sum is 0",
        "trades": f"{len(sums.trades):,} trades and payments, each once",
        "orders": f"{len(sums.orders):,} orders, each placed once, none overfilled",
    }
    return [
        Check(
            book=book, check=name, ok=not sums.faults[name],
            what="; ".join(sums.faults[name][:3]) or text,
        )
        for name, text in right.items()
    ]  # fmt: skip


def _replayed(reader: Reader, book: str, sums: _Sums) -> Check:
    """Hold a kernel that recovers from these rows against what they add up to."""
    check = "positions"
    first = opened(_only_read(reader), book)
    if first is None:
        return Check(book=book, check=check, ok=True, what="the book is empty")
    try:
        found = recover(
            _only_read(reader), book, first, bound_gate(), make_seat,
            begins=lambda _kernel, _shell: _ignore, version=__version__,
            genesis=chain.genesis(book), until=sums.last_n,
        )  # fmt: skip
    except SteelyardError as error:
        return Check(book=book, check=check, ok=False, what=f"they cannot be replayed: {error}")
    wrong = found.differs or _differences(found.kernel, sums)
    what = f"what is held is {sums.fills:,} fills and {sums.adjusted:,} adjustments, exactly"
    return Check(book=book, check=check, ok=not wrong, what=wrong or what)


def _only_read(reader: Reader) -> Journal:
    """Hand a reader to those who take a journal and only read it."""
    return cast("Journal", reader)


def _ignore(event: ev.Event, outcome: Outcome) -> None:
    """Nothing is folded beside the kernel."""


def _differences(kernel: Kernel, sums: _Sums) -> str:
    head = kernel.book.head[0]
    robots, instruments = int(head["robots"]), int(head["instruments"])
    held = kernel.book.positions["quantity"].reshape(robots, instruments, 2).tolist()
    balances = kernel.book.balances.reshape(robots, instruments, ACCOUNTS).tolist()
    for robot in range(robots):
        name = sums.telling.robots.get(robot, f"robot {robot}")
        for instrument in range(instruments):
            for side in (0, 1):
                ours = sums.positions.get((robot, instrument, side), 0)
                if held[robot][instrument][side] != ours:
                    return (
                        f"{name}, instrument {instrument}: the book holds "
                        f"{held[robot][instrument][side]}, fills and adjustments add up to {ours}"
                    )
            folded = sums.balances.get((robot, instrument), [0] * ACCOUNTS)
            if balances[robot][instrument] != folded:
                return f"{name}, instrument {instrument}: balances differ from the transfers kept"
    return ""


class Replayed(Struct, frozen=True, kw_only=True):
    """What a replay came to."""

    book: str
    rows: int
    compared: int
    first: int
    last: int
    difference: str


def replay(reader: Reader, book: str, *, first: int, last: int | None, at: At) -> Replayed:
    """Replay a book from its first event; compare outcomes `first` to `last` bit for bit.

    It ends at the first difference: what follows from it is no finding of its own.
    """
    begin = opened(_only_read(reader), book)
    if begin is None:
        known = ", ".join(reader.books()) or "none yet"
        raise ConfigurationError(f"book was {book!r}, the journal has {known}")
    kernel = kernel_for(begin, bound_gate(), make_seat)
    n = compared = 0
    difference = ""
    for row in reader.rows(book, 0, last):
        outcome = kernel.step(read_event(row))
        n = row.n
        if n >= first:
            compared += 1
            difference = _difference(row, outcome)
            if difference:
                break
        if n % _STEP == 0:
            at(n)
    return Replayed(
        book=book, rows=n, compared=compared, first=first, last=n, difference=difference
    )


def _difference(row: Kept, outcome: Outcome) -> str:
    if outcome.n != row.n or outcome.ts_ns != row.ts_ns:
        return f"outcome {row.n} of {row.ts_ns} ns became outcome {outcome.n} of {outcome.ts_ns} ns"
    if outcome.lines != row.lines:
        return first_difference(row, outcome)
    commands: list[Command] = [one.command for one in outcome.approved]
    if (_encode(commands) if commands else b"") != row.intents:
        return f"outcome {row.n} lets other commands out than the ones that were kept"
    return ""
