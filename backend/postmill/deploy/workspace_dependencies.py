"""Workspace dependencies: requirement files that scripts of a language share. A new content archives the one before.

Scripts that may use a file are locked again when it changes; those whose lock comes out as it was stay as they are.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from postmill.access.policy import is_bypassing, require_developer
from postmill.db.pool import Pool, Session
from postmill.deploy.checked import checked_text
from postmill.deploy.flow_locking import inline_code, relock_flow
from postmill.deploy.importers import relock
from postmill.deploy.protection import require_deploying
from postmill.kernel.errors import InvalidInput, NotFound, PermissionDenied
from postmill.model.script import SCRIPT_LANGUAGES, SHARED_DEPENDENCIES, dependency_language
from postmill.model.subject import Subject
from postmill.model.workspace_dependency import NewWorkspaceDependency, WorkspaceDependency
from postmill.tables.instance import audit
from postmill.tables.items import flow as flows
from postmill.tables.items import script as scripts
from postmill.tables.workspaces import workspace_dependency as dependencies

MAX_CONTENT_LENGTH = 500_000
_MARKS = ("requirements:", "package_json:")  # how code names a file
_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,49}", re.ASCII)


async def create(pool: Pool, subject: Subject, workspace: str, new: NewWorkspaceDependency) -> int:
    """Puts the content in force and returns its number. The unnamed file is for admins: it touches every script."""
    require_developer(subject)
    if new.workspace_id is not None and new.workspace_id != workspace:
        raise InvalidInput("Bad request: workspace_id names another workspace than the address")
    name = checked_name(new.name)
    if name is None and not is_bypassing(subject):
        raise PermissionDenied("Require Admin privileges for the default dependencies of a language")
    content = checked_text(new.content, "content", MAX_CONTENT_LENGTH)
    description = None if new.description is None else checked_text(new.description, "description")
    language = dependency_language(new.language)
    async with pool.acquire() as connection, connection.transaction():
        await require_deploying(connection, subject, workspace)
        await dependencies.archive(connection, workspace, language, name)
        number = await dependencies.add(
            connection, workspace, language, name, description, content, subject.username
        )
        await audit.record(
            connection, subject, "workspace_dependencies.create", "Created", _label(language, name)
        )
        await _relock_users(connection, workspace, language, name)
    return number


async def archive(pool: Pool, subject: Subject, workspace: str, language: str, name: str | None) -> None:
    """Takes the file out of force; raises NotFound where there is none."""
    async with _ending(pool, subject, workspace, language, name) as (connection, language, name):
        if not await dependencies.archive(connection, workspace, language, name):
            raise _missing(language, name)
        await audit.record(
            connection, subject, "workspace_dependencies.archive", "Updated", _label(language, name)
        )


async def delete(pool: Pool, subject: Subject, workspace: str, language: str, name: str | None) -> None:
    """Forgets the file with its earlier contents; raises NotFound where there is none."""
    async with _ending(pool, subject, workspace, language, name) as (connection, language, name):
        if not await dependencies.delete(connection, workspace, language, name):
            raise _missing(language, name)
        await audit.record(
            connection, subject, "workspace_dependencies.delete", "Delete", _label(language, name)
        )


@asynccontextmanager
async def _ending(
    pool: Pool, subject: Subject, workspace: str, language: str, name: str | None
) -> AsyncIterator[tuple[Session, str, str | None]]:
    """The transaction in which an admin takes a file away; what was locked with it is locked again at its end."""
    name, language = checked_name(name), checked_language(language)
    if not is_bypassing(subject):
        raise PermissionDenied("Require Admin privileges for removing workspace dependencies")
    async with pool.acquire() as connection, connection.transaction():
        await require_deploying(connection, subject, workspace)
        yield connection, language, name
        await _relock_users(connection, workspace, language, name)


async def list_current(pool: Pool, workspace: str) -> list[WorkspaceDependency]:
    """The files in force."""
    return await dependencies.list_current(pool, workspace)


async def latest(pool: Pool, workspace: str, language: str, name: str | None) -> WorkspaceDependency:
    """The newest content, archived or not; raises NotFound where there is none."""
    found = await dependencies.latest(pool, workspace, checked_language(language), checked_name(name))
    if found is None:
        raise _missing(language, name)
    return found


async def _relock_users(connection: Session, workspace: str, language: str, name: str | None) -> None:
    """A default file concerns all code of the language, a named one the code whose comments name it."""
    users = [language, *(user for user, shared in SHARED_DEPENDENCIES.items() if shared == language)]
    for user in users:
        for head in await scripts.live_heads(connection, workspace, user):
            text = head.content + (head.modules or "")
            if name is None or (name in text and any(mark in text for mark in _MARKS)):
                await relock(connection, head)
    for flow in await flows.live_heads_in(connection, workspace, language):
        code = [content for step_language, content in inline_code(flow.value) if step_language == language]
        if any(name is None or (name in text and "requirements:" in text) for text in code):
            await relock_flow(connection, flow, everything=True)


def checked_language(language: str) -> str:
    """The language under which the files are kept."""
    if language not in SCRIPT_LANGUAGES:
        raise InvalidInput(f"Bad request: {language[:60]!r} is not a language of scripts")
    return dependency_language(language)


def checked_name(name: str | None) -> str | None:
    """None for the default file of a language."""
    if name is None or name in ("", "default"):
        return None
    if _NAME.fullmatch(name) is None:
        raise InvalidInput(
            f"Bad request: {name[:60]!r} is not a name: letters, digits, _, . and -, at most 50"
        )
    return name


def _label(language: str, name: str | None) -> str:
    return f"{language}/{name or 'default'}"


def _missing(language: str, name: str | None) -> NotFound:
    return NotFound(f"Not found: there are no workspace dependencies {_label(language[:60], name)}")
