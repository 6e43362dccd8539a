"""Refused calls: AWS's sentence, what to do, what to copy, and which of them were to be refused."""

import json
from typing import Any

import permission_sample as sample
import pytest
from permission_pages import EXACT, ONE, drawn, told
from test_html import page

from harness import journal as j
from harness.iam import Kind, Principal, Request, authorize, parse
from harness.iam.authorization import PolicySet, PolicyType
from harness.scenario import Role, allow
from harness.scenario import denied as asks_denied
from reports.permissions import remedies as permission_remedies
from reports.permissions import words as permission_words
from reports.permissions.expected import Expected


def refusal(**more: Any) -> permission_remedies.Denial:
    """Return what the page says of one refused call of the role `etl`."""
    one = sample.denied(1.0, "etl", "job", "sqs:SendMessage", ONE.resource, **more)
    [found] = permission_remedies.denials(told(one, EXACT)["iam"], Expected())
    return found


def test_awss_sentence_is_told_in_full() -> None:
    """As it stands in the caller's log; what has another form is told as it is."""
    assert refusal().sentence == (
        f"User: {ONE.principal} is not authorized to perform: sqs:SendMessage on resource: {ONE.resource} "
        "because no identity-based policy allows the sqs:SendMessage action"
    )
    assert refusal(reason="The key is disabled").sentence == "The key is disabled"
    everything = {"reason": "with an explicit deny", "principal": "p", "action": "a", "resources": ["*"]}
    assert (
        permission_remedies.sentence(everything)
        == "User: p is not authorized to perform: a with an explicit deny"
    )


def test_the_statement_to_copy_allows_the_call() -> None:
    """And no other resource: judged by the evaluator itself."""
    document = {"Version": "2012-10-17", "Statement": [json.loads(refusal().statement)]}
    held = PolicySet(identity=(parse(document, Kind.IDENTITY),))
    who = Principal("aws", ONE.principal, sample.ACCOUNT, ONE.role)

    def may(resource: str) -> bool:
        return authorize(held, Request.of(who, "sqs:SendMessage", resource)).allowed

    assert may(ONE.resource)
    assert not may(f"{ONE.resource}-other")


def test_the_statement_for_a_resource_names_the_role() -> None:
    """Its policy has to let the role in; a trust policy names no resource."""
    reason = "because no resource-based policy allows the sqs:SendMessage action"
    statement = json.loads(refusal(reason=reason).statement)
    assert (statement["Principal"], statement["Resource"]) == ({"AWS": sample.role("etl")}, ONE.resource)
    trust = refusal(reason="because no role trust policy allows the sts:AssumeRole action")
    assert "policy of the resource" in trust.remedy
    several = {"action": "sts:AssumeRole", "resources": ["a", "b"]}
    assert "Resource" not in permission_remedies.statement_for({"kind": "role", "arn": "x"}, several)
    service = permission_remedies.statement_for(
        {"kind": "service", "arn": "sns.amazonaws.com"}, several | {"action": "sqs:SendMessage"}
    )
    assert (service["Principal"], service["Resource"]) == ({"Service": "sns.amazonaws.com"}, ["a", "b"])


@pytest.mark.parametrize(
    "kind", [kind for kind in PolicyType if kind not in (PolicyType.IDENTITY, PolicyType.RESOURCE)]
)
def test_other_policies_are_to_be_widened(kind: PolicyType) -> None:
    """Nobody can add to them by the role's own policy, so there is nothing to copy."""
    found = refusal(reason=f"because no {kind.value} allows the sqs:SendMessage action")
    assert (found.statement, "must allow sqs:SendMessage too" in found.remedy) == ("", True)


def test_no_allow_helps_against_a_deny() -> None:
    """The statement to take out is named."""
    found = refusal(
        verdict="ExplicitlyDenied",
        reason="with an explicit deny in a service control policy",
        statements=["guard#No"],
    )
    assert found.remedy == (
        "Take that Deny out of the service control policy (guard#No), or narrow it; no Allow can undo it."
    )
    assert (
        "out of the policy, or" in refusal(verdict="ExplicitlyDenied", reason="with an explicit deny").remedy
    )
    assert found.statement == ""


