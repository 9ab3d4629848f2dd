"""Which declarations of installed packages reach an editor, and that nothing else of the machine does."""

import json
from pathlib import Path

import pytest

from postmill.language_help import declarations as subject
from postmill.language_help.declarations import declarations, package_of, types_package


def write(root: Path, files: dict[str, str | dict[str, object]]) -> Path:
    for name, content in files.items():
        file = root / "node_modules" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content if isinstance(content, str) else json.dumps(content))
    return root / "node_modules"


def test_what_a_module_reaches_is_found_and_nothing_else(tmp_path: Path) -> None:
    modules = write(
        tmp_path,
        {
            "a/package.json": {"name": "a", "types": "lib/a.d.ts", "scripts": {"x": "secret"}},
            "a/lib/a.d.ts": 'export * from "./part.js";\nimport type { B } from "b";\n/// <reference types="c" />',
            "a/lib/part.d.ts": "export type P = 1;",
            "a/lib/unused.d.ts": "",
            "a/lib/a.js": "code",
            "b/package.json": {"exports": {".": {"import": {"types": "./b.d.mts"}}, "./sub/*": "./s/*.js"}},
            "b/b.d.mts": "export interface B {}",
            "b/s/one.d.ts": "export type One = 1;",
            "a/node_modules/c/package.json": {"main": "index.js"},
            "a/node_modules/c/index.d.ts": "declare const nested: 1;",
            "c/package.json": {},
            "c/index.d.ts": "declare const outer: 1;",
        },
    )
    found = declarations(modules, ["a", "b/sub/one"])
    assert set(found.files) == {
        "a/package.json", "a/lib/a.d.ts", "a/lib/part.d.ts", "b/package.json", "b/b.d.mts", "b/s/one.d.ts",
        "a/node_modules/c/package.json", "a/node_modules/c/index.d.ts",
    }  # fmt: skip
    assert "scripts" not in json.loads(found.files["a/package.json"])
    assert found.untyped == found.left_out == []


def test_types_published_by_others_stand_in_for_missing_ones(tmp_path: Path) -> None:
    modules = write(
        tmp_path,
        {
            "a/package.json": {"types": "a.d.ts"},
            "a/a.d.ts": 'import x from "@s/plain";',
            "@s/plain/package.json": {"main": "index.js"},
            "@s/plain/index.js": "",
            "@types/s__plain/package.json": {},
            "@types/s__plain/index.d.ts": "export default 1;",
        },
    )
    assert "@types/s__plain/index.d.ts" in declarations(modules, ["a"]).files
    assert declarations(modules, ["@s/plain", "absent"]).untyped == ["@s/plain", "absent"]
    assert types_package("@s/plain") == "@types/s__plain"
    assert package_of("@s/plain/inner/part") == "@s/plain"


@pytest.mark.parametrize(
    "manifest",
    [
        {"types": "../../secret.d.ts"},
        {"types": "/etc/passwd"},
        {"types": "link.d.ts"},
        {"types": "linked/secret.d.ts"},
        {"exports": {".": {"types": "./../../secret.d.ts"}}},
        {"types": "ok.d.ts"},
    ],
)
def test_a_package_shows_no_file_from_outside(tmp_path: Path, manifest: dict[str, object]) -> None:
    (tmp_path / "secret.d.ts").write_text("SECRET")
    modules = write(
        tmp_path,
        {
            "evil/package.json": manifest,
            "evil/ok.d.ts": '/// <reference path="../../secret.d.ts" />\nimport "../../secret"; import "/etc/passwd"',
        },
    )
    (modules / "evil" / "link.d.ts").symlink_to(tmp_path / "secret.d.ts")
    (modules / "evil" / "linked").symlink_to(tmp_path)
    found = declarations(modules, ["evil", "../secret", "evil/../../secret", "..", ""])
    assert not any("SECRET" in text or "root:" in text for text in found.files.values())
    assert all(not name.startswith("..") for name in found.files)


def test_what_is_too_large_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject, "MOST_BYTES", 100)
    modules = write(
        tmp_path,
        {
            "big/package.json": {"types": "a.d.ts"},
            "big/a.d.ts": 'import "./b";',
            "big/b.d.ts": "x" * 200,
        },
    )
    found = declarations(modules, ["big"])
    assert "big/a.d.ts" in found.files and "big/b.d.ts" not in found.files
    assert found.left_out == ["big"]


def test_broken_packages_are_no_fault(tmp_path: Path) -> None:
    modules = write(tmp_path, {"a/package.json": "no JSON", "b/package.json": "[]", "c/package.json": "{}"})
    (modules / "c" / "index.d.ts").write_bytes(b"\xff\xfe")
    found = declarations(modules, ["a", "b", "c"])
    assert found.untyped == ["a", "b"]
    assert "c/index.d.ts" in found.files
