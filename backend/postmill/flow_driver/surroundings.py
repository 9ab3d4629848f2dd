"""What a flow needs from the workspace around it: its identity, its variables and resources, the scripts it names."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from msgspec.structs import replace

from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Pool
from postmill.flow_driver.documents import Documents
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput, TooLarge
from postmill.launch.flow_versions import FlowVersions
from postmill.launch.versions import Versions
from postmill.model.flow_run import Origin
from postmill.model.subject import Subject
from postmill.objects.contract import Objects
from postmill.queue.rows_in_values import mentions_rows, with_rows
from postmill.references.resolve import Resolution, mentions_references
from postmill.references.variables import read_value
from postmill.tables.flow_runs.flow_run import FlowRow

ENV_SECONDS = 5.0
MOST_BYTES_OF_ROWS = 32 << 20
MOST_ENVS = 500

SubjectOf = Callable[[str, str, str], Awaitable[Subject]]
"""Workspace, identity and e-mail address to a Subject with present rights; raises NotAuthorized."""


class Surroundings:
    """One per process."""

    def __init__(
        self,
        pool: Pool,
        keyring: Keyring,
        versions: Versions,
        flows: FlowVersions,
        subject_of: SubjectOf,
        objects: Objects | None = None,
    ) -> None:
        """``objects``: where rows lie that expressions read; without, they see the references."""
        self.pool = pool
        self.versions = versions
        self.flows = flows
        self.documents = Documents(pool, flows)
        self.keyring = keyring
        self._subject_of = subject_of
        self._objects = objects
        self._envs: OrderedDict[object, tuple[float, Read]] = OrderedDict()

    async def subject(self, row: FlowRow) -> Subject:
        """Whom the flow runs as, as far as its scopes go."""
        subject = await self._subject_of(row.workspace_id, row.permissioned_as, row.email)
        return replace(subject, token_kind="job", scopes=row.scopes, job_id=row.id)  # noqa: S106 - a kind

    async def variable(self, row: FlowRow, path: str) -> "Read":
        """The text of a variable; raises NotFound."""
        subject = await self.subject(row)
        found = await read_value(self.pool, self.keyring, subject, row.workspace_id, path)
        return Read(json.encode_text(found.text), (found.text,) if found.is_secret else ())

    async def resource(self, row: FlowRow, path: str) -> "Read":
        """A resource with its references resolved; raises NotFound."""
        return await self.resolved(row, f"$res:{path}")

    async def resolved(self, row: FlowRow, value: object) -> "Read":
        """A decoded JSON value with its references resolved, with the rights of the flow."""
        subject = await self.subject(row)
        async with self.pool.acquire() as connection:
            resolution = Resolution(connection, self.keyring, subject, row.workspace_id)
            resolved = await resolution.value(value)
        return Read(json.encode_text(resolved), tuple(resolution.secrets))

    async def with_rows(self, row: FlowRow, text: str) -> str:
        """JSON text with stored rows in place of references to them. Raises InvalidInput for too many, NotFound."""
        if self._objects is None or not mentions_rows(text):
            return text
        subject = await self.subject(row)
        try:
            return await with_rows(
                self.pool, self._objects, subject, row.workspace_id, text, MOST_BYTES_OF_ROWS
            )
        except (InvalidInput, TooLarge):
            raise InvalidInput(
                f"it reads stored rows of more than {MOST_BYTES_OF_ROWS >> 20} MB as JSON, the most that an expression "
                "gets: pass the result on as an input of its own, and let a step read the rows"
            ) from None

    async def flow_env(self, row: FlowRow, origin: Origin) -> "Read":
        """``flow_env``, references resolved; kept for a few seconds."""
        document = origin.env if origin.env is not None else origin.document
        flow = await self.documents.value(row.workspace_id, document)
        if not flow.flow_env:
            return Read("{}")
        text = json.encode_text(flow.flow_env)
        if not mentions_references(text):
            return Read(text)
        key = (document, row.permissioned_as, row.scopes)
        until, known = self._envs.get(key, (0.0, Read("")))
        if until < time.monotonic():
            known = await self.resolved(row, json.decode(text))
            self._envs[key] = (time.monotonic() + ENV_SECONDS, known)
            if len(self._envs) > MOST_ENVS:
                self._envs.popitem(last=False)
        return known


@dataclass(frozen=True)
class Read:
    """A JSON text that was read on behalf of a flow, and the texts of the secrets in it."""

    text: str
    secrets: tuple[str, ...] = ()
