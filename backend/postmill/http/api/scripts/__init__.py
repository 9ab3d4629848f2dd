"""Scripts over HTTP: their versions, and their code as text."""

from postmill.http.api.scripts import finding, raw, versions
from postmill.http.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *versions.OPERATIONS,
    *raw.OPERATIONS,
    *finding.OPERATIONS,
)
