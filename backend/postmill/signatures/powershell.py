"""The signature of a PowerShell script: its ``param(...)`` block, which may follow comments and attributes only."""

import math
import re
from dataclasses import dataclass

from postmill.signatures.powershell_text import Scanner
from postmill.signatures.signature import (
    Arg,
    Bool,
    Datetime,
    Float,
    Int,
    ListOf,
    Object,
    Signature,
    Str,
    Type,
)

COMMON_PARAMETERS = frozenset(
    {
        "verbose", "debug", "erroraction", "warningaction", "informationaction", "progressaction", "errorvariable",
        "warningvariable", "informationvariable", "outvariable", "outbuffer", "pipelinevariable", "whatif", "confirm",
    }
)  # fmt: skip
"""What PowerShell itself adds to a script with ``[CmdletBinding()]``."""

_INT, _FLOAT = Int(), Float()
_TYPES: dict[str, Type] = {
    "int": _INT, "long": _INT, "decimal": _FLOAT, "double": _FLOAT, "single": _FLOAT,
    "datetime": Datetime(), "bool": Bool(), "switch": Bool(), "pscustomobject": Object(None, None),
}  # fmt: skip
"""What Windmill's parser knows by these names; everything else is asked for as text, which PowerShell converts."""
_NUMBER = re.compile(
    r"^[+-]?(?:0[xX][0-9A-Fa-f]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)[lLdD]?$"
)
_NOT_MANDATORY = ("$false", "0")


@dataclass(frozen=True)
class PowerShellFacts:
    """How the script is bound: ``cmdlet`` with ``[CmdletBinding()]``, which may support ``-WhatIf``."""

    args: tuple[Arg, ...] = ()
    cmdlet: bool = False
    supports_should_process: bool = False


def infer_powershell(code: str) -> Signature:
    """The arguments in the order of the block. Raises InvalidSignature for a block that does not end."""
    facts = read_parameters(code)
    extras = {
        "x-windmill-ps-cmd-binding": True,
        "x-windmill-ps-supports-should-process": facts.supports_should_process,
    }
    return Signature(facts.args, schema_extras=extras if facts.cmdlet else {})


def read_parameters(code: str) -> PowerShellFacts:
    """The block and what stands before it."""
    scanner = Scanner(code.removeprefix("\ufeff"))
    attributes: list[str] = []
    while True:
        scanner.skip_space()
        if scanner.peek() == "[":
            attributes.append(scanner.bracketed())
        elif (
            using := re.compile(r"using\s[^\n]*", re.IGNORECASE).match(scanner.text, scanner.at)
        ) is not None:
            scanner.at = using.end()
        else:
            break
    if not scanner.word("param"):
        return PowerShellFacts()
    scanner.skip_space()
    if scanner.peek() != "(":
        return PowerShellFacts()
    block = scanner.bracketed()
    binding = next(
        (text for text in attributes if re.match(r"\s*CmdletBinding\b", text, re.IGNORECASE)), None
    )
    args = tuple(filter(None, (_arg(part) for part in Scanner(block).split(","))))
    if binding is not None:
        args = tuple(arg for arg in args if arg.name.lower() not in COMMON_PARAMETERS)
    return PowerShellFacts(
        args, binding is not None, binding is not None and _is_set("SupportsShouldProcess", binding)
    )


def _arg(text: str) -> Arg | None:
    scanner = Scanner(text)
    attributes: list[str] = []
    scanner.skip_space()
    while scanner.peek() == "[":
        attributes.append(scanner.bracketed().strip())
        scanner.skip_space()
    name = scanner.variable()
    if name is None:
        return None
    scanner.skip_space()
    default_text = None
    if scanner.peek() == "=":
        scanner.at += 1
        default_text = scanner.rest().strip()
    default = _default(default_text)
    kind = _type(attributes, default)
    mandatory = any(
        re.match(r"Parameter\s*\(", text, re.IGNORECASE) and _is_set("Mandatory", text) for text in attributes
    )
    return Arg(name, kind, default, not mandatory)


def _type(attributes: list[str], default: object) -> Type:
    choices: tuple[str, ...] | None = None
    kind: Type | None = None
    for text in attributes:
        if (found := re.match(r"ValidateSet\s*\((.*)\)\s*$", text, re.IGNORECASE | re.DOTALL)) is not None:
            choices = _choices(found[1])
        elif re.fullmatch(r"[\w.]+(\[[\w.,\[\]]*\])?", text):
            kind = _named_type(text)
    if kind is None:
        kind = _INT if isinstance(default, int) else _FLOAT if isinstance(default, float) else Str()
    if choices is None:
        return kind
    return ListOf(Str(choices)) if isinstance(kind, ListOf) else Str(choices)


def _named_type(text: str) -> Type:
    name = text.lower().replace(" ", "")
    if name.endswith("[]"):
        return ListOf(_named_type(name[:-2]))
    return _TYPES.get(name, Str())


def _choices(text: str) -> tuple[str, ...] | None:
    """The texts of a ``ValidateSet``; named arguments such as ``IgnoreCase=$true`` are none of them."""
    found: list[str] = []
    for part in Scanner(text).split(","):
        item = part.strip()
        literal = _default(item)
        if literal is not None:
            found.append(literal if isinstance(literal, str) else item)
        elif re.fullmatch(r"[\w-]+", item):
            found.append(item)
    return tuple(dict.fromkeys(found)) or None


def _default(text: str | None) -> str | int | float | None:
    """A text or number as it is written; None for all that only PowerShell can compute."""
    if not text:
        return None
    if len(text) >= 2 and text[0] == text[-1] == "'" and re.fullmatch(r"'(?:[^']|'')*'", text, re.DOTALL):
        return text[1:-1].replace("''", "'")
    if len(text) >= 2 and text[0] == text[-1] == '"':
        return _expandable(text[1:-1])
    if _NUMBER.match(text):
        return _number(text)
    return None


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def _expandable(text: str) -> str | None:
    if not re.fullmatch(r'(?:[^"`]|""|`.)*', text, re.DOTALL):
        return None
    plain = re.sub(
        r"`(.)|\"\"", lambda m: '"' if m[1] is None else _ESCAPES.get(m[1], m[1]), text, flags=re.DOTALL
    )
    computed = re.search(r"(?<!`)\$[\w({]", text)
    return None if computed else plain.replace("\0", "")


def _number(text: str) -> int | float | None:
    """None for one that is larger than any number of PowerShell."""
    try:
        number = _unbounded(text)
        return number if math.isfinite(number) else None
    except (ValueError, OverflowError):
        return None


def _unbounded(text: str) -> int | float:
    digits = text.rstrip("lLdD") if not text.lower().lstrip("+-").startswith("0x") else text.rstrip("lL")
    if digits.lower().lstrip("+-").startswith("0x"):
        return int(digits, 16)
    return float(digits) if re.search(r"[.eE]", digits) or text[-1] in "dD" else int(digits)


def _is_set(flag: str, text: str) -> bool:
    """Whether a switch stands in an attribute, alone or with a value that is not false."""
    found = re.search(rf"[\s(,]{flag}\s*(?:=\s*([^\s,)]+))?\s*[,)]", text, re.IGNORECASE)
    return found is not None and (found[1] is None or found[1].lower() not in _NOT_MANDATORY)
