"""The paper process: its life, its books, its clients."""

import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from steelyard.exchange.paper.server import serve
from steelyard.kernel.ports import FeedGap, Placing, PriceNews
from steelyard.model.errors import ConfigurationError
from steelyard.model.events import Trade
from steelyard.model.kinds import BUY, LIMIT, MARKET
from steelyard.model.reports import (
    Gap,
    Linked,
    News,
    NotSent,
    OrderState,
    Refusal,
    Reply,
    Strange,
    Success,
    Unclear,
)
from steelyard.venues.paper.client import PaperVenue
from steelyard.venues.paper.rules import PAPER_TERMS
from tests.contract import paper_process
from tests.contract.rigs import OverSocket, Process


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"unix:{tmp_path}/venue.sock"


@pytest.fixture
def rig(address: str) -> Iterator[OverSocket]:
    rig = OverSocket(address)
    yield rig
    rig.close()


def ask(rig: OverSocket, venue: PaperVenue, client_id: str, price: int = 9_000,
        kind: int = LIMIT) -> Reply:  # fmt: skip
    replies: list[Reply] = []
    order = Placing(
        client_id=client_id, instrument=0, side=BUY, type=kind, flags=0, price=price, quantity=4
    )
    venue.place(order, replies.append)
    rig.wait(lambda: bool(replies))
    return replies[0]


def connected(rig: OverSocket, account: int = 0) -> tuple[PaperVenue, list[News]]:
    venue = rig.venue(account)
    news: list[News] = []
    venue.listen(news.append)
    rig.wait(lambda: any(isinstance(n, Linked) for n in news))
    return venue, news


def test_its_books_outlive_it(rig: OverSocket, address: str, tmp_path: Path) -> None:
    books = str(tmp_path / "books" / "paper.bin")
    first = Process(address, books=books)
    venue, news = connected(rig)
    ask(rig, venue, "rests")
    ask(rig, venue, "taken", 0, MARKET)
    assert first.end() == 0
    rig.wait(lambda: any(isinstance(n, Gap) for n in news))
    news.clear()

    second = Process(address, books=books)
    rig.wait(lambda: any(isinstance(n, Linked) for n in news))

    replies: list[Reply] = []
    venue.open_orders(replies.append)
    venue.order("taken", 0, replies.append)
    venue.holdings(replies.append)
    rig.wait(lambda: len(replies) == 3)
    opens, taken, held = (reply.value for reply in replies if isinstance(reply, Success))
    assert [order.client_id for order in opens.orders] == ["rests"]
    assert taken.report.state == OrderState.FILLED
    assert [holding.quantity for holding in held.positions] == [4]
    assert held.cash == paper_process.CASH - sum(t.fee for t in taken.trades)
    assert isinstance(ask(rig, venue, "rests"), Refusal)  # its id is known still
    venue.close()
    assert second.end() == 0


def test_a_kill_loses_only_what_came_after_the_last_writing(
    rig: OverSocket, address: str, tmp_path: Path
) -> None:
    books = tmp_path / "paper.bin"
    first = Process(address, books=str(books), keep_s="0.1")
    venue, _ = connected(rig)
    ask(rig, venue, "kept")
    written = books.stat().st_mtime_ns if books.exists() else 0
    rig.wait(lambda: books.exists() and books.stat().st_mtime_ns > written)
    written = books.stat().st_mtime_ns
    rig.wait(lambda: books.stat().st_mtime_ns > written)
    first.kill()

    second = Process(address, books=str(books), keep_s="0.1")
    replies: list[Reply] = []
    rig.wait(lambda: known(venue, replies))
    assert [order.client_id for order in replies[-1].value.orders] == ["kept"]  # type: ignore[union-attr]  # known
    venue.close()
    assert second.end() == 0


def known(venue: PaperVenue, replies: list[Reply]) -> bool:
    """Ask until an answer comes."""
    if replies and isinstance(replies[-1], Success):
        return True
    venue.open_orders(replies.append)
    return False


