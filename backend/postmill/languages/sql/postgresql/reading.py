"""Whether a statement only reads, which decides how its rows are fetched. Pure, and careful: unknown means no."""

from postmill.languages.sql.plan import PlannedStatement

ROWS = frozenset({"select", "with", "values", "table", "insert", "update", "delete", "merge"})
"""Statements whose rows a cursor can serve."""

_WRITES = frozenset({"insert", "update", "delete", "merge", "into", "share", "do", "call", "execute"})

# Words that a parenthesis follows without being a call, and calls that change nothing and keep nothing.
_HARMLESS = frozenset(
    """
    in values and or not as over any all some exists filter using on where from join lateral by select when then else
    case having limit offset between like ilike is union except intersect with array row within group partition return
    int integer bigint smallint numeric decimal varchar char character bit float time timestamp interval text
    count sum avg min max coalesce nullif greatest least round floor ceil ceiling abs mod power sqrt sign trunc exp ln
    log length char_length lower upper trim ltrim rtrim btrim substring substr position strpos replace split_part
    concat concat_ws left right lpad rpad repeat reverse format initcap md5 encode decode to_char to_date to_number
    to_timestamp date_trunc date_part extract age now clock_timestamp make_date make_interval make_timestamp
    current_setting cast array_agg string_agg json_agg jsonb_agg json_object_agg jsonb_object_agg json_build_object
    jsonb_build_object json_build_array jsonb_build_array to_json to_jsonb row_to_json jsonb_array_length
    json_array_length jsonb_typeof json_typeof array_length cardinality array_append array_cat array_to_string
    string_to_array unnest row_number rank dense_rank lag lead first_value last_value ntile percent_rank cume_dist
    bool_and bool_or every stddev variance regexp_replace regexp_match version pg_typeof jsonb_set
    """.split()  # noqa: SIM905 - a list of words reads better so
)


def only_reads(statement: PlannedStatement) -> bool:
    """Whether running the statement twice, or on a connection that is not tidied up, makes no difference."""
    if statement.keyword not in ("select", "with", "values", "table"):
        return False
    return not (statement.words & _WRITES) and statement.calls <= _HARMLESS


def has_few_rows(statement: PlannedStatement) -> bool:
    """Whether the text alone tells that the rows fit into memory: nothing is read from a table or unfolded."""
    return not (statement.words & {"from", "table", "recursive"}) and "unnest" not in statement.calls
