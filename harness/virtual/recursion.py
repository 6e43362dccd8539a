"""One arrival after the other through the instances of one fleet, compiled.

This is `endpoint.fleet` on flat arrays: the recursion of Kiefer and Wolfowitz per instance, with the queue
limit, the time-out and both routings, from a trace instead of from draws. A *lane* is one instance in
service; lanes 0, 1, ... `active` - 1 are the serving instances in order of joining, so a lane that leaves
moves those behind it one place down. What leaves takes no more requests, and everything about the requests
it holds is known when it leaves: a draining instance needs no lane.
"""

from typing import NamedTuple

import numpy as np

from harness.virtual.arrivals import (
    LOST,
    NO_CAPACITY,
    NOBODY,
    OK,
    QUEUE_FULL,
    TIMED_OUT,
    Codes,
    Counts,
    Floats,
    Numbers,
    Places,
    serve_span,
)
from harness.virtual.compiled import compiled

__all__ = [
    "LOST",
    "NOBODY",
    "NO_CAPACITY",
    "OK",
    "QUEUE_FULL",
    "TIMED_OUT",
    "Codes",
    "Counts",
    "Fates",
    "Floats",
    "Lanes",
    "Numbers",
    "Places",
    "Rules",
    "busy_until",
    "join",
    "leave",
    "lose",
    "make_fates",
    "make_lanes",
    "more_lanes",
    "ring_size",
    "serve",
]


class Lanes(NamedTuple):
    """The state of the serving instances; the first index is the lane.

    `free_at[lane]` is a heap of the moments when each slot is free. `left_at[lane]` is a ring of the last
    `queue_limit` moments at which a request left (or will leave) the queue, `oldest[lane]` its place to write
    next: because these moments ascend, the queue is full exactly while the oldest lies in the future.
    `ends[lane]` is a heap of the first `level[lane]` entries: when each outstanding request ends; only for
    LEAST_OUTSTANDING_REQUESTS. `number[lane]` names the instance.
    """

    free_at: Floats
    left_at: Floats
    oldest: Counts
    ends: Floats
    level: Counts
    number: Counts


class Rules(NamedTuple):
    """What holds for every request of a fleet: `harness.endpoint.fleet.Fleet` has the same names."""

    queue_limit: int
    timeout_s: float
    finish_timed_out: bool
    least: bool


class Fates(NamedTuple):
    """What became of each request of the trace, by its index.

    `queue_s` is how long it waited (NaN where it was turned away), `outcome` one of the codes above,
    `instance` the number of the instance or NOBODY. `ended_at` is a ring: request i is at i & (size - 1), and
    the size is a power of two that covers every request of the last `timeout_s` (`ring_size`).
    """

    queue_s: Floats
    outcome: Codes
    instance: Numbers
    ended_at: Floats


@compiled
def make_lanes(count: int, concurrency: int, queue_limit: int, least: bool) -> Lanes:
    """Return *count* empty lanes; none serves before `join`. *least*: for LEAST_OUTSTANDING_REQUESTS."""
    return Lanes(
        np.zeros((count, concurrency)),
        np.full((count, max(queue_limit, 1)), -np.inf),
        np.zeros(count, np.int64),
        np.zeros((count, concurrency + queue_limit if least else 1)),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
    )


def more_lanes(lanes: Lanes, count: int) -> Lanes:
    """Return *lanes* with room for *count*, the state of the present ones kept."""
    bigger = make_lanes(count, lanes.free_at.shape[1], lanes.left_at.shape[1], least=False)
    ends = np.zeros((count, lanes.ends.shape[1]))
    bigger = bigger._replace(ends=ends)
    for new, old in zip(bigger, lanes, strict=True):
        new[: len(old)] = old
    return bigger


def ring_size(at: Floats, timeout_s: float) -> int:
    """Return the size of a ring that keeps every request of the trace until its time-out has passed."""
    return 1 << _most_within(at, timeout_s).bit_length()


def make_fates(count: int, ring: int) -> Fates:
    """Return room for the fates of *count* requests."""
    return Fates(np.full(count, np.nan), np.zeros(count, np.uint8), np.zeros(count, np.int32), np.zeros(ring))


