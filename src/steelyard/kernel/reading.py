"""Reading an outcome out of a book's records: the only maker of `Approved`."""

from steelyard.kernel.book import Book
from steelyard.kernel.lines import DECISION
from steelyard.kernel.verdicts import Approved, Decision, Outcome, Refused, Transfer, Verdict
from steelyard.ledger.postings import TRANSFER
from steelyard.model.commands import Ask, CancelOrder, Command, PlaceOrder
from steelyard.model.kinds import CMD_CANCEL
from steelyard.model.units import Price, Quantity


def read_outcome(book: Book, n: int, start: int, questions: list[tuple[int, str]]) -> Outcome:
    """Read the outcome of event `n`, whose log lines begin at row `start`."""
    head = book.head[0]
    lines = book.log[start : int(head["log"])]
    transfers = tuple(
        Transfer(
            robot=int(c) >> 16, instrument=int(c) & 0xFFFF, debit=int(a) >> 8,
            credit=int(a) & 0xFF, amount=int(b),
        )
        for _, what, a, b, c in lines.tolist()
        if what == TRANSFER
    )  # fmt: skip
    robots = {int(line["a"]) for line in lines if int(line["what"]) == DECISION}
    return Outcome(
        n=n,
        ts_ns=int(head["now_ns"]),
        transfers=transfers,
        verdicts=_verdicts(book) + _questions(book, questions),
        decisions=tuple(_decision(book, robot) for robot in sorted(robots)),
        halted=int(head["halted"]),
        lines=lines.tobytes(),
    )


def _verdicts(book: Book) -> tuple[Verdict, ...]:
    return tuple(_verdict(book, row) for row in range(int(book.head[0]["commands"])))


def _verdict(book: Book, row: int) -> Verdict:
    record = book.commands[row]
    command: Command
    if int(record["kind"]) == CMD_CANCEL:
        command = CancelOrder(
            number=int(record["number"]), robot=int(record["robot"]),
            instrument=int(record["instrument"]),
        )  # fmt: skip
    else:
        order = book.orders[int(record["order"])]
        command = PlaceOrder(
            number=int(record["number"]), robot=int(record["robot"]),
            instrument=int(record["instrument"]), side=int(record["side"]),
            type=int(record["type"]), flags=int(record["flags"]),
            price=Price(int(record["price"])), quantity=Quantity(int(record["quantity"])),
            slot=int(order["slot"]), generation=int(order["generation"]),
            trigger=Price(int(record["trigger"])), trail=Price(int(record["trail"])),
        )  # fmt: skip
    if int(record["verdict"]) == 0:
        return Approved(command=command)
    return Refused(
        command=command, code=int(record["verdict"]), have=int(record["have"]),
        need=int(record["need"]),
    )  # fmt: skip


def _questions(book: Book, questions: list[tuple[int, str]]) -> tuple[Verdict, ...]:
    robot = int(book.event[0]["robot"])
    return tuple(Approved(command=Ask(number=n, robot=robot, text=t)) for n, t in questions)


def _decision(book: Book, robot: int) -> Decision:
    seat = book.robots[robot]
    return Decision(
        robot=robot, code=int(seat["code"]), have=int(seat["have"]), need=int(seat["need"])
    )
