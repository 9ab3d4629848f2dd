"""The arguments of a script: the vocabulary that every language's parser speaks."""

from typing import Any, Literal

import msgspec


class Type(msgspec.Struct, frozen=True, tag_field="kind"):
    """What an argument accepts; the subclasses are the alternatives."""


class Unknown(Type, frozen=True, tag="unknown"):
    """Anything: the code does not say."""


class Str(Type, frozen=True, tag="str"):
    """Text; with ``enum`` one of these texts."""

    enum: tuple[str, ...] | None = None


class Int(Type, frozen=True, tag="int"):
    """A whole number."""


class Float(Type, frozen=True, tag="float"):
    """A number."""


class Bool(Type, frozen=True, tag="bool"):
    """True or false."""


class Bytes(Type, frozen=True, tag="bytes"):
    """Binary data, base64 on the wire."""


class Datetime(Type, frozen=True, tag="datetime"):
    """A moment, ISO 8601 on the wire."""


class Date(Type, frozen=True, tag="date"):
    """A day, ISO 8601 on the wire."""


class Email(Type, frozen=True, tag="email"):
    """An e-mail address."""


class Sql(Type, frozen=True, tag="sql"):
    """Text in SQL, edited as such."""


class ListOf(Type, frozen=True, tag="list"):
    """Values of one type."""

    item: Type


class Resource(Type, frozen=True, tag="resource"):
    """A stored resource of the named resource type, or its value."""

    name: str


class Prop(msgspec.Struct, frozen=True):
    """One member of an object."""

    name: str
    type: Type


class Object(Type, frozen=True, tag="object"):
    """A JSON object. ``props`` is None where the members are left out (a type that contains itself)."""

    name: str | None = None
    props: tuple[Prop, ...] | None = ()


class Variant(msgspec.Struct, frozen=True):
    """One alternative of a OneOf; ``label`` is the value of its member ``label`` or ``kind``."""

    label: str
    props: tuple[Prop, ...]


class OneOf(Type, frozen=True, tag="oneof"):
    """One of several labelled objects."""

    variants: tuple[Variant, ...]


class DynSelect(Type, frozen=True, tag="dynselect"):
    """A choice whose options the script's function of this name computes."""

    function: str


class DynMultiselect(Type, frozen=True, tag="dynmultiselect"):
    """Several choices whose options the script's function of this name computes."""

    function: str


FUNCTION_CALL = "<function call>"
"""Default that only the language itself can compute; removed from the arguments before a run."""


class Arg(msgspec.Struct, frozen=True):
    """One argument.

    ``default`` is a JSON value, meaningful where ``has_default``; an optional type has the default None.
    ``original`` is the text of a type such as ``str | list[str]``, which the schema repeats;
    ``doc`` what the code's documentation says about the argument. ``passing`` tells how the function
    takes it. ``implied`` ones do not stand in the code: every script of the language takes them.
    """

    name: str
    type: Type
    default: Any = None
    has_default: bool = False
    original: str | None = None
    doc: str | None = None
    passing: Literal["any", "positional", "keyword"] = "any"
    implied: bool = False


AutoKind = Literal["lib", "wac"]
"""``lib``: no entry function, only for import; ``wac``: a workflow as code."""


class Signature(msgspec.Struct, frozen=True):
    """What a script takes."""

    args: tuple[Arg, ...] = ()
    star_args: bool = False
    star_kwargs: bool = False
    has_preprocessor: bool = False
    auto_kind: AutoKind | None = None
    schema_extras: dict[str, Any] = {}
    """Further members of the schema, for the form of the editor only."""


class InvalidSignature(ValueError):
    """The code cannot be read: ``message`` is a sentence, ``line`` and ``column`` count from 1.

    ``known`` is what could be read of the arguments in spite of it, as while somebody types in the body of main.
    """

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(f"{message} (line {line}, column {column})")
        self.known: Signature | None = None
        self.message = message
        self.line = line
        self.column = column
