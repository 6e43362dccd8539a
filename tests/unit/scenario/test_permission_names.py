"""Names that cannot be meant are told where they are declared, with the nearest that can."""

import re
from typing import Any

import pytest

from harness.errors import EnvironmentFault, ScenarioError
from harness.iam import managed
from harness.scenario import Bucket, ManagedPolicy, Program, Role, allow, denied, deny, granted, used
from harness.scenario.expectations.permissions import refused_calls, unused

ROLE = Role("reader")
AWS = "arn:aws:iam::aws:policy/"


@pytest.mark.parametrize(
    ("build", "sentence"),
    [
        (lambda: allow("s3:GetObjects"), "allow('s3:GetObjects'): s3 has no such action … 's3:GetObject'?"),
        (lambda: deny("sqs:SendMessageBatch"), "did you mean 'sqs:SendMessage'?"),
        (lambda: allow("sqs:SendMesage*"), "did you mean 'sqs:SendMessage'?"),
        (lambda: allow("sqs:Zzzzzzzz"), "sqs has no such action; see what AWS's reference lists for sqs"),
        (lambda: allow(3), "allow: an action is 3; give text as 's3:GetObject'"),
        (lambda: denied(ROLE, "s3:GetObjcet"), "denied('s3:GetObjcet'): s3 has no such action"),
        (lambda: allow("s3:GetObject", when="x"), "allow('s3:GetObject'): when is 'x'; give conditions as"),
        (lambda: allow("s3:GetObject", when={"Bool": "x"}), "when is {'Bool': 'x'}"),
        (lambda: allow("s3:GetObject", on=3), "on names 3; give an ARN, or what was declared"),
        (lambda: allow("s3:GetObject", by="ann"), "by: 'ann' is nobody to IAM; give a role, an ARN"),
        (lambda: Role("r", "sagemaker"), "'sagemaker' is nobody to IAM; … as sagemaker.amazonaws.com"),
        (lambda: Role("r", "sagemakr.amazonaws.com"), "did you mean sagemaker.amazonaws.com?"),
        (lambda: Role("r", managed=(AWS + "AmazonSagemakerFullAcces",)), f"{AWS}AmazonSageMakerFullAccess?"),
        (lambda: Role("r", boundary=AWS + "Zzzz"), "AWS has no managed policy … declare a ManagedPolicy"),
        (lambda: Role("r", managed=(3,)), "3 is no ARN of a managed policy"),
        (lambda: Role("r", statements=("s3:*",)), "statements has 's3:*'; give statements as allow("),
        (lambda: denied("reader", "s3:GetObject"), "denied is given 'reader'; give the Role itself"),
        (lambda: denied(ROLE, "s3:GetObject", by="p"), "denied: by is given 'p'; give the Program itself"),
        (lambda: refused_calls("reader"), "refused_calls is given 'reader'"),
        (lambda: used("reader"), "used is given 'reader'"),
        (lambda: granted("reader"), "granted is given 'reader'"),
        (lambda: unused("reader"), "unused is given 'reader'"),
        (lambda: Program("p", len, role="reader"), "Program 'p': role is 'reader'; give the Role"),
        (lambda: Program("p", len, via="vpce-1"), "via is 'vpce-1'; give the VpcEndpoint itself"),
    ],
)  # fmt: skip
def test_the_sentence_names_what_is_wrong_and_the_way_out(build: Any, sentence: str) -> None:
    """A ScenarioError, when the thing is built, not an error of Python and not a deployment later."""
    with pytest.raises(ScenarioError) as error:
        build()
    for piece in sentence.split(" … "):
        assert piece in str(error.value)


@pytest.mark.parametrize(
    "action",
    [
        "s3:getobject",
        "s3:Get*",
        "*",
        "s*:Get*",
        "nosuchservice:Get",
        "sagemaker:InvokeEndpoint",
        "s3:?etObject",
    ],
)
def test_actions_that_may_be_meant_are_taken(action: str) -> None:
    """In any case, with wildcards, and whatever a service that the reference does not know may have."""
    assert allow(action).actions == (action,)


@pytest.mark.parametrize(
    "who",
    [
        "*",
        "123456789012",
        "arn:aws:iam::123456789012:root",
        "{account}",
        ROLE,
        "states.amazonaws.com",
        "ecs-tasks.amazonaws.com",
        "delivery.logs.amazonaws.com",
        "wholly.unlike.amazonaws.com",
        "lambda.amazonaws.com.cn",
    ],
)
def test_principals_that_may_be_meant_are_taken(who: Any) -> None:
    """Nobody has a list of all services: only what nearly is one is told."""
    assert allow("s3:GetObject", by=who).by == (who,)


def test_one_thing_stands_for_several() -> None:
    """One statement, one managed policy."""
    mine = ManagedPolicy("mine", (allow("s3:GetObject"),))
    one = Role("r", statements=allow("s3:GetObject"), managed=mine, boundary=mine)
    assert one == Role("r", statements=(allow("s3:GetObject"),), managed=(mine,), boundary=mine)
    assert Role("r", managed=(AWS + "AmazonSageMakerFullAccess",)).policies == ()
    own = "arn:aws:iam::123456789012:policy/theirs"
    assert Role("r", managed=(own,)).managed == (own,)
    assert Bucket("raw-data").arn("", "").endswith("raw-data")


def test_without_the_list_of_policies_nothing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is moto's: a scenario can be read where moto is not installed."""

    def absent() -> managed.ManagedPolicies:
        raise EnvironmentFault("no moto")

    monkeypatch.setattr(managed, "managed_policies", absent)
    assert re.search("Nonsense", str(Role("r", managed=(AWS + "Nonsense",))))
