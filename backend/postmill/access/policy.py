"""May this subject do this to that object. ``visibility`` holds the same rules as SQL; a property test compares them.

Admins may do everything in their workspace. Others have rights through the path (own ``u/``, their ``g/`` groups, a
folder's grants) or through the object's own grants, which add to the path's and never take away. Operators change
nothing. What may not be read is answered like what does not exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import msgspec

from postmill.access.grants import granted
from postmill.access.paths import split_owner
from postmill.access.scopes import (
    allows,
    covers,
    job_patterns,
    only_changing_jobs,
    visible_tags,
    without_job_patterns,
)
from postmill.kernel.errors import NotAuthorized, NotFound, PermissionDenied
from postmill.model.subject import Subject

NO_GRANTS: Mapping[str, bool] = {}

# The scope domain that speaks of a kind of object.
DOMAIN_OF_KIND = {
    "script": "scripts",
    "flow": "flows",
    "app": "apps",
    "variable": "variables",
    "resource": "resources",
    "schedule": "schedules",
    "folder": "folders",
    "group": "groups",
    "draft": "drafts",
    "input": "inputs",
    "favorite": "favorites",
    "job": "jobs",
}

# What running code changes on behalf of an operator: its state and the values that its author keeps there.
_WRITABLE_BY_OPERATORS_JOBS = frozenset({"variable", "resource"})


class SeenJob(Protocol):
    """What decides who may see a job; ``runnable_perms`` are the grants of the runnable at ``path``."""

    @property
    def created_by(self) -> str: ...
    @property
    def permissioned_as(self) -> str: ...
    @property
    def path(self) -> str | None: ...
    @property
    def visible_to_owner(self) -> bool: ...
    @property
    def tag(self) -> str: ...
    @property
    def runnable_perms(self) -> Mapping[str, bool]: ...


@dataclass(frozen=True, slots=True)
class JobFacts:
    """A plain ``SeenJob``."""

    created_by: str
    permissioned_as: str
    path: str | None = None
    visible_to_owner: bool = True
    tag: str = ""
    runnable_perms: Mapping[str, bool] = field(default_factory=dict)


def domain_of(kind: str) -> str:
    return DOMAIN_OF_KIND.get(kind, kind)


def is_bypassing(subject: Subject) -> bool:
    """Whether the subject's role stands above paths and grants."""
    return subject.is_admin or subject.is_superadmin


def path_right(subject: Subject, path: str) -> bool | None:
    """The right that the path itself gives: True write, False read, None nothing."""
    owner_kind, owner = split_owner(path)
    if owner_kind == "u":
        return True if owner == subject.username else None
    if owner_kind == "g":
        return True if owner in subject.groups or owner == "all" else None
    if owner_kind == "f":
        right = subject.folders.get(owner)
        return None if right is None else right != "read"
    return None


def _rights(subject: Subject, path: str, extra_perms: Mapping[str, bool]) -> bool | None:
    by_path = path_right(subject, path)
    by_grant = granted(subject, extra_perms)
    return by_path if by_grant is None else (bool(by_path) or by_grant)


def _is_known_to(subject: Subject, path: str, extra_perms: Mapping[str, bool]) -> bool:
    """Whether the identity may know that the object is there, whatever its token is limited to."""
    if subject.is_anonymous:
        return False
    return is_bypassing(subject) or _rights(subject, path, extra_perms) is not None


def can_read(subject: Subject, kind: str, path: str, extra_perms: Mapping[str, bool] = NO_GRANTS) -> bool:
    """Whether the subject may see the object, its history and its past."""
    if not allows(subject.scopes, domain_of(kind), "read", path):
        return False
    return _is_known_to(subject, path, extra_perms)


def can_write(subject: Subject, kind: str, path: str, extra_perms: Mapping[str, bool] = NO_GRANTS) -> bool:
    """Whether the subject may create, change, move or delete the object."""
    if subject.is_anonymous or subject.read_only:
        return False
    if not allows(subject.scopes, domain_of(kind), "write", path):
        return False
    if is_bypassing(subject):
        return True
    by_own_code = subject.is_job and kind in _WRITABLE_BY_OPERATORS_JOBS
    if subject.is_operator and not by_own_code:
        return False
    return _rights(subject, path, extra_perms) is True


