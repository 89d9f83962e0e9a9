"""The native venue: doors, stream, key, dead-man's switch."""

import pytest

from steelyard.model.reports import (
    Beat,
    Fault,
    Gap,
    Linked,
    Listing,
    News,
    NotSent,
    OpenOrders,
    OrderReport,
    RateUsed,
    Refusal,
    Reply,
    Strange,
    Success,
    Unclear,
)
from steelyard.venues.native.offset import Offset
from steelyard.venues.native.rest import Rest
from tests.unit.venues_native.network import SECOND, Asked, ToySocket, World
from tests.unit.venues_native.toys import (
    DEADLINE_NS,
    ToyAccount,
    ToyMarket,
    door,
    instrument,
    order,
)


class House:
    """A venue whose world answers keys by itself."""

    def __init__(self, *, over_socket: bool = True, guard_ns: int = 0, clock: bool = False) -> None:
        self.world = World()
        self.words = {"/key": "ok", "/renew": "ok", "/guard": "ok", "/time": "5"}
        self.world.http.servant = self.serve
        self.account = ToyAccount()
        self.offset = (
            Offset(
                self.world.time, Rest(self.world.time, self.world.http, deadline_ns=SECOND),
                ToyMarket().time,
            ) if clock else None
        )  # fmt: skip
        self.venue = door(
            self.world, self.account, over_socket=over_socket, guard_ns=guard_ns,
            offset=self.offset,
        )  # fmt: skip
        self.news: list[News] = []
        self.replies: list[Reply] = []
        self.venue.listen(self.news.append)
        self.world.run(SECOND)

    def serve(self, asked: Asked) -> str | None:
        return self.words.get("/" + asked.path.split("/")[1])

    def socket(self, name: str) -> ToySocket:
        return self.world.dialer.last(f"ws://{name}")

    def up(self, *names: str) -> None:
        for name in names:
            socket = self.socket(name).open()
            if name == "one":
                socket.says("welcome", "confirmed a", "confirmed b")
            elif name == "entry":
                socket.says("welcome")

    def take(self) -> list[type]:
        """Return what was told, the weights of questions apart."""
        kinds, self.news[:] = [type(one) for one in self.news], []
        return [kind for kind in kinds if kind is not RateUsed]

    def paths(self, under: str) -> list[str]:
        return [one.path for one in self.world.http.asked if one.path.startswith(under)]


@pytest.fixture
def house() -> House:
    return House()


def test_it_is_linked_when_all_sockets_run_and_says_nothing_before(house: House) -> None:
    house.socket("one").open().alive()
    house.up("two")
    assert house.take() == []
    house.socket("one").says("welcome", "confirmed a", "confirmed b")
    assert house.take() == [Linked]
    house.socket("two").alive()
    house.socket("one").says("pong", "order a")
    assert house.take() == [Beat, Beat, OrderReport]


def test_the_first_socket_that_breaks_is_a_gap_and_a_new_log_in_ends_it(house: House) -> None:
    house.up("one", "two")
    house.take()
    house.socket("one").cut()
    house.socket("two").cut()
    assert house.take() == [Gap]
    house.world.run(SECOND)
    assert house.account.keys > 1
    house.up("one", "two")
    assert house.socket("one").sent[0] in (b"login 2", b"login 3")
    assert house.take() == [Linked]
    assert len(house.world.dialer.to("ws://one")) == 2


def test_a_stream_that_cannot_be_had_says_why_and_is_tried_again() -> None:
    house = House()
    house.words["/key"] = "no"
    house.up("one", "two")
    house.take()
    house.socket("one").cut()
    house.world.run(5 * SECOND)
    gaps = [one.reason for one in house.news if isinstance(one, Gap)]
    assert len(gaps) > 1
    assert "no" in gaps[1]
    house.words["/key"] = "ok"
    house.world.run(30 * SECOND)
    house.take()
    house.up("one")
    if not house.socket("two").is_open:  # it fell silent meanwhile
        house.up("two")
    assert house.take() == [Linked]


def test_the_first_key_is_asked_for_until_it_comes() -> None:
    world = World()
    words = {"/key": "no"}
    world.http.servant = lambda asked: words.get(asked.path)
    news: list[News] = []
    venue = door(world)
    venue.listen(news.append)
    world.run(4 * SECOND)
    assert {type(one) for one in news} == {Gap}
    words["/key"] = "ok"
    world.run(60 * SECOND)
    assert world.dialer.to("ws://one")


