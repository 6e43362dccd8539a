"""The condition keys of a request: those of the caller, of the way, and of the moment."""

import time
from dataclasses import replace

import pytest

from harness.aws.permission.caller_context import (
    PASSING,
    account_of,
    caller_values,
    passing_values,
    region_of,
    service_values,
    signed_how,
    way_values,
)
from harness.aws.permission.callers import session_of, user_of
from harness.aws.permission.entrances import Entrance
from harness.aws.permission.held import Held
from harness.aws.permission.keys import ANONYMOUS, Caller, root_of, service_of
from harness.clock import VirtualCalendar
from harness.gateway.chain import Exchange
from harness.iam import Principal

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/ml/trainer"
ANN = user_of(f"arn:aws:iam::{ACCOUNT}:user/ml/ann", ACCOUNT, "ann")
NOON = VirtualCalendar(1_767_268_800.0)  # 2026-01-01T12:00:00Z
SIGNED = (
    "AWS4-HMAC-SHA256 Credential=AKIA/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0"
)


def values(caller: Caller, held: Held | None = None) -> dict[str, str]:
    """Return the caller's keys, each of one value."""
    return {key: value for key, (value,) in caller_values(caller, held, NOON).items()}


def request(*headers: str, target: str = "/", at: float = 0.0) -> Exchange:
    lines = [f"GET {target} HTTP/1.1", *headers, "", ""]
    return Exchange.from_head("\r\n".join(lines).encode(), received_at=at)


def test_a_user() -> None:
    """Its id and tags are what the backend tells; nothing is of temporary credentials."""
    assert values(ANN, Held(tags={"Team": "ml"}, unique_id="AIDA1")) == {
        "aws:principaltype": "User",
        "aws:principalisawsservice": "false",
        "aws:viaawsservice": "false",
        "aws:principalarn": f"arn:aws:iam::{ACCOUNT}:user/ml/ann",
        "aws:principalaccount": ACCOUNT,
        "aws:userid": "AIDA1",
        "aws:username": "ann",
        "aws:principaltag/team": "ml",
    }


def test_the_session_of_a_role() -> None:
    """aws:PrincipalArn is the role's, with its path; the session's tags stand before the role's."""
    session = replace(
        session_of(ROLE, "one", ""),
        session_tags={"Team": "research"},
        issued_at=60.0,
        mfa=False,
        source_identity="ann",
    )
    assert values(session, Held(tags={"team": "ml", "Stage": "test"}, unique_id="AROA1")) == {
        "aws:principaltype": "AssumedRole",
        "aws:principalisawsservice": "false",
        "aws:viaawsservice": "false",
        "aws:principalarn": ROLE,
        "aws:principalaccount": ACCOUNT,
        "aws:userid": "AROA1:one",
        "aws:sourceidentity": "ann",
        "aws:principaltag/team": "research",
        "aws:principaltag/stage": "test",
        "aws:tokenissuetime": "2026-01-01T12:01:00Z",
        "aws:multifactorauthpresent": "false",
    }


def test_what_the_answer_told_of_a_session_stands_before_the_backends() -> None:
    """The AssumedRoleId is the session's own."""
    assert values(session_of(ROLE, "one", "AROA7:one"), Held(unique_id="AROA1"))["aws:userid"] == "AROA7:one"


def test_a_federated_user() -> None:
    """Its ARN is its own though its permissions are a user's; its id is ACCOUNT:NAME."""
    arn = f"arn:aws:sts::{ACCOUNT}:federated-user/bob"
    principal = Principal("aws", arn, ACCOUNT)
    bob = Caller(principal, ANN.holder, "FederatedUser", f"{ACCOUNT}:bob", issued_at=0.0, mfa=None)
    found = values(bob, Held(unique_id="AIDA1"))
    assert found["aws:principalarn"] == arn
    assert found["aws:userid"] == f"{ACCOUNT}:bob"
    assert found["aws:principaltype"] == "FederatedUser"
    assert found["aws:multifactorauthpresent"] == "false"
    assert "aws:username" not in found