def can_run(subject: Subject, kind: str, path: str, extra_perms: Mapping[str, bool] = NO_GRANTS) -> bool:
    """Whether the subject may start the runnable: the right to read it, and a scope that lets it run."""
    if subject.read_only or not allows(subject.scopes, "jobs", "run", path, f"{kind}s"):
        return False
    return _is_known_to(subject, path, extra_perms)


def not_found(kind: str, path: str) -> NotFound:
    """The one answer for what does not exist and for what may not be seen."""
    return NotFound(f"Not found: {kind} {path} does not exist, or you may not see it")


def require_read(subject: Subject, kind: str, path: str, extra_perms: Mapping[str, bool] = NO_GRANTS) -> None:
    """Raises NotFound when the subject may not see the object."""
    if not can_read(subject, kind, path, extra_perms):
        raise not_found(kind, path)


def require_run(subject: Subject, kind: str, path: str, extra_perms: Mapping[str, bool] = NO_GRANTS) -> None:
    """Raises NotFound for what may not be seen, PermissionDenied where the token's scopes forbid running it."""
    if can_run(subject, kind, path, extra_perms):
        return
    if not _is_known_to(subject, path, extra_perms):
        raise not_found(kind, path)
    raise PermissionDenied(f"Permission denied: this token may not run {kind} {path}")


def require_write(
    subject: Subject, kind: str, path: str, extra_perms: Mapping[str, bool] = NO_GRANTS
) -> None:
    """Raises NotFound for what may not be seen and NotAuthorized for what may be seen but not changed.

    For an object that is to be created, pass no grants: somebody who has no right in the place at all is told so.
    """
    if can_write(subject, kind, path, extra_perms):
        return
    exists = extra_perms is not NO_GRANTS
    if exists and not _is_known_to(subject, path, extra_perms):
        raise not_found(kind, path)
    if subject.read_only or not allows(subject.scopes, domain_of(kind), "write", path):
        raise PermissionDenied(f"Permission denied: this token may not change {kind} {path}")
    if subject.is_operator:
        raise NotAuthorized(f"Not authorized: operators may not create or change a {kind}")
    if exists and not can_read(subject, kind, path, extra_perms):
        raise not_found(kind, path)
    raise NotAuthorized(f"Not authorized: {subject.username} may not write to {path}")


def require_place(subject: Subject, kind: str, path: str, taken: Mapping[str, bool] | None) -> None:
    """Raises as ``require_write`` for what is to lie at the path, where something may be already.

    ``taken`` are the grants of what is there, None for a free path. Something hidden is answered like a free path.
    """
    is_seen = taken is not None and _is_known_to(subject, path, taken)
    require_write(subject, kind, path, taken if taken is not None and is_seen else NO_GRANTS)


def require_developer(subject: Subject) -> None:
    """Raises NotAuthorized for operators, who create, edit and preview nothing."""
    if subject.is_operator and not is_bypassing(subject):
        raise NotAuthorized("Not authorized: operators may not create, edit or preview")


def as_changer_of_jobs(subject: Subject) -> Subject:
    """The subject of whom the jobs that it may see are those that its token may change too."""
    scopes = only_changing_jobs(subject.scopes)
    return subject if scopes is subject.scopes else msgspec.structs.replace(subject, scopes=scopes)


def as_starter_of_runs(subject: Subject) -> Subject:
    """The subject as it is told what the runs come to that it starts, whichever others its token may read."""
    scopes = without_job_patterns(subject.scopes)
    return subject if scopes is subject.scopes else msgspec.structs.replace(subject, scopes=scopes)


def can_see_job(subject: Subject, job: SeenJob) -> bool:
    """Jobs are seen by who started them, by who may read the runnable, and by admins."""
    tags = visible_tags(subject.scopes)
    if tags is not None and job.tag not in tags:
        return False
    patterns = job_patterns(subject.scopes)
    if patterns is not None and not covers(patterns, job.path):
        return False
    if is_bypassing(subject):
        return True
    if job.created_by == subject.username or job.permissioned_as == f"u/{subject.username}":
        return True
    if subject.is_anonymous or not job.visible_to_owner or job.path is None:
        return False
    return _rights(subject, job.path, job.runnable_perms) is not None
