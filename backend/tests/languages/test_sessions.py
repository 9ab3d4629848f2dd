"""Connections that one job after another uses."""

import asyncio
from typing import Any

import pytest

from postmill.languages.sql.sessions import Sessions, key_of


class Session:
    """A connection that is only counted."""

    def __init__(self, name: int) -> None:
        self.name = name
        self.is_open = True
        self.is_clean = True
        self.tidied = 0
        self.closed = asyncio.Event()

    async def tidy(self) -> bool:
        self.tidied += 1
        self.is_clean = True
        return self.tidied < 3

    async def close(self) -> None:
        self.is_open = False
        self.closed.set()


class Harmless(Exception):
    pass


class Shop:
    def __init__(self, most: int = 2, idle_seconds: float = 60) -> None:
        self.opened: list[Session] = []
        self.sessions: Sessions[Session] = Sessions(most, idle_seconds)

    async def open(self) -> Session:
        self.opened.append(Session(len(self.opened)))
        return self.opened[-1]

    def leased(self, key: bytes = b"a") -> Any:
        return self.sessions.leased(key, self.open, (Harmless,))


def test_keys_tell_nothing_and_differ_by_workspace_and_value() -> None:
    value = {"host": "h", "password": "secret"}
    keys = {key_of("a", value), key_of("b", value), key_of("a", {**value, "password": "other"})}
    assert len(keys) == 3
    assert key_of("a", dict(value)) in keys
    assert all(b"secret" not in key for key in keys)


async def test_a_clean_session_is_used_again_at_once() -> None:
    shop = Shop()
    for _ in range(3):
        async with shop.leased() as session:
            assert session.name == 0
    assert session.tidied == 0
    async with shop.leased(b"b") as other:
        assert other.name == 1
    await shop.sessions.close()
    assert not session.is_open and not other.is_open


async def test_a_session_is_tidied_before_others_get_it() -> None:
    shop = Shop(most=1)
    for expected in (0, 1, 2):
        async with shop.leased() as session:
            assert (session.name, session.tidied) == (0, expected)
            session.is_clean = False
    async with shop.leased() as session:
        assert session.name == 1  # the first could not be tidied any more
    assert shop.opened[0].closed.is_set()
    await shop.sessions.close()


async def test_failures_of_the_job_keep_a_session_and_others_end_it() -> None:
    shop = Shop()
    with pytest.raises(Harmless):
        async with shop.leased():
            raise Harmless
    with pytest.raises(RuntimeError):
        async with shop.leased() as session:
            assert session.name == 0
            raise RuntimeError
    assert session.closed.is_set()
    async with shop.leased() as session:
        assert session.name == 1
    await shop.sessions.close()


async def test_a_session_that_was_lost_is_not_given_out() -> None:
    shop = Shop()
    async with shop.leased() as session:
        pass
    session.is_open = False
    async with shop.leased() as session:
        assert session.name == 1
    await shop.sessions.close()


async def test_users_wait_when_all_are_in_use_and_may_give_up() -> None:
    shop = Shop(most=1)
    release = asyncio.Event()

    async def use() -> int:
        async with shop.leased() as session:
            await release.wait()
            return int(session.name)

    users = [asyncio.create_task(use()) for _ in range(3)]
    await asyncio.sleep(0)
    users[1].cancel()
    release.set()
    ended = await asyncio.gather(*users, return_exceptions=True)
    assert ended[0] == ended[2] == 0
    assert isinstance(ended[1], asyncio.CancelledError)
    await shop.sessions.close()


async def test_what_cannot_be_opened_takes_no_place() -> None:
    shop = Shop(most=1)

    async def fail() -> Session:
        raise Harmless

    for _ in range(3):
        with pytest.raises(Harmless):
            async with shop.sessions.leased(b"a", fail, (Harmless,)):
                pass
    async with shop.leased() as session:
        assert session.name == 0
    await shop.sessions.close()


async def test_idle_sessions_are_closed() -> None:
    shop = Shop(idle_seconds=0.01)
    async with shop.leased() as session:
        pass
    async with asyncio.timeout(60):
        await session.closed.wait()
    async with shop.leased() as session:
        assert session.name == 1
    await shop.sessions.close()
