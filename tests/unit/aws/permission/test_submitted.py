"""Policies that clients put: what AWS would not take goes no further."""

import asyncio
import json
import re
from collections.abc import Awaitable
from urllib.parse import urlencode

import pytest
from fake_iam import TRUST, FakeIam, allowing, call, store_over

from harness.aws.permission.store.submitted import Submitted, size_of
from harness.gateway.chain import Exchange, ReadBody, Reply

FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
AWS = "arn:aws:iam::aws:policy"


def outcome(submitted: Submitted, exchange: Exchange) -> str:
    """Return the code and message of the refusal, "" where the call goes on."""

    async def ask() -> Reply | None:
        found = submitted.handle(exchange)
        found = found.then(exchange) if isinstance(found, ReadBody) else found
        found = await found if isinstance(found, Awaitable) else found
        assert found is None or isinstance(found, Reply)
        return found

    return exchange.error if asyncio.run(ask()) is not None else ""


def fresh() -> Submitted:
    """Return a handler that has seen nothing yet."""
    return Submitted(store_over(FakeIam()))


def iam(_to: Submitted | None = None, /, **fields: str) -> str:
    """Return what becomes of a call of IAM."""
    exchange = call("iam", "POST", body=urlencode(fields).encode(), head=FORM)
    return outcome(_to or fresh(), exchange)


def role(document: str, name: str = "p", submitted: Submitted | None = None) -> str:
    """Return what becomes of PutRolePolicy."""
    fields = {"Action": "PutRolePolicy", "RoleName": "r", "PolicyName": name, "PolicyDocument": document}
    return iam(submitted, **fields)


def long(characters: int) -> str:
    """Return a policy of so many characters, white space not counted."""
    short = allowing("s3:GetObject")
    return short.replace("s3:GetObject", "s3:GetObject" + "x" * (characters - size_of(short)))


def test_a_sound_policy_goes_on() -> None:
    """And so does what is no policy."""
    assert role(allowing("s3:GetObject")) == ""
    assert iam(Action="CreateRole", RoleName="r", AssumeRolePolicyDocument=TRUST) == ""
    assert iam(Action="ListRoles") == ""


@pytest.mark.parametrize("document", ["{", "[]", allowing("GetObject"), TRUST, '{"Statement": {}}'])
def test_a_malformed_policy_is_refused(document: str) -> None:
    """IAM's code, whatever is wrong; an identity's policy names no principal."""
    assert role(document).startswith("MalformedPolicyDocument: ")


def test_a_malformed_trust_policy_is_refused() -> None:
    """It must name a principal and no resource."""
    document = allowing("sts:AssumeRole")

    said = iam(Action="CreateRole", RoleName="r", AssumeRolePolicyDocument=document)

    assert said.startswith("MalformedPolicyDocument: ")


def test_inline_policies_count_together() -> None:
    """White space apart; one that is put again counts once, one that is deleted no more."""
    submitted = Submitted(store_over(FakeIam()))
    limit = "LimitExceeded: Maximum policy size of 10240 bytes exceeded for role r"

    seen = [role(long(6_000), "a", submitted), role(long(6_000), "b", submitted)]
    seen += [role(long(10_240), "a", submitted), role("   " + long(10_240), "a", submitted)]
    seen += [iam(submitted, Action="DeleteRolePolicy", RoleName="r", PolicyName="a")]
    seen += [role(long(10_241), "b", submitted), role(long(10_240), "b", submitted)]

    assert seen == ["", limit, "", "", "", limit, ""]


def test_a_role_made_anew_begins_with_nothing() -> None:
    """What the deleted one had does not count."""
    submitted = Submitted(store_over(FakeIam()))

    seen = [role(long(6_000), "a", submitted), iam(submitted, Action="DeleteRole", RoleName="r")]

    assert [*seen, role(long(6_000), "b", submitted)] == ["", "", ""]


@pytest.mark.parametrize(("characters", "said"), [(6_144, ""), (6_145, "PolicySize: 6144")])
def test_a_managed_policy_has_a_size(characters: int, said: str) -> None:
    """6,144 characters."""
    found = iam(Action="CreatePolicy", PolicyName="p", PolicyDocument=long(characters))

    assert found.endswith(said)
    assert bool(found) is bool(said)


