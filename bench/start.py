"""Starting: `steelyard --help`, a first backtest of 525,600 bars, memory for 5 million ticks."""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COMMAND = Path(sys.executable).with_name("steelyard")
GRID = ["--set", "price_interval=300", "order_quantity=100", "--fees", "0.0002,0.0005"]


def seconds(arguments: list[str], runs: int = 5) -> tuple[float, int]:
    """Return the median wall seconds of a command, and the peak memory of one run in MB."""
    walls, peak = [], 0
    for _ in range(runs + 1):
        began = time.perf_counter()
        process = subprocess.Popen(
            [str(COMMAND), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        _, status, usage = os.wait4(process.pid, 0)
        walls.append(time.perf_counter() - began)
        peak = usage.ru_maxrss // 1024
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            assert process.stderr is not None
            sys.exit(process.stderr.read().decode())
    return statistics.median(walls[1:] or walls), peak


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["STEELYARD_DATA_DIR"] = folder
        bars, trades = f"{folder}/bars.parquet", f"{folder}/trades.parquet"
        made = ["data", "generate", "--seed", "7", "--json"]
        seconds([*made, "--emits", "bars", "--count", "525600", "--out", bars], runs=0)
        seconds([*made, "--emits", "trades", "--count", "5000000", "--out", trades], runs=0)
        run = ["backtest", "grid", *GRID, "--instrument", "BTC/USDT", "--json", "--no-store"]
        help_s, _ = seconds(["--help"])
        first_s, _ = seconds([*run, "--data", bars])
        ticks_s, ticks_mb = seconds([*run, "--data", trades], runs=2)
    print(
        json.dumps(
            {
                "help_s": round(help_s, 3),
                "backtest_525600_bars_s": round(first_s, 3),
                "backtest_5m_ticks_s": round(ticks_s, 3),
                "backtest_5m_ticks_peak_mb": ticks_mb,
            }
        )
    )


if __name__ == "__main__":
    main()
