"""Code that a test's imports find before what is deployed: a client stored it and names it beside the arguments."""

from collections.abc import Mapping

import msgspec

from postmill.kernel import json
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.model.job import ClaimedJob
from postmill.model.run_options import STORED_IMPORTS
from postmill.tables.items import raw_script
from postmill.worker.tools import Tools

_NOTHING: Mapping[str, str] = {}


async def stored_imports(tools: Tools, job: ClaimedJob) -> tuple[str, Mapping[str, str]]:
    """The arguments without the names of stored code, and this code by path. Raises InvalidInput, NotFound."""
    if job.kind != "preview" or STORED_IMPORTS not in job.args:
        return job.args, _NOTHING
    args = json.decode_as(job.args, dict[str, msgspec.Raw])
    named = args.pop(STORED_IMPORTS, None)
    if named is None:
        return job.args, _NOTHING
    try:
        digests = msgspec.json.decode(named, type=dict[str, str])
    except msgspec.DecodeError:
        raise InvalidInput(f"{STORED_IMPORTS} names stored code by path, as texts") from None
    found: dict[str, str] = {}
    for path, digest in digests.items():
        content = await raw_script.get(tools.pool, job.workspace_id, digest)
        if content is None:
            raise NotFound(f"Not found: the code that was stored for {path} is gone; store it again")
        found[path] = content
    return json.encode_text(args), found
