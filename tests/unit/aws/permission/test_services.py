"""What AWS's services may: assume the roles that trust them, invoke the functions that let them in."""

import asyncio
import json
from typing import Any

import pytest
from fake_iam import ACCOUNT, ROLE, FakeIam

from harness import journal
from harness.aws.permission import Mode
from harness.aws.permission.off import NoPermission
from harness.aws.permission.part import Permission
from harness.clock import Clock
from harness.config import Credentials
from harness.errors import BackendError
from harness.gateway.chain import Address, Exchange
from harness.gateway.fetch import FetchReply
from harness.iam import Authorization
from harness.refusal import Refusal

FUNCTION = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:rank"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:orders"
LAMBDA, SNS = "lambda.amazonaws.com", "sns.amazonaws.com"
OPENED = FetchReply(
    200,
    (),
    b"<R><Credentials><AccessKeyId>ASIANEW</AccessKeyId><SecretAccessKey>s</SecretAccessKey>"
    b"<SessionToken>t</SessionToken></Credentials><AssumedRoleId>AROA1:rank</AssumedRoleId></R>",
)


class Bench:
    """`Permission` over a backend with the role `worker`, and what it journals."""

    def __init__(self, mode: Mode = Mode.ENFORCE, password: str = "") -> None:
        self.backend = FakeIam()
        self.backend.resources["AssumeRole"] = OPENED
        self.records: list[journal.Record] = []
        at = Address("fake", "127.0.0.1", 1, password)
        backend: Any = self.backend  # it has of Fetcher what is asked here
        self.permission: Permission | NoPermission
        if mode is Mode.OFF:
            self.permission = NoPermission(
                Clock(), backend, lambda _: at, region="us-east-1", account=ACCOUNT
            )
            return
        self.permission = Permission(
            mode,
            Clock(),
            self.records.append,
            backend,
            lambda _: at,
            lambda *_: None,
            region="us-east-1",
            account=ACCOUNT,
            wanted=lambda _: False,
        )

    def trust(self, *statements: dict[str, Any]) -> None:
        policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        inside = f"<Arn>{ROLE}</Arn><RoleId>AROA1</RoleId><AssumeRolePolicyDocument>{policy}"
        body = f"<X><GetRoleResult><Role>{inside}</AssumeRolePolicyDocument></Role></GetRoleResult></X>"
        self.backend.resources["GetRole"] = FetchReply(200, (), body.encode())

    def policy_of_function(self, *statements: dict[str, Any]) -> None:
        policy = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        answer = FetchReply(200, (), json.dumps({"Policy": policy}).encode())
        self.backend.resources["/2015-03-31/functions/rank/policy"] = answer

    def credentials(self, role: str = ROLE, service: str = LAMBDA, **more: str) -> Credentials | Refusal:
        return asyncio.run(self.permission.credentials_for(role, service, "rank", **more))

    def may_invoke(self, service: str = SNS, source: str = TOPIC) -> Authorization | None:
        return asyncio.run(self.permission.may_invoke(service, source, FUNCTION))

    @property
    def used(self) -> list[tuple[str, str, str, str]]:
        kept = [each for each in self.records if isinstance(each, journal.PermissionUsed)]
        return [(each.principal, each.action, each.resource, each.verdict) for each in kept]


