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
