"""Puts the caller's visibility rule into a named list query.

Such a query holds the marker below where the rule belongs; the rule is the SQL of ``access/visibility.py``,
whose values travel as parameters behind those of the query.
"""

VISIBLE = "true /* visible */"


def where_visible(query: str, rule: str) -> str:
    """The query with the rule in place of the marker; a query without marker is a mistake of ours."""
    if VISIBLE not in query:
        raise ValueError("the query has no place for the visibility rule")
    return query.replace(VISIBLE, f"({rule})")
