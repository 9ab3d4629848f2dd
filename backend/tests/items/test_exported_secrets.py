"""The wire form of secrets, as public clients write and read it."""

import pytest

from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Pool
from postmill.items.exported_secrets import export_key, exported, imported
from postmill.kernel.errors import InvalidInput

VECTOR = ("magickey", "http://magiclen.org", "DS/2U8royDnJDiNY2ps3f6ZoTbpZo8ZtUGYLGEjwLDQ=")


def test_the_known_vector_holds_both_ways() -> None:
    key, clear, sealed = VECTOR
    assert exported(clear, key) == sealed
    assert imported(sealed, key) == clear


@pytest.mark.parametrize("text", ["", "x" * 15, "x" * 16, "\u00fc\U0001f600", "line\nline"])
def test_every_text_comes_back(text: str) -> None:
    assert imported(exported(text, "k"), "k") == text


@pytest.mark.parametrize("wrong", ["", "A", "AAAA", "????", VECTOR[2][:-4] + "AAA="])
def test_what_was_not_made_with_the_key_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidInput):
        imported(wrong, VECTOR[0])


async def test_workspaces_have_export_keys_of_their_own_of_64_digits(database: Pool) -> None:
    keyring = Keyring(b"k" * 32)
    one, other = [await export_key(database, keyring, name) for name in ("one", "other")]
    assert one != other
    assert one == await export_key(database, Keyring(b"k" * 32), "one")
    assert (len(one), one.isalnum()) == (64, True)
