"""What stays of a flow whose data is deleted: where it stood, but none of the texts that it wrote down itself. Pure.

Results of steps are only named there, and go with the steps; messages of errors may tell of them.
"""

from msgspec.structs import replace

from postmill.flow_logic.commands import Remember
from postmill.flow_logic.state import State
from postmill.flow_logic.values import StopError, Value, Written

FORGOTTEN = Written("null")


def state_without_texts(state: State) -> State:
    """The same state, where no value can be read any more."""
    end = state.end
    return replace(
        state,
        previous=_without_text(state.previous),
        held=_without_text(state.held),
        end=None if end is None else replace(end, value=_without_text(end.value)),
        refusal=None if state.refusal is None else FORGOTTEN.text,
    )


def outcome_without_texts(outcome: Remember) -> Remember:
    """The same for what a step came to."""
    return replace(outcome, value=_without_text(outcome.value))


def _without_text(value: Value) -> Value:
    if isinstance(value, Written):
        return FORGOTTEN
    if isinstance(value, StopError) and isinstance(value.result, Written):
        return replace(value, result=FORGOTTEN)
    return value
