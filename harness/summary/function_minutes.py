"""The summary's account of functions whose invocations were kept by the minute, because they are many."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from harness.functions.outcomes import Source
from harness.journal import FunctionMinute


def functions_by_minute(minutes: Sequence[FunctionMinute], account_concurrency: int) -> dict[str, Any]:
    """Return the same figures as for invocations that were kept one by one, but for those of time.

    The most that ran at once is known for each function, not for all together: there it is left out.
    """
    names = dict.fromkeys(one.function for one in minutes)
    by_function = {name: _counted([one for one in minutes if one.function == name]) for name in names}
    whole = _counted(minutes)
    if len(by_function) > 1:
        del whole["peak_concurrency"]
    return {**whole, "account_concurrency": account_concurrency, "by_function": by_function}


def _counted(minutes: Sequence[FunctionMinute]) -> dict[str, Any]:
    throttled: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    for one in minutes:
        throttled.update(one.throttled)
        errors.update(one.errors)
    totals = {
        name: sum(getattr(one, name) for one in minutes)
        for name in ("invocations", "cold_starts", "spillover")
    }
    asked = {"invocations": totals["invocations"], "throttled": throttled.total()}
    return {
        **totals,
        "throttles": dict(sorted(throttled.items())),
        "errors": dict(sorted(errors.items())),
        "sources": {Source.SYNCHRONOUS.value: asked},
        "peak_concurrency": max(one.of_function for one in minutes),
    }
