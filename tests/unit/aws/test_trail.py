"""Refused calls as events of CloudTrail: which are told, to whom, and what is said."""

import asyncio
import json
import logging
from dataclasses import dataclass, field
from typing import Any

import pytest

from harness.aws.permission.callers import root_of, session_of, user_of
from harness.aws.permission.keys import Caller, Key
from harness.aws.trail import DETAIL_TYPE, EVENTS_PATH, Trail
from harness.clock import Clock
from harness.errors import BackendError
from harness.gateway.chain import Address, Exchange
from harness.gateway.fetch import FetchReply
from harness.iam.actions import Call

ACCOUNT, EVENTS = "123456789012", Address("ministack", "127.0.0.1", 1)
ROLE = f"arn:aws:iam::{ACCOUNT}:role/team/somebody"
CALLERS = {
    "ROLE": session_of(ROLE, "me", "AROA1:me"),
    "USER": user_of(f"arn:aws:iam::{ACCOUNT}:user/ann", ACCOUNT, "ann", "AIDA1"),
    "ROOT": root_of(ACCOUNT),
}
REFUSED = "AccessDeniedException: User: me is not authorized"
ASKS = {"source": ["aws.lambda"], "detail-type": [DETAIL_TYPE]}


@dataclass
class Events:
    """Takes what is sent to EventBridge; `answer` None stands for an emulator that is down."""

    answer: FetchReply | None = field(default_factory=lambda: FetchReply(200, (), b"{}"))
    sent: list[dict[str, Any]] = field(default_factory=list)

    async def fetch(self, address: Address, method: str, path: str, **more: Any) -> FetchReply:
        assert (address, method, path) == (EVENTS, "POST", EVENTS_PATH)
        self.sent.append(json.loads(more["body"]))
        if self.answer is None:
            raise BackendError("ministack is down")
        return self.answer


def rule(pattern: Any) -> Exchange:
    body = {"Name": "r"} | ({} if pattern is None else {"EventPattern": json.dumps(pattern)})
    made = Exchange.from_head(b"POST / HTTP/1.1\r\n\r\n", body=json.dumps(body).encode())
    made.operation = "PutRule"
    return made


def call(
    operation: str = "Invoke",
    service: str = "lambda",
    *,
    error: str = REFUSED,
    key: str = "ROLE",
    **members: Any,
) -> Exchange:
    made = Exchange.from_head(b"POST / HTTP/1.1\r\nUser-Agent: Boto3\r\n\r\n", received_at=61.0)
    made.operation, made.service, made.error, made.access_key, made.peer = (
        operation,
        service,
        error,
        key,
        "127.0.0.1",
    )
    made.call = Call(service, operation, members)
    return made


def heard(*exchanges: Exchange, events: Events | None = None) -> list[dict[str, Any]]:
    """Return the entries that were sent when *exchanges* were heard in this order."""
    events = events or Events()

    def key_of(access_key: str) -> Key | None:
        caller: Caller | None = CALLERS.get(access_key)
        return None if caller is None else Key(access_key, caller, "secret")

    async def through() -> None:
        trail = Trail(
            Clock(),
            events,
            lambda service: EVENTS,
            key_of,
            region="us-east-1",
            account=ACCOUNT,  # type: ignore[arg-type]
        )
        for each in exchanges:
            trail.heard(each)
        await asyncio.sleep(0)  # what was begun is done: nothing here waits

    asyncio.run(through())
    return events.sent


def detail(*exchanges: Exchange) -> dict[str, Any]:
    (entry,) = heard(rule(ASKS), *exchanges)
    found: dict[str, Any] = json.loads(entry["Detail"])
    return found


def test_a_refused_call_is_an_event_of_cloudtrail() -> None:
    """Source, detail type, and the record's contents; the payload is not among them."""
    (entry,) = heard(rule(ASKS), call(FunctionName="rank", Payload="secret"))
    assert (entry["Source"], entry["DetailType"]) == ("aws.lambda", DETAIL_TYPE)
    found = json.loads(entry["Detail"])
    assert "secret" not in entry["Detail"]
    assert (
        found
        | {
            "eventSource": "lambda.amazonaws.com",
            "eventName": "Invoke",
            "errorCode": "AccessDenied",
            "errorMessage": "User: me is not authorized",
            "requestParameters": {"functionName": "rank"},
            "sourceIPAddress": "127.0.0.1",
            "userAgent": "Boto3",
            "awsRegion": "us-east-1",
            "recipientAccountId": ACCOUNT,
        }
        == found
    )
    assert found["eventTime"].endswith(":01Z")  # a minute and a second after a whole minute


