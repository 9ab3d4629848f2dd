"""Which runs of a script or flow wait for others of their kind, and which of those they do for. Pure."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol

import msgspec

from postmill.kernel import json
from postmill.launch.templates import fill, names_args
from postmill.model.debouncing import Debouncing
from postmill.model.flow_paths import whole_path
from postmill.model.job import NewJob
from postmill.queue.debounce import Debounce


class Run(Protocol):
    """What counts of a run, whether it is about to be queued or has begun."""

    @property
    def workspace_id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def path(self) -> str | None: ...
    @property
    def created_by(self) -> str: ...
    @property
    def permissioned_as(self) -> str: ...
    @property
    def scopes(self) -> tuple[str, ...] | None: ...


def debounced(wanted: Debouncing, job: NewJob, moment: datetime) -> tuple[NewJob, Debounce] | None:
    """The run, put off from the ``moment``, and how it is joined with others; None where it runs by itself.

    A run with a time of its own keeps it. One that begins with a preprocessor has no arguments yet: that of a flow is
    joined behind it, and that of a script runs by itself where arguments decide or are collected, since joining it
    would lose what it was to be given.
    """
    collected = wanted.debounce_args_to_accumulate
    if job.scheduled_for is not None:
        return None
    if job.preprocess and (job.kind == "flow" or collected or names_args(wanted.debounce_key)):
        return None
    how = how_joined(wanted, job, job.args, job.entrypoint)
    if how is None:
        return None
    job = msgspec.structs.replace(job, scheduled_for=moment + timedelta(seconds=how.delay_seconds))
    if collected:
        # A cached result belongs to the arguments of one run, not to those that are collected.
        job = msgspec.structs.replace(job, cache_key=None, cache_ttl_seconds=None)
    return job, how


def how_joined(wanted: Debouncing, run: Run, args: str, entrypoint: str | None = None) -> Debounce | None:
    """How a run with these arguments (JSON text) is joined with others of its kind; None where none are."""
    if not wanted.joins:
        return None
    return _how(wanted, _key(wanted, run, args, entrypoint))


def step_joined(wanted: Debouncing, flow: Run, step: str, args: str) -> Debounce | None:
    """The same for a step of a flow: without a key all runs of the flow share it, whatever the arguments are."""
    if not wanted.joins or flow.path is None:
        return None
    named = ""
    if wanted.debounce_key:
        named = fill(wanted.debounce_key, flow.workspace_id, json.decode(args))
    place = f"{flow.workspace_id}/step/{flow.kind}/{whole_path(flow.path)}"
    return _how(wanted, f"{place}/{_digest(flow, step, named)}")


def _how(wanted: Debouncing, key: str) -> Debounce:
    return Debounce(
        key=key,
        delay_seconds=wanted.debounce_delay_s or 0,
        accumulate=wanted.debounce_args_to_accumulate,
        most_seconds=_bound(wanted.max_total_debouncing_time),
        most_runs=_bound(wanted.max_total_debounces_amount),
    )


def _key(wanted: Debouncing, run: Run, text: str, entrypoint: str | None) -> str:
    """Runs under one key become one: by default those of one runnable with the same other arguments."""
    args = json.decode(text)
    named: Any = fill(wanted.debounce_key, run.workspace_id, args) if wanted.debounce_key else None
    if named is None:
        named = {
            name: value for name, value in args.items() if name not in wanted.debounce_args_to_accumulate
        }
    return f"{run.workspace_id}/{run.kind}/{run.path or 'preview'}/{_digest(run, entrypoint, named)}"


def _digest(run: Run, part: str | None, named: Any) -> str:
    # Whatever a key says, it counts within one runnable, caller, identity and its limits: a run never takes the
    # arguments of somebody else's. Code that runs as its owner has one identity for all who call it.
    limits = None if run.scopes is None else sorted(run.scopes)
    counts = [run.created_by, run.permissioned_as, limits, part, named]
    # A digest, because arguments have no end and the key of an index does.
    return sha256(msgspec.json.encode(counts, order="sorted")).hexdigest()[:32]


def _bound(most: int | None) -> int | None:
    return most if most is not None and most > 0 else None
