"""What the editor asks: languages, help while code is written, types of packages."""

from postmill.http.api.editor import (
    language_help,
    languages,
    npm_types,
)
from postmill.http.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *language_help.OPERATIONS,
    *npm_types.OPERATIONS,
    *languages.OPERATIONS,
)
