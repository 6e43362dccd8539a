"""Calls of REST services: members out of path, query, head and body, where the route says they stand."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs

import orjson

from harness.aws.permission.reading.models import Service, Shape
from harness.aws.permission.reading.routes import Query, Route, find
from harness.aws.permission.reading.shapes import from_json, from_xml
from harness.aws.permission.reading.unclear import MALFORMED_JSON, UnclearError
from harness.gateway.chain import Exchange
from harness.iam.actions import Call
from harness.iam.actions.rest_paths import METHOD, PATH


def route_of(exchange: Exchange, services: Sequence[Service], path: str) -> Route | None:
    """Return what *exchange* means to one of *services* when its path is *path*, None where to none."""
    # What a presigned URL carries beside the call begins with X-Amz- and is in no model.
    query = query_of(exchange)
    head = exchange.head.lower()
    if exchange.service in HOISTING and query:
        head += b"".join(b"\r\n%b:" % name.lower().encode() for name in query if _is_hoisted(name))
    return find(services, exchange.method, path, query, head)


# S3 takes headers of a presigned URL from its query, where its client put them: Amazon S3 API reference,
# "Authenticating Requests: Using Query Parameters".
HOISTING = frozenset({"s3", "s3express", "s3-object-lambda", "s3-outposts", ""})


def _is_hoisted(name: str) -> bool:
    return name.lower().startswith("x-amz-")


def query_of(exchange: Exchange) -> Query:
    """Return the query of *exchange*, each name's values in their order, also those that are empty."""
    return parse_qs(exchange.query, keep_blank_values=True) if exchange.query else {}


def call_of(exchange: Exchange, route: Route, path: str) -> Call:
    """Return the call that *exchange* is by *route*; its body is read where the route has one."""
    members: dict[str, Any] = {}
    shape = route.service.input_of(route.operation)
    if shape is not None:
        query = query_of(exchange)
        members |= route.path_members(path)
        for name, member in shape.members.items():
            value = _outside_body(exchange, query, name, member)
            if value is not None:
                members[name] = value
        if route.payload is not None and exchange.body:
            members |= _in_body(exchange.body, route, shape)
    if exchange.service == "apigateway":
        members |= {METHOD: exchange.method, PATH: path.rstrip("/")}
    return Call(exchange.service, route.operation, members)


def _outside_body(exchange: Exchange, query: Query, name: str, member: Shape) -> Any:
    where, written = member.serialization.get("location"), member.serialization.get("name", name)
    if where == "querystring":
        found = query.get(written)
        if found is not None:
            return list(found) if member.type_name == "list" else _typed(found[-1], member)
    elif where == "header":
        header = exchange.header(written.encode())
        if header is not None:
            return _typed(header.decode("utf-8", "replace"), member)
        if exchange.service in HOISTING and query and _is_hoisted(written):
            wanted = written.lower()
            hoisted = (found[-1] for key, found in query.items() if key.lower() == wanted)
            return next((_typed(text, member) for text in hoisted), None)
    return None


def _typed(text: str, member: Shape) -> Any:
    return text.lower() == "true" if member.type_name == "boolean" else text


def _in_body(body: bytes, route: Route, shape: Shape) -> dict[str, Any]:
    inner = shape.members[route.payload] if route.payload else shape
    if "rest-xml" in route.service.protocols:
        found: Any = from_xml(body, inner)
    else:
        try:
            found = from_json(orjson.loads(body), inner)
        except orjson.JSONDecodeError:
            raise UnclearError(MALFORMED_JSON) from None
    if route.payload:
        return {route.payload: found}
    return found if isinstance(found, dict) else {}
