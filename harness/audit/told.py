"""Findings for people, for machines, and for GitHub's annotations."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

from harness.audit.engine import Audit
from harness.audit.model import SEVERITIES, Finding, Rule
from harness.audit.plain import counted
from harness.ci.annotations import Annotation, commands


def lines(audits: Sequence[Audit]) -> Iterator[str]:
    """Yield what people read: a line a finding, its place first, then what is not covered, then the sum."""
    for audit in audits:
        for each in audit.findings:
            place = each.place or each.resource
            yield f"{place}: {each.severity} {each.rule}: {each.message}"
        for text in audit.not_covered:
            yield f"not covered: {text}"
        for text in audit.unused:
            yield f"ignored in vain: {text}"
    yield summary(audits)


def summary(audits: Sequence[Audit]) -> str:
    """Return "2 errors, 1 warning, 0 notes in 12 resources; 1 ignored; 99 rules"."""
    found = [each for audit in audits for each in audit.findings]
    counts = [counted(sum(each.severity == name for each in found), name) for name in SEVERITIES]
    ignored = sum(len(audit.ignored) for audit in audits)
    resources = sum(audit.resources for audit in audits)
    rules = counted(max((len(audit.rules) for audit in audits), default=0), "rule")
    left = f"; {ignored} ignored" if ignored else ""
    return f"{', '.join(counts)} in {counted(resources, 'resource')}{left}; {rules}"


def sources(audits: Sequence[Audit]) -> Iterator[str]:
    """Yield each rule that was broken with what to do about it and AWS's page."""
    broken = dict.fromkeys(each.rule for audit in audits for each in audit.findings)
    rules = {rule.id: rule for audit in audits for rule in audit.rules}
    for rule_id in broken:
        rule = rules[rule_id]
        yield f"{rule.id} ({rule.severity}): {rule.title}"
        yield f"    {rule.why}"
        yield f"    {rule.source}"


def annotations(audits: Sequence[Audit]) -> Iterator[str]:
    """Yield the workflow commands that mark each finding at its line in a pull request on GitHub."""
    found = [each for audit in audits for each in audit.findings]
    return commands(
        [
            Annotation(each.severity, each.rule, f"{each.message} ({each.source})", each.file, each.line)
            for each in found
        ]
    )


def as_json(audits: Sequence[Audit]) -> dict[str, Any]:
    """Return everything that was found, for machines."""
    return {
        "findings": [_row(each) for audit in audits for each in audit.findings],
        "ignored": [_row(each) for audit in audits for each in audit.ignored],
        "not_covered": [text for audit in audits for text in audit.not_covered],
        "ignored_in_vain": [text for audit in audits for text in audit.unused],
        "counts": {
            name: sum(each.severity == name for audit in audits for each in audit.findings)
            for name in SEVERITIES
        },
        "resources": sum(audit.resources for audit in audits),
        "rules": max((len(audit.rules) for audit in audits), default=0),
    }


def _row(finding: Finding) -> dict[str, Any]:
    row = asdict(finding)
    row["aws_source"] = row.pop("source")
    if finding.ignored is None:
        del row["ignored"]
    return row


def rule_rows(rules: Sequence[Rule]) -> list[dict[str, str]]:
    """Return the rules for machines."""
    names = ("id", "severity", "title", "why", "source")
    return [{name: str(getattr(rule, name)) for name in names} for rule in rules]


def rule_lines(rules: Sequence[Rule]) -> Iterator[str]:
    """Yield the rules for people, a line each."""
    width = max(len(rule.id) for rule in rules)
    for rule in rules:
        yield f"{rule.id:<{width}}  {rule.severity:<7}  {rule.title}"
