"""Raw captures through the dialect: books equal to the snapshot rule and to the venue's own quotes.

Two judges that share no code with the dialect: a book of decimals kept by the documented rule, and
the best quotes of the same capture, which carry the book's update number.
"""

import gzip
import json
from bisect import bisect_right
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from steelyard.model.events import Quote
from steelyard.model.instruments import Instrument
from steelyard.model.market import Depth
from steelyard.venues.binance.market import BinanceMarket
from steelyard.venues.binance.terms import ADDRESSES
from steelyard.venues.binance.words import BookSnapshot
from steelyard.venues.native.dialect import BookChange
from tests.recorded.market_files import market_file
from tests.unit.venues_binance.desk import instrument

CAPTURES = [
    ("binance_spot/BTCUSDT-20240808.raw.txt.gz", instrument("BTC/USDT", quantities=8)),
    ("binance_spot/ETHUSDT-20240808.raw.txt.gz", instrument("ETH/USDT", quantities=8)),
    ("binance_usdm/BTCUSDT-20240808.raw.txt.gz", instrument("BTC/USDT:USDT")),
]
Book = tuple[dict[int, int], dict[int, int]]


def lines(name: str) -> Iterator[bytes]:
    with gzip.open(market_file(f"l2/{name}"), "rb") as file:
        for line in file:
            yield line.split(b" ", 1)[1].strip()


def fold(book: Book, depth: Depth) -> None:
    if depth.snapshot:
        book[0].clear()
        book[1].clear()
    for side, levels in zip(book, (depth.bids, depth.asks), strict=True):
        for price, quantity in levels:
            if quantity:
                side[price] = quantity
            else:
                side.pop(price, None)


class Judge:
    """The documented rule over plain JSON and decimals."""

    def __init__(self, terms: Instrument) -> None:
        self.terms = terms
        self.book: Book = ({}, {})
        self.last = -1

    def units(self, row: list[str]) -> tuple[int, int]:
        price = Decimal(row[0]).scaleb(self.terms.price_decimals)
        quantity = Decimal(row[1]).scaleb(self.terms.quantity_decimals)
        assert price == int(price)
        assert quantity == int(quantity)
        return int(price), int(quantity)

    def take(self, message: dict[str, Any]) -> None:
        if "lastUpdateId" in message:
            self.last, parts = message["lastUpdateId"], (message["bids"], message["asks"])
            self.book[0].clear()
            self.book[1].clear()
        elif self.last < 0 or message["u"] <= self.last:
            return
        else:
            self.last, parts = message["u"], (message["b"], message["a"])
        for side, levels in zip(self.book, parts, strict=True):
            for row in levels:
                price, quantity = self.units(row)
                side[price] = quantity
                if not quantity:
                    del side[price]


@pytest.mark.parametrize("name, terms", CAPTURES, ids=[name for name, _ in CAPTURES])
def test_a_replayed_capture_is_the_snapshot_rules_book(name: str, terms: Instrument) -> None:
    replay = Replay(terms)
    for line in lines(name):
        message = json.loads(line)
        if "lastUpdateId" in message:
            replay.join(message)
            continue
        for said in replay.market.read(line):
            if isinstance(said, Quote):
                replay.quotes.append((message["data"]["u"], said))
            elif isinstance(said, BookChange):
                replay.change(said, message["data"])
    assert len(replay.checks) > 3_000
    assert replay.book == replay.judge.book
    assert against_quotes(replay.quotes, replay.checks) > 1_000


class Replay:
    """A capture on its way through the dialect, with the judge beside it."""

    def __init__(self, terms: Instrument) -> None:
        self.market = BinanceMarket((terms,), ADDRESSES["mainnet"])
        self.rule, self.judge = self.market.book(0), Judge(terms)
        self.book: Book = ({}, {})
        self.kept: list[tuple[BookChange, dict[str, Any]]] = []
        self.joined = False
        self.quotes: list[tuple[int, Quote]] = []
        self.checks: list[tuple[int, tuple[int, int], tuple[int, int]]] = []

    def join(self, message: dict[str, Any]) -> None:
        """Take the state, then what was kept."""
        self.judge.take(message)
        self.apply(self.market.snapshot_of(0, json_snapshot(message)))
        for change, data in self.kept:
            self.judge.take(data)
            self.apply(change)
        self.joined = True

    def change(self, change: BookChange, data: dict[str, Any]) -> None:
        if not self.joined:
            self.kept.append((change, data))
            return
        self.judge.take(data)
        self.apply(change)
        if len(self.checks) % 50 == 0:
            assert self.book == self.judge.book
        bid, ask = max(self.book[0]), min(self.book[1])
        self.checks.append((change.last, (bid, self.book[0][bid]), (ask, self.book[1][ask])))

    def apply(self, change: BookChange) -> None:
        told = self.rule.take(change)
        assert not isinstance(told, str), told
        for depth in told:
            fold(self.book, depth)


def against_quotes(
    quotes: list[tuple[int, Quote]],
    checks: list[tuple[int, tuple[int, int], tuple[int, int]]],
) -> int:
    """Compare the book's best with the last quote up to its number; return how many agreed.

    A quote that is missing from the capture (it starts late, the stream is conflated) compares
    with an older one: all but a few must agree.
    """
    numbers = [number for number, _ in quotes]
    agreed = compared = 0
    for last, bid, ask in checks:
        place = bisect_right(numbers, last) - 1
        if place < 0 or place == len(quotes) - 1:
            continue
        quote = quotes[place][1]
        compared += 1
        agreed += (bid, ask) == (
            (quote.bid, quote.bid_quantity), (quote.ask, quote.ask_quantity),
        )  # fmt: skip
    assert agreed >= compared * 0.99, (agreed, compared)
    return agreed


def json_snapshot(message: dict[str, Any]) -> BookSnapshot:
    return BookSnapshot(
        last_update_id=message["lastUpdateId"], bids=tuple(map(tuple, message["bids"])),
        asks=tuple(map(tuple, message["asks"])), E=message.get("E", 0),
    )  # fmt: skip


@pytest.mark.parametrize(
    "venue, names",
    [
        ("binance_spot", {"NKNUSDT": "NKN/USDT", "BLZETH": "BLZ/ETH"}),
        ("binance_usdm", {"SUSHIUSDT": "SUSHI/USDT:USDT", "AKROUSDT": "AKRO/USDT:USDT"}),
    ],
)
def test_another_capture_has_no_gap(venue: str, names: dict[str, str]) -> None:
    terms = tuple(instrument(name, prices=8, quantities=8) for name in names.values())
    market = BinanceMarket(terms, ADDRESSES["mainnet"])
    states = {}
    for line in market_file(f"l2/cryptofeed/{venue}.snapshots.log").read_text().splitlines():
        address, _, body = line.partition(": {")
        symbol = address.partition("symbol=")[2].partition("&")[0]
        states[list(names).index(symbol)] = json_snapshot(json.loads("{" + body))
    changes: dict[int, list[BookChange]] = {place: [] for place in states}
    for line in market_file(f"l2/cryptofeed/{venue}.log").read_text().splitlines()[1:]:
        _, _, body = line.partition(": ")
        for said in market.read(body.encode()):
            if isinstance(said, BookChange):
                changes[said.instrument].append(said)
    for place, state in states.items():
        rule = market.book(place)
        told: list[Any] = list(rule.take(market.snapshot_of(place, state)))
        for change in changes[place]:
            result = rule.take(change)
            assert not isinstance(result, str), result
            told += result
        assert len(told) > 5
        book: Book = ({}, {})
        for depth in told:
            fold(book, depth)
        assert max(book[0]) < min(book[1])
