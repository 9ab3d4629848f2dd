"""Sealed values: AES-256-GCM with one data key per workspace, wrapped by the instance key.

A sealed text is the base64 form of ``version (1) | key id (4, big-endian) | nonce (12) | ciphertext and tag``. The
associated text (for instance ``workspace:path``) is part of what is authenticated: a record copied to another place
does not open there.
"""

import base64
import os
import secrets
from binascii import Error as Base64Error
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

KEY_BYTES = 32
_VERSION = 1
_NONCE_BYTES = 12
_HEADER_BYTES = 1 + 4 + _NONCE_BYTES
_TAG_BYTES = 16
KEY_FILE = "instance.key"
KEY_VARIABLE = "POSTMILL_INSTANCE_KEY"


class CannotOpen(ValueError):
    """A sealed record was made with another key, for another place, or was altered."""


@dataclass(frozen=True, slots=True, repr=False)
class DataKey:
    """The unwrapped key of one workspace and the id under which it is stored."""

    id: int
    secret: bytes


def _seal(secret: bytes, key_id: int, plaintext: bytes, associated: str) -> str:
    nonce = os.urandom(_NONCE_BYTES)
    header = bytes([_VERSION]) + key_id.to_bytes(4, "big")
    sealed = AESGCM(secret).encrypt(nonce, plaintext, header + associated.encode())
    return base64.b64encode(header + nonce + sealed).decode()


def _open(secret: bytes, record: str, associated: str) -> bytes:
    try:
        data = base64.b64decode(record, validate=True)
    except (Base64Error, ValueError):
        raise CannotOpen("a sealed record is not base64") from None
    if len(data) < _HEADER_BYTES + _TAG_BYTES or data[0] != _VERSION:
        raise CannotOpen("a sealed record has an unknown form")
    try:
        return AESGCM(secret).decrypt(
            data[5:_HEADER_BYTES], data[_HEADER_BYTES:], data[:5] + associated.encode()
        )
    except InvalidTag:
        raise CannotOpen("a sealed record does not belong to this key and place") from None


def key_id_of(record: str) -> int:
    """The id of the data key that a record was sealed with; raises CannotOpen."""
    try:
        return int.from_bytes(base64.b64decode(record, validate=True)[1:5], "big")
    except (Base64Error, ValueError):
        raise CannotOpen("a sealed record is not base64") from None


class Keyring:
    """The instance key in the hands of a process. Never printed, logged or handed to a job."""

    def __init__(self, instance_key: bytes) -> None:
        if len(instance_key) != KEY_BYTES:
            raise ValueError(f"the instance key has {len(instance_key)} bytes; {KEY_BYTES} are needed")
        self._instance_key = instance_key
        self._derived: dict[str, bytes] = {}

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key of its own for each purpose, the same on every machine with this instance key."""
        key = self._derived.get(purpose)
        if key is None:
            key = HKDF(SHA256(), KEY_BYTES, salt=None, info=f"postmill {purpose}".encode()).derive(
                self._instance_key
            )
            self._derived[purpose] = key
        return key

    def new_wrapped_key(self, workspace_id: str, key_id: int = 1) -> str:
        """A fresh data key for a workspace, sealed for storage in ``workspace_key``."""
        return self.wrap(workspace_id, DataKey(key_id, secrets.token_bytes(KEY_BYTES)))

    def wrap(self, workspace_id: str, key: DataKey) -> str:
        return _seal(self.derive("wrap"), key.id, key.secret, f"workspace key:{workspace_id}:{key.id}")

    def unwrap(self, workspace_id: str, key_id: int, wrapped: str) -> DataKey:
        """Raises CannotOpen when the record was wrapped with another instance key."""
        return DataKey(key_id, _open(self.derive("wrap"), wrapped, f"workspace key:{workspace_id}:{key_id}"))

    def seal(self, data_key: DataKey, plaintext: str, associated: str) -> str:
        """Seal a value for the place that ``associated`` names."""
        return _seal(data_key.secret, data_key.id, plaintext.encode(), associated)

    def open(self, data_key: DataKey, record: str, associated: str) -> str:
        """The value again; raises CannotOpen."""
        return _open(data_key.secret, record, associated).decode()

    def seal_setting(self, name: str, plaintext: str) -> str:
        """Seal the value of an instance setting."""
        return _seal(self.derive("settings"), 0, plaintext.encode(), f"setting:{name}")

    def open_setting(self, name: str, record: str) -> str:
        """The value of an instance setting again; raises CannotOpen."""
        return _open(self.derive("settings"), record, f"setting:{name}").decode()


def load_instance_key(data_dir: Path, environment_value: str | None = None) -> bytes:
    """The instance key: the environment's value (64 hexadecimal digits) or the 0600 file, made when missing.

    Raises ValueError with a sentence for a malformed key or a file that others may read.
    """
    if environment_value:
        try:
            key = bytes.fromhex(environment_value.strip())
        except ValueError:
            raise ValueError(f"{KEY_VARIABLE} must be 64 hexadecimal digits") from None
        if len(key) != KEY_BYTES:
            raise ValueError(f"{KEY_VARIABLE} must be 64 hexadecimal digits")
        return key
    path = data_dir / KEY_FILE
    _create_key_file(path)
    if path.stat().st_mode & 0o077:
        raise ValueError(f"{path} may be read by others: set its mode to 0600")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise ValueError(f"{path} does not hold a {KEY_BYTES}-byte key")
    return key


def _create_key_file(path: Path) -> None:
    """Two processes may start at once: the complete file appears under its name in one step, for the first one."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)
