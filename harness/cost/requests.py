"""Requests to AWS's services, as each of them counts: by the call, by the chunk, by what goes through.

What the journal has of a call is its service, operation, status and bytes on the wire. Where AWS counts what
does not follow from these, the usage says in which direction it errs. A refused or throttled call is not
billed.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from harness import journal
from harness.cost.usage import Usage, chunks
from harness.journal import Exchange
from harness.summary.grouped import ByType

KB, GB = 1_024, 1_073_741_824
# SQS and SNS pricing pages: "each 64 KB chunk of a payload is billed as 1 request"; EventBridge's the same.
CHUNK = 64 * KB
FREE = frozenset(
    {
        "",
        "apigateway",
        "application-autoscaling",
        "autoscaling",
        "cloudformation",
        "ec2",
        "execute-api",  # counted by the invocations
        "iam",
        "lambda",
        "resource-groups",
        "sagemaker",
        "scheduler",
        "ssm",
        "sts",
        "tagging",
        "trigger",
    }
)
"""Services whose calls cost nothing themselves, or are counted elsewhere."""

# In these phases a run watches and clears up; what it asks for under the account's own key is not the
# pipeline's. The key is that of `harness.config`, which this room does not import: it reads the environment.
_WATCHING = frozenset({"settle", "stop", "inventory", "teardown"})
OWN_KEY = "test"
_READS = frozenset({"BatchGetItem", "GetItem", "Query", "Scan", "TransactGetItems", "ExecuteStatement"})
_WRITES = frozenset({"BatchWriteItem", "DeleteItem", "PutItem", "TransactWriteItems", "UpdateItem"})


@dataclass(slots=True)
class _Count:
    quantity: float = 0.0
    calls: int = 0
    hows: set[str] = field(default_factory=set)


def request_usage(seen: ByType) -> tuple[list[Usage], dict[str, int]]:
    """Return what the calls of a run used, and how many there were to services that are not covered."""
    watching = _watching(seen)
    counts: defaultdict[str, _Count] = defaultdict(_Count)
    other: Counter[str] = Counter()
    for one in seen.all(Exchange):
        if one.status >= 400 or (one.access_key == OWN_KEY and watching(one.at)):
            continue
        rule = _RULES.get(one.service)
        if rule is None:
            other.update([one.service] if one.service not in FREE else [])
            continue
        item, quantity, how = rule(one)
        if item:
            count = counts[item]
            count.quantity, count.calls = count.quantity + quantity, count.calls + 1
            count.hows.add(how)
    _lists(seen, counts)
    _fifo(seen, counts)
    found = [_usage(item, count) for item, count in counts.items()]
    return [*found, *_data(seen), *_others(seen)], dict(sorted(other.items()))


def _usage(item: str, count: _Count) -> Usage:
    hows = "; ".join(sorted(count.hows - {""}))
    return Usage(
        item,
        "",
        count.quantity,
        f"{count.calls:,} call{'' if count.calls == 1 else 's'}{': ' if hows else ''}{hows}",
    )


def _watching(seen: ByType) -> Callable[[float], bool]:
    """Return whether a moment is in a phase in which the run only watches and clears up."""
    phases = seen.all(journal.PhaseStarted)
    ends = [*(one.at for one in phases[1:]), float("inf")]
    spans = [(one.at, end) for one, end in zip(phases, ends, strict=False) if one.phase in _WATCHING]
    return lambda at: any(begin <= at < end for begin, end in spans)


# --- what each service counts ------------------------------------------------------------------------------

_Counted = tuple[str, float, str]


def _sqs(one: Exchange) -> _Counted:
    return "sqs:requests", chunks(max(one.bytes_in, one.bytes_out), CHUNK), "one each 64 KB"


def _sns(one: Exchange) -> _Counted:
    return "sns:requests", chunks(one.bytes_in, CHUNK), "one each 64 KB"


def _s3(one: Exchange) -> _Counted:
    """S3 pricing page: "DELETE and CANCEL requests are free"."""
    if one.operation in ("PUT", "POST"):
        return "s3:put", 1.0, ""
    return ("", 0.0, "") if one.operation == "DELETE" else ("s3:get", 1.0, "")


def _dynamodb(one: Exchange) -> _Counted:
    """DynamoDB pricing page: a write unit for each KB, half a read unit for each 4 KB, consistent in the end.

    Items smaller than that are rounded up one by one, which the bytes of a batch do not show.
    """
    is_transaction = one.operation.startswith("Transact")  # each item is read, or written, twice
    if one.operation in _WRITES:
        units = chunks(one.bytes_in, KB) * (2 if is_transaction else 1)
        return "dynamodb:write-units", units, "by the KB of each call, batches at least"
    if one.operation in _READS:
        units = chunks(one.bytes_out, 4 * KB) * (4 if is_transaction else 1)
        return "dynamodb:read-units", units / 2.0, "by 4 KB of each answer"
    return "", 0.0, ""


def _events(one: Exchange) -> _Counted:
    if one.operation != "PutEvents":
        return "", 0.0, ""
    return "events:custom", chunks(one.bytes_in, CHUNK), "one each 64 KB of a call, at least"


def _logs(one: Exchange) -> _Counted:
    return ("logs:ingested", one.bytes_in / GB, "") if one.operation == "PutLogEvents" else ("", 0.0, "")


def _monitoring(one: Exchange) -> _Counted:
    return "monitoring:requests", 1.0, ""


def _kms(one: Exchange) -> _Counted:
    return "kms:requests", 1.0, ""


_RULES: Mapping[str, Callable[[Exchange], _Counted]] = {
    "sqs": _sqs,
    "sns": _sns,
    "s3": _s3,
    "dynamodb": _dynamodb,
    "events": _events,
    "logs": _logs,
    "monitoring": _monitoring,
    "kms": _kms,
}


# --- what calls alone do not tell --------------------------------------------------------------------------


def _lists(seen: ByType, counts: defaultdict[str, _Count]) -> None:
    """Count as PUT what lists a bucket: S3 bills it so, and only the permission that it needed tells it."""
    listed = sum(
        one.calls
        for one in seen.all(journal.PermissionTotal)
        if one.call.startswith("s3:List") and one.verdict == "Allowed"
    )
    moved = min(float(listed), counts["s3:get"].quantity) if "s3:get" in counts else 0.0
    if moved:
        for item, sign in (("s3:get", -1), ("s3:put", 1)):
            counts[item].quantity += sign * moved
            counts[item].calls += sign * int(moved)
        counts["s3:put"].hows.add("lists among them")


def _fifo(seen: ByType, counts: defaultdict[str, _Count]) -> None:
    """Price the calls as FIFO ones where there is a FIFO queue or topic: a call does not tell which it is."""
    queues = {one.queue for one in seen.all(journal.QueueDeclared)}
    topics = {one.topic for one in seen.all(journal.MessagePublished) if one.topic}
    for item, names in (("sqs:requests", queues), ("sns:requests", topics)):
        fifo = [name for name in names if name.endswith(".fifo")]
        # FIFO requests cost more at SQS and less at SNS: where both kinds are there, what costs more counts.
        if item in counts and fifo and (item == "sqs:requests" or len(fifo) == len(names)):
            count = counts.pop(item)
            count.hows.add("" if len(fifo) == len(names) else "all as FIFO, at most")
            counts[item.replace(":", ":fifo-")] = count


def _data(seen: ByType) -> Iterable[Usage]:
    """Yield what went in and out of endpoints (SageMaker pricing page, data processed in and out)."""
    sizes: Counter[str] = Counter()
    for one in seen.all(Exchange):
        if one.endpoint and one.status < 400:
            sizes[one.endpoint] += one.bytes_in + one.bytes_out
    for endpoint, size in sizes.items():
        yield Usage("sagemaker:data", endpoint, size / GB, "requests and answers")


def _others(seen: ByType) -> Iterable[Usage]:
    """Yield what costs without a call: deliveries to HTTP endpoints, HTTP APIs, schedules that fired.

    SNS pricing page: deliveries to SQS and Lambda cost nothing. EventBridge's: nor do rules with a schedule;
    EventBridge Scheduler bills each invocation.
    """
    delivered = sum(one.how == "delivered" for one in seen.all(journal.MessageEnded))
    asked = sum(":execute-api:" in one.trigger for one in seen.all(journal.FunctionInvoked))
    scheduled = any(one.service == "scheduler" for one in seen.all(Exchange))
    fired = len(seen.all(journal.TimerFired)) if scheduled else 0
    for item, count, how in (
        ("sns:http-deliveries", delivered, "deliveries to webhooks, retries not among them"),
        ("apigateway:http", asked, "requests that invoked a function"),
        ("scheduler:invocations", fired, "schedules that fired"),
    ):
        if count:
            yield Usage(item, "", float(count), how)
