"""An HTTP exchange read as the AWS call that it is, in every protocol: JSON, REST, query, EC2, CBOR.

The service is the signing name in the exchange; whatever in the request disagrees with it makes it no call at
all, so that nobody is judged by one operation and served by another.
"""

import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from io import BufferedReader, BytesIO
from typing import Any
from urllib.parse import unquote

import orjson

from harness.aws.permission.reading.hosts import bucket_in_host
from harness.aws.permission.reading.hot import BODY_ALWAYS, HEAD_ONLY, HOT, is_plain_queue
from harness.aws.permission.reading.models import Service, family, load
from harness.aws.permission.reading.rest import call_of, route_of
from harness.aws.permission.reading.routes import Route
from harness.aws.permission.reading.shapes import from_form
from harness.aws.permission.reading.unclear import (
    INVALID_ADDRESS,
    MALFORMED_GZIP,
    MALFORMED_JSON,
    UnclearError,
    said_twice,
    says_two_things,
)
from harness.aws.query_form import decode
from harness.gateway.chain import Exchange
from harness.iam.actions import Call
from harness.refusal import AwsError

_FORM = b"application/x-www-form-urlencoded"
_RPC = re.compile(r"/service/([^/]+)/operation/([^/]+)")
# No control call inflates to more; PutMetricData takes 1 MB (CloudWatch API reference, PutMetricData).
_INFLATED_BYTES = 16 * 1024 * 1024
_QUERY_PROTOCOLS = frozenset({"query", "ec2"})
_JSON_PROTOCOLS = frozenset({"json"})
_REST_PROTOCOLS = frozenset({"rest-json", "rest-xml"})


class Reader:
    """Reads exchanges as calls. Models are read when first needed; `preload` does it ahead, in any thread."""

    def preload(self, services: Iterable[str]) -> None:
        """Read the models of the signing names *services* now: 1 to 60 ms each."""
        load(services)

    def wants_body(self, exchange: Exchange) -> bool:
        """Return whether `read` needs the body: never for objects, invocations and what has none."""
        if exchange.method in ("GET", "HEAD"):
            return False
        if exchange.service in BODY_ALWAYS:
            return True
        head_only = HEAD_ONLY.get(exchange.service)
        if head_only is not None and head_only(exchange):
            return False
        if exchange.header(b"x-amz-target") is not None or exchange.path.startswith("/service/"):
            return True
        services = family(_signing_name(exchange))
        if _is_form(exchange) and _speaks(services, _QUERY_PROTOCOLS | {"json"}):
            return True
        path = _path(exchange)
        route = route_of(exchange, _rest(services), path)
        return route is not None and route.payload is not None

    def read(self, exchange: Exchange) -> Call | None:
        """Return the call that *exchange* is, None where nobody can tell.

        Raises UnclearError for what could be read in two ways, or is malformed; nothing else.
        """
        hot = HOT.get(exchange.service)
        if hot is not None:
            call = hot(exchange)
            if call is not None:
                return call
        call = self._read(exchange)
        if call is not None and call.service == "sqs":
            url = call.members.get("QueueUrl")
            if isinstance(url, str) and not is_plain_queue(url):
                raise UnclearError(INVALID_ADDRESS)
        return call

    def _read(self, exchange: Exchange) -> Call | None:
        services = family(_signing_name(exchange))
        target = exchange.header(b"x-amz-target")
        if target is not None and _speaks(services, _JSON_PROTOCOLS):
            if _is_form(exchange) or exchange.path != "/":
                raise says_two_things("X-Amz-Target names its operation")
            return _from_target(exchange, services, target.decode("latin-1"))
        rpc = _RPC.fullmatch(exchange.path)
        if rpc is not None and _speaks(services, {"smithy-rpc-v2-cbor"}):
            if target is not None or (exchange.body and not _is_cbor(exchange)):
                raise says_two_things("its path names its operation")
            return _from_rpc(exchange, services, rpc[2])
        if _is_form(exchange) or (exchange.query and "Action=" in exchange.query):
            found = _from_form(exchange, services)
            if found is not None:
                return found
        path = _path(exchange)
        if exchange.service in ("", "execute-api"):
            data_plane = _api_gateway(exchange)
            if data_plane is not None:
                return data_plane
        route = route_of(exchange, _rest(services), path)
        if route is None:
            return None
        _require_one_path(exchange, services, route, path)
        call = call_of(exchange, route, path)
        return call if exchange.service else Call("s3", call.operation, call.members)


