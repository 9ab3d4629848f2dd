"""Reads resources with the rights of subjects, for many jobs at once."""

import asyncio
from collections.abc import Iterable

from postmill.db.pool import Pool
from postmill.model.resource import Resource
from postmill.model.subject import Subject
from postmill.tables.items import resource as resources
from postmill.tables.items.item_kinds import RESOURCES


class ResourceReader:
    """Reads for many at once: what is asked for while a statement is under way goes together into the next one.

    Nothing is kept: every answer was read after it was asked for.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: dict[tuple[str, str], list[asyncio.Future[Resource | None]]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def readable(self, subject: Subject, workspace: str, path: str) -> Resource:
        """The resource at the path; raises NotFound where there is none or the subject may not read it."""
        answer: asyncio.Future[Resource | None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault((workspace, path), []).append(answer)
        if self._reading is None or self._reading.done():
            self._reading = asyncio.create_task(self._read())
        return RESOURCES.require_readable(await answer, subject, path)

    async def _read(self) -> None:
        while self._waiting:
            asked, self._waiting = self._waiting, {}
            try:
                found = await resources.get_many(self._pool, list(asked))
            except Exception as error:
                for answer in _open(asked.values()):
                    answer.set_exception(error)
                continue
            by_name = {(resource.workspace_id, resource.path): resource for resource in found}
            for name, answers in asked.items():
                for answer in _open([answers]):
                    answer.set_result(by_name.get(name))


def _open(
    answers: Iterable[list["asyncio.Future[Resource | None]"]],
) -> list["asyncio.Future[Resource | None]"]:
    """Those that somebody still waits for."""
    return [answer for listed in answers for answer in listed if not answer.done()]
