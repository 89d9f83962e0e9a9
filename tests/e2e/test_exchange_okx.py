"""`steelyard exchange` speaks OKX: other people's clients trade on it unchanged.

Only addresses and keys are given to `ccxt`, `ccxt.pro` and `python-okx`; their books, checksums,
signatures and parsers are their own.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, closing
from decimal import Decimal
from typing import Any
from urllib.request import Request, urlopen

import ccxt
import ccxt.pro
import pytest
import websockets
from okx.Account import AccountAPI  # type: ignore[import-untyped]
from okx.MarketData import MarketAPI  # type: ignore[import-untyped]
from okx.PublicData import PublicAPI  # type: ignore[import-untyped]
from okx.Trade import TradeAPI  # type: ignore[import-untyped]
from okx.websocket.WsPrivateAsync import WsPrivateAsync  # type: ignore[import-untyped]

from tests.e2e.okx_exchange import SPOT, SWAP, keys_of, okx_exchange

PATIENCE_S = 20.0


@pytest.fixture(scope="module")
def told() -> Iterator[dict[str, Any]]:
    """Where it is, and the first account's keys."""
    with okx_exchange() as told:
        yield told


def _ccxt(told: dict[str, Any], account: int, **keys: str) -> Any:
    exchange = ccxt.okx({**keys_of(account), **keys, "enableRateLimit": False})
    exchange.urls["api"]["rest"] = told["rest"]
    return exchange


# --- ccxt, over REST -----------------------------------------------------------------------------


def test_ccxt_reads_the_market(told: dict[str, Any]) -> None:
    exchange = _ccxt(told, 0)
    markets = exchange.load_markets()

    assert {SPOT, SWAP} <= markets.keys()
    assert markets[SWAP]["contractSize"] == 0.01
    for name in (SPOT, SWAP):
        book = exchange.fetch_order_book(name)
        ticker = exchange.fetch_ticker(name)
        assert book["bids"][0][0] < book["asks"][0][0]
        assert len(book["bids"]) == len(book["asks"]) == 100
        assert ticker["low"] <= ticker["last"] <= ticker["high"]
        assert exchange.fetch_trades(name)[-1]["price"] > 0
        bars = exchange.fetch_ohlcv(name, "1m")
        assert [bar[0] % 60_000 for bar in bars] == [0] * len(bars)
        assert bars == sorted(bars)
    assert exchange.fetch_funding_rate(SWAP)["fundingTimestamp"] % 28_800_000 == 0


def test_ccxt_trades_spot(told: dict[str, Any]) -> None:
    exchange = _ccxt(told, 0)
    exchange.load_markets()
    far = round(exchange.fetch_ticker(SPOT)["last"] * 0.9, 1)

    rests = exchange.create_order(SPOT, "limit", "buy", 0.01, far, {"clientOrderId": "rests1"})
    exchange.edit_order(rests["id"], SPOT, "limit", "buy", 0.02, far - 1)
    (opened,) = exchange.fetch_open_orders(SPOT)
    held = exchange.fetch_balance()["USDT"]["used"]
    exchange.cancel_order(rests["id"], SPOT)

    assert (opened["clientOrderId"], opened["amount"], opened["price"]) == ("rests1", 0.02, far - 1)
    assert held == pytest.approx(0.02 * (far - 1), rel=0.01)
    assert exchange.fetch_order(rests["id"], SPOT)["status"] == "canceled"
    with pytest.raises(ccxt.OrderNotFound):
        exchange.cancel_order(rests["id"], SPOT)

    coins = exchange.fetch_balance()["BTC"]["total"]
    taken = exchange.create_order(SPOT, "market", "buy", 0.01)
    filled = exchange.fetch_order(taken["id"], SPOT)
    (trade,) = exchange.fetch_order_trades(taken["id"], SPOT)

    assert (filled["status"], filled["filled"]) == ("closed", 0.01)
    assert trade["takerOrMaker"] == "taker"
    assert trade["fee"]["currency"] == "BTC"
    assert trade["fee"]["cost"] == pytest.approx(0.001 * 0.01)
    assert exchange.fetch_balance()["BTC"]["total"] == pytest.approx(coins + 0.01 * 0.999)


