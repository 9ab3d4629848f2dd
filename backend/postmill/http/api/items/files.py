"""The files of a workspace: up and down, lists, previews, links."""

from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import msgspec
from starlette.responses import Response

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Stream, as_json, raw_json
from postmill.items import files
from postmill.items.files import Files, media_type, require_default_storage
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.objects.contract import ObjectFacts

PREVIEW_BYTES = 128 * 1024
_MOST_SIGNED = 1000


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """Which storage; only the workspace's own exists."""

    storage: str | None = None
    s3_resource_path: str | None = None


class FileQuery(Where, frozen=True, kw_only=True):
    file_key: str


class UploadQuery(Where, frozen=True, kw_only=True):
    """Without ``file_key`` the server chooses one, with this extension."""

    file_key: str | None = None
    file_extension: str | None = None
    content_type: str | None = None
    content_disposition: str | None = None


class PreviewQuery(FileQuery, frozen=True, kw_only=True):
    read_bytes_from: int = 0
    read_bytes_length: int = PREVIEW_BYTES


class MoveQuery(Where, frozen=True, kw_only=True):
    src_file_key: str
    dest_file_key: str


class ListQuery(Where, frozen=True, kw_only=True):
    max_keys: int = files.MAX_KEYS
    marker: str = ""
    prefix: str = ""
    search: str = ""


class LevelQuery(Where, frozen=True, kw_only=True):
    """``page_token``: the last name of the page before."""

    prefix: str = ""
    max_keys: int = files.MAX_KEYS
    page_token: str = ""


class FolderQuery(msgspec.Struct, frozen=True, kw_only=True):
    file_key: str
    marker_file: str | None = None


class ToSign(msgspec.Struct, frozen=True):
    s3: str
    storage: str | None = None


class SignBody(msgspec.Struct, frozen=True, kw_only=True):
    """``expiry_secs``: how long the links last, an hour where it is not given."""

    s3_objects: list[ToSign]
    expiry_secs: int = 3600


class LinkQuery(msgspec.Struct, frozen=True):
    exp: int = 0
    sig: str = ""


def _files(call: Call, where: Where | None = None) -> Files:
    if where is not None:
        require_default_storage(where.storage, where.s3_resource_path)
    return Files(call.context.objects, call.subject, call.workspace)


async def upload(call: Call) -> Response:
    query = call.query(UploadQuery)
    own = _files(call, query)
    key = query.file_key or files.new_key(call.subject, query.file_extension)
    kind = query.content_type or (call.content_type if query.file_key is None else None) or None
    pieces = call.body_pieces(call.context.settings.max_upload_bytes)
    await own.put(call.context.pool, key, pieces, _plain_header(kind))
    return as_json({"file_key": key})


async def download(call: Call) -> Response:
    query = call.query(FileQuery)
    own = _files(call, query)
    facts = await own.facts(query.file_key)
    # Clients choose by the type how to read an answer; of a file they want the bytes, whatever it holds.
    return await _content(facts, own.pieces(query.file_key), "application/octet-stream")


async def _content(facts: ObjectFacts, pieces: Any, kind: str) -> Response:
    name = quote(facts.key.rpartition("/")[2])
    headers = {
        "content-length": str(facts.size_bytes),
        "content-disposition": f"attachment; filename*=UTF-8''{name}",
        "last-modified": facts.modified_at.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT"),
    }
    try:
        return await Stream.begun(pieces, kind, headers)
    except FileNotFoundError:
        raise NotFound(f"Not found: file {facts.key} was removed in this moment") from None


async def list_files(call: Call) -> Response:
    query = call.query(ListQuery)
    found, marker = await _files(call, query).find(query.prefix, query.marker, query.max_keys, query.search)
    answer: dict[str, Any] = {"windmill_large_files": [{"s3": facts.key} for facts in found]}
    if marker is not None:
        answer["next_marker"] = marker
    return as_json({**answer, "restricted_access": False})


