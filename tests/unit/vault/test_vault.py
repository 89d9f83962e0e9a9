"""The vault gives credentials back to whom they belong, and to nobody else, whatever happens."""

import base64
import json
import os
import traceback
from collections.abc import Callable
from itertools import count
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.pretty import pretty_repr

from steelyard.model.errors import ConfigurationError
from steelyard.services.vault.entries import Entry, Opened, Place, open_entry, rewrap, seal_entry
from steelyard.services.vault.keys import (
    FILE_VARIABLE,
    KEY_VARIABLE,
    FilePlace,
    KeyRing,
    place_of,
    ring_made,
    ring_of,
)
from steelyard.services.vault.vault import Vault, open_vault
from steelyard.venues.native.dialect import Addresses, Credentials

KEY = "canary-key-1111"
SECRET = "canary-secret-2222"
PASSPHRASE = "canary-phrase-3333"
CANARIES = (KEY, SECRET, PASSPHRASE)
PLACE = Place(owner="ann", account="main", venue="okx", environment="mainnet")
OPENED = Opened(
    place=PLACE,
    credentials=Credentials(key=KEY, secret=SECRET, passphrase=PASSPHRASE),
    addresses=Addresses(rest={"rest": "http://127.0.0.1:9000"}, ws={}),
)


def drawn() -> Callable[[int], bytes]:
    """Bytes that are never the same twice."""
    numbers = count(1)
    return lambda size: next(numbers).to_bytes(4).ljust(size, b"\x5a")


def ring(first: int = 1) -> KeyRing:
    return KeyRing([bytes([first]) * 32], "the test")


def vault(folder: Path, environ: dict[str, str] | None = None) -> Vault:
    return open_vault(folder, environ or {}, os.urandom)


def refused(call: Callable[[], object]) -> str:
    with pytest.raises(ConfigurationError) as raised:
        call()
    told = "".join(traceback.format_exception(raised.value))
    assert not any(canary in told for canary in CANARIES)
    return str(raised.value)


def test_what_was_added_comes_back(tmp_path: Path) -> None:
    vault(tmp_path).add(OPENED)

    assert vault(tmp_path).open("main") == OPENED
    assert vault(tmp_path).places() == (PLACE,)
    assert vault(tmp_path).masked() == {"main": "…1111"}


@pytest.mark.parametrize("field", ["owner", "account", "venue", "environment"])
def test_an_entry_opens_in_its_own_place_only(field: str) -> None:
    entry = seal_entry(OPENED, ring(), drawn())
    moved = msgspec.structs.replace(
        entry, place=msgspec.structs.replace(PLACE, **{field: "another"})
    )

    assert "do not open" in refused(lambda: open_entry(moved, ring()))


def test_places_whose_words_run_together_are_different() -> None:
    one = msgspec.structs.replace(PLACE, account="main", venue="okx")
    two = msgspec.structs.replace(PLACE, account="maino", venue="kx")
    entry = seal_entry(msgspec.structs.replace(OPENED, place=one), ring(), drawn())

    assert refused(lambda: open_entry(msgspec.structs.replace(entry, place=two), ring()))


@given(field=st.sampled_from(["wrapped", "sealed"]), data=st.data())
def test_any_changed_bit_closes_it(field: str, data: st.DataObject) -> None:
    entry = seal_entry(OPENED, ring(), drawn())
    raw = bytearray(base64.b64decode(getattr(entry, field)))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    changed = msgspec.structs.replace(entry, **{field: base64.b64encode(bytes(raw)).decode()})

    assert "do not open" in refused(lambda: open_entry(changed, ring()))


@pytest.mark.parametrize("field", ["wrapped", "sealed"])
@pytest.mark.parametrize("text", ["", "AAAA", "no base64 ☃", "A" * 400])
def test_nonsense_is_refused_in_a_sentence(field: str, text: str) -> None:
    entry = msgspec.structs.replace(seal_entry(OPENED, ring(), drawn()), **{field: text})

    assert "do not open" in refused(lambda: open_entry(entry, ring()))


def test_halves_of_two_entries_do_not_fit(tmp_path: Path) -> None:
    fresh = drawn()
    one, two = seal_entry(OPENED, ring(), fresh), seal_entry(OPENED, ring(), fresh)
    mixed = msgspec.structs.replace(one, sealed=two.sealed)

    assert refused(lambda: open_entry(mixed, ring()))