def test_a_users_session_keeps_its_name_and_tells_of_its_device() -> None:
    """GetSessionToken with a token code."""
    found = values(replace(ANN, issued_at=0.0, mfa=True), Held(unique_id="AIDA1"))
    assert (found["aws:username"], found["aws:multifactorauthpresent"]) == ("ann", "true")


def test_root() -> None:
    """Its id is the account's, and nobody holds anything for it."""
    found = values(root_of(ACCOUNT))
    assert (found["aws:principaltype"], found["aws:userid"]) == ("Account", ACCOUNT)
    assert found["aws:principalarn"] == f"arn:aws:iam::{ACCOUNT}:root"


def test_nobody() -> None:
    """No ARN and no account, so that no condition on them is met."""
    assert values(ANONYMOUS) == {
        "aws:principaltype": "Anonymous",
        "aws:principalisawsservice": "false",
        "aws:viaawsservice": "false",
        "aws:userid": "anonymous",
    }


def test_a_service() -> None:
    """It has its name, and no ARN or account."""
    assert values(service_of("ec2.amazonaws.com")) == {
        "aws:principalisawsservice": "true",
        "aws:principalservicename": "ec2.amazonaws.com",
        "aws:principalservicenameslist": "ec2.amazonaws.com",
    }


def test_an_address_is_either_the_sources_or_the_vpcs() -> None:
    """By a VPC endpoint there is no aws:SourceIp, and aws:SourceVpc only where it is known."""
    assert way_values("10.0.0.1", None, "eu-west-1") == {
        "aws:securetransport": ("true",),
        "aws:requestedregion": ("eu-west-1",),
        "aws:sourceip": ("10.0.0.1",),
    }
    inside = way_values("10.0.0.1", Entrance("vpce-1", "vpc-1"), "eu-west-1")
    assert "aws:sourceip" not in inside
    assert inside["aws:sourcevpce"] == ("vpce-1",)
    assert inside["aws:sourcevpc"] == ("vpc-1",)
    assert inside["aws:vpcsourceip"] == ("10.0.0.1",)
    assert "aws:sourcevpc" not in way_values("10.0.0.1", Entrance("vpce-1"), "eu-west-1")


def test_what_passes_is_the_models_moment_and_the_client() -> None:
    """Exactly those keys that what is kept of a decision may not depend on."""
    asked = request("User-Agent: Boto3/1.43", "Referer: http://a.example/", at=90.7)
    found = passing_values(asked, NOON, 30.0, True)
    assert found == {
        "aws:currenttime": ("2026-01-01T12:01:30Z",),
        "aws:epochtime": ("1767268890",),
        "aws:multifactorauthage": ("60",),
        "aws:useragent": ("Boto3/1.43",),
        "aws:referer": ("http://a.example/",),
    }
    assert set(found) <= PASSING