def trusting(service: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole", **more}


def letting_in(service: str, **more: Any) -> dict[str, Any]:
    return {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "lambda:InvokeFunction",
        "Resource": FUNCTION,
        **more,
    }


def test_a_trusted_service_gets_a_session_that_the_gateway_knows() -> None:
    """Its key stands for the role's session, never expires, and its use is journalled."""
    bench = Bench()
    bench.trust(trusting(LAMBDA))
    assert bench.credentials(source_arn=FUNCTION) == Credentials("ASIANEW", "s", "t")
    assert isinstance(bench.permission, Permission)
    key = bench.permission.callers.of("ASIANEW")
    assert key is not None
    session = f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/rank"
    assert (key.caller.name, key.caller.role, key.caller.user_id) == (session, ROLE, "AROA1:rank")
    assert (key.secret, key.token, key.expires_at) == ("s", "t", float("inf"))
    assert key.caller.function_arn == FUNCTION
    assert bench.used == [(LAMBDA, "sts:AssumeRole", ROLE, "Allowed")]


@pytest.mark.parametrize(
    ("service", "code", "words"),
    [
        (LAMBDA, "InvalidParameterValueException", "cannot be assumed by Lambda"),
        ("sagemaker.amazonaws.com", "ValidationException", f"Could not assume role {ROLE}"),
        ("states.amazonaws.com", "AccessDenied", "because no role trust policy allows the sts:AssumeRole"),
    ],
)
def test_a_role_that_does_not_trust_the_service_is_refused_in_its_words(
    service: str, code: str, words: str
) -> None:
    """No session is opened for it."""
    bench = Bench()
    bench.trust(trusting("ec2.amazonaws.com"))
    refusal = bench.credentials(service=service)
    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    assert words in refusal.message
    assert "AssumeRole" not in bench.backend.asked


def test_a_role_that_is_not_there_may_not_be_assumed() -> None:
    """Lambda says no more of it than of one that does not trust it."""
    refusal = Bench().credentials(f"arn:aws:iam::{ACCOUNT}:role/absent")
    assert isinstance(refusal, Refusal)
    assert refusal.code == "InvalidParameterValueException"


def test_a_trust_policy_may_ask_for_the_function() -> None:
    """aws:SourceArn is the function's, aws:SourceAccount its account."""
    bench = Bench()
    only = {"StringEquals": {"aws:SourceArn": FUNCTION, "aws:SourceAccount": ACCOUNT}}
    bench.trust(trusting(LAMBDA, Condition=only))
    assert isinstance(bench.credentials(), Refusal)
    assert isinstance(bench.credentials(source_arn=FUNCTION), Credentials)


def test_who_only_observes_gives_the_role_out_and_notes_it() -> None:
    """The verdict in the journal is the true one."""
    bench = Bench(Mode.OBSERVE)
    bench.trust(trusting("ec2.amazonaws.com"))
    assert isinstance(bench.credentials(), Credentials)
    assert bench.used == [(LAMBDA, "sts:AssumeRole", ROLE, "ImplicitlyDenied")]


def test_a_backend_that_opens_no_session_is_named() -> None:
    """The sentence has the call, what came back and the way out."""
    bench = Bench()
    bench.trust(trusting(LAMBDA))
    bench.backend.resources["AssumeRole"] = FetchReply(500, (), b"<R><Code>InternalFailure</Code></R>")
    with pytest.raises(BackendError, match="AssumeRole gave 500") as error:
        bench.credentials()
    assert error.value.code == "InternalFailure"


def test_a_function_lets_in_whom_its_policy_names_for_that_source_alone() -> None:
    """AddPermission with SourceArn: another topic's messages do not come in, nor another service's."""
    bench = Bench()
    bench.policy_of_function(letting_in(SNS, Condition={"ArnLike": {"AWS:SourceArn": TOPIC}}))
    answers = [bench.may_invoke(), bench.may_invoke(source=TOPIC + "2"), bench.may_invoke("s3.amazonaws.com")]
    assert [each is not None and each.allowed for each in answers] == [True, False, False]
    assert answers[1] is not None
    assert answers[1].reason == "because no resource-based policy allows the lambda:InvokeFunction action"


def test_a_bucket_is_the_accounts_own() -> None:
    """Its ARN names no account: aws:SourceAccount is this one."""
    bench = Bench()
    own = {"StringEquals": {"aws:SourceAccount": ACCOUNT}}
    bench.policy_of_function(letting_in("s3.amazonaws.com", Condition=own))
    answer = bench.may_invoke("s3.amazonaws.com", "arn:aws:s3:::uploads")
    assert answer is not None
    assert answer.allowed


def test_a_changed_policy_counts_for_the_next_invocation() -> None:
    """What was read is forgotten with the change, and time is a condition like any other."""
    bench = Bench()
    bench.policy_of_function(letting_in(SNS))
    first = bench.may_invoke()
    bench.policy_of_function(
        letting_in(SNS, Condition={"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}})
    )
    assert isinstance(bench.permission, Permission)
    bench.permission.policies.forget()
    second = bench.may_invoke()
    assert [each is not None and each.allowed for each in (first, second)] == [True, False]


def test_without_enforcement_credentials_work_and_nobody_judges() -> None:
    """The role's trust is not asked for; calls go on as judged, and the backend opens the session."""
    bench = Bench(Mode.OFF, "password")
    exchange = Exchange.from_head(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    assert bench.permission.first[0](exchange) is None
    assert exchange.judged
    assert bench.credentials() == Credentials("ASIANEW", "s", "t")
    assert bench.may_invoke() is None
    assert bench.backend.asked == ["AssumeRole"]


def test_nor_can_a_client_say_so_where_nobody_judges() -> None:
    """It is refused, and not sent on with two headers of that name."""
    exchange = Exchange.from_head(b"GET / HTTP/1.1\r\nHost: x\r\nx-harness-judged: me\r\n\r\n")
    reply: Any = Bench(Mode.OFF).permission.first[0](exchange)
    assert reply.status == 400
    assert not exchange.judged
