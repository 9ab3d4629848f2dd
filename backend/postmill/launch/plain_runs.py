"""Runs that differ only in their arguments: what launch decides for one of them holds for the next."""

from dataclasses import dataclass

import msgspec

from postmill.model.job import NewJob
from postmill.model.run_options import RunOptions
from postmill.model.script import Script
from postmill.model.subject import Subject

MOST = 1024
_Key = tuple[str, str, str, int]


@dataclass(slots=True, frozen=True)
class _Decided:
    subject: Subject
    script: Script
    options: RunOptions
    job: NewJob


class PlainRuns:
    """What was decided for a subject, a version and options, by these very objects.

    They never change, and whoever reads rights or versions anew makes new ones: no decision outlives what it rests on,
    and a new one takes the place of the old.
    """

    def __init__(self) -> None:
        self._decided: dict[_Key, _Decided] = {}

    def find(self, subject: Subject, script: Script, options: RunOptions) -> NewJob | None:
        """A job of such a run, in which only id and arguments are another's."""
        decided = self._decided.get((subject.email, script.workspace_id, script.path, id(options)))
        if (
            decided is None
            or decided.subject is not subject
            or decided.script is not script
            or decided.options is not options
        ):
            return None
        return decided.job

    def keep(self, subject: Subject, script: Script, options: RunOptions, job: NewJob) -> None:
        """Keeps the decision, if nothing in it depends on the arguments, the moment or other jobs."""
        is_plain = (
            not script.has_preprocessor
            and job.entrypoint is None
            and job.cache_key is None
            and job.concurrency_key is None
            and script.settings.debounce_delay_s is None
            and "$" not in (options.tag or script.settings.tag or "")
            and options.job_id is None
            and options.scheduled_in_secs is None
            and options.queue_limit is None
            and options.parent_job is None
            and options.root_job is None
        )
        if not is_plain:
            return
        if len(self._decided) >= MOST:
            self._decided.clear()
        key = (subject.email, script.workspace_id, script.path, id(options))
        # Without the arguments, which may be large: each run brings its own.
        without_args = msgspec.structs.replace(job, args="{}")
        self._decided[key] = _Decided(subject, script, options, without_args)