async def list_level(call: Call) -> Response:
    query = call.query(LevelQuery)
    prefix = f"{query.prefix.strip('/')}/" if query.prefix.strip("/") else ""
    folders, found = await _files(call, query).level(prefix)
    limit = min(max(1, query.max_keys), files.MAX_KEYS)
    entries: list[tuple[str, ObjectFacts | None]] = [(folder, None) for folder in folders]
    entries = sorted([*entries, *((facts.key, facts) for facts in found)], key=lambda entry: entry[0])
    entries = [entry for entry in entries if entry[0] > query.page_token]
    page, rest = entries[:limit], entries[limit:]
    answer: dict[str, Any] = {
        "folders": [{"prefix": key, "name": _name(key)} for key, facts in page if facts is None],
        "files": [
            {"key": key, "name": _name(key), "size": facts.size_bytes, "last_modified": facts.modified_at}
            for key, facts in page
            if facts is not None
        ],
        "restricted_access": False,
    }
    if rest:
        answer["next_page_token"] = page[-1][0]
    return as_json(answer)


def _name(key: str) -> str:
    return key.rstrip("/").rpartition("/")[2]


async def file_metadata(call: Call) -> Response:
    query = call.query(FileQuery)
    facts = await _files(call, query).facts(query.file_key)
    return as_json(
        {
            "mime_type": media_type(facts),
            "size_in_bytes": facts.size_bytes,
            "last_modified": facts.modified_at,
        }
    )


async def file_preview(call: Call) -> Response:
    """The beginning of a text; other files are named by their kind."""
    query = call.query(PreviewQuery)
    own = _files(call, query)
    facts = await own.facts(query.file_key)
    kind = media_type(facts)
    if query.file_key.endswith(".parquet"):
        return as_json({"content_type": "Parquet"})
    start = max(0, query.read_bytes_from)
    length = min(max(0, query.read_bytes_length), PREVIEW_BYTES)
    data = b"".join([piece async for piece in own.pieces(query.file_key, start, start + length)])
    if b"\0" in data:
        return as_json({"msg": f"a preview of {kind} is not possible", "content_type": "Unknown"})
    shown = "Csv" if query.file_key.endswith(".csv") or kind == "text/csv" else "RawText"
    return as_json({"content": data.decode("utf-8", "replace"), "content_type": shown})


async def delete_file(call: Call) -> Response:
    query = call.query(FileQuery)
    await _files(call, query).delete(call.context.pool, query.file_key)
    return raw_json("null")


async def move_file(call: Call) -> Response:
    query = call.query(MoveQuery)
    await _files(call, query).move(call.context.pool, query.src_file_key, query.dest_file_key)
    return raw_json("null")


async def folder_exists(call: Call) -> Response:
    query = call.query(FolderQuery)
    key = query.file_key.strip("/")
    own = _files(call)
    wanted = f"{key}/{query.marker_file}" if query.marker_file else f"{key}/"
    inside, _ = await own.find(wanted, limit=1)
    exact, _ = await own.find(key, limit=1)
    return as_json(
        {"exists": bool(inside) or any(facts.key == key for facts in exact), "is_folder": bool(inside)}
    )


async def test_connection(call: Call) -> Response:
    """Looks at one file of the storage; a storage that cannot be reached is an error."""
    await _files(call, call.query(Where)).find(limit=1)
    return raw_json('"Connection successful"')


async def storage_usage(call: Call) -> Response:
    size = await _files(call).usage_bytes()
    storage = {"storage": files.DEFAULT_STORAGE, "bytes": size, "computed_at": datetime.now(UTC)}
    return as_json({"total_bytes": size, "storages": [storage]})


