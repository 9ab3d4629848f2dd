"""Code that is none costs a bounded time to read, and says so."""

import pytest

from postmill.signatures import grammar
from postmill.signatures.infer import infer
from postmill.signatures.typescript_imports import module_names

# Each takes time by the square of its length, or worse.
HOSTILE = ('x="${1:-', '"', "def main(", "a<", "-- $1 x (int)\n")


@pytest.mark.parametrize("unit", HOSTILE)
@pytest.mark.parametrize("language", ["bun", "go"])
def test_a_parser_that_takes_too_long_gives_up(
    monkeypatch: pytest.MonkeyPatch, language: str, unit: str
) -> None:
    monkeypatch.setattr(grammar, "MOST_SECONDS", 0.0)
    found = infer(language, unit * 20_000)
    assert found.error is not None
    assert found.error.message.startswith("the code is too intricate")


def test_it_gives_up_where_imports_are_looked_for_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grammar, "MOST_SECONDS", 0.0)
    with pytest.raises(grammar.TooIntricate):
        module_names(HOSTILE[0] * 20_000)


@pytest.mark.parametrize(
    ("language", "line"),
    [("bun", "export const a{} = [1, {{b: 'c'}}, (x: number) => x];\n"), ("go", "var a{} = 1\n")],
)
def test_sound_code_may_be_long(language: str, line: str) -> None:
    main = {"bun": "export function main(a: string) {}\n", "go": "package inner\nfunc main(a string) {}\n"}[
        language
    ]
    found = infer(language, main + "".join(line.format(number) for number in range(5_000)))
    assert found.error is None and found.schema is not None and list(found.schema["properties"]) == ["a"]
