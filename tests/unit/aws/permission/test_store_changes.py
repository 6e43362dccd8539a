"""Which calls change policies, and which of them are forgotten."""

import json

import pytest
from fake_iam import call
from hypothesis import given
from hypothesis import strategies as some

from harness.aws.permission.store.changes import EVERYTHING, IDENTITIES, changed
from harness.aws.permission.store.kinds import Key, key_of

AT = "us-east-1:123456789012"
ENDS = ("us-east-1", "123456789012")


@pytest.mark.parametrize(
    ("form", "changes"),
    [
        ("Action=PutRolePolicy&RoleName=a", (("role", "a"),)),
        ("Action=AttachRolePolicy&RoleName=a&PolicyArn=p", (("role", "a"),)),
        ("Action=UpdateAssumeRolePolicy&RoleName=a", (("role", "a"),)),
        ("Action=PutUserPolicy&UserName=u", (("user", "u"),)),
        ("Action=UpdateUser&UserName=u&NewUserName=v", (("user", "u"), ("user", "v"))),
        ("Action=AddUserToGroup&UserName=u&GroupName=g", (("user", "u"),)),
        ("Action=PutGroupPolicy&GroupName=g", (("user",), ("group", "g"))),
        ("Action=SetDefaultPolicyVersion&PolicyArn=p&VersionId=v2", (("managed", "p"), *IDENTITIES)),
        ("Action=CreatePolicyVersion&PolicyArn=p", (("managed", "p"), *IDENTITIES)),
        ("Action=CreatePolicy&PolicyName=p", (("managed",), *IDENTITIES)),
        ("Action=GetRole&RoleName=a", ()),
        ("Action=ListRoles", ()),
        ("Action=CreateInstanceProfile&InstanceProfileName=x", ()),
        ("Action=SomethingNew", (*IDENTITIES, ("managed",))),
        ("", (*IDENTITIES, ("managed",))),
    ],
)
def test_calls_of_iam(form: str, changes: tuple[Key, ...]) -> None:
    """A call changes whom it names; one that names nobody and is not known changes all."""
    assert changed(call("iam", "POST", body=form.encode())) == changes


@pytest.mark.parametrize(
    ("method", "target", "changes"),
    [
        ("PUT", "/data?policy", (("s3", "data"),)),
        ("DELETE", "/data?policy", (("s3", "data"),)),
        ("PUT", "/data?publicAccessBlock", (("s3", "data"),)),
        ("PUT", "/data", (("s3", "data"),)),
        ("DELETE", "/data/", (("s3", "data"),)),
        ("PUT", "/?policy", (("s3",),)),
        ("PUT", "/data/key", ()),
        ("PUT", "/data?tagging", ()),
        ("GET", "/data?policy", ()),
        ("POST", "/data?delete", ()),
        ("PUT", "/v20180820/configuration/publicAccessBlock", (("s3",),)),
    ],
)
def test_calls_of_s3(method: str, target: str, changes: tuple[Key, ...]) -> None:
    """The policy of a bucket changes with it and with its making and end, not with its objects."""
    assert changed(call("s3", method, method=method, target=target)) == changes


@pytest.mark.parametrize(
    ("method", "path", "changes"),
    [
        ("POST", "/2015-03-31/functions/f/policy", (("lambda", "f"),)),
        ("DELETE", "/2015-03-31/functions/f/policy/s", (("lambda", "f"),)),
        ("DELETE", "/2015-03-31/functions/f", (("lambda", "f"),)),
        ("POST", "/2015-03-31/functions/f/aliases", (("lambda", "f"),)),
        ("POST", "/2015-03-31/functions", (("lambda",),)),
        (
            "POST",
            "/2015-03-31/functions/arn%3Aaws%3Alambda%3Aus-east-1%3A1%3Afunction%3Af/policy",
            (("lambda", "f"),),
        ),
        ("POST", "/2015-03-31/functions/f/invocations", ()),
        ("GET", "/2015-03-31/functions/f/policy", ()),
    ],
)
def test_calls_of_lambda(method: str, path: str, changes: tuple[Key, ...]) -> None:
    """Permissions, aliases and functions themselves; an invocation changes nothing."""
    assert changed(call("lambda", method, method=method, target=path)) == changes