def test_another_key_opens_nothing() -> None:
    entry = seal_entry(OPENED, ring(1), drawn())
    lying = msgspec.structs.replace(entry, key=ring(2).newest)

    assert "is not in the test" in refused(lambda: open_entry(entry, ring(2)))
    assert "do not open" in refused(lambda: open_entry(lying, ring(2)))


def test_every_write_draws_new_nonces_and_a_new_key(tmp_path: Path) -> None:
    asked: list[bytes] = []

    def fresh(size: int) -> bytes:
        asked.append(os.urandom(size))
        return asked[-1]

    kept = Vault(tmp_path, FilePlace(tmp_path / "vault.key"), fresh)
    kept.add(OPENED)
    kept.add(OPENED, replace=True)

    assert [len(one) for one in asked] == [32, 32, 12, 12, 32, 12, 12]
    assert len(set(asked)) == len(asked)


def test_no_canary_is_in_the_file_or_in_any_repr(tmp_path: Path) -> None:
    kept = vault(tmp_path)
    kept.add(OPENED)
    entry = seal_entry(OPENED, ring(), drawn())
    shown = [
        repr(kept), repr(OPENED), str(OPENED), f"{OPENED}", repr(entry), repr(ring()),
        pretty_repr(OPENED), pretty_repr(OPENED.credentials), repr(OPENED.credentials),
        kept.path.read_text(),
    ]  # fmt: skip

    assert not [text for text in shown for canary in CANARIES if canary in text]
    assert not [text for text in shown if base64.b64encode(SECRET.encode()).decode() in text]


def test_files_are_their_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        warning = vault(tmp_path).add(OPENED)
    finally:
        os.umask(before)

    assert str(tmp_path / "vault.key") in warning
    assert vault(tmp_path).add(OPENED, replace=True) == ""
    modes = {p.name: p.stat().st_mode & 0o777 for p in tmp_path.iterdir()}
    assert modes == {"vault.json": 0o600, "vault.key": 0o600, ".vault.lock": 0o600}


@pytest.mark.parametrize("name", ["vault.json", "vault.key"])
def test_a_file_that_others_may_read_is_refused(tmp_path: Path, name: str) -> None:
    vault(tmp_path).add(OPENED)
    (tmp_path / name).chmod(0o640)

    assert "may be read by others" in refused(lambda: vault(tmp_path).open("main"))


def test_a_missing_key_is_not_made_anew_beside_what_it_sealed(tmp_path: Path) -> None:
    vault(tmp_path).add(OPENED)
    (tmp_path / "vault.key").unlink()
    other = msgspec.structs.replace(OPENED, place=msgspec.structs.replace(PLACE, account="b"))

    assert "key is missing" in refused(lambda: vault(tmp_path).add(other))
    assert vault(tmp_path).masked() == {"main": ""}


def test_an_account_is_replaced_only_where_that_is_asked_for(tmp_path: Path) -> None:
    vault(tmp_path).add(OPENED)

    assert "--replace" in refused(lambda: vault(tmp_path).add(OPENED))
    vault(tmp_path).remove("main")
    assert "has no account main" in refused(lambda: vault(tmp_path).open("main"))
    assert "has no account main" in refused(lambda: vault(tmp_path).remove("main"))


@pytest.mark.parametrize("body", [b"", b"{", b'{"version": 1, "accounts": [{"place": 1}]}', b"[]"])
def test_a_damaged_file_is_told_and_left_alone(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "vault.json").touch(mode=0o600)
    (tmp_path / "vault.json").write_bytes(body)

    assert "is damaged" in refused(lambda: vault(tmp_path).places())
    assert (tmp_path / "vault.json").read_bytes() == body


def test_a_file_of_another_version_is_refused(tmp_path: Path) -> None:
    (tmp_path / "vault.json").touch(mode=0o600)
    (tmp_path / "vault.json").write_text('{"version": 2, "accounts": []}')

    assert "of version 2" in refused(lambda: vault(tmp_path).places())


def test_a_new_key_opens_what_the_old_one_sealed(tmp_path: Path) -> None:
    kept = vault(tmp_path)
    kept.add(OPENED)
    before = json.loads(kept.path.read_text())["accounts"][0]

    name = kept.rotate()

    after = json.loads(kept.path.read_text())["accounts"][0]
    assert (after["key"], after["sealed"]) == (name, before["sealed"])
    assert after["wrapped"] != before["wrapped"]
    assert len((tmp_path / "vault.key").read_text().split()) == 1
    assert kept.open("main") == OPENED


