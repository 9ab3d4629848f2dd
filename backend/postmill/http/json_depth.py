"""How deeply a JSON document may nest, checked before it is parsed."""

import re

from postmill.kernel.errors import InvalidInput

MAX_DEPTH = 100
_MARKS = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{}]', re.DOTALL)


def require_shallow(body: bytes) -> None:
    """Raises InvalidInput for arrays and objects nested deeper than ``MAX_DEPTH``."""
    # Most bodies hold fewer brackets than the limit: counting them is all it takes.
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for mark in _MARKS.finditer(body):
        character = mark[0]
        if character in (b"[", b"{"):
            depth += 1
            if depth > MAX_DEPTH:
                raise InvalidInput(f"Bad request: the JSON nests deeper than {MAX_DEPTH} levels")
        elif character in (b"]", b"}"):
            depth -= 1
