"""The report of one run: a single offline HTML page, a function of the journal and its summary.

The page loads nothing, its scripts are our own and named in its content policy, and it says all it has to say
without them. Whatever comes from a journal is untrusted text and is escaped; only our own drawings go in as
markup.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import journal
from harness.journal import Record
from harness.summary import ByType, summarise
from harness.summary.load import VIRTUAL
from reports import answers, cost, environment, jobs, key_figures, page_figures, processes, ranges, story
from reports.evidence import Evidences
from reports.figures import figure
from reports.functions import section as functions_section
from reports.messages import section as messages_section
from reports.permissions import section as permissions_section

if TYPE_CHECKING:
    from reports.live import Live

TEMPLATES = environment.TEMPLATES
MOST_BYTES = 1_000_000  # of a page; above it evidence, pictures and long texts go
# How it is made shorter, step by step: characters of a text, and whether there are pictures still.
SHORTER = ((environment.MOST_CHARACTERS, True), (1_000, False), (250, False), (60, False))
MOST_FINDINGS = 150  # a refused call on each of very many objects is a finding each
MOST_MISSED = 6  # failed expectations on the first screen; the section has them all
MOST_OPEN_MET = 12  # expectations that were met are folded away when there are more, or some were not
MOST_CONFIGURATION = 60_000  # characters of the settings
VERDICT = {
    "pass": ("Pass", "ok"),
    "fail": ("Fail", "bad"),
    "invalid": ("Invalid", "warn"),
    "running": ("Running", "plain"),  # of a live view: no verdict yet
}
TIMES = (
    ("response_s", "Response", "from the intended start; what a caller waits"),
    ("service_s", "Service", "modelled time on the instance"),
    ("overhead_s", "Overhead", "this machine's own time"),
)
HOW = {
    "enforced": "refused or done as AWS does it",
    "modelled": "computed from a model with stated settings",
    "forwarded": "answered by the emulator, passed on byte for byte",
    "not covered": "not rehearsed: this run says nothing about it",
}
# The nav and the page have one order: what a reader asks first stands first.
SECTIONS = (
    ("expectations", "Expectations"),
    ("timeline", "Capacity"),
    ("why", "Why it scaled"),
    ("latency", "Latency"),
    ("messages", "Messages"),
    ("functions", "Functions"),
    ("permissions", "Permissions"),
    ("jobs", "Jobs"),
    ("predictions", "Programs"),
    ("cost", "Cost"),
    ("comparison", "Comparison"),
    ("findings", "Findings"),
    ("fidelity", "Fidelity"),
    ("configuration", "Configuration"),
)


def write_report(run_dir: Path, records: Sequence[Record] | None = None) -> Path:
    """Write `report.html` beside the journal in *run_dir* and return its path.

    The journal is read unless its *records* are given. Raises JournalError where it cannot be read.
    """
    if records is None:
        records = journal.read(run_dir / "journal.jsonl.gz")
    path = run_dir / "report.html"
    path.write_text(render(records, summarise(records)), encoding="utf-8")
    return path


def render(
    records: Sequence[Record],
    summary: dict[str, Any],
    *,
    drawings: bool = True,
    live: "Live | None" = None,
    comparison: dict[str, Any] | None = None,
    previous: str | None = None,
    index: str | None = None,
) -> str:
    """Return the page of *records*, whose summary is *summary*; the same records give the same page.

    Without *drawings* figures are charts only, which need scripts. *live* makes it a page of the live view.
    *comparison* is the document of `harness compare`; *previous* and *index* are addresses, relative to the
    page, of the report before this one and of the list of all. The page is at most `MOST_BYTES` long: of what
    is too much, first the evidence is left out, then the pictures, then the end of long texts; it says so.
    """
    context = _context(records, summary, drawings=drawings, comparison=comparison)
    context |= {"live": live, "previous": previous, "index": index, "shortened": False, **_scripts(live)}
    page = environment.page("report.html.j2", context)
    for most, with_drawings in SHORTER:
        if len(page.encode()) <= MOST_BYTES:
            break
        context |= _shortened(summary)
        if drawings and not with_drawings:
            context |= _parts(ByType(records), summary, drawings=False)
        page = environment.page("report.html.j2", context, most=most)
    return page


def _shortened(summary: dict[str, Any]) -> dict[str, Any]:
    """Return what a page shows that would be too long with its evidence."""
    return {
        "shortened": True,
        "behind_checks": [None] * len(summary["expectations"]),
        "behind_findings": [None] * len(summary["findings"]),
    }


def _scripts(live: "Live | None") -> dict[str, Any]:
    """Return the page's scripts in their order, the style sheets that go with them, and the policy."""
    from markupsafe import Markup

    ours = [environment.own("page.js"), *map(Markup, figure.scripts())]
    if live is not None:
        ours.append(environment.own("live.js"))
    return {
        "scripts": ours,
        "figure_styles": Markup(figure.styles()),
        "policy": environment.policy(ours, connects=live is not None),
    }


