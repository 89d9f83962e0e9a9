"""The shell of a book, whole: what must hold when it halts, dies in the middle, or cannot write."""

from dataclasses import replace

from msgspec.structs import replace as changed

from steelyard.kernel.ports import Heard, Placing
from steelyard.model import events as ev
from steelyard.model.kinds import LIMIT, PAUSE_DRIFT, PAUSE_MODE, PAUSE_VENUE
from steelyard.model.reports import Success
from steelyard.model.units import Money, Price, Quantity
from steelyard.runtime.desk import Desk
from steelyard.runtime.reconciling import Drift
from steelyard.venues.paper.rules import ExchangeRules
from tests.unit.runtime.desks import COIN, PRICE, SECOND, TERMS, House


def funded(desk: Desk) -> list[int]:
    positions = desk.kernel.book.positions["funding"]
    return [int(paid) for paid in positions.reshape(-1) if paid]


def halt(desk: Desk) -> None:
    """Put in a fill of an order that never was: no kernel may go on after that."""
    desk.hear(
        ev.Filled(
            ts_ns=desk.now(), order=999_999, price=Price(PRICE), quantity=Quantity(1),
            fee=Money(0), liquidity=1,
        )
    )  # fmt: skip


def late_holdings(house: House, desk: Desk) -> list[Heard]:
    """Ask for holdings, wait past the deadline; return both questions, which nobody answered."""
    venue, asked = house.floor.venues[0], list[Heard]()
    answers = venue.holdings

    def waits(heard: Heard) -> None:
        asked.append(heard)

    venue.holdings = waits  # type: ignore[method-assign]
    desk.account.verify(lambda: None)
    house.wait(TERMS.deadline_ns / SECOND + 1)
    venue.holdings = answers  # type: ignore[method-assign]
    return asked


def test_a_halt_is_told_and_takes_the_orders_back() -> None:
    house = House()
    desk = house.live()
    assert house.resting() == 1

    halt(desk)
    house.wait(5)

    assert desk.account.halted
    assert [one.what for one in house.alerts if one.level == "critical"] == ["halted"]
    assert not house.resting()


def test_a_halted_book_buys_nothing_more_even_after_a_restart() -> None:
    house = House()
    desk = house.live()
    halt(desk)
    house.wait(5)
    desk.stop(lambda: None)
    house.wait(5)

    again = house.live()

    assert again.account.halted
    assert not house.resting()


def test_funding_is_shared_by_what_robots_hold() -> None:
    house = House(robots=3)
    desk = house.live()

    house.fund(rate=100_001)

    shares = funded(desk)
    assert len(shares) in (3, 4)  # what does not divide is the account's own
    assert sum(shares) == house.funded()


def test_a_power_cut_in_the_middle_of_funding_loses_no_share() -> None:
    """One event: with one for each robot, a cut between two lost the rest for ever."""
    for cut in range(1, 12):
        house = House(robots=3)
        house.live()
        rows = house.disk.books["main"].rows
        written = len(rows)
        house.exchange.funding(house.time.now_ns(), 0, 100_001)
        house.floor.tell()
        for _ in range(cut):
            house.time.run(house.time.at_ns + 1)
            if len(rows) > written:
                break
        house.journal.die()

        house.wait(60)
        again = house.live()

        assert sum(funded(again)) == house.funded()


def test_more_than_can_wait_ends_the_desk_and_takes_orders_back() -> None:
    house = House()
    desk = house.live()
    house.journal.append = lambda *_: None  # type: ignore[method-assign]

    for _ in range(200_000):
        if desk.phase == "closed":
            break
        desk.account.note("test", "x")

    house.wait(5)
    assert desk.phase == "closed"
    assert "does not write" in desk.why
    assert not house.resting()


def test_an_orderly_stop_leaves_a_snapshot_of_the_last_row() -> None:
    house = House()
    desk = house.live()
    left: list[int] = []

    desk.stop(lambda: left.append(1))
    house.wait(10)

    book = house.disk.books["main"]
    assert left == [1]
    assert book.snapshots[-1].n == len(book.rows)


def test_a_stop_that_loses_its_lease_still_ends() -> None:
    house = House()
    desk = house.live()
    left: list[int] = []

    desk.stop(lambda: left.append(1))
    desk._fenced("somebody else")
    house.wait(10)

    assert left == [1]


def test_a_life_that_died_while_the_venue_was_shut_leaves_no_pause_behind() -> None:
    house = House()
    desk = house.live()
    house.exchange.set_rules(house.time.now_ns(), ExchangeRules(status="maintenance"))
    desk.account.pause(PAUSE_VENUE, "the venue is in maintenance")
    house.wait(1)
    house.journal.die()
    house.wait(60)
    house.exchange.set_rules(house.time.now_ns(), ExchangeRules())

    again = house.live()

    assert not again.account.paused & PAUSE_VENUE
    assert not int(again.kernel.book.robots["paused"][1]) & PAUSE_VENUE


def test_terms_that_the_venue_changed_are_followed_after_a_refusal() -> None:
    house = House()
    desk = house.live()
    coarser = replace(COIN, tick=Price(50), notional_min=Money(10**8))
    house.exchange.relist(house.time.now_ns(), 0, coarser)
    order = Placing(
        client_id="x", instrument=0, side=1, type=LIMIT, flags=0, price=PRICE - 7, quantity=1
    )

    desk.account.dispatch.place(order, lambda _: None, lambda _: None, protects=False)
    house.wait(10)

    assert desk.kernel.book.instruments[0] == coarser
    assert int(desk.kernel.book.terms[0]["tick"]) == 50
    assert [one.text for one in house.alerts if one.what == "listing"] == [
        "the venue changed the terms of BTC/USDT:USDT"
    ]


def test_coins_held_before_the_book_began_are_the_accounts_own() -> None:
    house = House(coins=5_000)

    desk = house.live()

    assert not desk.account.paused
    held = desk.kernel.book.positions["quantity"].reshape(2, 1, 2)[:, 0, 0]
    assert [int(one) for one in held] == [5_000, 7]
    assert not [one for one in house.alerts if one.what == "paused"]
    desk.account.verify(lambda: None)
    house.wait(5)
    assert desk.account.reconciling.drift == ()


def test_coins_that_turn_up_once_robots_have_traded_ask_for_a_person() -> None:
    house = House(coins=5_000)
    desk = house.live()
    drift = Drift(kind="position", instrument=0, ours=5_007, theirs=905_007, repair="adjust")

    desk.account.repairing.settle((drift,), desk.account.reconciling.holdings)  # type: ignore[arg-type]

    assert desk.account.paused & PAUSE_DRIFT
    assert int(desk.kernel.book.positions["quantity"].sum()) == 5_007


def test_holdings_that_tell_late_of_another_mode_are_heard() -> None:
    house = House()
    desk = house.live()
    held = desk.account.reconciling.holdings
    assert held is not None
    first, second = late_holdings(house, desk)

    first(Success(value=changed(held, hedged=True)))
    assert desk.account.paused & PAUSE_MODE
    second(Success(value=held))
    assert desk.account.paused & PAUSE_MODE  # that was asked before we knew

    house.wait(10)
    assert not desk.account.paused & PAUSE_MODE


def test_holdings_that_come_late_change_nothing_else() -> None:
    house = House()
    desk = house.live()
    held = desk.account.reconciling.holdings
    assert held is not None
    first, second = late_holdings(house, desk)
    written = desk.writer.n

    first(Success(value=changed(held, positions=(), cash=0)))
    second(Success(value=held))
    house.wait(10)

    assert desk.writer.n == written
    assert desk.account.reconciling.drift == ()
