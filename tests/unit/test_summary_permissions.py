"""The summary's account of permissions, and that the schema describes it."""

import json
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from harness import journal as j
from harness.iam.actions.catalogue import expand
from harness.summary import summarise

SCHEMA = json.loads((Path(__file__).parents[2] / "docs/reference/summary.schema.json").read_text())
FIRST = j.RunStarted(0.0, "roles", "corrected", "", "wall", 1, 1.79e9, "embedded", {}, {}, "harness run")
ACCOUNT = "123456789012"
ETL = f"arn:aws:iam::{ACCOUNT}:role/etl"
OBJECTS = "arn:aws:s3:::raw/{}.csv"
NO_ALLOW = "because no identity-based policy allows the {} action"


def summary_of(*records: j.Record) -> dict[str, Any]:
    """Return the `iam` of a run with *records*, checked against the schema; an empty dict without one."""
    summary = summarise([FIRST, *records, j.RunEnded(60.0, "pass", "", 1.0)])
    errors = Draft202012Validator(SCHEMA).iter_errors(json.loads(json.dumps(summary)))
    assert [error.message for error in errors] == []
    found: dict[str, Any] = summary.get("iam", {})
    return found


def session(program: str, role: str = "etl") -> str:
    """Return the ARN of the session *program* of a role."""
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{program}"


def used(at: float, action: str, resource: str, program: str = "job-0", **more: Any) -> j.PermissionUsed:
    """Return that *program* needed *action* under the role `etl`."""
    given: dict[str, Any] = {"call": action, "verdict": "Allowed", "role": ETL} | more
    return j.PermissionUsed(at, session(program), action=action, resource=resource, **given)


def refused(at: float, action: str, resource: str, program: str = "job-0", **more: Any) -> j.PermissionUsed:
    """Return that it was refused, since nothing allows it."""
    reason = {"verdict": "ImplicitlyDenied", "reason": NO_ALLOW.format(action)}
    return used(at, action, resource, program, **reason | more)


def total(use: j.PermissionUsed, calls: int, last_at: float) -> j.PermissionTotal:
    """Return how often *use* came."""
    return j.PermissionTotal(
        59.0,
        use.principal,
        use.role,
        use.call,
        use.action,
        use.resource,
        use.verdict,
        calls,
        last_at,
        use.context,
    )


