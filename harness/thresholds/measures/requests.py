"""What the load saw: times of answers, requests, errors, the harness's own time.

A request has a time where the summary says so (`harness.summary.load`): it was answered well, in a time that
was modelled. So many requests that they were kept by the minute have neither status nor single times.
"""

from collections.abc import Callable, Iterator

from harness.journal import Exchange, LoadRequest, ServedMinute, ServedTotal
from harness.summary.load import has_time, is_invocation, response_s
from harness.thresholds.found import Binned, Counted, Found, Nothing, Share
from harness.thresholds.measures.run import Follow, Following, Run, Tags, about, counted, share, values

TARGETS = ("endpoint", "function", "api", "topic", "queue")
OK = "ok"
_TOTALS = {"p50": "p(50)", "p90": "p(90)", "p95": "p(95)", "p99": "p(99)", "max": "max"}


def _is_asked(tags: Tags) -> Callable[[LoadRequest], bool]:
    """Return whether a request is what *tags* ask about."""
    to = [(target, name) for target, name in tags.items() if target in TARGETS]
    status, outcome = tags.get("status"), tags.get("outcome")

    def asked(one: LoadRequest) -> bool:
        return (
            all((one.target, one.endpoint) == each for each in to)
            and status in (None, str(one.status))
            and outcome in (None, one.outcome)
        )

    return asked


# -- times -----


def _times(of: Callable[[LoadRequest], float]) -> Following:
    def follow(tags: Tags) -> Follow:
        asked = _is_asked(tags)

        def each(one: LoadRequest) -> Iterator[float]:
            if has_time(one) and asked(one):
                yield of(one)

        return each

    return Following((LoadRequest,), follow)


RESPONSE = _times(response_s)
SERVICE = _times(lambda one: one.service_s)
QUEUE = _times(lambda one: one.queue_s)
OVERHEAD = _times(lambda one: one.overhead_s)


def _of_exchanges(of: Callable[[Exchange], float]) -> Following:
    """Return the times of what somebody else than the load invoked: the gateway saw them."""

    def follow(tags: Tags) -> Follow:
        def each(one: Exchange) -> Iterator[float]:
            named = tags.get("endpoint", one.endpoint) == one.endpoint and not tags.keys() - {"endpoint"}
            if is_invocation(one) and 200 <= one.status < 300 and named:
                yield of(one)

        return each

    return Following((Exchange,), follow)


_EXCHANGED = {
    "response": _of_exchanges(lambda one: one.queue_s + one.service_s),
    "service": _of_exchanges(lambda one: one.service_s),
    "queue": _of_exchanges(lambda one: one.queue_s),
    "overhead": _of_exchanges(lambda one: one.overhead_s),
}


def response_time(run: Run, tags: Tags) -> Found:
    """Return the response times, from the intended start."""
    return _by_minute(run, tags, "response") or _all_times(run, tags, RESPONSE, "response")


def service_time(run: Run, tags: Tags) -> Found:
    """Return how long requests were worked on."""
    return _by_minute(run, tags, "service") or _all_times(run, tags, SERVICE, "service")


def queue_time(run: Run, tags: Tags) -> Found:
    """Return how long requests waited in the endpoint."""
    if run.seen.last(ServedTotal):
        return Nothing("So many requests are kept by the minute; how long each waited is not known")
    return _all_times(run, tags, QUEUE, "queue")


def overhead(run: Run, tags: Tags) -> Found:
    """Return the harness's own time of each request."""
    if run.is_virtual:
        return Nothing("On the virtual clock nothing is waited for: there is no overhead")
    return _all_times(run, tags, OVERHEAD, "overhead")


def _all_times(run: Run, tags: Tags, following: Following, what: str) -> Found:
    if not run.seen.all(LoadRequest):
        following = _EXCHANGED[what]
    found = run.each(following, tags)
    nothing = f"No request{about(tags)} was answered{_called(run)}"
    return values(f"over {len(found)} answered requests{about(tags)}", found, nothing)


def _called(run: Run) -> str:
    """Return whom the load called, as the end of a sentence."""
    names = dict.fromkeys(one.endpoint for one in run.seen.all(LoadRequest))
    return f"; the load called {', '.join(names)}" if names else ""


