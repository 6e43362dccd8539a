"""MiniStack attaches AWS's policies and the account's own, and none that does not exist."""

from typing import Any

import pytest

from harness.backends.ministack_managed import ATTACHING, AwsPolicies, install
from harness.iam.managed import PREFIX, managed_policies

FULL = f"{PREFIX}/AmazonSageMakerFullAccess"
BASIC = f"{PREFIX}/service-role/AWSLambdaBasicExecutionRole"


@pytest.fixture
def iam(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return MiniStack's IAM with AWS's policies put into it; afterwards it is as it was.

    Attaching itself answers "attached", for a policy that gets so far.
    """
    from ministack.core.responses import AccountScopedDict
    from ministack.services import iam

    monkeypatch.setattr(iam, "_aws_managed_policies", dict(iam._aws_managed_policies))
    monkeypatch.setattr(iam, "_policies", AccountScopedDict())
    for action in ATTACHING:
        monkeypatch.setitem(iam._IAM_HANDLERS, action, lambda _given: "attached")
    install()
    return iam


@pytest.mark.parametrize("action", ATTACHING)
def test_what_does_not_exist_is_not_attached(iam: Any, action: str) -> None:
    """AWS's answer: IAM API reference, "AttachRolePolicy", NoSuchEntity."""
    attach = iam._IAM_HANDLERS[action]
    status, _, body = attach({"PolicyArn": [f"{PREFIX}/AmazonSageMakerFulAccess"]})
    assert status == 404
    assert b"<Code>NoSuchEntity</Code>" in body
    assert b"AmazonSageMakerFulAccess does not exist or is not attachable." in body
    assert attach({})[0] == 404


@pytest.mark.parametrize("action", ATTACHING)
def test_what_exists_is_attached(iam: Any, action: str) -> None:
    """AWS's, which MiniStack does not carry all of, and the account's own."""
    mine = "arn:aws:iam::123456789012:policy/mine"
    iam._policies[mine] = {"Arn": mine}
    for arn in (FULL, BASIC, mine):
        assert iam._IAM_HANDLERS[action]({"PolicyArn": [arn]}) == "attached"


def test_ministack_reads_aws_version_of_each(iam: Any) -> None:
    """A path is part of the policy, not of its name; dates are written as IAM does."""
    for arn, path, name in (
        (FULL, "/", "AmazonSageMakerFullAccess"),
        (BASIC, "/service-role/", "AWSLambdaBasicExecutionRole"),
    ):
        known, record = managed_policies().find(arn), iam._lookup_policy(arn)
        assert known is not None
        assert (record["Arn"], record["Path"], record["PolicyName"]) == (arn, path, name)
        assert (record["DefaultVersionId"], record["PolicyId"]) == (known.version, known.unique_id)
        version = record["Versions"][known.version]
        assert (version["Document"], version["IsDefaultVersion"]) == (known.document, True)
        assert record["CreateDate"].endswith("Z")


def test_a_policy_is_built_once(iam: Any) -> None:
    """What MiniStack writes into its record, as tags, is still there the next time."""
    assert iam._lookup_policy(FULL) is iam._lookup_policy(FULL)


def test_after_a_reset_of_ministack_they_are_all_there_again(iam: Any) -> None:
    """It empties its store and fills in the few that it carries."""
    iam._lookup_policy(FULL)
    iam._aws_managed_policies.clear()
    iam._seed_aws_managed_policies()
    assert isinstance(iam._aws_managed_policies, AwsPolicies)
    assert iam._lookup_policy(FULL)["PolicyName"] == "AmazonSageMakerFullAccess"
    known = managed_policies().find(BASIC)
    assert known is not None
    assert iam._lookup_policy(BASIC)["DefaultVersionId"] == known.version


def test_what_aws_has_not_is_the_callers_default() -> None:
    """As of any dict."""
    policies = AwsPolicies(lambda _name, _document: {})
    assert policies.get("arn:aws:iam::aws:policy/None") is None
    assert policies.get("arn:aws:iam::aws:policy/None", 7) == 7
