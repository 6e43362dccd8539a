"""Refusals as each protocol's client reads them: code, status, and where the code stands."""

import json
import re

import pytest

from harness.aws.cbor import cbor
from harness.aws.permission.refusals import refuse_call, refuse_signature, sentence
from harness.aws.permission.signatures import Flaw
from harness.gateway.chain import Exchange, Reply
from harness.iam import Kind, PolicySet, Principal, Request, authorize, parse

ACCOUNT = "123456789012"
ANN = Principal("aws", f"arn:aws:iam::{ACCOUNT}:user/ann", ACCOUNT)
FORM = "Content-Type: application/x-www-form-urlencoded; charset=utf-8"
# What a client of each protocol sends, with the service it is signed for.
ASKED = {
    "query": ("sns", "/", FORM),
    "ec2": ("ec2", "/", FORM),
    "s3": ("s3", "/bucket/key", "Accept: */*"),
    "json": ("dynamodb", "/", "X-Amz-Target: DynamoDB_20120810.ListTables"),
    "sqs json": ("sqs", "/", "X-Amz-Target: AmazonSQS.ListQueues"),
    "rest json": ("sagemaker", "/endpoints/e/invocations", "Content-Type: application/json"),
    "cbor": (
        "monitoring",
        "/service/GraniteServiceVersion20100801/operation/ListMetrics",
        "Smithy-Protocol: x",
    ),
}


