"""How new scripts of a workspace begin: the order of languages, those that are not offered, and the first code."""

from typing import Any

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json, text
from postmill.identity import workspaces
from postmill.kernel.errors import InvalidInput

TAGS = ("workspace",)
PATH = "/w/{workspace}/workspaces/default_scripts"
SETTING = "default_scripts"
MOST_LANGUAGES = 100
LONGEST_NAME = 50
LONGEST_CODE = 20_000


class DefaultScripts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Languages by their names; those that ``order`` does not name come after it. Code by language."""

    order: list[str] | None = None
    hidden: list[str] | None = None
    default_script_content: dict[str, str] | None = None


async def get(call: Call) -> Response:
    settings = (await workspaces.get(call.context.pool, call.workspace)).settings
    return as_json(settings.get(SETTING) or {})


async def put(call: Call) -> Response:
    given: DefaultScripts | None = await call.json(DefaultScripts | None) if await call.raw_body() else None
    value: Any = None if given is None else _checked(given)
    await workspaces.change_settings(
        call.context.pool, call.subject, call.workspace, {SETTING: value}, "workspaces.edit_default_scripts"
    )
    return text("updated the default scripts")


def _checked(given: DefaultScripts) -> Any:
    code = given.default_script_content or {}
    names = [*(given.order or ()), *(given.hidden or ()), *code]
    if len(names) > 3 * MOST_LANGUAGES or any(len(name) > LONGEST_NAME for name in names):
        raise InvalidInput(
            f"Bad request: at most {MOST_LANGUAGES} languages, of at most {LONGEST_NAME} characters"
        )
    if any(len(one) > LONGEST_CODE for one in code.values()):
        raise InvalidInput(f"Bad request: the first code of a language has at most {LONGEST_CODE} characters")
    if any("\0" in one for one in (*names, *code.values())):
        raise InvalidInput("Bad request: a default script holds a NUL character")
    return msgspec.to_builtins(given)


OPERATIONS = (
    Operation(
        "getDefaultScripts", "GET", PATH, get, "member:workspaces:read", TAGS,
        "How new scripts begin: order of languages, hidden ones, first code", returns=DefaultScripts,
    ),
    Operation(
        "editDefaultScripts", "POST", PATH, put, "admin", TAGS, "Choose how new scripts begin",
        body=DefaultScripts | None, returns=str,
    ),
)  # fmt: skip
