"""The policy store: read once, kept until a call changes it, never half old and half new."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from fake_iam import ROLE, SESSION, FakeIam, allowing, call, store_over

from harness.aws.permission.store import PolicyStore
from harness.errors import BackendError
from harness.gateway.fetch import FetchReply
from harness.iam import Policy, Principal

PUT = call("iam", "POST", body=b"Action=PutRolePolicy&RoleName=worker&PolicyName=a&PolicyDocument=x")
QUEUE = "arn:aws:sqs:us-east-1:123456789012:jobs"


def run(work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
    """Return what *work* comes to."""
    return asyncio.run(work())


def actions(policies: tuple[Policy, ...]) -> list[str]:
    """Return the actions in *policies*."""
    return [each.text for policy in policies for one in policy.statements for each in one.actions]


async def held(store: PolicyStore) -> list[str]:
    """Return the actions that the role holds, read where it is not known."""
    await store.learn(SESSION, [])
    found = store.held(SESSION)
    assert found is not None
    return actions(found.identity)


def test_a_role_is_read_once() -> None:
    """What was read is not read again, however many ask, also at once."""
    backend = FakeIam(a=allowing("s3:GetObject"))
    store = store_over(backend)

    async def ask() -> None:
        assert store.held(SESSION) is None
        await asyncio.gather(*(held(store) for _ in range(5)))
        await held(store)

    run(ask)
    assert backend.asked.count("GetRole") == 1
    assert len(backend.asked) == 5


def test_a_change_is_followed_at_once() -> None:
    """After a call that changed the role, the next look reads it anew."""
    backend = FakeIam(a=allowing("s3:GetObject"))
    store = store_over(backend)

    async def change() -> tuple[list[str], bool, list[str]]:
        before = await held(store)
        backend.inline["a"] = allowing("s3:PutObject")
        store.heard(PUT)
        return before, store.held(SESSION) is None, await held(store)

    assert run(change) == (["s3:GetObject"], True, ["s3:PutObject"])
    assert store.revision == 1


def test_a_read_that_overlaps_a_change_is_made_again() -> None:
    """What was fetched before a change that is heard of before it is kept, is thrown away."""
    backend = FakeIam(a=allowing("s3:GetObject"))
    store = store_over(backend)

    def meanwhile() -> None:
        backend.inline["a"] = allowing("s3:PutObject")
        store.heard(PUT)

    backend.meanwhile = meanwhile
    assert run(lambda: held(store)) == ["s3:PutObject"]
    assert backend.asked.count("GetRole") == 2


def test_a_role_that_never_rests_is_an_error() -> None:
    """Reading ends with a sentence when every read is overtaken by a change."""
    backend = FakeIam(a=allowing("s3:GetObject"))
    store = store_over(backend)

    def again() -> None:
        store.heard(PUT)
        backend.meanwhile = again

    backend.meanwhile = again
    with pytest.raises(BackendError, match="role worker 123456789012 changed 10 times"):
        run(lambda: held(store))


def test_a_reader_that_goes_away_takes_nothing_from_others() -> None:
    """A client that hangs up while the policies are read does not end the read for another."""
    store = store_over(FakeIam(a=allowing("s3:GetObject")))

    async def two() -> list[str]:
        first = asyncio.ensure_future(held(store))
        second = asyncio.ensure_future(held(store))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    assert run(two) == ["s3:GetObject"]


def test_a_role_that_is_not_there_holds_nothing() -> None:
    """It is known to be absent, and its trust policy is none."""
    store = store_over(FakeIam())
    arn = ROLE.replace("worker", "nobody")
    nobody = Principal("aws", arn, "123456789012", arn)

    async def look() -> Any:
        await store.learn(nobody, [arn])
        return store.held(nobody), store.known(arn), store.resource_policy(arn)

    found, known, trust = run(look)
    assert (found.exists, found.identity, known, trust) == (False, (), True, None)


def test_a_malformed_policy_is_held_as_nothing_and_told_once() -> None:
    """It neither allows nor denies nor raises; the finding names it."""
    told: list[tuple[str, str]] = []
    store = store_over(FakeIam(a="{", b=allowing("s3:GetObject")), told)

    async def twice() -> list[str]:
        await held(store)
        store.forget()
        return await held(store)

    assert run(twice) == ["s3:GetObject"]
    assert told == [("policy-malformed", "a")]


def test_principals_without_policies_need_no_reading() -> None:
    """A service, an anonymous caller and the account's root hold nothing; a lost session does not exist."""
    backend = FakeIam()
    store = store_over(backend)
    service, root = Principal.service("sns.amazonaws.com"), Principal("aws", "arn:aws:iam::1:root", "1")
    lost = Principal("aws", "arn:aws:sts::1:assumed-role/x/y", "1")

    found = [store.held(each) for each in (service, root, Principal("anonymous"), lost)]

    assert [each.exists for each in found if each is not None] == [True, True, True, False]
    assert backend.asked == []


