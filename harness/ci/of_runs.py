"""The remarks of finished runs as annotations, as SARIF, and as one JUnit file."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.ci.annotations import Annotation
from harness.ci.remarks import MISSED, NO_PROOF, NOT_RUN, WORSE, Remark, is_worse
from harness.ci.sarif import fingerprint, log, physical

TITLES = {
    MISSED: "An expectation of a rehearsal is not met",
    NO_PROOF: "A rehearsal proves nothing",
    NOT_RUN: "A rehearsal did not come to its end",
    WORSE: "A rehearsal is worse than the one it is held against",
}


def annotations(found: Sequence[Remark]) -> Iterator[Annotation]:
    """Yield an annotation for each remark; notes are for the report."""
    for one in found:
        if one.level == "note":
            continue
        times = f" ({one.times} times)" if one.times > 1 else ""
        source = f" ({one.source})" if one.source else ""
        yield Annotation(
            one.level, f"{one.run}: {one.rule}", f"{one.message}{times}{source}", one.file, one.line
        )


def sarif(found: Sequence[Remark]) -> dict[str, Any]:
    """Return the log of *found*: a result each, at the place it is about, else at its scenario."""
    rules: dict[str, dict[str, Any]] = {}
    for one in found:
        rules.setdefault(one.rule, _rule(one))
    at = {name: number for number, name in enumerate(rules)}
    return log("harness run", [*rules.values()], [_result(one, at[one.rule]) for one in found])


def _rule(one: Remark) -> dict[str, Any]:
    title = TITLES.get(one.rule) or one.rule.replace("-", " ").capitalize()
    link = {"helpUri": one.source} if one.source.startswith("https://") else {}
    return {
        "id": one.rule,
        "shortDescription": {"text": title},
        "fullDescription": {"text": title},
        "help": {"text": f"{title}. {one.source}".strip()},
        "defaultConfiguration": {"level": one.level},
        "properties": {"tags": ["aws", "rehearsal"]},
        **link,
    }


def _result(one: Remark, rule_index: int) -> dict[str, Any]:
    logical = {"name": one.about, "fullyQualifiedName": f"{one.run}/{one.about}", "kind": "resource"}
    return {
        "ruleId": one.rule,
        "ruleIndex": rule_index,
        "level": one.level,
        "message": {"text": f"{one.run}: {one.message}"},
        "locations": [{"physicalLocation": physical(one.file, one.line), "logicalLocations": [logical]}],
        "occurrenceCount": one.times,
        "partialFingerprints": {"runAndResource/v1": fingerprint(one.key)},
    }


def junit(rows: Sequence[Mapping[str, Any]]) -> bytes:
    """Return one JUnit document with a suite of each run; what left no summary is an error in its own."""
    from xml.etree import ElementTree as Xml

    from reports.junit import junit as of_run

    suites = [suite for row in rows for suite in of_run(_whole(row))]
    merged = Xml.Element("testsuites", _sums(suites))
    merged.extend(suites)
    Xml.indent(merged)
    document: bytes = Xml.tostring(merged, encoding="utf-8", xml_declaration=True)
    return document + b"\n"


def _whole(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return *row* with all that a suite is made of, for a run that came to no summary."""
    missing = {
        "scenario": row.get("scenario_path", "run"),
        "variant": "corrected",
        "verdict": "invalid",
        "reason": row.get("error", "The run left no summary"),
        "expectations": [],
        "findings": [],
        "started_at": "1970-01-01T00:00:00Z",
    }
    worse = {"verdict": "fail", "reason": row.get("against") or "It is worse than its baseline"}
    return missing | dict(row) | (worse if is_worse(row) else {})


def _sums(suites: Sequence[Any]) -> dict[str, str]:
    counts = {
        name: sum(int(one.get(name, "0")) for one in suites) for name in ("tests", "failures", "errors")
    }
    seconds = sum(float(one.get("time", "0")) for one in suites)
    return {name: str(count) for name, count in counts.items()} | {"time": f"{seconds:.3f}"}
