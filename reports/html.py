"""The report of one run: a single offline HTML page, a function of the journal and its summary.

The page has no script, loads nothing and says so in its content policy. Whatever comes from a journal is
untrusted text and is escaped; only our own drawings go in as markup.
"""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import journal
from harness.iam.least_privilege import NOT_SEEN
from harness.journal import Record
from harness.summary import ByType, summarise
from harness.summary.load import VIRTUAL, is_call
from reports import answers, cost, jobs, processes, ranges, story, text
from reports.figures import alt, charts, depths, series
from reports.figures.flow_chart import flow_chart
from reports.functions import section as functions_section
from reports.functions import words as functions
from reports.messages import flow, refusals
from reports.messages import words as messages
from reports.permissions import matrix as permission_matrix
from reports.permissions import remedies as permission_remedies
from reports.permissions import roles as permissions
from reports.permissions import words as permission_words
from reports.permissions.expected import Expected

if TYPE_CHECKING:
    from jinja2 import Template

TEMPLATES = Path(__file__).parent / "templates"
MOST_TIMELINES = 5  # about 110 kB each: the page stays below 1 MB
MOST_FINDINGS = 150  # a refused call on each of very many objects is a finding each
MOST_MISSED = 5  # failed expectations on the first screen; the table has them all
VERDICT = {"pass": ("Pass", "ok"), "fail": ("Fail", "bad"), "invalid": ("Invalid", "warn")}
TIMES = (
    ("response_s", "Response", "from the intended start; what a caller waits"),
    ("service_s", "Service", "modelled time on the instance"),
    ("overhead_s", "Overhead", "this machine's own time"),
)
SINCE_DUE = (
    ("first_receive", "First received", "a consumer or webhook got it"),
    ("deletion", "Processed", "its consumer deleted it"),
)
HOW = {
    "enforced": "refused or done as AWS does it",
    "modelled": "computed from a model with stated settings",
    "forwarded": "answered by the emulator, passed on byte for byte",
    "not covered": "not rehearsed: this run says nothing about it",
}


def write_report(run_dir: Path, records: Sequence[Record] | None = None) -> Path:
    """Write `report.html` beside the journal in *run_dir* and return its path.

    The journal is read unless its *records* are given. Raises JournalError where it cannot be read.
    """
    if records is None:
        records = journal.read(run_dir / "journal.jsonl.gz")
    path = run_dir / "report.html"
    path.write_text(render(records, summarise(records)), encoding="utf-8")
    return path


def render(records: Sequence[Record], summary: dict[str, Any]) -> str:
    """Return the page of *records*, whose summary is *summary*; the same records give the same page."""
    seen = ByType(records)
    first = seen.all(journal.RunStarted)[0]
    badge, tone = _badge(summary)
    rows = story.rows(seen)
    timelines = _timelines(seen, summary)
    ranged = ranges.rows(summary.get("scaling"))
    context = {
        "run": first,
        "summary": summary,
        "badge": badge,
        "tone": tone,
        "sentence": answers.verdict_sentence(summary),
        "missed": [c for c in summary["expectations"] if not c["ok"]],
        "most_missed": MOST_MISSED,
        "most_findings": MOST_FINDINGS,
        "answers": answers.answers(seen, summary),
        "figures": _key_figures(seen, summary),
        "timelines": timelines,
        "ranges": ranged[: ranges.MOST_ROWS],
        "ranges_cut": max(len(ranged) - ranges.MOST_ROWS, 0),
        "ranges_note": ranges.sentence(ranged),
        "is_virtual": first.clock == VIRTUAL,
        "rows": rows[: story.MOST_ROWS],
        "rows_cut": max(len(rows) - story.MOST_ROWS, 0),
        "latency": _latency(seen, summary),
        "messages": _messages(seen, summary),
        "functions": functions_section.section(seen, summary),
        "permissions": _permissions(summary),
        "cost": cost.section(summary),
        "jobs": jobs.section(summary),
        "programs": seen.all(journal.ProgramEnded),
        "processes": processes.processes(seen),
        "fidelity": sorted(
            summary["fidelity"], key=lambda f: list(HOW).index(f["how"]) if f["how"] in HOW else 9
        ),
        "how": HOW,
        "configuration": json.dumps(first.configuration, indent=2, sort_keys=True)
        if first.configuration
        else "",
        "faults": seen.all(journal.FaultInjected),
        "absent": _absent(summary, timelines),
    }
    return _template().render(context)


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        clock=text.clock,
        span=text.span,
        short=text.short,
        steady=text.steady,
        number=text.number,
        measured=_measured,
        limited=_limited,
    )
    return environment.get_template("report.html.j2")


def _measured(check: dict[str, Any]) -> str:
    """Return the value of an expectation with its unit, or that there was none."""
    return "not measured" if check["value"] is None else text.with_unit(check["value"], check["unit"])


def _limited(check: dict[str, Any]) -> str:
    """Return the limit of an expectation with its unit."""
    return text.limit(check["limit"], check["unit"])


def _badge(summary: dict[str, Any]) -> tuple[str, str]:
    """Return the verdict's word and tone; what was played without a promise to keep is not called a pass."""
    if summary["verdict"] == "pass" and summary["clock"] == "virtual" and not summary["expectations"]:
        return "Simulated", "plain"
    return VERDICT[summary["verdict"]]


