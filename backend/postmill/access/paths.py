"""The path of an object: who owns it and what it is called."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from postmill.kernel.errors import InvalidInput

MAX_PATH_LENGTH = 255
_ITEM_PATH = re.compile(r"[ufg](?:/[\w-]+){2,}", re.ASCII)
_NAME = re.compile(r"[A-Za-z0-9][\w-]{0,49}", re.ASCII)
_USERNAME = re.compile(r"[A-Za-z_][\w-]{0,49}", re.ASCII)

OwnerKind = Literal["u", "f", "g"]


@dataclass(frozen=True, slots=True)
class ItemPath:
    """``u/<user>/...``, ``f/<folder>/...`` or ``g/<group>/...``, known to be well formed."""

    text: str
    owner_kind: OwnerKind
    owner: str

    @classmethod
    def parse(cls, text: str) -> "ItemPath":
        """Raises InvalidInput for anything but letters, digits, ``_`` and ``-`` in at least three parts."""
        return _parsed(text)

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=4096)
def _parsed(text: str) -> ItemPath:
    if len(text) > MAX_PATH_LENGTH:
        raise InvalidInput(f"Bad request: a path has at most {MAX_PATH_LENGTH} characters")
    if _ITEM_PATH.fullmatch(text) is None:
        raise InvalidInput(
            f"Bad request: {text[:80]!r} is not a path: it must look like u/<user>/<name>, f/<folder>/<name> "
            "or g/<group>/<name>, with letters, digits, _ and - only"
        )
    kind, owner, _ = text.split("/", 2)
    return ItemPath(text=text, owner_kind=kind, owner=owner)  # type: ignore[arg-type]


def split_owner(path: str) -> tuple[str, str]:
    """The owner kind and owner of a path, or two empty texts where it is not owned by anybody."""
    parts = path.split("/", 2)
    return (parts[0], parts[1]) if len(parts) == 3 else ("", "")


def parse_name(text: str, what: str) -> str:
    """A folder or group name; raises InvalidInput."""
    if _NAME.fullmatch(text) is None:
        raise InvalidInput(
            f"Bad request: {text[:60]!r} is not a {what} name: letters, digits, _ and -, at most 50 characters, "
            "beginning with a letter or digit"
        )
    return text


def parse_username(text: str) -> str:
    """A user name inside a workspace; ``group-...`` is kept for jobs that run as a group."""
    if _USERNAME.fullmatch(text) is None or text.startswith("group-"):
        raise InvalidInput(
            f"Bad request: {text[:60]!r} is not a user name: letters, digits, _ and -, at most 50 characters, "
            "beginning with a letter and not with group-"
        )
    return text


def parse_workspace_id(text: str) -> str:
    """The id of a workspace; raises InvalidInput."""
    return parse_name(text, "workspace")


def parse_owner(text: str) -> tuple[Literal["u", "g"], str]:
    """A grantee ``u/<user>`` or ``g/<group>``; raises InvalidInput."""
    kind, _, name = text.partition("/")
    if kind not in ("u", "g") or not re.fullmatch(r"[\w@.+-]{1,255}", name, re.ASCII):
        raise InvalidInput(f"Bad request: {text[:60]!r} is not an owner: u/<user> or g/<group> is expected")
    return kind, name  # type: ignore[return-value]
