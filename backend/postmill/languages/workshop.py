"""What a worker gives to every language: folders, walls, pools of children, a way to run tools."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from postmill.languages.shared_cache import SharedCache
from postmill.languages.single_run import limits_record
from postmill.languages.spares import PoolKey, SparePool, SparePools
from postmill.languages.tool import RunTool
from postmill.model.limits import Limits
from postmill.sandbox.levels import Isolation

_PLAIN = PoolKey("plain", ())
_PROGRAMS = PoolKey("programs", ())


@dataclass(frozen=True)
class Workshop:
    """One per worker process.

    ``cache_dir`` keeps what is expensive to get (packages, compiled programs), by content. ``spares`` is the folder of
    processes under way; it is emptied with the worker. ``slots`` is how many jobs run at once. ``limits`` are those of
    most jobs; ``kept_ready`` is how many children of a kind wait for one.
    ``sql_connections`` is the most that stay open to one database with one set of credentials. ``shared`` is what
    machines prepare for each other.
    """

    cache_dir: Path
    spares: Path
    isolation: Isolation
    pools: SparePools
    run_tool: RunTool
    slots: int
    sql_connections: int = 10
    limits: Limits = field(default_factory=Limits)
    kept_ready: int = 2
    shared: SharedCache | None = None

    @property
    def isolated(self) -> bool:
        """Whether jobs and tools run behind walls here."""
        return self.isolation.level == "sandbox"

    def plain_pool(self) -> SparePool:
        """Children of the worker's own interpreter without packages; they can become any program."""
        return self.pools.find(_PLAIN) or self.pools.open(_PLAIN, self.pools.base)

    def program_pool(self, limits: Limits) -> SparePool:
        """Where programs run that the slots start themselves, without a fork of an interpreter.

        Their slots are bounded by the limits of most jobs. For others, and until the pool stands that is begun when
        first asked for, plain children serve, which set their own.
        """
        bounds = limits_record(self.limits)
        if limits_record(limits) != bounds:
            return self.plain_pool()
        pool = self.pools.find(_PROGRAMS)
        if pool is None:
            pool = self.pools.open(_PROGRAMS, replace(self.pools.base, program=None, program_limits=bounds))
        if pool.stands:
            return pool
        pool.begin()
        return self.plain_pool()
