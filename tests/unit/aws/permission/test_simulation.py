"""The policy simulator: requests as botocore writes them, answers as botocore reads them."""

import asyncio
import json
from collections.abc import Awaitable
from functools import cache
from typing import Any
from urllib.parse import urlencode

import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from botocore.session import Session
from fake_iam import ROLE, FakeIam, allowing, call, store_over

from harness.aws.permission.simulation import Simulation
from harness.aws.permission.simulation_arguments import Exclusions
from harness.aws.permission.simulation_input import Position, context_keys_of, nested, spans_of
from harness.aws.permission.store.identities import Attached
from harness.gateway.chain import ReadBody, Reply

NOW = 1_790_000_000.0
DATED = (
    '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"dynamodb:*","Resource":"*","Condition":'
    '{"DateGreaterThan":{"aws:CurrentTime":"2018-08-16T12:00:00Z"}}}}'
)
BUCKET = "arn:aws:s3:::data/key"


@cache
def _model(operation: str) -> Any:
    return Session().get_service_model("iam").operation_model(operation)


def ask(operation: str, backend: FakeIam | None = None, **given: Any) -> Any:
    """Return what *operation* answers, parsed, or its error's code."""
    simulation = Simulation(store_over(backend or FakeIam()), lambda: NOW)
    form = create_serializer("query").serialize_to_request(given, _model(operation))["body"]
    exchange = call(
        "iam",
        "POST",
        body=urlencode(form).encode(),
        head="Content-Type: application/x-www-form-urlencoded\r\n",
    )

    async def answer() -> Reply:
        read = simulation.handle(exchange)
        outcome = read.then(exchange) if isinstance(read, ReadBody) else read
        reply = await outcome if isinstance(outcome, Awaitable) else outcome
        assert isinstance(reply, Reply)
        return reply

    reply = asyncio.run(answer())
    raw = {"body": reply.body, "headers": dict(reply.headers), "status_code": reply.status}
    parsed = create_parser("query").parse(raw, _model(operation).output_shape)
    return parsed["Error"]["Code"] if reply.status >= 400 else parsed


def custom(*policies: str, **given: Any) -> Any:
    """Return the results of SimulateCustomPolicy."""
    return ask("SimulateCustomPolicy", PolicyInputList=list(policies), **given)["EvaluationResults"]


def decisions(results: Any) -> list[str]:
    """Return the decision of each result."""
    return [each["EvalDecision"] for each in results]


def at(value: str, kind: str = "date") -> list[dict[str, Any]]:
    """Return the context entries with a time of day."""
    return [{"ContextKeyName": "aws:CurrentTime", "ContextKeyValues": [value], "ContextKeyType": kind}]


def test_the_example_of_the_cli_reference() -> None:
    """The decision, the statement and where it stands, as the page of simulate-custom-policy shows it."""
    given = {"ActionNames": ["dynamodb:CreateBackup"]}

    (allowed,) = custom(DATED, ContextEntries=at("2019-04-25T11:00:00Z"), **given)
    (denied,) = custom(DATED, ContextEntries=at("2014-04-25T11:00:00Z"), **given)

    assert allowed["MatchedStatements"] == [
        {
            "SourcePolicyId": "PolicyInputList.1",
            "SourcePolicyType": "IAM Policy",
            "StartPosition": {"Line": 1, "Column": 38},
            "EndPosition": {"Line": 1, "Column": 167},
        }
    ]
    assert (allowed["EvalDecision"], allowed["EvalResourceName"]) == ("allowed", "*")
    assert (denied["EvalDecision"], denied["MatchedStatements"]) == ("implicitDeny", [])


def test_the_time_of_day_is_known_by_itself() -> None:
    """Without a context entry it is now."""
    assert decisions(custom(DATED, ActionNames=["dynamodb:CreateBackup"])) == ["allowed"]