def _require_one_path(exchange: Exchange, services: Sequence[Service], route: Route, path: str) -> None:
    """Raise UnclearError where *path* means another operation to whoever decodes it before it is split."""
    if "%2f" not in path.lower():
        return
    decoded = route_of(exchange, _rest(services), unquote(path))
    another = decoded is not None and decoded.operation != route.operation
    if another or (exchange.service == "lambda" and "/functions/" in path):
        raise UnclearError(AwsError("ValidationException", 400, "A name in the path holds a slash."))


def _is_cbor(exchange: Exchange) -> bool:
    return (exchange.header(b"content-type") or b"").lower().startswith(b"application/cbor")


def _signing_name(exchange: Exchange) -> str:
    """Return the signing name; what nobody signed is S3's to answer, or STS's where it is a form."""
    if exchange.service:
        return exchange.service
    return "sts" if _is_form(exchange) else "s3"


def _speaks(services: Sequence[Service], protocols: Iterable[str]) -> bool:
    wanted = frozenset(protocols)
    return any(service.protocols & wanted for service in services)


def _rest(services: Sequence[Service]) -> Sequence[Service]:
    return [service for service in services if service.protocols & _REST_PROTOCOLS]


def _is_form(exchange: Exchange) -> bool:
    kind = exchange.header(b"content-type")
    return exchange.method == "POST" and kind is not None and kind.lower().startswith(_FORM)


def _path(exchange: Exchange) -> str:
    """Return the path, with the bucket in front that a virtual host names."""
    if exchange.service not in ("s3", ""):
        return exchange.path
    bucket = bucket_in_host(exchange.header(b"host") or b"")
    return (
        f"/{bucket}{exchange.path.rstrip('/') if exchange.path == '/' else exchange.path}"
        if bucket
        else exchange.path
    )


# -- JSON 1.0 and 1.1 ------


def _from_target(exchange: Exchange, services: Sequence[Service], target: str) -> Call | None:
    prefix, _, operation = target.rpartition(".")
    for service in services:
        if service.target_prefix == prefix and operation in service.operations:
            given = _json(_body(exchange))
            return Call(exchange.service, operation, deciding(operation, given))
    return None


# Of calls that carry data by the thousand, the members that decide: what they carry decides nothing.
_DECIDING = {
    "PutLogEvents": ("logGroupName", "logStreamName"),
    "PutRecord": ("DeliveryStreamName", "StreamName", "StreamARN", "FeatureGroupName"),
    "PutRecordBatch": ("DeliveryStreamName",),
    "PutRecords": ("StreamName", "StreamARN"),
    "PutMetricData": ("Namespace",),
}


