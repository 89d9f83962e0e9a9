"""The exchange as Binance, for whoever trades on it: one process, its addresses and keys."""

import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from steelyard.exchange.binance.listing import TERMS
from steelyard.exchange.hall.keys import make_members

with warnings.catch_warnings():  # python-binance imports what its own parts call deprecated
    warnings.simplefilter("ignore")
    from binance import (  # type: ignore[import-untyped]
        AsyncClient,
        BinanceSocketManager,
        Client,
    )
    from binance.exceptions import BinanceAPIException  # type: ignore[import-untyped]

__all__ = ["AsyncClient", "BinanceAPIException", "BinanceSocketManager", "Client"]
SPOT, PERP = "BTC/USDT", "BTC/USDT:USDT"
ACCOUNTS = 16


@contextmanager
def served() -> Iterator[dict[str, Any]]:
    """Run it; its addresses."""
    process = subprocess.Popen(
        [
            sys.executable, "-m", "steelyard", "exchange", "--dialects", "binance", "--json",
            "--accounts", str(ACCOUNTS), "--seed", "1", "--port", "0",
        ],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        line = json.loads(process.stdout.readline())
        yield {**line["binance"], "control": line["control"]}
    finally:
        process.kill()
        process.communicate()


def keys_of(account: int) -> dict[str, str]:
    """Return the keys of an account."""
    member = make_members(TERMS, ACCOUNTS, 1)[account]
    return {"apiKey": member.key, "secret": member.secret}


def ccxt_of(kind: Any, told: dict[str, Any], account: int, **keys: str) -> Any:
    """Return a client of ccxt with our addresses and an account's keys, else as it comes."""
    exchange = kind({**keys_of(account), **keys, "enableRateLimit": False})
    api = exchange.urls["api"]
    for name, url in list(api.items()):
        if isinstance(url, str):
            api[name] = told["rest"] + urlsplit(url).path
    if "ws" in api:
        api["ws"] |= {
            "spot": told["ws_spot"], "linear": told["ws_futures"],
            "ws-api": {"spot": told["ws_api"], "linear": told["ws_fapi"]},
        }  # fmt: skip
    return exchange
