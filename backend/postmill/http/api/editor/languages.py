"""The languages that scripts can be written in."""

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json
from postmill.languages.registry import LANGUAGES


class ListedLanguage(msgspec.Struct, frozen=True):
    """``extension`` without its dot; ``comment_mark`` begins a comment; ``runs_in``: process or worker."""

    name: str
    title: str
    extension: str
    comment_mark: str
    runs_in: str


async def list_languages(_call: Call) -> Response:
    return as_json(
        [
            ListedLanguage(one.name, one.title, one.extension, one.comment_mark, one.runs_in)
            for one in LANGUAGES
        ]
    )


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "listLanguages", "GET", "/languages/list", list_languages, "login:scripts:read", ("postmill", "script"),
        "The languages that this release knows", returns=list[ListedLanguage],
    ),
)  # fmt: skip
