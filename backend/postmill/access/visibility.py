"""The rules of ``policy`` as SQL, for lists, searches and counts.

Each function returns a boolean expression and the values of its parameters, which are numbered from
``first_param`` on. ``alias`` is the alias of the table in the caller's statement and comes from our code alone.
"""

from typing import Any

from postmill.access.policy import domain_of, is_bypassing
from postmill.access.scopes import job_patterns, path_patterns, visible_tags
from postmill.model.subject import Subject

Fragment = tuple[str, list[Any]]


class _Parameters:
    """Numbers parameters in the order in which a fragment uses them."""

    def __init__(self, first: int) -> None:
        self._first = first
        self.values: list[Any] = []

    def add(self, value: Any, sql_type: str) -> str:
        self.values.append(value)
        return f"${self._first + len(self.values) - 1}::{sql_type}"


def item_filter(subject: Subject, alias: str, first_param: int, *, kind: str) -> Fragment:
    """Rows of a table with ``path`` and ``extra_perms`` (jsonb) that the subject may see as objects of the kind."""
    parameters = _Parameters(first_param)
    if subject.is_anonymous:
        return "FALSE", []
    conditions = []
    if not is_bypassing(subject):
        rights = _path_conditions(subject, alias, parameters)
        rights.append(f"{alias}.extra_perms ?| {parameters.add(list(subject.grants), 'text[]')}")
        conditions.append(f"({' OR '.join(rights)})")
    patterns = path_patterns(subject.scopes, domain_of(kind), "read")
    if patterns is not None:
        conditions.append(_pattern_condition(patterns, alias, parameters))
    return (" AND ".join(conditions) or "TRUE"), parameters.values


def job_filter(subject: Subject, alias: str, first_param: int) -> Fragment:
    """Rows with created_by, permissioned_as, path, visible_to_owner, tag and workspace_id that the subject may see."""
    parameters = _Parameters(first_param)
    conditions = []
    tags = visible_tags(subject.scopes)
    if tags is not None:
        conditions.append(f"{alias}.tag = ANY({parameters.add(list(tags), 'text[]')})")
    patterns = job_patterns(subject.scopes)
    if patterns is not None:
        conditions.append(f"coalesce({_pattern_condition(patterns, alias, parameters)}, FALSE)")
    if not is_bypassing(subject):
        conditions.append(_job_rights(subject, alias, parameters))
    return (" AND ".join(conditions) or "TRUE"), parameters.values


def _path_conditions(subject: Subject, alias: str, parameters: _Parameters) -> list[str]:
    owner = f"split_part({alias}.path, '/', 2)"
    groups = parameters.add([*sorted(subject.groups), "all"], "text[]")
    folders = parameters.add(sorted(subject.folders), "text[]")
    return [
        f"starts_with({alias}.path, {parameters.add(f'u/{subject.username}/', 'text')})",
        f"({alias}.path LIKE 'g/%/%' AND {owner} = ANY({groups}))",
        f"({alias}.path LIKE 'f/%/%' AND {owner} = ANY({folders}))",
    ]


def _pattern_condition(patterns: list[str], alias: str, parameters: _Parameters) -> str:
    prefixes = [pattern[:-1] for pattern in patterns if pattern.endswith("/*")]
    exact = [pattern.removesuffix("/*") for pattern in patterns]
    return (
        f"({alias}.path = ANY({parameters.add(exact, 'text[]')}) OR EXISTS (SELECT FROM "
        f"unnest({parameters.add(prefixes, 'text[]')}) AS prefix WHERE starts_with({alias}.path, prefix)))"
    )


def _job_rights(subject: Subject, alias: str, parameters: _Parameters) -> str:
    mine = [
        f"{alias}.created_by = {parameters.add(subject.username, 'text')}",
        f"{alias}.permissioned_as = {parameters.add(f'u/{subject.username}', 'text')}",
    ]
    if subject.is_anonymous:
        return f"({' OR '.join(mine)})"
    rights = _path_conditions(subject, alias, parameters)
    grants = parameters.add(list(subject.grants), "text[]")
    rights.append(
        f"EXISTS (SELECT FROM script AS runnable WHERE runnable.workspace_id = {alias}.workspace_id "
        f"AND runnable.path = {alias}.path AND runnable.extra_perms ?| {grants})"
    )
    # The steps of a flow have paths below the flow's.
    parts = f"string_to_array({alias}.path, '/')"
    prefixes = (
        f"SELECT array_to_string(({parts})[1:n], '/') FROM generate_series(3, cardinality({parts})) AS n"  # noqa: S608
    )
    rights.append(
        f"EXISTS (SELECT FROM flow AS runnable WHERE runnable.workspace_id = {alias}.workspace_id "
        f"AND runnable.path = ANY (ARRAY({prefixes})) AND runnable.extra_perms ?| {grants})"
    )
    return f"({' OR '.join(mine)} OR ({alias}.visible_to_owner AND ({' OR '.join(rights)})))"
