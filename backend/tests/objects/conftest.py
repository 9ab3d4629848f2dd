"""Object stores of every kind: a folder, an S3 server of our own, the database."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from postmill.db.pool import Pool
from postmill.objects.contract import Objects
from postmill.objects.store import open_folder, open_store
from postmill.tables.output.stored_object import DatabaseObjects


@pytest.fixture(scope="session")
def s3_options() -> Iterator[dict[str, str]]:
    """Options for the bucket ``bucket`` of a running S3 server."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    httpx.put(
        f"{address}/bucket",
        headers={"authorization": "AWS4-HMAC-SHA256 Credential=key/x/us-east-1/s3/x"},
        timeout=60,
    )
    yield {
        "endpoint": address, "access_key_id": "key", "secret_access_key": "hush", "region": "us-east-1",
        "allow_http": "true",
    }  # fmt: skip
    server.stop()


@pytest.fixture(params=["folder", "s3", "database"])
async def objects(
    request: pytest.FixtureRequest, tmp_path: Path, database: Pool, s3_options: dict[str, str]
) -> AsyncIterator[Objects]:
    if request.param == "folder":
        yield open_folder(tmp_path / "objects")
    elif request.param == "s3":
        yield open_store(f"s3://bucket/{tmp_path.name}", s3_options)
    else:
        yield DatabaseObjects(database)
