"""How an SQL job fails for a reason of its own."""


class SqlFailed(Exception):
    """The database, or the way to it, refused; the message is for the person who wrote the script.

    ``place`` is the line and column of the sent statement that the database named, both counted from 1.
    """

    def __init__(self, message: str, place: tuple[int, int] | None = None) -> None:
        super().__init__(message)
        self.place = place


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


def in_statement(message: str, keyword: str, line: int) -> str:
    """The message with what tells its statement, where the database says no more. Of its text only the first word, as
    the rest may hold a password."""
    return f"{message.rstrip()} (in the {keyword.upper()} of line {line})"
