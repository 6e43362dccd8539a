"""Calls that the pipelines' table does not hold: other forms of members, of names, of nothing at all."""

from typing import Any

import pytest

from harness.iam.actions import Call, Place, exists, needs_of
from harness.iam.actions.mapping import _kept
from harness.iam.actions.members import has, walk
from harness.iam.actions.rules import ruled
from harness.iam.actions.templates import matches

PLACE = Place("eu-west-1", "000000000000")
ROLE = "arn:aws:iam::000000000000:role/execution"


def needed(service: str, operation: str, **members: Any) -> list[tuple[str, str]]:
    """Return action and resource of each need."""
    found = needs_of(Call(service, operation, members), PLACE)
    return [(need.action, need.resource) for need in found or ()]


def context(service: str, operation: str, **members: Any) -> dict[str, tuple[str, ...]]:
    """Return the condition keys of the first need."""
    found = needs_of(Call(service, operation, members), PLACE)
    assert found
    return dict(found[0].context)


@pytest.mark.parametrize(
    ("service", "operation"),
    [("sagemaker", "Nothing"), ("nosuchservice", "Get"), ("apigateway", "GetRestApis"), ("", "")],
)
def test_an_operation_that_nobody_mapped_has_no_needs(service: str, operation: str) -> None:
    """None, so that nobody takes it for a call that needs nothing."""
    assert needs_of(Call(service, operation), PLACE) is None


def test_a_call_that_names_nothing_of_its_rules_is_not_mapped() -> None:
    """A publication to no topic and no telephone, a statement that is no statement."""
    assert needs_of(Call("sns", "Publish", {"Message": "x"}), PLACE) is None
    assert needs_of(Call("dynamodb", "ExecuteStatement", {"Statement": "EXPLAIN"}), PLACE) is None


def test_every_rule_names_an_action_that_exists() -> None:
    """And its page."""
    for operation, rules in ruled().items():
        for rule in rules:
            assert exists(rule.action), f"{operation} needs {rule.action}"
            assert rule.source.startswith("https://docs.aws.amazon.com/"), operation