@pytest.mark.parametrize(
    ("key", "wanted"),
    [
        ("ROLE", {"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/somebody/me"}),
        ("USER", {"type": "IAMUser", "userName": "ann", "principalId": "AIDA1"}),
        ("ROOT", {"type": "Root", "arn": f"arn:aws:iam::{ACCOUNT}:root"}),
        ("NOBODY", {"type": "Unknown", "accessKeyId": "NOBODY"}),
    ],
)
def test_who_called_is_said_as_cloudtrail_says_it(key: str, wanted: dict[str, str]) -> None:
    """The type and the name of a session, a user, the account's root, and of a key that nobody knows."""
    found = detail(call(key=key))["userIdentity"]
    assert found | wanted == found


def test_a_session_names_the_role_that_was_assumed() -> None:
    """What rules about roles look at; a user has none."""
    issuer = detail(call())["userIdentity"]["sessionContext"]["sessionIssuer"]
    assert issuer == {"type": "Role", "arn": ROLE, "accountId": ACCOUNT, "userName": "somebody"}
    assert "sessionContext" not in detail(call(key="USER"))["userIdentity"]


@pytest.mark.parametrize(
    ("service", "error", "source", "code"),
    [
        ("ec2", "UnauthorizedOperation: no", "aws.ec2", "Client.UnauthorizedOperation"),
        ("sns", "AuthorizationError: no", "aws.sns", "AccessDenied"),
        ("s3", "AccessDenied: no", "aws.s3", "AccessDenied"),
        ("application-autoscaling", REFUSED, "aws.autoscaling", "AccessDenied"),
    ],
)
def test_each_services_refusal_is_known(service: str, error: str, source: str, code: str) -> None:
    """By the service's own code, under the name that CloudTrail calls it by."""
    (entry,) = heard(rule(ASKS), call("PutObject", service, error=error, Bucket="b", Key="k"))
    found = json.loads(entry["Detail"])
    assert (entry["Source"], found["errorCode"]) == (source, code)
    assert found["requestParameters"] == {"bucketName": "b", "key": "k"}


@pytest.mark.parametrize(
    "untold",
    [
        call("ListFunctions"),
        call("GetFunction"),
        call("DescribeEndpoint", "sagemaker"),
        call(error=""),
        call(error="ThrottlingException: slow down"),
    ],
)
def test_reads_and_what_was_not_refused_make_no_event(untold: Exchange) -> None:
    """EventBridge gets management events that write, and data events; other errors are none of ours."""
    assert heard(rule(ASKS), untold) == []


def test_a_call_that_was_never_judged_makes_no_event() -> None:
    """Nobody knows what it was."""
    unjudged = call()
    unjudged.call = None
    assert heard(rule(ASKS), unjudged) == []


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        (ASKS, 1),
        ({"source": ["aws.lambda"]}, 1),  # everything of that service
        ({"detail-type": [{"prefix": "AWS API Call"}]}, 1),
        ({"detail-type": ["Object Created"]}, 0),
        (None, 0),  # a rule with a schedule
        (["no", "object"], 0),
    ],
)
def test_calls_are_told_once_a_rule_may_match_them(pattern: Any, told: int) -> None:
    """Not before it is there, and not for rules that look for something else."""
    assert len(heard(call(), rule(pattern), call())) == told


def test_a_body_that_is_no_rule_changes_nothing() -> None:
    """EventBridge refuses it."""
    broken = rule(ASKS)
    broken.body = b"{"
    assert heard(broken, call()) == []


@pytest.mark.parametrize("answer", [None, FetchReply(403, (), b"no")])
def test_an_event_that_cannot_be_told_is_logged(
    answer: FetchReply | None, caplog: pytest.LogCaptureFixture
) -> None:
    """The call's own answer has been given long before."""
    with caplog.at_level(logging.WARNING):
        heard(rule(ASKS), call(), events=Events(answer))
    assert "refused call" in caplog.text
