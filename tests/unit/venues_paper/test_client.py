"""The client of a paper process, on links and a time that a test holds in its hands."""

from typing import Any

from msgspec.structs import replace

from steelyard.kernel.ports import FeedGap, PriceNews
from steelyard.model.events import Quote, Trade
from steelyard.model.kinds import BUY, QUOTE, TRADE_BUY
from steelyard.model.reports import (
    Beat,
    Gap,
    Linked,
    News,
    NotSent,
    OpenOrders,
    Refusal,
    Reply,
    Strange,
    Success,
    Unclear,
    VenueStatus,
)
from steelyard.venues.paper import frames
from steelyard.venues.paper.client import PaperFeed, PaperVenue
from steelyard.venues.paper.frames import Welcome, What
from steelyard.venues.paper.rules import PAPER_TERMS, UNKNOWN
from steelyard.wire.streams import Ears, Link
from tests.contract.rigs import StillTime
from tests.unit.venues_paper.shop import order

MS = 1_000_000
WELCOME = frames.write(What.WELCOME, 0, Welcome("paper", 1, ("BTC/USDT",)))


class Wire:
    """Dials and links in one: what was sent lies in `sent`."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.left = self.waiting = 0
        self.dials: list[int] = []
        self.ears: Ears | None = None
        self.time = StillTime()
        self.stuck = self.refuses = False

    def dial(self, address: str, ears: Ears) -> None:
        self.dials.append(self.time.ns)
        self.sent, self.left = [], 0
        if self.refuses:
            ears.closed(None, "no connection")
            return
        self.ears = ears
        ears.opened(self)

    def send(self, body: bytes) -> int:
        self.sent.append(body)
        if not self.stuck:
            self.left = len(self.sent)
        return len(self.sent)

    def close(self, *, now: bool = False) -> None:
        self.lose("closed here")

    def lose(self, reason: str = "the connection broke") -> None:
        if self.ears is not None:
            ears, self.ears = self.ears, None
            ears.closed(self, reason)

    def say(self, frame: bytes) -> None:
        assert self.ears is not None
        self.ears.frame(self, frame)

    def asked(self) -> list[int]:
        return [frames.read(frame).what for frame in self.sent]


class Desk:
    def __init__(self, **terms: Any) -> None:
        self.wire = Wire()
        self.venue = PaperVenue(
            self.wire.time, self.wire, "unix:x", terms=replace(PAPER_TERMS, **terms)
        )
        self.news: list[News] = []
        self.replies: list[Reply] = []
        self.venue.listen(self.news.append)
        self.wire.time.run()

    def welcome(self) -> None:
        self.wire.say(WELCOME)


def test_a_link_is_a_link_at_all() -> None:
    link: Link = Wire()
    assert link.left == 0


def test_it_introduces_itself_and_says_when_the_stream_runs() -> None:
    desk = Desk()
    assert desk.wire.asked() == [What.HELLO]
    assert desk.news == []
    desk.welcome()
    assert [type(n) for n in desk.news] == [Linked]


def test_before_the_welcome_nothing_leaves() -> None:
    desk = Desk()
    desk.venue.place(order("a", BUY, 1, 1), desk.replies.append)
    assert desk.replies == []
    desk.wire.time.run()
    assert [type(r) for r in desk.replies] == [NotSent]
    assert desk.wire.asked() == [What.HELLO]


def test_answers_find_their_requests_in_any_order() -> None:
    desk = Desk()
    desk.welcome()
    found: list[tuple[str, Reply]] = []
    desk.venue.open_orders(lambda reply: found.append(("first", reply)))
    desk.venue.cancel("a", 0, lambda reply: found.append(("second", reply)))
    numbers = [frames.read(frame).number for frame in desk.wire.sent[1:]]

    opens = OpenOrders(as_of_ns=5, complete=True, orders=())
    desk.wire.say(frames.write_reply(numbers[1], UNKNOWN))
    desk.wire.say(frames.write_reply(numbers[0], Success(value=opens)))

    assert [name for name, _ in found] == ["second", "first"]
    assert isinstance(found[0][1], Refusal)
    assert found[1][1] == Success(value=opens)


def test_an_answer_nobody_waits_for_is_dropped() -> None:
    desk = Desk()
    desk.welcome()
    desk.venue.open_orders(desk.replies.append)
    number = frames.read(desk.wire.sent[-1]).number
    for _ in range(2):
        desk.wire.say(frames.write_reply(number, UNKNOWN))
    desk.wire.say(frames.write_reply(99, UNKNOWN))
    assert len(desk.replies) == 1
    assert len(desk.news) == 1


def test_a_break_makes_unclear_what_may_have_left_and_the_rest_not_sent() -> None:
    desk = Desk()
    desk.welcome()
    desk.venue.place(order("left", BUY, 1, 1), desk.replies.append)
    desk.wire.stuck = True
    desk.venue.place(order("queued", BUY, 1, 1), desk.replies.append)

    desk.wire.lose()

    assert [type(r) for r in desk.replies] == [Unclear, NotSent]
    assert [type(n) for n in desk.news] == [Linked, Gap]


def test_it_dials_again_after_growing_pauses() -> None:
    desk = Desk()
    wire = desk.wire
    wire.refuses = True
    wire.lose()
    wire.time.pass_ns(2_000 * MS)
    gaps = [b - a for a, b in zip(wire.dials, wire.dials[1:], strict=False)]
    assert gaps == [50 * MS, 100 * MS, 200 * MS, 400 * MS, 800 * MS]

    wire.refuses = False
    wire.time.pass_ns(20_000 * MS)
    desk.welcome()
    wire.lose()
    before = len(wire.dials)
    wire.time.pass_ns(51 * MS)
    assert len(wire.dials) == before + 1
    desk.welcome()
    assert [type(n) for n in desk.news] == [Linked, Gap, Linked]


def test_silence_is_a_break_and_pulses_are_not_silence() -> None:
    desk = Desk(silence_ns=1_000 * MS)
    desk.welcome()
    for _ in range(5):
        desk.wire.time.pass_ns(700 * MS)
        desk.wire.say(frames.write(What.PULSE, 0, 1))
    assert [type(n) for n in desk.news] == [Linked, *[Beat] * 5]

    desk.wire.time.pass_ns(1_001 * MS)

    assert [type(n) for n in desk.news] == [Linked, *[Beat] * 5, Gap]


def test_what_nobody_understands_is_strange_and_breaks_nothing() -> None:
    desk = Desk()
    desk.welcome()
    desk.venue.open_orders(desk.replies.append)
    number = frames.read(desk.wire.sent[-1]).number
    for frame in (
        b"\xc1", frames.write(What.TICKS, 0, []), frames.write(What.ORDER_NEWS, 1, "?"),
        frames._encode((45, 0, None)),
    ):  # fmt: skip
        desk.wire.say(frame)
    desk.wire.say(frames.write(What.HELD, number, "?"))

    assert [type(n) for n in desk.news] == [Linked, *[Strange] * 4]
    assert [type(r) for r in desk.replies] == [Unclear]
    desk.wire.say(frames.write_news(2, VenueStatus(ts_ns=1, status="normal")))
    assert isinstance(desk.news[-1], VenueStatus)


def test_after_closing_nothing_is_said() -> None:
    desk = Desk()
    desk.welcome()
    desk.venue.open_orders(desk.replies.append)
    desk.venue.close()
    desk.venue.open_orders(desk.replies.append)
    desk.wire.time.pass_ns(100_000 * MS)

    assert desk.replies == []
    assert [type(n) for n in desk.news] == [Linked]
    assert len(desk.wire.dials) == 1


def test_closing_while_it_dials_leaves_no_connection() -> None:
    wire = Wire()
    venue = PaperVenue(wire.time, wire, "unix:x")
    venue.close()
    wire.time.run()
    assert wire.dials == []


def test_the_feed_tells_ticks_of_its_instruments_and_gaps() -> None:
    wire = Wire()
    feed = PaperFeed(wire.time, wire, "unix:x", (1,))
    heard: list[PriceNews] = []
    feed.listen(heard.append)
    wire.time.run()
    wire.say(WELCOME)
    rows = [
        (5, TRADE_BUY, 1, 10, 2, 0, 0),
        (5, TRADE_BUY, 0, 11, 2, 0, 0),
        (6, QUOTE, 1, 9, 1, 11, 3),
    ]
    wire.say(frames.write(What.TICKS, 0, rows))
    wire.say(frames.write(What.SKIPPED, 0, 7))
    wire.say(b"\xc1")
    wire.lose()

    assert isinstance(heard[0], Trade)
    assert isinstance(heard[1], Quote)
    assert [type(h) for h in heard[2:]] == [FeedGap] * 3
    feed.close()
    wire.time.pass_ns(10_000 * MS)
    assert len(wire.dials) == 1