@pytest.mark.parametrize(
    ("action", "field"),
    [
        ("AttachRolePolicy", "PolicyArn"),
        ("AttachUserPolicy", "PolicyArn"),
        ("CreateUser", "PermissionsBoundary"),
        ("PutRolePermissionsBoundary", "PermissionsBoundary"),
    ],
)
def test_what_is_attached_must_exist(action: str, field: str) -> None:
    """AWS's own policies do, on every backend; a slip does not."""
    assert iam(None, **{"Action": action, field: f"{AWS}/AmazonSageMakerFullAccess"}) == ""
    said = iam(None, **{"Action": action, field: f"{AWS}/AmazonSageMakerFulAccess"})
    assert re.fullmatch(
        r"NoSuchEntity: .*AmazonSageMakerFulAccess does not exist or is not attachable\.", said
    )


def bucket(document: str) -> str:
    """Return what becomes of PutBucketPolicy on the bucket `data`."""
    exchange = call("s3", "PUT", method="PUT", target="/data?policy", body=document.encode())
    return outcome(Submitted(store_over(FakeIam())), exchange)


@pytest.mark.parametrize(
    ("resource", "said"),
    [
        ("arn:aws:s3:::data", ""),
        ("arn:aws:s3:::data/*", ""),
        ("arn:aws:s3:::da*/*", ""),
        ("arn:aws:s3:::data2/*", "MalformedPolicy: Policy has invalid resource"),
        ("arn:aws:s3:::other/data", "MalformedPolicy: Policy has invalid resource"),
    ],
)
def test_a_bucket_policy_is_about_the_bucket(resource: str, said: str) -> None:
    """S3 refuses one about another."""
    statement = {"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": resource}

    assert bucket(json.dumps({"Version": "2012-10-17", "Statement": [statement]})) == said


def test_a_malformed_bucket_policy_is_refused() -> None:
    """In S3's words."""
    first_byte = "MalformedPolicy: Policies must be valid JSON and the first byte must be '{'"

    assert bucket("x") == first_byte
    assert bucket("{").startswith("MalformedPolicy: ")
    assert bucket(allowing("s3:GetObject")) == "MalformedPolicy: Missing required field Principal"


@pytest.mark.parametrize(
    ("service", "operation", "member", "code"),
    [
        ("kms", "PutKeyPolicy", "Policy", "MalformedPolicyDocumentException"),
        ("secretsmanager", "PutResourcePolicy", "ResourcePolicy", "MalformedPolicyDocumentException"),
        ("ecr", "SetRepositoryPolicy", "policyText", "InvalidParameterException"),
    ],
)
def test_services_in_json_have_codes_of_their_own(
    service: str, operation: str, member: str, code: str
) -> None:
    """A malformed policy is refused with that of the service; none is not."""
    submitted = Submitted(store_over(FakeIam()))
    head = f"X-Amz-Target: X.{operation}\r\n"

    seen = [
        outcome(submitted, call(service, operation, body=body.encode(), head=head))
        for body in (json.dumps({member: "{"}), "{}", "[]")
    ]

    assert seen[0].startswith(f"{code}: ")
    assert seen[1:] == ["", ""]


def test_a_repository_policy_names_no_resource() -> None:
    """Amazon ECR's do without."""
    statement = {"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    body = json.dumps({"policyText": text}).encode()

    assert outcome(Submitted(store_over(FakeIam())), call("ecr", "SetRepositoryPolicy", body=body)) == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"Action": "SetTopicAttributes", "AttributeName": "Policy", "AttributeValue": "{"},
        {"Action": "CreateTopic", "Attributes.entry.1.key": "Policy", "Attributes.entry.1.value": "{"},
    ],
)
def test_a_malformed_topic_policy_is_refused(fields: dict[str, str]) -> None:
    """In SNS's words, when it is made and when it is changed."""
    exchange = call("sns", "POST", body=urlencode(fields).encode(), head=FORM)

    said = outcome(Submitted(store_over(FakeIam())), exchange)

    assert said == "InvalidParameter: Invalid parameter: Policy Error: null"


def test_other_calls_are_not_read() -> None:
    """A message that is published or sent costs one look."""
    submitted = Submitted(store_over(FakeIam()))

    assert submitted.handle(call("sqs", "SendMessage")) is None
    assert submitted.handle(call("s3", "PUT", method="PUT", target="/data/key")) is None
    assert submitted.handle(call("sns", "Publish")) is None