def test_each_action_is_asked_of_each_resource() -> None:
    """One result an action, with one for each resource in it; it is as strict as the strictest of them."""
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::data/*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    results = custom(
        policy, ActionNames=["s3:GetObject", "s3:PutObject"], ResourceArns=[BUCKET, "arn:aws:s3:::other/key"]
    )

    one = [each["EvalResourceDecision"] for each in results[0]["ResourceSpecificResults"]]
    assert one == ["allowed", "implicitDeny"]
    assert decisions(results) == ["implicitDeny", "implicitDeny"]
    assert results[0]["EvalResourceName"] == "arn:${Partition}:s3:::${BucketName}/${ObjectName}"
    assert results[0]["EvalDecisionDetails"] == {}


def test_what_a_policy_asks_for_and_nobody_gave_is_missing() -> None:
    """By the name that the policy has for it; a key that was given is not."""
    statement = {
        "Effect": "Allow",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::${aws:PrincipalTag/Team}/*",
        "Condition": {"StringEquals": {"aws:SourceVpc": "vpc-1"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    vpc = [{"ContextKeyName": "AWS:sourceVPC", "ContextKeyValues": ["vpc-1"], "ContextKeyType": "string"}]

    (without,) = custom(policy, ActionNames=["s3:GetObject"])
    (given,) = custom(policy, ActionNames=["s3:GetObject"], ContextEntries=vpc)

    assert without["MissingContextValues"] == ["aws:PrincipalTag/Team", "aws:SourceVpc"]
    assert given["MissingContextValues"] == ["aws:PrincipalTag/Team"]


def test_a_boundary_limits() -> None:
    """And the result says so."""
    (result,) = custom(
        allowing("s3:*"),
        ActionNames=["s3:GetObject"],
        PermissionsBoundaryPolicyInputList=[allowing("s3:PutObject")],
    )

    assert result["EvalDecision"] == "implicitDeny"
    assert result["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}


def test_an_organisation_limits() -> None:
    """Each level must allow; statements of its policies are not quoted."""
    levels = [{"ServiceControlPolicyInputList": [allowing(each)]} for each in ("*", "sqs:*")]

    (result,) = custom(
        allowing("s3:*"), ActionNames=["s3:GetObject"], OrderedOrganizationPolicyInputList=levels
    )

    assert (result["EvalDecision"], result["MatchedStatements"]) == ("implicitDeny", [])
    assert result["OrganizationsDecisionDetail"] == {"AllowedByOrganizations": False}


def test_another_account_needs_both_policies() -> None:
    """The details tell what each of the two says."""
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "111122223333"},
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::data/*",
    }
    resource = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    given = {
        "ActionNames": ["s3:GetObject"],
        "ResourceArns": [BUCKET],
        "ResourcePolicy": resource,
        "ResourceOwner": "arn:aws:iam::444455556666:root",
        "CallerArn": "arn:aws:iam::111122223333:user/ann",
    }

    (both,) = custom(allowing("s3:GetObject"), **given)
    (one,) = custom(allowing("s3:PutObject"), **given)

    assert both["EvalDecisionDetails"] == {"IAM Policy": "allowed", "Resource Policy": "allowed"}
    assert one["EvalDecisionDetails"] == {"IAM Policy": "implicitDeny", "Resource Policy": "allowed"}
    assert decisions([both, one]) == ["allowed", "implicitDeny"]
    assert "Resource Policy" in {each["SourcePolicyType"] for each in both["MatchedStatements"]}


def test_what_a_role_holds_is_simulated() -> None:
    """Its policies are quoted by role and name; one that is left out does not count; more may be added."""
    backend = FakeIam(inline=allowing("s3:GetObject"))
    given = {"PolicySourceArn": ROLE, "ActionNames": ["s3:GetObject", "sqs:SendMessage"]}
    inline = {"PolicyName": "inline", "AttachmentType": "role", "AttachmentName": "work*"}
    excluded = [{"InlinePolicyIdentifier": inline}]

    held = ask("SimulatePrincipalPolicy", backend, **given)["EvaluationResults"]
    left_out = ask("SimulatePrincipalPolicy", backend, PolicyExclusionList=excluded, **given)
    more = ask("SimulatePrincipalPolicy", backend, PolicyInputList=[allowing("sqs:*")], **given)

    assert decisions(held) == ["allowed", "implicitDeny"]
    assert held[0]["MatchedStatements"][0]["SourcePolicyId"] == "role_worker_inline"
    assert decisions(left_out["EvaluationResults"]) == ["implicitDeny", "implicitDeny"]
    assert decisions(more["EvaluationResults"]) == ["allowed", "allowed"]


@pytest.mark.parametrize(
    ("identifier", "left"),
    [
        ({"PolicyType": "inline"}, ["ReadOnlyAccess", "own", "edge"]),
        ({"PolicyType": "aws-managed"}, ["inline", "own", "edge"]),
        ({"PolicyType": "user-managed"}, ["inline", "ReadOnlyAccess", "edge"]),
        ({"PolicyType": "permission-boundary"}, ["inline", "ReadOnlyAccess", "own"]),
        ({"PolicyArn": "arn:aws:iam::aws:policy/Read*"}, ["inline", "own", "edge"]),
        ({"PolicyArn": "arn:aws:iam::1:policy/other"}, ["inline", "ReadOnlyAccess", "own", "edge"]),
    ],
)
def test_policies_may_be_left_out(identifier: dict[str, str], left: list[str]) -> None:
    """By their type or their ARN."""
    held = [
        Attached("inline", "inline", "{}", owner="role/worker"),
        Attached("ReadOnlyAccess", "managed", "{}", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
        Attached("own", "managed", "{}", "arn:aws:iam::1:policy/own"),
        Attached("edge", "boundary", "{}", "arn:aws:iam::1:policy/edge"),
    ]
    exclusions = Exclusions.of({"PolicyExclusionList": [identifier]})

    assert [each.name for each in held if not exclusions.leave_out(each)] == left


def test_results_come_in_pages() -> None:
    """A marker leads to the next."""
    given: Any = {"PolicyInputList": [allowing("s3:*")], "ActionNames": ["s3:GetObject", "s3:PutObject"]}

    first = ask("SimulateCustomPolicy", MaxItems=1, **given)
    second = ask("SimulateCustomPolicy", MaxItems=1, Marker=first["Marker"], **given)

    assert (first["IsTruncated"], second["IsTruncated"]) == (True, False)
    seen = [each["EvalActionName"] for page in (first, second) for each in page["EvaluationResults"]]
    assert seen == given["ActionNames"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"PolicyInputList": ["{"], "ActionNames": ["s3:GetObject"]}, "InvalidInput"),
        ({"PolicyInputList": [allowing("s3:*")], "ActionNames": ["s3:Get*"]}, "InvalidInput"),
        ({"PolicyInputList": [allowing("s3:*")], "ActionNames": ["s3:GetEverything"]}, "InvalidInput"),
        ({"PolicyInputList": [allowing("s3:*")], "ActionNames": ["GetObject"]}, "InvalidInput"),
        (
            {"PolicyInputList": [allowing("s3:*")], "ActionNames": ["s3:GetObject"], "MaxItems": 5000},
            "InvalidInput",
        ),
        (
            {"PolicyInputList": [allowing("s3:*")], "ActionNames": ["s3:GetObject"], "Marker": "x"},
            "InvalidInput",
        ),
        (
            {
                "PolicyInputList": [allowing("s3:*")],
                "ActionNames": ["s3:GetObject"],
                "ResourcePolicy": allowing("s3:*"),
            },
            "InvalidInput",
        ),
        (
            {
                "PolicyInputList": [allowing("s3:*")],
                "ActionNames": ["s3:GetObject"],
                "ContextEntries": at("x", "colour"),
            },
            "InvalidInput",
        ),
    ],
)
def test_bad_input_is_refused(given: dict[str, Any], code: str) -> None:
    """With IAM's code."""
    assert ask("SimulateCustomPolicy", **given) == code


@pytest.mark.parametrize(
    ("arn", "code"),
    [(ROLE.replace("worker", "nobody"), "NoSuchEntity"), ("arn:aws:iam::123456789012:root", "InvalidInput")],
)
def test_who_is_not_there_is_refused(arn: str, code: str) -> None:
    """A role that does not exist, and what is no user, group or role."""
    assert ask("SimulatePrincipalPolicy", PolicySourceArn=arn, ActionNames=["s3:GetObject"]) == code


def test_the_context_keys_of_policies() -> None:
    """Condition keys and variables in their order, each once; defaults and escapes are no keys."""
    statement = {
        "Effect": "Allow",
        "Action": "s3:*",
        "Resource": ["arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::${*}${aws:PrincipalTag/team, 'none'}"],
        "Condition": {"StringEquals": {"s3:prefix": ["${AWS:UserName}"], "aws:SourceVpc": "vpc-1"}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    wanted = ["s3:prefix", "aws:SourceVpc", "AWS:UserName", "aws:PrincipalTag/team"]

    custom_keys = ask("GetContextKeysForCustomPolicy", PolicyInputList=[policy])["ContextKeyNames"]
    backend = FakeIam(inline=policy)
    held = ask("GetContextKeysForPrincipalPolicy", backend, PolicySourceArn=ROLE, PolicyInputList=[DATED])

    assert custom_keys == wanted
    assert held["ContextKeyNames"] == [*wanted, "aws:CurrentTime"]
    assert context_keys_of(allowing("s3:*")) == []


def test_other_calls_go_on() -> None:
    """IAM's other operations and other services are not answered."""
    simulation = Simulation(store_over(FakeIam()), lambda: NOW)
    other = call("iam", "POST", body=b"Action=ListRoles")

    assert simulation.handle(other) is None
    assert simulation.handle(call("sts", "POST", body=b"Action=SimulateCustomPolicy")) is None


def test_where_statements_stand() -> None:
    """In a list the first begins behind the bracket: AdministratorAccess is told as 3:17 to 8:6 on AWS."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]}, indent=2)

    assert list(spans_of(document)) == [(Position(3, 17), Position(8, 6))]
    assert list(spans_of('{"Statement": []}')) == []


def test_fields_become_values() -> None:
    """Lists by their numbers, structures by their names."""
    fields = {"A.member.2": "y", "A.member.1": "x", "B.C": "z", "D": "1", "E.member.1.F.member.1": "f"}

    assert nested(fields) == {"A": ["x", "y"], "B": {"C": "z"}, "D": "1", "E": [{"F": ["f"]}]}
    assert nested({"A": "1", "A.member.1": "2"}) == {"A": ["2"]}


@pytest.mark.parametrize(
    ("kind", "right", "wrong"),
    [
        ("ip", "10.0.0.0/8", "nonsense"),
        ("ipList", "2001:db8::1", "10.0.0.300"),
        ("numeric", "1.5", "many"),
        ("boolean", "True", "yes"),
        ("date", "2026-01-01T12:00:00Z", "tomorrow"),
        ("date", "1767268800", "x.1"),
        ("binary", "aGk=", "!"),
        ("string", "nonsense", ""),
    ],
)
def test_a_context_entry_must_be_of_its_type(kind: str, right: str, wrong: str) -> None:
    """InvalidInput names none that could be read; any text is a string."""

    def given(value: str) -> Any:
        entry = {"ContextKeyName": "my:key", "ContextKeyType": kind, "ContextKeyValues": [value]}
        return ask(
            "SimulateCustomPolicy",
            PolicyInputList=[allowing("sqs:*")],
            ActionNames=["sqs:SendMessage"],
            ContextEntries=[entry],
        )

    assert given(right)["EvaluationResults"][0]["EvalDecision"] == "allowed"
    if wrong:
        assert given(wrong) == "InvalidInput"
