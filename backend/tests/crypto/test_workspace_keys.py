"""Sealed records open with their key at their place, and nowhere else."""

import base64
import os
from pathlib import Path

import pytest

from postmill.crypto.workspace_keys import CannotOpen, Keyring, key_id_of, load_instance_key


@pytest.fixture
def keyring() -> Keyring:
    return Keyring(os.urandom(32))


def test_a_record_opens_with_its_key_at_its_place_only(keyring: Keyring) -> None:
    key = keyring.unwrap("main", 3, keyring.new_wrapped_key("main", 3))
    record = keyring.seal(key, "pässword", "main:u/alice/secret")
    assert keyring.open(key, record, "main:u/alice/secret") == "pässword"
    assert key_id_of(record) == 3
    assert keyring.seal(key, "pässword", "main:u/alice/secret") != record
    with pytest.raises(CannotOpen):
        keyring.open(key, record, "main:u/bob/secret")
    other = keyring.unwrap("main", 3, keyring.new_wrapped_key("main", 3))
    with pytest.raises(CannotOpen):
        keyring.open(other, record, "main:u/alice/secret")


def test_every_altered_byte_is_noticed(keyring: Keyring) -> None:
    key = keyring.unwrap("main", 1, keyring.new_wrapped_key("main", 1))
    data = base64.b64decode(keyring.seal(key, "x", "place"))
    for position in range(len(data)):
        altered = bytearray(data)
        altered[position] ^= 1
        with pytest.raises(CannotOpen):
            keyring.open(key, base64.b64encode(altered).decode(), "place")


@pytest.mark.parametrize("record", ["", "not base64!", "AAAA", base64.b64encode(b"\2" + bytes(60)).decode()])
def test_foreign_records_are_refused(keyring: Keyring, record: str) -> None:
    key = keyring.unwrap("main", 1, keyring.new_wrapped_key("main", 1))
    with pytest.raises(CannotOpen):
        keyring.open(key, record, "place")


def test_a_wrapped_key_belongs_to_one_workspace_and_instance(keyring: Keyring) -> None:
    wrapped = keyring.new_wrapped_key("main", 1)
    with pytest.raises(CannotOpen):
        keyring.unwrap("other", 1, wrapped)
    with pytest.raises(CannotOpen):
        Keyring(os.urandom(32)).unwrap("main", 1, wrapped)


def test_derived_keys_differ_by_purpose_and_agree_between_machines() -> None:
    secret = os.urandom(32)
    one, two = Keyring(secret), Keyring(secret)
    assert one.derive("job tokens") == two.derive("job tokens") != one.derive("approval")


def test_the_key_file_is_made_once_and_private(tmp_path: Path) -> None:
    key = load_instance_key(tmp_path)
    assert load_instance_key(tmp_path) == key
    assert (tmp_path / "instance.key").stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["instance.key"]


def test_a_key_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    load_instance_key(tmp_path)
    (tmp_path / "instance.key").chmod(0o644)
    with pytest.raises(ValueError, match="0600"):
        load_instance_key(tmp_path)


def test_the_environment_may_hold_the_key(tmp_path: Path) -> None:
    assert load_instance_key(tmp_path, "ab" * 32) == b"\xab" * 32
    assert not list(tmp_path.iterdir())
    with pytest.raises(ValueError, match="64 hexadecimal"):
        load_instance_key(tmp_path, "abc")


def test_keys_do_not_show_themselves(keyring: Keyring) -> None:
    key = keyring.unwrap("main", 1, keyring.new_wrapped_key("main", 1))
    assert key.secret.hex() not in repr(key) and repr(key.secret) not in repr(key)
