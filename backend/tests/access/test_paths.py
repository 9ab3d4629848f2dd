"""Well-formed and hostile paths and names."""

import pytest

from postmill.access.paths import ItemPath, parse_name, parse_owner, parse_username
from postmill.kernel.errors import InvalidInput


@pytest.mark.parametrize("text", ["u/alice/x", "f/docs/report", "g/all/a-b_c/d", "f/1/2"])
def test_good_paths(text: str) -> None:
    path = ItemPath.parse(text)
    assert path.text == text
    assert text.startswith(f"{path.owner_kind}/{path.owner}/")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "u",
        "u/alice",
        "x/alice/a",
        "u//a",
        "u/alice/",
        "u/alice/../bob",
        "u/alice/a.b",
        "u/alice/a b",
        "u/alice/a\0",
        "u/alice/a\n",
        "u/alice/é",
        "/u/alice/a",
        "u/alice/" + "a" * 255,
    ],
)
def test_bad_paths(text: str) -> None:
    with pytest.raises(InvalidInput):
        ItemPath.parse(text)


@pytest.mark.parametrize("text", ["", "a b", "../x", "a/b", "-a", "a" * 51, "a\0"])
def test_bad_names(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_name(text, "folder")


@pytest.mark.parametrize("text", ["", "1bob", "bob.smith", "group-x", "bob\n"])
def test_bad_usernames(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_username(text)


@pytest.mark.parametrize("text", ["alice", "x/alice", "u/", "g/a/b", "u/a b"])
def test_bad_owners(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_owner(text)
