"""Calls of IAM that name no user are about the one who calls."""

import pytest

from harness.aws.permission.callers import session_of, user_of
from harness.aws.permission.keys import Caller
from harness.aws.permission.own_user import with_own_user
from harness.iam.actions import Call, Place, needs_of

ACCOUNT = "123456789012"
ANN = user_of(f"arn:aws:iam::{ACCOUNT}:user/ml/ann", ACCOUNT, "ann")
SESSION = session_of(f"arn:aws:iam::{ACCOUNT}:role/worker", "one", "")
UNNAMED = f"arn:aws:iam::{ACCOUNT}:user/*"


@pytest.mark.parametrize(
    ("service", "operation", "members", "caller", "resource"),
    [
        ("iam", "GetUser", {}, ANN, ANN.principal.name),
        ("iam", "CreateAccessKey", {}, ANN, ANN.principal.name),
        ("iam", "GetUser", {"UserName": "bob"}, ANN, f"arn:aws:iam::{ACCOUNT}:user/bob"),
        ("iam", "GetUser", {}, SESSION, UNNAMED),
        ("iam", "GetRole", {"RoleName": "worker"}, ANN, f"arn:aws:iam::{ACCOUNT}:role/worker"),
        ("sqs", "ListQueues", {}, ANN, "*"),
    ],
)
def test_whom_a_call_is_about(
    service: str, operation: str, members: dict[str, str], caller: Caller, resource: str
) -> None:
    """A user by its own ARN, with its path; a role must say whom it means."""
    made = Call(service, operation, members)
    needs = needs_of(made, Place("us-east-1", ACCOUNT))
    assert needs is not None
    assert [each.resource for each in with_own_user(made, needs, caller)] == [resource]
