"""The exchange on real sockets, with a plain dialect."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import aiohttp
import pytest

from steelyard.exchange.hall.exchange import Dialect, ExchangeSettings, Planned
from steelyard.exchange.hall.faults import Fault, Rule
from steelyard.exchange.hall.path import Source
from steelyard.exchange.hall.server import ExchangeServer
from steelyard.wire.looping import run_on
from tests.unit.exchange_hall.plain import TERMS, PlainSpeaker, instruments

FIRST = {"BTC": Decimal(60_000), "ETH": Decimal(3_000)}
ORDER = "side=buy&quantity=0.01&price=59000&id=a"


def settings(**more: Any) -> ExchangeSettings:
    dialect = Dialect(terms=TERMS, instruments=instruments(), speaker=PlainSpeaker)
    still = Source((), lambda: iter(()), FIRST)
    return ExchangeSettings(dialects=(dialect,), source=still, accounts=200, **more)


class Client:
    """A client of a running exchange."""

    def __init__(self, http: aiohttp.ClientSession, told: dict[str, Any]) -> None:
        self.http, self.told = http, told
        self.key = told["plain"]["key"]

    async def ask(self, path: str, key: str = "") -> tuple[int, bytes]:
        headers = {"X-Key": key or self.key}
        url = self.told["plain"]["rest"] + path
        async with self.http.post(url, headers=headers) as found:
            return found.status, await found.read()

    async def control(self, action: str, values: Any = None) -> tuple[int, Any]:
        url = f"{self.told['control']}/{action}"
        async with self.http.post(url, json=values) as found:
            return found.status, await found.json()

    def socket(self) -> Any:
        return self.http.ws_connect(self.told["plain"]["endpoint"])


def with_exchange(work: Callable[[Client], Awaitable[None]], **more: Any) -> None:
    """Run `work` against an exchange, and end it."""

    async def run() -> None:
        loop = asyncio.get_running_loop()
        told: asyncio.Future[dict[str, Any]] = loop.create_future()
        server = ExchangeServer(settings(**more), host="127.0.0.1", ports={}, ready=told.set_result)
        running = asyncio.ensure_future(run_on(loop, server))
        await asyncio.wait((told, running), return_when=asyncio.FIRST_COMPLETED)
        assert not server.failure
        async with aiohttp.ClientSession() as http:
            await work(Client(http, await told))
        server.interrupted()
        await running

    asyncio.run(asyncio.wait_for(run(), 30))


def test_an_order_over_rest_is_told_on_the_socket_after_the_answer() -> None:
    async def work(client: Client) -> None:
        async with client.socket() as ws:
            await ws.send_json({"enter": client.key})
            await ws.receive()
            status, body = await client.ask("/order?" + ORDER)
            assert (status, json.loads(body)["client_id"]) == (200, "a")
            assert (await ws.receive_json())["private"] == "OrderNews"
            await client.control("price", {"base": "BTC", "price": "58000"})
            assert (await ws.receive_json())["private"] == "MoneyNews"
            assert (await ws.receive_json())["private"] == "OrderNews"
        _, body = await client.ask("/open")
        assert json.loads(body) == []

    with_exchange(work)


def test_lost_replies_break_the_connection_and_nothing_else() -> None:
    async def work(client: Client) -> None:
        for fault, there in (("lost_before", 0), ("lost_after", 1)):
            await client.control("fault", {"fault": fault, "path": "* /order", "count": 1})
            with pytest.raises(aiohttp.ClientError):
                await client.ask("/order?" + ORDER)
            _, body = await client.ask("/open")
            assert len(json.loads(body)) == there
        await client.control("clear")

    with_exchange(work)


def test_answers_are_cut_slow_or_of_another_kind() -> None:
    async def work(client: Client) -> None:
        whole = (await client.ask("/book"))[1]
        for fault, status in (("trickle", 200), ("slow", 200), ("html", 502), ("truncated", 200)):
            await client.control("fault", {"fault": fault, "count": 1, "ms": 30})
            found, body = await client.ask("/book")
            assert found == status
            assert (body == whole) == (fault in ("trickle", "slow"))

    with_exchange(work)


def test_control_says_what_it_does_not_understand_and_changes_nothing() -> None:
    async def work(client: Client) -> None:
        for action, values in (
            ("unheard_of", {}), ("price", {"base": "BTC"}),
            ("price", {"base": "XYZ", "price": "1"}),
            ("fault", {"fault": "html", "colour": "red"}), ("freeze", {"seconds": "soon"}),
            ("mode", {"dialect": "nobody", "hedged": True}), ("state", {"colour": "red"}),
            ("accounts", {"dialect": "plain", "account": 200}), ("fault", [1]),
        ):  # fmt: skip
            status, found = await client.control(action, values)
            assert (status, list(found)) == (400, ["error"]), action
        status, state = await client.control("state")
        assert (status, state["faults"], state["prices"]["BTC"]) == (200, [], "60000")

    with_exchange(work)


def test_hands_from_outside_change_the_venue() -> None:
    async def work(client: Client) -> None:
        here = {"dialect": "plain"}
        for action, values in (
            ("order", {"instrument": "BTC/USDT:USDT", "side": "buy", "quantity": "0.5"}),
            ("leverage", {"instrument": "BTC/USDT:USDT", "leverage": 50}),
            ("filters", {"instrument": "BTC/USDT", "tick": "0.05", "quantity_min": "0.1"}),
            ("funding", {"rate": "0.001"}),
            ("pay", {"account": 3, "amount": "5"}),
            ("permit", {"permissions": "read,withdraw"}),
            ("status", {"instrument": "ETH/USDT", "status": "halted"}),
            ("mode", {"account": 2, "hedged": True}),
            ("expire_keys", {}),
        ):
            status, found = await client.control(action, {**here, **values})
            assert status == 200, (action, found)
        status, found = await client.control("mode", {**here, "account": 0, "hedged": True})
        assert (status, found["error"]) == (400, "refused: positions")
        status, found = await client.control("accounts", {**here, "account": 7})
        assert found[0]["account"] == 7
        assert (await client.ask("/open", found[0]["key"]))[0] == 200

    with_exchange(work)


def test_a_fault_script_sets_rules_and_acts_by_itself() -> None:
    async def work(client: Client) -> None:
        assert (await client.ask("/time"))[0] == 503
        async with client.socket() as ws:
            await ws.send_json({"follow": "trade"})
            await ws.receive()
            assert (await ws.receive_json()) == {"market": "TradeNews"}

    planned = Planned(at_s=0.3, do="price", values={"base": "BTC", "price": "61000"})
    with_exchange(work, rules=(Rule(fault=Fault.BUSY),), planned=(planned,))


def test_sockets_are_dropped_and_refused_where_there_are_none() -> None:
    async def work(client: Client) -> None:
        async with client.socket() as ws:
            await ws.send_json({"follow": "trade"})
            await ws.receive()
            assert (await client.control("drop_sockets"))[1] == {"dropped": 1}
            assert (await ws.receive()).type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await client.http.ws_connect(client.told["plain"]["ws"] + "/nowhere")

    with_exchange(work)


def test_two_hundred_clients_trade_and_hear_of_it() -> None:
    async def one(client: Client, keys: dict[str, str]) -> None:
        async with client.socket() as ws:
            await ws.send_json({"enter": keys["key"]})
            await ws.receive()
            status, _ = await client.ask("/order?" + ORDER, keys["key"])
            assert status == 200
            assert (await ws.receive_json())["private"] == "OrderNews"

    async def work(client: Client) -> None:
        _, accounts = await client.control("accounts", {"dialect": "plain"})
        assert len(accounts) == 200
        for start in range(0, 200, 20):  # as many as one address may ask in a second
            await asyncio.gather(*(one(client, keys) for keys in accounts[start : start + 20]))
            await client.control("clear")
        _, state = await client.control("state")
        assert state["dialects"]["plain"]["requests"] == 200

    with_exchange(work)
