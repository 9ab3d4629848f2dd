import hmac
from uuid import UUID

import pytest

from postmill.crypto.workspace_keys import Keyring
from postmill.identity import job_tokens


@pytest.mark.parametrize("key", [bytes(32), bytes(range(32)), b"\xff" * 32])
def test_the_signature_is_the_hmac_of_the_claim(key: bytes) -> None:
    keyring = Keyring(key)
    claim = bytes(range(28))
    assert job_tokens._signature(keyring, claim) == hmac.digest(keyring.derive("job tokens"), claim, "sha256")


def test_a_token_says_what_it_was_minted_for_and_only_to_its_own_instance() -> None:
    keyring, job_id = Keyring(bytes(32)), UUID(int=77)
    token = job_tokens.mint(keyring, job_id, 3, 1_800_000_000)
    claim = job_tokens.read(keyring, token)
    assert claim is not None
    assert (claim.job_id, claim.attempt, claim.expires_at.timestamp()) == (job_id, 3, 1_800_000_000)
    assert job_tokens.read(Keyring(b"1" * 32), token) is None
    assert job_tokens.read(keyring, token[:-4] + "AAAA") is None
