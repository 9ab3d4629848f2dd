"""What the runs of one version as one identity have in common, where it is at hand: decided once for all of them.

It is kept under the very objects that it rests on. Whoever loads a version, rights or variables anew gets other
objects, for which nothing has been decided yet.
"""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from postmill.model.flow_paths import NOWHERE, PlaceInFlow
from postmill.model.job import ClaimedJob
from postmill.model.limits import Limits
from postmill.model.subject import Subject
from postmill.worker.code import Code
from postmill.worker.request import limits_of_job, shared_environment, warm_key
from postmill.worker.secrets_read import can_read_secrets
from postmill.worker.tools import Tools

MOST_KEPT = 1000


@dataclass(frozen=True, slots=True)
class InCommon:
    """``env`` lacks what is each run's own. ``rights`` are those of the identity, without the job's."""

    code: Code
    rights: Subject
    of_workspace: Mapping[str, str]
    of_group: Mapping[str, str]
    env: Mapping[str, str]
    limits: Limits
    warm_key: str | None
    reads_secrets: bool

    def rests_on(self, code: Code, rights: Subject, of_workspace: object, of_group: object) -> bool:
        return (
            self.code is code
            and self.rights is rights
            and self.of_workspace is of_workspace
            and self.of_group is of_group
        )


@dataclass
class RunsAlike:
    """What is known of the runs of a worker, the longest unused first."""

    _known: OrderedDict[tuple[object, ...], InCommon] = field(default_factory=OrderedDict)

    def of(self, job: ClaimedJob, tools: Tools, place: PlaceInFlow = NOWHERE) -> InCommon | None:
        """``place``: where the job stands. None where something has to be loaded or resolved first."""
        code = tools.codes.known(job)
        rights = tools.identities.known_rights(job)
        of_workspace = tools.identities.known_variables(job.workspace_id)
        if code is None or rights is None or of_workspace is None or code.lock is None or code.is_workflow:
            return None
        alike = _alike(job)
        known = self._known.get(alike)
        if known is not None and known.rests_on(code, rights, of_workspace, tools.group_variables):
            self._known.move_to_end(alike)
            return known
        common = InCommon(
            code=code,
            rights=rights,
            of_workspace=of_workspace,
            of_group=tools.group_variables,
            env=shared_environment(tools, job, code, of_workspace, place),
            limits=limits_of_job(tools.limits, job),
            warm_key=warm_key(job, code, rights, None),
            reads_secrets=can_read_secrets(code.text, code.lock),
        )
        self._known[alike] = common
        if len(self._known) > MOST_KEPT:
            self._known.popitem(last=False)
        return common


def _alike(job: ClaimedJob) -> tuple[str | int | bool | UUID | tuple[str, ...] | None, ...]:
    """All that is decided from about a job here."""
    return (
        job.workspace_id, job.script_hash, job.permissioned_as, job.email, job.created_by, job.path,
        job.timeout_seconds, job.warm, job.entrypoint, job.preprocess, job.trigger_kind, job.trigger,
        job.end_user_email, job.parent_job, job.root_job, job.flow_step_id, job.scopes,
    )  # fmt: skip