def test_calls_of_sqs_in_both_protocols() -> None:
    """The queue is known by its URL or its name; a call that cannot be read changes all queues."""
    url = "http://127.0.0.1:1/123456789012/jobs"
    head = "X-Amz-Target: AmazonSQS.SetQueueAttributes\r\n"
    as_json = call("sqs", "SetQueueAttributes", body=json.dumps({"QueueUrl": url}).encode(), head=head)
    as_form = call("sqs", "SetQueueAttributes", body=f"Action=SetQueueAttributes&QueueUrl={url}".encode())
    named = call("sqs", "CreateQueue", body=b'{"QueueName": "jobs"}', head=head)
    broken = call("sqs", "SetQueueAttributes", body=b"{", head=head)

    assert [changed(each) for each in (as_json, as_form, named)] == [(("sqs", "jobs"),)] * 3
    assert changed(broken) == (("sqs",),)
    assert changed(call("sqs", "SendMessage")) == ()


@pytest.mark.parametrize(
    ("service", "operation", "changes"),
    [
        ("kms", "PutKeyPolicy", (("kms",),)),
        ("kms", "Decrypt", ()),
        ("secretsmanager", "PutResourcePolicy", (("secretsmanager",),)),
        ("events", "PutEvents", ()),
        ("dynamodb", "PutItem", ()),
        ("organizations", "AttachPolicy", (("scp",), ("rcp",))),
        ("organizations", "ListRoots", ()),
        ("ec2", "RunInstances", ()),
        ("cloudformation", "CreateStack", EVERYTHING),
    ],
)
def test_calls_of_others(service: str, operation: str, changes: tuple[Key, ...]) -> None:
    """By the name of the operation; a stack may change everything."""
    assert changed(call(service, operation)) == changes


def test_a_refused_call_changed_nothing() -> None:
    """A 4xx was not carried out; of a 500 nobody knows."""
    form = b"Action=PutRolePolicy&RoleName=a"

    assert changed(call("iam", "POST", body=form, status=403)) == ()
    assert changed(call("iam", "POST", body=form, status=500)) == (("role", "a"),)


SERVICES = ["iam", "sqs", "sns", "s3", "lambda", "kms", "cloudformation", "organizations", "apigateway"]


@given(
    some.sampled_from(SERVICES),
    some.sampled_from(["POST", "PUT", "SetQueueAttributes", "PutKeyPolicy", ""]),
    some.binary(max_size=40),
    some.text("/ab?=&%[", max_size=20),
)
def test_no_call_can_stop_the_recorder(service: str, operation: str, body: bytes, path: str) -> None:
    """Whatever a client sends is understood or changes more than it did; nothing is raised."""
    exchange = call(service, operation, body=body, method="PUT", target=f"/{path}")

    assert all(isinstance(each, tuple) for each in changed(exchange))


@pytest.mark.parametrize(
    ("arn", "key"),
    [
        (f"arn:aws:sqs:{AT}:jobs", ("sqs", "jobs", *ENDS)),
        (f"arn:aws:sns:{AT}:news:1-2-3", ("sns", "news", *ENDS)),
        ("arn:aws:s3:::data", ("s3", "data")),
        ("arn:aws:s3:::data/a/b*?", ("s3", "data")),
        ("arn:aws:s3:::*", None),
        (f"arn:aws:s3:{AT}:accesspoint/x", None),
        (f"arn:aws:lambda:{AT}:function:f", ("lambda", "f", *ENDS, "function", "")),
        (f"arn:aws:lambda:{AT}:function:f:$LATEST", ("lambda", "f", *ENDS, "function", "")),
        (f"arn:aws:lambda:{AT}:function:f:live", ("lambda", "f", *ENDS, "function", "live")),
        (f"arn:aws:lambda:{AT}:event-source-mapping:x", None),
        (f"arn:aws:kms:{AT}:alias/a", ("kms", "alias/a", *ENDS)),
        (f"arn:aws:secretsmanager:{AT}:secret:s-AbCdEf", ("secretsmanager", "s-AbCdEf", *ENDS)),
        (f"arn:aws:dynamodb:{AT}:table/t/index/i", ("dynamodb", "t", *ENDS)),
        (f"arn:aws:dynamodb:{AT}:table/t/stream/2026", ("dynamodb", "t/stream/2026", *ENDS)),
        (f"arn:aws:glue:{AT}:table/db/*", ("glue", "", *ENDS)),
        (f"arn:aws:logs:{AT}:log-group:g:*", ("logs", "", *ENDS)),
        (f"arn:aws:execute-api:{AT}:abc/prod/GET/*", ("apigateway", "abc", *ENDS)),
        ("arn:aws:iam::123456789012:role/path/worker", ("role", "worker", "123456789012")),
        ("arn:aws:iam::123456789012:policy/p", None),
        (f"arn:aws:ec2:{AT}:instance/i-1", None),
        ("*", None),
    ],
)
def test_keys_of_resources(arn: str, key: Key | None) -> None:
    """A thing without a policy of its own has that of what it is in; a pattern names nothing."""
    assert key_of(arn) == key
