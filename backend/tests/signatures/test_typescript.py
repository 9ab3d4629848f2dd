"""Signatures and imports of TypeScript code, beyond the shared cases."""

from typing import Any

import pytest

from postmill.signatures.infer import infer
from postmill.signatures.signature import InvalidSignature
from postmill.signatures.typescript import infer_typescript
from postmill.signatures.typescript_imports import (
    module_names,
    needed_modules,
    reachable_imports,
    script_path,
)
from postmill.signatures.typescript_types import snake_case


def described(parameter: str, before: str = "") -> dict[str, Any]:
    """The property of one parameter, without its description."""
    schema = infer("bun", f"{before}\nexport async function main({parameter}) {{}}").schema
    assert schema is not None
    ((_, found),) = schema["properties"].items()
    return {key: value for key, value in found.items() if key != "description"}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("S3Object", "s3_object"), ("S3object", "s3object"), ("ABC", "abc"), ("AaBC", "aa_bc"), ("S_3", "s_3"),
        ("typeNameHere", "type_name_here"), ("Connect2allApi", "connect2all_api"), ("HTTPServer", "http_server"),
        ("XMLHttp2Request", "xml_http2_request"), ("_Foo", "foo"), ("c_openai", "c_openai"),
    ],
)  # fmt: skip
def test_resource_types_are_in_snake_case(name: str, expected: str) -> None:
    assert snake_case(name) == expected


@pytest.mark.parametrize(
    ("parameter", "expected"),
    [
        ("a: bigint = 5n", {"type": "integer", "default": 5}),
        ("a: readonly string[]", {"type": "array", "items": {"type": "string"}, "originalType": "string[]"}),
        ("a: string|string []", {"type": "", "originalType": "string | string[]"}),
        ("a: string | null | undefined", {"type": "string", "originalType": "string"}),
        ("a: (string | undefined)[]", {"type": "array", "items": {"type": "string"}, "originalType": "string[]"}),
        ('a: wmill.Resource<"pg_pool">', {"type": "object", "format": "resource-pg_pool"}),
        ("a: DynSelect_f", {"type": "object", "format": "dynselect-f"}),
        ("a: DynMultiselect_f", {"type": "object", "format": "dynmultiselect-f"}),
        ("a: Array<string>", {"type": "object", "format": "resource-array"}),
        ("a = [1.5]", {"type": "array", "items": {"type": "number"}, "originalType": "number[]", "default": [1.5]}),
        ("a: any = 0x10", {"type": "integer", "default": 16}),
        (r'a = "it\x27s \u{1F600}\n"', {"type": "string", "originalType": "string", "default": "it's 😀\n"}),
        ("a: Date = new Date()", {"type": "string", "format": "date-time"}),
    ],
)  # fmt: skip
def test_a_parameter_becomes_a_property(parameter: str, expected: dict[str, Any]) -> None:
    assert described(parameter) == {"default": None, **expected}


@pytest.mark.parametrize(
    ("default", "value"),
    [
        ("{a: -1, b: 1 + 2 * 3, c: 'x' + 1, 'd e': [...'ab', , null]}",
         {"a": -1, "b": 7, "c": "x1", "d e": ["a", "b", None, None]}),
        ("{a: undefined, b: `t${1}`, ...{c: !0}}", {"b": "t1", "c": True}),
        ("[[1, 2].length, 'ab'.length, 2 ** 3, 7 % 4]", [2, 2, 8, 3]),
        ("[new Date()]", None), ("{a: other}", None), ("{a() {}}", None), ("[1 / 0]", None),
        ("-1", None), ("'x' as string", None), ("null", None),
    ],
)  # fmt: skip
def test_defaults_are_constants(default: str, value: Any) -> None:
    (arg,) = infer_typescript(f"export function main(a = {default}) {{}}").args
    assert (arg.default, arg.has_default) == (value, True)


def test_named_alternatives_make_a_choice() -> None:
    before = "interface Cat { lives: number }\ntype Dog = { name: string };"
    assert [choice["title"] for choice in described("pet: Cat | Dog", before)["oneOf"]] == ["Cat", "Dog"]


def test_intersections_have_the_members_of_all() -> None:
    before = "interface A { a: string }\ninterface B { b: number }"
    assert list(described("x: A & B & { c: boolean }", before)["properties"]) == ["a", "b", "c"]


def test_types_that_contain_themselves_end() -> None:
    found = described("a: A", "type A = { x: string; next: A }")
    assert found["properties"]["next"]["properties"]["next"] == {
        "description": "",
        "type": "object",
        "format": "resource-a",
    }


def test_types_that_multiply_are_bounded() -> None:
    before = "\n".join(f"interface T{n} {{ a: T{n + 1}; b: T{n + 1}; c: T{n + 1} }}" for n in range(30))
    assert described("a: T0", before)["format"] == "resource-t0"


