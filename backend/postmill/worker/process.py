"""Builds a worker from the settings and runs it until it is told to stop."""

import asyncio
import socket
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Protocol

from postmill.crypto.workspace_keys import Keyring
from postmill.db.notifications import Notifications
from postmill.db.pool import Pool
from postmill.expressions import on_demand
from postmill.flow_driver.contexts import Expressions
from postmill.flow_driver.driver import Driver
from postmill.flow_driver.surroundings import Surroundings
from postmill.flow_logic.view import Limits as FlowLimits
from postmill.kernel.settings import Settings
from postmill.languages.protocol import Registries
from postmill.languages.runtime import Runtime, RuntimeSettings
from postmill.launch.flow_versions import FlowVersions
from postmill.launch.versions import Versions
from postmill.model.limits import Limits
from postmill.sandbox.folders import claim_folder
from postmill.tables.output.stored_object import objects_of, shared_store_of
from postmill.worker.code import Codes, Identities
from postmill.worker.job_logs import LogWriter
from postmill.worker.large_rows import RowPlaces
from postmill.worker.loop import Worker, WorkerOptions, worker_name
from postmill.worker.secrets_read import SecretsRead
from postmill.worker.shared_folders import SharedFolders
from postmill.worker.tools import LanguageRunner, Tools
from postmill.worker.usage import UsageWriter
from postmill.worker.workflows import Workflows


class Backbone(Protocol):
    """The connections and the key of this process; they outlive the worker."""

    @property
    def database_url(self) -> str: ...
    @property
    def pool(self) -> Pool: ...
    @property
    def notifications(self) -> Notifications: ...
    @property
    def keyring(self) -> Keyring: ...


@dataclass(frozen=True)
class Isolated:
    """A language runner with an evaluator of expressions, and what protects the jobs that it runs."""

    runner: LanguageRunner
    expressions: Expressions
    level: str
    reasons: tuple[str, ...]


async def run_worker(
    backbone: Backbone,
    settings: Settings,
    stopping: asyncio.Event,
    registered: Callable[[], None],
    server: socket.socket | None = None,
) -> bool:
    """Works until ``stopping`` is set, or somebody asks the group's workers to restart.

    Then it drains: jobs end within the grace or are handed back. Answers whether the process should start anew.

    Calls ``registered`` once the table of workers names this one and it takes jobs.
    Raises IsolationUnavailable when jobs cannot be isolated and the settings do not allow that.
    """
    runtime = await Runtime.start(
        RuntimeSettings(
            data_dir=settings.data_dir,
            slots=settings.slots,
            isolation=settings.isolation,
            network=settings.job_network == "open",
            limits=limits_of(settings),
            sql_connections=settings.sql_connections,
            shared_objects=shared_store_of(settings),
        )
    )
    expressions = on_demand.Expressions(settings.data_dir, runtime.isolation)
    isolated = Isolated(runtime, expressions, str(runtime.isolation.level), tuple(runtime.isolation.reasons))
    try:
        return await work_with(isolated, backbone, settings, stopping, registered, server)
    finally:
        await expressions.close()
        await runtime.close()


async def work_with(
    isolated: Isolated,
    backbone: Backbone,
    settings: Settings,
    stopping: asyncio.Event,
    registered: Callable[[], None] = lambda: None,
    server: socket.socket | None = None,
) -> bool:
    """The same with a runner that exists already and is not closed here."""
    name = worker_name(settings.worker_group)
    spool = claim_folder(settings.data_dir / "run" / "rows")
    objects = objects_of(settings, backbone.pool)
    identities = Identities(backbone.pool)
    shared = SharedFolders(settings.data_dir / "run" / "shared")
    shared.forget_old()
    driver = Driver(
        Surroundings(
            backbone.pool,
            backbone.keyring,
            Versions(backbone.pool, backbone.notifications),
            FlowVersions(backbone.pool, backbone.notifications),
            identities.subject,
            objects,
        ),
        isolated.expressions,
        name,
        database_url=backbone.database_url,
        limits=flow_limits_of(settings),
        on_root_ended=shared.drop,
    )
    tools = Tools(
        pool=backbone.pool,
        keyring=backbone.keyring,
        runner=isolated.runner,
        codes=Codes(backbone.pool),
        identities=identities,
        driver=driver,
        shared=shared,
        usage=UsageWriter(backbone.pool),
        workflows=Workflows(backbone.pool, backbone.notifications),
        logs=LogWriter(backbone.pool, SecretsRead(backbone.pool, backbone.keyring)),
        limits=limits_of(settings),
        base_url=settings.public_url,
        worker=name,
        worker_group=settings.worker_group,
        registries=registries_of(settings),
        row_places=RowPlaces(backbone.pool, objects, spool.path, settings.large_result_bytes),
    )
    options = WorkerOptions(
        slots=settings.slots,
        light_slots=settings.light_slots,
        tags=settings.worker_tags,
        heartbeat_seconds=settings.heartbeat_seconds,
        lease_seconds=settings.lease_seconds,
        drain_seconds=settings.drain_seconds,
        version=own_version(),
        isolation=isolated.level,
        isolation_reasons=isolated.reasons,
    )
    worker = Worker(backbone.database_url, tools, backbone.notifications, options, server)
    await worker.start()
    registered()
    await _first_of(stopping, worker.restart_asked)
    await worker.stop()
    spool.release()
    return not stopping.is_set()


async def _first_of(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


def registries_of(settings: Settings) -> Registries:
    """Where packages come from."""
    return Registries(
        python_index_url=settings.python_index_url,
        python_extra_index_urls=settings.python_extra_index_urls,
        npm_registry_url=settings.npm_registry_url,
        npm_scopes=settings.npm_scopes,
        go_proxy=settings.go_proxy,
        go_private=settings.go_private,
        go_no_sum_db=settings.go_no_sum_db,
        go_sum_db=settings.go_sum_db,
    )


def limits_of(settings: Settings) -> Limits:
    """What a job may use, unless its script says less or more."""
    return Limits(
        wall_seconds=float(settings.job_timeout_seconds),
        memory_bytes=settings.job_memory_bytes,
        disk_bytes=settings.job_disk_bytes,
        log_bytes=settings.job_log_bytes,
        result_bytes=settings.job_result_bytes,
    )


def flow_limits_of(settings: Settings) -> FlowLimits:
    """Bounds of flows."""
    return FlowLimits(
        iterations=settings.flow_iterations, parallel=settings.flow_parallel, depth=settings.flow_depth
    )


def own_version() -> str:
    try:
        return version("postmill")
    except PackageNotFoundError:
        return "0"
