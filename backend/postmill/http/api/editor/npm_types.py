"""Types of npm packages for the TypeScript checker in the browser."""

import asyncio
import gzip
from collections.abc import Awaitable
from typing import Literal

import msgspec
from starlette.responses import Response

from postmill.access.paths import ItemPath
from postmill.http.call import Call
from postmill.http.editor_parts import LANGUAGE_HELP
from postmill.http.operation import Operation
from postmill.http.responses import custom, raw_json
from postmill.kernel.errors import InvalidInput
from postmill.language_help.lock_jobs import Unlockable
from postmill.language_help.npm_types import NpmTypes, PackageTypes
from postmill.languages.protocol import InstallFailed

MOST_CODE = 1_000_000
WORKSPACE = "/w/{workspace}/language_help"
TAGS = ("postmill", "language_help")
_NEEDS = "developer:scripts:read"
_COMPRESSED = 16 * 1024
_WORDS = 2000


class OpenScript(msgspec.Struct):
    """``known`` is the digest of the types that the caller has: they are not sent again."""

    path: str
    code: str
    language: Literal["bun", "deno", "nativets", "bunnative"] = "bun"
    known: str = ""


class Known(msgspec.Struct):
    known: str = ""


class Types(msgspec.Struct, kw_only=True):
    """``files`` by name below ``node_modules``, null where the caller has them; ``message`` says why there are none."""

    state: Literal["ready", "failed"]
    message: str = ""
    digest: str = ""
    files: dict[str, str] | None = None
    modules: dict[str, str] = {}
    packages: int = 0
    untyped: list[str] = []
    left_out: list[str] = []


async def of_script(call: Call) -> Response:
    asked: OpenScript = await call.json(OpenScript)
    if len(asked.code) > MOST_CODE:
        raise InvalidInput(f"A script of more than {MOST_CODE} characters gets no types of packages")
    path = ItemPath.parse(asked.path).text
    finding = _service(call).of_script(call.subject, call.workspace, path, asked.code, asked.language)
    return await _answer(call, finding, asked.known)


async def of_runtime(call: Call) -> Response:
    known, runtime = call.query(Known).known, call.path("runtime")
    return await _answer(call, _service(call).of_runtime(call.subject, call.workspace, runtime), known)


def _service(call: Call) -> NpmTypes:
    return LANGUAGE_HELP.of(call.context).npm_types


async def _answer(call: Call, finding: Awaitable[PackageTypes], known: str) -> Response:
    try:
        found = await finding
    except (Unlockable, InstallFailed) as error:
        return await _sent(call, Types(state="failed", message=str(error)[-_WORDS:]))
    return await _sent(
        call,
        Types(
            state="ready", digest=found.digest, files=None if known and known == found.digest else found.files,
            modules=found.modules, packages=found.packages, untyped=found.untyped, left_out=found.left_out,
        ),
    )  # fmt: skip


async def _sent(call: Call, types: Types) -> Response:
    """Declarations are long and repeat themselves: they travel compressed."""
    body = msgspec.json.encode(types)
    if len(body) < _COMPRESSED or b"gzip" not in (call.header(b"accept-encoding") or b""):
        return raw_json(body)
    packed = await asyncio.to_thread(gzip.compress, body, 4)
    return custom(packed, 200, "application/json", {"content-encoding": "gzip"})


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "typescriptTypes", "POST", f"{WORKSPACE}/typescript_types", of_script, _NEEDS, TAGS,
        "Types of the npm packages that a script imports, from its own locked install",
        body=OpenScript, returns=Types,
    ),
    Operation(
        "runtimeTypes", "GET", WORKSPACE + "/runtime_types/{runtime}", of_runtime, _NEEDS, TAGS,
        "Types of what bun or deno brings without an import", query=Known, returns=Types,
    ),
)  # fmt: skip
