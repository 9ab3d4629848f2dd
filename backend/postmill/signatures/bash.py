"""The signature of a Bash script: lines ``name="$1"`` or ``name="${2:-default}"`` at column 0."""

import re

from postmill.signatures.signature import Arg, Signature, Str

MAX_ARGUMENTS = 19

_ASSIGNMENT = re.compile(
    r"""^(?P<name>\w+)="(?:\$(?P<bare>[0-9])|\$\{(?P<number>[0-9]+)(?::-(?P<default>.*))?\})"[ \t]*(?:\#.*)?\r?$""",
    re.MULTILINE | re.ASCII | re.VERBOSE,
)


def infer_bash(code: str) -> Signature:
    """Arguments in the order of their numbers, from 1 up to the first gap; a later line wins over an earlier."""
    found: dict[int, Arg] = {}
    for line in _ASSIGNMENT.finditer(code):
        digits = line["bare"] or line["number"]
        number = int(digits) if len(digits) < 4 else 0
        default = line["default"]
        found[number] = Arg(line["name"], Str(), default, default is not None)
    args: list[Arg] = []
    for number in range(1, MAX_ARGUMENTS + 1):
        if number not in found:
            break
        args.append(found[number])
    return Signature(tuple(args))