def _context(
    records: Sequence[Record],
    summary: dict[str, Any],
    *,
    drawings: bool,
    comparison: dict[str, Any] | None,
) -> dict[str, Any]:
    """Return all that the templates show."""
    seen = ByType(records)
    badge, tone = _badge(summary)
    evidence = Evidences(seen, summary)
    parts = _parts(seen, summary, drawings=drawings)
    context: dict[str, Any] = {
        **parts,
        "run": seen.all(journal.RunStarted)[0],
        "summary": summary,
        "badge": badge,
        "tone": tone,
        "sentence": answers.verdict_sentence(summary),
        "missed": [(n, c) for n, c in enumerate(summary["expectations"], start=1) if not c["ok"]],
        "most_missed": MOST_MISSED,
        "met_open": MOST_OPEN_MET,
        "most_findings": MOST_FINDINGS,
        "answers": answers.answers(seen, summary),
        "key_figures": key_figures.key_figures(seen, summary),
        "behind_checks": evidence.of_checks(),
        "behind_findings": evidence.of_findings(),
        "comparison": _comparison(comparison),
        "fidelity": sorted(
            summary["fidelity"], key=lambda f: list(HOW).index(f["how"]) if f["how"] in HOW else len(HOW)
        ),
        "how": HOW,
        "faults": seen.all(journal.FaultInjected),
        "absent": _absent(summary, parts["timelines"]),
    }
    return context | {"sections": _sections(context)}


def _parts(seen: ByType, summary: dict[str, Any], *, drawings: bool) -> dict[str, Any]:
    """Return what each section shows, by the names that the templates know it by."""
    first = seen.all(journal.RunStarted)[0]
    rows = story.rows(seen)
    ranged = ranges.rows(summary.get("scaling"))
    settings = json.dumps(first.configuration, indent=2, sort_keys=True) if first.configuration else ""
    return {
        "timelines": page_figures.timelines(seen, summary, drawings=drawings),
        "ranges": ranged[: ranges.MOST_ROWS],
        "ranges_cut": max(len(ranged) - ranges.MOST_ROWS, 0),
        "ranges_note": ranges.sentence(ranged),
        "is_virtual": first.clock == VIRTUAL,
        "rows": rows[: story.MOST_ROWS],
        "rows_cut": max(len(rows) - story.MOST_ROWS, 0),
        "latency": _latency(seen, summary, drawings=drawings),
        "messages": messages_section.section(seen, summary, drawings=drawings),
        "functions": functions_section.section(seen, summary, drawings=drawings),
        "permissions": permissions_section.section(summary),
        "cost": cost.section(summary),
        "jobs": jobs.section(summary),
        "programs": seen.all(journal.ProgramEnded),
        "processes": processes.processes(seen),
        "configuration": settings[:MOST_CONFIGURATION],
        "configuration_cut": max(len(settings) - MOST_CONFIGURATION, 0),
    }


def _latency(seen: ByType, summary: dict[str, Any], *, drawings: bool) -> dict[str, Any] | None:
    found = summary.get("latency")
    if not found:
        return None
    return {
        "columns": [(name, words, found[key]) for key, name, words in TIMES if key in found],
        "source": found["source"],
        "requests": found["requests"],
        "figures": page_figures.latency(seen, summary, drawings=drawings),
    }


def _comparison(document: dict[str, Any] | None) -> Any:
    if document is None:
        return None
    from reports import comparison

    return comparison.section(document)


def _sections(context: dict[str, Any]) -> list[tuple[str, str]]:
    """Return (id, name in the list) of the sections that this page has, in its order."""
    summary = context["summary"]
    there = {
        "expectations": summary["expectations"] or summary.get("not_judged"),
        "timeline": context["timelines"],
        "why": context["rows"],
        "predictions": summary.get("predictions") or context["programs"] or context["processes"],
        "findings": summary["findings"],
        "configuration": True,
    }
    names = {
        "why": "Why it scaled" if summary.get("scaling") else "Events",
        "predictions": "Predictions" if summary.get("predictions") else "Programs",
    }
    found = {part: names.get(part, name) for part, name in SECTIONS if there.get(part, context.get(part))}
    # Without capacity the events say when things happened, not why: what was done comes first.
    lead = ("timeline", "why") if context["timelines"] else ("messages", "functions")
    # Where all expectations were met nobody has to read them first.
    first = ("expectations", *lead) if context["missed"] else (*lead, "expectations")
    order = [part for part in first if part in found] + [part for part in found if part not in first]
    return [(part, found[part]) for part in order]


def _badge(summary: dict[str, Any]) -> tuple[str, str]:
    """Return the verdict's word and tone; what was played without a promise to keep is not called a pass."""
    if summary["verdict"] == "pass" and summary["clock"] == "virtual" and not summary["expectations"]:
        return "Simulated", "plain"
    return VERDICT[summary["verdict"]]


def _absent(summary: dict[str, Any], timelines: Sequence[object]) -> list[str]:
    """Return the names of the parts that this run has nothing to say about."""
    names = {
        "scaling": "scaling",
        "load": "load",
        "latency": "latency",
        "messages": "messages",
        "functions": "functions",
        "permissions": "iam",
        "cost": "cost",
        "jobs": "jobs",
        "predictions": "predictions",
        "findings": "findings",
        "expectations": "expectations",
        "fidelity": "fidelity",
    }
    absent = [] if timelines else ["capacity over time"]
    return absent + [name for name, key in names.items() if not summary.get(key)]
