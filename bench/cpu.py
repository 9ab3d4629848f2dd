"""Processor time by role: what a job costs, whoever else uses the machine at that hour.

Milliseconds on a clock hold only on a quiet machine; the time that the kernel charges to each process hardly moves
with the load beside it.
"""

import os
from collections.abc import Iterator
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
ROLES = ("server", "worker", "postgres", "jobs")

Seconds = dict[str, float]


def used(root: int) -> Seconds:
    """Seconds of processor time of everything below ``root`` until now, its ended children included, by role.

    ``jobs`` is everything below the worker: zygotes, slots, and the processes that ran in them.
    """
    tree = _Tree()
    spent = dict.fromkeys(ROLES, 0.0)
    for pid in tree.below(root):
        role = _role(pid)
        if role is None:
            continue
        own, of_children = tree.seconds(pid)
        if role == "worker":
            spent["worker"] += own
            spent["jobs"] += of_children + sum(sum(tree.seconds(child)) for child in tree.below(pid)[1:])
        elif role == "postgres":
            # A backend that has ended is counted with the process that it belonged to.
            spent["postgres"] += of_children + own
        else:
            spent[role] += own + of_children
    return spent


def process_of(root: int, role: str) -> int:
    """The process below ``root`` that has the role."""
    return next(pid for pid in _Tree().below(root) if _role(pid) == role)


def per_job_ms(before: Seconds, after: Seconds, jobs: int) -> Seconds:
    """Milliseconds of processor time per job between two looks, by role and together."""
    spent = {role: (after[role] - before[role]) * 1000 / jobs for role in ROLES}
    return {role: round(value, 3) for role, value in {**spent, "all": sum(spent.values())}.items()}


class _Tree:
    """The processes of this machine at one moment."""

    def __init__(self) -> None:
        self._children: dict[int, list[int]] = {}
        self._seconds: dict[int, tuple[float, float]] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            pid = int(stat.parent.name)
            self._children.setdefault(int(fields[1]), []).append(pid)
            user, system, user_below, system_below = (int(text) / TICKS for text in fields[11:15])
            self._seconds[pid] = (user + system, user_below + system_below)

    def below(self, root: int) -> list[int]:
        """The process and its descendants, the process itself first."""
        return list(self._walk(root))

    def _walk(self, pid: int) -> Iterator[int]:
        yield pid
        for child in self._children.get(pid, ()):
            yield from self._walk(child)

    def seconds(self, pid: int) -> tuple[float, float]:
        """Its own processor time, and that of its children that have ended."""
        return self._seconds.get(pid, (0.0, 0.0))


def _role(pid: int) -> str | None:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return None
    if b"postmill.main.server" in command:
        return "server"
    if b"postmill.main.worker" in command:
        return "worker"
    return "postgres" if command.startswith(b"postgres") or b"/postgres" in command[:300] else None
