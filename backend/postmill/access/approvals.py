"""Who may answer a step that waits for approval. Pure."""

from postmill.access.grants import granted
from postmill.access.policy import is_bypassing, path_right
from postmill.access.scopes import allows
from postmill.kernel.errors import NotAuthenticated, PermissionDenied
from postmill.model.approval import AskedOf
from postmill.model.flow import Suspend
from postmill.model.subject import Subject


def may_answer(subject: Subject, asked: AskedOf, groups: tuple[str, ...]) -> bool:
    """Without a link: who started the run, who may write the flow, members of the groups that are asked."""
    if subject.is_anonymous or subject.read_only:
        return False
    if not allows(subject.scopes, "jobs", "run", asked.path, "flows"):
        return False
    if is_bypassing(subject) or subject.username == asked.started_by:
        return True
    if any(group in subject.groups or group == "all" for group in groups):
        return True
    if asked.path is None:
        return False
    return path_right(subject, asked.path) is True or granted(subject, asked.extra_perms) is True


def require_conditions(subject: Subject, asked: AskedOf, suspend: Suspend, groups: tuple[str, ...]) -> None:
    """What the step itself demands of whoever answers, with a link or without.

    Raises NotAuthenticated where somebody must sign in, PermissionDenied for the wrong person.
    """
    if suspend.self_approval_disabled and _is_starter(subject, asked):
        raise PermissionDenied("Permission denied: who started the run may not approve this step of it")
    if not (suspend.user_auth_required or suspend.self_approval_disabled):
        return
    if subject.is_anonymous:
        raise NotAuthenticated("Unauthorized: this step is approved by somebody who is signed in")
    if not suspend.user_auth_required or not groups or is_bypassing(subject):
        return
    if not any(group in subject.groups or group == "all" for group in groups):
        raise PermissionDenied(f"Permission denied: this step is approved by members of {', '.join(groups)}")


def _is_starter(subject: Subject, asked: AskedOf) -> bool:
    if subject.is_anonymous:
        return False
    return subject.username == asked.started_by or subject.email == asked.started_by_email
