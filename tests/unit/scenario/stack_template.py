"""Templates with a role and a function, and what a scenario finds in them."""

import json
from pathlib import Path
from typing import Any

from harness.scenario import (
    Stack,
)

TRUST = {
    "Statement": {
        "Effect": "Allow",
        "Principal": {"Service": "lambda.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
}


ROLE = {"Type": "AWS::IAM::Role", "Properties": {"RoleName": "worker", "AssumeRolePolicyDocument": TRUST}}


WORKER = {
    "Type": "AWS::Lambda::Function",
    "Properties": {
        "FunctionName": "worker",
        "Runtime": "python3.12",
        "Handler": "index.handler",
        "Timeout": 10,
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": "def handler(event, context): pass"},
    },
}


def stack(folder: Path, resources: dict[str, Any], **given: Any) -> Stack:
    """Return the stack of a template with *resources*."""
    path = folder / "pipeline.json"
    path.write_text(json.dumps({"Resources": resources}))
    return Stack(path, **given)


def of(kind: str, **properties: Any) -> dict[str, Any]:
    """Return a resource."""
    return {"Type": kind, "Properties": properties}
