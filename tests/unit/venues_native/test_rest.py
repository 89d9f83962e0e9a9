"""Conversations: one reply each, and `NotSent` only where nothing that changes could have left."""

from functools import partial

import pytest

from steelyard.model.reports import Fault, NotSent, Refusal, Reply, Success, Unclear
from steelyard.venues.native.rest import Rest
from steelyard.wire.http import Answer
from tests.unit.venues_native.network import SECOND, World
from tests.unit.venues_native.toys import DEADLINE_NS, ToyAccount, order


class Talk:
    """A rest, an account, and what was replied."""

    def __init__(self) -> None:
        self.world = World()
        self.rest = Rest(self.world.time, self.world.http, deadline_ns=DEADLINE_NS)
        self.account = ToyAccount()
        self.replies: list[Reply] = []

    def place(self, client_id: str) -> None:
        talk = partial(self.account.place, order(client_id))
        self.rest.hold(talk, self.replies.append, changing=True)

    def ask(self, client_id: str = "a") -> None:
        self.rest.hold(partial(self.account.order, client_id, 0), self.replies.append)

    @property
    def paths(self) -> list[str]:
        return [one.path for one in self.world.http.asked]

    def reply(self) -> Reply:
        (reply,) = self.replies
        return reply


@pytest.fixture
def talk() -> Talk:
    return Talk()


def test_a_conversation_goes_on_with_each_answer(talk: Talk) -> None:
    talk.ask()
    assert talk.paths == ["/order/a"]
    talk.world.http.waiting[0].answer("{}")
    assert talk.paths == ["/order/a", "/stop/a"]
    assert talk.replies == []
    talk.world.http.waiting[0].answer("no")
    assert talk.reply() == Refusal(fault=Fault.OTHER, text="no")


@pytest.mark.parametrize("left, kind", [(True, Unclear), (False, NotSent)])
def test_a_create_without_an_answer(talk: Talk, left: bool, kind: type[NotSent | Unclear]) -> None:
    talk.place("a")
    talk.world.http.waiting[0].fail("cut", left=left)
    assert talk.reply() == kind(text="cut")


def test_a_create_whose_question_before_was_lost_was_not_sent(talk: Talk) -> None:
    talk.place("mode")
    talk.world.http.waiting[0].fail(left=True)
    assert isinstance(talk.reply(), NotSent)
    assert talk.paths == ["/mode"]


def test_a_create_whose_question_after_was_lost_is_unclear(talk: Talk) -> None:
    talk.place("mode")
    talk.world.http.waiting[0].answer("{}")
    talk.world.http.waiting[0].answer("ok")
    talk.world.http.waiting[0].fail(left=False)
    assert isinstance(talk.reply(), Unclear)


@pytest.mark.parametrize("body", ["", "<html>", '{"cut', "\ud7ff"])
def test_what_does_not_read_is_unclear(talk: Talk, body: str) -> None:
    talk.place("a")
    talk.world.http.waiting[0].answer(body)
    talk.ask()
    talk.world.http.waiting[0].answer("{}")
    talk.world.http.waiting[0].answer(body)
    assert [type(reply) for reply in talk.replies] == [Unclear, Unclear]


def test_what_cannot_be_asked_was_not_sent_and_is_told_later(talk: Talk) -> None:
    talk.place("unspeakable")
    assert talk.replies == []
    talk.world.run()
    assert isinstance(talk.reply(), NotSent)
    assert talk.paths == []


@pytest.mark.parametrize("left, kind", [(True, Unclear), (False, NotSent)])
def test_a_question_without_an_answer(
    talk: Talk, left: bool, kind: type[NotSent | Unclear]
) -> None:
    talk.ask()
    talk.world.http.waiting[0].fail(left=left)
    assert isinstance(talk.reply(), kind)


def test_a_question_half_answered_is_unclear(talk: Talk) -> None:
    talk.ask()
    talk.world.http.waiting[0].answer("{}")
    talk.world.http.waiting[0].fail(left=False)
    assert isinstance(talk.reply(), Unclear)


def test_each_call_has_the_deadline(talk: Talk) -> None:
    talk.ask()
    talk.world.run(4 * SECOND)
    talk.world.http.waiting[0].answer("{}")
    talk.world.run(4 * SECOND)
    assert talk.replies == []
    talk.world.run(SECOND)
    assert isinstance(talk.reply(), Unclear)


def test_every_answer_is_shown_before_it_is_read(talk: Talk) -> None:
    seen: list[Answer] = []
    talk.rest.answered = seen.append
    talk.place("a")
    talk.world.http.waiting[0].answer("<html>", 503)
    assert [one.status for one in seen] == [503]


def test_nobody_hears_after_closing(talk: Talk) -> None:
    talk.place("a")
    talk.place("unspeakable")
    talk.rest.close()
    talk.world.http.waiting[0].answer("ok")
    talk.world.run(10 * SECOND)
    assert talk.replies == []


def test_success_is_passed_on(talk: Talk) -> None:
    talk.place("a")
    talk.world.http.waiting[0].answer("ok")
    assert talk.reply() == Success()
