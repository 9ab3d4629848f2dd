"""What a shell leaves as its result: result.json, else result.out, else the last line that it printed."""

from postmill.kernel.json import encode_text
from postmill.languages import ending
from postmill.languages.output import Output
from postmill.languages.protocol import EndKind
from postmill.model.limits import Limits
from postmill.sandbox.child import ChildEnd


def judge_shell(end: ChildEnd, output: Output, limits: Limits, program: str) -> tuple[EndKind, str]:
    """The end and result, or error object, of a run of ``program`` (as in ``bash run``)."""
    by_worker = ending.ended_by_worker(end, limits)
    if by_worker is not None:
        return by_worker
    as_json, as_text = end.files.get("result.json"), end.files.get("result.out")
    written = ending.valid_json(as_json) if as_json is not None else None
    if end.code != 0:
        return ("error", written) if written else ending.ended_by_itself(end, program, output.last_words)
    if output.line_too_long or any(len(content) > limits.result_bytes for content in end.files.values()):
        return ending.too_large(None, limits)
    if written is not None:
        return "success", written
    if as_json is not None:
        return "error", ending.execution_error("result.json does not hold valid JSON")
    if as_text is not None:
        return "success", encode_text(as_text.decode("utf-8", "replace").replace("\0", "\ufffd").strip())
    return "success", encode_text(output.last_line)
