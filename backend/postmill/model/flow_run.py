"""What a flow job is made of besides its state: which steps of which document, and inside which other flows."""

from typing import Literal
from uuid import UUID

import msgspec


class DocumentRef(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the text of a flow lies: a deployed version, or the job that was sent with it."""

    version: int | None = None
    job: UUID | None = None


class BranchChosen(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The branch that a step took: ``branch`` counts from 0 and is absent for the default one."""

    type: Literal["default", "branch"]
    branch: int | None = None


class RestartedFrom(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """The run that this one takes its first steps from.

    ``nested``: the turn, branch or flow with which the step goes on begins at one of its own steps, and takes those
    before it from its earlier run. ``branch_chosen``: the branch that such a step takes without asking again.
    """

    flow_job_id: UUID
    step_id: str
    branch_or_iteration_n: int | None = None
    flow_version: int | None = None
    branch_chosen: BranchChosen | None = None
    nested: "RestartedFrom | None" = None


class Origin(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """``place`` as in flow_logic.view: which list of steps; "": the whole document.

    ``scope``: the flow inside which results of steps can be named from other branches and turns. ``root``: the
    outermost flow. ``env``: the document whose flow_env applies, if not its own. ``parallel``: it runs beside others
    of its kind. ``warm``: its scripts keep their processes for each other. ``inherits``: its job holds only what its
    arguments have besides those of the parent, which are long.
    """

    document: DocumentRef
    root: UUID
    scope: UUID
    place: str = ""
    parent: UUID | None = None
    env: DocumentRef | None = None
    parallel: bool = False
    inherits: bool = False
    warm: bool = False
    restarted_from: RestartedFrom | None = None
