"""The cases written from AWS's IAM user guide, as far as one kind of policy decides alone."""

import json
from pathlib import Path
from typing import Any

from harness.iam import Kind, Principal, Request, decide, parse

BESIDE = ("scps", "rcps", "boundary", "sessionPolicy")


def test_every_case_that_one_policy_decides_alone(shared: Path) -> None:
    """Promise: 126 of the 148 cases come out as AWS's guide says; the others need policies side by side."""
    cases = json.loads((shared / "truth" / "iam_cases.json").read_text())["vectors"]
    alone = [case for case in cases if _is_alone(case)]
    wrong = [case["id"] for case in alone if _decision(case) != case["expected"]]
    assert wrong == []
    assert len(alone) == 126


def _is_alone(case: dict[str, Any]) -> bool:
    request, identity, resource = case["request"], case["identityPolicies"], case.get("resourcePolicy")
    if any(case.get(each) for each in BESIDE) or (identity and resource):
        return False
    same_account = request.get("resourceAccount", request.get("account")) == request.get("account")
    by_root = "root" in json.dumps(resource or {})
    return (same_account or not request.get("account")) and not by_root


def _decision(case: dict[str, Any]) -> str:
    given = case["request"]
    request = Request.of(_principal(given), given["action"], given["resource"], given.get("context"))
    if case.get("resourcePolicy"):
        kind = Kind.TRUST if given["action"].startswith("sts:") else Kind.RESOURCE
        statements = parse(case["resourcePolicy"], kind).statements
    else:
        policies = [parse(each, Kind.IDENTITY) for each in case["identityPolicies"]]
        statements = tuple(statement for policy in policies for statement in policy.statements)
    found = decide(statements, request)
    if found.allowed:
        return "Allowed"
    denied = "ExplicitlyDenied" if found.explicit_deny else "ImplicitlyDenied"
    return "Denied" if case["expected"] == "Denied" else denied


def _principal(given: dict[str, Any]) -> Principal:
    name, account = given["principal"], given.get("account", "")
    if name == "anonymous":
        return Principal("anonymous")
    if not name.startswith("arn:"):
        return Principal.service(name)
    role = ""
    if ":assumed-role/" in name:
        role = name.replace(":sts:", ":iam:").replace(":assumed-role/", ":role/").rpartition("/")[0]
    return Principal("aws", name, account, role)
