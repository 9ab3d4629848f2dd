"""Signed tokens are checked with nothing but the public key set, and only their own key opens them."""

import base64
import json
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from postmill.crypto.signing import SigningKey

KEY = SigningKey.generate()


def opened(token: str, jwk: dict[str, str]) -> Any:
    """The claims, checked as a relying party does; raises InvalidSignature."""

    def data(text: str) -> bytes:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))

    numbers = RSAPublicNumbers(int.from_bytes(data(jwk["e"]), "big"), int.from_bytes(data(jwk["n"]), "big"))
    head, body, signature = token.split(".")
    assert json.loads(data(head)) == {"alg": "RS256", "typ": "JWT", "kid": jwk["kid"]}
    numbers.public_key().verify(data(signature), f"{head}.{body}".encode(), PKCS1v15(), SHA256())
    return json.loads(data(body))


def test_a_token_is_checked_with_the_public_key() -> None:
    claims = {"sub": "a::b", "exp": 1, "groups": ["ä"]}
    assert opened(KEY.sign(claims), KEY.public_jwk()) == claims
    assert set(KEY.public_jwk()) == {"kty", "use", "alg", "kid", "n", "e"}


def test_the_key_comes_back_from_its_text() -> None:
    again = SigningKey.from_pem(KEY.to_pem())
    assert again.public_jwk() == KEY.public_jwk()
    assert opened(again.sign({"a": 1}), KEY.public_jwk()) == {"a": 1}
    with pytest.raises(ValueError):
        SigningKey.from_pem("nonsense")


def test_what_was_altered_does_not_open() -> None:
    head, body, signature = KEY.sign({"sub": "bob"}).split(".")
    other = base64.urlsafe_b64encode(b'{"sub":"eve"}').rstrip(b"=").decode()
    with pytest.raises(InvalidSignature):
        opened(f"{head}.{other}.{signature}", KEY.public_jwk())
    assert opened(f"{head}.{body}.{signature}", KEY.public_jwk()) == {"sub": "bob"}
