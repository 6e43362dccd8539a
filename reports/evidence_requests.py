"""The requests behind a figure: those that got no good answer, and the slowest. Pure."""

from collections.abc import Sequence
from heapq import nlargest

from harness import journal
from harness.summary import ByType, is_invocation
from harness.summary.load import has_time, is_call, response_s
from reports.evidence_values import MOST_ROWS, Evidence, Table, evidence, table
from reports.text import clock, share, short

COLUMNS = ("No.", "Due", "Sent", "Outcome", "Status", "Queue", "Service", "Response", "Error")
TIMES = ("No.", "Due", "Sent", "Status", "Queue", "Service", "Response")
EXCHANGES = ("At", "Instance", "Status", "Queue", "Service", "Error")
MINUTES = ("Minute from", "Offered", "Answered", "Failed", "Why")

Numbered = tuple[int, journal.LoadRequest]


def failed(seen: ByType, endpoint: str) -> Evidence:
    """Return the requests to *endpoint*, or to any where it is "", that got no good answer."""
    if seen.all(journal.ServedMinute):
        return evidence("latency", _minutes(seen, endpoint))
    load = _load(seen, endpoint)
    bad = [one for one in load if one[1].outcome != "ok"]
    caption = f"{len(bad):,} of {len(load):,} requests ({share(len(bad), len(load))}) got no good answer"
    found = table(caption, COLUMNS, map(_row, bad[:MOST_ROWS]), numeric=TIMES, of=len(bad)) if load else None
    return evidence("latency", found, _exchanges(seen, endpoint) if not load else None)


def slowest(seen: ByType, endpoint: str, limit_s: float | None = None) -> Evidence:
    """Return the slowest answered requests to *endpoint*, saying how many took longer than *limit_s*."""
    if seen.all(journal.ServedMinute):
        return evidence("latency", _minutes(seen, endpoint))
    answered = [one for one in _load(seen, endpoint) if one[1].outcome == "ok" and has_time(one[1])]
    rows = nlargest(MOST_ROWS, answered, key=lambda one: response_s(one[1]))
    caption = f"The slowest of {len(answered):,} answered requests"
    if limit_s is not None:
        over = sum(response_s(one) > limit_s for _, one in answered)
        caption += f"; {over:,} took longer than {short(limit_s)}"
    return evidence("latency", table(caption, COLUMNS, map(_row, rows), numeric=TIMES, of=len(answered)))


def _load(seen: ByType, endpoint: str) -> list[Numbered]:
    """Return the calls to *endpoint* with their place in the load, which is how the journal numbers them."""
    numbered = enumerate(seen.all(journal.LoadRequest), start=1)
    return [(no, one) for no, one in numbered if is_call(one) and (not endpoint or one.endpoint == endpoint)]


def _row(numbered: Numbered) -> tuple[str, ...]:
    number, one = numbered
    timed = has_time(one)
    return (
        f"{number:,}",
        clock(one.due_at),
        "never" if one.sent_at is None else clock(one.sent_at),
        one.outcome,
        str(one.status) if one.status else "none",
        short(one.queue_s) if timed else "-",
        short(one.service_s) if timed else "-",
        short(response_s(one)) if timed else "-",
        one.error,
    )


def _exchanges(seen: ByType, endpoint: str) -> Table | None:
    """Return the calls of programs that failed, which no load generator has numbered."""
    calls = [
        one for one in seen.all(journal.Exchange) if is_invocation(one) and endpoint in ("", one.endpoint)
    ]
    bad = [one for one in calls if one.status >= 300]
    caption = f"{len(bad):,} of {len(calls):,} calls failed"
    rows = (
        (clock(e.at), e.instance or "none", str(e.status), short(e.queue_s), short(e.service_s), e.error)
        for e in bad[:MOST_ROWS]
    )
    return table(caption, EXCHANGES, rows, numeric=("At", "Status", "Queue", "Service"), of=len(bad))


def _minutes(seen: ByType, endpoint: str) -> Table | None:
    """Return the periods with the most failed requests, where requests were too many to keep one by one."""
    kept = [one for one in seen.all(journal.ServedMinute) if endpoint in ("", one.endpoint)]
    bad = sorted((one for one in kept if one.failed), key=lambda one: -sum(one.failed.values()))
    caption = f"{len(bad):,} of {len(kept):,} periods had failed requests; the worst"
    return table(caption, MINUTES, map(_minute_row, bad[:MOST_ROWS]), numeric=MINUTES[:4], of=len(bad))


def _minute_row(one: journal.ServedMinute) -> Sequence[str]:
    why = ", ".join(f"{count:,} {name}" for name, count in one.failed.items())
    lost = sum(one.failed.values())
    return clock(one.at), f"{one.offered:,}", f"{one.completed:,}", f"{lost:,}", why
