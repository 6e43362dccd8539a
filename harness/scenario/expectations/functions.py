"""Questions about functions: how often they ran, failed and were throttled, and what became of their events.

A function of which nothing was asked has nothing to measure. An alias (`function.alias("live")`) asks about
what came by it alone.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate

from harness.errors import ScenarioError
from harness.functions.outcomes import Reason, Source
from harness.journal import FunctionEventEnded, FunctionInvoked, FunctionThrottled, TimerFired
from harness.scenario.expectations.expectation import Expectation, Measured, Question, R, Records, of_kind
from harness.scenario.functions import Function, Invocable, QualifiedFunction, function_of
from harness.scenario.triggers import Rule, Timer
from harness.stats import percentile

NEEDS = "functions that run"
NAMED = 3  # kinds of errors that a sentence names
SAID = 160  # characters of an error's message that it quotes
# How an invocation names SNS that asked for it: by its principal, or by the ARN of the topic.
_OF_SNS = ("sns.amazonaws.com", "arn:aws:sns:")

Asked = Callable[[list[FunctionInvoked], list[FunctionThrottled]], Measured]


def invocations(function: Invocable) -> Question:
    """Ask how many invocations ran, retries among them."""

    def measure(ran: list[FunctionInvoked], throttled: list[FunctionThrottled]) -> Measured:
        again = sum(one.attempt > 1 for one in ran)
        return len(ran), f"{len(ran)} ran, {again} of them retries; {len(throttled)} were throttled"

    return _question(function, "invocations", measure, "invocations")


def function_errors(function: Invocable) -> Question:
    """Ask how many invocations that ran ended with an error: raised, timed out, crashed or the like."""

    def measure(ran: list[FunctionInvoked], _: list[FunctionThrottled]) -> Measured:
        bad = [one for one in ran if one.outcome != "ok"]
        kinds = list(dict.fromkeys(one.error.partition(":")[0] or one.outcome for one in bad))
        said = f"{len(bad)} of {len(ran)} invocations failed"
        if bad:
            first = (bad[0].error or bad[0].outcome)[:SAID]
            said += f" ({', '.join(kinds[:NAMED])}), the first with {first!r}"
        return len(bad), said

    return _question(function, "errors", measure, "invocations", ran_only=True)


def throttled(function: Invocable, reason: Reason | str | None = None) -> Question:
    """Ask how many invocations were throttled, or throttled for *reason*, one of
    TooManyRequestsException's."""
    wanted = _reason(reason)

    def measure(ran: list[FunctionInvoked], refused: list[FunctionThrottled]) -> Measured:
        found = [one for one in refused if wanted in ("", one.reason)]
        reasons = list(dict.fromkeys(one.reason for one in refused))
        why = f": {', '.join(reasons)}" if reasons else ""
        asked = len(ran) + len(refused)
        return len(found), f"{len(refused)} of {asked} invocations were throttled{why}"

    what = f"throttled for {wanted}" if wanted else "throttled"
    return _question(function, what, measure, "invocations")


def cold_starts(function: Invocable) -> Question:
    """Ask how many invocations waited for a new execution environment to initialise."""

    def measure(ran: list[FunctionInvoked], _: list[FunctionThrottled]) -> Measured:
        cold = [one for one in ran if one.cold]
        longest = max((one.init_s for one in cold), default=0.0)
        said = f"{len(cold)} of {len(ran)} invocations began cold"
        return len(cold), f"{said}; the longest initialisation took {longest:.3g} s" if cold else said

    return _question(function, "cold starts", measure, "invocations", ran_only=True)


def spillover(function: Invocable) -> Question:
    """Ask how many invocations of aliases with provisioned concurrency ran without it
    (ProvisionedConcurrencySpilloverInvocations)."""
    provisioned = {alias.name for alias in function_of(function).aliases if alias.provisioned}
    if isinstance(function, QualifiedFunction):
        provisioned &= {function.qualifier}
    if not provisioned:
        raise ScenarioError(
            f"spillover: {function.name!r} has no alias with provisioned concurrency; give one, as "
            "Alias('live', provisioned=3)"
        )

    def measure(ran: list[FunctionInvoked], _: list[FunctionThrottled]) -> Measured:
        by_alias = [one for one in ran if one.qualifier in provisioned]
        spilled = sum(not one.provisioned for one in by_alias)
        if not by_alias:
            return None, f"No invocation came by {' or '.join(sorted(provisioned))}"
        return spilled, f"{spilled} of {len(by_alias)} invocations found no provisioned environment free"

    return _question(function, "spill-over", measure, "invocations", ran_only=True)


def peak_concurrency(function: Invocable) -> Question:
    """Ask how many invocations ran at once at most (ConcurrentExecutions)."""

    def measure(ran: list[FunctionInvoked], _: list[FunctionThrottled]) -> Measured:
        # An environment is free again the moment its invocation ends: ends count before beginnings.
        steps = sorted([(one.began_at, 1) for one in ran] + [(one.at, -1) for one in ran])
        most = max(accumulate(step for _, step in steps))
        return most, f"{most} of {len(ran)} invocations ran at once at most"

    return _question(function, "peak concurrency", measure, "invocations", ran_only=True)