def deciding(operation: str, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return *given* without the data that it carries."""
    names = _DECIDING.get(operation)
    return given if names is None else {name: given[name] for name in names if name in given}


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        found = orjson.loads(body or b"{}")
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise UnclearError(MALFORMED_JSON)
    return found


def _body(exchange: Exchange) -> bytes:
    """Return the body, inflated where the client compressed it (Smithy, request compression: gzip).

    Raises UnclearError for what inflates to nothing, too much or more than one: emulators take it as it came,
    or go on reading.
    """
    coding = (exchange.header(b"content-encoding") or b"").lower()
    if b"gzip" not in coding:
        return exchange.body
    inflater = zlib.decompressobj(wbits=31)
    try:
        inflated = inflater.decompress(exchange.body, _INFLATED_BYTES)
    except zlib.error:
        raise UnclearError(MALFORMED_GZIP) from None
    if coding != b"gzip" or not inflater.eof or inflater.unused_data:
        raise UnclearError(MALFORMED_GZIP)
    return inflated


# -- Smithy RPC v2 ------


def _from_rpc(exchange: Exchange, services: Sequence[Service], operation: str) -> Call | None:
    for service in services:
        if operation in service.operations:
            given = _cbor(_body(exchange))
            return None if given is None else Call(exchange.service, operation, deciding(operation, given))
    return None


def _cbor(body: bytes) -> Mapping[str, Any] | None:
    # botocore reads CBOR answers; a request is the same notation. Its release is pinned.
    from botocore.parsers import ResponseParserError, RpcV2CBORParser

    if not body:
        return {}
    try:
        found = RpcV2CBORParser().parse_data_item(BufferedReader(BytesIO(body)))
    except (ResponseParserError, UnicodeDecodeError, ValueError, TypeError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


# -- query and EC2 ------


def decode_once(form: bytes) -> dict[str, str]:
    """Return the fields of *form*; raise UnclearError for one that is there twice: not all read the same."""
    fields = decode(form)
    pairs = [pair for pair in form.split(b"&") if pair.partition(b"=")[0]]
    if len(pairs) != len(fields):
        names = [name for pair in pairs for name in decode(pair)]
        raise said_twice(max(names, key=names.count))
    return fields


def _from_form(exchange: Exchange, services: Sequence[Service]) -> Call | None:
    fields = decode_once(exchange.query.encode()) if exchange.query else {}
    if _is_form(exchange):
        posted = decode_once(_body(exchange))
        if any(fields.get(name, value) != value for name, value in posted.items()):
            return None  # query and body do not say the same
        fields |= posted
    operation, version = fields.get("Action", ""), fields.get("Version", "")
    matching = [each for each in services if operation in each.operations]
    if matching and exchange.body and not _is_form(exchange):
        raise says_two_things("what it sends is of another type")
    exact = [each for each in matching if each.api_version == version]
    for service in exact or matching:
        shape = service.input_of(operation)
        members = from_form(fields, shape, ec2="ec2" in service.protocols)
        if exchange.service == "sqs":
            members = _queue_in_path(exchange, fields, members)
        return Call(exchange.service or service.name, operation, members)
    return None


def _queue_in_path(exchange: Exchange, fields: Mapping[str, str], members: dict[str, Any]) -> dict[str, Any]:
    """SQS's query form may name the queue by the path that it is sent to, and is no longer in the model."""
    url = fields.get("QueueUrl") or (unquote(exchange.path) if exchange.path.count("/") > 1 else "")
    return {**members, "QueueUrl": url} if url else members


# -- the data plane of API Gateway ------

_STAGED = re.compile(
    r"/restapis/([^/]+)/([^/]+)/_user_request_/?(.*)|/_aws/execute-api/([^/]+)/([^/]+)/?(.*)"
)
_API_HOST = re.compile(rb"([a-z0-9]+)\.execute-api\.", re.IGNORECASE)


def _api_gateway(exchange: Exchange) -> Call | None:
    """Return the Invoke of an API that *exchange* is: arn:...:execute-api:...:API/STAGE/METHOD/PATH."""
    host = _API_HOST.match(exchange.header(b"host") or b"")
    staged = _STAGED.fullmatch(exchange.path)
    if host:
        stage, _, path = exchange.path.lstrip("/").partition("/")
        api = host[1].decode()
    elif staged:
        api, stage, path = [each for each in staged.groups() if each is not None]
    else:
        return None
    members = {"ApiId": api, "Stage": stage, "Method": exchange.method, "Path": unquote(path)}
    return Call("execute-api", "Invoke", members)