CASES: list[tuple[str, str, dict[str, Any], list[tuple[str, str]]]] = [
    (
        "sqs",
        "CancelMessageMoveTask",
        # {"taskId": 1, "sourceArn": "arn:aws:sqs:eu-west-1:000000000000:dead"}
        {"TaskHandle": "eyJzb3VyY2VBcm4iOiJhcm46YXdzOnNxczpldS13ZXN0LTE6MDAwMDAwMDAwMDAwOmRlYWQifQ=="},
        [("sqs:CancelMessageMoveTask", "arn:aws:sqs:eu-west-1:000000000000:dead")],
    ),
    (
        "sqs",
        "CancelMessageMoveTask",
        {"TaskHandle": "x"},
        [("sqs:CancelMessageMoveTask", "arn:aws:sqs:eu-west-1:000000000000:*")],
    ),
    (
        "sqs",
        "SendMessage",
        {"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/work"},
        [("sqs:SendMessage", "arn:aws:sqs:eu-west-1:111122223333:work")],
    ),
    (
        "s3",
        "GetObject",
        {"Bucket": "arn:aws:s3:eu-west-1:000000000000:accesspoint/point", "Key": "k"},
        [("s3:GetObject", "arn:aws:s3:eu-west-1:000000000000:accesspoint/point/object/k")],
    ),
    (
        "s3",
        "CopyObject",
        {"Bucket": "b", "Key": "k", "CopySource": "arn:aws:s3:eu-west-1:0:accesspoint/p/object/a/b"},
        [("s3:GetObject", "arn:aws:s3:::p/a/b"), ("s3:PutObject", "arn:aws:s3:::b/k")],
    ),
    (
        "s3",
        "PutObject",
        {"Bucket": "b", "Key": "k", "SSEKMSKeyId": "arn:aws:kms:eu-west-1:0:key/1"},
        [("s3:PutObject", "arn:aws:s3:::b/k"), ("kms:GenerateDataKey", "arn:aws:kms:eu-west-1:0:key/1")],
    ),
    (
        "s3",
        "PutObject",
        {"Bucket": "b", "Key": "k", "SSEKMSKeyId": "1"},
        [
            ("s3:PutObject", "arn:aws:s3:::b/k"),
            ("kms:GenerateDataKey", "arn:aws:kms:eu-west-1:000000000000:key/1"),
        ],
    ),
    (
        "s3",
        "CreateBucket",
        {"Bucket": "b", "CreateBucketConfiguration": {"Tags": [{"Key": "a", "Value": "b"}]}},
        [("s3:CreateBucket", "arn:aws:s3:::b"), ("s3:TagResource", "arn:aws:s3:::b")],
    ),
    (
        "lambda",
        "Invoke",
        {"FunctionName": "111122223333:function:score:live"},
        [("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:111122223333:function:score:live")],
    ),
    ("lambda", "ListFunctions", {}, [("lambda:ListFunctions", "*")]),
    (
        "lambda",
        "GetLayerVersionByArn",
        {"Arn": "arn:aws:lambda:eu-west-1:000000000000:layer:l:3"},
        [("lambda:GetLayerVersion", "arn:aws:lambda:eu-west-1:000000000000:layer:l:3")],
    ),
    (
        "events",
        "PutRule",
        {"Name": "r", "EventBusName": "default", "EventPattern": "no JSON"},
        [("events:PutRule", "arn:aws:events:eu-west-1:000000000000:rule/r")],
    ),
    (
        "events",
        "PutEvents",
        {"Entries": [{"EventBusName": "arn:aws:events:eu-west-1:000000000000:event-bus/orders"}, "?"]},
        [("events:PutEvents", "arn:aws:events:eu-west-1:000000000000:event-bus/orders")],
    ),
    (
        "logs",
        "TagResource",
        {"resourceArn": "arn:aws:logs:eu-west-1:000000000000:log-group:g:*", "tags": {"a": "b"}},
        [("logs:TagResource", "arn:aws:logs:eu-west-1:000000000000:log-group:g")],
    ),
    (
        "logs",
        "GetLogGroupFields",
        {"logGroupIdentifier": "arn:aws:logs:eu-west-1:000000000000:log-group:g:*"},
        [("logs:GetLogGroupFields", "arn:aws:logs:eu-west-1:000000000000:log-group:g:log-stream:")],
    ),
    (
        "logs",
        "CreateLogGroup",
        {"logGroupName": "g", "tags": {"a": "b"}},
        [
            ("logs:CreateLogGroup", "arn:aws:logs:eu-west-1:000000000000:log-group:g:log-stream:"),
            ("logs:TagResource", "arn:aws:logs:eu-west-1:000000000000:log-group:g"),
        ],
    ),
    (
        "iam",
        "CreateRole",
        {"RoleName": "r", "Tags": [{"Key": "a", "Value": "b"}]},
        [
            ("iam:CreateRole", "arn:aws:iam::000000000000:role/r"),
            ("iam:TagRole", "arn:aws:iam::000000000000:role/r"),
        ],
    ),
    (
        "iam",
        "CreateServiceLinkedRole",
        {"AWSServiceName": "elasticbeanstalk.amazonaws.com"},
        [
            (
                "iam:CreateServiceLinkedRole",
                "arn:aws:iam::000000000000:role/aws-service-role/elasticbeanstalk.amazonaws.com/*",
            )
        ],
    ),
    (
        "iam",
        "CreateOpenIDConnectProvider",
        {"Url": "https://token.example.com"},
        [("iam:CreateOpenIDConnectProvider", "arn:aws:iam::000000000000:oidc-provider/token.example.com")],
    ),
    (
        "iam",
        "AddRoleToInstanceProfile",
        {"InstanceProfileName": "p", "RoleName": "r"},
        [
            ("iam:AddRoleToInstanceProfile", "arn:aws:iam::000000000000:instance-profile/p"),
            ("iam:PassRole", "arn:aws:iam::000000000000:role/r"),
        ],
    ),
    (
        "iam",
        "SimulatePrincipalPolicy",
        {"PolicySourceArn": ROLE, "ActionNames": ["s3:GetObject"]},
        [("iam:SimulatePrincipalPolicy", ROLE)],
    ),
    (
        "kms",
        "CreateAlias",
        {"AliasName": "alias/a", "TargetKeyId": "1"},
        [
            ("kms:CreateAlias", "arn:aws:kms:eu-west-1:000000000000:alias/a"),
            ("kms:CreateAlias", "arn:aws:kms:eu-west-1:000000000000:key/1"),
        ],
    ),
    (
        "ecs",
        "RunTask",
        {"cluster": "arn:aws:ecs:eu-west-1:000000000000:cluster/c", "taskDefinition": "train:3"},
        [("ecs:RunTask", "arn:aws:ecs:eu-west-1:000000000000:task-definition/train:3")],
    ),
    (
        "lambda",
        "PutProvisionedConcurrencyConfig",
        {"FunctionName": "score"},
        [
            (
                "lambda:PutProvisionedConcurrencyConfig",
                "arn:aws:lambda:eu-west-1:000000000000:function:score:*",
            )
        ],
    ),
    (
        "ssm",
        "GetParameter",
        {"Name": "/ml/threshold"},
        [("ssm:GetParameter", "arn:aws:ssm:eu-west-1:000000000000:parameter/ml/threshold")],
    ),
    (
        "sagemaker",
        "CreateEndpoint",
        {"EndpointName": "e"},
        [
            ("sagemaker:CreateEndpoint", "arn:aws:sagemaker:eu-west-1:000000000000:endpoint/e"),
            ("sagemaker:CreateEndpoint", "arn:aws:sagemaker:eu-west-1:000000000000:endpoint-config/*"),
        ],
    ),
    (
        "dynamodb",
        "ExecuteStatement",
        {"Statement": 'SELECT * FROM "items"."by-day" WHERE day = 1'},
        [("dynamodb:PartiQLSelect", "arn:aws:dynamodb:eu-west-1:000000000000:table/items/index/by-day")],
    ),
    (
        "dynamodb",
        "DescribeTable",
        {"TableName": "arn:aws:dynamodb:eu-west-1:111122223333:table/theirs"},
        [("dynamodb:DescribeTable", "arn:aws:dynamodb:eu-west-1:111122223333:table/theirs")],
    ),
    (
        "dynamodb",
        "TagResource",
        {"ResourceArn": "arn:aws:dynamodb:eu-west-1:000000000000:table/items", "Tags": []},
        [("dynamodb:TagResource", "arn:aws:dynamodb:eu-west-1:000000000000:table/items")],
    ),
    (
        "execute-api",
        "Invoke",
        {"ApiId": "abc", "Stage": "prod", "Method": "GET", "Path": "classes"},
        [("execute-api:Invoke", "arn:aws:execute-api:eu-west-1:000000000000:abc/prod/GET/classes")],
    ),
]


