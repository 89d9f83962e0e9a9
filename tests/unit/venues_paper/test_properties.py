"""What holds for any market and anything anybody asks of the exchange."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from steelyard.kernel.ports import Placing
from steelyard.model.instruments import Instrument
from steelyard.model.kinds import BUY, LIMIT, MARKET, REDUCE_ONLY, SELL, STOP_MARKET, TAKE_PROFIT
from steelyard.model.reports import OrderReport, OrderState, TradeReport
from steelyard.venues.paper.exchange import SimExchange
from steelyard.venues.paper.rules import ExchangeRules
from steelyard.venues.paper.truth import faults, truth_of
from tests.unit.venues_paper.shop import COIN, PERPETUAL

RUNS = settings(deadline=None, max_examples=60)
QUESTIONS = 4


def opened(instruments: tuple[Instrument, ...], rules: ExchangeRules) -> SimExchange:
    return SimExchange(
        instruments, cash=(400_000, 90_000), coins=((0, len(instruments) - 1, 50),), leverage=5,
        rules=rules,
    )  # fmt: skip


def live(exchange: SimExchange, seed: int, *, asked: int = 0) -> None:
    """Let two accounts and a stranger do anything; `asked` questions are asked after each step."""
    chance, curious = random.Random(seed), random.Random(seed + 1)
    now, price = 1_000, [10_000, 10_000]
    count = exchange.engine.count
    for step in range(150):
        now += chance.choice((0, 1, 5_000_000, 900_000_000))
        k = chance.randrange(count)
        price[k] = max(100, price[k] + chance.choice((-300, -40, -10, 0, 0, 10, 40, 300)))
        exchange.trade(now, k, price[k], chance.randrange(1, 30), chance.choice((BUY, SELL)))
        account = chance.randrange(2)
        match chance.randrange(9):
            case 0 | 1 | 2:
                exchange.place(now, account, some_order(chance, step, k, price[k]))
            case 3:
                exchange.cancel(now, account, f"o{chance.randrange(step + 1)}", k)
            case 4:
                exchange.foreign_trade(now, account, k, chance.choice((BUY, SELL)), 3)
            case 5:
                exchange.funding(now, k, chance.randrange(-300_000, 300_000))
            case 6:
                exchange.cancel_all(now, account, k)
            case 7:
                exchange.pay_in(now, account, chance.randrange(-50, 50))
            case _:
                exchange.quote(now, k, price[k] - 5, 4, price[k] + 5, 4)
        for _ in range(asked):
            ask(exchange, curious, now, step)


def some_order(chance: random.Random, step: int, k: int, price: int) -> Placing:
    kind = chance.choice((LIMIT, LIMIT, LIMIT, MARKET, STOP_MARKET, TAKE_PROFIT))
    return Placing(
        client_id=f"o{chance.choice((step, step, step // 2))}",
        instrument=k,
        side=chance.choice((BUY, SELL)),
        type=kind,
        flags=chance.choice((0, 0, REDUCE_ONLY)),
        price=price + chance.randrange(-60, 60) if kind == LIMIT else 0,
        quantity=chance.randrange(1, 12),
        trigger=price + chance.randrange(-80, 80) if kind > MARKET else 0,
    )


def ask(exchange: SimExchange, curious: random.Random, now: int, step: int) -> None:
    account = curious.randrange(2)
    match curious.randrange(QUESTIONS):
        case 0:
            exchange.order(now, account, f"o{curious.randrange(step + 1)}", 0)
        case 1:
            exchange.open_orders(now, account)
        case 2:
            exchange.trades(now, account, str(curious.randrange(20)))
        case _:
            exchange.holdings(now, account)


rules_drawn = st.builds(
    ExchangeRules,
    id_scope=st.sampled_from(("open", "ever")),
    lag_ns=st.sampled_from((0, 2_000_000_000)),
    algo_namespace=st.booleans(),
    conditional_max=st.sampled_from((0, 2)),
    orders_max=st.sampled_from((4, 30)),
    kept=st.sampled_from((0, 0, 7)),
)
markets_drawn = st.sampled_from(((PERPETUAL,), (COIN,), (PERPETUAL, COIN)))


@RUNS
@given(markets_drawn, rules_drawn, st.integers(0, 2**32))
def test_money_positions_and_orders_add_up(
    instruments: tuple[Instrument, ...], rules: ExchangeRules, seed: int
) -> None:
    exchange = opened(instruments, rules)
    live(exchange, seed)

    assert faults(exchange) == []
    told = exchange.drain()
    for account in (0, 1):
        news = [n for who, n in told if who == account]
        trades = [n for n in news if isinstance(n, TradeReport)]
        truth = truth_of(exchange, account)
        if not rules.kept:
            assert tuple(trades) == truth.trades
        reports = {n.venue_id: n for n in news if isinstance(n, OrderReport)}
        for order in truth.orders:  # the stream's last word is the truth
            assert reports[order.report.venue_id] == order.report
        for k in range(exchange.engine.count):
            ids = [int(t.trade) for t in trades if t.instrument == k]
            assert ids == sorted(set(ids))


@RUNS
@given(markets_drawn, rules_drawn, st.integers(0, 2**32), st.integers(1, 3))
def test_questions_change_nothing(
    instruments: tuple[Instrument, ...], rules: ExchangeRules, seed: int, asked: int
) -> None:
    quiet, curious = opened(instruments, rules), opened(instruments, rules)
    live(quiet, seed)
    live(curious, seed, asked=asked)

    assert quiet.drain() == curious.drain()
    assert [truth_of(quiet, a) for a in (0, 1)] == [truth_of(curious, a) for a in (0, 1)]
    assert quiet.engine.tables() == curious.engine.tables()


@RUNS
@given(markets_drawn, rules_drawn, st.integers(0, 2**32))
def test_every_filled_order_was_open_first_and_ends_once(
    instruments: tuple[Instrument, ...], rules: ExchangeRules, seed: int
) -> None:
    exchange = opened(instruments, rules)
    live(exchange, seed)
    ended: set[str] = set()
    filled: dict[str, int] = {}
    for _, news in exchange.drain():
        if not isinstance(news, OrderReport):
            continue
        assert news.venue_id not in ended
        assert news.filled >= filled.get(news.venue_id, 0)
        if news.venue_id not in filled:
            assert (news.state, news.filled) == (OrderState.OPEN, 0)
        filled[news.venue_id] = news.filled
        if news.state != OrderState.OPEN:
            ended.add(news.venue_id)
            assert (news.filled == news.quantity) == (news.state == OrderState.FILLED)
