"""Bash signatures beyond the shared cases."""

import pytest

from postmill.signatures.bash import infer_bash


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ('a="$1"', [("a", None)]),
        ('a="${1}"\n', [("a", None)]),
        ('a="${1:-}"\n', [("a", "")]),
        ('a="${1:-x y}" # note\r\nb="$2"\r\n', [("a", "x y"), ("b", None)]),
        ('b="$2"\na="$1"\n', [("a", None), ("b", None)]),
        ('a="$1"\nc="$3"\n', [("a", None)]),
        ('a="$1"\nb="$1"\n', [("b", None)]),
        ('a="$0"\n', []),
        ('a="$10"\n', []),
        ("a=$1\n", []),
        ("a='$1'\n", []),
        ('a="${1-x}"\n', []),
        ('  a="$1"\n', []),
        ('# a="$1"\n', []),
        ('export a="$1"\n', []),
        ('a="$1" && b\n', []),
        ('a="${1:-$HOME}"\n', [("a", "$HOME")]),
        ('a="${999999999999999999999}"\n', []),
        ("", []),
    ],
)
def test_arguments(code: str, expected: list[tuple[str, str | None]]) -> None:
    assert [(arg.name, arg.default) for arg in infer_bash(code).args] == expected
    assert [arg.has_default for arg in infer_bash(code).args] == [d is not None for _, d in expected]


def test_nineteen_arguments_at_most() -> None:
    code = "".join(f'a{i}="${{{i}}}"\n' for i in range(1, 25))
    assert [arg.name for arg in infer_bash(code).args] == [f"a{i}" for i in range(1, 20)]
