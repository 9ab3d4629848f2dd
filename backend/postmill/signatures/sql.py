"""The signature of an SQL script: its connection, its placeholders, the pieces of code that arguments fill in."""

from collections.abc import Callable

from postmill.signatures.signature import Arg, Resource, Signature, Str
from postmill.signatures.sql_dialects import DIALECTS, Dialect
from postmill.signatures.sql_script import arguments, database_of, interpolations


def infer_sql(code: str, dialect: Dialect) -> Signature:
    """A script that names its database does not ask for one.

    Raises InvalidSignature for a quotation or comment that does not end.
    """
    args: list[Arg] = []
    if dialect.resource is not None and database_of(code) is None:
        args.append(Arg("database", Resource(dialect.resource), implied=True))
    args += [Arg(arg.name, arg.type, arg.default, arg.has_default) for arg in arguments(code, dialect)]
    args += [
        Arg(piece.name, Str(piece.variants or None), piece.default, piece.has_default)
        for piece in interpolations(code)
    ]
    return Signature(tuple(args))


def sql_parser(name: str) -> Callable[[str, str], Signature]:
    dialect = DIALECTS[name]
    return lambda code, entrypoint: infer_sql(code, dialect)
