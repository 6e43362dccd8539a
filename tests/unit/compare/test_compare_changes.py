"""What came and went: expectations, findings, grants."""

from typing import Any

import pytest

from harness.compare.changes import expectations, findings, policies
from tests.unit.compare.made import summary


def judged(*ok: tuple[str, bool]) -> dict[str, Any]:
    """Return a summary with expectations of these names and outcomes."""
    rows = [{"name": name, "ok": met, "limit": "< 1", "value": 0.5, "unit": "s"} for name, met in ok]
    return summary(expectations=rows)


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        ([("a", True)], [("a", False)], "now fails"),
        ([("a", False)], [("a", True)], "now met"),
        ([], [("a", False)], "new, fails"),
        ([], [("a", True)], "new, met"),
        ([("a", True)], [], "gone"),
    ],
)
def test_an_expectation_that_flips_is_told(
    before: list[tuple[str, bool]], after: list[tuple[str, bool]], what: str
) -> None:
    """With its limit, and both values where there were two."""
    [found] = expectations([judged(*before)], [judged(*after)])
    assert found["what"] == what
    assert found["limit"] == "< 1"
    assert (found["before"] is None) == (not before)


def test_what_stays_as_it_is_is_not_told() -> None:
    """Met or not."""
    same = judged(("a", True), ("b", False))
    assert expectations([same], [same]) == []


def test_what_fails_now_comes_first() -> None:
    """Before what became better."""
    found = expectations([judged(("a", False), ("b", True))], [judged(("a", True), ("b", False))])
    assert [one["name"] for one in found] == ["b", "a"]


def test_of_several_runs_it_is_told_how_many_met_it() -> None:
    """All must, for the side to."""
    met, missed = judged(("a", True)), judged(("a", False))
    [found] = expectations([met, met], [met, missed])
    assert (found["before_met"], found["after_met"]) == ([2, 2], [1, 2])


def test_findings_come_and_go_by_rule_and_resource() -> None:
    """Their words may change."""

    def found(rule: str, message: str) -> dict[str, str]:
        return {"rule": rule, "severity": "error", "resource": "q", "message": message, "aws_source": ""}

    before = summary(findings=[found("old", "x"), found("same", "5 times")])
    after = summary(findings=[found("new", "y"), found("same", "6 times")])
    told = findings([before], [after])
    assert [one["rule"] for one in told["came"]] == ["new"]
    assert [one["rule"] for one in told["went"]] == ["old"]


def test_a_policy_is_compared_grant_by_grant() -> None:
    """An action on a resource, with its conditions; how statements are grouped says nothing."""

    def role(*statements: dict[str, Any]) -> dict[str, Any]:
        return summary(iam={"worker": {"minimal_policy": {"Statement": list(statements)}}})

    before = role({"Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage"], "Resource": "q"})
    after = role(
        {"Action": "sqs:ReceiveMessage", "Resource": ["q"]},
        {"Action": "kms:Decrypt", "Resource": "k", "Condition": {"StringEquals": {"kms:ViaService": "sqs"}}},
    )
    [found] = policies([before], [after])
    assert found["added"] == ["kms:Decrypt on k if StringEquals kms:ViaService sqs"]
    assert found["removed"] == ["sqs:DeleteMessage on q"]


def test_equal_policies_are_not_told() -> None:
    """Nor is a role of which no policy is known; one that is new is."""
    one = summary(
        iam={"worker": {"minimal_policy": {"Statement": [{"Action": "a", "Resource": "r"}]}}, "x": {}}
    )
    assert policies([one], [one]) == []
    assert policies([summary()], [one])[0]["added"] == ["a on r"]
    assert (
        policies([summary(iam={"w": {"minimal_policy": {"Statement": [{"Action": "a"}]}}})], [summary()])
        == []
    )
