"""How many invocations of functions ran at once, and what held them: reserved, provisioned, account."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate

from harness import journal
from harness.functions.settings import FunctionSettings
from harness.journal import FunctionInvoked
from harness.stats import Steps
from harness.summary.grouped import ByType

ACCOUNT = FunctionSettings().account_concurrency
_ENDED, _BEGAN, _PASSED = range(3)  # the order of what happens at one moment

Points = list[tuple[float, int]]


def running(invoked: Sequence[FunctionInvoked]) -> Points:
    """Return (moment, how many ran from then on) for each beginning and end in *invoked*, in time order.

    Of one moment an end comes first: the next one finds its environment free. An invocation without length
    runs alone for its moment. Initialisation counts, as it does for AWS's ConcurrentExecutions.
    """
    changes = [(one.began_at, _BEGAN) for one in invoked]
    changes += [(one.at, _ENDED) if one.at > one.began_at else (one.began_at, _PASSED) for one in invoked]
    changes.sort()
    counts = accumulate(1 if what == _BEGAN else -1 for _, what in changes)
    return [(at, count) for (at, _), count in zip(changes, counts, strict=True)]


def peak(points: Points) -> int:
    """Return the most that ran at once."""
    return max((count for _, count in points), default=0)


def reserved(seen: ByType, function: str) -> Steps[int | None]:
    """Return the reserved concurrency of *function* over time; None where nothing is reserved."""
    declared = [
        (one.at, one.reserved)
        for one in seen.all(journal.FunctionDeclared)
        if one.function == function and one.reserved is not None
    ]
    changed = [
        (one.at, one.requested)
        for one in seen.all(journal.ConcurrencySet)
        if one.function == function and not one.qualifier
    ]
    return Steps.of([*declared, *changed])


def provisioned(seen: ByType) -> dict[tuple[str, str], list[journal.ConcurrencySet]]:
    """Return what was asked for and allocated of provisioned concurrency, by (function, qualifier)."""
    found: defaultdict[tuple[str, str], list[journal.ConcurrencySet]] = defaultdict(list)
    for one in seen.all(journal.ConcurrencySet):
        if one.qualifier:
            found[one.function, one.qualifier].append(one)
    return dict(found)


def account_limit(seen: ByType) -> int:
    """Return the concurrency of the account: as the run's settings say, else AWS's default quota."""
    for run in seen.all(journal.RunStarted):
        said = run.configuration.get("settings", {}).get("account_concurrency", "")
        if str(said).isdecimal():
            return int(said)
    return ACCOUNT


def covering(one: FunctionInvoked, asked: dict[tuple[str, str], Steps[int | None]]) -> str:
    """Return the qualifier whose provisioned concurrency *one* may run on, "" for none at that moment.

    *asked* is what was asked for by (function, qualifier) over time. Concurrency that is provisioned for an
    alias serves those who name the alias; that of a version whoever comes to the version (Lambda developer
    guide, "Configuring provisioned concurrency for a function").
    """
    for qualifier in (one.qualifier, one.version):
        steps = asked.get((one.function, qualifier))
        if steps is not None and steps.at(one.began_at):
            return qualifier
    return ""


def utilization(points: Points, allocated: Points, until: float) -> dict[str, float]:
    """Return the share of provisioned environments in use: the largest, and the mean over the time.

    *points* are the invocations that ran on them, *allocated* how many there were. Time counts while there
    was one, up to *until*; an empty dict where there was none.
    """
    both = [(at, True, count) for at, count in allocated] + [(at, False, count) for at, count in points]
    both.sort(key=lambda change: change[0])
    there = used = 0
    most = busy = all_of = 0.0
    for (at, is_allocation, count), end in zip(both, [*(at for at, *_ in both[1:]), until], strict=False):
        there, used = (count, used) if is_allocation else (there, count)
        span, in_use = max(min(end, until) - at, 0.0), min(used, there)
        busy, all_of = busy + in_use * span, all_of + there * span
        most = max(most, in_use / there if there else 0.0)
    return {"max": most, "mean": busy / all_of} if all_of else {}
