"""PowerShell signatures beyond the conformance cases."""

import pytest

from postmill.signatures.infer import infer
from postmill.signatures.powershell import infer_powershell
from postmill.signatures.signature import (
    Arg,
    Bool,
    Datetime,
    Float,
    Int,
    InvalidSignature,
    ListOf,
    Object,
    Signature,
    Str,
)


def optional(name: str, kind: object, default: object = None) -> Arg:
    return Arg(name, kind, default, True)  # type: ignore[arg-type]


def test_types_and_defaults() -> None:
    code = """<# param($no) #> # and ( here
using namespace System.Text
PARAM (
  [System.String] $a = 'it''s', # a ')' in a comment
  [long]$b = 5, [Nullable[int]]$c, [single]$d = 1.5,
  [switch]$e = $true, [DateTime]$f = (Get-Date), [hashtable]$g = @{ x = 1, 2 }, $h = 3, $i = -2.5, $j = "a `"b`"",
  $k = "now $(Get-Date)", [PSCustomObject[]]$l = @(1, 2), ${odd name}, $m = @'
a, ) 'b'
'@, [decimal]
  $n = 0x1F
)
"""
    assert infer_powershell(code).args == (
        optional("a", Str(), "it's"), optional("b", Int(), 5), optional("c", Str()), optional("d", Float(), 1.5),
        optional("e", Bool()), optional("f", Datetime()), optional("g", Str()), optional("h", Int(), 3),
        optional("i", Float(), -2.5), optional("j", Str(), 'a "b"'), optional("k", Str()),
        optional("l", ListOf(Object(None, None))), optional("odd name", Str()), optional("m", Str()),
        optional("n", Float(), 31),
    )  # fmt: skip


@pytest.mark.parametrize(
    "name",
    [
        "float",
        "int64",
        "int32",
        "byte",
        "uint",
        "System.Int32",
        "boolean",
        "psobject",
        "hashtable",
        "object",
        "guid",
    ],
)
def test_types_that_the_parser_does_not_know_are_texts(name: str) -> None:
    assert infer_powershell(f"param([{name}]$x = 3, [{name}[]]$y)").args == (
        optional("x", Str(), 3),
        optional("y", ListOf(Str())),
    )


def test_attributes() -> None:
    code = """param(
  [Parameter(Mandatory)][string]$a, [Parameter(Position = 0, Mandatory = $true)]$b,
  [Parameter(Mandatory=$false)]$c, [parameter(HelpMessage='Mandatory (really)')]$d,
  [ValidateSet('x', "y", 3, IgnoreCase = $false)]$e = 'x', [ValidateSet('p','q')][string[]]$f,
  [ValidateRange(1, 5)][int]$g, [ValidateSet('1','2')][int]$h = 1
)"""
    assert infer_powershell(code).args == (
        Arg("a", Str()), Arg("b", Str()), optional("c", Str()), optional("d", Str()),
        optional("e", Str(("x", "y", "3")), "x"), optional("f", ListOf(Str(("p", "q")))), optional("g", Int()),
        optional("h", Str(("1", "2")), 1),
    )  # fmt: skip


def test_cmdlet_binding_takes_the_common_parameters_away_and_marks_the_form() -> None:
    code = "[CmdletBinding(SupportsShouldProcess = $true)]\nparam($a, [switch]$Verbose, $WhatIf)"
    signature = infer_powershell(code)
    assert signature.args == (optional("a", Str()),)
    marks = {"x-windmill-ps-cmd-binding": True, "x-windmill-ps-supports-should-process": True}
    assert signature.schema_extras == marks
    assert infer("powershell", code).schema_extras == marks
    assert infer_powershell("[CmdletBinding()]param()").schema_extras == {
        **marks, "x-windmill-ps-supports-should-process": False,
    }  # fmt: skip
    assert infer_powershell("param($Verbose)").args == (optional("Verbose", Str()),)


@pytest.mark.parametrize(
    "code", ["", "Write-Output 1\nparam($x)", "function f { param($x) }", "# param($x)", "param"]
)
def test_no_block(code: str) -> None:
    assert infer_powershell(code) == Signature()


@pytest.mark.parametrize(
    ("code", "line", "column"),
    [("\nparam($a", 2, 6), ("param('open)", 1, 7), ('param($a = "x`")', 1, 12), ("[CmdletBinding(]", 1, 1)],
)
def test_a_block_that_does_not_end_has_a_place(code: str, line: int, column: int) -> None:
    with pytest.raises(InvalidSignature, match="not closed") as error:
        infer_powershell(code)
    assert (error.value.line, error.value.column) == (line, column)