def test_a_resource_of_another_kind_is_known_to_have_no_policy() -> None:
    """Instances and wildcards are not asked for."""
    store = store_over(FakeIam())
    arns = ["arn:aws:ec2:us-east-1:1:instance/i-1", "*", "arn:aws:sqs:us-east-1:1:*", ""]

    assert [(store.known(arn), store.resource_policy(arn)) for arn in arns] == [(True, None)] * 4


def _queue_answer(status: int, policy: str = "") -> FetchReply:
    value = (
        {"Attributes": {"QueueArn": QUEUE, "Policy": policy}} if status == 200 else {"__type": "AccessDenied"}
    )
    return FetchReply(status, (), json.dumps(value).encode())


def test_a_queue_is_forgotten_when_its_attributes_are_set() -> None:
    """And not when a message is sent to it."""
    backend = FakeIam()
    backend.resources["AmazonSQS.GetQueueAttributes"] = _queue_answer(200)
    store = store_over(backend)
    body = json.dumps({"QueueUrl": "http://x/123456789012/jobs"}).encode()
    json_head = "X-Amz-Target: AmazonSQS.X\r\n"

    async def look() -> list[bool]:
        await store.learn(None, [QUEUE])
        seen = [store.known(QUEUE)]
        store.heard(call("sqs", "SendMessage", body=body, head=json_head))
        seen.append(store.known(QUEUE))
        store.heard(call("sqs", "SetQueueAttributes", body=body, head=json_head))
        return [*seen, store.known(QUEUE)]

    assert run(look) == [True, True, False]


def test_a_policy_that_not_even_root_may_read_denies_everybody() -> None:
    """Unless the gateway saw it being written: then it is that one."""
    told: list[tuple[str, str]] = []
    backend = FakeIam()
    backend.resources["AmazonSQS.GetQueueAttributes"] = _queue_answer(403)
    store = store_over(backend, told)
    deny = {"Sid": "Mine", "Effect": "Deny", "Principal": "*", "Action": "sqs:*", "Resource": QUEUE}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [deny]})
    body = json.dumps({"QueueUrl": "http://x/1/jobs", "Attributes": {"Policy": policy}}).encode()

    async def look() -> list[str]:
        seen = []
        for _ in range(2):
            await store.learn(None, [QUEUE])
            found = store.resource_policy(QUEUE)
            assert found is not None
            seen += [each.sid for each in found.statements]
            store.heard(call("sqs", "SetQueueAttributes", body=body, head="X-Amz-Target: AmazonSQS.X\r\n"))
        return seen

    assert run(look) == ["PolicyThatNobodyMayRead", "Mine"]
    assert told == [("policy-unreadable", QUEUE)]


def test_an_emulator_in_trouble_is_an_error() -> None:
    """A 500 says neither that there is a policy nor that there is none."""
    backend = FakeIam()
    backend.resources["AmazonSQS.GetQueueAttributes"] = FetchReply(500, (), b"boom")
    store = store_over(backend)

    with pytest.raises(BackendError, match="sqs:GetQueueAttributes gave 500"):
        run(lambda: store.learn(None, [QUEUE]))


def test_while_a_stack_moves_everything_is_read_again() -> None:
    """A stack makes roles after its call was answered: nothing read before it rests is kept for long."""
    backend = FakeIam(a=allowing("s3:GetObject"))
    statuses = ["CREATE_IN_PROGRESS", "CREATE_COMPLETE"]
    store = store_over(backend)

    async def follow() -> tuple[list[str], int]:
        await held(store)
        backend.resources["DescribeStacks"] = FetchReply(200, (), statuses.pop(0).encode())
        store.heard(call("cloudformation", "POST", body=b"Action=CreateStack&StackName=x"))
        await held(store)
        backend.resources["DescribeStacks"] = FetchReply(200, (), statuses.pop(0).encode())
        while store.stacks_move:
            await asyncio.sleep(0.01)
        backend.inline["a"] = allowing("s3:PutObject")
        asked = len(backend.asked)
        store.heard(call("cloudformation", "POST", body=b"Action=DescribeStacks"))
        await held(store)
        return await held(store), asked

    assert run(follow)[0] == ["s3:PutObject"]
    assert store.held(SESSION) is not None


def test_looking_at_stacks_that_rest_forgets_nothing() -> None:
    """Clients that poll cost no reading once nothing moves."""
    store = store_over(FakeIam(a=allowing("s3:GetObject")))

    async def look() -> bool:
        await held(store)
        store.heard(call("cloudformation", "POST", body=b"Action=DescribeStacks"))
        return store.held(SESSION) is not None

    assert run(look)
