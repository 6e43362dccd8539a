"""The guard: callers, needs and policies put together, over policies that are plain values."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from requests_signed import USER, received, signed

from harness import journal
from harness.aws.permission import Held, Mode
from harness.aws.permission import guard as guard_module
from harness.aws.permission.callers import Callers, session_of, user_of
from harness.aws.permission.entrances import Entrances
from harness.aws.permission.foreign import Foreign
from harness.aws.permission.guard import Guard
from harness.aws.permission.judging import Judge
from harness.aws.permission.keys import Key
from harness.aws.permission.reading import Reader
from harness.aws.permission.uses import Uses
from harness.clock import VirtualCalendar
from harness.config import Credentials
from harness.gateway.alike import Alikes
from harness.gateway.chain import Address, Exchange, ReadBody, Reply
from harness.gateway.fetch import Fetcher
from harness.gateway.head import RequestHead, parse_request
from harness.gateway.splice import Pool
from harness.iam import Kind, Policy, Principal, parse

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/trainer"
SESSION = Credentials("ASIASESSION", "secret", "token")
NOON_S = 1_767_268_800.0  # 2026-01-01T12:00:00Z


class Written:
    """Policies that a test writes down; what is not `read` must be learnt first."""

    def __init__(self, *statements: dict[str, Any]) -> None:
        self.revision = 0
        self.read = False
        self.learnt = 0
        self.resource: dict[str, Policy] = {}
        self.write(*statements)

    def write(self, *statements: dict[str, Any]) -> None:
        document = {"Version": "2012-10-17", "Statement": list(statements)}
        self._held = Held((parse(document, Kind.IDENTITY),) if statements else ())
        self.revision += 1

    def held(self, _principal: Principal) -> Held | None:
        return self._held if self.read else None

    def resource_policy(self, arn: str) -> Policy | None:
        return self.resource.get(arn)

    def known(self, _arn: str) -> bool:
        return self.read

    async def learn(self, principal: Principal | None, resources: Sequence[str]) -> None:
        self.read = True
        self.learnt += 1

    async def managed(self, _arn: str) -> None: ...

    async def scps(self) -> None: ...

    async def rcps(self) -> None: ...

    def heard(self, exchange: Exchange) -> None: ...


class Bench:
    """A guard over *policies*, what it journals, and its answers."""

    def __init__(self, policies: Written, mode: Mode = Mode.ENFORCE) -> None:
        self.records: list[journal.Record] = []
        self.findings: list[tuple[str, str, str]] = []
        callers = self.callers = Callers(ACCOUNT)
        user = user_of(f"arn:aws:iam::{ACCOUNT}:user/ann", ACCOUNT, "ann")
        callers.add(Key(USER.access_key, user, USER.secret_key))
        session = session_of(ROLE, "program-0", "AROA1:program-0")
        callers.add(Key(SESSION.access_key, session, SESSION.secret_key, SESSION.session_token or ""))

        def route(_service: str) -> Address:
            return Address("gone", "127.0.0.1", 1)

        fetcher = Fetcher(Pool())
        self.uses = Uses(self.records.append, self._find, enforced=mode is Mode.ENFORCE)
        entrances = Entrances(fetcher, route, "eu-west-1")
        calendar = VirtualCalendar(NOON_S)
        judge = Judge(policies, self.uses, calendar, entrances.of, ACCOUNT)
        self.guard = Guard(
            mode,
            callers,
            Foreign(fetcher, route, "eu-west-1"),
            judge,
            Reader(),
            self.uses,
            entrances,
            calendar,
            lambda _key: None,
            region="eu-west-1",
            account=ACCOUNT,
        )

    def _find(self, rule: str, severity: str, resource: str, message: str, _source: str) -> None:
        self.findings.append((rule, severity, resource))

    def ask(self, exchange: Exchange) -> Reply | None:
        """Return the refusal of *exchange*, None where it may pass."""

        async def asked() -> Reply | None:
            outcome: Any = self.guard.handle(exchange)
            while outcome is not None and not isinstance(outcome, Reply):
                outcome = outcome.then(exchange) if isinstance(outcome, ReadBody) else await outcome
            return outcome

        return asyncio.run(asked())

    @property
    def used(self) -> list[tuple[str, str]]:
        return [
            (each.action, each.verdict) for each in self.records if isinstance(each, journal.PermissionUsed)
        ]


def allow(*actions: str, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"} | more


def invocation(who: Credentials = USER, endpoint: str = "ranker") -> Exchange:
    return signed("sagemaker", "POST", f"/endpoints/{endpoint}/invocations", who=who, body=b"1")


def test_the_hot_path_asks_the_policies_once() -> None:
    """The second call is answered from memory, and counted."""
    policies = Written(allow("sagemaker:InvokeEndpoint"))
    bench = Bench(policies)
    for _ in range(3):
        assert bench.ask(invocation()) is None
    assert policies.learnt == 1
    assert bench.used == [("sagemaker:InvokeEndpoint", "Allowed")]
    bench.uses.conclude(9.0)
    totals = [each.calls for each in bench.records if isinstance(each, journal.PermissionTotal)]
    assert totals == [3]


def test_memory_ends_with_the_revision() -> None:
    """A changed policy counts for the next call, both ways."""
    policies = Written()
    bench = Bench(policies)
    assert bench.ask(invocation()) is not None
    policies.write(allow("sagemaker:*"))
    assert bench.ask(invocation()) is None
    policies.write()
    refusal = bench.ask(invocation())
    assert refusal is not None
    assert b"no identity-based policy allows the sagemaker:InvokeEndpoint action" in refusal.body


def on(connection: Alikes[RequestHead], exchange: Exchange) -> Exchange:
    """Return *exchange* as one that came in on *connection*."""
    head = exchange.head
    exchange.alike = connection.find(head, len(head)) or connection.learn(head, parse_request(head))
    return exchange


def test_what_a_connection_remembers_is_judged_as_the_first_was() -> None:
    """Calls that the connection knows pass by memory, each by its own signature, until a policy changes."""
    policies = Written(allow("sagemaker:InvokeEndpoint"))
    bench, connection = Bench(policies), Alikes[RequestHead]()
    for _ in range(5):
        assert bench.ask(on(connection, invocation())) is None
    known = on(connection, invocation())
    assert known.alike is connection.last is not None
    assert known.alike.memo is not None
    wrong = on(connection, invocation(Credentials(USER.access_key, "wrong")))
    assert wrong.alike is known.alike
    refusal = bench.ask(wrong)
    assert refusal is not None
    assert dict(refusal.headers)["x-amzn-ErrorType"] == "InvalidSignatureException"
    policies.write()
    assert bench.ask(on(connection, invocation())) is not None


def test_an_unknown_secret_needs_no_body_once_it_is_known() -> None:
    """Of a key whose secret nobody told a call like one before is judged by its head, whatever its length."""
    policies = Written(allow("sagemaker:InvokeEndpoint"))
    bench, connection = Bench(policies), Alikes[RequestHead]()
    key = bench.callers.of(USER.access_key)
    assert key is not None
    bench.callers.add(Key(USER.access_key, key.caller, None))
    for _ in range(5):
        assert bench.ask(on(connection, invocation())) is None
    again = on(connection, invocation())
    assert bench.guard.handle(again) is None
    assert again.judged


def test_what_depends_on_the_moment_is_asked_each_time() -> None:
    """aws:CurrentTime is the model's calendar: allowed before one, not after."""
    early = {"DateLessThan": {"aws:CurrentTime": "2026-01-01T13:00:00Z"}}
    bench = Bench(Written(allow("sagemaker:InvokeEndpoint", Condition=early)))
    first, later = invocation(), invocation()
    later.received_at = 3601.0
    assert bench.ask(first) is None
    assert bench.ask(later) is not None