def test_ccxt_trades_swaps_one_way_and_hedged(told: dict[str, Any]) -> None:
    exchange = _ccxt(told, 1)
    exchange.load_markets()
    exchange.set_leverage(10, SWAP, {"mgnMode": "cross"})
    exchange.create_order(SWAP, "market", "sell", 2)
    (short,) = exchange.fetch_positions([SWAP])
    last = exchange.fetch_ticker(SWAP)["last"]
    stop = exchange.create_order(
        SWAP, "market", "buy", 2, None,
        {"stopLossPrice": round(last * 1.2, 1), "reduceOnly": True},
    )  # fmt: skip
    (waits,) = exchange.fetch_open_orders(SWAP, params={"trigger": True, "ordType": "conditional"})
    exchange.cancel_order(stop["id"], SWAP, {"trigger": True})
    exchange.create_order(SWAP, "market", "buy", 2, None, {"reduceOnly": True})

    assert (short["side"], short["contracts"], short["leverage"]) == ("short", 2.0, 10.0)
    assert waits["id"] == stop["id"]
    assert exchange.fetch_positions([SWAP]) == []

    exchange.set_position_mode(True)
    exchange.create_order(SWAP, "market", "buy", 3, None, {"posSide": "long"})
    exchange.create_order(SWAP, "market", "sell", 1, None, {"posSide": "short"})
    sides = {one["side"]: one["contracts"] for one in exchange.fetch_positions([SWAP])}
    with pytest.raises(ccxt.ExchangeError, match="59000"):
        exchange.set_position_mode(False)
    exchange.create_order(SWAP, "market", "sell", 3, None, {"posSide": "long", "reduceOnly": True})
    exchange.create_order(SWAP, "market", "buy", 1, None, {"posSide": "short", "reduceOnly": True})
    exchange.set_position_mode(False)

    assert sides == {"long": 3.0, "short": 1.0}
    assert len(exchange.fetch_my_trades(SWAP)) == 6


def test_ccxt_is_refused_in_the_venues_words(told: dict[str, Any]) -> None:
    exchange = _ccxt(told, 0)
    exchange.load_markets()

    with pytest.raises(ccxt.InsufficientFunds):
        exchange.create_order(SPOT, "limit", "buy", 1_000, 30_000)
    with pytest.raises(ccxt.InvalidOrder):
        exchange.create_order(SPOT, "limit", "buy", 0.000001, 30_000)
    with pytest.raises(ccxt.OrderNotFound):
        exchange.fetch_order("1", SPOT)
    for wrong in ("apiKey", "secret", "password"):
        with pytest.raises(ccxt.AuthenticationError):
            _ccxt(told, 0, **{wrong: "nonsense"}).fetch_balance()
    late = _ccxt(told, 0)
    late.nonce = lambda: late.milliseconds() - 40_000
    with pytest.raises(ccxt.InvalidNonce, match="50102"):
        late.fetch_balance()


def test_a_create_behind_its_exp_time_does_not_happen(told: dict[str, Any]) -> None:
    exchange = _ccxt(told, 0)
    exchange.load_markets()
    exchange.headers = {"expTime": str(exchange.milliseconds() - 1_000)}
    order = {
        "instId": "BTC-USDT", "tdMode": "cash", "side": "buy", "ordType": "limit", "px": "30000",
        "sz": "0.01", "clOrdId": "toolate",
    }  # fmt: skip
    signed = exchange.sign("trade/order", ["private"], "POST", order)
    headers = {**signed["headers"], **exchange.headers}
    request = Request(signed["url"], signed["body"].encode(), headers)  # noqa: S310
    with urlopen(request) as answer:  # noqa: S310 - an address of this machine
        assert json.loads(answer.read())["code"] == "50036"
    with pytest.raises(ccxt.OrderNotFound):
        _ccxt(told, 0).fetch_order("toolate", SPOT, {"clientOrderId": "toolate"})


def test_too_many_requests_are_429(told: dict[str, Any]) -> None:
    exchange = _ccxt(told, 2)

    def ask_again_and_again() -> None:
        for _ in range(20):
            exchange.private_get_account_config()

    with pytest.raises(ccxt.RateLimitExceeded, match="50011"):
        ask_again_and_again()


