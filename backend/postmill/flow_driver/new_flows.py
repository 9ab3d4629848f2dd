"""Flows that are not stored yet: they are stored together with their first step, where that needs no waiting."""

from collections.abc import Mapping

from postmill.expressions import paths
from postmill.expressions.evaluator import Lookups
from postmill.flow_driver.contexts import Expressions
from postmill.flow_driver.unit import Unit
from postmill.flow_logic.events import Begin
from postmill.flow_logic.view import View
from postmill.model.flow import InlineScript, ScriptStep
from postmill.model.job import NewJob


class NotAtOnce(Exception):
    """JavaScript has to run first, which may take a while: whoever pushed the flow does not wait for that."""


class PathsOnly:
    """Evaluates what is read without the evaluator's process."""

    def __init__(self, evaluator: Expressions) -> None:
        self._evaluator = evaluator

    async def evaluate(self, expression: str, context: Mapping[str, str], lookups: Lookups) -> str:
        if paths.read_path(expression) is None:
            raise NotAtOnce
        return await self._evaluator.evaluate(expression, context, lookups)


async def begin_new(unit: Unit, job: NewJob) -> bool:
    """Decides how a flow begins that is part of the unit from now on; False for one that cannot begin at once.

    Raises PostmillError for a flow that cannot be read.
    """
    if job.preprocess or job.cache_key is not None or job.timeout_seconds is not None:
        return False
    flow = await unit.add(job)
    if not _begins_with_a_script(flow.view):
        return False
    unit.offer(flow.id, Begin())
    try:
        await unit.run()
    except NotAtOnce:
        return False
    return not unit.joining


def _begins_with_a_script(view: View) -> bool:
    first = view.modules[0] if view.modules else None
    return (
        first is not None and isinstance(first.value, InlineScript | ScriptStep) and not view.flow.skip_expr
    )
