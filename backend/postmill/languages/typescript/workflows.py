"""What a script that is a workflow as code has to give to the runner. Pure."""

import re
from typing import TypeVar

import msgspec

from postmill.languages.protocol import LockRequest, RunRequest

Request = TypeVar("Request", LockRequest, RunRequest)

_CLIENT = re.compile(r"""\bfrom\s*["'](windmill-client(?:@[^"'/\s]+)?)["']""")


def has_tasks(code: str) -> bool:
    """Whether a script names tasks: the bundler would give their functions other names."""
    return "task(" in code and _CLIENT.search(code) is not None


def with_rounds(request: Request) -> Request:
    """The request with code that also exports the client library's bookkeeper of rounds, under ``wmill_WorkflowCtx``.

    The copy of the library that the script is bundled with is the only one that its steps know. The line comes last, so
    that the lines of the script keep their numbers.
    """
    found = _CLIENT.search(request.code)
    if found is None or "workflow" not in request.code:
        return request
    line = f'\nexport {{ WorkflowCtx as wmill_WorkflowCtx }} from "{found[1]}";\n'
    return msgspec.structs.replace(request, code=request.code + line)
