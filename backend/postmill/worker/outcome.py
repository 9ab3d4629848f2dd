"""From what a language says about a run to what is stored of it. Pure."""

import errno
import json
import re
from typing import Any

import msgspec

from postmill.kernel.json import encode_text
from postmill.languages.protocol import RunOutcome
from postmill.model.job import ClaimedJob, Ended, JobStatus
from postmill.queue.cancel import canceled_result
from postmill.worker.masking import Masker

MAX_LABELS = 100
MAX_LABEL_LENGTH = 255
_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def ended_by_run(job: ClaimedJob, outcome: RunOutcome, duration_ms: int, masker: Masker) -> Ended:
    """The end of a run; a failure's words are masked like the log, a result belongs to its readers as it is."""
    if outcome.end == "success":
        result = storable(with_stream(outcome.result, outcome.streamed))
        refused = refused_by_itself(result)
        status: JobStatus = "success" if refused is None else "failure"
        result = result if refused is None else refused
    else:
        result = masker.mask(storable(f'{{"error":{outcome.result}}}'))
        status = "failure"
    new_args = None if outcome.new_args is None else storable(outcome.new_args)
    return _ended(
        job,
        status,
        result,
        duration_ms,
        memory_peak_kb=max(0, outcome.memory_peak_kb),
        labels=labels_of(result) if status == "success" else (),
        new_args=new_args,
        isolation=outcome.isolation,
    )


def ended_by_failure(job: ClaimedJob, message: str, duration_ms: int, masker: Masker) -> Ended:
    """The end of a run that did not come to its language, or was broken off by this worker."""
    error = {"message": f"execution error:\n{message}", "name": "ExecutionErr"}
    return _ended(job, "failure", masker.mask(encode_text({"error": error})), duration_ms)


def fault_of_worker(error: Exception) -> str:
    """Why the worker could not run a job, where that is no fault of the job."""
    reason = f"{type(error).__name__}: {error}"
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        reason = "its disk is full"
    return f"the worker could not run this job: {reason}"


def ended_by_cancel(job: ClaimedJob, by: str, reason: str | None, duration_ms: int) -> Ended:
    result = canceled_result(by, reason)
    return _ended(job, "canceled", result, duration_ms, canceled_by=by, canceled_reason=reason)


def ended_with(job: ClaimedJob, result: str, duration_ms: int) -> Ended:
    """A success whose result this worker made itself."""
    return _ended(job, "success", result, duration_ms)


def _ended(job: ClaimedJob, status: JobStatus, result: str, duration_ms: int, **more: Any) -> Ended:
    return Ended(
        id=job.id,
        attempt=job.attempt,
        status=status,
        result=result,
        duration_ms=duration_ms,
        delete_after_seconds=job.delete_after_seconds,
        cache_key=job.cache_key,
        cache_ttl_seconds=job.cache_ttl_seconds,
        concurrency_key=job.concurrency_key,
        **more,
    )


def with_stream(result: str, streamed: str) -> str:
    """The result with what was streamed: instead of null, as ``wm_stream`` of an object, else not at all."""
    if not streamed:
        return result
    if result.strip() == "null":
        return encode_text(streamed)
    if not result.lstrip().startswith("{"):
        return result
    return encode_text({**json.loads(result), "wm_stream": streamed})


def refused_by_itself(result: str) -> str | None:
    """A result object with ``wm_failure`` says that the run has failed: the same with that as its error."""
    if '"wm_failure"' not in result or not result.lstrip().startswith("{"):
        return None
    members = msgspec.json.decode(result, type=dict[str, msgspec.Raw])
    if "wm_failure" not in members:
        return None
    reason = msgspec.json.decode(members["wm_failure"])
    message = reason if isinstance(reason, str) else bytes(members["wm_failure"]).decode()
    return encode_text({**members, "error": {"name": "ManualFailure", "message": message}})


def storable(text: str) -> str:
    r"""JSON text without what PostgreSQL cannot work with: NUL (``\u0000``) and lone surrogates."""
    if "\\u" not in text or not any(mark in text for mark in ("\\u0000", "\\ud", "\\uD")):
        return text
    clean = json.dumps(json.loads(text), ensure_ascii=False).encode("utf-8", "replace").decode()
    return _NUL.sub("\\1\ufffd", clean)


def labels_of(result: str) -> tuple[str, ...]:
    """The labels that a result object gives its job in ``wm_labels``."""
    if '"wm_labels"' not in result:
        return ()
    try:
        found = msgspec.json.decode(result)
    except msgspec.DecodeError:
        return ()
    labels = found.get("wm_labels") if isinstance(found, dict) else None
    if not isinstance(labels, list):
        return ()
    return tuple(label[:MAX_LABEL_LENGTH] for label in labels if isinstance(label, str) and label)[
        :MAX_LABELS
    ]
