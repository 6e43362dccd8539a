"""Where each service keeps the policy of a resource, and an organisation its own."""

import asyncio
import json
from typing import Any

import pytest
from fake_iam import ACCOUNT, FakeIam, allowing, store_over

from harness.gateway.fetch import FetchReply

AT = f"us-east-1:{ACCOUNT}"
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Sid": "Let", "Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}],
    }
)
REPOSITORY = POLICY.replace(', "Resource": "*"', "")
TOPIC = (
    "<R><GetTopicAttributesResult><Attributes><entry><key>Policy</key><value>{}</value></entry></Attributes>"
    "</GetTopicAttributesResult></R>"
)
ROWS: list[tuple[str, str, Any]] = [
    ("sqs:{}:q", "AmazonSQS.GetQueueAttributes", {"Attributes": {"Policy": POLICY}}),
    ("sns:{}:t", "GetTopicAttributes", TOPIC.format(POLICY)),
    ("s3:::data/key", "/data?policy", POLICY),
    ("lambda:{}:function:f", "/2015-03-31/functions/f/policy", {"Policy": POLICY}),
    ("lambda:{}:function:f:live", "/2015-03-31/functions/f/policy?Qualifier=live", {"Policy": POLICY}),
    ("lambda:{}:layer:l:3", "/2018-10-31/layers/l/versions/3/policy", {"Policy": POLICY}),
    ("kms:{}:key/k", "TrentService.GetKeyPolicy", {"Policy": POLICY}),
    ("secretsmanager:{}:secret:s", "secretsmanager.GetResourcePolicy", {"ResourcePolicy": POLICY}),
    (
        "ecr:{}:repository/a/b",
        "AmazonEC2ContainerRegistry_V20150921.GetRepositoryPolicy",
        {"policyText": REPOSITORY},
    ),
    ("events:{}:event-bus/default", "AWSEvents.DescribeEventBus", {"Policy": POLICY}),
    ("dynamodb:{}:table/t/index/i", "DynamoDB_20120810.GetResourcePolicy", {"Policy": POLICY}),
    ("glue:{}:database/d", "AWSGlue.GetResourcePolicy", {"PolicyInJson": POLICY}),
    ("kinesis:{}:stream/s", "Kinesis_20131202.GetResourcePolicy", {"Policy": POLICY}),
    ("execute-api:{}:api/prod/GET/x", "/restapis/api", {"policy": POLICY.replace('"', '\\"')}),
    ("elasticfilesystem:{}:file-system/fs", "/2015-02-01/file-systems/fs/policy", {"Policy": POLICY}),
    ("es:{}:domain/d", "/2021-01-01/opensearch/domain/d", {"DomainStatus": {"AccessPolicies": POLICY}}),
]


def sids(arn: str, **answers: Any) -> list[str] | None:
    """Return the ids of the statements of the resource's policy, None where it has none."""
    backend = FakeIam()
    for action, answer in answers.items():
        if not isinstance(answer, FetchReply):
            text = answer if isinstance(answer, str) else json.dumps(answer)
            answer = FetchReply(200, (), text.encode())
        backend.resources[action] = answer
    store = store_over(backend)
    asyncio.run(store.learn(None, [arn]))
    found = store.resource_policy(arn)
    return [each.sid for each in found.statements] if found is not None else None


@pytest.mark.parametrize(("arn", "call", "answer"), ROWS, ids=[row[0] for row in ROWS])
def test_a_policy_is_found_where_the_service_has_it(arn: str, call: str, answer: Any) -> None:
    """Every kind of resource by the call of its own service."""
    assert sids(f"arn:aws:{arn.format(AT)}", **{call: answer}) == ["Let"]


@pytest.mark.parametrize(("arn", "call", "answer"), ROWS, ids=[row[0] for row in ROWS])
def test_what_is_not_there_has_no_policy(arn: str, call: str, answer: Any) -> None:
    """A 404, whatever the service."""
    assert sids(f"arn:aws:{arn.format(AT)}", **{call: FetchReply(404, (), b"{}")}) is None


def test_a_key_is_found_by_its_alias() -> None:
    """GetKeyPolicy takes no alias, so that the key is asked for first."""
    answers = {
        "TrentService.DescribeKey": {"KeyMetadata": {"KeyId": "k"}},
        "TrentService.GetKeyPolicy": {"Policy": POLICY},
    }

    assert sids(f"arn:aws:kms:{AT}:alias/a", **answers) == ["Let"]
    assert sids(f"arn:aws:kms:{AT}:alias/a", **{"TrentService.DescribeKey": {}}) is None


def test_the_policies_of_an_account_count_together() -> None:
    """CloudWatch Logs has several for all its log groups."""
    found = {"resourcePolicies": [{"policyDocument": POLICY}, {"policyDocument": POLICY}, {}]}

    assert sids(f"arn:aws:logs:{AT}:log-group:g:*", **{"Logs_20140328.DescribeResourcePolicies": found}) == [
        "Let",
        "Let",
    ]


def test_a_permission_of_a_bus_is_read_as_eventbridge_would_have_written_it() -> None:
    """MiniStack keeps the account and the condition as they were given."""
    statement = {
        "Sid": "Let",
        "Effect": "Allow",
        "Principal": "111122223333",
        "Action": "events:PutEvents",
        "Resource": "*",
        "Condition": {"Type": "StringEquals", "Key": "aws:PrincipalOrgID", "Value": "o-1"},
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    assert sids(f"arn:aws:events:{AT}:event-bus/b", **{"AWSEvents.DescribeEventBus": {"Policy": text}}) == [
        "Let"
    ]


@pytest.mark.parametrize("text", ["{}", "", "null"])
def test_an_empty_policy_is_none(text: str) -> None:
    """Some emulators show one where there is none."""
    arn = f"arn:aws:kinesis:{AT}:stream/s"

    assert sids(arn, **{"Kinesis_20131202.GetResourcePolicy": {"Policy": text}}) is None


def _organisation(master: str, types: list[str]) -> FakeIam:
    answers = {
        "DescribeOrganization": {"Organization": {"MasterAccountId": master}},
        "ListRoots": {"Roots": [{"Id": "r-1", "PolicyTypes": [{"Type": each} for each in types]}]},
        "ListParents": {"Parents": [{"Id": "r-1", "Type": "ROOT"}]},
        "ListPoliciesForTarget": {"Policies": [{"Id": "p-1", "Name": "Full"}]},
        "DescribePolicy": {"Policy": {"Content": allowing("*")}},
    }
    backend = FakeIam()
    for operation, answer in answers.items():
        reply = FetchReply(200, (), json.dumps(answer).encode())
        backend.resources[f"AWSOrganizationsV20161128.{operation}"] = reply
    return backend


def levels(backend: FakeIam) -> tuple[int | None, int | None]:
    """Return how many levels of service and of resource control policies there are."""
    store = store_over(backend)

    async def look() -> tuple[int | None, int | None]:
        found = await store.scps(), await store.rcps()
        counts = [None if each is None else len(each) for each in found]
        return counts[0], counts[1]

    return asyncio.run(look())


def test_an_organisation_limits_its_members() -> None:
    """By the policies of each level, of the types that are on."""
    assert levels(_organisation("999999999999", ["SERVICE_CONTROL_POLICY"])) == (2, None)


def test_the_management_account_is_not_limited() -> None:
    """Nor an account whose organisation has no such policies."""
    assert levels(_organisation(ACCOUNT, ["SERVICE_CONTROL_POLICY"])) == (None, None)
    assert levels(_organisation("999999999999", [])) == (None, None)
