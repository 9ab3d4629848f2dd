"""Where one flow stands: of constant size whatever the flow did. It counts children; rows list them.

A loop's turns of several steps and the branches of a step are flows of their own, with a state of their own.
"""

import copy
from typing import Literal

import msgspec

from postmill.flow_logic.values import FlowArgs, Value

Phase = Literal["new", "preprocessor", "steps", "failure", "ended"]
Status = Literal["success", "failure", "skipped", "canceled"]

Stage = Literal[
    "",
    "skip_expr",  # is the whole run skipped?
    "groups",  # who may answer?
    "answers",  # approvals are awaited
    "sleep",  # how long does the next step wait?
    "skip_if",  # is this step skipped?
    "timeout",  # how long may it take?
    "iterator",  # what does the loop go over?
    "parallelism",  # how many turns at once?
    "branch",  # is this the branch?
    "children",  # one or more children run
    "args",  # do the arguments that the preprocessor made ask for a permit?
    "permit",  # they do, and others have it
    "stop",  # was this the last step?
    "stop_turn",  # was this the last turn?
    "stop_all",  # was this loop the last step?
    "retry_if",  # is another try worth while?
]


class End(msgspec.Struct, frozen=True):
    """How a flow ended. ``stopped``: a step said so; ``handled``: its failure module has run."""

    status: Status
    value: Value
    stopped: bool = False
    handled: bool = False


class State(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The members from ``attempt`` on are about the present step and reset by the next one."""

    phase: Phase = "new"
    step: int = 0  # of the list; its length when all are done
    previous: Value = FlowArgs()  # the result of the step before
    preprocess: bool = False  # the run begins with the preprocessor
    depth: int = 0  # flows around this one
    suffix: str = ""  # of the ids of failure modules in nested flows
    armed: bool = False  # the step before waits for answers
    failed_step: str | None = None  # whose failure the failure module handles
    end: End | None = None
    first_child: int = (
        0  # of the step that a restarted flow begins with; those before are taken from the earlier run
    )
    first_kept: str = (
        ""  # of that step, where its turns run side by side: which are taken over, see has_index
    )
    first_branch: int | None = (
        None  # of that step: the branch that is taken without asking; -1: the default one
    )

    deletes: bool | None = None  # whether a run in it asked to have its data deleted; None: not known

    stage: Stage = ""
    attempt: int = 0
    delay: float = 0  # seconds until its first child may start
    skipped: bool = False
    groups: tuple[str, ...] = ()  # who may answer
    timeout: float | None = None  # seconds
    answered: str | None = None  # the step before, whose answers came
    refusal: str | None = None  # JSON text: instead of an answer, where the flow goes on without
    branch: int = -1  # chosen or being considered; -1: the default one
    total: int = 0  # children to come; 0: not known (while loops)
    width: int = 0  # how many at once
    started: int = 0
    finished: int = 0
    failed: int = 0
    done: str = ""  # which of the children that run side by side have ended, see has_index
    handled: bool = False
    unbuilt: bool = False  # the arguments of the last try could not be made
    held: Value = FlowArgs()  # what the question that is open is about
    retry_delay: float = 0


_OF_A_STEP = tuple(State.__struct_fields__[State.__struct_fields__.index("stage") :])
_RESET = [(field.name, field.default) for field in msgspec.structs.fields(State) if field.name in _OF_A_STEP]


def reset_step(state: State) -> None:
    for name, default in _RESET:
        setattr(state, name, default)


def copied(state: State) -> State:
    """Every member is immutable, so that a shallow copy is a copy."""
    return copy.copy(state)


def has_index(done: str, index: int) -> bool:
    """Whether a set of small numbers, kept as the hexadecimal digits of its bits, holds one."""
    return bool(done) and bool(int(done, 16) >> index & 1)


def with_index(done: str, index: int) -> str:
    return f"{(int(done, 16) if done else 0) | 1 << index:x}"
