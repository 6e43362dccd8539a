"""The order of findings, what takes them out, and what is said of comments that take out nothing."""

from pathlib import Path

import pytest

from harness.audit.catalogue import every_rule
from harness.audit.engine import audit
from harness.audit.ignoring import ignored_in
from harness.audit.of_template import source_text
from tests.unit.audit.audited import audited, view

TEMPLATE = """
Resources:
  Dead: {{Type: AWS::SQS::Queue}}
  Jobs:
    Type: AWS::SQS::Queue
    {metadata}
    Properties:
      {before}
      RedrivePolicy: {{deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 1}}  {beside}
"""


def jobs(metadata: str = "", before: str = "", beside: str = "") -> str:
    """Return a template with a queue that gives up after one receive."""
    return TEMPLATE.format(
        metadata=metadata or "DependsOn: Dead", before=before or "DelaySeconds: 1", beside=beside
    )


def test_findings_come_the_worst_first(tmp_path: Path) -> None:
    """An error stands before a warning, whatever their lines."""
    text = (
        jobs() + "  Nightly: {Type: AWS::Events::Rule, Properties: {ScheduleExpression: rate(1 minutes)}}\n"
    )
    found = audited(tmp_path, text)
    assert [each.severity for each in found.findings] == ["error", "warning"]
    assert found.findings[0].place.endswith("template.yaml:10")
    assert found.reaches("note")
    assert found.reaches("error")


def test_an_audit_without_findings_reaches_nothing(tmp_path: Path) -> None:
    """Nothing found is no reason to fail."""
    found = audited(tmp_path, "Resources:\n  Jobs: {Type: AWS::SQS::Queue}\n")
    assert (found.findings, found.worst(), found.reaches("note")) == ((), None, False)


IGNORING = "# harness-ignore: max-receive-count-one: it never fails twice alike"


@pytest.mark.parametrize(
    "given",
    [
        {"beside": IGNORING},
        {"before": f"{IGNORING}\n      # and a second comment"},
        {"metadata": "Metadata: {Harness: {Ignore: [{Rule: max-receive-count-one, Reason: it never does}]}}"},
    ],
    ids=["beside", "before", "metadata"],
)
def test_a_finding_is_left_alone_with_a_reason(given: dict[str, str], tmp_path: Path) -> None:
    """A comment on the line or above it, or Metadata, takes a finding out and keeps the reason."""
    found = audited(tmp_path, jobs(**given))
    assert found.findings == ()
    assert found.unused == ()
    assert found.ignored[0].rule == "max-receive-count-one"
    assert "it never" in (found.ignored[0].ignored or "")


def test_a_comment_without_a_reason_takes_nothing_out(tmp_path: Path) -> None:
    """Whoever leaves a finding alone says why."""
    found = audited(tmp_path, jobs(beside="# harness-ignore: max-receive-count-one"))
    assert [each.rule for each in found.findings] == ["max-receive-count-one"]
    assert "without a reason" in found.unused[0]


def test_a_comment_about_another_rule_is_told_as_vain(tmp_path: Path) -> None:
    """What is ignored and not found is said, so that it goes when the fault has gone."""
    found = audited(tmp_path, jobs(beside="# harness-ignore: secret-in-environment: none here"))
    assert len(found.findings) == 1
    assert found.unused[0].endswith("secret-in-environment is found nowhere there")


def test_a_comment_about_a_rule_that_did_not_run_is_not_vain(tmp_path: Path) -> None:
    """With `--rule` only the rules that ran can be missed."""
    seen = view(tmp_path, jobs(beside=IGNORING))
    only = [rule for rule in every_rule() if rule.id == "bucket-acl-public"]
    assert audit(seen, only, lambda file: Path(file).read_text()).unused == ()


def test_comments_of_terraform_are_read() -> None:
    """`#`, `//` and `/* */` are comments where templates have them."""
    text = "a = 1 // harness-ignore: one-rule: why not\n/* harness-ignore: other-rule - so */\n\nb = 2\n"
    found = list(ignored_in(text, "main.tf"))
    assert [(each.rule, each.reason, each.line, each.covers) for each in found] == [
        ("one-rule", "why not", 1, None),
        ("other-rule", "so", 2, 4),
    ]


def test_a_comment_at_the_end_covers_nothing() -> None:
    """A comment with nothing below it is about nothing."""
    assert next(ignored_in("# harness-ignore: one-rule: why", "a.yaml")).covers is None


def test_metadata_of_another_form_takes_nothing_out(tmp_path: Path) -> None:
    """Only objects with a rule and a reason count."""
    found = audited(tmp_path, jobs(metadata="Metadata: {Harness: {Ignore: [max-receive-count-one, {}]}}"))
    assert [each.rule for each in found.findings] == ["max-receive-count-one"]


def test_a_file_that_cannot_be_read_has_no_comments(tmp_path: Path) -> None:
    """A live stack has no file, and a deleted one no text."""
    assert source_text("") == source_text(str(tmp_path / "gone.yaml")) == ""
