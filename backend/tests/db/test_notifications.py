"""Notifications arrive in order, stop when unsubscribed, and survive a lost connection."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import asyncpg
import pytest

from postmill.db.notifications import Notifications
from postmill.db.pool import Pool, close_one, connect_one


class Heard:
    """Collects payloads and lets a test wait for the next one."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[str] = asyncio.Queue()

    def __call__(self, payload: str) -> None:
        self.queue.put_nowait(payload)

    async def next(self) -> str:
        return await asyncio.wait_for(self.queue.get(), 60)


@pytest.fixture
async def notifications(database_url: str) -> AsyncIterator[Notifications]:
    listening = Notifications()
    await listening.start(database_url)
    yield listening
    await listening.close()


async def notify(database: Pool, channel: str, payload: str) -> None:
    await database.execute("SELECT pg_notify($1, $2)", channel, payload)


async def test_each_callback_of_a_channel_gets_the_payloads_in_order(
    notifications: Notifications, database: Pool
) -> None:
    first, second, other = Heard(), Heard(), Heard()
    notifications.subscribe("queue", first)
    notifications.subscribe("queue", second)
    notifications.subscribe("job:another server", other)
    await notifications.settled()
    await notify(database, "job:another server", "not for the queue")
    for payload in ("a", "b"):
        await notify(database, "queue", payload)
    assert [await first.next(), await first.next()] == ["a", "b"]
    assert [await second.next(), await second.next()] == ["a", "b"]
    assert await other.next() == "not for the queue"


async def test_an_unsubscribed_callback_is_not_called(notifications: Notifications, database: Pool) -> None:
    gone, staying = Heard(), Heard()
    unsubscribe = notifications.subscribe("queue", gone)
    notifications.subscribe("queue", staying)
    await notifications.settled()
    unsubscribe()
    unsubscribe()
    await notify(database, "queue", "later")
    assert await staying.next() == "later"
    assert gone.queue.empty()


async def test_a_faulty_callback_does_not_cost_the_others_their_notifications(
    notifications: Notifications, database: Pool, caplog: pytest.LogCaptureFixture
) -> None:
    def faulty(_payload: str) -> None:
        raise RuntimeError("this callback is broken")

    heard = Heard()
    notifications.subscribe("queue", faulty)
    notifications.subscribe("queue", heard)
    await notifications.settled()
    await notify(database, "queue", "a")
    assert await heard.next() == "a"
    assert "this callback is broken" in caplog.text


async def test_after_a_lost_connection_everybody_is_told_to_look_and_hears_again(
    notifications: Notifications, database: Pool
) -> None:
    heard = Heard()
    notifications.subscribe("queue", heard)
    await notifications.settled()
    ended = await database.fetchval(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
        "WHERE application_name = 'postmill notifications' AND datname = current_database()"
    )
    assert ended == 1
    assert await heard.next() == ""
    await notify(database, "queue", "after")
    assert await heard.next() == "after"


class Dying:
    """A connection whose database dies while it begins to listen."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    def add_termination_listener(self, _callback: object) -> None:
        return None

    async def add_listener(self, *_: object) -> None:
        raise asyncpg.InternalClientError("cannot switch to state 11; another operation (2) is in progress")

    def terminate(self) -> None:
        self.ended.set()

    async def close(self, **_: object) -> None:
        raise asyncpg.InternalClientError("not connected")


async def test_it_listens_again_after_what_only_the_driver_understands(
    database_url: str, database: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    connections, heard = [Dying(), Dying()], Heard()
    first, second = connections

    async def connect(url: str, **given: Any) -> Any:
        return connections.pop(0) if connections else await connect_one(url, **given)

    monkeypatch.setattr("postmill.db.notifications.connect_one", connect)
    listening = Notifications()
    listening.subscribe("queue", heard)
    await listening.start(database_url)
    assert await heard.next() == ""  # by the third connection
    assert first.ended.is_set() and second.ended.is_set()
    await notify(database, "queue", "after")
    assert await heard.next() == "after"
    await listening.close()


async def test_a_connection_of_a_database_that_is_gone_is_closed_all_the_same() -> None:
    connection = Dying()
    await close_one(cast(Any, connection))
    assert connection.ended.is_set()
