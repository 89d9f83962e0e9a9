"""`steelyard account` and `steelyard doctor` as a user meets them; no secret is ever seen."""

import json
import logging
import socket
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.market import command, refused
from tests.e2e.spot_exchange import Served, served
from tests.unit.venues_ccxt.spot_server import KEY, SECRET

Said = pytest.CaptureFixture[str]
PHRASE = "canary-phrase-3333"
CANARIES = (KEY, SECRET, PHRASE)


@pytest.fixture(scope="module")
def running() -> Iterator[Served]:
    with served() as server:
        yield server


@pytest.fixture
def server(running: Served) -> Iterator[Served]:
    rights = dict(running.rights)
    yield running
    running.rights, running.ahead_ms = rights, 0


@pytest.fixture(autouse=True)
def house(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Said,
    caplog: pytest.LogCaptureFixture,
) -> Iterator[Path]:  # fmt: skip
    """A folder of its own; whatever is printed, logged or written is searched for secrets."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("STEELYARD_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("STEELYARD_API_KEY", KEY)
    monkeypatch.setenv("STEELYARD_API_SECRET", SECRET)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.setenv("COLUMNS", "200")
    caplog.set_level(logging.DEBUG)
    yield tmp_path
    written = "".join(
        one.read_text() for one in tmp_path.rglob("*.json") if "there" not in one.name
    )
    for text in (caplog.text, written, "".join(capsys.readouterr())):
        assert not [canary for canary in CANARIES if canary in text]


def there(server: Served) -> tuple[str, ...]:
    host = f"127.0.0.1:{server.port}"
    return ("--rest", f"http://{host}", "--ws", f"ws://{host}")


def told(capsys: Said, *words: str, code: int = 0) -> dict[str, Any]:
    found, out, err = command(capsys, *words, "--json")
    assert found == code, err + "".join(
        one["en"] for one in json.loads(out).get("findings", ()) if one["level"] == "fix"
    )
    assert not [canary for canary in CANARIES if canary in out + err]
    answer: dict[str, Any] = json.loads(out)
    return answer


def no(capsys: Said, *words: str, code: int = 2) -> str:
    sentence = refused(capsys, *words, code=code)
    assert not [canary for canary in CANARIES if canary in sentence]
    return sentence


@pytest.mark.parametrize("venue", ["ccxt:binance", "binance"])
def test_an_account_is_added_listed_tried_and_removed(
    server: Served, capsys: Said, house: Path, venue: str
) -> None:
    code, out, err = command(capsys, "account", "add", "main", "--venue", venue, *there(server))

    assert code == 0, err
    assert str(house / "data" / "vault.key") in err
    assert out.startswith(f"account main was added: {venue}, own, key …1111")
    (row,) = told(capsys, "account", "list")["accounts"]
    assert row == {
        "account": "main", "venue": venue, "environment": "own", "owner": "", "key": "…1111",
    }  # fmt: skip
    tried = told(capsys, "account", "test", "main")
    assert tried["tested"]
    assert tried["permissions"] == (None if venue.startswith("ccxt") else ["read", "trade"])
    assert "nobody can be asked" in no(capsys, "account", "remove", "main")
    assert command(capsys, "account", "remove", "main", "--yes")[0] == 0
    assert told(capsys, "account", "list")["accounts"] == []


def test_a_key_that_may_withdraw_is_refused_unless_the_configuration_insists(
    server: Served, capsys: Said, house: Path
) -> None:
    server.rights["enableWithdrawals"] = True
    add = ("account", "add", "main", "--venue", "binance", "--environment", "here", *there(server))

    assert "may withdraw" in no(capsys, *add, code=3)
    assert told(capsys, "account", "list")["accounts"] == []

    configure(house, "allow_withdraw_keys = true")
    assert command(capsys, *add)[0] == 0
    findings = doctor(capsys)
    assert findings["withdraw_wanted"]["level"] == "note"


def configure(house: Path, more: str = "", venue: str = "binance") -> None:
    (house / "robots.toml").write_text(
        f'[[accounts]]\nname = "main"\nvenue = "{venue}"\nenvironment = "here"\n'
        f'instruments = ["BTC/USDT"]\n{more}\n'
    )


def doctor(capsys: Said, *words: str, code: int = 0) -> dict[str, Any]:
    found = told(capsys, "doctor", *words, code=code)
    assert found["fine"] is (code == 0)
    return {one["check"]: one for one in found["findings"]}


@pytest.mark.parametrize("venue", ["ccxt:binance", "binance"])
def test_the_doctor_finds_a_healthy_account_healthy(
    server: Served, capsys: Said, house: Path, venue: str
) -> None:
    configure(house, venue=venue)
    command(capsys, "account", "add", "main", *there(server))
    findings = doctor(capsys)

    assert {"journal_new", "rest", "clock", "listed", "key"} <= set(findings)
    assert [one["en"] for one in findings.values() if one["level"] == "fix"] == []
    assert findings["listed"]["zh"] == "BTC/USDT 已上市且可交易"
    if venue == "binance":
        assert findings["rights"]["en"] == "the key may read, trade"


def test_the_doctor_says_what_is_wrong_and_what_to_do(
    server: Served, capsys: Said, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(house)
    command(capsys, "account", "add", "main", *there(server))
    server.ahead_ms = 45_000
    server.rights["enableSpotAndMarginTrading"] = False
    configure(house, 'owner = ""\nleverage = 1')
    text = (house / "robots.toml").read_text().replace("BTC/USDT", "ETH/USDT")
    (house / "robots.toml").write_text(text)

    code, out, err = command(capsys, "doctor", "--account", "main")

    assert code == 3
    assert "must be put right" in err
    assert "✗ ETH/USDT is not listed" in out
    assert "→ take it out of the configuration" in out
    assert "ms behind the venue's" in out
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    assert "✗ ETH/USDT 未上市" in command(capsys, "doctor")[1]


def test_the_doctor_tells_a_wrong_key_from_a_lost_network(
    server: Served, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEELYARD_API_SECRET", "canary-wrong-secret")
    add = ("account", "add", "main", "--venue", "binance", "--no-test")
    assert command(capsys, *add, *there(server))[0] == 0
    assert doctor(capsys, code=3)["key_refused"]["level"] == "fix"

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        host = f"127.0.0.1:{taken.getsockname()[1]}"
        far = ("--rest", f"http://{host}", "--ws", f"ws://{host}", "--replace")
        assert command(capsys, *add, *far)[0] == 0
        assert doctor(capsys, code=3)["rest_lost"]["level"] == "fix"
        assert "could not be asked" in no(capsys, "account", "test", "main", code=3)


def test_a_wrong_key_is_not_kept(
    server: Served, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STEELYARD_API_SECRET", "canary-wrong-secret")
    add = ("account", "add", "main", "--venue", "binance", *there(server))

    assert "refuses account main" in no(capsys, *add, code=3)
    assert told(capsys, "account", "list")["accounts"] == []


def test_the_doctor_speaks_of_accounts_without_credentials(capsys: Said, house: Path) -> None:
    configure(house)

    found = doctor(capsys, code=3)

    assert found["vault_none"]["advice_en"] == "steelyard account add main"
    assert "account was 'other', there are main" in no(capsys, "doctor", "--account", "other")


def test_credentials_come_from_a_private_file(
    server: Served, capsys: Said, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("STEELYARD_API_KEY")
    monkeypatch.delenv("STEELYARD_API_SECRET")
    keys = house / "keys.toml"
    keys.write_text(f'key = "{KEY}"\nsecret = "{SECRET}"\n')
    add = ("account", "add", "main", "--venue", "binance", "--key-file", str(keys), *there(server))
    keys.chmod(0o644)
    assert "may be read by others" in no(capsys, *add)
    keys.chmod(0o600)

    assert command(capsys, *add)[0] == 0
    keys.write_text(f"secret {SECRET}")
    assert "holds no credentials" in no(capsys, *add, "--replace")


def test_the_line_of_an_exchange_brings_everything(
    server: Served, capsys: Said, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = f"127.0.0.1:{server.port}"
    row = {"rest": f"http://{host}", "ws": f"ws://{host}", "key": KEY, "secret": SECRET}
    line = json.dumps({"binance": row}) + "\n"
    (house / "there.json").write_text(line)
    add = ("account", "add", "local", "--venue", "binance")

    assert command(capsys, *add, "--exchange", "there.json")[0] == 0
    monkeypatch.setattr(sys, "stdin", StringIO(line))
    assert command(capsys, *add, "--exchange", "-", "--replace")[0] == 0
    (told_,) = told(capsys, "account", "list")["accounts"]
    assert told_["environment"] == "exchange"
    (house / "there.json").write_text('{"okx": {"key": "' + KEY + '"}}')
    assert "does not name binance" in no(capsys, *add, "--exchange", "there.json", "--replace")


@pytest.mark.parametrize(
    "words,expected",
    [
        (("--venue", "nasdaq"), "venue was 'nasdaq'"),
        (("--venue", "paper"), "needs no credentials"),
        (("--venue", "binance", "--environment", "moon"), "environment was 'moon'"),
        (("--venue", "okx", "--rest", "ftp://x"), "address was 'ftp://x'"),
        (("--venue", "okx", "--rest", "http://example.com"), "without encryption"),
        (("--venue", "okx", "--rest", "https://u:p@example.com"), "address was"),
        (("--venue", "okx", "--rest", "odd=https://example.com"), "named 'odd'"),
    ],
)
def test_what_cannot_be_an_account_is_refused(
    capsys: Said, words: tuple[str, ...], expected: str
) -> None:
    assert expected in no(capsys, "account", "add", "main", *words)


def test_an_address_never_names_a_secret_argument(capsys: Said) -> None:
    for option in ("--key", "--secret", "--passphrase", "--api-key", "--api-secret"):
        assert command(capsys, "account", "add", "main", "--venue", "okx", option, "x")[0] == 2


def test_the_vaults_key_is_replaced(server: Served, capsys: Said, house: Path) -> None:
    add = ("account", "add", "main", "--venue", "binance", "--no-test")
    command(capsys, *add, *there(server))
    before = (house / "data" / "vault.key").read_text()

    assert command(capsys, "account", "rotate")[0] == 0
    assert (house / "data" / "vault.key").read_text() != before
    assert told(capsys, "account", "test", "main")["tested"]


def test_a_vault_another_hand_changed_is_told(server: Served, capsys: Said, house: Path) -> None:
    add = ("account", "add", "main", "--venue", "binance", "--no-test")
    command(capsys, *add, *there(server))
    vault = house / "data" / "vault.json"
    vault.write_text(vault.read_text().replace('"own"', '"mainnet"'))

    assert "do not open" in no(capsys, "account", "test", "main")
    assert "do not open" in doctor(capsys, code=3)["vault_closed"]["en"]
    (row,) = told(capsys, "account", "list")["accounts"]
    assert row["key"] == "(does not open)"


def test_a_person_is_asked_without_echo(
    server: Served, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    from steelyard.cli import account

    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    asked: list[str] = []

    def answer(prompt: str) -> str:
        asked.append(prompt)
        return {"key: ": KEY, "secret: ": SECRET}[prompt]

    monkeypatch.delenv("STEELYARD_API_KEY")
    monkeypatch.delenv("STEELYARD_API_SECRET")
    monkeypatch.setattr(account, "getpass", answer)
    monkeypatch.setattr(sys, "stdin", Terminal())
    code, _, err = command(capsys, "account", "add", "main", "--venue", "binance", *there(server))

    assert code == 0, err
    assert asked == ["key: ", "secret: "]


def test_without_a_person_nothing_is_asked(capsys: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STEELYARD_API_KEY")
    sentence = no(capsys, "account", "add", "main", "--venue", "okx")
    assert sentence == "STEELYARD_API_KEY is not set, and the other one is"

    monkeypatch.delenv("STEELYARD_API_SECRET")
    monkeypatch.setattr(sys, "stdin", StringIO(""))
    assert "nobody can be asked here" in no(capsys, "account", "add", "main", "--venue", "okx")


def test_credentials_of_the_configuration_go_before_the_vaults(
    server: Served, capsys: Said, house: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from steelyard.app import venues

    configure(house)
    (house / "robots.toml").write_text(
        (house / "robots.toml").read_text().replace('"here"', '"testnet"')
    )
    monkeypatch.setenv("STEELYARD_ACCOUNTS__MAIN__API_KEY", KEY)
    monkeypatch.setenv("STEELYARD_ACCOUNTS__MAIN__API_SECRET", SECRET)
    own = venues.own_addresses(
        "binance", {"": f"http://127.0.0.1:{server.port}"}, {"": f"ws://127.0.0.1:{server.port}"}
    )
    monkeypatch.setattr("steelyard.app.probing.addresses_of", lambda *_: own)

    assert told(capsys, "account", "test", "main")["permissions"] == ["read", "trade"]
    assert "vault_none" not in doctor(capsys)
