"""Findings of an audit as SARIF 2.1.0, which GitHub, GitLab and editors read."""

from collections.abc import Sequence
from typing import Any

from harness.audit.engine import Audit
from harness.audit.model import Finding, Rule
from harness.ci import sarif as parts

TEXT_MARKDOWN = "[AWS's page]({source})"


def sarif(audits: Sequence[Audit]) -> dict[str, Any]:
    """Return the log of *audits* as one run: what counts, and what somebody took out as suppressed."""
    rules = {rule.id: rule for audit in audits for rule in audit.rules}
    at = {rule_id: number for number, rule_id in enumerate(rules)}
    findings = [each for audit in audits for each in (*audit.findings, *audit.ignored)]
    results = [_result(each, at[each.rule]) for each in findings]
    # What was not looked at, as notifications of the tool.
    notes = [text for audit in audits for text in (*audit.not_covered, *audit.unused)]
    return parts.log("harness audit", [_rule(rule) for rule in rules.values()], results, notes)


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.id,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "helpUri": rule.source,
        "help": {
            "text": f"{rule.why} {rule.source}",
            "markdown": f"{rule.why} {TEXT_MARKDOWN.format(source=rule.source)}",
        },
        "defaultConfiguration": {"level": rule.severity},
        "properties": {"tags": ["aws"]},
    }


def _result(finding: Finding, rule_index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": finding.severity,
        "message": {"text": f"{finding.message}."},
        "locations": [_location(finding)],
        "partialFingerprints": {"ruleAndResource/v1": fingerprint(finding)},
    }
    if finding.ignored is not None:
        result["suppressions"] = [{"kind": "inSource", "justification": finding.ignored}]
    return result


def fingerprint(finding: Finding) -> str:
    """Return what tells *finding* from others and outlives a change of its line."""
    return parts.fingerprint((finding.rule, finding.file, finding.resource, finding.path))


def _location(finding: Finding) -> dict[str, Any]:
    logical = {
        "name": finding.resource,
        "fullyQualifiedName": f"{finding.resource}.{finding.path}".rstrip("."),
        "kind": "resource",
    }
    location: dict[str, Any] = {"logicalLocations": [logical]}
    if finding.file:
        location["physicalLocation"] = parts.physical(finding.file, finding.line)
    return location
