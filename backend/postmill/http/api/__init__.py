"""The areas of the API, one line each; an area is a module or package with ``OPERATIONS``."""

from postmill.http.api import concurrency_groups, health, jobs, worker_configs, workers
from postmill.http.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *health.OPERATIONS,
    *jobs.OPERATIONS,
    *workers.OPERATIONS,
    *worker_configs.OPERATIONS,
    *concurrency_groups.OPERATIONS,
)
