"""Scripts over HTTP: their versions, and their code as text."""

from postmill.http.api.scripts import raw, versions
from postmill.http.operation import Operation

OPERATIONS: tuple[Operation, ...] = (*versions.OPERATIONS, *raw.OPERATIONS)