async def sign(call: Call) -> Response:
    """Links to files that anybody may read until they expire, for whoever may read the files."""
    body = await call.json(SignBody)
    if len(body.s3_objects) > _MOST_SIGNED:
        raise InvalidInput(f"Bad request: at most {_MOST_SIGNED} files can be signed at once")
    own = _files(call)
    signed: list[dict[str, Any]] = []
    for wanted in body.s3_objects:
        require_default_storage(wanted.storage, None)
        await own.facts(wanted.s3)
        query = files.signed_query(call.context.keyring, call.workspace, wanted.s3, body.expiry_secs)
        signed.append(
            {"s3": wanted.s3, "presigned": query, **({"storage": wanted.storage} if wanted.storage else {})}
        )
    return as_json(signed)


async def read_by_link(call: Call) -> Response:
    """A file by a signed link, or by the token of somebody who may read it."""
    require_default_storage(call.path_params["storage"], None)
    key = call.path_params["key"].removeprefix("/")
    query = call.query(LinkQuery)
    objects = call.context.objects
    if not query.sig:
        own = _files(call)
        facts = await own.facts(key)
        return await _content(facts, own.pieces(key), media_type(facts))
    files.require_signed(call.context.keyring, call.workspace, key, query.exp, query.sig)
    facts = await files.facts_of(objects, call.workspace, key)
    pieces = objects.pieces(files.workspace_prefix(call.workspace) + key)
    return await _content(facts, pieces, media_type(facts))


def _plain_header(kind: str | None) -> str | None:
    """A media type that may stand in a header."""
    if kind is None:
        return None
    if len(kind) > 200 or not kind.isascii() or not kind.isprintable():
        raise InvalidInput("Bad request: content_type is not a media type")
    return kind


def _helper(
    name: str, method: str, path: str, handler: Any, summary: str, query: Any = None, returns: Any = Any,
    action: str = "read",
) -> Operation:  # fmt: skip
    return Operation(
        name, method, f"/w/{{workspace}}/job_helpers/{path}", handler, f"job_helpers:{action}", ("helpers",), summary,
        query=query, returns=returns,
    )  # fmt: skip


OPERATIONS: tuple[Operation, ...] = (
    _helper("fileUpload", "POST", "upload_s3_file", upload, "Store a file", UploadQuery, dict, "write"),
    _helper("fileDownload", "GET", "download_s3_file", download, "The content of a file", FileQuery, bytes),
    _helper("listStoredFiles", "GET", "list_stored_files", list_files, "Files by their keys", ListQuery, dict),
    _helper(
        "listStoredFilesPaged", "GET", "list_stored_files_paged", list_level, "Files and folders of a folder",
        LevelQuery, dict,
    ),
    _helper("loadFileMetadata", "GET", "load_file_metadata", file_metadata, "Size and type", FileQuery, dict),
    _helper("loadFilePreview", "GET", "load_file_preview", file_preview, "The beginning", PreviewQuery, dict),
    _helper("deleteS3File", "DELETE", "delete_s3_file", delete_file, "Remove a file", FileQuery, Any, "write"),
    _helper("moveS3File", "GET", "move_s3_file", move_file, "Give a file another key", MoveQuery, Any, "write"),
    _helper("checkS3FolderExists", "GET", "check_s3_folder_exists", folder_exists, "Look for a folder",
            FolderQuery, dict),
    _helper("datasetStorageTestConnection", "GET", "test_connection", test_connection, "Try the storage", Where),
    _helper("getStorageUsage", "GET", "storage_usage", storage_usage, "How much the files take", None, dict),
    Operation(
        "signS3Objects", "POST", "/w/{workspace}/apps/sign_s3_objects", sign, "job_helpers:read", ("helpers",),
        "Links to files that anybody may read", body=SignBody, returns=list,
    ),
    Operation(
        "readFileByLink", "GET", "/w/{workspace}/s3_proxy/{storage}/{key:path}", read_by_link,
        "optional:job_helpers:read", ("helpers",), "A file by its link", query=LinkQuery, returns=bytes,
    ),
)  # fmt: skip
