"""Plain Python strategies: woken by levels and fills, and woken on every bar."""

import json
import sys

from bench.setting import Market, machine, timed
from steelyard.services.marketdata.generation.settings import Emits


def levels() -> dict[str, object]:
    market = Market(Emits.TRADES, 5_000_000)
    given = {"step": "20", "budget": "1000"}
    seconds, made, _ = timed(
        lambda: machine(market, "examples/level_cross.py:LevelCross", given), market, runs=3
    )
    head = made.book.head[0]
    return {
        "ticks_per_s": round(market.rows / seconds), "events": int(head["n"]),
        "orders": int(head["orders"]), "fills": int(head["fills"]),
    }  # fmt: skip


def bars() -> dict[str, object]:
    market = Market(Emits.BARS, 525_600)
    given = {"budget": "1000"}
    seconds, made, _ = timed(
        lambda: machine(market, "examples/ma_cross.py:MovingAverageCross", given), market, runs=5
    )
    head = made.book.head[0]
    return {
        "bars_per_s": round(market.rows / seconds), "orders": int(head["orders"]),
        "fills": int(head["fills"]), "refusals": int(head["refusals"]),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps({"levels": levels, "bars": bars}[sys.argv[1]]()))
