"""Journals of runs under permissions to draw reports from; always the same."""

import json
from functools import cache
from typing import Any

import sample

from harness import journal as j

ACCOUNT = "123456789012"
BUCKET = "arn:aws:s3:::turbofan-raw"
CURATED = "arn:aws:s3:::turbofan-curated"
ENDPOINT = f"arn:aws:sagemaker:us-east-1:{ACCOUNT}:endpoint/ranker"
MANAGED = "arn:aws:iam::aws:policy/AmazonSageMakerFullAccess"
NO_ALLOW = "because no identity-based policy allows the {} action"


@cache
def managed(name: str) -> Any:
    """Return the AWS managed policy *name* as the moto emulator carries it."""
    from moto.iam.aws_managed_policies import aws_managed_policies_data

    return json.loads(aws_managed_policies_data)[name]["Document"]


def role(name: str) -> str:
    """Return the ARN of the role *name*."""
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def session(name: str, of: str) -> str:
    """Return the ARN of the session *of* the role *name*: a program with its rank, or a function."""
    return f"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{of}"


def used(at: float, who: str, program: str, action: str, resource: str, **more: Any) -> j.PermissionUsed:
    """Return that a session *program* of the role *who* needed *action* on *resource*."""
    call = more.pop("call", action)
    statements = more.pop("statements", [])
    return j.PermissionUsed(
        at, session(who, program), role(who), call, action, resource, more.pop("verdict", "Allowed"),
        more.pop("enforced", True), more.pop("reason", ""), statements, more.pop("context", {}),
    )  # fmt: skip


def denied(at: float, who: str, program: str, action: str, resource: str, **more: Any) -> j.PermissionUsed:
    """Return that it was refused, since no policy of the role allows it."""
    reason = NO_ALLOW.format(action)
    return used(
        at, who, program, action, resource, **{"verdict": "ImplicitlyDenied", "reason": reason} | more
    )


def total(use: j.PermissionUsed, calls: int, last_at: float) -> j.PermissionTotal:
    """Return how often *use* came in the end."""
    return j.PermissionTotal(
        60.0,
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


def allow(actions: Any, resources: Any, **more: Any) -> dict[str, Any]:
    """Return a policy of one statement that allows *actions* on *resources*."""
    statement = {"Effect": "Allow", "Action": actions, "Resource": resources} | more
    return {"Version": "2012-10-17", "Statement": [statement]}


def policies(who: str, **documents: Any) -> j.RolePolicies:
    """Return what the role *who* holds when the run ends: inline policies by their names."""
    held = [{"name": name, "kind": "inline", "document": one} for name, one in documents.items()]
    return j.RolePolicies(59.0, role(who), held)


def in_run(*records: j.Record, verdict: str = "pass", **changes: Any) -> list[j.Record]:
    """Return the journal of a run with *records*."""
    first = sample.started(
        **{"scenario": "s", "description": "", "clock": "wall", "configuration": {}} | changes
    )
    reason = "" if verdict == "pass" else "it failed"
    return sample.ordered([first, *records, j.RunEnded(60.0, verdict, reason, 61.0)])


def ranker() -> list[j.Record]:
    """Return a function's role that holds AmazonSageMakerFullAccess and needs one action of it."""
    use = used(3.0, "ranker-fn", "ranker-fn", "sagemaker:InvokeEndpoint", ENDPOINT,
               statements=["AmazonSageMakerFullAccess#AllowAllNonAdminSageMakerActions"])  # fmt: skip
    held = [{"name": MANAGED, "kind": "managed", "document": managed("AmazonSageMakerFullAccess")}]
    return [use, total(use, 1_204, 58.2), j.RolePolicies(59.0, role("ranker-fn"), held)]


def glue() -> list[j.Record]:
    """Return a role that reads raw objects, and may not write the curated ones."""
    reads = [
        used(10.0 + number, "glue-etl", "transform-0", "s3:GetObject", f"{BUCKET}/part-{number:04}.csv")
        for number in range(12)
    ]
    lists = used(9.0, "glue-etl", "transform-0", "s3:ListBucket", BUCKET, call="s3:ListObjectsV2",
                 context={"s3:prefix": ["part-"]})  # fmt: skip
    refused = denied(31.5, "glue-etl", "transform-0", "s3:PutObject", f"{CURATED}/part-0000.parquet")
    held = allow(
        ["s3:GetObject", "s3:ListBucket", "s3:GetBucketLocation", "s3:DeleteObject"], [BUCKET, f"{BUCKET}/*"]
    )
    return [lists, *reads, refused, total(refused, 3, 33.9), policies("glue-etl", **{"read-raw": held})]


def operator() -> list[j.Record]:
    """Return a user who starts the function."""
    user = f"arn:aws:iam::{ACCOUNT}:user/olga"
    function = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:ranker-fn"
    return [j.PermissionUsed(2.0, user, "", "lambda:Invoke", "lambda:InvokeFunction", function, "Allowed")]


def three_callers() -> list[j.Record]:
    """Return a run of the wide role, the one that lacks something, and a user; it fails."""
    finding = j.Finding(
        31.5, "iam-denied", "error", role("glue-etl"),
        f"glue-etl was refused s3:PutObject on {CURATED}/part-0000.parquet; no expectation speaks of it",
        "https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html",
    )  # fmt: skip
    return in_run(
        *ranker(), *glue(), *operator(), finding, verdict="fail", scenario="lambda-inference",
        variant="as-written", description="A function asks the endpoint, under AmazonSageMakerFullAccess.",
    )  # fmt: skip


def thirty_roles() -> list[j.Record]:
    """Return thirty roles that all hold AmazonSageMakerFullAccess and more, ten of which lack something."""
    records: list[j.Record] = []
    for number in range(30):
        who = f"team-{number:02}-sagemaker-execution-role"
        use = used(
            1.0 + number, who, f"train-{number}", "sagemaker:CreateTrainingJob", f"{ENDPOINT}-{number}"
        )
        records += [use, total(use, number + 1, 40.0)]
        if number % 3 == 0:
            records.append(
                denied(2.0 + number, who, f"train-{number}", "kms:Decrypt", f"arn:aws:kms:::key/{number}")
            )
        managed_one = {"name": MANAGED, "kind": "managed", "document": managed("AmazonSageMakerFullAccess")}
        own = {
            "name": "own",
            "kind": "inline",
            "document": allow([f"{('sns', 'sqs', 'dynamodb')[number % 3]}:*"], "*"),
        }
        records.append(j.RolePolicies(59.0, role(who), [managed_one, own]))
    return in_run(*records, verdict="fail")
