"""The invocations, permissions, processes and prices behind a figure or a finding. Pure."""

import re
from collections.abc import Sequence
from heapq import nlargest
from typing import Any

from harness import journal
from harness.summary import ByType
from reports.evidence_values import MOST_ROWS, Document, Evidence, Table, document, evidence, table
from reports.permissions.expected import Expected
from reports.permissions.remedies import denials, pretty
from reports.text import clock, number, share, short

INVOCATIONS = ("Due", "Began", "Outcome", "Cold", "Duration", "This machine", "Attempt", "Request", "Error")
THROTTLES = ("At", "Attempt", "Caller", "Reason", "Request")
REFUSED = ("First", "Last", "Calls", "Action", "Resource", "Reason")
PROCESSES = ("At", "Process", "What", "Exit", "Detail")
BILL = ("Item", "For", "Used", "Cost, USD")
JOBS = ("Job", "Kind", "Status", "Reason")
RETURNED = ("Figure", "Value")
_HELD = re.compile(r"\b(?:un)?used\b|\bgrant|\bleast\b", re.IGNORECASE)
_REFUSED = re.compile(r"\brefus|\bdenied\b", re.IGNORECASE)
MOST_LOG = 3_000
MOST_STATEMENTS = 2


def of_function(seen: ByType, function: str, words: str) -> Evidence:
    """Return the invocations of *function* that the figure called *words* counts, with a log of one."""
    calls = [one for one in seen.all(journal.FunctionInvoked) if one.function == function]
    lower = words.lower()
    if "throttl" in lower:
        return evidence("functions", _throttles(seen, function))
    bad = [one for one in calls if one.outcome != "ok"]
    cold = [one for one in calls if one.cold]
    if "slower" in lower:
        shown = nlargest(MOST_ROWS, calls, key=lambda one: one.overhead_s)
        caption = f"Of {len(calls):,} invocations those that took this machine longest"
    elif "cold" in lower and cold:
        shown, caption = cold, f"{len(cold):,} of {len(calls):,} invocations began cold"
    elif bad:
        shown, caption = (
            bad,
            f"{len(bad):,} of {len(calls):,} invocations ({share(len(bad), len(calls))}) failed",
        )
    else:
        shown = nlargest(MOST_ROWS, calls, key=lambda one: one.duration_s)
        caption = f"The slowest of {len(calls):,} invocations"
    logged = next((one.log for one in shown if one.log and one.outcome != "ok"), "")
    rows = map(_invocation, shown[:MOST_ROWS])
    numeric = ("Due", "Began", "Duration", "This machine", "Attempt")
    return evidence(
        "functions",
        table(caption, INVOCATIONS, rows, numeric=numeric, of=len(shown)),
        document("The end of the log of the first", logged[-MOST_LOG:]),
    )


def _invocation(one: journal.FunctionInvoked) -> Sequence[str]:
    cold = f"yes, {short(one.init_s)}" if one.cold else "no"
    return (
        clock(one.due_at),
        clock(one.began_at),
        one.outcome,
        cold,
        short(one.duration_s),
        short(one.overhead_s),
        str(one.attempt),
        one.request,
        one.error,
    )


def _throttles(seen: ByType, function: str) -> Table | None:
    found = [one for one in seen.all(journal.FunctionThrottled) if one.function == function]
    rows = ((clock(t.at), str(t.attempt), t.source, t.reason, t.request) for t in found[:MOST_ROWS])
    return table(f"{len(found):,} throttled", THROTTLES, rows, numeric=("At", "Attempt"), of=len(found))


def of_role(summary: dict[str, Any], role: str, words: str) -> Evidence:
    """Return what *role* was refused with the statement it lacks, or what it holds in vain."""
    one = summary.get("iam", {}).get(role)
    if one is None:
        return Evidence()
    if _HELD.search(words) and not _REFUSED.search(words):
        return evidence("permissions", *_unused(role, one))
    refused = [each for each in denials(summary["iam"], Expected()) if each.role == role]
    rows = [
        (
            clock(each["first_at_s"]),
            clock(each["last_at_s"]),
            f"{each['calls']:,}",
            each["action"],
            ", ".join(each["resources"][:3]),
            each["reason"],
        )
        for each in one["denials"][:MOST_ROWS]
    ]
    lacking = [each.statement for each in refused if each.statement][:MOST_STATEMENTS]
    return evidence(
        "permissions",
        table(f"What {role} was refused", REFUSED, rows, numeric=REFUSED[:3], of=len(one["denials"])),
        *(document(f"The statement that {role} lacks", statement) for statement in lacking),
    )


def _unused(role: str, one: dict[str, Any]) -> list[Table | Document | None]:
    counted = one["unused_by_service"]
    ordered = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    rows = [(service, f"{count:,}") for service, count in ordered[:MOST_ROWS]]
    held = table(
        f"Actions that {role} holds and never used",
        ("Service", "Actions"),
        rows,
        numeric=("Actions",),
        of=len(ordered),
    )
    policy = one.get("minimal_policy")
    return [held, document(f"The smallest policy for what {role} did", pretty(policy) if policy else "")]


def of_program(seen: ByType, program: str, key: str) -> Evidence:
    """Return what *program* returned beside *key*, how it ended, and what happened to its processes."""
    ended = [one for one in seen.all(journal.ProgramEnded) if one.program == program]
    returned = ended[-1].result if ended else {}
    ordered = sorted(returned.items(), key=lambda item: item[0] != key)
    figures = [(name, _shown(value)) for name, value in ordered]
    changes = [one for one in seen.all(journal.ProgramChanged) if one.program == program]
    loud = [one for one in changes if one.exit_code not in (None, 0, -15)]
    rows = [
        (clock(o.at), str(o.rank), o.what, "-" if o.exit_code is None else str(o.exit_code), o.detail)
        for o in loud[:MOST_ROWS]
    ]
    caption = f"What {program} returned" + (f" at {clock(ended[-1].at)}" if ended else "")
    return evidence(
        "predictions",
        table(caption, RETURNED, figures, numeric=("Value",)),
        table(
            f"Processes of {program} that ended with an error",
            PROCESSES,
            rows,
            numeric=("At", "Process", "Exit"),
            of=len(loud),
        ),
        document("Its error", ended[-1].error if ended else ""),
    )


def _shown(value: object) -> str:
    return number(value) if isinstance(value, int | float) and not isinstance(value, bool) else str(value)


def of_cost(summary: dict[str, Any]) -> Evidence:
    """Return the dearest items of the bill."""
    items = summary.get("cost", {}).get("items", [])
    dearest = nlargest(MOST_ROWS, items, key=lambda item: item["usd"] or 0.0)
    rows = [
        (item["item"], item["resource"], f"{number(item['quantity'])} {item['unit']}", _usd(item["usd"]))
        for item in dearest
    ]
    return evidence("cost", table("The dearest items", BILL, rows, numeric=BILL[2:], of=len(items)))


def _usd(price: float | None) -> str:
    return "no price" if price is None else f"{price:.6g}"


def of_jobs(summary: dict[str, Any], words: str) -> Evidence:
    """Return the jobs that *words* name, else those that did not end well."""
    jobs = summary.get("jobs", [])
    named = [one for one in jobs if one["job"] in words]
    shown = named or [one for one in jobs if one["status"] != "Completed"] or jobs
    rows = [(one["job"], one["kind"], one["status"], one.get("reason", "")) for one in shown[:MOST_ROWS]]
    return evidence("jobs", table("Jobs", JOBS, rows, of=len(shown)))