def holds(*statements: dict[str, Any], role: str = ETL, kind: str = "inline") -> j.RolePolicies:
    """Return that *role* holds a policy of *statements*, each allowed."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]}
    return j.RolePolicies(58.0, role, [{"name": "own", "kind": kind, "document": document}])


READS = {"Sid": "Read", "Action": ["s3:GetObject", "s3:DeleteObject"], "Resource": "arn:aws:s3:::raw/*"}
QUEUES = {"Sid": "Queues", "Action": "sqs:*", "Resource": "*"}


def test_granted_used_unused_and_denied_by_name() -> None:
    """The five keys of a role, wildcards expanded into the actions that exist."""
    one = summary_of(
        used(1.0, "s3:GetObject", OBJECTS.format(1)),
        refused(2.0, "s3:PutObject", OBJECTS.format(1)),
        holds(READS, QUEUES),
    )["etl"]
    assert (one["used"], one["denied"], one["arn"], one["kind"]) == (
        ["s3:GetObject"],
        ["s3:PutObject"],
        ETL,
        "role",
    )
    assert one["granted"] == ["s3:DeleteObject", "s3:GetObject", "sqs:*"]
    granted = {action for pattern in one["granted"] for action in expand(pattern)}
    assert granted - set(one["used"]) == set(one["unused"])
    assert {"s3:DeleteObject", "sqs:SendMessage"} <= set(one["unused"])
    assert one["granted_actions"] == len(granted) == one["unused_actions"] + 1
    assert one["unused_by_service"] == {"s3": 1, "sqs": one["unused_actions"] - 1}
    assert one["minimal_policy"]["Statement"][0]["Action"] == ["s3:GetObject"]


def test_statements_say_whether_they_were_needed() -> None:
    """By their labels, with what they reach; patterns wider than what was used beside them."""
    one = summary_of(
        used(1.0, "s3:GetObject", OBJECTS.format(1)),
        holds(READS, QUEUES, {"Sid": "Rest", "Action": "sns:Publish", "NotResource": "arn:aws:sns:::alarms"}),
    )["etl"]
    assert [(grant["statement"], grant["needed"], grant["resources"]) for grant in one["grants"]] == [
        ("own#Read", True, ["arn:aws:s3:::raw/*"]),
        ("own#Queues", False, ["*"]),
        ("own#Rest", False, ["not arn:aws:sns:::alarms"]),
    ]
    [wider] = one["wider"]
    assert (wider["action"], wider["pattern"], wider["used"]) == (
        "s3:GetObject",
        "arn:aws:s3:::raw/*",
        [OBJECTS.format(1)],
    )


def test_who_used_what_when_from_which_program() -> None:
    """A row for each program, action and call: objects in one row, their times and calls together."""
    second = used(4.0, "s3:GetObject", OBJECTS.format(2))
    rows = summary_of(
        used(2.0, "s3:GetObject", OBJECTS.format(1)),
        second,
        total(second, 5, 9.0),
        used(3.0, "s3:GetObject", OBJECTS.format(1), "job-1"),
        used(3.5, "s3:GetObject", OBJECTS.format(1), "job-1", call="s3:HeadObject"),
    )["etl"]["uses"]
    assert [
        (row["program"], row["call"], row["calls"], row["first_at_s"], row["last_at_s"]) for row in rows
    ] == [
        ("job-0", "s3:GetObject", 6, 2.0, 9.0),
        ("job-1", "s3:GetObject", 1, 3.0, 3.0),
        ("job-1", "s3:HeadObject", 1, 3.5, 3.5),
    ]
    assert (rows[0]["resources"], rows[0]["resource_count"]) == ([OBJECTS.format(1), OBJECTS.format(2)], 2)


def test_of_very_many_resources_the_first_are_named() -> None:
    """With how many there were."""
    [row] = summary_of(*(used(1.0 + n, "s3:GetObject", OBJECTS.format(n)) for n in range(50)))["etl"]["uses"]
    assert (len(row["resources"]), row["resource_count"]) == (20, 50)


def test_a_refusal_says_what_would_allow_it() -> None:
    """AWS's words, the keys of the call, and the statement that lacks; against a Deny there is none."""
    passing = refused(
        2.0, "iam:PassRole", f"arn:aws:iam::{ACCOUNT}:role/trainer", call="sagemaker:CreateTrainingJob",
        context={"iam:passedtoservice": ["sagemaker.amazonaws.com"]},
    )  # fmt: skip
    stopped = refused(
        1.0, "s3:PutObject", OBJECTS.format(1), verdict="ExplicitlyDenied", statements=["own#No"]
    )
    by_deny, by_nothing = summary_of(passing, stopped)["etl"]["denials"]
    assert (by_deny["action"], by_deny["statements"], "allow" in by_deny) == (
        "s3:PutObject",
        ["own#No"],
        False,
    )
    assert by_nothing["context"] == {"iam:passedtoservice": ["sagemaker.amazonaws.com"]}
    [statement] = by_nothing["allow"]
    assert statement["Condition"] == {"StringEquals": {"iam:PassedToService": ["sagemaker.amazonaws.com"]}}


def test_the_smallest_policy_comes_with_its_proof() -> None:
    """Its size beside that of what is granted; a role that did nothing has none."""
    one = summary_of(used(1.0, "s3:GetObject", OBJECTS.format(1)), holds(READS, QUEUES))["etl"]
    assert one["minimal_size"]["statements"] == one["minimal_size"]["actions"] == 1
    assert one["minimal_size"]["characters"] < one["granted_characters"]
    assert (one["proof"]["holds"], one["proof"]["requests"], one["proof"]["refused"]) == (True, 1, [])
    assert "minimal_policy" not in summary_of(holds(READS))["etl"]


