"""Lambda: requests, GB-seconds by the millisecond, and provisioned concurrency by five minutes.

AWS Lambda pricing page: "Duration is calculated from the time your code begins executing until it returns or
otherwise terminates, rounded up to the nearest 1 ms"; initialisation is billed too since 1 August 2025 (AWS
Compute Blog, "AWS Lambda standardizes billing for INIT Phase"). "Provisioned Concurrency is calculated from
the time you enable it on your function until it is disabled, rounded up to the nearest five minutes."
"""

import math
from collections import defaultdict
from collections.abc import Iterable

from harness import journal
from harness.cost.usage import Usage
from harness.journal import BINS_PER_DECADE, FunctionInvoked, bin_start_s
from harness.stats import Steps
from harness.summary.concurrency import provisioned
from harness.summary.grouped import ByType

REQUESTS, DURATION = "lambda:requests", "lambda:duration"
PROVISIONED, PROVISIONED_DURATION = "lambda:provisioned", "lambda:provisioned-duration"
FIVE_MINUTES_S = 300.0
MB_PER_GB = 1_024.0
UNKNOWN_MEMORY = "lambda:duration of a function whose memory the journal does not tell"
_MS = 1_000.0


def function_usage(seen: ByType, until: float) -> list[Usage]:
    """Return what each function used, its provisioned concurrency until *until*."""
    memory = _memory(seen)
    invoked: defaultdict[str, list[FunctionInvoked]] = defaultdict(list)
    for one in seen.all(FunctionInvoked):
        invoked[one.function].append(one)
    found = [each for name, of in invoked.items() for each in _invocations(name, of, memory.get(name))]
    found += _by_minute(seen.all(journal.FunctionMinute), memory)
    return [*found, *_provisioned(seen, memory, until)]


def _memory(seen: ByType) -> dict[str, Steps[int]]:
    """Return the memory of each function over time, MB."""
    found: defaultdict[str, list[tuple[float, int]]] = defaultdict(list)
    for one in seen.all(journal.FunctionDeclared):
        found[one.function].append((one.at, one.memory_mb))
    return {name: Steps.of(points) for name, points in found.items()}


def billed_s(one: FunctionInvoked) -> float:
    """Return the seconds that an invocation is billed for: whole milliseconds, a cold start's too."""
    init_s = one.init_s if one.cold and not one.provisioned else 0.0
    return math.ceil(round((one.duration_s + init_s) * _MS, 6)) / _MS


def _invocations(name: str, invoked: list[FunctionInvoked], memory: Steps[int] | None) -> Iterable[Usage]:
    yield Usage(REQUESTS, name, float(len(invoked)), "invocations, retries among them")
    for item, ready in ((DURATION, False), (PROVISIONED_DURATION, True)):
        mine = [one for one in invoked if one.provisioned is ready]
        if not mine:
            continue
        seconds = math.fsum(map(billed_s, mine))
        if memory is None:
            yield Usage(UNKNOWN_MEMORY, name, seconds, "seconds")
            continue
        gb_s = math.fsum(billed_s(one) * _memory_at(memory, one.began_at) / MB_PER_GB for one in mine)
        yield Usage(item, name, gb_s, f"{seconds:,.3f} s, every millisecond that has begun")


def _memory_at(memory: Steps[int], at: float) -> int:
    """Return the MB in force at *at*; before it was first told, what was told first."""
    found = memory.at(at)
    return memory.points[0][1] if found is None else found


def _by_minute(minutes: Iterable[journal.FunctionMinute], memory: dict[str, Steps[int]]) -> Iterable[Usage]:
    """Yield the same of invocations that are kept by the minute: their durations within 5 %."""
    groups: defaultdict[str, list[journal.FunctionMinute]] = defaultdict(list)
    for one in minutes:
        groups[one.function].append(one)
    for name, of in groups.items():
        count = sum(one.invocations for one in of)
        yield Usage(REQUESTS, name, float(count), "invocations")
        seconds = math.fsum(number * _middle_s(bin_) for one in of for bin_, number in one.duration)
        if name not in memory:
            yield Usage(UNKNOWN_MEMORY, name, seconds, "seconds")
            continue
        gb_s = seconds * memory[name].points[-1][1] / MB_PER_GB
        ready = sum(one.provisioned for one in of) / count if count else 0.0
        for item, share in ((DURATION, 1.0 - ready), (PROVISIONED_DURATION, ready)):
            if share:
                yield Usage(item, name, gb_s * share, "from a histogram, within 5 %")


def _middle_s(bin_: int) -> float:
    return float(bin_start_s(bin_) * 10.0 ** (0.5 / BINS_PER_DECADE))


def _provisioned(seen: ByType, memory: dict[str, Steps[int]], until: float) -> Iterable[Usage]:
    for (name, qualifier), sets in provisioned(seen).items():
        asked = Steps.of((one.at, one.requested or 0) for one in sets)
        spans = [span for span in asked.spans(until) if span.value]
        if not spans or name not in memory:
            continue
        environments_s = math.fsum(span.value * span.length for span in spans)
        enabled_s = math.fsum(span.length for span in spans)
        rounded_s = FIVE_MINUTES_S * math.ceil(round(enabled_s / FIVE_MINUTES_S, 9)) - enabled_s
        gb = memory[name].points[-1][1] / MB_PER_GB
        yield Usage(
            PROVISIONED,
            f"{name}:{qualifier}",
            (environments_s + rounded_s * spans[-1].value) * gb,
            f"at most {max(span.value for span in spans):,} environments, in whole five minutes",
        )
