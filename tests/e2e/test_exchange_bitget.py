"""Our Bitget, traded on by ccxt and ccxt pro."""

import asyncio
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import ccxt
import pytest

from tests.e2e.bitget_exchange import PATIENCE_S, BitgetProcess, running

SPOT, PERP = "BTC/USDT", "BTC/USDT:USDT"


@pytest.fixture(scope="module")
def exchange() -> Iterator[BitgetProcess]:
    with running() as process:
        yield process


@pytest.fixture(autouse=True)
def _calm(exchange: BitgetProcess) -> Iterator[None]:
    yield
    exchange.close_clients()
    exchange.act("clear")
    exchange.price("60000")


# --- ccxt ----------------------------------------------------------------------------------------


def test_ccxt_loads_the_markets_and_reads_them(exchange: BitgetProcess) -> None:
    client = exchange.ccxt(exchange.account())
    client.load_markets()

    assert {SPOT, PERP, "ETH/USDT", "ETH/USDT:USDT"} <= set(client.markets)
    assert client.market(PERP)["precision"] == {"amount": 0.0001, "price": 0.1}
    for symbol in (SPOT, PERP):
        book = client.fetch_order_book(symbol, 20)
        assert len(book["bids"]) == len(book["asks"]) == 20
        assert book["bids"][0][0] < book["asks"][0][0]
        ticker = client.fetch_ticker(symbol)
        assert ticker["bid"] == book["bids"][0][0]
        trades = client.fetch_trades(symbol, limit=5)
        assert {trade["side"] for trade in trades} <= {"buy", "sell"}
        bars = client.fetch_ohlcv(symbol, "1m", limit=10)
        assert [b[0] - a[0] for a, b in pairwise(bars)] == [60_000] * 9
    assert client.fetch_funding_rate(PERP)["fundingRate"] is not None
    assert client.fetch_leverage(PERP)["longLeverage"] == 20


def test_ccxt_trades_spot(exchange: BitgetProcess) -> None:
    client = exchange.ccxt(exchange.account())
    before = client.fetch_balance()

    order = client.create_order(SPOT, "limit", "buy", 0.01, 59_000, {"clientOrderId": "mine-1"})
    found = client.fetch_order(order["id"], SPOT)
    assert (found["status"], found["price"], found["clientOrderId"]) == ("open", 59_000, "mine-1")
    assert [each["id"] for each in client.fetch_open_orders(SPOT)] == [order["id"]]
    assert client.fetch_balance()["USDT"]["used"] >= 590

    client.edit_order(order["id"], SPOT, "limit", "buy", 0.02, 58_000)
    changed = client.fetch_order(order["id"], SPOT)
    assert (changed["amount"], changed["price"]) == (0.02, 58_000)
    client.cancel_order(order["id"], SPOT)
    assert client.fetch_order(order["id"], SPOT)["status"] == "canceled"

    taken = client.create_order(SPOT, "market", "buy", 0.01, 60_001)
    sold = client.create_order(SPOT, "market", "sell", 0.005)
    trades = client.fetch_my_trades(SPOT)
    assert {trade["order"] for trade in trades} == {taken["id"], sold["id"]}
    bought = sum(trade["amount"] for trade in trades if trade["side"] == "buy")
    assert bought == pytest.approx(0.01, rel=0.001)
    paid = {trade["fee"]["currency"]: trade["fee"]["cost"] for trade in trades}
    assert paid["BTC"] == pytest.approx(0.001 * bought)
    assert paid["USDT"] > 0
    after = client.fetch_balance()
    kept = bought - paid["BTC"] - 0.005
    assert after["BTC"]["total"] - before["BTC"]["total"] == pytest.approx(kept)


def test_ccxt_trades_perpetuals_one_way(exchange: BitgetProcess) -> None:
    client = exchange.ccxt(exchange.account())
    client.set_leverage(10, PERP)
    assert client.fetch_leverage(PERP)["longLeverage"] == 10

    order = client.create_order(PERP, "limit", "buy", 0.01, 59_000)
    client.edit_order(order["id"], PERP, "limit", "buy", 0.02, 58_900)
    (resting,) = client.fetch_open_orders(PERP)
    assert (resting["price"], resting["amount"]) == (58_900, 0.02)
    client.cancel_all_orders(PERP)
    assert client.fetch_open_orders(PERP) == []

    client.create_order(PERP, "market", "buy", 0.05)
    (position,) = client.fetch_positions([PERP])
    assert (position["side"], position["contracts"], position["leverage"]) == ("long", 0.05, 10)

    stop = {"stopLossPrice": 58_000}
    made = client.create_order(PERP, "market", "sell", 0.05, None, stop)
    (waiting,) = client.fetch_open_orders(PERP, params={"planType": "profit_loss"})
    assert (waiting["id"], waiting["triggerPrice"]) == (made["id"], 58_000)
    exchange.price("57900")
    assert client.fetch_positions([PERP]) == []
    sides = [trade["side"] for trade in client.fetch_my_trades(PERP)]
    assert sides == ["buy", "sell"]


def test_ccxt_trades_perpetuals_hedged(exchange: BitgetProcess) -> None:
    client = exchange.ccxt(exchange.account())
    client.set_position_mode(True, PERP)
    hedged: dict[str, Any] = {"hedged": True}
    closing = {**hedged, "reduceOnly": True}

    client.create_order(PERP, "market", "buy", 0.02, None, hedged)
    client.create_order(PERP, "market", "sell", 0.03, None, hedged)
    held = {each["side"]: each["contracts"] for each in client.fetch_positions([PERP])}
    assert held == {"long": 0.02, "short": 0.03}
    with pytest.raises(ccxt.ExchangeError, match="40920"):
        client.set_position_mode(False, PERP)

    client.create_order(PERP, "market", "sell", 0.02, None, closing)
    client.create_order(PERP, "market", "buy", 0.03, None, closing)
    assert client.fetch_positions([PERP]) == []
    ended = sorted(client.fetch_closed_orders(PERP), key=lambda each: int(each["id"]))
    assert [(each["side"], each["reduceOnly"]) for each in ended] == [
        ("buy", False), ("sell", False), ("sell", True), ("buy", True),
    ]  # fmt: skip


