"""All duties of the instance, and the task of a server that does them while it is the leader."""

import asyncio
from contextlib import suppress
from typing import Protocol

from postmill.crypto.workspace_keys import Keyring
from postmill.db.notifications import Notifications
from postmill.db.pool import Pool
from postmill.kernel.lasting import end
from postmill.kernel.settings import Settings
from postmill.launch.flow_launcher import FlowLauncher
from postmill.launch.launcher import Launcher
from postmill.maintenance import alerts, expiry, flows, rescue, wake_ups, windows
from postmill.maintenance.duty import Duty, keep_doing
from postmill.maintenance.handlers import HandlerRuns
from postmill.maintenance.leader import lead
from postmill.maintenance.shared_packages import remove_old_packages
from postmill.maintenance.webhooks import Webhooks
from postmill.outgoing.addresses import networks
from postmill.outgoing.client import OutgoingClient
from postmill.queue.push import PushWriter
from postmill.tables.output.stored_object import objects_of, shared_store_of

LONGEST_TURN_SECONDS = 1.0
END_SECONDS = 5.0


class Backbone(Protocol):
    """The connections of this process; they outlive the duties."""

    @property
    def database_url(self) -> str: ...
    @property
    def pool(self) -> Pool: ...
    @property
    def keyring(self) -> Keyring: ...
    @property
    def notifications(self) -> Notifications: ...


async def run(backbone: Backbone, settings: Settings) -> None:
    """Does the duties whenever this process is the leader, until cancelled."""
    scheduled = asyncio.Event()
    unsubscribe = backbone.notifications.subscribe(wake_ups.CHANNEL, lambda _due: scheduled.set())

    push_writer = PushWriter(backbone.pool, queue_limit=settings.queue_limit)
    launcher = Launcher(backbone.pool, push_writer, backbone.notifications)
    flow_launcher = FlowLauncher(backbone.pool, launcher, backbone.notifications)
    client = OutgoingClient(networks(settings.outgoing_networks))

    async def do_all() -> None:
        handlers = HandlerRuns(backbone.pool, launcher, flow_launcher)
        webhooks = Webhooks(backbone.pool, backbone.keyring, client)
        await begin_in_turn(
            [
                *duties(backbone.pool, backbone.keyring, settings, scheduled),
                Duty("run handlers of workspaces", handlers.run_due),
                Duty("tell webhooks of changes", webhooks.send_due),
            ]
        )

    try:
        await lead(backbone.database_url, do_all)
    finally:
        unsubscribe()
        await push_writer.close()
        await client.close()


async def begin_in_turn(duties: list[Duty]) -> None:
    """Begins each duty when the one before has looked once: all at the same moment would open a connection for each,
    which stays for minutes. One that takes long does not hold up the others, nor does one that does not end.
    """
    tasks: list[asyncio.Task[None]] = []
    try:
        for duty in duties:
            looked = asyncio.Event()
            tasks.append(asyncio.create_task(keep_doing(duty, looked), name=duty.name))
            with suppress(TimeoutError):
                async with asyncio.timeout(LONGEST_TURN_SECONDS):
                    await looked.wait()
        await asyncio.wait(tasks)
    finally:
        await end(tasks, END_SECONDS)


def duties(pool: Pool, keyring: Keyring, settings: Settings, scheduled: asyncio.Event) -> list[Duty]:
    """The duties that need the database alone; ``scheduled`` is set when the next job due may be an earlier one."""
    shared, days, most_bytes = (
        shared_store_of(settings),
        settings.shared_packages_days,
        settings.shared_packages_bytes,
    )
    return [
        Duty("rescue lost jobs", lambda: rescue.rescue_lost(pool, settings.lease_seconds)),
        Duty("wake scheduled jobs", lambda: wake_ups.wake_due(pool), scheduled),
        Duty("wake overlooked flows", lambda: flows.wake_overlooked(pool)),
        Duty("pass concurrency windows", lambda: windows.pass_windows(pool)),
        Duty("scrub deleted data", lambda: expiry.scrub_deleted(pool)),
        Duty("remove old jobs", lambda: expiry.remove_old_jobs(pool, keyring, settings.retention_days)),
        Duty("remove orphaned rows", lambda: expiry.remove_orphaned_rows(pool, objects_of(settings, pool))),
        Duty("forget leftovers", lambda: expiry.forget_leftovers(pool)),
        Duty("remove old shared packages", lambda: remove_old_packages(shared, days, most_bytes)),
        Duty("look for alerts", lambda: alerts.look_for_alerts(pool)),
        Duty("trim the audit trail", lambda: expiry.trim_audit(pool)),
    ]