@compiled
def join(lanes: Lanes, active: int, number: int, now: float) -> int:
    """Put instance *number* in service at *now* and return how many serve then; there must be a lane free."""
    for slot in range(lanes.free_at.shape[1]):
        lanes.free_at[active, slot] = now
    for turn in range(lanes.left_at.shape[1]):
        lanes.left_at[active, turn] = -np.inf
    lanes.oldest[active] = 0
    lanes.level[active] = 0
    lanes.number[active] = number
    return active + 1


@compiled
def busy_until(lanes: Lanes, lane: int) -> float:
    """Return when the last slot of *lane* is free."""
    last = lanes.free_at[lane, 0]
    for slot in range(1, lanes.free_at.shape[1]):
        last = max(last, lanes.free_at[lane, slot])
    return last  # type: ignore[no-any-return]


@compiled
def leave(lanes: Lanes, active: int, lane: int) -> int:
    """Take *lane* out of service and return how many serve then."""
    # Element by element: numba takes seconds to compile the assignment of one row to another.
    for each in range(lane, active - 1):
        for slot in range(lanes.free_at.shape[1]):
            lanes.free_at[each, slot] = lanes.free_at[each + 1, slot]
        for turn in range(lanes.left_at.shape[1]):
            lanes.left_at[each, turn] = lanes.left_at[each + 1, turn]
        lanes.oldest[each] = lanes.oldest[each + 1]
        for rank in range(lanes.level[each + 1]):
            lanes.ends[each, rank] = lanes.ends[each + 1, rank]
        lanes.level[each] = lanes.level[each + 1]
        lanes.number[each] = lanes.number[each + 1]
    return active - 1


@compiled
def serve(
    at: Floats,
    service_s: Floats,
    place: Places,
    begin: int,
    end: int,
    lanes: Lanes,
    active: int,
    rules: Rules,
    fates: Fates,
) -> None:
    """Serve the requests *begin* up to *end* (not included), while *active* lanes serve.

    Requests that arrive at the very moment of a join or a leave come after it.
    """
    if active == 0:
        for index in range(begin, end):
            fates.outcome[index] = NO_CAPACITY
            fates.queue_s[index] = np.nan
        return
    serve_span(
        at,
        service_s,
        place,
        begin,
        end,
        np.inf,
        1.0,
        lanes.free_at,
        lanes.left_at,
        lanes.oldest,
        lanes.ends,
        lanes.level,
        lanes.number,
        active,
        rules.queue_limit,
        rules.timeout_s,
        rules.finish_timed_out,
        rules.least,
        fates.queue_s,
        fates.outcome,
        fates.instance,
        fates.ended_at,
        -1,
        fates.ended_at.size - 1,
        lanes.number,
        lanes.number,
        0.0,
        False,
    )


@compiled
def lose(
    at: Floats,
    end: int,
    number: int,
    now: float,
    gone_at: float,
    timeout_s: float,
    fates: Fates,
) -> int:
    """Turn what instance *number* would answer after *gone_at* into losses at that moment; return how many.

    *end* is the index of the next request, *now* the present moment. An instance that fails while it drains
    loses at its failure what it would have lost later.
    """
    mask = fates.ended_at.size - 1
    lost = 0
    index = end - 1
    while index >= 0 and at[index] + timeout_s >= now:
        if fates.instance[index] == number:
            ended_at = fates.ended_at[index & mask]
            if ended_at > gone_at:
                fates.outcome[index] = LOST
                fates.queue_s[index] = min(fates.queue_s[index], gone_at - at[index])
                fates.ended_at[index & mask] = gone_at
                lost += 1
        index -= 1
    return lost


@compiled
def _most_within(at: Floats, span_s: float) -> int:
    """Return the largest number of moments of *at* that lie within *span_s* of each other, and one more."""
    most = 0
    first = 0
    for last in range(at.size):
        while at[first] + span_s < at[last]:
            first += 1
        most = max(most, last - first + 1)
    return most + 1
