"""Which runs of a script or flow wait for others of their kind, and which of those they do for. Pure."""

from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec

from postmill.kernel import json
from postmill.launch.templates import fill, names_args
from postmill.model.debouncing import Debouncing
from postmill.model.job import NewJob
from postmill.queue.debounce import Debounce


def debounced(wanted: Debouncing, job: NewJob, moment: datetime) -> tuple[NewJob, Debounce] | None:
    """The run, put off from the ``moment``, and how it is joined with others; None where it runs by itself.

    A run with a time of its own keeps it. One that begins with a preprocessor has no arguments yet: where those decide
    or are collected, it runs by itself, since joining it would lose what it was to be given.
    """
    delay = wanted.debounce_delay_s or 0
    collected = wanted.debounce_args_to_accumulate
    if delay <= 0 or job.scheduled_for is not None:
        return None
    if job.preprocess and (collected or names_args(wanted.debounce_key)):
        return None
    job = msgspec.structs.replace(job, scheduled_for=moment + timedelta(seconds=delay))
    how = Debounce(
        key=_key(wanted, job),
        accumulate=collected,
        most_seconds=_bound(wanted.max_total_debouncing_time),
        most_runs=_bound(wanted.max_total_debounces_amount),
    )
    if collected:
        # A cached result belongs to the arguments of one run, not to those that are collected.
        job = msgspec.structs.replace(job, cache_key=None, cache_ttl_seconds=None)
    return job, how


def _key(wanted: Debouncing, job: NewJob) -> str:
    """Runs under one key become one: by default those of one runnable with the same other arguments."""
    args = json.decode(job.args)
    named: Any = fill(wanted.debounce_key, job.workspace_id, args) if wanted.debounce_key else None
    if named is None:
        named = {
            name: value for name, value in args.items() if name not in wanted.debounce_args_to_accumulate
        }
    # Whatever a key says, it counts within one runnable, caller, identity and its limits: a run never takes the
    # arguments of somebody else's. Code that runs as its owner has one identity for all who call it.
    limits = None if job.scopes is None else sorted(job.scopes)
    counts = [job.created_by, job.permissioned_as, limits, job.entrypoint, named]
    # A digest, because arguments have no end and the key of an index does.
    digest = sha256(msgspec.json.encode(counts, order="sorted")).hexdigest()[:32]
    return f"{job.workspace_id}/{job.kind}/{job.path or 'preview'}/{digest}"


def _bound(most: int | None) -> int | None:
    return most if most is not None and most > 0 else None
