"""Who may read and write which file of a workspace, by its key.

Keys that look like paths of items (``u/<user>/...``, ``f/<folder>/...``, ``g/<group>/...``) follow the rights of those
paths. All other keys are the workspace's own: every member reads them, and writes them unless an operator; what an
operator gives to a form goes below ``uploads/<user>/``.
"""

from postmill.access.paths import split_owner
from postmill.access.policy import is_bypassing, path_right
from postmill.access.scopes import allows
from postmill.kernel.errors import InvalidInput, NotAuthorized, NotFound, PermissionDenied
from postmill.model.subject import Subject

DOMAIN = "job_helpers"
UPLOADS = "uploads"
_OWNED = ("u", "f", "g")


def _right(subject: Subject, key: str) -> bool | None:
    """True write, False read, None nothing."""
    if subject.is_anonymous:
        return None
    if is_bypassing(subject):
        return True
    owner_kind, _ = split_owner(key)
    if owner_kind in _OWNED:
        right = path_right(subject, key)
        by_hand = subject.is_operator and not subject.is_job
        return False if right and by_hand else right
    if subject.is_operator and not subject.is_job:
        return key.startswith(f"{UPLOADS}/{subject.username}/")
    return True


def can_read_file(subject: Subject, key: str) -> bool:
    return allows(subject.scopes, DOMAIN, "read", key) and _right(subject, key) is not None


def require_read_file(subject: Subject, key: str) -> None:
    """Raises NotFound, as for a file that does not exist."""
    if not can_read_file(subject, key):
        raise file_not_found(key)


def require_write_file(subject: Subject, key: str) -> None:
    """Raises NotFound for a place that may not be seen, NotAuthorized or PermissionDenied for others."""
    first, _, rest = key.partition("/")
    if first in _OWNED and "/" not in rest:
        raise InvalidInput(
            f"Bad request: {key[:80]!r} is not a file key: below {first}/ it has at least three parts, as paths have"
        )
    if subject.read_only or not allows(subject.scopes, DOMAIN, "write", key):
        raise PermissionDenied(f"Permission denied: this token may not change the file {key}")
    right = _right(subject, key)
    if right is None:
        raise file_not_found(key)
    if not right:
        raise NotAuthorized(f"Not authorized: {subject.username} may not write the file {key}")


def file_not_found(key: str) -> NotFound:
    return NotFound(f"Not found: file {key} does not exist, or you may not see it")
