import base64
import itertools
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmill.worker.masking import MASK, SHORTEST, Masker

SECRET = 'p"ä ss/wörd+1'


def masker(*secrets: str) -> Masker:
    masker = Masker()
    masker.add(secrets)
    return masker


@pytest.mark.parametrize(
    "shown",
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        json.dumps({"a": SECRET}, ensure_ascii=False),
        quote(SECRET),
        quote(SECRET, safe=""),
        base64.b64encode(SECRET.encode()).decode(),
        base64.b64encode(b"user:" + SECRET.encode()).decode(),
        base64.b64encode(b"u:" + SECRET.encode() + b"!").decode(),
        base64.urlsafe_b64encode(SECRET.encode()).decode(),
    ],
)
def test_a_secret_is_masked_in_every_form_that_it_is_printed_in(shown: str) -> None:
    masked = masker(SECRET).mask(f"before {shown} after")
    assert MASK in masked
    for form in (SECRET, json.dumps(SECRET)[1:-1], quote(SECRET)):
        assert form not in masked


def test_the_lines_of_a_secret_are_masked_one_by_one() -> None:
    key = "-----BEGIN KEY-----\nabcdefghij\nklmnopqrst\n-----END KEY-----\n"
    assert masker(key).mask("x klmnopqrst y abcdefghij") == f"x {MASK} y {MASK}"


def test_a_secret_that_holds_another_is_masked_whole() -> None:
    assert masker("secret", "secret-longer").mask("a secret-longer b secret") == f"a {MASK} b {MASK}"


def test_very_short_secrets_do_not_destroy_the_text() -> None:
    assert masker("a", "").mask("a banana") == "a banana"


@given(
    secret=st.text(alphabet="abc", min_size=SHORTEST, max_size=8),
    text=st.text(alphabet="abcd", max_size=40),
    cuts=st.lists(st.integers(0, 40), max_size=6),
)
def test_no_cut_between_writes_lets_a_secret_through(secret: str, text: str, cuts: list[int]) -> None:
    """Stored in pieces, however they are cut, the text holds no more of the secret than in one piece."""
    mask = masker(secret)
    edges = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    pending = ""
    stored = ""
    for start, end in itertools.pairwise(edges):
        pending += text[start:end]
        length = mask.safe_length(pending)
        stored += mask.mask(pending[:length])
        pending = pending[length:]
    stored += mask.mask(pending)
    assert stored == mask.mask(text)
    assert secret not in stored
