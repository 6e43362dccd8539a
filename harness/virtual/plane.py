"""The data plane of the exact kernel: the recursion, tallied as it goes and kept only in rings.

`recursion.serve` writes down every request; a day of them for each of fifty cases would be gigabytes. Here
what became of a request stays in a ring that covers the invocation time-out, because only a request that can
still be in flight may be lost later.
"""

from typing import NamedTuple

import numpy as np

from harness.virtual.arrivals import serve_span
from harness.virtual.compiled import inner
from harness.virtual.control import Record
from harness.virtual.recursion import (
    LOST,
    NO_CAPACITY,
    NOBODY,
    OK,
    QUEUE_FULL,
    TIMED_OUT,
    Counts,
    Fates,
    Floats,
    Lanes,
    Places,
)
from harness.virtual.tally import Tally, bucket_of


class Traffic(NamedTuple):
    """A trace as arrays: moments in order, service times in seconds, routing draws."""

    at: Floats
    service_s: Floats
    place: Places


# In one piece: half of it are the arguments of the call and their names.
@inner
def serve_until(
    traffic: Traffic,
    begin: int,
    before: float,
    minute: int,
    lanes: Lanes,
    serving: int,
    case: Record,
    rules: Record,
    fates: Fates,
    tally: Tally,
    ended: Counts,
) -> int:
    """Serve every request from index *begin* that arrives earlier than *before*; return the next index.

    All of them arrive in *minute*. Requests at the very moment of an event come after it.
    """
    if begin == traffic.at.size or traffic.at[begin] >= before:
        return begin
    if serving == 0:
        return _turn_away(traffic, begin, before, minute, fates, tally)
    failed = tally.outcomes[TIMED_OUT] + tally.outcomes[QUEUE_FULL]
    mask = fates.ended_at.size - 1
    end, bad = serve_span(
        traffic.at,
        traffic.service_s,
        traffic.place,
        begin,
        traffic.at.size,
        before,
        case.service_scale,
        lanes.free_at,
        lanes.left_at,
        lanes.oldest,
        lanes.ends,
        lanes.level,
        lanes.number,
        serving,
        case.queue_limit,
        rules.timeout_s,
        rules.finish_timed_out,
        case.least,
        fates.queue_s,
        fates.outcome,
        fates.instance,
        fates.ended_at,
        mask,
        mask,
        tally.responses,
        tally.outcomes,
        case.latency_limit_s,
        True,
    )
    failed = tally.outcomes[TIMED_OUT] + tally.outcomes[QUEUE_FULL] - failed
    tally.outcomes[OK] += end - begin - failed
    tally.arrived[minute] += end - begin
    tally.bad[minute] += bad
    if not rules.emit_zeros:
        for index in range(begin, end):
            if fates.outcome[index & mask] != QUEUE_FULL:
                _count_end(ended, fates.ended_at[index & mask], 1)
    return end


@inner
def _turn_away(traffic: Traffic, begin: int, before: float, minute: int, fates: Fates, tally: Tally) -> int:
    mask = fates.ended_at.size - 1
    index = begin
    while index < traffic.at.size and traffic.at[index] < before:
        fates.outcome[index & mask] = NO_CAPACITY
        fates.instance[index & mask] = NOBODY
        fates.queue_s[index & mask] = np.nan
        index += 1
    tally.outcomes[NO_CAPACITY] += index - begin
    tally.arrived[minute] += index - begin
    tally.bad[minute] += index - begin
    return index


@inner
def lose(
    traffic: Traffic,
    end: int,
    number: int,
    now: float,
    gone_at: float,
    case: Record,
    rules: Record,
    fates: Fates,
    tally: Tally,
    ended: Counts,
) -> None:
    """Turn what instance *number* would answer after *gone_at* into losses at that moment.

    *end* is the index of the next request, *now* the moment it begins to drain.
    """
    at = traffic.at
    mask = fates.ended_at.size - 1
    index = end - 1
    while index >= 0 and at[index] + rules.timeout_s >= now:
        here = index & mask
        ended_at = fates.ended_at[here]
        if fates.instance[here] == number and ended_at > gone_at:
            outcome = fates.outcome[here]
            response_s = ended_at - at[index]
            if outcome == OK:
                tally.responses[bucket_of(response_s)] -= 1
            if outcome == OK and response_s <= case.latency_limit_s:
                tally.bad[int(at[index] / 60.0)] += 1
            tally.outcomes[outcome] -= 1
            tally.outcomes[LOST] += 1
            fates.outcome[here] = LOST
            fates.queue_s[here] = min(fates.queue_s[here], gone_at - at[index])
            fates.ended_at[here] = gone_at
            if not rules.emit_zeros:
                _count_end(ended, ended_at, -1)
                _count_end(ended, gone_at, 1)
        index -= 1


@inner
def _count_end(ended: Counts, ended_at: float, step: int) -> None:
    """Count *step* requests that end at *ended_at* in its minute, unless that is after the run."""
    minute = int(ended_at / 60.0)
    if minute < ended.size:
        ended[minute] += step