# --- ccxt pro ------------------------------------------------------------------------------------


def _pro(told: dict[str, Any], account: int, work: Callable[[Any], Awaitable[None]]) -> None:
    async def run() -> None:
        exchange = ccxt.pro.okx({**keys_of(account), "enableRateLimit": False})
        exchange.urls["api"] = {"rest": told["rest"], "ws": told["ws_v5"]}
        try:
            await asyncio.wait_for(work(exchange), PATIENCE_S)
        finally:
            await exchange.close()

    asyncio.run(run())


def test_ccxt_pro_follows_the_market(told: dict[str, Any]) -> None:
    async def work(exchange: Any) -> None:
        for name in (SPOT, SWAP):
            for _ in range(8):
                # It raises by itself where a number of the book is missing.
                book = await exchange.watch_order_book(name)
                assert book["bids"][0][0] < book["asks"][0][0]
            assert (await exchange.watch_trades(name))[-1]["price"] > 0
            assert (await exchange.watch_ticker(name))["last"] > 0
            assert (await exchange.watch_bids_asks([name]))[name]["bid"] > 0
            assert (await exchange.watch_ohlcv(name, "1m"))[-1][4] > 0
        assert (await exchange.watch_mark_price(SWAP))["markPrice"] > 0
        assert (await exchange.watch_funding_rate(SWAP))["fundingRate"] is not None

    _pro(told, 3, work)


def test_ccxt_pro_hears_its_account_and_orders_over_the_socket(told: dict[str, Any]) -> None:
    async def work(exchange: Any) -> None:
        await exchange.load_markets()
        assert (await exchange.watch_balance())["USDT"]["total"] > 0
        orders = asyncio.ensure_future(exchange.watch_orders(SWAP))
        trades = asyncio.ensure_future(exchange.watch_my_trades(SWAP))
        await exchange.watch_positions()
        placed = await exchange.create_order_ws(SWAP, "market", "buy", 1)
        (trade, *_) = await trades
        assert (await orders)[0]["id"] == placed["id"] == trade["order"]
        held: list[Any] = []
        while not held:
            held = [one for one in await exchange.watch_positions() if one["contracts"]]
        assert (held[0]["side"], held[0]["contracts"]) == ("long", 1.0)

        far = round((await exchange.fetch_ticker(SWAP))["last"] * 0.9, 1)
        rests = await exchange.create_order_ws(SWAP, "limit", "buy", 1, far)
        await exchange.edit_order_ws(rests["id"], SWAP, "limit", "buy", 2, far)
        (opened,) = await exchange.fetch_open_orders(SWAP)
        assert opened["amount"] == 2
        await exchange.cancel_order_ws(rests["id"], SWAP)
        assert await exchange.fetch_open_orders(SWAP) == []
        with pytest.raises(ccxt.ExchangeError, match="51000"):
            await exchange.create_order_ws(SWAP, "limit", "buy", 1, far, {"tdMode": "never"})

    _pro(told, 3, work)


# --- python-okx ----------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Use 'content=:DeprecationWarning")  # its own, of httpx
def test_python_okx_trades(told: dict[str, Any]) -> None:
    keys = keys_of(4)
    given = (keys["apiKey"], keys["secret"], keys["password"])
    with ExitStack() as stack:
        trade, account, market, public = (
            stack.enter_context(closing(kind(*keys_, flag="0", domain=told["rest"])))
            for kind, keys_ in (
                (TradeAPI, given), (AccountAPI, given), (MarketAPI, ()), (PublicAPI, ()),
            )
        )  # fmt: skip
        _trade_with_python_okx(trade, account, market, public)


