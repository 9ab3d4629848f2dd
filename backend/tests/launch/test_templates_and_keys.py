import pytest

from postmill.kernel.errors import InvalidInput
from postmill.launch.caching import cache_key
from postmill.launch.templates import concurrency_key_of, fill, tag_of

ARGS = {"name": "x", "n": 3, "deep": {"a": True}, "evil": "$workspace $args[name]"}


@pytest.mark.parametrize(
    ("template", "filled"),
    [
        ("plain", "plain"),
        ("t-$workspace", "t-main"),
        ("$args[name]-$args[n]", "x-3"),
        ("$args[deep.a]", "true"),
        ("a$args[missing]b", "ab"),
        ("$args[evil]", "$workspace $args[name]"),  # what an argument holds is never a template
    ],
)
def test_holes_are_filled(template: str, filled: str) -> None:
    assert fill(template, "main", ARGS) == filled


@pytest.mark.parametrize("template", ["", "$args[missing]", "a,b", "a\nb", "x" * 256])
def test_what_cannot_be_a_tag_is_refused(template: str) -> None:
    with pytest.raises(InvalidInput):
        tag_of(template, "main", ARGS)


def test_concurrency_keys_belong_to_one_workspace() -> None:
    assert concurrency_key_of(None, "main", "script/f/a/b", ARGS) == "main/script/f/a/b"
    assert concurrency_key_of("k-$args[name]", "main", "", ARGS) == "main/k-x"
    assert concurrency_key_of("k", "other", "", ARGS) != concurrency_key_of("k", "main", "", ARGS)


def test_cache_keys_differ_by_everything_that_may_change_the_result() -> None:
    key = cache_key("main", "hash", "u/alice", {"a": 1, "b": 2})
    assert key == cache_key("main", "hash", "u/alice", {"b": 2, "a": 1})
    others = [
        cache_key("other", "hash", "u/alice", {"a": 1, "b": 2}),
        cache_key("main", "other", "u/alice", {"a": 1, "b": 2}),
        cache_key("main", "hash", "u/bob", {"a": 1, "b": 2}),
        cache_key("main", "hash", "u/alice", {"a": 1, "b": 2}, ("jobs:run",)),
        cache_key("main", "hash", "u/alice", {"a": 1, "b": "2"}),
    ]
    assert len({key, *others}) == 6
