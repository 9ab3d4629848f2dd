"""The instance: its health, settings, accounts, groups, workers and what they log."""

from postmill.http.api.instance import (
    alerts,
    concurrency_groups,
    copies,
    groups,
    health,
    health_detailed,
    manual,
    passwords,
    service_logs,
    settings,
    usage,
    users,
    worker_configs,
    workers,
)
from postmill.http.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *health.OPERATIONS,
    *health_detailed.OPERATIONS,
    *users.OPERATIONS,
    *passwords.OPERATIONS,
    *usage.OPERATIONS,
    *groups.OPERATIONS,
    *copies.OPERATIONS,
    *settings.OPERATIONS,
    *workers.OPERATIONS,
    *worker_configs.OPERATIONS,
    *service_logs.OPERATIONS,
    *alerts.OPERATIONS,
    *concurrency_groups.OPERATIONS,
    *manual.OPERATIONS,
)
