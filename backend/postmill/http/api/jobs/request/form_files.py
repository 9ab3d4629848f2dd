"""Files of a form that starts a job: each is stored with the workspace, and the argument names where."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from postmill.http.api.jobs.request.multipart import FilePart
from postmill.http.call import Call
from postmill.items.files import Files, new_key
from postmill.kernel.errors import NotAuthenticated, PermissionDenied


async def with_stored_files(call: Call, fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields with ``{"s3": key}`` in place of files. Raises NotAuthenticated where nobody answers for them."""
    return {name: await _stored(call, value) for name, value in fields.items()}


async def _stored(call: Call, value: Any) -> Any:
    if isinstance(value, list):
        return [await _stored(call, item) for item in value]
    if not isinstance(value, FilePart):
        return value
    if call.subject.is_anonymous:
        raise NotAuthenticated("Unauthorized: only somebody who is known may send files")
    if call.subject.read_only:
        raise PermissionDenied("Permission denied: a token that only reads may not send files")
    extension = value.name.rpartition(".")[2] if "." in value.name else ""
    key = new_key(call.subject, extension if extension.isalnum() and len(extension) < 20 else None)
    files = Files(call.context.objects, call.subject, call.workspace)
    await files.keep_upload(call.context.pool, key, _one(value.content), value.content_type or None)
    return {"s3": key}


async def _one(content: bytes) -> AsyncIterator[bytes]:
    yield content
