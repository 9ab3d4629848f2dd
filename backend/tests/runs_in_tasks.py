"""For runners that tests make: languages that keep no processes, so that every run has a task."""

from postmill.languages.protocol import BegunRun, OnEnd, RunRequest


class RunsInTasks:
    def may_begin(self, language: str, warm_key: str | None) -> bool:
        return False

    def begin(self, language: str, request: RunRequest, on_end: OnEnd) -> BegunRun | None:
        return None
