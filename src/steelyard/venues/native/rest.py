"""Conversations over HTTP: a dialect's steps, each call with a deadline, one reply at the end.

Rule 1: every conversation ends in exactly one reply, which comes after the call that began it;
after `close` in none.
Rule 2: without an answer, or with one that cannot be read, the reply is `NotSent` where nothing
left that could have changed anything, else `Unclear`. Nothing is ever sent again.
Rule 3: a question of which a byte left and whose answer is lost is `Unclear`: no answer is no
empty list.
"""

from collections.abc import Callable, Generator
from typing import Final, Generic, TypeAlias, TypeVar

from msgspec import MsgspecError

from steelyard.model.errors import InputError, OverflowHalt
from steelyard.model.reports import NotSent, Unclear
from steelyard.venues.native.dialect import Call
from steelyard.wire.http import Answer, Failure, Http
from steelyard.wire.scheduler import Scheduler

UNREADABLE: Final = (
    ValueError, TypeError, LookupError, ArithmeticError, AttributeError, MsgspecError, InputError,
    OverflowHalt,
)  # fmt: skip
"""What a dialect raises about bytes it did not expect: none of it may take the house down."""

_Value = TypeVar("_Value")
Talk: TypeAlias = Generator[Call, Answer, _Value]


class Rest:
    """Who holds conversations with one venue."""

    def __init__(
        self, scheduler: Scheduler, http: Http, *, deadline_ns: int,
        answered: Callable[[Answer], None] | None = None,
    ) -> None:  # fmt: skip
        """Each call may take `deadline_ns`; `answered` sees every answer before its reader."""
        self.scheduler, self.http, self.deadline_ns = scheduler, http, deadline_ns
        self.answered = answered
        self.open = True

    def hold(
        self, talk: Callable[[], Talk[_Value]],
        heard: Callable[[_Value | NotSent | Unclear], None], *, changing: bool = False,
    ) -> None:  # fmt: skip
        """Hold the conversation that `talk` begins; `changing`: a call may change something."""
        _Conversation(self, heard, changing).begin(talk)

    def close(self) -> None:
        """Tell nobody anything any more. The connections are their owner's."""
        self.open = False


class _Conversation(Generic[_Value]):
    """One of them."""

    __slots__ = ("_call", "_changed", "_changing", "_heard", "_left", "_rest", "_steps")

    def __init__(
        self, rest: Rest, heard: Callable[[_Value | NotSent | Unclear], None], changing: bool
    ) -> None:
        self._rest, self._heard, self._changing = rest, heard, changing
        self._steps: Talk[_Value]
        self._call: Call | None = None
        self._left = False
        self._changed = False

    def begin(self, talk: Callable[[], Talk[_Value]]) -> None:
        """Send the first call; without one the reply comes soon."""
        try:
            self._steps = talk()
            call = next(self._steps)
        except StopIteration as stop:
            self._rest.scheduler.soon(self._end, stop.value)
        except UNREADABLE as error:
            self._rest.scheduler.soon(self._end, self._lost(f"it cannot be asked: {error}"))
        else:
            self._ask(call)

    def _ask(self, call: Call) -> None:
        self._call = call
        rest = self._rest
        rest.http.ask(
            call.method, call.url, call.headers, call.body,
            deadline_ns=rest.deadline_ns, heard=self._answer,
        )  # fmt: skip

    def _answer(self, answer: Answer | Failure) -> None:
        call, rest = self._call, self._rest
        if call is None or not rest.open:
            return
        self._call = None
        if not isinstance(answer, Failure) or answer.left:
            self._left = True
            self._changed |= call.changes
        if isinstance(answer, Failure):
            self._steps.close()
            self._end(self._lost(answer.text))
            return
        try:
            if rest.answered is not None:
                rest.answered(answer)
            call = self._steps.send(answer)
        except StopIteration as stop:
            self._end(stop.value)
        except UNREADABLE as error:
            self._end(self._lost(f"the answer does not read: {error}"))
        else:
            self._ask(call)

    def _lost(self, text: str) -> NotSent | Unclear:
        """Return the reply of a conversation that did not come to its end."""
        left = self._changed if self._changing else self._left
        return Unclear(text=text) if left else NotSent(text=text)

    def _end(self, reply: _Value | NotSent | Unclear) -> None:
        if self._rest.open:
            self._heard(reply)
