"""`make bench`: run every benchmark, print one JSON object.

Each figure is measured in a process of its own, warm (a first run compiles and is not counted),
as the median of several runs. `python -m bench NAME …` runs only those named.
"""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

PARTS = {
    "fused_grid": ("bench.fused", []),
    "plain_levels": ("bench.plain", ["levels"]),
    "plain_bars": ("bench.plain", ["bars"]),
    "robots_10000": ("bench.robots", []),
    "start": ("bench.start", []),
    "journal": ("bench.journal", []),
    "kills": ("bench.kills", ["10"]),
    "decision": ("bench.shell", ["decision"]),
    "kill_switch": ("bench.shell", ["kill"]),
    "feed": ("bench.feed", []),
    "decoding_binance": ("bench.venues_binance", []),
    "decoding_okx": ("bench.venues_okx", []),
    "decoding_bitget": ("bench.venues_bitget", []),
    "decoding_gate": ("bench.venues_gate", []),
    "recorded_feed": ("bench.replay", []),
    "price_to_order": ("bench.latency", []),
}
ROOT = Path(__file__).resolve().parent.parent


def main(names: list[str]) -> None:
    wrong = [name for name in names if name not in PARTS]
    if wrong:
        sys.exit(f"benchmark was {wrong[0]!r}, allowed are {', '.join(PARTS)}")
    found: dict[str, object] = {
        "machine": {
            "processors": os.cpu_count(),
            "python": platform.python_version(),
            "load": os.getloadavg()[0],
        }
    }
    for name in names or PARTS:
        module, arguments = PARTS[name]
        print(f"bench: {name} …", file=sys.stderr, flush=True)
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments], cwd=ROOT, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        if done.returncode:
            print(done.stderr, file=sys.stderr)
            found[name] = {"failed": done.stderr.strip().splitlines()[-1:]}
        else:
            found[name] = json.loads(done.stdout)
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main(sys.argv[1:])
