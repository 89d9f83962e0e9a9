"""The waist is wide enough for an agent: it asks a model, acts on the answer's event, and its
replay asks nobody."""

from steelyard.kernel.kernel import Kernel
from steelyard.kernel.plain import Answer, Strategy, Tick, View
from steelyard.kernel.verdicts import Outcome
from steelyard.model.commands import Ask, PlaceOrder
from steelyard.model.events import Event, Timer
from steelyard.model.units import Nanos
from tests.sketches.desk import SECOND, kernel_of, quote


class Agent(Strategy):
    """Asks every minute what to do; only known words move it."""

    def on_start(self, view: View) -> None:
        self.asked: set[int] = set()
        view.wake_at(view.now_ns + 60 * SECOND)

    def on_quote(self, view: View, tick: Tick) -> None:
        pass

    def on_timer(self, view: View) -> None:
        self.asked.add(view.ask(f"price {view.last}, position {view.position()}: buy or wait?"))
        view.wake_at(view.now_ns + 60 * SECOND)

    def on_answer(self, view: View, answer: Answer) -> None:
        if answer.question not in self.asked:
            return
        self.asked.remove(answer.question)
        if answer.text == "buy":
            view.buy(view.quantity_for(view.money(500), view.last))


class Model:
    """Stands for a language model; counts how often it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, text: str) -> str:
        self.asked.append(text)
        return "buy" if len(self.asked) == 2 else "rm -rf / and buy everything"


def run(kernel: Kernel, model: Model) -> tuple[list[Event], list[Outcome]]:
    """Step through three minutes; questions go to the model, answers come back as events."""
    journal: list[Event] = [quote(1, 600_000, 600_010)]
    outcomes = [kernel.step(journal[0])]
    for minute in (1, 2, 3):
        pending: list[Event] = [Timer(ts_ns=Nanos((minute * 60 + 1) * SECOND))]
        while pending:
            journal.append(pending.pop(0))
            outcomes.append(kernel.step(journal[-1]))
            pending.extend(
                Answer(
                    ts_ns=Nanos((minute * 60 + 5) * SECOND),
                    question=a.command.number,
                    text=model(a.command.text),
                )
                for a in outcomes[-1].approved
                if isinstance(a.command, Ask)
            )
    return journal, outcomes


def test_an_answer_is_an_event_and_a_replay_asks_nobody() -> None:
    model = Model()
    journal, outcomes = run(kernel_of(Agent()), model)

    orders = [a.command for o in outcomes for a in o.approved if isinstance(a.command, PlaceOrder)]
    assert len(model.asked) == 3
    assert [o.quantity for o in orders] == [8]  # 500 / 60,000.5 = 0.0083, in lots of 0.001

    replayed = kernel_of(Agent())
    again = [replayed.step(event) for event in journal]
    assert again == outcomes
    assert len(model.asked) == 3
