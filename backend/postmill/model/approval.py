"""What waits for somebody's approval, and who may give it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from postmill.model.flow import Suspend

Answer = Literal["approve", "disapprove"]


class Answered(msgspec.Struct, frozen=True):
    """One approval that came in; nobody in particular is ``anonymous``."""

    resume_id: int
    approver: str


class AskedOf(msgspec.Struct, frozen=True, kw_only=True):
    """A flow as approvals see it: the run that it belongs to, and who may know of it.

    ``started_by`` started the run; ``path`` and ``summary`` are those of the run's flow, whose grants are
    ``extra_perms``.
    """

    flow_job: UUID
    root_job: UUID
    path: str | None
    summary: str | None
    started_by: str
    started_by_email: str
    extra_perms: dict[str, bool]


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A step whose approval is awaited. ``groups``: who may give it, where sign-in is required.

    ``missing`` more approvals have to come until ``until``. ``result`` is the step's own as JSON text: its members
    ``description``, ``default_args`` and ``enums`` belong to the page.
    """

    of: AskedOf
    step_id: str
    step_job: UUID
    summary: str | None
    suspend: Suspend
    groups: tuple[str, ...]
    missing: int
    until: datetime | None
    asked_at: datetime | None
    result: str | None
    answers: tuple[Answered, ...]
