"""The key under which public clients carry the secrets of a workspace."""

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json, counted, text
from postmill.identity.tokens import require_unlimited
from postmill.items import encryption_key

TAGS = ("workspace",)
PATH = "/w/{workspace}/workspaces/encryption_key"


class EncryptionKey(msgspec.Struct, frozen=True):
    key: str


class NewEncryptionKey(msgspec.Struct, frozen=True, kw_only=True):
    """64 letters and digits. With ``skip_reencrypt`` what is stored stays under its present data key."""

    new_key: str
    skip_reencrypt: bool = False


async def get(call: Call) -> Response:
    require_unlimited(call.subject)
    context = call.context
    key = await encryption_key.get(context.pool, context.keyring, call.subject, call.workspace)
    return as_json(EncryptionKey(key))


async def put(call: Call) -> Response:
    require_unlimited(call.subject)
    given: NewEncryptionKey = await call.json(NewEncryptionKey)
    context = call.context
    sealed = await encryption_key.put(
        context.pool,
        context.keyring,
        call.subject,
        call.workspace,
        given.new_key,
        reseal=not given.skip_reencrypt,
    )
    secrets = counted(sealed, "secret")
    return text(f"updated the encryption key of workspace {call.workspace}; {secrets} sealed anew")


OPERATIONS = (
    Operation(
        "getWorkspaceEncryptionKey", "GET", PATH, get, "superadmin:workspaces:read", TAGS,
        "The key that exported secrets are encrypted with", returns=EncryptionKey,
    ),
    Operation(
        "setWorkspaceEncryptionKey", "POST", PATH, put, "superadmin:workspaces:write", TAGS,
        "Choose the key that exported secrets are encrypted with, and seal what is stored anew",
        body=NewEncryptionKey, returns=str,
    ),
)  # fmt: skip