def _trade_with_python_okx(trade: Any, account: Any, market: Any, public: Any) -> None:
    assert public.get_system_time()["code"] == "0"
    assert len(public.get_instruments("SWAP")["data"]) == 3
    assert market.get_orderbook("BTC-USDT", "5")["data"][0]["seqId"] > 0
    assert account.get_account_config()["data"][0]["perm"] == "read_only,trade"
    assert account.set_leverage("7", "cross", instId="BTC-USDT-SWAP")["data"][0]["lever"] == "7"

    order: dict[str, str] = {
        "instId": "BTC-USDT-SWAP", "tdMode": "cross", "side": "buy", "ordType": "limit",
        "sz": "1.5", "px": "30000",
    }  # fmt: skip
    assert trade.place_order(**order, clOrdId="mine1")["data"][0]["sCode"] == "0"
    assert trade.place_order(**order, clOrdId="mine1")["data"][0]["sCode"] == "51016"
    assert trade.amend_order("BTC-USDT-SWAP", clOrdId="mine1", newSz="2")["code"] == "0"
    assert trade.get_order("BTC-USDT-SWAP", clOrdId="mine1")["data"][0]["sz"] == "2"
    assert trade.cancel_order("BTC-USDT-SWAP", clOrdId="mine1")["code"] == "0"
    gone = trade.cancel_order("BTC-USDT-SWAP", clOrdId="mine1")
    assert (gone["code"], gone["data"][0]["sCode"]) == ("1", "51400")

    partly = trade.place_multiple_orders([{**order, "clOrdId": "b1"}, {**order, "px": "30000.05"}])
    assert partly["code"] == "2"
    assert [row["sCode"] for row in partly["data"]] == ["0", "51150"]
    assert (
        trade.cancel_multiple_orders([{"instId": "BTC-USDT-SWAP", "clOrdId": "b1"}])["code"] == "0"
    )

    stop = trade.place_algo_order(
        instId="BTC-USDT-SWAP", tdMode="cross", side="sell", ordType="conditional", sz="1",
        slTriggerPx="20000", slOrdPx="-1", algoClOrdId="stop1",
    )  # fmt: skip
    (waits,) = trade.order_algos_list("conditional")["data"]
    assert (waits["algoClOrdId"], waits["state"]) == ("stop1", "live")
    cancel = [{"instId": "BTC-USDT-SWAP", "algoId": stop["data"][0]["algoId"]}]
    assert trade.cancel_algo_order(cancel)["data"][0]["sCode"] == "0"

    # A market buy of spot is counted in quote where nobody says otherwise.
    spent = trade.place_order(
        instId="BTC-USDT", tdMode="cash", side="buy", ordType="market", sz="100"
    )
    assert spent["code"] == "0"
    (fill,) = trade.get_fills("SPOT")["data"]
    assert Decimal(fill["fillPx"]) * Decimal(fill["fillSz"]) == pytest.approx(Decimal(100), abs=1)


def test_python_okx_trades_over_its_socket(told: dict[str, Any]) -> None:
    async def work() -> None:
        keys = keys_of(6)
        heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        client = WsPrivateAsync(
            apiKey=keys["apiKey"], passphrase=keys["password"], secretKey=keys["secret"],
            url=told["private"],
        )  # fmt: skip
        # It knows TLS only: the connection is made for it, everything said on it is its own.
        client.websocket = await websockets.connect(told["private"])
        client.callback = lambda text: heard.put_nowait(json.loads(text))
        reading = asyncio.ensure_future(client.consume())

        async def until(fits: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
            while not fits(found := await heard.get()):
                pass
            return found

        await client.login()
        assert (await until(lambda one: "event" in one))["event"] == "login"
        await client.send("subscribe", [{"channel": "orders", "instType": "ANY"}])
        await until(lambda one: one.get("event") == "subscribe")
        order = {
            "instIdCode": 10_462, "tdMode": "cross", "side": "buy", "ordType": "limit", "sz": "1",
            "px": "30000", "clOrdId": "ws1",
        }  # fmt: skip
        await client.place_order([order], id="1")
        placed = await until(lambda one: one.get("id") == "1")
        pushed = await until(lambda one: "data" in one and "arg" in one)
        await client.cancel_order([{"instIdCode": 10_462, "clOrdId": "ws1"}], id="2")
        gone = await until(lambda one: one.get("id") == "2")

        assert placed["data"][0]["sCode"] == gone["data"][0]["sCode"] == "0"
        assert (pushed["data"][0]["clOrdId"], pushed["data"][0]["state"]) == ("ws1", "live")
        reading.cancel()
        await client.websocket.close()

    asyncio.run(asyncio.wait_for(work(), PATIENCE_S))
