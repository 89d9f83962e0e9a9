"""What many conversations do alike: one question, one answer, or all pages of a list.

Rule 1: a refusal or an answer that does not decode ends the conversation with itself (`Halt`).
Rule 2: a list is complete when a page came that was not full. Who cannot get there says so and
returns nothing.
"""

from collections.abc import Callable, Generator
from typing import Any, Final, TypeVar

from steelyard.model.reports import Refusal, Unclear
from steelyard.venues.gate import errors, words
from steelyard.venues.gate.terms import PAGES_MAX
from steelyard.venues.native.dialect import Call
from steelyard.wire.http import Answer

T = TypeVar("T")
Ask = Generator[Call, Answer, T]


class Halt(Exception):
    """The conversation ends with this reply."""

    def __init__(self, reply: Refusal | Unclear) -> None:
        """Carry the reply."""
        super().__init__(reply.text)
        self.reply = reply


ANYTHING: Final = words.decoder(Any)


def ask(call: Call, decoder: Any, now_ns: Callable[[], int]) -> Ask[Any]:
    """Ask once. Raises Halt."""
    answer = yield call
    value = errors.read(answer, decoder, now_ns())
    if isinstance(value, (Refusal, Unclear)):
        raise Halt(value)
    return value


def pages(
    write: Callable[[int], Call], decoder: Any, size: int, now_ns: Callable[[], int],
    most: int = PAGES_MAX,
) -> Ask[tuple[list[Any], bool]]:  # fmt: skip
    """Ask for pages 0, 1, … until one is not full; return the rows and whether that came."""
    rows: list[Any] = []
    for number in range(most):
        page = yield from ask(write(number), decoder, now_ns)
        rows.extend(page)
        if len(page) < size:
            return rows, True
    return rows, False
