"""Tags and concurrency keys with holes: ``$workspace`` and ``$args[name]`` (``$args[name.member]``). Pure."""

import re
from collections.abc import Mapping
from typing import Any

from postmill.kernel import json
from postmill.kernel.errors import InvalidInput

MAX_LENGTH = 255
_ARGUMENT = re.compile(r"\$args\[([^\[\]]+)\]")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")


def fill(template: str, workspace: str, args: Mapping[str, Any]) -> str:
    """The text with its holes filled; a missing argument leaves nothing in its place."""
    if "$" not in template:
        return template
    # Arguments last and in one pass: what stands in an argument is never taken for a hole.
    with_workspace = template.replace("$workspace", workspace)
    return _ARGUMENT.sub(lambda hole: _text(_member(args, hole[1])), with_workspace)


def names_args(template: str | None) -> bool:
    """Whether arguments are to be filled in."""
    return template is not None and "$args" in template


def tag_of(template: str, workspace: str, args: Mapping[str, Any]) -> str:
    """A filled tag; raises InvalidInput when it cannot be one."""
    tag = fill(template, workspace, args).strip()
    if not tag or len(tag) > MAX_LENGTH or "," in tag or _UNPRINTABLE.search(tag):
        raise InvalidInput(
            f"Bad request: {tag[:60]!r} is no tag: 1 to {MAX_LENGTH} printable characters without a comma"
        )
    return tag


def concurrency_key_of(template: str | None, workspace: str, default: str, args: Mapping[str, Any]) -> str:
    """The key under which runs are counted. It always belongs to one workspace: nobody can block another's runs."""
    key = fill(template, workspace, args) if template else default
    return f"{workspace}/{_UNPRINTABLE.sub(' ', key)}"[: 4 * MAX_LENGTH]


def _member(args: Mapping[str, Any], name: str) -> Any:
    value: Any = args
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _text(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.encode_text(value)
