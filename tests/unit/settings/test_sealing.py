"""Secrets open only where they belong, and show nowhere."""

import base64
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.model.errors import ConfigurationError
from steelyard.services.settings.sealing import (
    PREFIX,
    Secret,
    open_sealed,
    read_key,
    seal,
)
from tests.unit.settings.texts import MAIN, mistakes, settings

KEY = bytes(range(32))
NONCE = bytes(12)
PLACES = st.tuples(st.text(max_size=5), st.text(max_size=5), st.text(max_size=5))
ENCODED = base64.b64encode(KEY).decode()


def sealed(text: str = "hunter2", environment: str = "live", account: str = "main") -> str:
    return seal(
        text, KEY, nonce=NONCE, environment=environment, account=account, field="api_secret"
    )


@given(st.text(), PLACES, PLACES)
def test_it_opens_in_its_own_place_alone(
    text: str, place: tuple[str, str, str], other: tuple[str, str, str]
) -> None:
    closed = seal(text, KEY, nonce=NONCE, environment=place[0], account=place[1], field=place[2])

    assert closed.startswith(PREFIX)
    opened = open_sealed(closed, KEY, environment=place[0], account=place[1], field=place[2])
    assert opened.reveal() == text
    if other != place:
        with pytest.raises(ConfigurationError, match="does not open"):
            open_sealed(closed, KEY, environment=other[0], account=other[1], field=other[2])


@given(st.integers(0, 60), st.integers(1, 255))
def test_a_single_changed_byte_is_found(at: int, flip: int) -> None:
    raw = bytearray(base64.b64decode(sealed().removeprefix(PREFIX)))
    raw[at % len(raw)] ^= flip
    broken = PREFIX + base64.b64encode(bytes(raw)).decode()

    with pytest.raises(ConfigurationError, match="does not open"):
        open_sealed(broken, KEY, environment="live", account="main", field="api_secret")


@pytest.mark.parametrize("text", ["", "clear", PREFIX, PREFIX + "AAAA", PREFIX + "?", "sealed:v2:"])
def test_what_is_not_sealed_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"not sealed|damaged|does not open"):
        open_sealed(text, KEY, environment="", account="", field="")


def test_a_key_and_a_nonce_have_their_length() -> None:
    with pytest.raises(ConfigurationError, match="a nonce had 5 bytes"):
        seal("x", KEY, nonce=b"12345", environment="", account="", field="")
    with pytest.raises(ConfigurationError, match="a key had 5 bytes"):
        seal("x", b"12345", nonce=NONCE, environment="", account="", field="")


def test_the_key_comes_from_a_variable_or_from_a_file_of_ones_own(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(ENCODED + "\n")
    file.chmod(0o644)

    assert read_key({}) is None
    assert read_key({"STEELYARD_SECRET_KEY": ENCODED}, file) == KEY
    with pytest.raises(ConfigurationError, match="may be read by others: chmod 600"):
        read_key({}, file)
    file.chmod(0o600)
    assert read_key({}, file) == KEY
    file.write_text("short")
    with pytest.raises(ConfigurationError, match="allowed are 32 bytes written as base64"):
        read_key({}, file)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_key({}, tmp_path / "none")


def test_a_secret_is_shown_to_nobody() -> None:
    secret = Secret("hunter2")

    assert "hunter2" not in f"{secret} {secret!r} {[secret]}"
    assert secret == Secret("hunter2")
    assert secret != Secret("other")
    with pytest.raises(TypeError):
        hash(secret)


def test_the_secrets_file_is_opened_for_its_environment(tmp_path: Path) -> None:
    secrets = f'[accounts.main]\napi_secret = "{sealed()}"\n'
    environ = {"STEELYARD_SECRET_KEY": ENCODED, "STEELYARD_ENV": "live"}
    found = settings(tmp_path, environ, main=MAIN, live="", secrets=secrets)

    assert found.accounts[0].api_secret == Secret("hunter2")
    assert "hunter2" not in repr(found)
    (line,) = mistakes(tmp_path, environ | {"STEELYARD_ENV": ""}, main=MAIN, secrets=secrets)
    assert line.startswith(
        "robots.secrets.toml: accounts.main.api_secret does not open: it was damaged"
    )


def test_a_sealed_secret_without_a_key_is_told(tmp_path: Path) -> None:
    secrets = f'[accounts.main]\napi_secret = "{sealed(environment="")}"\n'

    (line,) = mistakes(tmp_path, main=MAIN, secrets=secrets)
    assert line == (
        "robots.secrets.toml: accounts.main.api_secret is sealed and there is no key: set "
        "STEELYARD_SECRET_KEY or house.secret_key_file"
    )
    (tmp_path / "key").write_text(ENCODED)
    (tmp_path / "key").chmod(0o600)
    text = MAIN.replace("[house]", '[house]\nsecret_key_file = "key"')
    assert settings(tmp_path, main=text).accounts[0].api_secret == Secret("hunter2")


@pytest.mark.parametrize("layer", ["main", "secrets"])
@pytest.mark.parametrize("value", ['"hunter2"', "77117", "77117.5", '["hunter2"]'])
def test_a_secret_in_clear_is_refused_and_not_repeated(
    tmp_path: Path, layer: str, value: str
) -> None:
    line = f"api_secret = {value}"
    main, secrets = MAIN, f"[accounts.main]\n{line}"
    if layer == "main":
        main, secrets = MAIN.replace('name = "main"', f'name = "main"\n{line}'), ""
    found = mistakes(tmp_path, main=main, secrets=secrets)

    assert found
    assert "hunter2" not in "".join(found)
    assert "77117" not in "".join(found)


def test_a_variable_may_hold_one_in_clear(tmp_path: Path) -> None:
    environ = {"STEELYARD_ACCOUNTS__MAIN__API_KEY": "public"}

    assert settings(tmp_path, environ, main=MAIN).accounts[0].api_key == Secret("public")
