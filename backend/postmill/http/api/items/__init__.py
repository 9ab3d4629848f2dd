"""What a workspace holds besides code: variables, resources, drafts, inputs, files, and what uses what."""

from postmill.http.api.items import (
    bucket_connections,
    dependency_map,
    drafts,
    favorites,
    files,
    inputs,
    item_paths,
    resource_types,
    resources,
    runnables,
    tables,
    trash,
    variables,
    webhooks,
    workspace_dependencies,
)
from postmill.http.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *dependency_map.OPERATIONS,
    *runnables.OPERATIONS,
    *webhooks.OPERATIONS,
    *item_paths.OPERATIONS,
    *variables.OPERATIONS,
    *resources.OPERATIONS,
    *resource_types.OPERATIONS,
    *drafts.OPERATIONS,
    *inputs.OPERATIONS,
    *favorites.OPERATIONS,
    *workspace_dependencies.OPERATIONS,
    *files.OPERATIONS,
    *tables.OPERATIONS,
    *trash.OPERATIONS,
    *bucket_connections.OPERATIONS,
)
