"""Kill a house with -9 while it trades, again and again; measure how fast it trades again.

`python -m bench.kills [KILLS]` does so on SQLite and on PostgreSQL and prints JSON: what was lost
or doubled (nothing, or the sentences), and the time from a start to trading. It takes about three
seconds a kill. PostgreSQL is the server that STEELYARD_TEST_POSTGRES names; without one it is left
out.
"""

import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.killing import Rig

SERVER = os.environ.get("STEELYARD_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
KILLS = 200
OPEN_ORDERS = 1_000


@contextmanager
def database() -> Iterator[str]:
    """A database of its own; "": no server answers."""
    import asyncpg

    async def do(*queries: str) -> None:
        connection = await asyncpg.connect(SERVER, timeout=5)
        for query in queries:
            await connection.execute(query)
        await connection.close()

    name = f"steelyard_kills_{os.getpid()}"
    drop = f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"
    try:
        asyncio.run(do(drop, f"CREATE DATABASE {name}"))
    except (OSError, asyncpg.PostgresError):
        yield ""
        return
    try:
        yield f"{SERVER.rpartition('/')[0]}/{name}"
    finally:
        asyncio.run(do(drop))


def campaign(kills: int, journal: str = "", *, seed: int = 1) -> dict[str, Any]:
    """Kill so often; return what was found wrong, and figures.

    Without breakers: one that opens would end the trading that is to be killed.
    """
    luck = random.Random(seed)
    wrong: list[str] = []
    begun = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="kills") as folder,
        Rig(Path(folder), journal=journal, breakers=False) as rig,
    ):
        rig.start()
        time.sleep(1.0)
        done = starting = 0
        while done < kills and not wrong:
            done += 1
            rig.kill()
            if luck.random() < 0.2:  # also in the middle of a recovery
                rig.begin()
                time.sleep(luck.uniform(0.5, 2.0))
                rig.kill()
                starting += 1
                done += 1
            wrong = rig.check()
            time.sleep(luck.uniform(0.05, 1.2))
        killed_s = time.monotonic() - begun
        wrong = wrong or rig.end()
        restarts = sorted(rig.restarts[1:])
        kinds = rig.belief.kinds
        return {
            "kills": done,
            "of_them_while_starting": starting,
            "wrong": wrong,
            "orders": len(rig.belief.orders),
            "trades": len(rig.truth.trades),
            "outcomes": rig.belief.n,
            "unknown_orders": kinds["Lost"],
            "proven_not_placed": kinds["Absent"],
            "restart_s": {
                "median": round(restarts[len(restarts) // 2], 2), "max": round(restarts[-1], 2),
            },
            "seconds": round(killed_s),
        }  # fmt: skip


def restart(orders: int, journal: str = "", *, times: int = 5) -> dict[str, Any]:
    """Measure a start with so many open orders: to trading, and to the first intent of a create."""
    trading, creating = [], []
    with (
        tempfile.TemporaryDirectory(prefix="kills") as folder,
        Rig(
            Path(folder), journal=journal, robots=10, window=orders // 10, ahead=1, capital=100_000
        ) as rig,
    ):
        rig.start()
        found = 0
        for _ in range(100):
            time.sleep(0.3)
            found = rig.command("status")[1]["books"][0]["open_orders"]
            if found >= orders:
                break
        for _ in range(times):
            rig.kill()
            rig.belief.read()  # so that what is read next was written by the new life
            rig.start()
            trading.append(rig.restarts[-1])
            rig.belief.read()
            while not rig.belief.first_intent_ns:
                time.sleep(0.05)
                rig.belief.read()
            creating.append((rig.belief.first_intent_ns - rig.started_ns) / 1e9)
        wrong = rig.end()
    middle = times // 2
    return {
        "open_orders": found, "wrong": wrong,
        "start_to_trading_s": round(sorted(trading)[middle], 2),
        "start_to_first_create_s": round(sorted(creating)[middle], 2),
    }  # fmt: skip


def main(kills: int) -> None:
    found: dict[str, Any] = {"sqlite": campaign(kills)}
    with database() as url:
        found["postgres"] = campaign(kills, url) if url else "no server answers"
    found["restart"] = restart(OPEN_ORDERS)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else KILLS)