def test_what_passes_at_s3_is_the_signatures_age_and_the_hash_that_was_declared() -> None:
    """All of PASSING, with those; a presigned URL has its date in the query."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(time.time() - 60))
    asked = request(
        "X-Amz-Content-SHA256: UNSIGNED-PAYLOAD", f"X-Amz-Date: {stamp}", "Referer: r", "User-Agent: u"
    )
    presigned = request(target=f"/b/k?X-Amz-Date={stamp}&X-Amz-Expires=900")
    asked.service = presigned.service = "s3"
    found = passing_values(asked, NOON, 30.0, True)
    assert set(found) == PASSING
    assert found["s3:x-amz-content-sha256"] == ("UNSIGNED-PAYLOAD",)
    for each in (found, passing_values(presigned, NOON, None, False)):
        assert 60_000 <= int(each["s3:signatureage"][0]) < 120_000


@pytest.mark.parametrize(
    ("service", "headers", "target", "how"),
    [
        ("s3", [f"Authorization: {SIGNED}"], "/", ("REST-HEADER", "AWS4-HMAC-SHA256")),
        ("s3", ["Authorization: AWS AKIA:sig"], "/", ("REST-HEADER", "AWS")),
        ("s3", [], "/?X-Amz-Signature=0", ("REST-QUERY-STRING", "AWS4-HMAC-SHA256")),
        ("s3", [], "/?Signature=0", ("REST-QUERY-STRING", "AWS")),
        ("sqs", [f"Authorization: {SIGNED}"], "/", ()),
    ],
)
def test_s3_tells_how_a_request_is_signed(
    service: str, headers: list[str], target: str, how: tuple[str, ...]
) -> None:
    """s3:authType and s3:signatureversion; an unsigned request has neither."""
    asked = request(*headers, target=target)
    asked.service, asked.access_key = service, "AKIA"
    assert signed_how(asked) == how
    asked.access_key = ""
    assert signed_how(asked) == ()


def test_keys_of_one_service_are_told_to_it_alone() -> None:
    """Whose the bucket is and how it was asked, who calls KMS, whose the rule is."""
    how = ("REST-QUERY-STRING", "AWS4-HMAC-SHA256")
    assert service_values("s3:GetObject", "111122223333", ANN, how) == {
        "s3:resourceaccount": ("111122223333",),
        "s3:tlsversion": ("1.3",),
        "s3:authtype": ("REST-QUERY-STRING",),
        "s3:signatureversion": ("AWS4-HMAC-SHA256",),
    }
    assert service_values("kms:Decrypt", ACCOUNT, ANN, ()) == {"kms:calleraccount": (ACCOUNT,)}
    assert service_values("kms:Decrypt", ACCOUNT, ANONYMOUS, ()) == {}
    assert service_values("events:PutTargets", ACCOUNT, ANN, ()) == {"events:creatoraccount": (ACCOUNT,)}
    assert service_values("sqs:SendMessage", ACCOUNT, ANN, ()) == {}


def test_a_functions_code_is_told_apart() -> None:
    """lambda:SourceFunctionArn comes with the credentials of its execution environment."""
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:rank"
    caller = replace(session_of(ROLE, "rank", "AROA1:rank"), function_arn=function)
    assert values(caller)["lambda:sourcefunctionarn"] == function


def test_a_service_by_itself_has_no_address() -> None:
    """aws:SourceIp is not there for what comes from no network of a caller's."""
    assert set(way_values("", None, "eu-west-1")) == {"aws:securetransport", "aws:requestedregion"}


@pytest.mark.parametrize(("issued_at", "mfa"), [(30.0, False), (None, True), (None, False)])
def test_without_a_device_there_is_no_age_of_it(issued_at: float | None, mfa: bool) -> None:
    """A condition on it is then not met; nor are there headers that were not sent."""
    assert set(passing_values(request(), NOON, issued_at, mfa)) == {"aws:currenttime", "aws:epochtime"}


@pytest.mark.parametrize(
    ("exchange", "region"),
    [
        (request(f"Authorization: {SIGNED}"), "eu-west-1"),
        (request("Authorization: AWS AKIA:c2lnbmF0dXJl"), "us-east-1"),
        (request("Authorization: AWS4-HMAC-SHA256 Credential=s3/aws4_request"), "us-east-1"),
        (request("Authorization:"), "us-east-1"),
        (request(), "us-east-1"),
        (
            request(
                target="/b/k?prefix=a/b/aws4_request&X-Amz-Credential=AKIA%2F20260101%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date=1"
            ),
            "eu-west-1",
        ),
        (request(target="/b?prefix=AKIA/20260101/eu-west-1/s3/aws4_request"), "us-east-1"),
    ],
    ids=["header", "version 2", "too short", "empty", "unsigned", "url", "a prefix like one"],
)
def test_the_region_is_that_of_the_signature(exchange: Exchange, region: str) -> None:
    """In the header or in the URL; where neither says one it is the given one."""
    assert region_of(exchange, "us-east-1") == region


@pytest.mark.parametrize(
    ("arn", "account"),
    [
        ("arn:aws:sqs:eu-west-1:999999999999:q", "999999999999"),
        ("arn:aws:s3:::bucket/a:b", ACCOUNT),
        ("arn:aws:iam::aws:policy/ReadOnlyAccess", ACCOUNT),
        ("*", ACCOUNT),
        ("", ACCOUNT),
    ],
)
def test_the_owner_of_a_resource(arn: str, account: str) -> None:
    """It stands in the ARN, or else it is the given one."""
    assert account_of(arn, ACCOUNT) == account
