"""How the libraries of scripts reach a bucket that a resource describes. Pure, but for reading the resource.

The instance's own object store is not offered: its credentials are the operator's, and its files go through the API.
"""

from typing import Any

import msgspec

from postmill.access.paths import ItemPath
from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Pool
from postmill.items import resources
from postmill.kernel.errors import InvalidInput
from postmill.model.subject import Subject


class Bucket(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A resource of type ``s3``; without ``endPoint`` it is Amazon's of the region."""

    bucket: str
    region: str = ""
    end_point: str = ""
    use_ssl: bool = msgspec.field(default=True, name="useSSL")
    access_key: str | None = None
    secret_key: str | None = None
    path_style: bool = False

    @property
    def host(self) -> str:
        """The end point without its scheme."""
        return (
            self.end_point.partition("://")[2]
            or self.end_point
            or f"s3.{self.region or 'us-east-1'}.amazonaws.com"
        )

    @property
    def url(self) -> str:
        """The end point with its scheme."""
        return f"{'https' if self.use_ssl else 'http'}://{self.host}"


async def read(pool: Pool, keyring: Keyring, subject: Subject, workspace: str, path: str | None) -> Bucket:
    """The bucket of a resource that the subject may read, its secrets included, which is audited.

    Raises InvalidInput without a path and for a resource that describes no bucket, NotFound.
    """
    if not path:
        raise InvalidInput(
            "Bad request: name the resource of a bucket (s3_resource_path); the files of the workspace itself are "
            "reached with load_s3_file and write_s3_file, because their storage belongs to the instance"
        )
    item = ItemPath.parse(path.removeprefix("$res:").removeprefix("res://")).text
    value: Any = await resources.get_interpolated(pool, keyring, subject, workspace, item)
    try:
        return msgspec.convert(value, Bucket)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"Bad request: resource {item} describes no S3 bucket: {error}") from None


def duckdb_settings(bucket: Bucket) -> str:
    """Statements that let DuckDB read ``s3://bucket/key``."""
    lines = [
        "INSTALL httpfs;",
        "LOAD httpfs;",
        f"SET s3_url_style={_quoted('path' if bucket.path_style else 'vhost')};",
        f"SET s3_region={_quoted(bucket.region)};",
        f"SET s3_endpoint={_quoted(bucket.host)};",
        f"SET s3_use_ssl={'true' if bucket.use_ssl else 'false'};",
    ]
    if bucket.access_key:
        lines.append(f"SET s3_access_key_id={_quoted(bucket.access_key)};")
    if bucket.secret_key:
        lines.append(f"SET s3_secret_access_key={_quoted(bucket.secret_key)};")
    return "\n".join(lines)


def s3fs_args(bucket: Bucket) -> dict[str, Any]:
    """Arguments of ``s3fs.S3FileSystem``."""
    found: dict[str, Any] = {
        "endpoint_url": bucket.url,
        "use_ssl": bucket.use_ssl,
        "cache_regions": False,
        "client_kwargs": {"region_name": bucket.region},
    }
    if bucket.access_key:
        found["key"] = bucket.access_key
    if bucket.secret_key:
        found["secret"] = bucket.secret_key
    return found


def storage_options(bucket: Bucket) -> dict[str, str]:
    """What Polars takes as ``storage_options``."""
    found = {
        "aws_endpoint_url": bucket.url,
        "aws_region": bucket.region,
        "aws_allow_http": "false" if bucket.use_ssl else "true",
    }
    if bucket.access_key:
        found["aws_access_key_id"] = bucket.access_key
    if bucket.secret_key:
        found["aws_secret_access_key"] = bucket.secret_key
    return found


def _quoted(text: str) -> str:
    """A literal of SQL."""
    return "'" + text.replace("'", "''") + "'"
