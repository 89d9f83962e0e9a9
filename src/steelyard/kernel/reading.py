"""Reading an outcome out of a book's records: the only maker of `Approved`."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from steelyard.kernel.book import Book
from steelyard.kernel.flat import flat, places
from steelyard.kernel.verdicts import Approved, Decision, Outcome, Refused, Verdict
from steelyard.model.commands import Ask, CancelOrder, Command, PlaceOrder
from steelyard.model.kinds import CMD_CANCEL
from steelyard.model.records import BOOK, COMMAND, EVENT, ORDER, ROBOT

_C: Final = places(COMMAND)
_O: Final = places(ORDER)
_B: Final = places(BOOK)
_R: Final = places(ROBOT)
_ROBOT: Final = places(EVENT)["robot"]
_SLOT: Final = _O["slot"]
_WORDS, _KIND, _NUMBER, _BY = _C[""], _C["kind"], _C["number"], _C["robot"]
_INSTRUMENT, _ROW, _SIDE, _TYPE = _C["instrument"], _C["order"], _C["side"], _C["type"]
_FLAGS, _PRICE, _QUANTITY, _TRIGGER = _C["flags"], _C["price"], _C["quantity"], _C["trigger"]
_TRAIL, _SIDE_OF, _VERDICT = _C["trail"], _C["position_side"], _C["verdict"]
_HAVE, _NEED = _C["have"], _C["need"]


class Reader:
    """Reads the outcomes of one book."""

    def __init__(self, book: Book) -> None:
        """Look at `book`'s records as flat words."""
        self._book = book
        self._head, self._commands = flat(book.head), flat(book.commands)
        self._orders, self._event = flat(book.orders), flat(book.event)
        self._robots = flat(book.robots)

    def read(
        self, n: int, decided: Collection[int], questions: Sequence[tuple[int, str]]
    ) -> Outcome:
        """Read the outcome of event `n`; `decided` are the robots whose decision changed."""
        book, head = self._book, self._head
        written = head[_B["log"]]
        verdicts: tuple[Verdict, ...] = ()
        if head[_B["commands"]]:
            verdicts = tuple(self._verdict(row) for row in range(head[_B["commands"]]))
        if questions:
            robot = self._event[_ROBOT]
            verdicts += tuple(
                Approved(command=Ask(number=number, robot=robot, text=text))
                for number, text in questions
            )
        return Outcome(
            n=n,
            ts_ns=head[_B["now_ns"]],
            verdicts=verdicts,
            decisions=tuple(self._decision(robot) for robot in sorted(decided)) if decided else (),
            halted=head[_B["halted"]],
            lines=book.log[:written].tobytes() if written else b"",
        )

    def _verdict(self, row: int) -> Verdict:
        words: list[Any] = self._commands[row * _WORDS : (row + 1) * _WORDS].tolist()
        command: Command
        number, robot, instrument = words[_NUMBER], words[_BY], words[_INSTRUMENT]
        if words[_KIND] == CMD_CANCEL:
            command = CancelOrder(number=number, robot=robot, instrument=instrument)
        else:
            command = PlaceOrder(
                number=number, robot=robot, instrument=instrument, side=words[_SIDE],
                type=words[_TYPE], flags=words[_FLAGS], price=words[_PRICE],
                quantity=words[_QUANTITY], slot=self._orders[words[_ROW] * _O[""] + _SLOT],
                generation=number, trigger=words[_TRIGGER], trail=words[_TRAIL],
                position_side=words[_SIDE_OF],
            )  # fmt: skip
        verdict = words[_VERDICT]
        if verdict == 0:
            return Approved(command=command)
        return Refused(command=command, code=verdict, have=words[_HAVE], need=words[_NEED])

    def _decision(self, robot: int) -> Decision:
        seat, at = self._robots, robot * _R[""]
        return Decision(
            robot=robot, code=seat[at + _R["code"]], have=seat[at + _R["have"]],
            need=seat[at + _R["need"]],
        )  # fmt: skip
