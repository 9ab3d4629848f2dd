"""What the settings of something deployed, a script or a flow, make of one of its runs. Pure."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from postmill.access.scopes import scopes_of_runs
from postmill.kernel.errors import InvalidInput
from postmill.launch.caching import cache_key
from postmill.launch.templates import concurrency_key_of
from postmill.model.run_options import RunOptions
from postmill.model.subject import Subject

LONGEST_SECONDS = 2**31 - 1

Event = Callable[[], dict[str, Any]]
"""Makes the ``event`` argument of a preprocessor; called only when there is one."""


class DeployedSettings(Protocol):
    """The settings that every kind of runnable has."""

    @property
    def on_behalf_of(self) -> str | None: ...
    @property
    def on_behalf_of_email(self) -> str | None: ...
    @property
    def visible_to_runner_only(self) -> bool | None: ...


def whose(settings: DeployedSettings, subject: Subject, options: RunOptions) -> dict[str, Any]:
    """As whom the run runs, and whether others than its caller see it."""
    as_other = settings.on_behalf_of
    return {
        "permissioned_as": as_other or subject.permissioned_as,
        "email": (settings.on_behalf_of_email or subject.email) if as_other else subject.email,
        "visible_to_owner": not (options.invisible_to_owner or settings.visible_to_runner_only),
    }


def scopes_of(subject: Subject, options: RunOptions) -> tuple[str, ...] | None:
    """What a run of deployed code is limited to, whoever it runs as; None for nothing."""
    return options.scopes if options.scopes is not None else scopes_of_runs(subject.scopes)


def given_args(
    args: Mapping[str, Any], event: Event | None, options: RunOptions, *, has_preprocessor: bool
) -> tuple[dict[str, Any], bool]:
    """The arguments, and whether they are an event for the preprocessor."""
    if has_preprocessor and event is not None and not options.skip_preprocessor:
        return {"event": event()}, True
    return dict(args), False


def cached(
    workspace: str,
    runnable: str,
    identity: str,
    scopes: tuple[str, ...] | None,
    ttl: int | None,
    args: Mapping[str, Any],
) -> dict[str, Any]:
    """How long the result serves equal runs of the same version; nothing without a time."""
    if not ttl:
        return {}
    return {
        "cache_ttl_seconds": seconds(ttl, "cache_ttl"),
        "cache_key": cache_key(workspace, runnable, identity, args, scopes),
    }


def limited(
    most: int | None,
    window: int | None,
    key: str | None,
    workspace: str,
    default: str,
    args: Mapping[str, Any],
) -> dict[str, Any]:
    """The limit of runs at a time under a key, ``default`` where the settings name none; nothing without a limit."""
    if most is None or most <= 0:
        return {}
    return {
        "concurrency_limit": most,
        "concurrency_window_seconds": window,
        "concurrency_key": concurrency_key_of(key, workspace, default, args),
    }


def seconds(value: float | None, name: str) -> int | None:
    """Whole seconds; raises InvalidInput, which names the setting, for a span that cannot be."""
    if value is None:
        return None
    if not 0 <= value <= LONGEST_SECONDS:
        raise InvalidInput(f"Bad request: {name} lies between 0 and {LONGEST_SECONDS} seconds")
    return int(value)
