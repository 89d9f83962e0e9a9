"""The local exchange in one dialect, for contracts: `python hall_process.py dialect`.

It prints where it is reached as one line of JSON. Its market is that of the paper process: around
10,000 in quote, a trade and a quote every 2 ms.
"""

import json
import sys
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from importlib import import_module
from typing import Any

from steelyard.exchange.hall.exchange import Dialect, ExchangeSettings
from steelyard.exchange.hall.path import Source
from steelyard.exchange.hall.server import ExchangeServer
from steelyard.model.history import Chunk
from steelyard.wire.looping import run_loop
from tests.contract import paper_process

ACCOUNTS = paper_process.ACCOUNTS
SEED = 1
MONEY = Decimal(100_000)


def chunks() -> Iterator[Chunk]:
    yield from paper_process.market()


def listing(name: str) -> Any:
    return import_module(f"steelyard.exchange.{name}.listing")


def dialect(name: str) -> Dialect:
    speaker = import_module(f"steelyard.exchange.{name}.speaker")
    return Dialect(
        terms=listing(name).TERMS, instruments=listing(name).instruments(),
        speaker=getattr(speaker, f"{name.capitalize()}Speaker"),
    )  # fmt: skip


def settings(name: str) -> ExchangeSettings:
    found = dialect(name)
    bases = {one.base for one in found.instruments}
    return ExchangeSettings(
        dialects=(found,),
        # Rows are in whole coins and quote; the exchange prints them in each instrument's units.
        source=Source(
            instruments=(replace(paper_process.PERPETUAL, name="BTC/USDT", venue=""),),
            chunks=chunks, first=dict.fromkeys(bases, Decimal(10_000)),
        ),
        accounts=ACCOUNTS, seed=SEED, money=MONEY, report=complain,
    )  # fmt: skip


def complain(text: str) -> None:
    sys.stderr.write(text + "\n")


def tell(told: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(told) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    run_loop(ExchangeServer(settings(sys.argv[1]), host="127.0.0.1", ports={}, ready=tell))
