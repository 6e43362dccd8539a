"""AWS errors in every protocol, read back by botocore's own parsers."""

from typing import Any

import pytest
from botocore.parsers import create_parser

from harness.gateway.chain import Exchange
from harness.gateway.error_shapes import Shape, error_reply, failure, shape_of
from harness.refusal import AwsError

SLOW = AwsError("SlowDown", 503, "Please <wait> & see.")
RENAMED = AwsError("ThrottlingException", 400, "Rate exceeded", "Throttling")
FORM = "Content-Type: application/x-www-form-urlencoded; charset=utf-8"
JSON = "X-Amz-Target: AmazonSQS.SendMessage\r\nContent-Type: application/x-amz-json-1.0"


def request(service: str, first: str, *headers: str) -> Exchange:
    head = "\r\n".join([f"{first} HTTP/1.1", "Host: x", *headers]) + "\r\n\r\n"
    exchange = Exchange.from_head(head.encode())
    exchange.service = service
    return exchange


REQUESTS = [
    (request("sqs", "POST /", JSON), Shape.JSON, "json"),
    (request("monitoring", "POST /service/GraniteServiceVersion20100801/operation/X"), Shape.CBOR, None),
    (request("sqs", "POST /123456789012/jobs", FORM), Shape.QUERY, "query"),
    (request("sts", "GET /?Action=GetCallerIdentity&Version=2011-06-15"), Shape.QUERY, "query"),
    (request("ec2", "POST /", FORM), Shape.EC2, "ec2"),
    (request("s3", "PUT /bucket/key"), Shape.REST_XML, "rest-xml"),
    (request("s3", "POST /bucket?Action=odd", FORM), Shape.REST_XML, "rest-xml"),
    (request("lambda", "GET /2015-03-31/functions"), Shape.REST_JSON, "rest-json"),
]


def parsed(exchange: Exchange, error: AwsError, protocol: str | None, **details: Any) -> dict[str, Any]:
    reply = error_reply(exchange, error, **details)
    headers = {name.lower(): value for name, value in reply.headers}
    parser = create_parser(protocol or "smithy-rpc-v2-cbor")
    response = {"status_code": reply.status, "headers": headers, "body": reply.body}
    found: dict[str, Any] = parser.parse(response, None)
    return found


@pytest.mark.parametrize(("exchange", "shape", "protocol"), REQUESTS)
def test_every_protocol_is_read_by_the_sdk(exchange: Exchange, shape: Shape, protocol: str | None) -> None:
    """Code, message, status and a request id, however they are written."""
    assert shape_of(exchange) is shape
    found = parsed(exchange, SLOW, protocol)
    assert (found["Error"]["Code"], found["Error"]["Message"]) == ("SlowDown", "Please <wait> & see.")
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert len(found["ResponseMetadata"]["RequestId"]) == 36


@pytest.mark.parametrize(("exchange", "shape", "protocol"), REQUESTS)
def test_what_the_gateway_itself_says_is_read_too(
    exchange: Exchange, shape: Shape, protocol: str | None
) -> None:
    """An emulator that is gone is told in the protocol of the call: no client parses another one."""
    reply = failure(exchange, 502, "BackendUnavailable", "moto <is> gone")
    headers = {name.lower(): value for name, value in reply.headers}
    response = {"status_code": reply.status, "headers": headers, "body": reply.body}
    found: dict[str, Any] = create_parser(protocol or "smithy-rpc-v2-cbor").parse(response, None)
    assert (found["Error"]["Code"], found["Error"]["Message"]) == ("BackendUnavailable", "moto <is> gone")


@pytest.mark.parametrize(("exchange", "shape", "protocol"), REQUESTS[:3])
def test_the_code_of_the_query_protocol_is_kept(
    exchange: Exchange, shape: Shape, protocol: str | None
) -> None:
    """Clients of services that have left it are still told the code they know, and who is to blame."""
    found = parsed(exchange, RENAMED, protocol)
    assert (found["Error"]["Code"], found["Error"]["Type"]) == ("Throttling", "Sender")


def test_json_is_answered_in_the_version_it_came_in() -> None:
    """Without one it is 1.0."""
    newer = request("sagemaker", "POST /", "X-Amz-Target: A.B", "Content-Type: application/x-amz-json-1.1")
    bare = request("sagemaker", "POST /", "X-Amz-Target: A.B")
    assert ("Content-Type", "application/x-amz-json-1.1") in error_reply(newer, SLOW).headers
    assert ("Content-Type", "application/x-amz-json-1.0") in error_reply(bare, SLOW).headers


def test_a_service_without_a_name_space_has_none() -> None:
    """The document is read all the same."""
    unknown = request("redshift", "POST /", FORM)
    assert b"xmlns" not in error_reply(unknown, SLOW).body
    assert parsed(unknown, SLOW, "query")["Error"]["Type"] == "Receiver"


def test_s3_tells_more() -> None:
    """Members of an error beside its code and message."""
    body = error_reply(REQUESTS[5][0], SLOW, {"ServerTime": "now"}).body
    assert b"<ServerTime>now</ServerTime>" in body