def test_who_signs_with_another_secret_is_refused_before_any_policy() -> None:
    """And nothing is journalled as used."""
    bench = Bench(Written(allow("*")))
    wrong = Credentials(USER.access_key, "wrong")
    refusal = bench.ask(invocation(wrong))
    assert refusal is not None
    assert dict(refusal.headers)["x-amzn-ErrorType"] == "InvalidSignatureException"
    assert bench.used == []


def test_the_first_denied_need_decides() -> None:
    """CreateModel is allowed, passing the role is not."""
    bench = Bench(Written(allow("sagemaker:CreateModel")))
    body = b'{"ModelName": "m", "ExecutionRoleArn": "%b"}' % ROLE.encode()
    headers = {"X-Amz-Target": "SageMaker.CreateModel", "Content-Type": "application/x-amz-json-1.1"}
    refusal = bench.ask(signed("sagemaker", "POST", "/", body=body, headers=headers, who=SESSION))
    assert refusal is not None
    assert bench.used == [("sagemaker:CreateModel", "Allowed"), ("iam:PassRole", "ImplicitlyDenied")]
    assert bench.findings == [("iam-denied", "error", ROLE)]


def test_observing_refuses_nothing_and_keeps_everything() -> None:
    """What would have been refused is journalled as not enforced."""
    bench = Bench(Written(), Mode.OBSERVE)
    assert bench.ask(invocation(SESSION)) is None
    (seen,) = [each for each in bench.records if isinstance(each, journal.PermissionUsed)]
    assert (seen.verdict, seen.enforced, seen.role) == ("ImplicitlyDenied", False, ROLE)


def test_what_nobody_mapped_is_refused_and_told_once() -> None:
    """It is a finding of its own."""
    bench = Bench(Written(allow("*")))
    headers = {"X-Amz-Target": "SageMaker.Nonsense", "Content-Type": "application/x-amz-json-1.1"}
    for _ in range(2):
        refusal = bench.ask(signed("sagemaker", "POST", "/", body=b"{}", headers=headers))
        assert refusal is not None
        assert refusal.status == 400
    assert bench.used == [("sagemaker:Nonsense", "NotCovered")]
    assert [rule for rule, *_ in bench.findings] == ["iam-not-covered"]


