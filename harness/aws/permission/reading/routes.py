"""Which operation of a REST service a method, a path and a query mean, by the HTTP bindings of its model."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote

from harness.aws.permission.reading.models import Service, Shape

_HOLE = re.compile(r"\{([^}+]+)(\+?)\}")
Query = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """One operation's binding. `literals` and `asks`: what its query must hold; `headers`: its head.

    `payload`: the member that the body is, "" where the body holds all members that stand nowhere else; None
    where nothing in it can be of interest: a stream, or no body at all.
    """

    service: Service
    operation: str
    path: re.Pattern[str]
    names: tuple[str, ...]
    template: str
    literals: tuple[tuple[str, str], ...]
    asks: tuple[str, ...]
    headers: tuple[bytes, ...]
    payload: str | None
    weight: int

    def path_members(self, path: str) -> dict[str, str]:
        """Return the members that stand in *path*, percent-decoded."""
        found = self.path.fullmatch(path)
        return {} if found is None else dict(zip(self.names, map(unquote, found.groups()), strict=True))

    def fits(self, path: str, query: Query, head: bytes) -> bool:
        """Return whether a request of its method with *path*, *query* and *head* (small letters) is this."""
        if not self.path.fullmatch(path):
            return False
        for name, value in self.literals:
            if name not in query or (value and value not in query[name]):
                return False
        return all(name in query for name in self.asks) and all(name in head for name in self.headers)


def find(services: Sequence[Service], method: str, path: str, query: Query, head: bytes) -> Route | None:
    """Return the route of a request to one of *services*, the most particular one; None where none fits."""
    for service in services:
        table = _table(service)
        first = path.split("/", 2)[1] if path.startswith("/") else ""
        for key in ((method, first), (method, "")):
            for route in table.get(key, ()):
                if route.fits(path, query, head):
                    return route
    return None


@cache
def _table(service: Service) -> Mapping[tuple[str, str], Sequence[Route]]:
    """Return the routes of *service* by method and first part of the path ("" for a hole), heaviest first."""
    table: dict[tuple[str, str], list[Route]] = {}
    for operation in sorted(service.operations):
        route, method, first = _route(service, operation)
        table.setdefault((method, first), []).append(route)
    for routes in table.values():
        routes.sort(key=lambda route: -route.weight)
    return table


def _route(service: Service, operation: str) -> tuple[Route, str, str]:
    http = service.model.operation_model(operation).http
    path, _, query = http["requestUri"].partition("?")
    shape = service.input_of(operation)
    asks, headers, names = _required(shape)
    holes = [name for name, _greedy in _HOLE.findall(path)]
    literals = tuple(
        (name, value) for name, _, value in (pair.partition("=") for pair in query.split("&")) if name
    )
    first = path.split("/", 2)[1] if path.startswith("/") else ""
    weight = (
        20 * len(literals) + 10 * (len(asks) + len(headers)) + 4 * path.count("/") + len(_HOLE.sub("", path))
    )
    route = Route(
        service,
        operation,
        _pattern(path),
        tuple(names.get(hole, hole) for hole in holes),
        path,
        literals,
        asks,
        headers,
        _payload(shape, http["method"]),
        # Of two operations with one binding, the one that is not deprecated (PutBucketNotification is).
        2 * (weight - 3 * len(holes)) - bool(service.model.operation_model(operation).deprecated),
    )
    return route, http["method"], "" if "{" in first else first


def _pattern(path: str) -> re.Pattern[str]:
    pieces, at = [], 0
    for hole in _HOLE.finditer(path):
        pieces.append(re.escape(path[at : hole.start()]))
        pieces.append("(.+)" if hole[2] else "([^/]+)")
        at = hole.end()
    pieces.append(re.escape(path[at:]))
    text = "".join(pieces)
    # Whether a path ends in a slash does not matter, except in a name that may hold slashes itself.
    return re.compile(text if text.endswith("(.+)") else text.rstrip("/") + "/?")


def _required(shape: Shape | None) -> tuple[tuple[str, ...], tuple[bytes, ...], dict[str, str]]:
    """Return what query and head must hold, and the members behind the names in the path."""
    asks, headers, names = [], [], {}
    needed = () if shape is None else shape.required_members
    for name, member in ({} if shape is None else shape.members).items():
        where, written = member.serialization.get("location"), member.serialization.get("name", name)
        if where == "uri":
            names[written] = name
        elif name in needed and where == "querystring":
            asks.append(written)
        elif name in needed and where == "header":
            headers.append(b"\r\n" + written.lower().encode() + b":")
    return tuple(asks), tuple(headers), names


def _payload(shape: Shape | None, method: str) -> str | None:
    if shape is None or method in ("GET", "HEAD"):
        return None
    named = shape.serialization.get("payload")
    if named:
        inner = shape.members[named]
        streams = inner.type_name in ("blob", "string") or inner.serialization.get("eventstream")
        return None if streams else str(named)
    in_body = any("location" not in member.serialization for member in shape.members.values())
    return "" if in_body else None
