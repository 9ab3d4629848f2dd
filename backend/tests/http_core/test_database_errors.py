"""What a caller hears of a database that goes away in the middle of their request."""

import asyncpg
import pytest

from postmill.http.errors import answer_to


@pytest.mark.parametrize(
    "error",
    [
        asyncpg.InternalClientError("got result for unknown protocol state 0"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.AdminShutdownError("terminating connection"),
        ConnectionRefusedError(111, "Connection refused"),
        TimeoutError(),
        asyncpg.DiskFullError("could not extend file"),
    ],
)
def test_a_lost_database_is_a_passing_trouble(error: Exception) -> None:
    response = answer_to(error, "", "request")
    assert response.status_code == 503
    assert response.headers["retry-after"]


def test_a_full_disk_is_called_by_its_name() -> None:
    assert b"disk" in bytes(answer_to(asyncpg.DiskFullError("could not extend file"), "", "request").body)