def _key_figures(seen: ByType, summary: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Return (label, value, what it is of) for the strip below the verdict, in reading order."""
    of_parts = (messages.key_figures, functions.key_figures, permission_words.key_figures)
    found = [figure for figures in of_parts for figure in figures(summary)]
    if load := summary.get("load"):
        answered = text.share(load["completed"], load["offered"]) if load["offered"] else "none"
        offers = seen.all(journal.LoadRequest)
        what = "Calls offered" if not offers or any(map(is_call, offers)) else "Messages offered"
        found.append((what, text.number(load["offered"]), f"{answered} answered"))
    if times := summary.get("latency"):
        response = times["response_s"]
        found.append(("Response p50", text.short(response["p50"]), f"p99 {text.short(response['p99'])}"))
    if peaks := [c.in_service for c in seen.all(journal.CapacityChanged)]:
        last = summary.get("scaling", {})
        bounds = f"of {last['max_capacity']} allowed" if "max_capacity" in last else "in service at once"
        found.append(("Most instances", str(max(peaks)), bounds))
    if predicted := summary.get("predictions"):
        found.append(("RMSE", text.number(predicted["rmse"]), f"over {predicted['rows']:,} rows"))
    if findings := summary["findings"]:
        errors = sum(f["severity"] == "error" for f in findings)
        found.append(
            ("Findings", str(len(findings)), f"{text.plural(errors, 'error')} among them" if errors else "")
        )
    found += cost.key_figures(summary)
    if seen.all(journal.RunStarted)[0].clock == VIRTUAL:
        found.append(("Model time", text.span(summary["model_s"]), "reckoned, not waited for"))
        return found
    rehearsed = f"rehearsed in {text.span(summary['wall_s'])}" if "wall_s" in summary else "cut off there"
    found.append(("Model time", text.span(summary["model_s"]), rehearsed))
    return found


def _timelines(seen: ByType, summary: dict[str, Any]) -> list[dict[str, Any]]:
    from markupsafe import Markup

    end = max(summary["model_s"], 1.0)
    return [
        {
            "title": shown.title,
            "alt": alt.timeline(shown),
            "drawings": [
                (layout.name, Markup(charts.timeline(shown, layout, f"t{number}{layout.name[0]}-")))
                for layout in charts.LAYOUTS
            ],
        }
        for number, shown in enumerate(series.timelines(seen, end)[:MOST_TIMELINES])
        if shown.desired or shown.traffic or shown.bands
    ]


def _messages(seen: ByType, summary: dict[str, Any]) -> dict[str, Any] | None:
    from markupsafe import Markup

    found = summary.get("messages")
    if not found:
        return None
    way = flow.flow(seen, found)
    depth = depths.depths(seen, max(summary["model_s"], 1.0))
    refused = refusals.refusals(found)
    return {
        "flow": {
            "alt": flow.words(way),
            "drawings": [
                (layout.name, Markup(flow_chart(way, layout, f"w{layout.name[0]}-")))
                for layout in charts.LAYOUTS
            ],
        }
        if way.sources
        else None,
        "flow_cut": way.cut,
        "depths": {
            "alt": depths.words(depth),
            "drawings": [
                (layout.name, Markup(depths.draw(depth, layout, f"q{layout.name[0]}-")))
                for layout in charts.LAYOUTS
            ],
        }
        if depth
        else None,
        "depths_cut": depth.cut if depth else 0,
        "targets": messages.target_rows(found, [stop.name for stop in way.stops]),
        "named": messages.named(found),
        "refusals": refused[: refusals.MOST_REFUSALS],
        "refusals_cut": max(len(refused) - refusals.MOST_REFUSALS, 0),
        "times": [
            (name, words, found["latency_s"][key])
            for key, name, words in SINCE_DUE
            if key in found["latency_s"]
        ],
    }


def _permissions(summary: dict[str, Any]) -> dict[str, Any] | None:
    found = summary.get("iam")
    if not found:
        return None
    views = permissions.roles(found)
    expected = Expected(summary["expectations"])
    refused = permission_remedies.denials(found, expected)
    opened = sum(not one.expected for one in refused)
    return {
        "headline": permission_words.headline(found, expected),
        "denials": refused[: permission_remedies.MOST_DENIALS],
        "open_denials": min(permission_remedies.MOST_OPEN, opened),
        "tone": "warn" if summary["verdict"] == "pass" else "bad",
        "denials_cut": max(len(refused) - permission_remedies.MOST_DENIALS, 0),
        "roles": views,
        "in_full": permissions.MOST_IN_FULL,
        "open_risks": permissions.OPEN_RISKS,
        "matrix": permission_matrix.matrix(found, [view.name for view in views]),
        "not_seen": NOT_SEEN,
    }


def _latency(seen: ByType, summary: dict[str, Any]) -> dict[str, Any] | None:
    from markupsafe import Markup

    found = summary.get("latency")
    if not found:
        return None
    shown = series.latency(seen)
    drawings = [
        (layout.name, Markup(charts.latency(shown, layout, f"l{layout.name[0]}-")))
        for layout in charts.LAYOUTS
        if shown is not None
    ]
    return {
        "columns": [(name, words, found[key]) for key, name, words in TIMES if key in found],
        "source": found["source"],
        "requests": found["requests"],
        "drawings": drawings,
        "alt": alt.latency(shown) if shown else "",
    }


def _absent(summary: dict[str, Any], timelines: Sequence[object]) -> list[str]:
    """Return the names of the parts that this run has nothing to say about."""
    parts = {
        "capacity over time": bool(timelines),
        "scaling": "scaling" in summary,
        "load": "load" in summary,
        "latency": "latency" in summary,
        "messages": "messages" in summary,
        "functions": "functions" in summary,
        "permissions": "iam" in summary,
        "cost": "cost" in summary,
        "jobs": "jobs" in summary,
        "predictions": "predictions" in summary,
        "findings": bool(summary["findings"]),
        "expectations": bool(summary["expectations"]),
        "fidelity": bool(summary["fidelity"]),
    }
    return [name for name, present in parts.items() if not present]
