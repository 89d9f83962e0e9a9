"""`steelyard exchange` as a process: what it prints, how soon, and how it ends."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from steelyard.app.exchange import offered

SOON_S = 2.0
PATIENCE_S = 60


@contextmanager
def exchange(*words: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "steelyard", "exchange", "--port", "0", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def ended(process: subprocess.Popen[str], number: int) -> tuple[int, str, str]:
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE_S)
    return process.returncode, out, err


def control(told: dict[str, Any], action: str, values: dict[str, Any]) -> Any:
    host = told["control"].removeprefix("http://")
    with closing(HTTPConnection(host, timeout=PATIENCE_S)) as line:
        line.request("POST", f"/{action}", json.dumps(values))
        return json.loads(line.getresponse().read())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_prints_one_line_of_json_and_ends_with_code_0(number: int) -> None:
    with exchange("--json", "--accounts", "3") as process:
        told = json.loads(first_line(process))
        assert list(told) == [*offered(), "control"]
        for name in offered():
            assert told[name]["rest"].startswith("http://127.0.0.1:")
            assert told[name]["ws"].startswith("ws://127.0.0.1:")
            assert len(told[name]["key"]) > 15 < len(told[name]["secret"])
        state = control(told, "state", {})
        assert state["prices"].keys() >= {"BTC", "ETH"}
        assert {one["accounts"] for one in state["dialects"].values()} == {3}
        assert ended(process, number) == (0, "", "")


def test_it_is_open_in_under_two_seconds() -> None:
    def took_s() -> float:
        began = time.monotonic()
        with exchange("--json") as process:
            assert first_line(process)
            return time.monotonic() - began

    # The best of a few: the machine may have other things to do, and the first run compiles.
    assert min(took_s() for _ in range(4)) < SOON_S


def test_it_tells_a_person_how_long_it_took() -> None:
    with exchange("--accounts", "1") as process:
        lines: list[str] = []
        while "Ctrl-C" not in (lines or [""])[-1]:
            lines.append(first_line(process))
            assert lines[-1], lines
        assert re.fullmatch(r"open after \d+\.\d s; Ctrl-C ends it\.\n", lines[-1])
        assert any(line.startswith("control ") for line in lines)
        assert ended(process, signal.SIGTERM)[0] == 0


def test_the_same_seed_has_the_same_keys_and_another_one_others() -> None:
    keys = []
    for seed in ("1", "1", "2"):
        with exchange("--json", "--accounts", "1", "--seed", seed) as process:
            told = json.loads(first_line(process))
            keys.append([told[name]["key"] for name in offered()])
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize(
    "words",
    [
        ("--dialects", "nobody"),
        ("--market", "nowhere.toml"),
        ("--accounts", "0"),
        ("--faults", "nowhere.toml"),
    ],
)
def test_what_it_cannot_do_is_one_sentence_and_code_2(words: tuple[str, ...]) -> None:
    with exchange(*words) as process:
        out, err = process.communicate(timeout=PATIENCE_S)
        assert (process.returncode, out, err.count("\n")) == (2, "", 1)


def test_a_script_and_faults_are_played(tmp_path: Path) -> None:
    market, faults = tmp_path / "market.toml", tmp_path / "faults.toml"
    market.write_text("[[price]]\nat_s = 0\nprices = { BTC = '50000' }\n")
    faults.write_text(
        "[[fault]]\nfault = 'html'\nid = 'mine'\n"
        "[[action]]\nat_s = 0.1\ndo = 'price'\nbase = 'ETH'\nprice = '2000'\n"
    )
    with exchange("--json", "--market", str(market), "--faults", str(faults)) as process:
        told = json.loads(first_line(process))
        end = time.monotonic() + PATIENCE_S
        while (state := control(told, "state", {}))["prices"]["ETH"] != "2000":
            assert time.monotonic() < end
        assert state["prices"]["BTC"].startswith("50000")
        assert [one["id"] for one in state["faults"]] == ["mine"]


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    with exchange("--json", "--accounts", "1") as process:
        port = json.loads(first_line(process))["control"].rpartition(":")[2]
        command = [sys.executable, "-m", "steelyard", "exchange", "--port", port]
        found = subprocess.run(
            command, capture_output=True, text=True, timeout=PATIENCE_S, check=False
        )
        assert found.returncode == 2
        assert "did not start" in found.stderr
