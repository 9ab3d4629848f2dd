"""RSA keys that sign JSON Web Tokens (RS256), and the public halves that others check them with."""

import base64
import hashlib
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from postmill.kernel import json

_BITS = 2048
_EXPONENT = 65537


class SigningKey:
    """A private key, which is never printed or logged, and the id that tokens name it by."""

    def __init__(self, key: RSAPrivateKey) -> None:
        self._key = key
        public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        self.kid = hashlib.sha256(public).hexdigest()[:24]

    @classmethod
    def generate(cls) -> "SigningKey":
        """A new key; keeps a processor busy for a moment."""
        return cls(generate_private_key(_EXPONENT, _BITS))

    @classmethod
    def from_pem(cls, pem: str) -> "SigningKey":
        """Raises ValueError for what is no RSA key."""
        key = load_pem_private_key(pem.encode(), password=None)
        if not isinstance(key, RSAPrivateKey):
            raise ValueError("a signing key is no RSA key")
        return cls(key)

    def to_pem(self) -> str:
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()

    def sign(self, claims: Mapping[str, Any]) -> str:
        """A JSON Web Token with the claims."""
        header = {"alg": "RS256", "typ": "JWT", "kid": self.kid}
        signed = ".".join(_base64url(json.encode(part)) for part in (header, claims))
        return f"{signed}.{_base64url(self._key.sign(signed.encode(), PKCS1v15(), SHA256()))}"

    def public_jwk(self) -> dict[str, str]:
        """The public half as a JSON Web Key."""
        numbers = self._key.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "alg": "RS256",
            "kid": self.kid,
            "n": _base64url_of_number(numbers.n),
            "e": _base64url_of_number(numbers.e),
        }


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _base64url_of_number(number: int) -> str:
    return _base64url(number.to_bytes((number.bit_length() + 7) // 8, "big"))