def test_no_order_leaves_on_a_socket_before_its_log_in_is_taken() -> None:
    for confirms in (0, 1):  # a dialect need not say that a log-in is answered
        house = House()
        house.account.entry_confirms = confirms
        house.socket("entry").cut()
        house.world.run(SECOND)
        house.socket("entry").open()
        house.venue.place(order("a"), house.replies.append)
        assert house.paths("/place") == ["/place/a"]
        house.socket("entry").says("welcome")
        house.venue.place(order("b"), house.replies.append)
        assert house.paths("/place") == ["/place/a"]


def test_orders_leave_on_the_socket_where_it_runs_else_over_rest(house: House) -> None:
    heard = house.replies.append
    house.venue.place(order("a"), heard)  # it does not run yet
    assert house.paths("/place") == ["/place/a"]
    house.up("entry")
    house.venue.place(order("b"), heard)
    house.venue.cancel("b", 0, heard)
    house.venue.place(order("rest"), heard)  # the dialect has no words for it there
    socket = house.socket("entry")
    assert socket.sent == [b"login", b"1 place", b"2 cancel"]
    assert house.paths("/place") == ["/place/a", "/place/rest"]
    assert house.replies == []
    socket.says("2 no", "1 ok", "1 ok", "7 ok")
    assert house.replies == [Refusal(fault=Fault.OTHER, text="no"), Success()]
    socket.full = True
    house.venue.place(order("c"), heard)
    assert house.paths("/place")[-1] == "/place/c"


def test_a_lost_order_socket_leaves_what_was_handed_over_unclear(house: House) -> None:
    house.up("entry")
    house.venue.place(order("a"), house.replies.append)
    house.socket("entry").cut()
    assert [type(one) for one in house.replies] == [Unclear]
    house.venue.place(order("b"), house.replies.append)
    assert house.paths("/place") == ["/place/b"]
    house.world.run(DEADLINE_NS)
    assert [type(one) for one in house.replies] == [Unclear, Unclear]


def test_an_order_without_an_answer_is_unclear_and_a_late_answer_is_dropped(house: House) -> None:
    house.up("entry")
    house.venue.place(order("a"), house.replies.append)
    house.world.run(DEADLINE_NS - 1)
    assert house.replies == []
    house.world.run(1)
    assert [type(one) for one in house.replies] == [Unclear]
    house.socket("entry").says("1 ok")
    assert len(house.replies) == 1


def test_answers_are_heard_on_an_order_socket_that_was_replaced(house: House) -> None:
    house.up("entry")
    old = house.socket("entry")
    house.venue.place(order("a"), house.replies.append)
    old.says("leaving")
    house.world.run(SECOND)
    house.up("entry")
    house.venue.place(order("b"), house.replies.append)
    assert house.socket("entry").sent == [b"login", b"2 place"]
    old.says("1 ok")
    assert house.replies == [Success()]
    old.cut()
    assert house.replies == [Success()]
    house.socket("entry").says("2 ok")
    assert house.replies == [Success(), Success()]


def test_a_frame_nobody_understands_is_strange(house: House) -> None:
    house.up("one", "two", "entry")
    house.take()
    house.socket("two").says("what")
    house.socket("entry").says("1 what")
    assert house.take() == [Strange, Strange]


def test_questions_go_over_rest_and_tell_the_weight_used(house: House) -> None:
    house.up("one", "two")
    house.take()
    house.words["/open"] = "ok"
    house.venue.open_orders(house.replies.append)
    assert house.replies == []
    house.world.run(SECOND)
    (reply,) = house.replies
    assert isinstance(reply, Success)
    assert isinstance(reply.value, OpenOrders)
    assert [one.used for one in house.news if isinstance(one, RateUsed)] == [7]


def test_the_terms_told_are_of_what_is_not_closed(house: House) -> None:
    house.words["/listing"] = "{}"
    house.venue.listing(house.replies.append)
    house.world.run(SECOND)
    (reply,) = house.replies
    assert isinstance(reply, Success)
    assert reply.value == Listing(as_of_ns=reply.value.as_of_ns, instruments=(instrument("A/B"),))
    house.words.clear()
    house.venue.listing(house.replies.append)
    house.world.run(DEADLINE_NS)
    assert isinstance(house.replies[1], Unclear)


def test_the_key_is_renewed_and_where_that_is_refused_the_sockets_are_turned() -> None:
    house = House()
    house.up("one", "two")
    for _ in range(9):
        house.world.run(20 * SECOND)
        for name in ("one", "two"):
            house.socket(name).alive()
    assert len(house.paths("/renew")) == 3
    house.words["/renew"] = "no"
    house.take()
    house.world.run(20 * SECOND)
    house.socket("one").alive()
    house.socket("two").alive()
    house.world.run(20 * SECOND)
    house.socket("one").alive()
    house.socket("two").alive()
    house.world.run(21 * SECOND)
    assert Strange in house.take()
    assert len(house.world.dialer.to("ws://one")) == 2
    house.words["/renew"] = "ok"
    house.up("one", "two")
    assert Gap not in house.take()
    assert house.socket("one").sent[0] == b"login 2"


