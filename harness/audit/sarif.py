"""Findings as SARIF 2.1.0, which GitHub, GitLab and editors read.

OASIS, "Static Analysis Results Interchange Format (SARIF) Version 2.1.0"; GitHub, "SARIF support for code
scanning".
"""

import hashlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from harness import __version__
from harness.audit.engine import Audit
from harness.audit.model import Finding, Rule

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
TEXT_MARKDOWN = "[AWS's page]({source})"


def sarif(audits: Sequence[Audit]) -> dict[str, Any]:
    """Return the log of *audits* as one run: what counts, and what somebody took out as suppressed."""
    rules = {rule.id: rule for audit in audits for rule in audit.rules}
    at = {rule_id: number for number, rule_id in enumerate(rules)}
    findings = [each for audit in audits for each in (*audit.findings, *audit.ignored)]
    driver = {
        "name": "harness audit",
        "version": __version__,
        "semanticVersion": _semantic(__version__),
        "rules": [_rule(rule) for rule in rules.values()],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [{"executionSuccessful": True, **_notes(audits)}],
        "results": [_result(each, at[each.rule]) for each in findings],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _semantic(version: str) -> str:
    """Return *version* in the three numbers that a semantic version has."""
    numbers = [part for part in version.split(".") if part.isdigit()][:3]
    return ".".join([*numbers, *["0"] * (3 - len(numbers))])


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
    told = "|".join((finding.rule, finding.file, finding.resource, finding.path))
    return hashlib.sha256(told.encode()).hexdigest()[:32]


def _location(finding: Finding) -> dict[str, Any]:
    logical = {
        "name": finding.resource,
        "fullyQualifiedName": f"{finding.resource}.{finding.path}".rstrip("."),
        "kind": "resource",
    }
    location: dict[str, Any] = {"logicalLocations": [logical]}
    if finding.file:
        place: dict[str, Any] = {"artifactLocation": {"uri": _uri(finding.file)}}
        if finding.line:
            place["region"] = {"startLine": finding.line}
        location["physicalLocation"] = place
    return location


def _uri(file: str) -> str:
    path = quote(file.replace("\\", "/"))
    return f"file://{path}" if path.startswith("/") else path


def _notes(audits: Sequence[Audit]) -> dict[str, Any]:
    """Return what was not looked at, as notifications of the tool."""
    told = [text for audit in audits for text in (*audit.not_covered, *audit.unused)]
    notifications = [{"level": "note", "message": {"text": text}} for text in told]
    return {"toolExecutionNotifications": notifications} if notifications else {}
