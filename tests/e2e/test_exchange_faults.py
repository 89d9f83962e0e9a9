"""Faults of the local exchange as a client meets them that nobody here wrote: ccxt, four dialects.

The words of each venue are right when ccxt takes them for what they are.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from http.client import HTTPConnection
from typing import Any

import ccxt
import pytest

from steelyard.app.exchange import offered

PATIENCE_S = 60
SYMBOL = "BTC/USDT"
ORDERS = {
    "binance": "POST /api/v3/order*",
    "okx": "POST /api/v5/trade/*order*",
    "bitget": "POST /api/v2/spot/trade/place-order*",
    "gate": "POST /api/v4/spot/orders*",
}
LATER = (ccxt.RateLimitExceeded, ccxt.DDoSProtection)
DOWN = (ccxt.ExchangeNotAvailable, ccxt.OnMaintenance)


class Shop:
    """The exchange in a process of its own, and ccxt as its client."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "steelyard", "exchange", "--port", "0", "--json",
             "--accounts", "2"],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.told: dict[str, Any] = json.loads(self.process.stdout.readline())

    def control(self, action: str, **values: Any) -> Any:
        host = self.told["control"].removeprefix("http://")
        with closing(HTTPConnection(host, timeout=PATIENCE_S)) as line:
            line.request("POST", f"/{action}", json.dumps(values))
            answer = line.getresponse()
            found = json.loads(answer.read())
            assert answer.status == 200, found
            return found

    def client(self, name: str) -> Any:
        told = self.told[name]
        made = getattr(ccxt, name)(
            {
                "apiKey": told["key"], "secret": told["secret"], "enableRateLimit": False,
                "password": told.get("passphrase", ""), "timeout": 5_000,
            }
        )  # fmt: skip

        def here(value: Any) -> Any:
            if isinstance(value, dict):
                return {key: here(one) for key, one in value.items()}
            return (
                re.sub(r"https://[^/]+", told["rest"], value) if isinstance(value, str) else value
            )

        made.urls["api"] = here(made.urls["api"])
        made.has["fetchCurrencies"] = False
        made.options["fetchMarkets"] = {
            "types": ["spot", "linear" if name == "binance" else "swap"]
        }
        made.options["maxRetriesOnFailure"] = 0
        made.load_markets()
        return made


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    shop = Shop()
    yield shop
    shop.process.terminate()
    shop.process.communicate()


@pytest.fixture(params=offered())
def name(request: pytest.FixtureRequest, shop: Shop) -> Iterator[str]:
    yield request.param
    shop.control("clear")
    shop.control("status", status="trading")
    shop.control("cancel", dialect=request.param, account=0)


def placed(client: Any) -> Any:
    return client.create_order(SYMBOL, "limit", "buy", 0.01, 50_000)


def told_of(client: Any) -> bool:
    """Place an order; say whether anything is told of it."""
    try:
        return bool(placed(client)["id"])
    except (ccxt.BaseError, TypeError, KeyError, AttributeError):
        return False


def count(client: Any) -> int:
    return len(client.fetch_open_orders(SYMBOL))


def test_a_create_without_an_answer_is_there_or_not(shop: Shop, name: str) -> None:
    client = shop.client(name)
    for fault, there in (
        ("lost_before", 0), ("lost_after", 1), ("unknown_before", 1), ("unknown_after", 2),
        ("html", 3), ("truncated", 4), ("empty", 5), ("slow", 6), ("trickle", 7),
    ):  # fmt: skip
        shop.control("fault", fault=fault, dialect=name, path=ORDERS[name], count=1, ms=50)
        if fault in ("slow", "trickle"):
            assert placed(client)["id"]
        elif fault in ("truncated", "empty"):
            assert not told_of(client)  # ccxt looks for an error in it and then finds no order
        else:
            with pytest.raises(ccxt.BaseError):
                placed(client)
        assert count(client) == there, fault