def test_generic_parameters_are_named_like_any_other_type() -> None:
    found = described("a: Box<string>", "type T = Date; type Box<T> = { content: T; all: T[] }")
    assert found["properties"]["content"]["format"] == "resource-t"
    assert found["properties"]["all"]["items"] == {"type": "resource", "resourceType": "t"}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("export default function main(a: string) {}", "lib"),
        ("export const main = async (a: string) => {}", "lib"),
        ("if (true) { function main(a: string) {} }", "lib"),
        ("function main(a: string) {}\nexport { main }", None),
        ("export async function* main() { yield 1 }", None),
        ("export const main = workflow(async (a: string) => {})", "wac"),
        ("export default workflow(async function (a: string) {})", "wac"),
    ],
)
def test_the_entry_is_a_declaration(code: str, kind: str | None) -> None:
    assert infer_typescript(code).auto_kind == kind


@pytest.mark.parametrize(
    ("code", "line", "column", "words"),
    [
        ("export function main(x: string {\n}", 1, 31, "not valid TypeScript: ')' is missing"),
        ("export function main(x: string {", 1, 21, "what '(' opens here is not closed"),
        ("export function main() { let x = 'abc }\n", 1, 34, "opens here is not closed"),
        ('import x from "y;\nexport function main() {}\n', 1, 15, "what '\"' opens here is not closed"),
        ("export function main() {\n  foo([1], (2)\n}\n", 2, 6, "what '(' opens here is not closed"),
        ("export function main() {\n  const é = ;\n}", 2, 11, "not valid TypeScript"),
        ("export function main(a: string,\n  ...rest: string[]) {}", 2, 3, "rest parameter"),
        ("export function main([a, b]: string[]) {}", 1, 22, "no name"),
    ],
)
def test_unreadable_code_is_told_with_its_place(code: str, line: int, column: int, words: str) -> None:
    with pytest.raises(InvalidSignature) as caught:
        infer_typescript(code)
    assert words in caught.value.message
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(
    "code",
    [
        "export async function main(a: string, b = 3) {",
        "export async function main(a: string, b = 3) { return a\n",
        "export async function main(a: string, b = 3) { if (a) { return b }\n",
        "export async function main(a: string, b = 3) { return a\nfunction helper() { return 1 }\n",
    ],
)
def test_the_arguments_are_known_while_the_end_of_a_body_is_missing(code: str) -> None:
    with pytest.raises(InvalidSignature) as caught:
        infer_typescript(code)
    assert "'}' is missing" in caught.value.message
    known = caught.value.known
    assert known is not None
    assert [(arg.name, arg.has_default) for arg in known.args] == [("a", False), ("b", True)]


@pytest.mark.parametrize(
    "code",
    [
        "export function main(a: string) { return [1, 2\n}",
        "export function main(a: string) { const x = { a: 1",
        "export function main(a: string) { return a }\nconst y = {",
        "function helper() {\nexport function main(a: string) { return a }",
        "export function main(...a: string[]) {",
    ],
)
def test_nothing_is_known_where_more_than_the_end_of_a_body_is_missing(code: str) -> None:
    with pytest.raises(InvalidSignature) as caught:
        infer_typescript(code)
    assert caught.value.known is None


@pytest.mark.parametrize(
    "code",
    [
        "#!/usr/bin/env bun\nexport function main() {}",
        "import x from './x.json' with { type: 'json' };\nexport function main() { using y = x; }",
        "export type * from './t';\ninterface G<in out T> { x: T }\nexport function main() {}",
        "@dec export class A { accessor x = 1; #p = 2; static {} }\nexport function main() { return a?.b!.c ?? 1n }",
        "\ufeffexport function main() {}",
    ],
)
def test_new_syntax_is_read(code: str) -> None:
    assert infer_typescript(code).auto_kind is None


def test_hostile_code_ends() -> None:
    deep = (
        "export function main(a: "
        + "(" * 3000
        + "string"
        + ")" * 3000
        + ", b = "
        + "[" * 3000
        + "]" * 3000
        + ") {}"
    )
    a, b = infer_typescript(deep).args
    assert (a.name, b.default) == ("a", None)
    wide = "export function main(a = [" + "1," * 100_000 + "]) {}"
    assert infer_typescript(wide).args[0].default is None
    with pytest.raises(InvalidSignature, match="lone surrogates"):
        infer_typescript("const a = '\ud800'")
    with pytest.raises(InvalidSignature):
        infer_typescript("{" * 20_000)


IMPORTS = """
import a from "a"; import * as b from "@s/b/c"; import "side"; import type { D } from "d"; import { type E } from "e";
import f = require("f"); export { x as y } from "x@1.2.3"; export type { T } from "./t"; import r from "./rel.ts";
export async function main() { const g = await import("g"); const h = require('h'); await import(name); }
"""


def test_modules_are_found() -> None:
    assert list(module_names(IMPORTS)) == ["a", "@s/b/c", "side", "d", "e", "x@1.2.3", "./t", "./rel.ts"]
    assert list(needed_modules(IMPORTS)) == ["a", "@s/b/c", "side", "e", "f", "x@1.2.3", "./rel.ts", "g", "h"]
    assert reachable_imports(IMPORTS, "f/team/job") == ["f/team/t", "f/team/rel"]


@pytest.mark.parametrize(
    ("module", "path"),
    [
        ("../d/x", "f/d/x"), ("./x.ts", "f/team/x"), ("/u/alice/b.ts", "u/alice/b"), ("../../../../x", "x"),
        ("lodash", None), ("f/team/x", None),
    ],
)  # fmt: skip
def test_paths_of_scripts(module: str, path: str | None) -> None:
    assert script_path(module, "f/team/job") == path
