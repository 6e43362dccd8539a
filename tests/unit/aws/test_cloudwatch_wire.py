"""Calls about alarms are read in each of CloudWatch's protocols, and answered so that botocore reads it."""

from typing import Any
from urllib.parse import urlencode

import pytest
from botocore import parsers, serialize

from harness.aws.aws_json import Refused
from harness.aws.cloudwatch_wire import Call, Form, call_of, form_of, refusal
from harness.gateway.chain import Exchange
from harness.gateway.handlers import identify
from harness.sessions import shared_session

ALARM: dict[str, Any] = {
    "AlarmName": "busy",
    "ActionsEnabled": True,
    "AlarmActions": [f"arn:aws:autoscaling:policy-{n}" for n in range(1, 12)],
    "MetricName": "InvocationsPerInstance",
    "Namespace": "AWS/SageMaker",
    "Statistic": "Sum",
    "Dimensions": [{"Name": "EndpointName", "Value": "a & b"}, {"Name": "VariantName", "Value": "ä"}],
    "Period": 60,
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 3,
    "Threshold": 1.5,
    "ComparisonOperator": "GreaterThanThreshold",
}
PROTOCOLS = {"json": Form.JSON, "smithy-rpc-v2-cbor": Form.CBOR, "query": Form.QUERY}
SCOPE = "Credential=test/20260101/us-east-1/monitoring/aws4_request"


def model() -> Any:
    return shared_session()._session.get_service_model("cloudwatch")


def sent(protocol: str, given: dict[str, Any], operation: str = "PutMetricAlarm") -> Exchange:
    """Return the exchange that botocore would send in *protocol*, identified and with its body."""
    request = serialize.create_serializer(protocol).serialize_to_request(
        given, model().operation_model(operation)
    )
    body = request["body"]
    if isinstance(body, dict):
        body = urlencode(body).encode()
    headers = "".join(f"{name}: {value}\r\n" for name, value in request["headers"].items())
    return arrived(f"POST {request['url_path']} HTTP/1.1\r\n{headers}", body)


def arrived(head: str, body: bytes) -> Exchange:
    made = Exchange.from_head(f"{head}Authorization: AWS4-HMAC-SHA256 {SCOPE}\r\n\r\n".encode(), body=body)
    identify(made)
    return made


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_call_is_read_in_each_protocol(protocol: str) -> None:
    """Numbers, flags, lists of more than nine and letters of all kinds arrive as they were given."""
    exchange = sent(protocol, ALARM)
    assert exchange.service == "monitoring"
    assert call_of(exchange) == Call(PROTOCOLS[protocol], "PutMetricAlarm", ALARM)


def test_a_query_in_the_address() -> None:
    """The query form may come as a GET."""
    exchange = arrived("GET /?Action=DeleteAlarms&AlarmNames.member.1=busy HTTP/1.1\r\n", b"")
    assert call_of(exchange) == Call(Form.QUERY, "DeleteAlarms", {"AlarmNames": ["busy"]})


@pytest.mark.parametrize(
    ("protocol", "body"),
    [
        ("json", b"{"),
        ("json", b"[]"),
        ("smithy-rpc-v2-cbor", b"\xa1"),
        ("smithy-rpc-v2-cbor", b"\x01"),
        ("smithy-rpc-v2-cbor", b"\xff"),
        ("query", b"Action=PutMetricAlarm&Metrics=x&Metrics.member.1=y"),
    ],
)
def test_what_cannot_be_read_is_refused(protocol: str, body: bytes) -> None:
    """Never an exception that nobody expects."""
    exchange = sent(protocol, ALARM)
    exchange.body = body
    with pytest.raises(Refused):
        call_of(exchange)


def test_an_empty_cbor_body_has_no_arguments() -> None:
    """Smithy RPC leaves the body out where there is no input."""
    exchange = sent("smithy-rpc-v2-cbor", ALARM)
    exchange.body = b""
    assert call_of(exchange).arguments == {}


def test_a_number_that_is_none_stays_as_it_was() -> None:
    """It is refused by who looks at numbers, in CloudWatch's words."""
    exchange = arrived("POST / HTTP/1.1\r\n", b"Action=PutMetricAlarm&Period=x&ActionsEnabled=maybe")
    assert call_of(exchange).arguments == {"Period": "x", "ActionsEnabled": "maybe"}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_botocore_reads_a_refusal(protocol: str) -> None:
    """By its own parser of the protocol; long messages too."""
    shape = model().operation_model("PutMetricAlarm").output_shape
    parser = parsers.create_parser(protocol)
    message = "Period must be 10, 20, 30 or <a multiple> of 60." + "." * 300
    refused = refusal(form_of(sent(protocol, ALARM)), Refused("ValidationError", message))
    answer = {"status_code": refused.status, "headers": _headers(refused.headers), "body": refused.body}
    error = parser.parse(answer, shape)["Error"]
    assert (error["Code"], error["Message"]) == ("ValidationError", message)


def _headers(pairs: Any) -> Any:
    from botocore.awsrequest import HeadersDict

    return HeadersDict(dict(pairs))