def test_the_trust_policy_is_not_part_of_what_is_granted() -> None:
    """Nor of its size."""
    one = summary_of(
        holds({"Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}, kind="trust")
    )
    assert (one["etl"]["granted"], one["etl"]["granted_characters"]) == ([], 0)


def test_passing_a_role_and_creating_is_a_named_risk() -> None:
    """The path of escalation with its actions and the statement that grants them."""
    wide = {
        "Sid": "Wide",
        "Action": ["iam:PassRole", "lambda:CreateFunction", "lambda:InvokeFunction"],
        "Resource": "*",
    }
    found = [
        risk for risk in summary_of(holds(wide))["etl"]["risks"] if risk["category"] == "PrivilegeEscalation"
    ]
    assert any("iam:PassRole" in risk["actions"] and risk["statements"] == ["own#Wide"] for risk in found)


def test_of_a_very_wide_role_whole_services_are_one_name() -> None:
    """An administrator's 20,000 actions are a list that can be read; services used in part are named."""
    one = summary_of(used(1.0, "s3:GetObject", OBJECTS.format(1)), holds({"Action": "*", "Resource": "*"}))[
        "etl"
    ]
    assert one["granted_actions"] > 10_000 > len(one["granted"])
    assert {"s3:*", "sqs:*"} <= set(one["granted"])
    assert {"sqs:*", "s3:PutObject"} <= set(one["unused"])
    assert not {"s3:*", "s3:GetObject"} & set(one["unused"])


def test_calls_that_nobody_mapped_are_not_covered() -> None:
    """Neither used nor denied: nobody knows what they need."""
    strange = used(1.0, "braket:Strange", "*", verdict="NotCovered")
    one = summary_of(
        strange, total(strange, 3, 2.0), used(1.0, "braket:Strange", "*", "job-1", verdict="NotCovered")
    )["etl"]
    assert (one["used"], one["denied"]) == ([], [])
    assert one["not_covered"] == [
        {"call": "braket:Strange", "enforced": True, "calls": 4, "programs": ["job-0", "job-1"]}
    ]


def test_without_its_policies_nothing_is_said_of_what_a_role_holds() -> None:
    """A killed run has none: not granted nothing, but not known."""
    one = summary_of(used(1.0, "s3:GetObject", OBJECTS.format(1)))["etl"]
    assert not {"granted", "unused", "granted_actions", "risks"} & one.keys()


def test_a_policy_that_aws_would_not_take_is_told_and_not_fatal() -> None:
    """Why it could not be read; it grants nothing."""
    one = summary_of(
        holds({"Action": "s3:GetObject", "Resource": "*", "Condition": {"StringIs": {"a": "b"}}})
    )
    assert one["etl"]["unreadable"][0].startswith("own: ")
    assert one["etl"]["granted"] == []


def test_users_have_an_account_of_their_own() -> None:
    """By their names; of two callers with one name by their ARNs."""
    olga = f"arn:aws:iam::{ACCOUNT}:user/olga"
    call = (
        "lambda:Invoke",
        "lambda:InvokeFunction",
        f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:f",
        "Allowed",
    )
    found = summary_of(j.PermissionUsed(1.0, olga, "", *call))
    assert (found["olga"]["kind"], found["olga"]["used"]) == ("user", ["lambda:InvokeFunction"])
    assert "minimal_policy" in found["olga"]
    same = [holds(READS), holds(READS, role=ETL.replace(ACCOUNT, "210987654321"))]
    assert list(summary_of(*same)) == [ETL, ETL.replace(ACCOUNT, "210987654321")]


def test_of_others_only_refusals_are_told() -> None:
    """The account's root is not limited by policies of its own, and nobody needs a smaller one."""
    root, topic = f"arn:aws:iam::{ACCOUNT}:root", f"arn:aws:sns:us-east-1:{ACCOUNT}:t"
    kinds = {
        name: one["kind"]
        for name, one in summary_of(
            *(
                j.PermissionUsed(1.0, who, "", "sns:Publish", "sns:Publish", topic, verdict)
                for who, verdict in (
                    (root, "ExplicitlyDenied"), ("anonymous", "ImplicitlyDenied"),
                    ("sns.amazonaws.com", "ImplicitlyDenied"), ("events.amazonaws.com", "Allowed"),
                )
            )
        ).items()
    }  # fmt: skip
    assert kinds == {"anonymous": "other", root: "root", "sns.amazonaws.com": "service"}


def test_a_run_without_permissions_has_no_part() -> None:
    """Absent, not empty."""
    assert "iam" not in summarise([FIRST, j.RunEnded(60.0, "pass", "", 1.0)])
