"""Secrets in the form in which public clients carry them between instances.

AES-256-CBC with PKCS#7 padding and a zero IV under SHA-256 of the workspace's export key, in standard base64: weaker
than how secrets are kept here, therefore made only when somebody who may read the secret asks for it.
"""

import base64
import binascii
import hashlib
import re

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Connection
from postmill.kernel.errors import InvalidInput
from postmill.tables.workspaces import workspace_key

_KEY = re.compile(r"[A-Za-z0-9]{64}")
_BLOCK_BYTES = 16
_ZERO_IV = bytes(_BLOCK_BYTES)


async def export_key(connection: Connection, keyring: Keyring, workspace: str) -> str:
    """The workspace's export key: the one that somebody chose, else 64 digits that every server derives alike."""
    chosen = await workspace_key.export_key(connection, keyring, workspace)
    return chosen or keyring.derive(f"exported secrets of {workspace}").hex()


def require_export_key(key: str) -> None:
    """Raises InvalidInput for what public clients would not take as a key."""
    if _KEY.fullmatch(key) is None:
        raise InvalidInput("Bad request: a key has exactly 64 letters and digits")


def exported(plaintext: str, key: str) -> str:
    """The wire form of a secret."""
    padder = PKCS7(_BLOCK_BYTES * 8).padder()
    padded = padder.update(plaintext.encode()) + padder.finalize()
    encryptor = _cipher(key).encryptor()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def imported(ciphertext: str, key: str) -> str:
    """The secret again; raises InvalidInput for anything that was not made with the key."""
    try:
        data = base64.b64decode(ciphertext, validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput("Bad request: the encrypted value is not base64") from None
    if not data or len(data) % _BLOCK_BYTES:
        raise InvalidInput("Bad request: the encrypted value is not a whole number of 16-byte blocks")
    decryptor = _cipher(key).decryptor()
    padded = decryptor.update(data) + decryptor.finalize()
    try:
        unpadder = PKCS7(_BLOCK_BYTES * 8).unpadder()
        return (unpadder.update(padded) + unpadder.finalize()).decode()
    except ValueError:
        raise InvalidInput("Bad request: the value was encrypted with the key of another workspace") from None


def _cipher(key: str) -> Cipher[CBC]:
    return Cipher(AES(hashlib.sha256(key.encode()).digest()), CBC(_ZERO_IV))