def test_nobody_is_told_to_sign() -> None:
    """Letting anybody in is no remedy to copy."""
    nobody = j.PermissionUsed(
        1.0, "anonymous", "", "s3:GetObject", "s3:GetObject", "arn:aws:s3:::b/k", "ImplicitlyDenied", True,
        "because no resource-based policy allows the s3:GetObject action",
    )  # fmt: skip
    [found] = permission_remedies.denials(told(nobody)["iam"], Expected())
    assert (found.remedy[:13], found.statement) == ("Sign the call", "")


def test_the_first_refusals_are_told_in_full_and_the_others_unfold() -> None:
    """Ten of them: three open, seven to be unfolded; none is lost."""
    html = drawn("thirty_roles")
    assert html.count('<div class="refusal bad">') == 3
    assert html.count('<details class="refusal bad">') == 7


def test_of_very_many_refusals_the_page_shows_some() -> None:
    """And says how many are in the summary."""
    many = [sample.denied(float(n), "etl", f"job-{n}", "sqs:SendMessage", ONE.resource) for n in range(45)]
    assert "5 more refused actions are not shown here" in page(sample.in_run(*many)).words


# -- what was to be refused -----


def judged(question: Any, *, ok: bool = True) -> j.Expectation:
    """Return that the expectation *question* was judged."""
    value = 1.0 if ok else 0.5
    return j.Expectation(50.0, question.name, ">= 1", value, "ratio", ok, "", "least privilege")


def test_a_refusal_that_an_expectation_asks_for_is_no_trouble() -> None:
    """It is told as what it is, last and folded, with nothing to add to a policy."""
    refused = sample.denied(1.0, "etl", "job-0", "s3:PutObject", "arn:aws:s3:::raw/a.csv")
    etl = Role("etl", statements=[allow("sqs:SendMessage")])
    check = judged(asks_denied(etl, "s3:PutObject", "arn:aws:s3:::raw/*"))
    assert permission_words.answer(told(refused, check, ONE, EXACT)) == (
        "The one role uses all that it is granted, and 1 call was refused as expected", "", "ok",
    )  # fmt: skip
    words = " ".join(page(sample.in_run(refused, check, ONE, EXACT)).words.split())
    assert "1 role; 1 call was refused as expected." in words
    assert "refused as expected etl" in words
    assert "add this to its policy" not in words


@pytest.mark.parametrize(
    ("role", "action", "on", "met"),
    [
        ("etl", "s3:PutObject", "arn:aws:s3:::other/*", True),
        ("etl", "s3:GetObject", "arn:aws:s3:::raw/*", True),
        ("other", "s3:PutObject", "arn:aws:s3:::raw/*", True),
        ("etl", "s3:PutObject", "arn:aws:s3:::raw/*", False),
    ],
)
def test_other_expectations_excuse_nothing(role: str, action: str, on: str, met: bool) -> None:
    """Of another role, action or resource, or one that was not met."""
    refused = sample.denied(1.0, "etl", "job-0", "s3:PutObject", "arn:aws:s3:::raw/a.csv")
    question = asks_denied(Role(role, statements=[allow("sqs:SendMessage")]), action, on)
    found = permission_words.answer(told(refused, judged(question, ok=met), ONE, EXACT))
    assert found is not None
    assert found[0] == "Role etl was refused s3:PutObject (1 call)"


def test_an_expectation_may_speak_of_everything_and_of_one_program() -> None:
    """Without a resource it asks for the refusal anywhere; of one program for no other's."""
    check = {"ok": True, "name": "etl: s3:PutObject denied to job"}
    row = {"action": "s3:PutObject", "resources": ["arn:aws:s3:::raw/a.csv"]}
    assert Expected([check]).covers("etl", row | {"program": "job-12"})
    assert not Expected([check]).covers("etl", row | {"program": "serve-0"})
