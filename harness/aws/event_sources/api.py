"""Lambda's calls about event source mappings, and about their tags: those of queues answered here.

Mappings of other sources (streams, Kafka) go on to the backend with all their calls.
"""

import re
from collections.abc import Awaitable
from typing import Any, Protocol
from urllib.parse import parse_qs, unquote

import orjson

from harness.aws.aws_json import Arguments, Refused, request_id
from harness.aws.event_sources.mapping import Mapping
from harness.aws.functions.names import arn_of, reference_of
from harness.aws.functions.refusals import refuse
from harness.aws.root_calls import RootClient
from harness.gateway.chain import Exchange, Outcome, ReadBody, Reply

SERVICE = "lambda"
BODY_LIMIT_BYTES = 256 * 1024
# ListEventSourceMappings: "returns a maximum of 100 items in each response, even if you set a higher number".
PAGE = 100
_MAPPINGS = re.compile(r"/2015-03-31/event-source-mappings(?:/([^/]*))?/?")
_TAGS = re.compile(r"/2017-03-31/tags/(.+)")
_OPERATIONS = {
    "GET": "GetEventSourceMapping",
    "PUT": "UpdateEventSourceMapping",
    "DELETE": "DeleteEventSourceMapping",
}
_TAGGING = {"GET": "ListTags", "POST": "TagResource", "DELETE": "UntagResource"}


class Mappings(Protocol):
    """Who keeps the mappings: `part.EventSources`."""

    async def create(self, given: Arguments) -> Mapping: ...
    async def update(self, mapping: Mapping, given: Arguments) -> Mapping: ...
    def delete(self, mapping: Mapping) -> Mapping: ...
    def find(self, name: str) -> Mapping | None: ...
    def all(self) -> tuple[Mapping, ...]: ...