def test_limits_bans_and_maintenance_are_what_they_are(shop: Shop, name: str) -> None:
    client = shop.client(name)
    shop.control("fault", fault="rate_limit", dialect=name, count=1)
    with pytest.raises(LATER):
        client.fetch_balance()
    shop.control("fault", fault="ban", dialect=name, count=1)
    for _ in range(2):
        with pytest.raises((*LATER, ccxt.PermissionDenied, ccxt.ExchangeNotAvailable)):
            client.fetch_balance()
    shop.control("clear")
    for fault in ("busy", "maintenance"):
        shop.control("fault", fault=fault, dialect=name, path=ORDERS[name], count=1)
        with pytest.raises((*DOWN, *LATER, ccxt.ExchangeError)):
            placed(client)
    assert count(client) == 0


def test_a_venue_under_maintenance_takes_nothing_and_comes_back(shop: Shop, name: str) -> None:
    client = shop.client(name)
    shop.control("status", dialect=name, status="maintenance")
    with pytest.raises((*DOWN, ccxt.ExchangeError)):
        client.fetch_balance()
    shop.control("status", dialect=name, status="cancel_only")
    with pytest.raises(ccxt.BaseError):
        placed(client)
    shop.control("status", dialect=name, status="trading")
    placed(client)


def test_a_clock_that_is_wrong_is_told_and_makes_requests_stale(shop: Shop, name: str) -> None:
    client = shop.client(name)
    right = client.fetch_time()
    shop.control("fault", fault="skew", dialect=name, ms=3_600_000)
    assert client.fetch_time() - right > 3_000_000
    with pytest.raises(ccxt.BaseError):
        client.fetch_balance()


def test_a_stale_view_misses_the_newest_order(shop: Shop, name: str) -> None:
    client = shop.client(name)
    placed(client)
    assert count(client) == 1
    shop.control("fault", fault="stale", dialect=name, path="GET *", ms=60_000)
    assert count(client) == 0


def test_hands_at_the_venue_are_seen(shop: Shop, name: str) -> None:
    client = shop.client(name)
    shop.control(
        "order", dialect=name, account=0, instrument=SYMBOL, side="buy", quantity="0.01",
        price="40000",
    )  # fmt: skip
    (order,) = client.fetch_open_orders(SYMBOL)
    assert order["price"] == 40_000
    shop.control("price", base="BTC", price="55000")
    ticker = client.fetch_ticker(SYMBOL)
    assert 54_000 < ticker["last"] < 56_000


def test_a_filter_that_changed_refuses_what_fitted_before(shop: Shop, name: str) -> None:
    client = shop.client(name)
    shop.control("filters", dialect=name, instrument=SYMBOL, quantity_min="0.02")
    with pytest.raises(ccxt.ExchangeError):
        placed(client)
    shop.control("filters", dialect=name, instrument=SYMBOL, quantity_min="0.00001")
    placed(client)


def test_a_batch_is_done_in_part(shop: Shop, name: str) -> None:
    client = shop.client(name)
    perpetual = f"{SYMBOL}:USDT"
    shop.control("fault", fault="partial", dialect=name, places=[2])
    every = [
        {"symbol": perpetual, "type": "limit", "side": "buy", "amount": 1, "price": price}
        for price in (50_000, 49_000, 48_000)
    ]
    with suppress(ccxt.ExchangeError):  # to ccxt one refusal is that of the whole batch, at some
        client.create_orders(every)
    open_orders = client.fetch_open_orders(perpetual)
    assert sorted(order["price"] for order in open_orders) == [48_000, 50_000]


def test_the_venue_closes_a_position_and_funding_is_paid(shop: Shop, name: str) -> None:
    client = shop.client(name)
    perpetual = f"{SYMBOL}:USDT"
    client.create_order(perpetual, "market", "buy", 1)
    shop.control("funding", dialect=name, instrument=perpetual, rate="0.001")
    shop.control("force", dialect=name, account=0, instrument=perpetual)
    assert [one for one in client.fetch_positions([perpetual]) if one["contracts"]] == []
    assert len(client.fetch_my_trades(perpetual)) >= 2
