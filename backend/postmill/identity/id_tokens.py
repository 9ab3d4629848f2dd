"""Identity tokens of runs: signed for others, who check them with the public keys and then trust what they say."""

import asyncio
from datetime import datetime

from postmill.access.id_claims import LONGEST_SECONDS, id_claims, lifetime, require_audience
from postmill.crypto.signing import SigningKey
from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Connection, Pool
from postmill.kernel.clock import Clock
from postmill.kernel.errors import NotFound, PermissionDenied
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.jobs import job_view
from postmill.tables.people import signing_key
from postmill.tables.people.signing_key import StoredKey


class IdTokens:
    """The keys of the instance in one process: read from the database each time, unsealed once."""

    def __init__(self, pool: Pool, keyring: Keyring, clock: Clock, issuer: str) -> None:
        self.issuer = issuer
        self._pool = pool
        self._keyring = keyring
        self._clock = clock
        self._opened: dict[str, SigningKey] = {}

    async def mint(self, subject: Subject, workspace: str, audience: str, expires_in: float | None) -> str:
        """A token that says which run the subject is.

        Raises PermissionDenied for who is no run, InvalidInput for an impossible audience or lifetime.
        """
        if subject.job_id is None:
            raise PermissionDenied(
                "Permission denied: identity tokens are for runs, which ask with their own token"
            )
        audience, seconds = require_audience(audience), lifetime(expires_in)
        origin = await job_view.origin(self._pool, workspace, subject.job_id)
        if origin is None:
            raise NotFound("Not found: the run is gone")
        key = (await self._keys())[0]
        claims = id_claims(
            subject, origin, issuer=self.issuer, audience=audience,
            issued_at=int(self._clock().timestamp()), seconds=seconds,
        )  # fmt: skip
        async with self._pool.acquire() as connection:
            details = {"audience": audience, "job_id": str(subject.job_id)}
            await audit.record(connection, subject, "oidc.token", "Execute", claims["path"] or None, details)
        return key.sign(claims)

    async def public_keys(self) -> list[dict[str, str]]:
        """What tokens are checked with, as JSON Web Keys: the newest, and those whose tokens may still be good."""
        return [key.public_jwk() for key in await self._keys()]

    async def rotate(self, subject: Subject) -> str:
        """A new key signs from now on; answers with its id. Those before it are shown until their tokens end."""
        new = await asyncio.to_thread(SigningKey.generate)
        async with self._pool.acquire() as connection, connection.transaction():
            await signing_key.lock(connection)
            await self._add(connection, new)
            shown = await signing_key.served(connection, LONGEST_SECONDS)
            await signing_key.keep_only(connection, [stored.kid for stored in shown])
            await audit.record(connection, subject, "oidc.rotate_key", "Updated", new.kid)
        return new.kid

    async def known(self) -> list[tuple[str, datetime, bool]]:
        """The keys that are shown: their ids, since when they are there, and whether it is the one that signs."""
        return [(one.kid, one.created_at, one.is_newest) for one in await self._stored()]

    async def _keys(self) -> list[SigningKey]:
        return [self._open(stored) for stored in await self._stored()]

    async def _stored(self) -> list[StoredKey]:
        stored = await signing_key.served(self._pool, LONGEST_SECONDS)
        return stored or await self._make_first()

    async def _make_first(self) -> list[StoredKey]:
        new = await asyncio.to_thread(SigningKey.generate)
        async with self._pool.acquire() as connection, connection.transaction():
            await signing_key.lock(connection)
            stored = await signing_key.served(connection, LONGEST_SECONDS)
            if not stored:  # another server may have been faster
                await self._add(connection, new)
                stored = await signing_key.served(connection, LONGEST_SECONDS)
        return stored

    async def _add(self, connection: Connection, key: SigningKey) -> None:
        sealed = self._keyring.seal_setting(_name(key.kid), key.to_pem())
        await signing_key.add(connection, key.kid, sealed)

    def _open(self, stored: StoredKey) -> SigningKey:
        key = self._opened.get(stored.kid)
        if key is None:
            key = SigningKey.from_pem(self._keyring.open_setting(_name(stored.kid), stored.sealed_key))
            self._opened[stored.kid] = key
        return key


def _name(kid: str) -> str:
    return f"signing key {kid}"
