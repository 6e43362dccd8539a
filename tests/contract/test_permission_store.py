"""The policy store reads from every backend what boto3 put there; AWS's managed policies exist on each."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import Connect

from harness import sessions
from harness.aws.permission.store import PolicyStore
from harness.backends import Backend
from harness.config import DEFAULT_REGION
from harness.gateway.fetch import Fetcher
from harness.gateway.splice import Pool
from harness.iam import Policy, Principal

AWS = "arn:aws:iam::aws:policy"
Read = Callable[[Callable[[PolicyStore], Coroutine[Any, Any, Any]]], Any]


@pytest.fixture
def read(backend: Backend) -> Read:
    """A function that returns what its argument makes of a policy store over the backend."""

    def run(work: Callable[[PolicyStore], Coroutine[Any, Any, Any]]) -> Any:
        async def on_loop() -> Any:
            pool = Pool()
            store = PolicyStore(
                Fetcher(pool), backend.route, region=DEFAULT_REGION, account=backend.account_id
            )
            try:
                return await work(store)
            finally:
                store.close()
                pool.close()

        return asyncio.run(on_loop())

    return run


def document(action: str, resource: str = "*", **more: Any) -> str:
    """Return a policy with one statement that allows *action*."""
    statement = {"Effect": "Allow", "Action": action, "Resource": resource, **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "Trust", "Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}}
            | {"Action": "sts:AssumeRole"}
        ],
    }
)


def unprobed(backend: Backend, service: str) -> Any:
    """Return a client of a service that no scenario needs, so that no probe asks for it."""
    at = backend.route(service)
    return sessions.client(service, f"http://{at.host}:{at.port}")


def actions(policies: tuple[Policy, ...]) -> set[str]:
    """Return the actions that the statements of *policies* name."""
    return {each.text for policy in policies for one in policy.statements for each in one.actions}


def sids(policy: Policy | None) -> list[str]:
    """Return the ids of the policy's statements."""
    return [each.sid for each in policy.statements] if policy is not None else []


def test_a_role_is_read_with_all_that_it_holds(connect: Connect, read: Read, name: str) -> None:
    """Inline and managed policies in their default version, boundary, tags, id and trust policy."""
    iam = connect("iam")
    own = iam.create_policy(PolicyName=name, PolicyDocument=document("s3:GetObject"))["Policy"]["Arn"]
    iam.create_policy_version(PolicyArn=own, PolicyDocument=document("s3:PutObject"), SetAsDefault=True)
    made = iam.create_role(
        RoleName=name,
        Path="/pipeline/",
        AssumeRolePolicyDocument=TRUST,
        PermissionsBoundary=own,
        Tags=[{"Key": "team", "Value": "ml"}],
    )["Role"]
    iam.put_role_policy(RoleName=name, PolicyName="a+b", PolicyDocument=document("sqs:SendMessage"))
    iam.attach_role_policy(RoleName=name, PolicyArn=own)
    iam.attach_role_policy(RoleName=name, PolicyArn=f"{AWS}/AmazonSageMakerFullAccess")
    session = Principal("aws", f"arn:aws:sts::1:assumed-role/{name}/s", "1", made["Arn"])

    async def look(store: PolicyStore) -> Any:
        await store.learn(session, [made["Arn"]])
        return store.held(session), store.resource_policy(made["Arn"])

    held, trust = read(look)

    assert {"sqs:SendMessage", "s3:PutObject", "sagemaker:*"} <= actions(held.identity)
    assert [actions((each,)) for each in held.identity].count({"s3:PutObject"}) == 1
    assert actions(held.boundary) == {"s3:PutObject"}
    assert (held.tags, held.unique_id, held.exists) == ({"team": "ml"}, made["RoleId"], True)
    assert sids(trust) == ["Trust"]


def test_a_user_is_read_with_what_its_groups_hold(connect: Connect, read: Read, name: str) -> None:
    """Its own policies and those of its groups, inline and attached, and its tags."""
    iam = connect("iam")
    arn = iam.create_user(UserName=name, Tags=[{"Key": "team", "Value": "ml"}])["User"]["Arn"]
    iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=document("kms:Decrypt"))
    iam.create_group(GroupName=name)
    iam.add_user_to_group(GroupName=name, UserName=name)
    iam.put_group_policy(GroupName=name, PolicyName="group", PolicyDocument=document("sns:Publish"))
    iam.attach_group_policy(GroupName=name, PolicyArn=f"{AWS}/service-role/AWSLambdaBasicExecutionRole")
    user = Principal("aws", arn, arn.split(":")[4])

    async def look(store: PolicyStore) -> Any:
        await store.learn(user, [])
        return store.held(user)

    held = read(look)

    assert {"kms:Decrypt", "sns:Publish", "logs:PutLogEvents"} <= actions(held.identity)
    assert (held.tags, held.boundary) == ({"team": "ml"}, None)


