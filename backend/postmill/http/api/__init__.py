"""The areas of the API, one line each; an area is a module or package with ``OPERATIONS``."""

from postmill.http.api import (
    concurrency_groups,
    drafts,
    favorites,
    health,
    inputs,
    jobs,
    resource_types,
    resources,
    scripts,
    variables,
    worker_configs,
    workers,
    workspace_dependencies,
)
from postmill.http.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *health.OPERATIONS,
    *jobs.OPERATIONS,
    *workers.OPERATIONS,
    *worker_configs.OPERATIONS,
    *concurrency_groups.OPERATIONS,
    *scripts.OPERATIONS,
    *variables.OPERATIONS,
    *resources.OPERATIONS,
    *resource_types.OPERATIONS,
    *drafts.OPERATIONS,
    *inputs.OPERATIONS,
    *favorites.OPERATIONS,
    *workspace_dependencies.OPERATIONS,
)
