"""Code of scripts as text, for imports, and temporary code for the command line."""

from typing import Annotated

import msgspec
from starlette.responses import Response

from postmill.access.paths import ItemPath
from postmill.deploy import reading
from postmill.deploy.deployed import SCRIPTS
from postmill.deploy.unpinned import unpinned
from postmill.http.call import Call
from postmill.http.entry import require
from postmill.http.operation import Needs, Operation
from postmill.http.responses import JsonText, as_json, text
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.model.subject import Subject

WORKSPACE = "/w/{workspace}/scripts"
TAGS = ("script",)
EXTENSIONS = (
    "py",
    "ts",
    "go",
    "sh",
    "ps1",
    "sql",
    "gql",
    "php",
    "rs",
    "cs",
    "nu",
    "java",
    "rb",
    "r",
    "js",
    "yml",
)
FOLDER = "WINDMILL_IS_FOLDER"


class RawQuery(msgspec.Struct):
    cache_key: str | None = None
    cache_folders: bool = False
    temp_script_hash: str | None = None


class Differing(msgspec.Struct):
    scripts: Annotated[dict[str, str], msgspec.Meta(max_length=10_000)]
    workspace_deps: list[reading.StoredDependency] | None = None


def _without_extension(address: str) -> str:
    """The path of ``u/x/name.py``; raises NotFound without a known ending."""
    path, dot, extension = address.rpartition(".")
    if not dot or extension not in EXTENSIONS:
        raise NotFound(f"Not found: {address[:100]} must end with one of .{', .'.join(EXTENSIONS)}")
    return path


async def _code(call: Call, subject: Subject) -> str:
    query, pool = call.query(RawQuery), call.context.pool
    if query.temp_script_hash:
        return await reading.stored_code(pool, call.workspace, query.temp_script_hash)
    path = _without_extension(call.raw_path())
    try:
        script = await SCRIPTS.by_path(pool, subject, call.workspace, ItemPath.parse(path).text)
    except (NotFound, InvalidInput):
        return await _folder_or_missing(call, subject, path, query)
    if script.archived:
        return await _folder_or_missing(call, subject, path, query)
    return script.content


async def _folder_or_missing(call: Call, subject: Subject, path: str, query: RawQuery) -> str:
    if query.cache_folders and await reading.is_folder(call.context.pool, subject, call.workspace, path):
        return FOLDER
    raise NotFound(f"Not found: script {path[:200]} does not exist, or you may not see it")


async def raw_by_path(call: Call) -> Response:
    return text(await _code(call, call.subject))


async def raw_unpinned(call: Call) -> Response:
    return text(unpinned(await _code(call, call.subject)))


async def raw_by_hash(call: Call) -> Response:
    address = call.raw_path()
    script_hash = reading.hash_of(address.partition(".")[0])
    script = await reading.by_hash(call.context.pool, call.subject, call.workspace, script_hash)
    return text(script.content)


async def tokened_raw(call: Call) -> Response:
    """The token stands in the address, where headers cannot be sent: it is checked here like any other."""
    subject = await call.callers.identify(call.path_params["token"], call.workspace, call.address)
    require(subject, Needs("member", "scripts", "read"))
    return text(await _code(call, subject))


async def store(call: Call) -> Response:
    code = await call.json(str)
    return as_json(await reading.store_code(call.context.pool, call.subject, call.workspace, code))


async def diff(call: Call) -> Response:
    body = await call.json(Differing)
    return as_json(
        await reading.differing(
            call.context.pool, call.subject, call.workspace, body.scripts, body.workspace_deps or []
        )
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "rawScriptByPath", "GET", f"{WORKSPACE}/raw/p/{{path:path}}", raw_by_path, "scripts:read", TAGS,
        "The code at a path with its file ending", query=RawQuery, returns=str,
    ),
    Operation(
        "rawScriptByPathUnpinned", "GET", f"{WORKSPACE}/raw_unpinned/p/{{path:path}}", raw_unpinned, "scripts:read",
        TAGS, "The same without the versions of npm imports", query=RawQuery, returns=str,
    ),
    Operation(
        "rawScriptByHash", "GET", f"{WORKSPACE}/raw/h/{{path:path}}", raw_by_hash, "scripts:read", TAGS,
        "The code of a version", returns=str,
    ),
    Operation(
        "rawScriptByPathTokened", "GET", "/scripts_u/tokened_raw/{workspace}/{token}/{path:path}", tokened_raw,
        "public", TAGS, "The code at a path, with the token in the address", query=RawQuery, returns=str,
    ),
    Operation(
        "storeRawScriptTemp", "POST", f"{WORKSPACE}/raw_temp/store", store, "developer:scripts:write", TAGS,
        "Keep code for a week under its SHA-256", str, returns=JsonText,
    ),
    Operation(
        "diffRawScriptsWithDeployed", "POST", f"{WORKSPACE}/raw_temp/diff", diff, "scripts:read", TAGS,
        "The paths whose deployed content differs", Differing, returns=list[str],
    ),
)  # fmt: skip
