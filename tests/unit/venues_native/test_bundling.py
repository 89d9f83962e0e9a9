"""Creates and cancels of one pass of the loop: what leaves at once, and what together."""

from functools import partial

import pytest

from steelyard.model.reports import NotSent, Refusal, Reply, Success, Unclear
from steelyard.venues.native.bundling import WAIT_NS
from tests.unit.venues_native.network import SECOND, ToySocket, World
from tests.unit.venues_native.toys import DEADLINE_NS, ToyAccount, door, order


class Party:
    """A venue that takes batches of three, and what each order heard."""

    def __init__(self, *, over_socket: bool = False, most: int = 3) -> None:
        self.world = World()
        self.account = ToyAccount()
        self.account.batch = most
        self.world.http.servant = lambda asked: "ok" if asked.path == "/key" else None
        self.venue = door(self.world, self.account, over_socket=over_socket)
        self.venue.listen(lambda _: None)
        self.world.run(SECOND)
        self.heard: dict[str, list[Reply]] = {}
        if over_socket:
            self.socket.open().says("welcome")

    @property
    def socket(self) -> ToySocket:
        return self.world.dialer.last("ws://entry")

    @property
    def asked(self) -> list[str]:
        paths = [one.path for one in self.world.http.asked]
        return [path for path in paths if path != "/key"]

    def place(self, *names: str, instrument: int = 0) -> None:
        for name in names:
            self.heard.setdefault(name, [])
            self.venue.place(order(name, instrument), partial(self.note, name))

    def cancel(self, *names: str, instrument: int = 0) -> None:
        for name in names:
            self.heard.setdefault(name, [])
            self.venue.cancel(name, instrument, partial(self.note, name))

    def note(self, name: str, reply: Reply) -> None:
        self.heard[name].append(reply)

    def answer(self, path: str, text: str) -> None:
        (asked,) = [one for one in self.world.http.waiting if one.path == path]
        asked.answer(text)

    def kinds(self) -> dict[str, list[type]]:
        return {name: [type(one) for one in replies] for name, replies in self.heard.items()}


@pytest.fixture
def party() -> Party:
    return Party()


def test_an_order_alone_does_not_wait(party: Party) -> None:
    party.place("a")
    assert party.asked == ["/place/a"]
    party.world.run()
    party.place("b")
    assert party.asked == ["/place/a", "/place/b"]


def test_those_that_follow_leave_together_and_a_last_one_by_itself(party: Party) -> None:
    party.place("a", "b", "c", "d", "e")
    assert party.asked == ["/place/a"]
    party.world.run()
    assert party.asked == ["/place/a", "/places/b,c,d", "/place/e"]
    party.place("f")
    assert party.asked[-1] == "/place/f"  # a batch left; the next pass begins anew


def test_a_venue_without_batches_is_asked_as_ever() -> None:
    party = Party(most=1)
    party.place("a", "b", "c")
    assert party.asked == ["/place/a", "/place/b", "/place/c"]


def test_each_instrument_has_requests_of_its_own(party: Party) -> None:
    party.place("a")
    party.place("b", "c", instrument=1)
    party.place("d", "e")
    party.world.run()
    assert party.asked == ["/place/a", "/places/b,c", "/places/d,e"]


def test_what_may_not_share_leaves_at_once(party: Party) -> None:
    party.place("a", "b", "alone1", "c")
    assert party.asked == ["/place/a", "/place/alone1"]
    party.world.run()
    assert party.asked[2:] == ["/places/b,c"]


def test_each_order_of_a_batch_hears_its_own_reply_once(party: Party) -> None:
    party.place("a", "b", "c", "d")
    party.world.run()
    party.answer("/places/b,c,d", "d:ok,b:no")
    assert party.kinds() == {"a": [], "b": [Refusal], "c": [Unclear], "d": [Success]}


def test_a_batch_refused_as_a_whole_is_each_ones_refusal(party: Party) -> None:
    party.place("a", "b", "c")
    party.world.run()
    party.answer("/places/b,c", "no")
    assert party.kinds() == {"a": [], "b": [Refusal], "c": [Refusal]}


@pytest.mark.parametrize("text", ["what", "b:what", ""])
def test_an_answer_that_does_not_read_is_unclear_for_all(party: Party, text: str) -> None:
    party.place("a", "b", "c")
    party.world.run()
    party.answer("/places/b,c", text)
    assert party.kinds() == {"a": [], "b": [Unclear], "c": [Unclear]}


def test_a_lost_answer_is_unclear_for_all_and_nothing_is_sent_again(party: Party) -> None:
    party.place("a", "b", "c")
    party.world.run(DEADLINE_NS)
    assert party.kinds() == {"a": [Unclear], "b": [Unclear], "c": [Unclear]}
    assert party.asked == ["/place/a", "/places/b,c"]


