"""What a DuckDB script names outside of itself, replaced by what its process can reach. Pure.

``'s3:///key'`` is a file of the workspace, ``'$res:path'`` in an ATTACH a database. The process gets descriptors for
files, which stand at paths below ``files/`` and ``written/``, and connections within the statement.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from postmill.kernel.errors import InvalidInput
from postmill.languages.sql import connection as members
from postmill.languages.sql.failure import DATA_TABLE, SqlFailed, no_data_table
from postmill.signatures.sql_dialects import DUCKDB
from postmill.signatures.sql_tokens import Token, tokenize

_FILE = re.compile(r"^s3://(?P<storage>[^/]*)/(?P<key>.+)$", re.DOTALL)
_RESOURCE = re.compile(r"^\$res:(?P<path>\S+)$")
_ELSEWHERE = re.compile(r"^ducklake://")
_WEB = re.compile(r"^(?:https?|hf)://")
_SERVERS = {"postgres": "postgres", "postgresql": "postgres", "mysql": "mysql"}
_PATTERN = re.compile(r"[*?\[]")


@dataclass
class Rewritten:
    """``reads`` and ``writes`` are keys or patterns by path; ``resources`` are paths whose value is a connection."""

    code: str = ""
    reads: dict[str, str] = field(default_factory=dict)
    writes: dict[str, str] = field(default_factory=dict)
    resources: dict[str, str] = field(default_factory=dict)
    extensions: set[str] = field(default_factory=set)


def rewritten(code: str) -> Rewritten:
    """The script with local paths and with marks for connections. Raises SqlFailed for what cannot be reached."""
    found = Rewritten()
    parts: list[str] = []
    statement: list[Token] = []
    tokens = tokenize(code, DUCKDB)
    for place, token in enumerate(tokens):
        if token.kind == "semicolon":
            statement = []
        elif token.kind not in ("space", "comment"):
            statement.append(token)
        parts.append(_replaced(token, statement, tokens[place:], found))
    found.code = "".join(parts)
    return found


def _replaced(token: Token, statement: list[Token], following: list[Token], found: Rewritten) -> str:
    text = _content(token)
    if text is None:
        return token.text
    if text.startswith(DATA_TABLE):
        raise SqlFailed(no_data_table(text))
    if _ELSEWHERE.match(text) is not None:
        raise SqlFailed("ducklake:// is not available here: attach a resource, '$res:path', instead")
    if (file := _FILE.match(text)) is not None:
        if file["storage"] not in ("", "_default_"):
            raise SqlFailed(f"this workspace has no storage named {file['storage']!r}; files are 's3:///key'")
        return _quoted(_path(file["key"], statement, found))
    first = statement[0].text.lower()
    if first == "attach":
        kind = _kind(following)
        if kind is not None:
            found.extensions.add(kind)
        if (resource := _RESOURCE.match(text)) is not None:
            if kind is None:
                raise SqlFailed(f"ATTACH '{text}' must say what it is: (TYPE postgres) or (TYPE mysql)")
            found.resources[resource["path"]] = kind
            return _quoted(mark_of(resource["path"]))
    if _WEB.match(text):
        found.extensions.add("httpfs")
    return token.text


def mark_of(resource: str) -> str:
    """Stands in the code for the connection of a resource until the statement is sent."""
    return f"$postmill-connection:{resource}$"


def _path(key: str, statement: list[Token], found: Rewritten) -> str:
    words = [part.text.lower() for part in statement[:-1]]
    if words and words[0] == "copy" and words[-1] == "to":
        if _PATTERN.search(key):
            raise SqlFailed(f"COPY ... TO 's3:///{key}' needs the key of one file")
        path = f"written/{len(found.writes)}/{_name(key)}"
        found.writes.setdefault(key, path)
        return found.writes[key]
    if key in found.writes:
        return found.writes[key]
    if key not in found.reads:
        place = len(found.reads)
        found.reads[key] = f"files/{place}/{key if _PATTERN.search(key) else _name(key)}"
    return found.reads[key]


def _name(key: str) -> str:
    return key.rpartition("/")[2]


def _kind(following: list[Token]) -> str | None:
    """The kind of database that ``(TYPE ...)`` of an ATTACH names, as its extension is called."""
    told = [token for token in following if token.kind not in ("space", "comment")]
    for place, token in enumerate(told):
        if token.kind == "semicolon":
            return None
        if token.text.lower() == "type" and place + 1 < len(told):
            name = (_content(told[place + 1]) or told[place + 1].text).lower()
            if name not in _SERVERS and name not in ("duckdb", "sqlite"):
                raise SqlFailed(f"ATTACH ... (TYPE {name}) is not available here: postgres and mysql are")
            return _SERVERS.get(name)
    return None


def _content(token: Token) -> str | None:
    """What a quoted text says; None for another token."""
    text = token.text
    if len(text) < 2 or text[0] != "'" or text[-1] != "'":
        return None
    return text[1:-1].replace("''", "'")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def connection_text(kind: str, database: Any, path: str) -> tuple[str, list[str]]:
    """What DuckDB's extension for a kind of server takes, and the parts of it that nobody may see.

    Raises SqlFailed for a value that is no connection.
    """
    if not isinstance(database, Mapping):
        raise SqlFailed(
            f"the resource {path} is no connection: an object with host, user and so on is expected"
        )
    default_port = 5432 if kind == "postgres" else 3306
    name = "dbname" if kind == "postgres" else "database"
    values = {
        "host": members.host(database),
        "port": str(members.port(database, default_port)),
        "user": members.text(database, "user", "username"),
        "password": members.text(database, "password", default=""),
        name: members.text(database, "dbname", "database"),
    }
    if kind == "postgres" and members.text(database, "sslmode", default=""):
        values["sslmode"] = members.text(database, "sslmode")
    text = " ".join(f"{key}={_escaped(kind, value)}" for key, value in values.items() if value)
    return text, [secret for secret in (text, values["password"]) if secret]


def _escaped(kind: str, value: str) -> str:
    if "\0" in value:
        raise InvalidInput("Bad request: a connection holds a NUL character")
    escaped = value.replace("\\", "\\\\")
    return (
        "'" + escaped.replace("'", "\\'") + "'"
        if kind == "postgres"
        else '"' + escaped.replace('"', '\\"') + '"'
    )