def function_duration(function: Invocable, quantile: float) -> Question:
    """Ask for a quantile, from 0 to 1, of the duration of invocations without their initialisation, in model
    seconds; it goes up to the timeout where one did not return."""
    if not 0.0 <= quantile <= 1.0:
        raise ScenarioError(f"function_duration: quantile is {quantile:g}; give a share from 0 to 1, as 0.99")

    def measure(ran: list[FunctionInvoked], _: list[FunctionThrottled]) -> Measured:
        times = sorted(one.duration_s for one in ran)
        return percentile(times, quantile), f"over {len(times)} invocations"

    return _question(function, f"duration p{quantile * 100:g}", measure, "s", ran_only=True)


def events_lost(function: Function) -> Question:
    """Ask how many asynchronous events were given up, with no destination and no dead-letter queue to get
    them."""

    def measure(records: Records) -> Measured:
        ended = of_kind(records, FunctionEventEnded, function=function.name)
        given_up = [one for one in ended if one.how != "succeeded"]
        gone = [one for one in given_up if not one.destination]
        pending = _asynchronous(records, function) - {one.request for one in ended}
        if not ended and not pending:
            return None, f"No asynchronous event came to {function.name}"
        still = f"; {len(pending)} had not ended with the run" if pending else ""
        kept = len(given_up) - len(gone)
        said = f"{len(gone)} of {len(ended)} events lost, {kept} given up and sent to a destination"
        return len(gone), f"{said}{still}"

    return Expectation(f"{function.name}: events lost", measure, "events", needs=NEEDS)


def event_age(function: Invocable) -> Question:
    """Ask how old the oldest asynchronous event was when an attempt at it began, in seconds
    (AsyncEventAge)."""

    def measure(ran: list[FunctionInvoked], _: list[FunctionThrottled]) -> Measured:
        ages = [one.began_at - one.due_at for one in ran if one.source == Source.ASYNCHRONOUS.value]
        if not ages:
            return None, f"No asynchronous event came to {function.name}"
        return max(ages), f"the oldest of {len(ages)} attempts"

    return _question(function, "event age", measure, "s", ran_only=True)


def notified(function: Function) -> Question:
    """Ask how many messages that SNS delivered to *function* it began to work on, each counted once."""

    def measure(records: Records) -> Measured:
        ran = of_kind(records, FunctionInvoked, function=function.name)
        ran = [one for one in ran if one.trigger.startswith(_OF_SNS)]
        came = {one.request for one in ran}
        if not came:
            return None, f"SNS never invoked {function.name}"
        return len(came), f"{len(came)} messages in {len(ran)} attempts"

    return Expectation(f"{function.name}: notified", measure, "messages", needs=NEEDS)


def fired(rule: Timer | Rule) -> Question:
    """Ask how often a timer fired."""

    def measure(records: Records) -> Measured:
        times = of_kind(records, TimerFired, rule=rule.name)
        if not times:
            return None, f"The timer {rule.name!r} never fired"
        latest = max(one.at - one.due_at for one in times)
        return len(times), f"{len(times)} times, {latest:.3g} s after it was due at most"

    return Expectation(f"{rule.name}: fired", measure, "times", needs=NEEDS)


def _question(
    function: Invocable, what: str, measure: Asked, unit: str, *, ran_only: bool = False
) -> Question:
    """Return the question that *measure* answers of what came to *function*, if anything did."""

    def found(records: Records) -> Measured:
        ran = _of(records, FunctionInvoked, function)
        refused = _of(records, FunctionThrottled, function)
        if not ran and (ran_only or not refused):
            said = f"; {len(refused)} invocations were throttled" if refused else ""
            return None, f"No invocation of {function.name} ran{said}"
        return measure(ran, refused)

    return Expectation(f"{function.name}: {what}", found, unit, needs=NEEDS)


def _of(records: Records, kind: type[R], function: Invocable) -> list[R]:
    equal = {"function": function_of(function).name}
    if isinstance(function, QualifiedFunction):
        equal["qualifier"] = function.qualifier
    return of_kind(records, kind, **equal)


def _asynchronous(records: Sequence[object], function: Function) -> set[str]:
    """Return the asynchronous requests of *function* that were tried."""
    return {
        one.request
        for one in records
        if isinstance(one, FunctionInvoked | FunctionThrottled)
        and one.function == function.name
        and one.source == Source.ASYNCHRONOUS.value
    }


def _reason(given: Reason | str | None) -> str:
    value = given.value if isinstance(given, Reason) else given or ""
    known = [reason.value for reason in Reason]
    if value and value not in known:
        raise ScenarioError(f"throttled: there is no reason {value!r}; there are {', '.join(known)}")
    return value