def test_a_batch_of_which_no_byte_left_was_not_sent(party: Party) -> None:
    party.place("a", "b", "c")
    party.world.run()
    for asked in party.world.http.waiting:
        asked.fail(left=False)
    assert party.kinds() == {"a": [NotSent], "b": [NotSent], "c": [NotSent]}


def test_cancels_go_together_too(party: Party) -> None:
    party.cancel("a", "b", "c")
    assert party.asked == ["/cancel/a"]
    party.world.run()
    assert party.asked[1:] == ["/cancels/b,c"]
    party.answer("/cancels/b,c", "b:ok,c:no")
    assert party.kinds() == {"a": [], "b": [Success], "c": [Refusal]}


def test_no_create_overtakes_a_cancel_asked_for_before_it(party: Party) -> None:
    party.cancel("a", "b", "c")
    party.place("d", "e")
    party.world.run()
    assert party.asked == ["/cancel/a", "/cancels/b,c", "/places/d,e"]
    party.cancel("f", "g")
    party.place("alone1")
    assert party.asked[3:] == ["/cancel/f", "/cancel/g", "/place/alone1"]


def test_a_first_create_does_not_wait_for_a_cancel_that_left(party: Party) -> None:
    party.cancel("a")
    party.place("b")
    assert party.asked == ["/cancel/a", "/place/b"]


def test_a_cancel_does_not_overtake_what_it_cancels(party: Party) -> None:
    party.place("a", "b", "c")
    party.cancel("b")
    assert party.asked == ["/place/a", "/places/b,c", "/cancel/b"]


def test_the_same_id_twice_is_two_requests(party: Party) -> None:
    party.place("a", "b", "b")
    party.cancel("x", "y", "y")
    party.world.run()
    assert party.asked == [
        "/place/a",
        "/place/b",
        "/place/b",
        "/cancel/x",
        "/cancel/y",
        "/cancel/y",
    ]


def test_other_requests_do_not_overtake_orders(party: Party) -> None:
    party.place("a", "b", "c")
    party.cancel("x", "y")
    party.venue.cancel_all(0, lambda _: None)
    assert party.asked == ["/place/a", "/cancel/x", "/cancel/y", "/places/b,c", "/cancel_all"]
    party.world.run()
    assert len(party.asked) == 5


def test_what_waited_while_the_machine_slept_does_not_leave(party: Party) -> None:
    party.cancel("x", "y")
    party.place("a", "b", "c")
    party.world.time.at_ns += WAIT_NS + 1
    party.world.run()
    assert party.asked == ["/cancel/x", "/cancel/y"]
    assert party.kinds() == {"x": [], "y": [], "a": [NotSent], "b": [NotSent], "c": [NotSent]}


def test_batches_go_over_the_order_socket_where_it_can() -> None:
    party = Party(over_socket=True)
    party.place("a", "b", "c")
    party.cancel("x", "y", "z")
    party.world.run()
    assert party.socket.sent == [
        b"login", b"1 place", b"2 cancel", b"3 cancels y,z", b"4 places b,c",
    ]  # fmt: skip
    party.socket.says("4 b:no,c:ok", "3 ok", "1 ok", "2 x:ok")
    assert party.kinds() == {
        "a": [Success], "b": [Refusal], "c": [Success], "x": [Unclear], "y": [Success],
        "z": [Success],
    }  # fmt: skip
    assert party.asked == []


def test_batches_go_over_rest_where_the_socket_takes_none() -> None:
    party = Party(over_socket=True)
    party.account.batches_over_socket = False
    party.place("a", "b", "c")
    party.cancel("x", "y", "z")
    party.world.run()
    assert party.socket.sent == [b"login", b"1 place", b"2 cancel"]
    assert party.asked == ["/cancels/y,z", "/places/b,c"]


def test_a_batch_on_a_socket_that_ends_is_unclear_for_all() -> None:
    party = Party(over_socket=True)
    party.place("a", "b", "c")
    party.world.run()
    party.socket.cut()
    assert party.kinds() == {"a": [Unclear], "b": [Unclear], "c": [Unclear]}
    assert party.asked == []


def test_nothing_leaves_or_is_heard_after_closing(party: Party) -> None:
    party.place("a", "b", "c")
    party.cancel("x", "y", "z")
    party.venue.close()
    party.world.run(DEADLINE_NS)
    assert party.asked == ["/place/a", "/cancel/x"]
    assert set(map(len, party.heard.values())) == {0}


def test_who_closes_on_hearing_one_order_does_not_hear_of_the_others(party: Party) -> None:
    party.place("a")
    party.venue.place(order("b"), lambda _: party.venue.close())
    party.place("c", "d")
    party.world.run()
    party.answer("/places/b,c,d", "ok")
    assert party.kinds() == {"a": [], "c": [], "d": []}
