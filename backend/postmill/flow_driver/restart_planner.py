"""Answers what a restart would come to, on a server: finds both flows, and evaluates expressions in the sandbox."""

from pathlib import Path

import msgspec

from postmill.access.policy import require_run
from postmill.crypto.workspace_keys import Keyring
from postmill.db.notifications import Notifications
from postmill.db.pool import Pool
from postmill.expressions.on_demand import Expressions
from postmill.flow_driver.restart import first_origin_of, require_restartable
from postmill.flow_driver.restart_plans import RestartPlan, plan_restart
from postmill.flow_driver.restart_points import RestartStep
from postmill.flow_driver.surroundings import Surroundings
from postmill.flow_logic.view import View, view_of
from postmill.kernel.errors import InvalidInput
from postmill.kernel.settings import Settings
from postmill.launch.flow_launcher import FlowLauncher
from postmill.launch.launcher import require_any_code
from postmill.launch.versions import Versions
from postmill.model.flow_reading import parse_flow
from postmill.model.job_record import JobRecord
from postmill.model.subject import Subject
from postmill.objects.contract import Objects
from postmill.sandbox.levels import Isolation, probe


class PlanRequest(msgspec.Struct, frozen=True, kw_only=True):
    """``path`` empty: from the first step that has to run. ``value``: code that is not deployed, not a version."""

    path: tuple[RestartStep, ...] = ()
    flow_version: int | None = None
    value: msgspec.Raw | None = None


class RestartPlanner:
    """One per server; its evaluator starts with the first expression that is more than a path."""

    def __init__(
        self,
        settings: Settings,
        pool: Pool,
        keyring: Keyring,
        notifications: Notifications,
        launcher: FlowLauncher,
        objects: Objects | None = None,
    ) -> None:
        self._pool = pool
        self._keyring = keyring
        self._launcher = launcher
        self._objects = objects
        self._versions = Versions(pool, notifications)
        none = settings.isolation == "none"

        async def isolation(folder: Path) -> Isolation:
            return await probe(folder, allow_none=none, insist_on_none=none)

        self._expressions = Expressions(settings.data_dir, isolation)

    async def plan(self, subject: Subject, earlier: JobRecord, asked: PlanRequest) -> RestartPlan:
        """Raises InvalidInput where nothing can be restarted at all, NotFound and PermissionDenied."""
        require_restartable(earlier)

        async def same_subject(_workspace: str, _identity: str, _email: str) -> Subject:
            return subject

        around = Surroundings(
            self._pool, self._keyring, self._versions, self._launcher.versions, same_subject, self._objects
        )
        recorded = await around.documents.view(earlier.workspace_id, first_origin_of(earlier).document, "")
        following = await self._following(subject, earlier, asked, recorded)
        return await plan_restart(
            around, self._expressions, subject, earlier.id, recorded, following, asked.path
        )

    async def _following(
        self, subject: Subject, earlier: JobRecord, asked: PlanRequest, recorded: View
    ) -> View:
        if asked.value is not None:
            require_any_code(subject)
            return view_of(parse_flow(asked.value, seed=str(earlier.id)))
        if asked.flow_version is None:
            return recorded
        loaded = await self._launcher.versions.by_version(earlier.workspace_id, asked.flow_version)
        if loaded is None or loaded.document.path != earlier.path:
            raise InvalidInput(f"Bad request: the flow of this run has no version {asked.flow_version}")
        require_run(subject, "flow", loaded.document.path, loaded.document.extra_perms)
        return view_of(loaded.value)

    async def close(self) -> None:
        await self._expressions.close()