def lag_of(tags: Tags) -> Follow:
    """Return how long after its due moment each request was sent."""
    asked = _is_asked(tags)

    def each(one: LoadRequest) -> Iterator[float]:
        if one.sent_at is not None and asked(one):
            yield one.lag_s

    return each


LAG = Following((LoadRequest,), lag_of)


def lag(run: Run, tags: Tags) -> Found:
    """Return how late requests were sent."""
    if run.is_virtual:
        return Nothing("On the virtual clock nothing is sent late")
    found = run.each(LAG, tags)
    return values(f"over {len(found)} requests sent{about(tags)}", found, f"No request{about(tags)} was sent")


# -- counts -----


def _of_due(counts: Callable[[LoadRequest], bool], *, zeros: bool = False) -> Following:
    def follow(tags: Tags) -> Follow:
        asked = _is_asked(tags)

        def each(one: LoadRequest) -> Iterator[float]:
            if asked(one) and (zeros or counts(one)):
                yield float(counts(one))

        return each

    return Following((LoadRequest,), follow)


REQUESTS = _of_due(lambda one: True)
ERRORS = _of_due(lambda one: one.outcome != OK)
ERROR_RATIO = _of_due(lambda one: one.outcome != OK, zeros=True)


def requests(run: Run, tags: Tags) -> Found:
    """Return how many requests were due."""
    if total := run.seen.last(ServedTotal):
        return _counted_by_minute(run, tags, total, errors=False)
    if not run.seen.all(LoadRequest):
        return Nothing("There was no load")
    found = run.each(REQUESTS, tags)
    return counted(run, f"{len(found)} requests were due{about(tags)}", found)


def errors(run: Run, tags: Tags) -> Found:
    """Return how many requests had no good answer; nothing where none was due."""
    due = requests(run, {tag: name for tag, name in tags.items() if tag in TARGETS})
    if isinstance(due, Nothing):
        return due
    if not isinstance(due, Counted) or not due.count:
        return Nothing(f"No request{about(tags)} was due{_called(run)}")
    if total := run.seen.last(ServedTotal):
        return _counted_by_minute(run, tags, total, errors=True)
    found = run.each(ERRORS, tags)
    return counted(run, f"{len(found)} of {due.count:.0f} requests had no good answer{about(tags)}", found)


def error_ratio(run: Run, tags: Tags) -> Found:
    """Return the share of requests without a good answer."""
    if run.seen.last(ServedTotal):
        due, bad = requests(run, tags), errors(run, tags)
        if isinstance(due, Counted) and isinstance(bad, Counted):
            return Share(bad.said, bad.count, due.count)
        return bad
    found = run.each(ERROR_RATIO, tags)
    said = f"{sum(found):.0f} of {len(found)} requests had no good answer{about(tags)}"
    return share(said, found, f"No request{about(tags)} was due{_called(run)}")


# -- kept by the minute -----


def _minutes(run: Run, tags: Tags) -> list[ServedMinute]:
    return [one for one in run.seen.all(ServedMinute) if all(name == one.endpoint for name in tags.values())]


def _by_minute(run: Run, tags: Tags, what: str) -> Found | None:
    """Return the times of requests that were kept by the minute; None where each was kept."""
    total = run.seen.last(ServedTotal)
    if total is None:
        return None
    bins: dict[int, int] = {}
    for minute in _minutes(run, tags):
        for number, count in getattr(minute, what):
            bins[number] = bins.get(number, 0) + count
    answered = sum(bins.values())
    if not answered:
        return Nothing(f"No request{about(tags)} was answered")
    spread = getattr(total, what) if answered == total.completed else {}
    known = {_TOTALS[name]: value for name, value in spread.items()}
    if "p(50)" in known:
        known["med"] = known["p(50)"]
    return Binned(f"over {answered} answered requests{about(tags)}", list(map(list, bins.items())), known)


def _counted_by_minute(run: Run, tags: Tags, total: ServedTotal, *, errors: bool) -> Found:
    """Return how many requests were due, or had no good answer, of a run that kept them by the minute."""
    if tags.keys() & {"status", "outcome"}:
        return Nothing("So many requests are kept by the minute, without their statuses")
    named = _minutes(run, tags)
    due = sum(one.offered for one in named)
    bad = due - sum(one.completed for one in named)
    said = f"{bad} of {due} requests had no good answer" if errors else f"{due} requests were due"
    return Counted(f"{said}{about(tags)}", bad if errors else due, total.at - total.began_at)
