"""Secret links that answer an approval: signed, handed out with a date until which they are good.

The signature binds workspace, job, number and approver; one link answers once, whatever it says.
"""

import base64
import hmac
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import quote
from uuid import UUID

from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Connection
from postmill.kernel.errors import InvalidInput, PermissionDenied
from postmill.tables.flow_runs import approval_link

LINK_DAYS = 90
LARGEST_RESUME_ID = 2**32 - 1
MAX_APPROVER_LENGTH = 255
MOST_DIGITS = 12


@dataclass(frozen=True)
class Link:
    """What a link says. ``job_id``: the step that asks, or the flow as such; ``approver`` None: whoever comes."""

    workspace: str
    job_id: UUID
    resume_id: int
    approver: str | None = None


@dataclass(frozen=True)
class Urls:
    """Addresses of a link. ``approvalPage`` only shows; the others answer when they are opened.

    The ``token`` in the query of the page is the same link as one word, for the calls that name the flow instead of it.
    """

    approvalPage: str  # noqa: N815 - the name on the wire
    resume: str
    cancel: str


def sign(keyring: Keyring, link: Link) -> str:
    """The signature, as lower-case hexadecimal digits."""
    approver = b"" if link.approver is None else b"+" + link.approver.encode()
    message = b"".join(
        [link.workspace.encode(), b"\0", link.job_id.bytes, link.resume_id.to_bytes(8, "big"), approver]
    )
    return hmac.digest(keyring.derive("approval links"), message, sha256).hex()


def checked(link: Link) -> Link:
    """Raises InvalidInput for numbers and names that no link can have."""
    if not 0 <= link.resume_id <= LARGEST_RESUME_ID:
        raise InvalidInput(f"Bad request: resume_id lies between 0 and {LARGEST_RESUME_ID}")
    if link.approver is not None and (
        len(link.approver) > MAX_APPROVER_LENGTH or not link.approver.isprintable()
    ):
        raise InvalidInput(f"Bad request: approver has at most {MAX_APPROVER_LENGTH} printable characters")
    return link


async def hand_out(connection: Connection, keyring: Keyring, link: Link, author: str) -> str:
    """The signature of a link that is good from now on."""
    link = checked(link)
    await approval_link.keep(
        connection, link.workspace, link.job_id, link.resume_id, link.approver, author, LINK_DAYS
    )
    return sign(keyring, link)


async def require_good(connection: Connection, keyring: Keyring, link: Link, signature: str) -> None:
    """Raises PermissionDenied for a link that is not ours, InvalidInput for one that has expired."""
    link = checked(link)
    if not hmac.compare_digest(sign(keyring, link).encode(), signature.encode("utf-8", "replace")):
        raise PermissionDenied(
            "Permission denied: Invalid signature: this link was not made here, or was changed"
        )
    good = await approval_link.is_good(connection, link.workspace, link.job_id, link.resume_id, link.approver)
    if not good:
        raise InvalidInput("Bad request: this link has expired")


def urls_of(base: str, link: Link, signature: str) -> Urls:
    """The addresses of a signed link below the address of this instance."""
    tail = f"{link.job_id}/{link.resume_id}/{signature}"
    query = "" if link.approver is None else f"?approver={quote(link.approver, safe='')}"
    api = f"{base}/api/w/{quote(link.workspace, safe='')}/jobs_u"
    token = f"{'&' if query else '?'}token={token_of(link, signature)}"
    return Urls(
        approvalPage=f"{base}/approve/{quote(link.workspace, safe='')}/{tail}{query}{token}",
        resume=f"{api}/resume/{tail}{query}",
        cancel=f"{api}/cancel/{tail}{query}",
    )


def token_of(link: Link, signature: str) -> str:
    """A signed link as one word."""
    parts = [str(link.job_id), str(link.resume_id), signature]
    if link.approver is not None:
        parts.append(base64.urlsafe_b64encode(link.approver.encode()).decode().rstrip("="))
    return ".".join(parts)


def link_of(workspace: str, token: str) -> tuple[Link, str]:
    """The link and its signature. Raises InvalidInput for what is no such word."""
    job, number, signature, approver = [*token.split("."), "", "", ""][:4]
    try:
        name = base64.urlsafe_b64decode(approver + "=" * (-len(approver) % 4)).decode() if approver else None
        if not (number.isascii() and number.isdigit()) or len(number) > MOST_DIGITS:
            raise ValueError(number)
        return Link(workspace, UUID(job), int(number), name), signature
    except ValueError:
        raise InvalidInput("Bad request: this is no approval token") from None
