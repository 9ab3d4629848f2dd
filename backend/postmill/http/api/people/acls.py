"""Grants on single objects."""

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json, text
from postmill.identity import acls

TAGS = ("granular_acl",)
BASE = "/w/{workspace}/acls"


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    owner: str
    write: bool = False


class Grantee(msgspec.Struct, frozen=True, kw_only=True):
    owner: str


async def get(call: Call) -> Response:
    return as_json(await acls.get(call.context.pool, call.subject, call.path("kind"), call.raw_path()))


async def add(call: Call) -> Response:
    grant = await call.json(Grant)
    await acls.add(
        call.context.pool, call.subject, call.path("kind"), call.raw_path(), grant.owner, write=grant.write
    )
    return text(f"added {grant.owner} to {call.raw_path()}")


async def remove(call: Call) -> Response:
    grantee = await call.json(Grantee)
    await acls.remove(call.context.pool, call.subject, call.path("kind"), call.raw_path(), grantee.owner)
    return text(f"removed {grantee.owner} from {call.raw_path()}")


OPERATIONS = (
    Operation(
        "getGranularAcls",
        "GET",
        f"{BASE}/get/{{kind}}/{{path:path}}",
        get,
        "acls:read",
        TAGS,
        "Who else may read (false) or write (true) an object",
        returns=dict[str, bool],
    ),
    Operation(
        "addGranularAcls",
        "POST",
        f"{BASE}/add/{{kind}}/{{path:path}}",
        add,
        "developer:acls:write",
        TAGS,
        "Let a user or group read or write an object",
        body=Grant,
        returns=str,
    ),
    Operation(
        "removeGranularAcls",
        "POST",
        f"{BASE}/remove/{{kind}}/{{path:path}}",
        remove,
        "developer:acls:write",
        TAGS,
        "Take a grant away",
        body=Grantee,
        returns=str,
    ),
)
