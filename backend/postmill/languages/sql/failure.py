"""How an SQL job fails for a reason of its own."""


class SqlFailed(Exception):
    """The database, or the way to it, refused; the message is for the person who wrote the script."""


DATA_TABLE = "datatable://"


def no_data_table(named: str) -> str:
    """Why a database that is named as a data table of the workspace cannot be had."""
    return (
        f"{named}: workspaces have no data tables here, which are databases that an instance manages for them; "
        "make the database a resource and name that: $res:f/folder/name"
    )


class StaleConnection(Exception):
    """The server ended the connection while nobody used it; nothing was sent over it."""


def with_position(message: str, code: str, line: int, column: int) -> str:
    """The message with the place in the user's code, and that line of it."""
    lines = code.splitlines()
    shown = lines[line - 1].rstrip() if 0 < line <= len(lines) else ""
    if not shown.strip():
        return f"{message} (line {line}, column {column})"
    pointer = "".join("\t" if letter == "\t" else " " for letter in shown[: column - 1]) + "^"
    return f"{message} (line {line}, column {column})\n{shown}\n{pointer}"
