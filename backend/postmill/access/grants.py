"""Grants: maps from ``u/<user>`` or ``g/<group>`` to False (read) or True (write)."""

from collections.abc import Collection, Iterable, Mapping

from postmill.model.subject import FolderRight, Subject


def folder_right(
    grants: Iterable[str], owners: Collection[str], extra_perms: Mapping[str, bool]
) -> FolderRight | None:
    """What the holder of these grants may do in a folder; None when nothing."""
    held = list(grants)
    if any(grant in owners for grant in held):
        return "owner"
    rights = [extra_perms[grant] for grant in held if grant in extra_perms]
    if not rights:
        return None
    return "write" if any(rights) else "read"


def granted(subject: Subject, extra_perms: Mapping[str, bool]) -> bool | None:
    """True for a write grant, False for a read grant, None for no grant at all."""
    rights = [extra_perms[grant] for grant in subject.grants if grant in extra_perms]
    return any(rights) if rights else None