def test_ccxt_hears_no_in_the_venue_s_words(exchange: BitgetProcess) -> None:
    client = exchange.ccxt(exchange.account())
    client.load_markets()
    refusals: list[tuple[Callable[[], Any], type, str]] = [
        (lambda: client.create_order(SPOT, "limit", "buy", 50, 59_000), ccxt.InsufficientFunds,
         "43012"),
        (lambda: client.create_order(PERP, "limit", "buy", 1000, 59_000), ccxt.InsufficientFunds,
         "40762"),
        (lambda: client.create_order(SPOT, "limit", "buy", 0.00001, 59_000), ccxt.InvalidOrder,
         "45110"),
        (lambda: client.create_order(PERP, "market", "sell", 0.01, None, {"reduceOnly": True}),
         ccxt.ExchangeError, "22002"),
        (lambda: client.cancel_order("12345", SPOT), ccxt.OrderNotFound, "43001"),
        (lambda: client.fetch_order("12345", PERP), ccxt.OrderNotFound, "40109"),
        (lambda: client.set_leverage(500, PERP), ccxt.ExchangeError, "45045"),
        (lambda: client.privateMixPostV2MixOrderPlaceOrder({
            "symbol": "BTCUSDT", "productType": "USDT-FUTURES", "marginCoin": "USDT",
            "marginMode": "crossed", "size": "0.01", "price": "59000.05", "side": "buy",
            "orderType": "limit"}), ccxt.ExchangeError, "45115"),
    ]  # fmt: skip
    for act, kind, code in refusals:
        with pytest.raises(kind, match=code):
            act()
    client.nonce = lambda: client.milliseconds() - 31_000
    with pytest.raises(ccxt.InvalidNonce, match="40008"):
        client.fetch_balance()
    stranger = exchange.ccxt({"key": "nobody", "secret": "x", "passphrase": "y"})
    with pytest.raises(ccxt.AuthenticationError, match="40006"):
        stranger.fetch_balance()


def test_a_limit_that_is_exceeded_says_so(exchange: BitgetProcess) -> None:
    client = exchange.ccxt(exchange.account())
    client.options["uta"] = False

    def hurry() -> None:
        for _ in range(40):
            client.fetch_balance()

    with pytest.raises(ccxt.DDoSProtection, match="429"):
        hurry()


# --- ccxt pro ------------------------------------------------------------------------------------


def _run(work: Any) -> None:
    asyncio.run(asyncio.wait_for(work, 3 * PATIENCE_S))


def test_ccxt_pro_follows_the_market(exchange: BitgetProcess) -> None:
    async def follow() -> None:
        client = exchange.ccxt(exchange.account(), pro=True)
        try:
            await client.load_markets()
            for symbol in (SPOT, PERP):
                book = await client.watch_order_book(symbol)
                for step in range(12):
                    exchange.price(str(60_000 + 7 * (step % 5)))
                    # ccxt checks the checksum of each change and raises where it differs.
                    book = await client.watch_order_book(symbol)
                assert book["bids"][0][0] < book["asks"][0][0]
                assert len(book["bids"]) >= 90
                ticker = await client.watch_ticker(symbol)
                assert ticker["last"] > 0
                assert (await client.watch_trades(symbol))[-1]["price"] > 0
                assert len(await client.watch_ohlcv(symbol, "1m")) >= 1
                best = await client.watch_bids_asks([symbol])
                assert best[symbol]["bid"] < best[symbol]["ask"]
        finally:
            await client.close()

    _run(follow())


@pytest.mark.parametrize("symbol, kind", [(SPOT, "spot"), (PERP, "swap")])
def test_ccxt_pro_hears_of_its_account(exchange: BitgetProcess, symbol: str, kind: str) -> None:
    async def trade() -> None:
        client = exchange.ccxt(exchange.account(), pro=True)
        try:
            await client.load_markets()
            hearing = {
                "orders": asyncio.ensure_future(client.watch_orders(symbol)),
                "trades": asyncio.ensure_future(client.watch_my_trades(symbol)),
            }
            balance = await client.watch_balance({"type": kind})
            free = balance["USDT"]["free"]
            assert free > 0
            if kind == "swap":
                await client.watch_positions([symbol])
            hearing["balance"] = asyncio.ensure_future(client.watch_balance({"type": kind}))
            if kind == "swap":
                hearing["positions"] = asyncio.ensure_future(client.watch_positions([symbol]))
            await asyncio.sleep(0.3)  # ccxt does not say when a subscription was taken
            made = await client.create_order(symbol, "limit", "buy", 0.01, 60_600)
            (order,) = await hearing["orders"]
            (fill,) = await hearing["trades"]
            assert (order["id"], order["status"], order["amount"]) == (made["id"], "closed", 0.01)
            assert (fill["order"], fill["side"], fill["amount"]) == (made["id"], "buy", 0.01)
            assert (await hearing["balance"])["USDT"]["free"] < free
            if kind == "swap":
                (position,) = await hearing["positions"]
                assert (position["side"], position["contracts"]) == ("long", 0.01)
        finally:
            await client.close()

    _run(trade())
