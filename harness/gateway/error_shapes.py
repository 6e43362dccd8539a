"""AWS errors in the shape of each protocol, as the client of one request reads it.

Smithy's specifications of awsJson, awsQuery, ec2Query, restJson1, restXml and rpcv2Cbor, "operation error
serialization". Which one a request speaks is seen on the request itself: some services speak several.
"""

import json
from collections.abc import Mapping
from enum import Enum
from uuid import uuid4
from xml.sax.saxutils import escape

from harness.aws.cbor import cbor
from harness.gateway.chain import Exchange, Reply, json_failure
from harness.refusal import AwsError

# By signing name; what neither JSON, CBOR nor a form is, is REST JSON elsewhere.
_REST_XML = frozenset({"s3", "s3express", "s3-outposts", "route53", "cloudfront"})
_EC2 = frozenset({"ec2"})
_FORM = b"application/x-www-form-urlencoded"
_JSON_1_0 = "application/x-amz-json-1.0"
# The name space of an error document of the query protocol; parsers pass over it, people may look for it.
_NAMESPACES = {
    "sns": "http://sns.amazonaws.com/doc/2010-03-31/",
    "sqs": "http://queue.amazonaws.com/doc/2012-11-05/",
    "sts": "https://sts.amazonaws.com/doc/2011-06-15/",
    "iam": "https://iam.amazonaws.com/doc/2010-05-08/",
    "monitoring": "http://monitoring.amazonaws.com/doc/2010-08-01/",
    "autoscaling": "http://autoscaling.amazonaws.com/doc/2011-01-01/",
    "cloudformation": "http://cloudformation.amazonaws.com/doc/2010-05-15/",
}

Headers = list[tuple[str, str]]


class Shape(Enum):
    """A protocol, as far as its errors go."""

    JSON = "json"
    CBOR = "cbor"
    QUERY = "query"
    EC2 = "ec2"
    REST_JSON = "rest-json"
    REST_XML = "rest-xml"


def shape_of(exchange: Exchange) -> Shape:
    """Return the protocol that *exchange* speaks."""
    if exchange.header(b"x-amz-target") is not None:
        return Shape.JSON
    if exchange.path.startswith("/service/"):
        return Shape.CBOR
    if is_query(exchange):
        return Shape.EC2 if exchange.service in _EC2 else Shape.QUERY
    return Shape.REST_XML if exchange.service in _REST_XML else Shape.REST_JSON


def is_query(exchange: Exchange) -> bool:
    """Return whether *exchange* is of the query protocol: its operation stands in a form, or in the URL."""
    if exchange.service in _REST_XML:  # whose objects may be posted from a browser's form
        return False
    kind = exchange.header(b"content-type")
    return "Action=" in exchange.query or (kind is not None and kind.lower().startswith(_FORM))


def error_reply(exchange: Exchange, error: AwsError, details: Mapping[str, str] | None = None) -> Reply:
    """Return *error* as the client of *exchange* reads it; *details* are more members of it, for S3's."""
    shape = shape_of(exchange)
    request_id = str(uuid4())
    if shape in (Shape.JSON, Shape.CBOR):
        return _typed(exchange, shape, error, request_id)
    if shape is Shape.REST_JSON:
        body = json.dumps({**dict(error.members), "message": error.message}).encode()
        kind, name = "application/json", "x-amzn-RequestId"
        return Reply(error.status, body, _headers(kind, (name, request_id), ("x-amzn-ErrorType", error.code)))
    if shape is Shape.REST_XML:
        body = _s3_document(error, request_id, details or {})
        return Reply(error.status, body, _headers("application/xml", ("x-amz-request-id", request_id)))
    document = _ec2_document if shape is Shape.EC2 else _query_document
    body = document(exchange.service, error, request_id)
    return Reply(error.status, body, _headers("text/xml", ("x-amzn-RequestId", request_id)))


def failure(exchange: Exchange, status: int, code: str, message: str) -> Reply:
    """Return an error of the gateway itself as the client of *exchange* reads it (chain.Failure).

    Clients of REST JSON read the headers and the members of AWS JSON, too, as do people who send no call.
    """
    if shape_of(exchange) in (Shape.JSON, Shape.REST_JSON):
        return json_failure(exchange, status, code, message)
    return error_reply(exchange, AwsError(code, status, message))


def _headers(kind: str, *more: tuple[str, str]) -> tuple[tuple[str, str], ...]:
    return (("Content-Type", kind), *more)


def _typed(exchange: Exchange, shape: Shape, error: AwsError, request_id: str) -> Reply:
    """Return the error of a protocol that names its type in the body."""
    more = [("x-amzn-RequestId", request_id)]
    if error.query_code:
        more.append(("x-amzn-query-error", f"{error.query_code};{_blamed(error)}"))
    value = {"__type": error.code, "message": error.message}
    if shape is Shape.CBOR:
        kind = "application/cbor"
        return Reply(error.status, cbor(value), _headers(kind, *more, ("smithy-protocol", "rpc-v2-cbor")))
    sent = (exchange.header(b"content-type") or b"").decode("latin-1")
    kind = sent if sent.startswith("application/x-amz-json") else _JSON_1_0
    return Reply(error.status, json.dumps(value).encode(), _headers(kind, *more))


def _blamed(error: AwsError) -> str:
    return "Receiver" if error.status >= 500 else "Sender"


def _query_document(service: str, error: AwsError, request_id: str) -> bytes:
    code = escape(error.query_code or error.code)
    said = f"<Type>{_blamed(error)}</Type><Code>{code}</Code><Message>{escape(error.message)}</Message>"
    space = f' xmlns="{_NAMESPACES[service]}"' if service in _NAMESPACES else ""
    inside = f"<Error>{said}</Error><RequestId>{request_id}</RequestId>"
    return f"<ErrorResponse{space}>{inside}</ErrorResponse>".encode()


def _ec2_document(_service: str, error: AwsError, request_id: str) -> bytes:
    said = f"<Code>{escape(error.code)}</Code><Message>{escape(error.message)}</Message>"
    inside = f"<Errors><Error>{said}</Error></Errors><RequestID>{request_id}</RequestID>"
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Response>{inside}</Response>'.encode()


def _s3_document(error: AwsError, request_id: str, details: Mapping[str, str]) -> bytes:
    members = {"Code": error.code, "Message": error.message, **details, "RequestId": request_id}
    inside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in members.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<Error>{inside}</Error>'.encode()
