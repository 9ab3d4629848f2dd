"""What a token is limited to: ``domain:action[:kind][:paths]``, for instance ``jobs:run:scripts:f/a/*``.

A token without scopes may do all that its identity may. A list of scopes, even an empty one, is everything
that the token may do. ``write`` includes ``read``; ``apps:write`` includes ``apps:run``; ``*`` is everything.
``if_jobs:filter_tags:a,b`` hides jobs of other tags and does not limit anything else.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from postmill.kernel.errors import InvalidInput

ACTIONS = ("read", "write", "run")
KINDS = ("scripts", "flows")
TAG_FILTER = "if_jobs:filter_tags:"
# Whoever writes in these decides what code does that others, or they themselves, start later.
_DOMAINS_OF_CODE = ("scripts", "flows", "workspace_dependencies", "workspaces", "configs", "settings")
DOMAINS = frozenset(
    {
        "acls",
        "ai",
        "amqp_triggers",
        "apps",
        "assets",
        "audit",
        "azure_triggers",
        "capture",
        "concurrency_groups",
        "configs",
        "drafts",
        "email_triggers",
        "favorites",
        "flow_conversations",
        "flows",
        "folders",
        "gcp_triggers",
        "github_triggers",
        "groups",
        "health",
        "http_triggers",
        "inputs",
        "integrations",
        "job_helpers",
        "job_metrics",
        "jobs",
        "kafka_triggers",
        "mcp",
        "mqtt_triggers",
        "native_triggers",
        "nats_triggers",
        "oauth",
        "oidc",
        "openapi",
        "postgres_triggers",
        "raw_apps",
        "resource_types",
        "resources",
        "schedules",
        "scripts",
        "service_logs",
        "settings",
        "sqs_triggers",
        "tokens",
        "users",
        "variables",
        "volumes",
        "websocket_triggers",
        "workers",
        "workspace_dependencies",
        "workspaces",
    }
)


@dataclass(frozen=True, slots=True)
class Scope:
    """One permission of a token. ``paths`` None means every object of the domain."""

    domain: str
    action: str
    kind: str | None = None
    paths: tuple[str, ...] | None = None

    def covers_path(self, path: str | None) -> bool:
        """Whether the scope speaks of this object; ``path`` None asks for every object."""
        if self.paths is None:
            return True
        return path is not None and any(_matches(pattern, path) for pattern in self.paths)


def _matches(pattern: str, path: str) -> bool:
    if pattern == "*":
        return True
    if pattern.endswith("/*"):
        return path == pattern[:-2] or path.startswith(pattern[:-1])
    return path == pattern


def parse_scope(text: str) -> Scope:
    """Raises InvalidInput for an unknown domain or action."""
    if text == "*":
        return Scope("*", "*")
    domain, _, rest = text.partition(":")
    action, _, rest = rest.partition(":")
    if domain == "mcp":
        return Scope(domain, "run", None, tuple(rest.split(",")) if rest else None)
    if domain != "*" and domain not in DOMAINS:
        raise InvalidInput(f"Bad request: unknown scope domain {domain[:60]!r} in {text[:120]!r}")
    if action not in (*ACTIONS, "*"):
        raise InvalidInput(
            f"Bad request: unknown action {action[:60]!r} in scope {text[:120]!r}: read, write or run"
        )
    kind: str | None = None
    head, _, tail = rest.partition(":")
    if head in KINDS:
        kind, rest = head, tail
    paths = tuple(part for part in rest.split(",") if part) if rest else None
    if rest and not paths:
        raise InvalidInput(f"Bad request: scope {text[:120]!r} names no path")
    return Scope(domain, action, kind, None if paths and "*" in paths else paths)


@lru_cache(maxsize=4096)
def parse_scopes(texts: tuple[str, ...]) -> tuple[Scope, ...] | None:
    """The permissions that the texts grant; None where they limit nothing but the tags of jobs."""
    limiting = tuple(text for text in texts if not text.startswith(TAG_FILTER))
    if texts and not limiting:
        return None
    return tuple(parse_scope(text) for text in limiting)


def visible_tags(scopes: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The tags whose jobs the token may see; None for all."""
    filters = [text.removeprefix(TAG_FILTER) for text in scopes or () if text.startswith(TAG_FILTER)]
    if not filters:
        return None
    return tuple(sorted({tag for text in filters for tag in text.split(",") if tag}))


def matching(
    scopes: tuple[str, ...] | None, domain: str, action: str, kind: str | None = None
) -> list[Scope] | None:
    """The scopes that permit the action on at least some object; None where nothing limits it."""
    parsed = None if scopes is None else parse_scopes(scopes)
    if parsed is None:
        return None
    return [scope for scope in parsed if _grants(scope, domain, action, kind)]


def _grants(scope: Scope, domain: str, action: str, kind: str | None) -> bool:
    if scope.domain not in ("*", domain):
        return False
    if scope.kind is not None and kind is not None and scope.kind != kind:
        return False
    if scope.action in ("*", action):
        return True
    return scope.action == "write" and (action == "read" or (domain == "apps" and action == "run"))


