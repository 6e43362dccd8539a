"""The summary that GitHub shows of a step: Markdown, the verdicts first, at most one mebibyte.

GitHub, "Workflow commands for GitHub Actions", Adding a job summary: "each step is restricted to a maximum
size of 1MiB"; more than that and the whole summary is refused.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.ci.remarks import Remark, is_worse, title
from harness.printable import printable

MOST_BYTES = 1024 * 1024
MOST_FINDINGS = 20  # of a run; the report has all
ICONS = {"pass": "✅ pass", "fail": "❌ fail", "invalid": "⚠️ invalid"}
_LEFT_OUT_BYTES = 200
_ADDRESS = re.compile(r"https://[^\s()<>\[\]]+")  # nothing in it ends the link that it is put into


def markdown(
    rows: Sequence[Mapping[str, Any]], found: Mapping[str, Sequence[Remark]], *, room: int = MOST_BYTES
) -> str:
    """Return the summary of *rows*; *found* are the remarks by run directory, *room* is in bytes.

    What has no room is left out, run by run from the end, and is counted.
    """
    parts = [_heading(rows), *(_section(row, found.get(row.get("run_dir", ""), ())) for row in rows)]
    shown: list[str] = []
    left = room - _LEFT_OUT_BYTES
    for number, part in enumerate(parts):
        left -= len(part.encode()) + 1
        if left < 0:
            shown.append(f"\n{len(parts) - number} parts of this summary are left out: GitHub takes 1 MiB.\n")
            break
        shown.append(part)
    text = "\n".join(shown)
    return text if len(text.encode()) <= room else ""


def _heading(rows: Sequence[Mapping[str, Any]]) -> str:
    verdicts = [_verdict(row) for row in rows]
    counts = ", ".join(f"{verdicts.count(name)} {name}" for name in ICONS if name in verdicts) or "no run"
    lines = [f"## Rehearsal: {counts}", "", "| | scenario | expectations | p99 | instances | cost | report |"]
    lines += ["|---|---|---|---|---|---|---|"]
    return "\n".join([*lines, *(_row(row) for row in rows), ""])


def _verdict(row: Mapping[str, Any]) -> str:
    verdict = "fail" if is_worse(row) else str(row.get("verdict", "invalid"))
    return verdict if verdict in ICONS else "invalid"


def _row(row: Mapping[str, Any]) -> str:
    checks = row.get("expectations", ())
    met = f"{sum(one['ok'] for one in checks)} of {len(checks)}" if checks else ""
    cells = [ICONS[_verdict(row)], title(row), met, _p99(row), _instances(row), _cost(row), _report(row)]
    return "| " + " | ".join(map(_cell, cells)) + " |"


def _p99(row: Mapping[str, Any]) -> str:
    seconds = row.get("latency", {}).get("response_s", {}).get("p99")
    return "" if seconds is None else f"{seconds * 1000:.4g} ms"


def _instances(row: Mapping[str, Any]) -> str:
    """Return how often the first scalable target changed, and its most."""
    steps = [one for one in row.get("scaling", {}).get("activities", ()) if one["status"] != "Failed"]
    return f"{len(steps)} changes, at most {max(one['to'] for one in steps)}" if steps else ""


def _cost(row: Mapping[str, Any]) -> str:
    usd = row.get("cost", {}).get("usd")
    return "" if usd is None else f"{usd:.2f} USD"


def _report(row: Mapping[str, Any]) -> str:
    return str(row.get("run_dir", ""))


def _section(row: Mapping[str, Any], found: Sequence[Remark]) -> str:
    """Return what is to be read of one run: open where it failed, folded where it passed."""
    passed = _verdict(row) == "pass"
    lines = [f"<details{'' if passed else ' open'}><summary><b>{_text(title(row))}</b>: "]
    lines[0] += f"{ICONS[_verdict(row)]}{_why(row)}</summary>"
    against = [_text(row["against"]), ""] if row.get("against") else []
    lines += ["", *against, *_checks(row), "", *_remarks(found), "", *_again(row), "</details>", ""]
    return "\n".join(lines)


def _why(row: Mapping[str, Any]) -> str:
    if _verdict(row) == "pass":
        return ""
    checks = row.get("expectations", ())
    missed = sum(not one["ok"] for one in checks)
    if missed and "error" not in row and _verdict(row) == "fail":  # the table says which
        return f": {missed} of {len(checks)} not met"
    reason = str(row.get("error") or row.get("reason") or "")
    return f": {_text(reason)}" if reason else ""


def _checks(row: Mapping[str, Any]) -> Iterator[str]:
    checks = sorted(row.get("expectations", ()), key=lambda one: bool(one["ok"]))
    if not checks:
        return
    yield "| | expectation | value | limit | why |"
    yield "|---|---|---|---|---|"
    for one in checks:
        value = "nothing was measured" if one["value"] is None else f"{one['value']:.6g} {one['unit']}"
        cells = ["✅" if one["ok"] else "❌", one["name"], value, one["limit"], one["reason"]]
        yield "| " + " | ".join(map(_cell, cells)) + " |"


def _remarks(found: Sequence[Remark]) -> Iterator[str]:
    """Yield the findings; what was missed is in the table already."""
    findings = [one for one in found if one.about != "run" and not one.rule.startswith("expectation")]
    for one in findings[:MOST_FINDINGS]:
        times = f" ({one.times} times)" if one.times > 1 else ""
        source = f" ([AWS]({one.source}))" if _ADDRESS.fullmatch(one.source) else ""
        yield f"- **{one.level}** {_text(one.rule)}: {_text(one.message)}{times}{source}"
    if len(findings) > MOST_FINDINGS:
        yield f"- and {len(findings) - MOST_FINDINGS} more findings"


def _again(row: Mapping[str, Any]) -> Iterator[str]:
    """Yield the command that makes the run again, where the journal has told it."""
    if command := row.get("command"):
        yield from ("```console", f"$ {' '.join(str(command).split())}", "```", "")


def _cell(value: Any) -> str:
    """Return *value* as a cell of a table: nothing in it ends the cell or is markup."""
    return _text(value).replace("|", "\\|")


def _text(value: Any) -> str:
    told = html.escape(printable(" ".join(str(value).split())), quote=False)
    for sign in ("\\", "`", "*", "_", "[", "]"):
        told = told.replace(sign, f"\\{sign}")
    return told