def test_a_socket_replaced_in_time_is_no_gap_but_the_account_is_read(house: House) -> None:
    house.up("one", "two")
    house.take()
    house.socket("two").says("leaving")
    house.world.run(SECOND)
    old, _ = house.world.dialer.to("ws://two")
    house.up("two")
    assert house.take() == [Linked]
    house.world.run(3 * SECOND)
    assert old.closed
    assert house.take() == []


def test_the_dead_mans_switch_is_armed_again_and_again_and_can_be_ended() -> None:
    house = House(guard_ns=30 * SECOND)
    assert house.paths("/guard") == [f"/guard/{30 * SECOND}"]
    house.world.run(31 * SECOND)
    assert len(house.paths("/guard")) == 4
    house.words["/guard"] = "no"
    house.world.run(15 * SECOND)
    assert Strange in house.take()
    armed = len(house.paths("/guard"))
    assert armed > 5  # it is tried sooner than on schedule
    house.words["/guard"] = "ok"
    house.venue.disarm(house.replies.append)
    house.world.run(100 * SECOND)
    assert house.replies == [Success()]
    assert house.paths("/guard")[-1] == "/guard/0"
    assert len(house.paths("/guard")) <= armed + 2


def test_a_switch_the_venue_does_not_have_is_told() -> None:
    world = World()
    account = ToyAccount()
    account.guards = False
    news: list[News] = []
    venue = door(world, account, guard_ns=SECOND)
    venue.listen(news.append)
    world.run(SECOND)
    assert [type(one) for one in news] == [Strange]


def test_a_refusal_that_blames_our_time_measures_the_clock() -> None:
    house = House(clock=True)
    measured = len(house.paths("/time"))
    assert measured > 1
    house.words["/place"] = "clock"
    house.venue.place(order("a"), house.replies.append)
    house.world.run(SECOND)
    assert house.replies == [Refusal(fault=Fault.CLOCK, text="late")]
    assert len(house.paths("/time")) == 2 * measured


def test_no_create_leaves_while_the_venues_clock_is_not_known() -> None:
    house = House(clock=True)
    assert house.offset is not None
    house.venue.place(order("a"), house.replies.append)
    assert house.paths("/place") == ["/place/a"]
    house.words.pop("/time")
    house.world.run(30_000 * SECOND)  # two clocks run apart
    assert house.offset.error_ns() > house.venue.terms.skew_ns
    house.replies.clear()
    house.venue.place(order("b"), house.replies.append)
    house.venue.cancel("a", 0, house.replies.append)
    house.world.run()
    assert [type(one) for one in house.replies] == [NotSent]
    assert house.paths("/place") == ["/place/a"]
    assert house.paths("/cancel") == ["/cancel/a"]
    house.words["/time"] = "5"
    house.world.run(40 * SECOND)
    house.venue.place(order("c"), house.replies.append)
    assert house.paths("/place") == ["/place/a", "/place/c"]


def test_the_stream_waits_for_the_clock_but_not_for_ever() -> None:
    house = House(clock=True)
    assert house.paths("")[0] == "/time"
    world = World()
    world.http.servant = lambda asked: "ok" if asked.path == "/key" else None
    account = ToyAccount()
    rest = Rest(world.time, world.http, deadline_ns=SECOND)
    venue = door(world, account, offset=Offset(world.time, rest, ToyMarket().time))
    venue.listen(lambda _: None)
    world.run(SECOND // 2)
    assert world.dialer.sockets == []
    world.run(SECOND)
    assert len(world.dialer.sockets) == 3


def test_without_an_order_socket_all_goes_over_rest() -> None:
    house = House(over_socket=False)
    assert house.world.dialer.to("ws://entry") == []
    house.venue.place(order("a"), house.replies.append)
    house.venue.cancel_all(0, house.replies.append)
    for asked in house.world.http.waiting:
        asked.fail(left=False)
    assert [type(one) for one in house.replies] == [NotSent, NotSent]


def test_nothing_is_called_after_closing(house: House) -> None:
    house.up("one", "two", "entry")
    heard = house.replies.append
    house.venue.place(order("a"), heard)
    house.venue.place(order("rest"), heard)
    house.venue.open_orders(heard)
    house.take()
    house.venue.close()
    for socket in house.world.dialer.sockets:
        socket.ears.said(socket, b"1 ok")
        socket.ears.closed(socket, "late")
    for asked in house.world.http.waiting:
        asked.answer("ok")
    house.world.run(1_000 * SECOND)
    assert (house.replies, house.news) == ([], [])
    assert len(house.world.dialer.sockets) == 3
