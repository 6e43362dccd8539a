"""The loop over arrivals, compiled: who takes a request, how long it waits, when it ends.

One function serves a stretch of the trace in which the instances stay the same. It is long because it must
not call anything with arrays: numba counts references around every such call, which would double the time of
a request. For what the arrays mean see `recursion.Lanes` and `recursion.Fates`.
"""

import numpy as np
import numpy.typing as npt

from harness.virtual.compiled import inlined, inner, unsigned, whole
from harness.virtual.heaps import push, replace_least
from harness.virtual.tally import bucket_of

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.float32]
Counts = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Codes = npt.NDArray[np.uint8]

OK, TIMED_OUT, LOST, NO_CAPACITY, QUEUE_FULL = 0, 1, 2, 3, 4
"""What became of a request, as `outcome` has it. NO_CAPACITY and QUEUE_FULL were turned away at the door."""

NOBODY = 0
"""The instance number of a request that no instance took; instances are numbered from 1."""


# In one piece: a step by itself would be handed all of the arrays for each request, seven words an array.
@inner
def serve_span(
    at: Floats,
    services: Floats,
    places: Places,
    begin: int,
    end: int,
    before: float,
    scale: float,
    free_at: Floats,
    left_at: Floats,
    oldest: Counts,
    ends: Floats,
    level: Counts,
    number: Counts,
    active: int,
    queue_limit: int,
    timeout_s: float,
    finish_timed_out: bool,
    least: bool,
    queues: Floats,
    outcomes: Codes,
    instances: Numbers,
    ended: Floats,
    mask: int,
    ended_mask: int,
    responses: Counts,
    by_outcome: Counts,
    limit_s: float,
    tallied: bool,
) -> tuple[int, int]:
    """Serve the requests from *begin* on that have an index below *end* and arrive earlier than *before*.

    There must be *active* > 0 lanes. Service times count *scale* times. What became of request i is written
    to i & *mask*, its end to i & *ended_mask*. With *tallied* OK responses are counted by bucket and the rest
    by outcome. Returns the next index and how many requests failed or took longer than *limit_s*.
    """
    # Indices are unsigned, because a signed one would be looked at for being negative each time.
    zero, one, two = unsigned(0), unsigned(1), unsigned(2)
    wrap, ended_wrap = unsigned(mask), unsigned(ended_mask)
    index, stop = unsigned(begin), unsigned(end)
    slots = unsigned(free_at.shape[1])
    share = np.float64(active)
    highest = active - 1
    bad = 0
    while index < stop:
        now = at[index]
        if now >= before:
            break
        if least:
            lane = unsigned(choose_least(ends, level, active, now, places[index]))
        else:
            # RANDOM: serving[int(place * len(serving))], in order of joining.
            lane = unsigned(min(int(np.float64(places[index]) * share), highest))
        here = index & wrap
        start_at = free_at[lane, zero]
        give_up_at = now + timeout_s
        if start_at > now:
            turn = unsigned(oldest[lane])
            if queue_limit == 0 or left_at[lane, turn] > now:
                queues[here] = np.nan
                outcomes[here] = QUEUE_FULL
                instances[here] = NOBODY
                ended[index & ended_wrap] = now
                bad += 1
                if tallied:
                    by_outcome[QUEUE_FULL] += 1
                index += one
                continue
            # A request that gives up in the queue leaves it then, unless its work is done all the same.
            leaves_at = start_at if finish_timed_out or start_at < give_up_at else give_up_at
            if leaves_at > now:
                left_at[lane, turn] = leaves_at
                after = whole(turn) + 1
                oldest[lane] = after if after < queue_limit else 0
        else:
            start_at = now
        end_at = start_at + services[index] * scale
        free_again_at = end_at
        if end_at <= give_up_at:
            queues[here] = start_at - now
            outcomes[here] = OK
            response_s = end_at - now
            if response_s > limit_s:
                bad += 1
            if tallied:
                responses[unsigned(bucket_of(response_s))] += 1
        else:
            queues[here] = min(start_at, give_up_at) - now
            outcomes[here] = TIMED_OUT
            bad += 1
            if tallied:
                by_outcome[TIMED_OUT] += 1
            end_at = give_up_at
            if not finish_timed_out:
                # Its slot is free when it gives up, and was never taken if it gave up in the queue.
                free_again_at = max(give_up_at, start_at)
        instances[here] = number[lane]
        ended[index & ended_wrap] = end_at
        # The slot's place in the heap of free moments, least first.
        hole = zero
        child = one
        while child < slots:
            if child + one < slots and free_at[lane, child + one] < free_at[lane, child]:
                child += one
            if free_at[lane, child] >= free_again_at:
                break
            free_at[lane, hole] = free_at[lane, child]
            hole = child
            child = two * hole + one
        free_at[lane, hole] = free_again_at
        if least:
            _add_outstanding(ends, level, lane, end_at)
        index += one
    return whole(index), bad


@inlined
def choose_least(ends: Floats, level: Counts, active: int, now: float, place: float) -> int:
    """Return the lane that LEAST_OUTSTANDING_REQUESTS routes a request to at *now*.

    The draw *place* chooses among those with fewest outstanding requests, in order of joining.
    """
    lowest = whole(1) << 62
    tied = 0
    for lane in range(active):
        _settle(ends, level, unsigned(lane), now)
        outstanding = level[unsigned(lane)]
        if outstanding < lowest:
            lowest, tied = outstanding, 1
        elif outstanding == lowest:
            tied += 1
    wanted = min(int(np.float64(place) * tied), tied - 1)
    for lane in range(active):
        if level[unsigned(lane)] == lowest:
            if wanted == 0:
                return lane
            wanted -= 1
    return active - 1


@inlined
def _settle(ends: Floats, level: Counts, lane: int, now: float) -> None:
    """Forget the outstanding requests of *lane* that have ended by *now*."""
    while level[lane] > 0 and ends[lane, 0] <= now:
        level[lane] -= 1
        replace_least(ends, lane, level[lane], ends[lane, level[lane]])


@inlined
def _add_outstanding(ends: Floats, level: Counts, lane: int, ended_at: float) -> None:
    """Count a request that *lane* has taken and that ends at *ended_at* as outstanding."""
    push(ends, lane, level[lane], ended_at)
    level[lane] += 1
