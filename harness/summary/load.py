"""The summary's account of the load, and the times of the answers."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from harness import journal
from harness.stats import spread
from harness.summary.grouped import ByType

INVOKE = "InvokeEndpoint"
MESSAGES = ("topic", "queue")  # what a load sends messages to; everything else it asks for an answer
VIRTUAL = "virtual"  # the clock on which nothing is waited for, and nothing sent


def load_account(seen: ByType) -> dict[str, Any]:
    """Return the load generator's account; of a run cut off before it gave one, a count of its requests."""
    accounts = seen.all(journal.LoadEnded)
    if total := seen.last(journal.ServedTotal):
        return _served(total)
    if not accounts:
        return _counted(seen.all(journal.LoadRequest))
    totals = ("offered", "sent", "completed", "failed", "dropped", "unfinished", "processes")
    return {
        **{name: sum(getattr(a, name) for a in accounts) for name in totals},
        **_untold(accounts),
        "lag_p99_s": max(a.lag_p99_s for a in accounts),
        "saturated": any(a.saturated for a in accounts),
        "why": [why for a in accounts for why in a.why],
        "client": ", ".join(dict.fromkeys(a.client for a in accounts)),
        "client_cpu": max(a.client_cpu for a in accounts),
        "began_at_s": min(a.began_at for a in accounts),
        "ended_at_s": max(a.at for a in accounts),
    }


def _untold(accounts: Sequence[journal.LoadEnded]) -> dict[str, int]:
    """Return what became of nobody knows, or never came due; absent where there is none."""
    found = {name: sum(getattr(a, name) for a in accounts) for name in ("lost", "never_due")}
    return {name: count for name, count in found.items() if count}


def _served(total: journal.ServedTotal) -> dict[str, Any]:
    """Return the account of a load whose requests were kept by the minute; the model alone sent them."""
    failed = {"failed_by": dict(total.failed)} if total.failed else {}
    return {
        "offered": total.offered,
        "sent": total.offered,
        "completed": total.completed,
        "failed": total.offered - total.completed,
        **failed,
        "dropped": 0,
        "unfinished": 0,
        "began_at_s": total.began_at,
        "ended_at_s": total.at,
    }


def _counted(requests: Sequence[journal.LoadRequest]) -> dict[str, Any]:
    if not requests:
        return {}
    outcomes = Counter(r.outcome for r in requests)
    return {
        "offered": len(requests),
        "sent": sum(r.sent_at is not None for r in requests),
        "completed": outcomes["ok"],
        **{name: outcomes[name] for name in ("failed", "dropped", "unfinished")},
        **({"lost": outcomes["lost"]} if outcomes["lost"] else {}),
    }


def latency(seen: ByType) -> dict[str, Any]:
    """Return the times of answered requests: `response_s`, and `service_s` and `overhead_s` apart.

    Where a load ran: response = lag + queue + service. The lag is how long after its intended start
    (`due_at`) a request was sent, so that a slow answer cannot hide the wait of those behind it; it is this
    machine's own and in real seconds, queue and service are modelled. Without a load: queue + service of each
    InvokeEndpoint exchange with a 2xx status. `overhead_s` is the harness's own time in real seconds, never
    part of a response. Publishing a message is no such request (`messages` has its times), nor is a call of a
    function that nobody modelled the time of (`functions` has its duration). Requests without a good answer
    are counted in `load` and have no time here. On the virtual clock there is neither lag nor overhead.
    """
    if total := seen.last(journal.ServedTotal):
        return _of_total(total)
    if seen.all(journal.LoadRequest):
        answered = [r for r in seen.all(journal.LoadRequest) if has_time(r)]
        return _times(seen, "load", [(response_s(r), r.service_s, r.overhead_s) for r in answered])
    calls = [e for e in seen.all(journal.Exchange) if is_invocation(e) and 200 <= e.status < 300]
    return _times(seen, "exchanges", [(e.queue_s + e.service_s, e.service_s, e.overhead_s) for e in calls])


def is_call(request: journal.LoadRequest) -> bool:
    """Return whether *request* asked for an answer: it invoked an endpoint or a function, or an API."""
    return request.target not in MESSAGES


def has_time(request: journal.LoadRequest) -> bool:
    """Return whether *request* was answered well, and in a time that was modelled."""
    modelled = request.target == "endpoint" or request.service_s > 0.0
    return is_call(request) and request.outcome == "ok" and modelled


def response_s(request: journal.LoadRequest) -> float:
    """Return the seconds from the intended start of *request* to its modelled answer (see `latency`)."""
    return request.lag_s + request.queue_s + request.service_s


def is_invocation(exchange: journal.Exchange) -> bool:
    """Return whether *exchange* asked an endpoint for a prediction."""
    return exchange.operation == INVOKE


def _of_total(total: journal.ServedTotal) -> dict[str, Any]:
    if not total.completed:
        return {}
    return {
        "source": "load",
        "requests": total.completed,
        "response_s": dict(total.response),
        "service_s": dict(total.service),
    }


def _times(seen: ByType, source: str, rows: list[tuple[float, float, float]]) -> dict[str, Any]:
    if not rows:
        return {}
    response, service, overhead = zip(*rows, strict=True)
    waited = all(run.clock != VIRTUAL for run in seen.all(journal.RunStarted))
    return {
        "source": source,
        "requests": len(rows),
        "response_s": spread(response),
        "service_s": spread(service),
        **({"overhead_s": spread(overhead)} if waited else {}),
    }