def test_a_request_under_way_when_it_dies_is_unclear(rig: OverSocket, address: str) -> None:
    process = Process(address)
    venue, news = connected(rig)
    process.program.send_signal(signal.SIGSTOP)
    replies: list[Reply] = []
    venue.open_orders(replies.append)
    process.kill()

    rig.wait(lambda: bool(replies))
    assert isinstance(replies[0], Unclear)
    assert isinstance(news[-1], Gap)
    venue.open_orders(replies.append)
    rig.wait(lambda: len(replies) == 2)
    assert isinstance(replies[1], NotSent)
    venue.close()


def test_it_stops_when_it_is_asked_to(rig: OverSocket, address: str) -> None:
    process = Process(address)
    venue, _ = connected(rig)
    venue.stop_process()
    assert process.gone() == 0
    venue.close()


def test_it_stops_when_nobody_is_there(address: str) -> None:
    assert Process(address, idle_s="0.2").gone() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_by_signal(number: signal.Signals, address: str) -> None:
    process = Process(address)
    process.program.send_signal(number)
    assert process.gone() == 0


def test_a_port_of_this_machine_will_do() -> None:
    process = Process("tcp:127.0.0.1:0")
    assert re.fullmatch(r"tcp:127\.0\.0\.1:\d+", process.address)
    rig = OverSocket(process.address)
    venue, _ = connected(rig)
    assert isinstance(ask(rig, venue, "a"), Success)
    venue.close()
    rig.close()
    assert process.end() == 0


def test_an_address_is_served_once(address: str) -> None:
    process = Process(address)
    with pytest.raises(ConfigurationError, match="already"):
        serve(paper_process.settings(address), paper_process.tell)
    assert process.end() == 0


def test_books_are_kept_by_one_process(address: str, tmp_path: Path) -> None:
    books = str(tmp_path / "paper.bin")
    process = Process(address, books=books)
    with pytest.raises(ConfigurationError, match="another paper process"):
        serve(paper_process.settings("tcp:127.0.0.1:0", books=books), paper_process.tell)
    assert process.end() == 0


def test_books_that_cannot_be_read_are_not_thrown_away(tmp_path: Path) -> None:
    books = tmp_path / "paper.bin"
    books.write_bytes(b"nonsense")
    with pytest.raises(ConfigurationError, match="move the file away"):
        serve(paper_process.settings("tcp:127.0.0.1:0", books=str(books)), paper_process.tell)
    assert books.read_bytes() == b"nonsense"


def test_an_account_that_is_not_there_is_turned_away(rig: OverSocket, address: str) -> None:
    process = Process(address)
    venue = rig.venue(paper_process.ACCOUNTS)
    news: list[News] = []
    venue.listen(news.append)
    rig.wait(lambda: bool(news))
    assert isinstance(news[0], Strange)
    assert f"there are {paper_process.ACCOUNTS}" in news[0].text
    venue.close()
    assert process.end() == 0


def test_at_full_speed_no_tick_is_lost(rig: OverSocket, address: str) -> None:
    process = Process(address, speed="max")
    feed = rig.feed()
    heard: list[PriceNews] = []
    feed.listen(heard.append)
    rig.wait(lambda: len(heard) > 20_000)
    feed.close()
    assert process.end() == 0

    rows = [(row[1], row[2]) for row in paper_process.rows()]
    seen = [(tick.taker_side > 0, tick.price) for tick in heard if isinstance(tick, Trade)]
    expected = [(kind == 1, price) for kind, price in rows if kind != 3]
    start = expected.index(seen[0])
    for i, row in enumerate(seen[:5_000]):
        assert row == expected[(start + i) % len(expected)]
    assert not any(isinstance(tick, FeedGap) for tick in heard)


def test_a_server_that_says_nothing_is_given_up(rig: OverSocket, address: str) -> None:
    process = Process(address)
    terms = replace(PAPER_TERMS, silence_ns=200_000_000)
    venue = PaperVenue(rig.scheduler, rig.streams, address, terms=terms)
    news: list[News] = []
    venue.listen(news.append)
    rig.wait(lambda: bool(news))
    process.program.send_signal(signal.SIGSTOP)

    rig.wait(lambda: any(isinstance(n, Gap) for n in news))
    process.program.send_signal(signal.SIGCONT)
    rig.wait(lambda: isinstance(news[-1], Linked))
    venue.close()
    assert process.end() == 0
