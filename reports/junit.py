"""JUnit XML of one run, for the test views of CI systems: one test case for each expectation.

Findings, a refused call among them, and what happened to functions are the output of its suite.

Fails closed: a run that proves nothing has errors and no success, and a run that failed, or was judged by
nothing, never leaves a file that looks green by being empty.
"""

import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

from reports.functions.words import troubles

# What XML 1.0 cannot hold even when escaped (section 2.2, Char).
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(summary: dict[str, Any], path: Path) -> None:
    """Write *summary* as JUnit XML to *path*."""
    tree = junit(summary)
    Xml.indent(tree)
    Xml.ElementTree(tree).write(path, encoding="utf-8", xml_declaration=True)


def junit(summary: dict[str, Any]) -> Xml.Element:
    """Return the `testsuites` element of *summary*, with one suite."""
    suite_name = f"{summary['scenario']}.{summary['variant']}"
    cases = [_case(check, summary, suite_name) for check in summary["expectations"]]
    cases += _run_case(summary, suite_name)
    counts = {
        "tests": len(cases),
        "failures": sum(case.find("failure") is not None for case in cases),
        "errors": sum(case.find("error") is not None for case in cases),
        "time": f"{summary.get('wall_s', 0.0):.3f}",
    }
    attributes = {name: str(value) for name, value in counts.items()}
    suites = Xml.Element("testsuites", attributes)
    extra = {"name": _clean(suite_name), "timestamp": summary["started_at"].rstrip("Z")}
    suite = Xml.SubElement(suites, "testsuite", extra | attributes)
    suite.extend(cases)
    if told := [*map(_finding, summary["findings"]), *_of_functions(summary)]:
        # Neither green nor red: what no expectation speaks of must be seen, and is judged by nobody.
        Xml.SubElement(suite, "system-out").text = _clean("\n".join(told))
    return suites


def _case(check: dict[str, Any], summary: dict[str, Any], suite_name: str) -> Xml.Element:
    case = Xml.Element(
        "testcase", {"classname": _clean(suite_name), "name": _clean(check["name"]), "time": "0"}
    )
    value = (
        "nothing was measured" if check["value"] is None else f"{check['value']:g} {check['unit']}".strip()
    )
    told = f"{value}, limit {check['limit']}. {check['reason']}"
    if summary["verdict"] == "invalid":
        _outcome(case, "error", f"The run proves nothing: {summary['reason']}", told)
    elif not check["ok"]:
        _outcome(case, "failure", f"{value}, limit {check['limit']}", told)
    return case


def _run_case(summary: dict[str, Any], suite_name: str) -> list[Xml.Element]:
    """Return a case for the run itself where the expectations do not carry its verdict."""
    carried = any(not check["ok"] for check in summary["expectations"])
    if summary["expectations"] and (
        summary["verdict"] == "pass" or (summary["verdict"] == "fail" and carried)
    ):
        return []
    case = Xml.Element("testcase", {"classname": _clean(suite_name), "name": "run", "time": "0"})
    if summary["verdict"] == "invalid":
        _outcome(case, "error", summary["reason"], summary["reason"])
    elif summary["verdict"] == "fail":
        _outcome(case, "failure", summary["reason"], summary["reason"])
    return [case]


def _finding(found: dict[str, Any]) -> str:
    source = f" ({found['aws_source']})" if found["aws_source"] else ""
    return f"{found['severity']}: {found['rule']}: {found['resource']}: {found['message']}{source}"


def _of_functions(summary: dict[str, Any]) -> list[str]:
    """Return what kept invocations from getting through; totals of virtual time know nothing of it."""
    found = summary.get("functions", {})
    return [f"functions: {words}" for words in troubles(found)] if "errors" in found else []


def _outcome(case: Xml.Element, kind: str, message: str, told: str) -> None:
    Xml.SubElement(case, kind, {"message": _clean(message)}).text = _clean(told)


def _clean(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