@pytest.mark.parametrize("writes", [0, 1, 2, 3])
def test_a_rotation_that_is_killed_loses_nothing(
    tmp_path: Path, writes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = vault(tmp_path)
    kept.add(OPENED)
    left, replace = iter(range(writes)), Path.replace

    def dying(self: Path, target: Path) -> Path:
        if next(left, None) is None:
            raise KeyboardInterrupt
        return replace(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", dying)
        if writes < 3:
            with pytest.raises(KeyboardInterrupt):
                kept.rotate()
        else:
            kept.rotate()

    assert vault(tmp_path).open("main") == OPENED
    vault(tmp_path).rotate()
    assert vault(tmp_path).open("main") == OPENED
    assert len((tmp_path / "vault.key").read_text().split()) == 1


def spelled(key: bytes) -> str:
    return base64.b64encode(key).decode()


def test_a_key_of_the_environment_goes_first_and_rotates_by_hand(tmp_path: Path) -> None:
    old, new = spelled(b"o" * 32), spelled(b"n" * 32)
    assert vault(tmp_path, {KEY_VARIABLE: old}).add(OPENED) == ""
    assert not (tmp_path / "vault.key").exists()
    assert "from outside" in refused(lambda: vault(tmp_path, {KEY_VARIABLE: old}).rotate())

    vault(tmp_path, {KEY_VARIABLE: f"{new},{old}"}).rotate()

    assert vault(tmp_path, {KEY_VARIABLE: new}).open("main") == OPENED
    assert refused(lambda: vault(tmp_path, {KEY_VARIABLE: old}).open("main"))


@pytest.mark.parametrize("text", ["short", spelled(b"x" * 31), "not base64 ☃"])
def test_a_bad_key_is_refused_and_not_repeated(tmp_path: Path, text: str) -> None:
    said = refused(lambda: vault(tmp_path, {KEY_VARIABLE: text}).add(OPENED))

    assert text not in said
    assert KEY_VARIABLE in said


class Ring:
    """What the package `keyring` offers."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, user: str) -> str | None:
        return self.kept.get((service, user))

    def set_password(self, service: str, user: str, text: str) -> None:
        self.kept[service, user] = text


def test_the_systems_keyring_keeps_the_key_where_it_is_asked_to(tmp_path: Path) -> None:
    system = Ring()
    place = place_of({KEY_VARIABLE: "keyring"}, tmp_path, load=lambda _: system)

    kept = Vault(tmp_path, place, os.urandom)
    assert "keyring" in kept.add(OPENED)
    kept.rotate()

    assert kept.open("main") == OPENED
    assert not (tmp_path / "vault.key").exists()
    assert len(system.kept) == 1


def test_without_the_package_the_keyring_is_refused(tmp_path: Path) -> None:
    def missing(name: str) -> object:
        raise ImportError(name)

    said = refused(lambda: place_of({KEY_VARIABLE: "keyring"}, tmp_path, load=missing))
    assert "needs the package keyring" in said


def test_a_named_file_holds_the_key(tmp_path: Path) -> None:
    place = place_of({FILE_VARIABLE: str(tmp_path / "far" / "k")}, tmp_path)
    assert ring_of(place) is None

    made, warning = ring_made(place, os.urandom)

    assert (tmp_path / "far" / "k").stat().st_mode & 0o777 == 0o600
    assert str(tmp_path / "far" / "k") in warning
    found = ring_of(place)
    assert found is not None
    assert found.newest == made.newest


def test_rewrapping_changes_nothing_for_who_is_sealed_already() -> None:
    entry: Entry = seal_entry(OPENED, ring(), drawn())

    assert rewrap(entry, ring(), drawn()) is entry


@pytest.mark.parametrize("name", ["", "Main", "a b", "../x", "ä", "a" * 41])
def test_a_name_that_no_configuration_could_have_is_refused(tmp_path: Path, name: str) -> None:
    odd = msgspec.structs.replace(OPENED, place=msgspec.structs.replace(PLACE, account=name))

    assert "allowed are" in refused(lambda: vault(tmp_path).add(odd))