@pytest.mark.parametrize(
    ("service", "operation", "members", "expected"), CASES, ids=[f"{case[0]}-{case[1]}" for case in CASES]
)
def test_a_call_needs_these_actions_on_these_resources(
    service: str, operation: str, members: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """In the form that its members have."""
    assert needed(service, operation, **members) == expected


@pytest.mark.parametrize(
    ("service", "operation", "members", "expected"),
    [
        ("kms", "Encrypt", {"KeyId": "alias/a"}, {}),
        (
            "sqs",
            "TagQueue",
            {"QueueUrl": "q", "Tags": {"Team": "ml"}},
            {"aws:requesttag/team": ("ml",), "aws:tagkeys": ("Team",)},
        ),
        ("sqs", "UntagQueue", {"QueueUrl": "q", "TagKeys": ["team"]}, {"aws:tagkeys": ("team",)}),
        (
            "ecs",
            "CreateCluster",
            {"clusterName": "c", "tags": [{"key": "a"}, {"value": "b"}, 3]},
            {"aws:requesttag/a": ("",), "aws:tagkeys": ("a",)},
        ),
        (
            "s3",
            "PutObjectTagging",
            {"Bucket": "b", "Key": "k", "Tagging": {"TagSet": [{"Key": "a", "Value": "b"}]}},
            {"s3:requestobjecttag/a": ("b",), "s3:requestobjecttagkeys": ("a",)},
        ),
        (
            "s3",
            "PutObject",
            {"Bucket": "b", "Key": "k", "Tagging": 3},
            {"s3:objectcreationoperation": ("true",)},
        ),
        (
            "dynamodb",
            "GetItem",
            {"TableName": "t", "Key": {"a": {"S": "1"}, "b": {"N": "2"}}},
            {"dynamodb:leadingkeys": ("1", "2"), "dynamodb:attributes": ("a", "b")},
        ),
        (
            "dynamodb",
            "BatchGetItem",
            {"RequestItems": {"t": {"Keys": [{"a": {"S": "1"}}]}}},
            {"dynamodb:leadingkeys": ("1",), "dynamodb:attributes": ("a",)},
        ),
        (
            "dynamodb",
            "Query",
            {
                "TableName": "t",
                "FilterExpression": "a AND begins_with(b, :c)",
                "KeyConditions": {"a": {"AttributeValueList": [{"S": "1"}, "?"]}, "b": {}},
            },
            {"dynamodb:leadingkeys": ("1",), "dynamodb:attributes": ("a", "b")},
        ),
        (
            "dynamodb",
            "TransactWriteItems",
            {"TransactItems": [{"Delete": {"TableName": "t", "Key": {"a": {"S": "1"}}}}]},
            {
                "dynamodb:leadingkeys": ("1",),
                "dynamodb:attributes": ("a",),
                "dynamodb:enclosingoperation": ("TransactWriteItems",),
            },
        ),
        (
            "ec2",
            "RunInstances",
            {"ImageId": "ami-1", "InstanceType": "t3.nano"},
            {"ec2:region": (PLACE.region,)},
        ),
        (
            "events",
            "PutRule",
            {"Name": "r", "EventPattern": '{"source": ["aws.s3"]}'},
            {"events:source": ("aws.s3",)},
        ),
        ("events", "PutRule", {"Name": "r", "EventPattern": "[]"}, {}),
    ],
)
def test_a_call_brings_these_condition_keys(
    service: str, operation: str, members: dict[str, Any], expected: dict[str, tuple[str, ...]]
) -> None:
    """Those that the reference lists for the action, and no others."""
    assert context(service, operation, **members) == expected


def test_equal_calls_get_the_same_answer_and_the_memory_is_bounded() -> None:
    """Kept by the members that decide, forgotten all at once when there are too many."""
    first = needs_of(Call("sqs", "SendMessage", {"QueueUrl": "http://x/000000000000/kept"}), PLACE)
    assert needs_of(Call("sqs", "SendMessage", {"QueueUrl": "http://x/000000000000/kept"}), PLACE) is first
    for number in range(17_000):
        _kept[(number,)] = None
    needs_of(Call("sqs", "SendMessage", {"QueueUrl": "http://x/000000000000/other"}), PLACE)
    assert len(_kept) == 1


def test_members_are_found_by_paths_only_where_they_are() -> None:
    """What is no map, no list or nothing at all is gone past."""
    assert not has({"A": 3}, "A.B")
    assert not has({"A": {}}, "A")
    assert not has({"A": "x"}, "A[]")
    assert not has({"A": "x"}, "A()")
    assert has({"a": {"B": [{"C": 0.5}]}}, "A.B[].C")
    assert list(walk({"A": 3}, frozenset())) == []
    assert has({"queueUrl": "x"}, "QueueUrl")
    assert not has({"queueurl": "x"}, "QueueUrl")


def test_only_the_last_name_in_an_arn_goes_on_past_a_slash() -> None:
    """`table/a/index/b` is an index of the table a; no table is called `a/b`."""
    template = "arn:aws:dynamodb:us-east-1:1:table/${TableName}/index/${IndexName}"
    assert matches(template, "arn:aws:dynamodb:us-east-1:1:table/a/index/b/c")
    assert not matches(template, "arn:aws:dynamodb:us-east-1:1:table/a/b/index/c")
