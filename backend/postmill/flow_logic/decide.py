"""``decide``: what happens next in a flow. Pure: the same arguments give the same answer.

An event that comes twice or too late changes nothing. After ``Ask`` the driver answers with ``Evaluated``, after
``Wait(begins=True)`` with ``Answers``, after ``UseArgs`` with ``Prepared``; between transactions a flow is in one of
the stages "children", "answers" and "permit".
"""

from typing import NamedTuple

from postmill.flow_logic.commands import Command
from postmill.flow_logic.endings import Endings
from postmill.flow_logic.events import Answers, Begin, Canceled, ChildEnded, Evaluated, Event, Prepared
from postmill.flow_logic.state import State, copied, has_index
from postmill.flow_logic.values import Written
from postmill.flow_logic.view import Limits, View

DEFAULT_LIMITS = Limits()


class Decision(NamedTuple):
    """The state after the event, and what is to be done for it."""

    state: State
    commands: tuple[Command, ...]


def decide(view: View, state: State, event: Event, limits: Limits = DEFAULT_LIMITS) -> Decision:
    """What follows from an event. The given state is left as it is."""
    if state.end is not None:
        return Decision(state, ())
    machine = Endings(view, copied(state), limits)
    if isinstance(event, Canceled):
        machine.finish("canceled", Written(event.result))
    elif isinstance(event, Begin):
        if state.phase == "new":
            machine.begin()
    elif isinstance(event, Evaluated):
        machine.evaluated(event.values)
    elif isinstance(event, Answers):
        if state.stage == "answers":
            machine.answers(event)
    elif isinstance(event, Prepared):
        if state.stage in ("args", "permit"):
            machine.prepared(event)
    elif isinstance(event, ChildEnded) and _is_awaited(machine, event):
        machine.child_ended(event)
    return Decision(machine.state, tuple(machine.commands))


def _is_awaited(machine: Endings, event: ChildEnded) -> bool:
    state = machine.state
    return (
        state.stage == "children"
        and event.step == machine.step_id
        and event.attempt == state.attempt
        and event.index < state.started
        and (not has_index(state.done, event.index) if machine.is_parallel else event.index == state.finished)
    )
