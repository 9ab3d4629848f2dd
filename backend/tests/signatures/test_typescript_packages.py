"""The npm packages that imports mean."""

import pytest

from postmill.signatures.typescript_packages import InvalidPackages, imported_packages, package_import


@pytest.mark.parametrize(
    ("module", "found"),
    [
        ("lodash@4/fp", ("lodash", "4", "/fp")),
        ("npm:@scope/name@^1/deep/path.js", ("@scope/name", "^1", "/deep/path.js")),
        ("@scope/name/inner", ("@scope/name", None, "/inner")),
        ("other@npm:real@1", ("other", "npm:real@1", "")),
        ("buffer/", ("buffer", None, "/")),
        ("process/browser", ("process", None, "/browser")),
        ("fs/promises", None), ("node:test", None), ("bun:sqlite", None), ("./x", None), ("..", None),
    ],
)  # fmt: skip
def test_what_an_import_means(module: str, found: tuple[str, str | None, str] | None) -> None:
    package = package_import(module)
    assert (package and (package.name, package.version, package.inner)) == found


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("f/team/tools", "a script is imported as '/f/team/tools'"),
        ("https://example.test/x.ts", "come from the npm registry by their name"),
        ("@/alias", "no name of a package"),
        ("x@git+https:", "not a version"),
    ],
)
def test_what_is_no_package_is_refused_with_a_sentence(module: str, words: str) -> None:
    with pytest.raises(InvalidPackages, match=words):
        package_import(module)


def test_the_lowest_version_of_several_is_taken() -> None:
    def version(*versions: str) -> str:
        code = "".join(f'import a{n} from "x@{given}"\n' for n, given in enumerate(versions))
        return imported_packages([code])["x"]

    assert version("10", "9") == "9"
    assert version("^2", "~1.5") == "~1.5"
    assert version("latest", "3") == "3"
    assert version("1.0.0", "1.0.0-beta.1") == "1.0.0-beta.1"


def test_imports_that_are_calls_count_where_their_text_is_known() -> None:
    code = 'require("a")\nawait import(`b`)\nawait import(`c/${x}`)\nawait import("d" + x)\nimport e = require("e")\n'
    assert imported_packages([code]) == {"a": "latest", "b": "latest", "e": "latest"}
