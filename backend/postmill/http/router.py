"""Finds the operation of a path: a tree of segments built once at start-up."""

from dataclasses import dataclass, field
from typing import Any

from postmill.http.operation import Handler, Needs, Operation

MAX_REMEMBERED = 4096
MAX_REMEMBERED_LENGTH = 256


@dataclass(slots=True)
class Route:
    """An operation, ready to be called."""

    operation: Operation
    handler: Handler
    needs: Needs
    names: tuple[str, ...]

    def parameters(self, values: list[str]) -> dict[str, str]:
        """The values found in the path, by this operation's names for them."""
        return dict(zip(self.names, values, strict=True))


@dataclass(slots=True)
class _Node:
    fixed: dict[str, "_Node"] = field(default_factory=dict)
    parameter: "_Node | None" = None
    rest: dict[str, Route] | None = None
    routes: dict[str, Route] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """What is known of a path: its operations by method, and the values of its parameters in order."""

    routes: dict[str, Route]
    values: list[str]


class Router:
    """Fixed segments win over ``{parameter}``, which wins over ``{parameter:path}``."""

    def __init__(self, operations: tuple[Operation, ...]) -> None:
        self._root = _Node()
        self._ids: set[str] = set()
        self._recent: dict[str, Match] = {}
        for operation in operations:
            self._add(operation)

    def _add(self, operation: Operation) -> None:
        if operation.id in self._ids:
            raise ValueError(f"two operations have the id {operation.id}")
        self._ids.add(operation.id)
        segments = operation.path.strip("/").split("/")
        names = tuple(segment[1:-1].removesuffix(":path") for segment in segments if segment.startswith("{"))
        route = Route(operation, operation.handler, operation.parsed_needs(), names)
        node = self._root
        for index, segment in enumerate(segments):
            if segment.endswith(":path}"):
                if index != len(segments) - 1:
                    raise ValueError(f"operation {operation.id}: a :path parameter stands last")
                node.rest = {} if node.rest is None else node.rest
                _set_route(node.rest, route)
                return
            node = _child(node, segment)
        _set_route(node.routes, route)

    def find(self, path: str) -> Match | None:
        """The operations at a path (relative to ``/api``, decoded); None when there are none."""
        match = self._recent.get(path)
        if match is None:
            values: list[str] = []
            routes = self._walk(self._root, path.split("/")[1:], 0, values)
            if routes is None:
                return None
            match = Match(routes, values)
            self._remember(path, match)
        return match

    def _remember(self, path: str, match: Match) -> None:
        """The same few addresses are asked for again and again."""
        if len(path) > MAX_REMEMBERED_LENGTH:
            return
        if len(self._recent) >= MAX_REMEMBERED:
            self._recent.clear()
        self._recent[path] = match

    def _walk(
        self, node: _Node, segments: list[str], index: int, values: list[str]
    ) -> dict[str, Route] | None:
        if index == len(segments):
            return node.routes or None
        segment = segments[index]
        following = node.fixed.get(segment)
        if following is not None:
            found = self._walk(following, segments, index + 1, values)
            if found is not None:
                return found
        if node.parameter is not None and segment:
            values.append(segment)
            found = self._walk(node.parameter, segments, index + 1, values)
            if found is not None:
                return found
            values.pop()
        if node.rest is not None:
            values.append("/".join(segments[index:]))
        return node.rest


def _child(node: _Node, segment: str) -> _Node:
    if not segment.startswith("{"):
        return node.fixed.setdefault(segment, _Node())
    if node.parameter is None:
        node.parameter = _Node()
    return node.parameter


def _set_route(routes: dict[str, Route], route: Route) -> None:
    method = route.operation.method
    if method in routes:
        raise ValueError(f"{routes[method].operation.id} and {route.operation.id} share method and path")
    routes[method] = route


def allowed_methods(routes: dict[str, Any]) -> str:
    """The value of an ``Allow`` header."""
    return ", ".join(sorted(routes))