def allows_some(scopes: tuple[str, ...] | None, domain: str, action: str, kind: str | None = None) -> bool:
    """Whether the token may do this to at least one object of the domain."""
    found = matching(scopes, domain, action, kind)
    return found is None or bool(found)


def allows(
    scopes: tuple[str, ...] | None, domain: str, action: str, path: str | None, kind: str | None = None
) -> bool:
    """Whether the token may do this to the object at the path (None: to every object)."""
    found = matching(scopes, domain, action, kind)
    return found is None or any(scope.covers_path(path) for scope in found)


def path_patterns(scopes: tuple[str, ...] | None, domain: str, action: str) -> list[str] | None:
    """The patterns that objects must match one of; None where every object is allowed."""
    found = matching(scopes, domain, action)
    if found is None or any(scope.paths is None for scope in found):
        return None
    return sorted({path for scope in found for path in scope.paths or ()})


def _includes(wide: Scope, narrow: Scope) -> bool:
    if wide.domain not in ("*", narrow.domain):
        return False
    implied = wide.action == "write" and (narrow.action == "read" or narrow.domain == "apps")
    if wide.action not in ("*", narrow.action) and not implied:
        return False
    if wide.kind is not None and wide.kind != narrow.kind:
        return False
    if wide.paths is None:
        return True
    return narrow.paths is not None and all(_pattern_within(pattern, wide.paths) for pattern in narrow.paths)


def _pattern_within(pattern: str, wide: tuple[str, ...]) -> bool:
    bare = pattern.removesuffix("/*")
    for candidate in wide:
        if candidate == pattern or (pattern == bare and _matches(candidate, pattern)):
            return True
        if candidate.endswith("/*") and f"{bare}/".startswith(candidate[:-1]):
            return True
    return False


def job_patterns(scopes: tuple[str, ...] | None) -> list[str] | None:
    """The patterns that the paths of jobs must match one of, for a token that reads the jobs of some paths only.

    None where there is no such limit. A token that may not read jobs at all sees by other calls what it started.
    """
    return path_patterns(scopes, "jobs", "read") or None


def only_changing_jobs(scopes: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The scopes without those that let jobs be read and no more: what they show may be changed."""
    if scopes is None or path_patterns(scopes, "jobs", "write") is None:
        return scopes
    return tuple(
        text
        for text in scopes
        if text.startswith(TAG_FILTER) or _grants(parse_scope(text), "jobs", "write", None)
    )


def without_job_patterns(scopes: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The scopes where those that let the jobs of some paths be read let all of them be read."""
    return scopes if scopes is None or job_patterns(scopes) is None else (*scopes, "jobs:read")


def covers(patterns: Sequence[str], path: str | None) -> bool:
    """Whether one of the patterns speaks of the path; none does of what has no path."""
    return path is not None and any(_matches(pattern, path) for pattern in patterns)


def is_limited(scopes: tuple[str, ...] | None) -> bool:
    """Whether the scopes keep anything back that the identity may do; a filter of tags and ``*`` do not."""
    parsed = None if scopes is None else parse_scopes(scopes)
    return parsed is not None and not any(
        scope.domain == "*" and scope.action == "*" and scope.kind is None and scope.paths is None
        for scope in parsed
    )


def may_change_code(scopes: tuple[str, ...] | None) -> bool:
    """Whether a token that is limited to the scopes may change code somewhere, so that it chooses what its runs do."""
    return is_limited(scopes) and any(allows_some(scopes, domain, "write") for domain in _DOMAINS_OF_CODE)


def scopes_of_runs(scopes: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """What runs of deployed code are limited to that a token with the scopes starts; None for nothing.

    A token that may only start what others wrote lends it the rights of its identity: the code decides what comes of
    them. One that may write code too would have all of them for itself, so its runs have its own limits.
    """
    return scopes if may_change_code(scopes) else None


def keeps_limits_of_runs(asked: tuple[str, ...] | None, held: tuple[str, ...] | None) -> bool:
    """Whether a token with the asked scopes starts no code with more rights than one with the held scopes would."""
    if not may_change_code(held) or may_change_code(asked):
        return True
    return asked is not None and not allows_some(asked, "jobs", "run")


def is_subset(asked: Sequence[str] | None, held: tuple[str, ...] | None) -> bool:
    """Whether a token with the asked scopes may do no more than one with the held scopes."""
    held_tags = visible_tags(held)
    if held_tags is not None:
        asked_tags = visible_tags(None if asked is None else tuple(asked))
        if asked_tags is None or not set(asked_tags) <= set(held_tags):
            return False
    wide = None if held is None else parse_scopes(held)
    if wide is None:
        return True
    narrow = None if asked is None else parse_scopes(tuple(asked))
    return narrow is not None and all(any(_includes(scope, part) for scope in wide) for part in narrow)