def test_nobody_holds_nothing(backend: Backend, connect: Connect, read: Read, name: str) -> None:
    """A role that the backend does not know does not exist, and has no trust policy."""
    connect("iam")
    arn = f"arn:aws:iam::{backend.account_id}:role/{name}"
    role = Principal("aws", arn, backend.account_id, arn)

    async def look(store: PolicyStore) -> Any:
        await store.learn(role, [arn])
        return store.held(role), store.known(arn), store.resource_policy(arn)

    held, known, trust = read(look)

    assert (held.exists, held.identity, known, trust) == (False, (), True, None)


def test_resources_are_read_with_their_policies(
    backend: Backend, connect: Connect, read: Read, name: str
) -> None:
    """Queue, topic, bucket (by an object), key (by its alias) and secret."""
    account = {"AWS": f"arn:aws:iam::{backend.account_id}:root"}
    at = f"{DEFAULT_REGION}:{backend.account_id}"

    def allow(action: str, resource: str) -> str:
        return document(action, resource, Sid="Let", Principal=account)

    queue, topic = f"arn:aws:sqs:{at}:{name}", f"arn:aws:sns:{at}:{name}"
    connect("sqs").create_queue(QueueName=name, Attributes={"Policy": allow("sqs:SendMessage", queue)})
    sns, s3, kms = connect("sns"), connect("s3"), unprobed(backend, "kms")
    sns.create_topic(Name=name)
    sns.set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=allow("sns:Publish", topic)
    )
    s3.create_bucket(Bucket=name)
    s3.put_bucket_policy(Bucket=name, Policy=allow("s3:GetObject", f"arn:aws:s3:::{name}/*"))
    key = kms.create_key(Policy=allow("kms:*", "*"))["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key)
    secrets = unprobed(backend, "secretsmanager")
    secret = secrets.create_secret(Name=name, SecretString="x")["ARN"]
    secrets.put_resource_policy(SecretId=secret, ResourcePolicy=allow("secretsmanager:GetSecretValue", "*"))
    arns = [queue, topic, f"arn:aws:s3:::{name}/a/b", f"arn:aws:kms:{at}:alias/{name}", secret]

    async def look(store: PolicyStore) -> Any:
        await store.learn(None, arns)
        return {arn: (store.known(arn), sids(store.resource_policy(arn))) for arn in arns}

    assert read(look) == {arn: (True, ["Let"]) for arn in arns}


def test_what_has_no_policy_is_known_to_have_none(
    backend: Backend, connect: Connect, read: Read, name: str
) -> None:
    """A bucket without a policy, and a queue, function and key that do not exist."""
    at = f"{DEFAULT_REGION}:{backend.account_id}"
    connect("s3").create_bucket(Bucket=name)
    arns = [
        f"arn:aws:s3:::{name}",
        f"arn:aws:sqs:{at}:{name}",
        f"arn:aws:lambda:{at}:function:{name}:live",
        f"arn:aws:kms:{at}:key/11111111-2222-3333-4444-555555555555",
    ]

    async def look(store: PolicyStore) -> Any:
        before = [store.known(arn) for arn in arns]
        await store.learn(None, arns)
        return before, [(store.known(arn), store.resource_policy(arn)) for arn in arns]

    assert read(look) == ([False] * 4, [(True, None)] * 4)


@pytest.mark.parametrize("policy", ["AmazonSageMakerFullAccess", "service-role/AWSLambdaBasicExecutionRole"])
def test_aws_policies_are_there_and_attach(connect: Connect, name: str, policy: str) -> None:
    """Each account has AWS's managed policies, their documents and all."""
    iam = connect("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    iam.attach_role_policy(RoleName=name, PolicyArn=f"{AWS}/{policy}")

    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    found = iam.get_policy(PolicyArn=f"{AWS}/{policy}")["Policy"]
    version = iam.get_policy_version(PolicyArn=found["Arn"], VersionId=found["DefaultVersionId"])

    assert [each["PolicyArn"] for each in attached] == [found["Arn"]]
    assert found["PolicyName"] == policy.rpartition("/")[2]
    assert version["PolicyVersion"]["Document"]["Statement"]


@pytest.mark.parametrize("arn", [f"{AWS}/AmazonSageMakerFulAccess", "arn:aws:iam::123456789012:policy/none"])
def test_a_policy_that_does_not_exist_does_not_attach(connect: Connect, name: str, arn: str) -> None:
    """A slip in the ARN of a policy, AWS's or one's own, is refused."""
    iam = connect("iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)

    with pytest.raises(ClientError) as refused:
        iam.attach_role_policy(RoleName=name, PolicyArn=arn)

    assert refused.value.response["Error"]["Code"] == "NoSuchEntity"


def test_all_of_aws_policies_are_listed(connect: Connect) -> None:
    """ListPolicies with the scope AWS has more than a thousand, and none of the account's own."""
    pages = connect("iam").get_paginator("list_policies").paginate(Scope="AWS")
    arns = [policy["Arn"] for page in pages for policy in page["Policies"]]

    assert len(arns) > 1_000
    assert all(arn.startswith(AWS) for arn in arns)


def test_without_an_organisation_nothing_limits_the_account(connect: Connect, read: Read) -> None:
    """No service control policies and no resource control policies."""
    connect("iam")

    async def look(store: PolicyStore) -> Any:
        return await store.scps(), await store.rcps()

    assert read(look) == (None, None)
