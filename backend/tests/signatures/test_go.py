"""Go signatures beyond the conformance cases, and what a script needs from elsewhere."""

import pytest

from postmill.signatures.go import infer_go
from postmill.signatures.go_modules import GoModules, as_package, go_modules
from postmill.signatures.signature import (
    Arg,
    Bool,
    Int,
    InvalidSignature,
    ListOf,
    Object,
    Prop,
    Str,
    Unknown,
)


def test_every_kind_of_parameter() -> None:
    code = """package inner
type Named struct { A int }
func helper(main int) {}
func main(
	a, b string, c []map[string]int, d [][]bool, e Named, f *int, g func(int) error, h chan int, i (int), j ...int64,
) {}
"""
    assert infer_go(code).args == (
        Arg("a", Str()), Arg("b", Str()), Arg("c", ListOf(Object())), Arg("d", ListOf(ListOf(Bool()))),
        Arg("e", Unknown()), Arg("f", Unknown()), Arg("g", Unknown()), Arg("h", Unknown()), Arg("i", Int()),
        Arg("j", ListOf(Int())),
    )  # fmt: skip


def test_tags_name_the_members_of_a_struct() -> None:
    code = (
        "func main(o struct {\n"
        'A, B int `xml:"x" json:"a,omitempty"`\n'
        'C string "json:\\"see\\""\n'
        'D bool `json:"-"`\n'
        "E []struct{ F int }\n"
        'G map[string]any `json:",omitempty"`\n'
        "Embedded\n"
        "}) {}"
    )
    (arg,) = infer_go(code).args
    assert arg.type == Object(
        None,
        (
            Prop("a", Int()), Prop("a", Int()), Prop("see", Str()),
            Prop("E", ListOf(Object(None, (Prop("F", Int()),)))), Prop("G", Object()),
        ),
    )  # fmt: skip


def test_another_entry_and_none() -> None:
    assert infer_go("func main() {}\nfunc other(x int) {}", "other").args == (Arg("x", Int()),)
    for code in ("func helper() {}", "func (r *R) main(a string) {}", "var main = func(a string) {}", ""):
        with pytest.raises(InvalidSignature, match="no function 'main'"):
            infer_go(code)


@pytest.mark.parametrize(
    ("code", "line", "column"),
    [
        ("func main(a string, b int {\n}", 1, 26),
        ("package inner\n\nfunc main(string, int) {}", 3, 11),
        ("func main(_ string) {}", 1, 11),
    ],
)
def test_unreadable_parameters_have_a_place(code: str, line: int, column: int) -> None:
    with pytest.raises(InvalidSignature) as error:
        infer_go(code)
    assert (error.value.line, error.value.column) == (line, column)


def test_modules_are_imports_with_a_host_and_required_lines() -> None:
    code = """package inner
//go1_22_compat
// require github.com/a/b v1.2.3
import "fmt"
import (
\t"encoding/json"
\t. "github.com/a/b/sub"
\tother "gopkg.in/yaml.v3"
)
"""
    assert go_modules(code) == GoModules(
        ("github.com/a/b/sub", "gopkg.in/yaml.v3"), (("github.com/a/b", "v1.2.3"),), older_language=False
    )
    assert go_modules("//go1_22_compat\nfunc main() {}") == GoModules(older_language=True)
    assert not go_modules('import "fmt"\n// require the list to be sorted\n').any


@pytest.mark.parametrize("line", ["//require", "//require a/b", "//require $(x) v1"])
def test_a_require_line_that_cannot_be_meant(line: str) -> None:
    with pytest.raises(InvalidSignature, match="names a module and its version") as error:
        go_modules(f"func main() {{}}\n{line}\n")
    assert error.value.line == 2


def test_the_package_is_made_to_fit_without_moving_a_line() -> None:
    assert as_package("// package x\npackage main // ü\nfunc main() {}") == (
        "// package x\npackage inner // ü\nfunc main() {}"
    )
    assert as_package("package inner\n") == "package inner\n"
    assert as_package("// a comment\nfunc main() {}").count("\n") == 1


def test_a_function_with_type_parameters_is_refused() -> None:
    with pytest.raises(InvalidSignature, match="type parameters"):
        infer_go("package inner\nfunc main[T any](x T) (T, error) { return x, nil }\n")