def test_root_is_not_limited_and_not_journalled() -> None:
    """No policy of its own says what it may."""
    bench = Bench(Written())
    assert bench.ask(invocation(Credentials())) is None
    assert bench.records == []


def test_an_unsigned_call_is_anonymous_for_s3_and_refused_elsewhere() -> None:
    """A bucket's policy may let everybody in."""
    policies = Written()
    public = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::open/*",
    }
    policies.resource["arn:aws:s3:::open/k"] = parse({"Version": "2012-10-17", "Statement": public})
    bench = Bench(policies)
    assert bench.ask(received("GET", "http://x/open/k", {})) is None
    refusal = bench.ask(received("GET", "http://x/shut/k", {}))
    assert refusal is not None
    assert b"<Code>AccessDenied</Code>" in refusal.body
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    unsigned = bench.ask(received("POST", "http://x/", form, b"Action=GetCallerIdentity&Version=2011-06-15"))
    assert unsigned is not None
    assert b"MissingAuthenticationToken" in unsigned.body


def test_an_unsigned_call_of_an_api_is_for_the_emulator_to_judge() -> None:
    """Whether a route asks for IAM is known there: the call goes on, and is not said to have been judged."""
    bench = Bench(Written())
    call = received("POST", "http://x/_aws/execute-api/abc/$default/predict", {}, b"{}")
    assert bench.ask(call) is None
    assert (call.service, call.judged) == ("execute-api", False)


@pytest.mark.parametrize("header", ["X-Amz-Tagging: a=b", "X-Amz-Acl: public-read", "If-None-Match: *"])
def test_an_object_with_more_than_its_bytes_is_not_answered_from_the_plain_ones_memory(header: str) -> None:
    """Tags, grants and conditions of a write may need more, or other, permissions."""
    bench = Bench(Written(allow("s3:PutObject", Resource="arn:aws:s3:::b/k")))
    plain = signed("s3", "PUT", "/b/k", body=b"x")
    assert bench.ask(plain) is None
    name, _, value = header.partition(": ")
    more = signed("s3", "PUT", "/b/k", body=b"x", headers={name: value})
    added = Exchange.from_head(plain.head[:-2] + header.encode() + b"\r\n\r\n", body=b"x")
    added.access_key, added.service = plain.access_key, plain.service
    assert bench.guard._head(plain) is not None
    assert bench.guard._head(added) is None
    assert bench.guard._head(more) is None


def test_the_gateways_own_paths_are_not_calls() -> None:
    """Webhooks are posted to without a signature."""
    assert Bench(Written()).ask(received("POST", "http://x/_harness/webhooks/a", {})) is None


class Changing(Written):
    """Policies of which one is changed by somebody else while another is read."""

    async def learn(self, principal: Principal | None, resources: Sequence[str]) -> None:
        await super().learn(principal, resources)
        if self.learnt == 2:
            self.write()


def test_a_change_while_something_is_read_ends_all_that_was_decided() -> None:
    """Also what was decided before the reading began: the next call of the first kind is refused."""
    policies = Changing(allow("sagemaker:InvokeEndpoint", "s3:GetObject"))
    bench = Bench(policies)
    assert bench.ask(invocation()) is None
    policies.read = False
    assert bench.ask(signed("s3", "GET", "/bucket/key")) is not None
    assert bench.ask(invocation()) is not None


def test_a_client_cannot_say_that_it_was_judged() -> None:
    """The header is the gateway's own."""
    bench = Bench(Written(allow("sqs:*")))
    sent = signed("sqs", "POST", "/", headers={"X-Harness-Judged": "password"})
    reply = bench.ask(sent)
    assert reply is not None
    assert reply.status == 400
    assert not sent.judged


def test_who_deletes_many_objects_is_asked_for_each_of_them() -> None:
    """The head of DeleteObjects tells nothing: its body does, of every request anew."""
    bench = Bench(Written(allow("s3:DeleteObject", Resource="arn:aws:s3:::mine/own")))

    def delete(key: str) -> Reply | None:
        body = f"<Delete><Object><Key>{key}</Key></Object></Delete>".encode()
        return bench.ask(signed("s3", "POST", "/mine?delete", body=body))

    answers = [delete("own"), delete("own"), delete("his"), delete("own")]
    assert [answer is None for answer in answers] == [True, True, False, True]


@pytest.mark.parametrize("keys", [1, 7])
def test_what_is_kept_of_heads_has_a_bound(monkeypatch: pytest.MonkeyPatch, keys: int) -> None:
    """Also of heads whose needs are known: many ways to write one object, as many clients have."""
    monkeypatch.setattr(guard_module, "KEPT", 5)
    bench = Bench(Written(allow("s3:GetObject")))
    for number in range(50):
        sent = signed("s3", "GET", f"/b/k{number % keys}?x-id={number}")
        assert bench.ask(sent) is None
    assert len(bench.guard._by_head) <= 5
    assert len(bench.guard._by_needs) <= 5
