"""OpenID Connect for runs: identity tokens, and how others check them."""

from datetime import datetime
from typing import Literal

import msgspec

from postmill.http.call import Call
from postmill.http.context import Part, ServerContext
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json, text
from postmill.identity.id_tokens import IdTokens

TAGS = ("oidc",)
BASE = "/oidc"


def _issuer(context: ServerContext) -> str:
    return f"{context.settings.public_url}/api{BASE}/"


ID_TOKENS = Part(lambda context: IdTokens(context.pool, context.keyring, context.clock, _issuer(context)))


class TokenQuery(msgspec.Struct, frozen=True):
    """``expires_in``: seconds; an hour when left out, at most 48."""

    expires_in: float | None = None


class Discovery(msgspec.Struct, frozen=True, kw_only=True):
    """What relying parties read first."""

    issuer: str
    jwks_uri: str
    response_types_supported: tuple[str, ...] = ("id_token",)
    subject_types_supported: tuple[str, ...] = ("public",)
    id_token_signing_alg_values_supported: tuple[str, ...] = ("RS256",)
    claims_supported: tuple[str, ...] = (
        "iss", "aud", "sub", "iat", "nbf", "exp", "email", "username", "groups", "workspace", "job_id", "path",
        "flow_path",
    )  # fmt: skip


class KeySet(msgspec.Struct, frozen=True):
    """Public keys as JSON Web Keys."""

    keys: list[dict[str, str]]


class ShownKey(msgspec.Struct, frozen=True, kw_only=True):
    """``retired``: it signs nothing new, and is shown until what it signed has ended."""

    kid: str
    state: Literal["active", "retired"]
    created_at: datetime
    alg: str = "RS256"
    source: str = "database"


class SigningStatus(msgspec.Struct, frozen=True):
    """The keys of the instance, without their private halves."""

    keys: list[ShownKey]
    mode: str = "database"


async def token(call: Call) -> Response:
    query = call.query(TokenQuery)
    tokens = ID_TOKENS.of(call.context)
    return text(await tokens.mint(call.subject, call.workspace, call.raw_path("audience"), query.expires_in))


async def discovery(call: Call) -> Response:
    issuer = ID_TOKENS.of(call.context).issuer
    return as_json(Discovery(issuer=issuer, jwks_uri=f"{issuer}jwks"))


async def key_set(call: Call) -> Response:
    return as_json(KeySet(await ID_TOKENS.of(call.context).public_keys()))


async def signing_status(call: Call) -> Response:
    known = await ID_TOKENS.of(call.context).known()
    keys = [
        ShownKey(kid=kid, state="active" if is_newest else "retired", created_at=created_at)
        for kid, created_at, is_newest in known
    ]
    return as_json(SigningStatus(keys))


async def rotate_key(call: Call) -> Response:
    return text(await ID_TOKENS.of(call.context).rotate(call.subject))


OPERATIONS = (
    Operation(
        "getOidcToken", "POST", "/w/{workspace}/oidc/token/{audience:path}", token, "member:oidc:write", TAGS,
        "A token that says to others which run the caller is; for runs alone", query=TokenQuery, returns=str,
    ),
    Operation(
        "getOidcDiscovery", "GET", f"{BASE}/.well-known/openid-configuration", discovery, "public",
        (*TAGS, "postmill"), "Who signs identity tokens, and where the keys are", returns=Discovery,
    ),
    Operation(
        "getOidcKeys", "GET", f"{BASE}/jwks", key_set, "public", (*TAGS, "postmill"),
        "The public keys that identity tokens are checked with", returns=KeySet,
    ),
    Operation(
        "getJwks", "GET", "/.well-known/jwks.json", key_set, "public", ("setting",),
        "The same under the address that generated clients know", returns=KeySet,
    ),
    Operation(
        "getOidcSigningStatus", "GET", f"{BASE}/signing_status", signing_status, "superadmin:oidc:read", TAGS,
        "The keys that sign identity tokens, without their private halves", returns=SigningStatus,
    ),
    Operation(
        "rotateOidcKey", "POST", f"{BASE}/rotate_key", rotate_key, "superadmin:oidc:write", (*TAGS, "postmill"),
        "Have a new key sign identity tokens; those before it are shown until their tokens end", returns=str,
    ),
)  # fmt: skip