class Api:
    """`handle` is its handler."""

    def __init__(self, mappings: Mappings, root: RootClient, region: str, account: str) -> None:
        self._mappings = mappings
        self._root = root
        self._region = region
        self._account = account
        too_long = Reply(413, b"The request is too long.")
        self._create = ReadBody(self._creates, BODY_LIMIT_BYTES, too_long)
        self._change = ReadBody(self._changes, BODY_LIMIT_BYTES, too_long)

    def handle(self, exchange: Exchange) -> Outcome:
        """Take the calls about mappings that are kept here."""
        if exchange.service != SERVICE:
            return None
        if found := _MAPPINGS.fullmatch(exchange.path):
            return self._of_mappings(exchange, unquote(found[1] or ""))
        if (found := _TAGS.fullmatch(exchange.path)) and self._tagged(unquote(found[1])) is not None:
            exchange.operation = _TAGGING.get(exchange.method, exchange.operation)
            return self._change
        return None

    def _of_mappings(self, exchange: Exchange, name: str) -> Outcome:
        if not name and exchange.method == "POST":
            exchange.operation = "CreateEventSourceMapping"
            return self._create
        if not name and exchange.method == "GET":
            exchange.operation = "ListEventSourceMappings"
            return self._list(exchange)
        if name:
            exchange.operation = _OPERATIONS.get(exchange.method, exchange.operation)
        return self._change if self._mappings.find(name) is not None else None

    # -- bodies are there -----

    def _creates(self, exchange: Exchange) -> Outcome:
        try:
            given = _body(exchange)
            if ":sqs:" not in str(given.get("EventSourceArn", "")):
                return None
            if not given.get("FunctionName"):
                raise Refused(
                    "ValidationException",
                    "1 validation error detected: Value null at 'functionName' failed to satisfy constraint: "
                    "Member must not be null",
                )
        except Refused as error:
            return refuse(exchange, error)
        return self._answer(exchange, self._made(given))

    async def _made(self, given: Arguments) -> Reply:
        mapping = await self._mappings.create(given)
        return self._reply(202, mapping.shown(self._region, self._account))

    def _changes(self, exchange: Exchange) -> Outcome:
        return self._answer(exchange, self._changed(exchange))

    async def _changed(self, exchange: Exchange) -> Reply:
        if found := _TAGS.fullmatch(exchange.path):
            return self._tagging(exchange, unquote(found[1]))
        found = _MAPPINGS.fullmatch(exchange.path)
        mapping = self._mappings.find(unquote(found[1] or "")) if found else None
        if mapping is None:
            raise Refused("ResourceNotFoundException", "The resource you requested does not exist.", 404)
        status = 202
        if exchange.method == "PUT":
            mapping = await self._mappings.update(mapping, _body(exchange))
        elif exchange.method == "DELETE":
            mapping = self._mappings.delete(mapping)
        else:
            status = 200
        return self._reply(status, mapping.shown(self._region, self._account))

    async def _answer(self, exchange: Exchange, work: Awaitable[Reply]) -> Reply:
        try:
            return await work
        except Refused as error:
            return refuse(exchange, error)

    # -- lists -----

    async def _list(self, exchange: Exchange) -> Reply:
        """Return ours, then those of the backend, page by page."""
        asked = {name: values[0] for name, values in parse_qs(exchange.query).items()}
        ours = [
            each.shown(self._region, self._account)
            for each in self._mappings.all()
            if self._is_asked(each, asked)
        ]
        found = ours + await self._others(exchange)
        start = int(asked.get("Marker", "0")) if asked.get("Marker", "0").isdecimal() else 0
        size = int(asked["MaxItems"]) if asked.get("MaxItems", "").isdecimal() else PAGE
        end = start + max(1, min(size, PAGE))
        page: dict[str, Any] = {"EventSourceMappings": found[start:end]}
        return self._reply(200, page | ({"NextMarker": str(end)} if end < len(found) else {}))

    def _is_asked(self, mapping: Mapping, asked: dict[str, str]) -> bool:
        if asked.get("EventSourceArn", mapping.queue_arn) != mapping.queue_arn:
            return False
        name = asked.get("FunctionName")
        if not name:
            return True
        wanted = reference_of(name)
        if wanted is None:
            return False
        return arn_of(wanted.name, self._region, self._account, wanted.qualifier) == mapping.function_arn

    async def _others(self, exchange: Exchange) -> list[Any]:
        kept = "&".join(
            each
            for each in exchange.query.split("&")
            if each and not each.startswith(("Marker=", "MaxItems="))
        )
        path = f"/2015-03-31/event-source-mappings?{kept}&MaxItems=10000".replace("?&", "?")
        answer = await self._root.call(SERVICE, "GET", path)
        if answer.status != 200:
            return []
        return list(orjson.loads(answer.body).get("EventSourceMappings") or [])

    # -- tags -----

    def _tagged(self, arn: str) -> Mapping | None:
        return next(
            (each for each in self._mappings.all() if each.arn(self._region, self._account) == arn), None
        )

    def _tagging(self, exchange: Exchange, arn: str) -> Reply:
        mapping = self._tagged(arn)
        if mapping is None:
            raise Refused("ResourceNotFoundException", f"Resource not found: {arn}", 404)
        if exchange.method == "GET":
            return self._reply(200, {"Tags": mapping.tags})
        if exchange.method == "POST":
            mapping.tags |= {
                str(key): str(value) for key, value in (_body(exchange).get("Tags") or {}).items()
            }
        else:
            for key in parse_qs(exchange.query).get("tagKeys", []):
                mapping.tags.pop(key, None)
        return Reply(204)

    @staticmethod
    def _reply(status: int, value: Any) -> Reply:
        headers = (("Content-Type", "application/json"), ("x-amzn-RequestId", request_id()))
        return Reply(status, orjson.dumps(value), headers)


def _body(exchange: Exchange) -> Arguments:
    try:
        value = orjson.loads(exchange.body or b"{}")
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise Refused("InvalidRequestContentException", "Could not parse request body into json.")
    return value
