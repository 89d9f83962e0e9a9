"""The fused grid over five million generated trades, beside a plain C loop of the same rules.

Both run on the same rows in the same process. The C loop knows the grid's levels, fills and cash;
the fused loop also keeps orders, positions, the double-entry ledger, the gate, the simulator's
account, the equity curve and the digest of every outcome. Fills are compared before anything is
reported.
"""

import ctypes
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench.setting import Market, machine, timed
from steelyard.services.marketdata.generation.settings import Emits

ROWS = 5_000_000
# Intervals in quote. The narrowest that still pays its fees keeps the grid busiest.
CASES = {"wide": "150", "usual": "60", "narrow": "26"}


def main() -> None:
    market = Market(Emits.TRADES, ROWS)
    loop = c_loop()
    print(json.dumps({name: case(market, interval, loop) for name, interval in CASES.items()}))


def case(market: Market, interval: str, loop: Any) -> dict[str, object]:
    given = {"price_interval": interval, "order_quantity": "100"}
    seconds, made, trail = timed(
        lambda: machine(market, "grid", given, liquidity="unlimited"), market
    )
    head = made.book.head[0]
    figures: dict[str, object] = {
        "interval": interval,
        "ticks_per_s": round(ROWS / seconds),
        "ns_per_event": round(seconds * 1e9 / int(head["n"])),
        "ticks_per_event": round(ROWS / int(head["n"]), 1),
        "orders": int(head["orders"]),
        "fills": int(head["fills"]),
        "outcome_sha256": trail.digest,
    }
    if loop is None:
        return {**figures, "c_loop": "skipped: no C compiler (cc) on this machine"}
    prices = np.concatenate([chunk.a for chunk in market.chunks()])
    step = int(market.instruments[0].price(interval))
    runs = []
    for _ in range(5):
        began = time.perf_counter()
        fills = loop(prices.ctypes.data, len(prices), step)
        runs.append(time.perf_counter() - began)
    c_seconds = statistics.median(runs)
    return {
        **figures,
        "c_ticks_per_s": round(ROWS / c_seconds),
        "c_fills": int(fills),
        "fills_equal": int(fills) == int(head["fills"]),
        "times_c": round(seconds / c_seconds, 2),
    }


def c_loop() -> Any:
    """Build the C loop with this machine's compiler; None without one."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder) / "grid.so"
        subprocess.run(
            [compiler, "-O3", "-march=native", "-shared", "-fPIC", "-o", str(library),
             str(Path(__file__).with_name("grid.c"))],
            check=True,
        )  # fmt: skip
        function = ctypes.CDLL(str(library)).grid
    function.restype = ctypes.c_int64
    function.argtypes = [ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64]
    return function


if __name__ == "__main__":
    main()
