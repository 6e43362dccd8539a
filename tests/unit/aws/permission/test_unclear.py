"""Bodies that are malformed, or that can be read in two ways, are no call: AWS's own error says so."""

import pytest
from requests_signed import signed

from harness.aws.permission.reading import Reader
from harness.aws.permission.reading.unclear import UnclearError
from harness.gateway.chain import Exchange

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
METRICS = "/service/GraniteServiceVersion20100801/operation/PutMetricData"
ENTITY = b'<!DOCTYPE D [<!ENTITY k "his">]><Delete><Object><Key>&k;</Key></Object></Delete>'
KEYS = b"<Delete><Object><Key>own</Key><Key>his</Key></Object></Delete>"
reader = Reader()


def target(service: str, name: str, body: bytes, path: str = "/", **more: str) -> Exchange:
    return signed(service, "POST", path, body=body, headers={"X-Amz-Target": name, **more})


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (signed("s3", "POST", "/b?delete", body=ENTITY), "MalformedXML"),
        (signed("s3", "POST", "/b?delete", body=KEYS), "MalformedXML"),
        (signed("s3", "POST", "/b?delete", body=KEYS[:-1]), "MalformedXML"),
        (
            signed("lambda", "POST", "/2015-03-31/functions", body=b"\xff{", headers=JSON),
            "SerializationException",
        ),
        (target("dynamodb", "DynamoDB_20120810.ListTables", b"\xef\xbb\xbf{}"), "SerializationException"),
        (target("dynamodb", "DynamoDB_20120810.ListTables", b"[]"), "SerializationException"),
        (target("sqs", "AmazonSQS.SendMessage", b'{"QueueUrl": "his?/own"}'), "InvalidAddress"),
        (target("sqs", "AmazonSQS.SendMessage", b'{"QueueUrl": "http://h/1/own/../his"}'), "InvalidAddress"),
        (target("sqs", "AmazonSQS.ListQueues", b"{}", **FORM), "InvalidParameterCombination"),
        (
            target("monitoring", "GraniteServiceVersion20100801.ListMetrics", b"{}", METRICS),
            "InvalidParameter",
        ),
        (
            signed("monitoring", "POST", METRICS, body=b"a=\x69Namespace\x63own", headers=FORM),
            "InvalidParameter",
        ),
        (
            signed("sqs", "POST", "/?Action=ListQueues", body=b"Action=DeleteQueue"),
            "InvalidParameterCombination",
        ),
        (
            signed("iam", "POST", "/", body=b"Action=GetRole&RoleName=a&RoleName=b", headers=FORM),
            "InvalidQuery",
        ),
        (signed("lambda", "DELETE", "/2015-03-31/functions/own%2Fconcurrency"), "ValidationException"),
        (signed("lambda", "POST", "/2015-03-31/functions/own%2F..%2Fhis/invocations"), "ValidationException"),
    ],
)
def test_what_is_unclear_is_an_error_of_the_service(found: Exchange, code: str) -> None:
    """Neither the first nor the last of two readings is taken."""
    with pytest.raises(UnclearError) as told:
        reader.read(found)
    assert told.value.error.code.startswith(code)
    assert told.value.error.status == 400


@pytest.mark.parametrize("how", ["header", "url"])
def test_a_header_of_s3_may_stand_in_the_query(how: str) -> None:
    """What a copy is made of is judged, wherever its source is said."""
    sent = signed("s3", "PUT", "/b/k?x-amz-copy-source=%2Fother%2Fk", how=how)
    call = reader.read(sent)
    assert call is not None
    assert (call.operation, call.members["CopySource"]) == ("CopyObject", "/other/k")


def test_a_namespace_that_is_a_text_among_others_is_not_the_calls() -> None:
    """The quick look finds a name where there is none: then all is read."""
    body = b"\xa2\x78\x09Namespace\x63his\x61x\x6e\x69Namespace\x63own"
    sent = signed("monitoring", "POST", METRICS, body=body, headers={"Content-Type": "application/cbor"})
    call = reader.read(sent)
    assert call is not None
    assert call.members["Namespace"] == "his"