def exchange(protocol: str) -> Exchange:
    service, path, header = ASKED[protocol]
    found = Exchange.from_head(f"POST {path} HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode())
    found.service, found.access_key = service, "AKIA1"
    return found


def code_of(protocol: str, reply: Reply) -> str:
    """Return the code where a client of *protocol* looks for it."""
    headers = dict(reply.headers)
    if protocol == "cbor":
        # a text's length is in its first byte, from 24 on in its second; then comes `message`, of seven
        found = re.search(rb"__type(?:[\x60-\x77]|\x78.)([A-Za-z]+?)gmessage", reply.body, re.DOTALL)
        assert found is not None
        return found[1].decode()
    if protocol == "rest json":
        return headers["x-amzn-ErrorType"]
    if "json" in protocol:
        return str(json.loads(reply.body)["__type"])
    found = re.search(rb"<Code>(.*?)</Code>", reply.body)
    assert found is not None
    return found[1].decode()


@pytest.mark.parametrize(
    ("protocol", "flaw", "code", "status"),
    [
        ("query", Flaw.UNSIGNED, "MissingAuthenticationToken", 403),
        ("query", Flaw.MALFORMED, "IncompleteSignature", 400),
        ("query", Flaw.UNKNOWN_KEY, "InvalidClientTokenId", 403),
        ("query", Flaw.INVALID_TOKEN, "InvalidClientTokenId", 403),
        ("query", Flaw.EXPIRED_TOKEN, "ExpiredToken", 403),
        ("query", Flaw.MISMATCH, "SignatureDoesNotMatch", 403),
        ("query", Flaw.BODY_MISMATCH, "SignatureDoesNotMatch", 403),
        ("query", Flaw.EXPIRED_URL, "SignatureDoesNotMatch", 403),
        ("json", Flaw.UNSIGNED, "MissingAuthenticationTokenException", 400),
        ("json", Flaw.MALFORMED, "IncompleteSignatureException", 400),
        ("json", Flaw.UNKNOWN_KEY, "UnrecognizedClientException", 400),
        ("json", Flaw.INVALID_TOKEN, "UnrecognizedClientException", 400),
        ("json", Flaw.EXPIRED_TOKEN, "ExpiredTokenException", 400),
        ("json", Flaw.MISMATCH, "InvalidSignatureException", 400),
        ("json", Flaw.BODY_MISMATCH, "InvalidSignatureException", 400),
        ("json", Flaw.EXPIRED_URL, "InvalidSignatureException", 400),
        ("rest json", Flaw.UNKNOWN_KEY, "UnrecognizedClientException", 403),
        ("rest json", Flaw.MISMATCH, "InvalidSignatureException", 403),
        ("s3", Flaw.UNSIGNED, "AccessDenied", 403),
        ("s3", Flaw.MALFORMED, "AuthorizationHeaderMalformed", 400),
        ("s3", Flaw.UNKNOWN_KEY, "InvalidAccessKeyId", 403),
        ("s3", Flaw.INVALID_TOKEN, "InvalidToken", 400),
        ("s3", Flaw.EXPIRED_TOKEN, "ExpiredToken", 400),
        ("s3", Flaw.MISMATCH, "SignatureDoesNotMatch", 403),
        ("s3", Flaw.BODY_MISMATCH, "XAmzContentSHA256Mismatch", 400),
        ("s3", Flaw.EXPIRED_URL, "AccessDenied", 403),
        ("ec2", Flaw.UNSIGNED, "AuthFailure", 401),
        ("ec2", Flaw.UNKNOWN_KEY, "AuthFailure", 401),
        ("ec2", Flaw.MISMATCH, "AuthFailure", 401),
        ("ec2", Flaw.EXPIRED_TOKEN, "RequestExpired", 400),
    ],
)
def test_a_flaw_of_the_signature(protocol: str, flaw: Flaw, code: str, status: int) -> None:
    """Code and status are those of the protocol."""
    reply = refuse_signature(exchange(protocol), flaw)
    assert (code_of(protocol, reply), reply.status) == (code, status)


@pytest.mark.parametrize("protocol", ASKED)
@pytest.mark.parametrize("flaw", Flaw)
def test_every_flaw_is_refused_in_every_protocol(protocol: str, flaw: Flaw) -> None:
    """None is forgotten, and the journal has the code that the client gets."""
    asked = exchange(protocol)
    reply = refuse_signature(asked, flaw)
    assert 400 <= reply.status < 500
    assert asked.error.startswith(f"{code_of(protocol, reply)}: ")


@pytest.mark.parametrize("protocol", ["sqs json", "cbor"])
def test_the_old_code_of_a_signature_stands_in_a_header(protocol: str) -> None:
    """Services that have left the query protocol still tell its code and keep its status."""
    reply = refuse_signature(exchange(protocol), Flaw.UNKNOWN_KEY)
    assert code_of(protocol, reply) == "UnrecognizedClientException"
    assert (reply.status, dict(reply.headers)["x-amzn-query-error"]) == (403, "InvalidClientTokenId;Sender")


def test_s3_names_the_key() -> None:
    """And nobody else does."""
    assert (
        b"<AWSAccessKeyId>AKIA1</AWSAccessKeyId>" in refuse_signature(exchange("s3"), Flaw.UNKNOWN_KEY).body
    )
    assert b"AKIA1" not in refuse_signature(exchange("query"), Flaw.UNKNOWN_KEY).body


@pytest.mark.parametrize(
    ("protocol", "code", "status", "old"),
    [
        ("query", "AuthorizationError", 403, None),
        ("ec2", "UnauthorizedOperation", 403, None),
        ("s3", "AccessDenied", 403, None),
        ("json", "AccessDeniedException", 400, None),
        ("rest json", "AccessDeniedException", 403, None),
        ("sqs json", "AccessDeniedException", 403, "AccessDenied;Sender"),
        ("cbor", "AccessDeniedException", 403, "AccessDenied;Sender"),
    ],
)
def test_a_denied_call(protocol: str, code: str, status: int, old: str | None) -> None:
    """The sentence goes with it, and into the journal."""
    asked = exchange(protocol)
    reply = refuse_call(asked, "User: x is not authorized")
    assert (code_of(protocol, reply), reply.status) == (code, status)
    assert dict(reply.headers).get("x-amzn-query-error") == old
    assert b"User: x is not authorized" in reply.body
    assert asked.error.startswith(f"{code}: ")
    assert asked.error.endswith("User: x is not authorized")


def test_other_query_services_say_access_denied() -> None:
    """AuthorizationError is SNS's alone."""
    asked = exchange("query")
    asked.service = "sts"
    assert code_of("query", refuse_call(asked, "no")) == "AccessDenied"


def test_a_denial_in_cbor_is_a_map_of_type_and_message() -> None:
    """With the protocol's header, without which SDKs do not read it."""
    reply = refuse_call(exchange("cbor"), "no")
    assert reply.body == cbor({"__type": "AccessDeniedException", "message": "no"})
    assert dict(reply.headers)["smithy-protocol"] == "rpc-v2-cbor"


@pytest.mark.parametrize(
    ("action", "resource", "said"),
    [
        (
            "sqs:SendMessage",
            f"arn:aws:sqs:eu-west-1:{ACCOUNT}:SendMessage",
            f"sqs:sendmessage on resource: arn:aws:sqs:eu-west-1:{ACCOUNT}:SendMessage because no "
            "identity-based policy allows the sqs:sendmessage action",
        ),
        (
            "sns:Publish",
            f"arn:aws:sns:eu-west-1:{ACCOUNT}:t",
            f"SNS:Publish on resource: arn:aws:sns:eu-west-1:{ACCOUNT}:t because no identity-based policy "
            "allows the SNS:Publish action",
        ),
        (
            "s3:GetObject",
            "arn:aws:s3:::b/k",
            's3:GetObject on resource: "arn:aws:s3:::b/k" because no identity-based policy allows the '
            "s3:GetObject action",
        ),
        (
            "s3:ListAllMyBuckets",
            "*",
            "s3:ListAllMyBuckets because no identity-based policy allows the s3:ListAllMyBuckets action",
        ),
        (
            "iam:PassRole",
            f"arn:aws:iam::{ACCOUNT}:role/r",
            f"iam:PassRole on resource: arn:aws:iam::{ACCOUNT}:role/r because no identity-based policy "
            "allows the iam:PassRole action",
        ),
    ],
)
def test_the_sentence_is_spelt_as_the_service_does(action: str, resource: str, said: str) -> None:
    """SQS in small letters, SNS in capitals, S3 with quotation marks; names of resources stay as they are."""
    request = Request(ANN, action, resource)
    answer = authorize(PolicySet(), request)
    assert sentence(request, answer) == f"User: {ANN.name} is not authorized to perform: {said}"


def test_an_explicit_deny_is_said_to_be_one() -> None:
    """Whatever the service."""
    statement = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    policy = parse({"Version": "2012-10-17", "Statement": statement}, Kind.IDENTITY)
    request = Request(ANN, "sqs:SendMessage", f"arn:aws:sqs:eu-west-1:{ACCOUNT}:q")
    answer = authorize(PolicySet(identity=(policy,)), request)
    assert sentence(request, answer).endswith(":q with an explicit deny in an identity-based policy")
