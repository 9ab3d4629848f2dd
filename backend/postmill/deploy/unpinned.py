"""Removes the versions from the npm imports of TypeScript code. Pure."""

import re

_PINNED = re.compile(
    r"""(?P<head>(?:\bfrom|\bimport|\brequire\s*\(|\bimport\s*\()\s*(?P<quote>["']))"""
    r"""(?P<package>(?:npm:)?(?:@[\w.-]+/)?[\w.-]+)@[^"'/\s]+(?P<rest>(?:/[^"']*)?)(?P=quote)"""
)


def unpinned(code: str) -> str:
    """``import x from "lodash@4.17.21/fp"`` becomes ``import x from "lodash/fp"``."""
    return _PINNED.sub(r"\g<head>\g<package>\g<rest>\g<quote>", code)
