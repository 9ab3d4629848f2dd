"""Whether a statement may leave something on its session that the next job would find. Pure; unknown means yes."""

from postmill.languages.sql.plan import PlannedStatement

_KEEP_NOTHING = frozenset(
    {"select", "insert", "update", "delete", "replace", "merge", "values", "with", "show", "describe"}
)
_LEAVE_SOMETHING = frozenset({"get_lock", "into"})


def may_leave_something(statement: PlannedStatement) -> bool:
    """Whether the session may be another one afterwards: variables, locks, temporary tables, open transactions."""
    if statement.keyword not in _KEEP_NOTHING:
        return True
    return bool(statement.words & _LEAVE_SOMETHING) and statement.keyword not in (
        "insert",
        "merge",
        "replace",
    )


def uses_variables(statement: PlannedStatement) -> bool:
    """The same where ``@name`` are variables of the session."""
    return may_leave_something(statement) or "@" in statement.text
