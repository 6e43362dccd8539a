"""The loop over invocations, compiled: what `Account.admit` and `finish` decide, on flat arrays.

One function serves a stretch in which the concurrency that is declared stays the same. Indices: of functions,
of targets (a function by a qualifier), of what is ready (provisioned concurrency), of versions (whose
environments are idle together), of environments.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from harness.functions.rates import REQUESTS_PER_ENVIRONMENT_S, SCALING_BURST, SCALING_PER_S
from harness.virtual.calls import Fate
from harness.virtual.compiled import compiled, inlined

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]
Numbers = npt.NDArray[np.int32]
Codes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

WARM, COLD, PROVISIONED = int(Fate.WARM), int(Fate.COLD), int(Fate.PROVISIONED)
CONCURRENT, RATE = int(Fate.CONCURRENT), int(Fate.RATE)
RESERVED_CONCURRENT, RESERVED_RATE = int(Fate.RESERVED_CONCURRENT), int(Fate.RESERVED_RATE)
BURST = float(SCALING_BURST)

NONE = -1
OPEN = -1
"""The reservation of a function without one."""
DONE, OUT_OF_DRAWS = 0, 1
"""Why the loop came back: it served all; or a function needs more drawn spans."""


class Targets(NamedTuple):
    """By target: its function, the version it means, what is ready for it (NONE), and what runs by it."""

    function: Counts
    version: Counts
    ready: Counts
    running: Counts


class Functions(NamedTuple):
    """By function: its reservation (OPEN), what runs, the scaling rate, the requests of its second.

    `turn` is where in `Arrivals.turns` the call is whose span is next, NONE where each takes its own.
    """

    reserved: Counts
    running: Counts
    on_demand: Counts
    left: Floats
    filled_at: Floats
    second: Floats
    starts: Counts
    turn: Counts
    drawn: Counts
    init_s: Floats
    lifetime_s: Floats


class ReadyLanes(NamedTuple):
    """By what is ready: its function, how many are allocated and busy, the requests of its second."""

    function: Counts
    allocated: Counts
    busy: Counts
    second: Floats
    starts: Counts


class Pools(NamedTuple):
    """The idle environments of each version as a list from the oldest to the newest, NONE where it ends."""

    oldest: Counts
    newest: Counts
    older: Counts
    newer: Counts
    gone_at: Floats
    lifetime_s: Floats
    started_by: Counts


class Running(NamedTuple):
    """A heap of what runs, first to end first: when it ends, its call; and by call its environment."""

    ends_at: Floats
    call: Counts
    environment: Numbers


class Totals(NamedTuple):
    """Single numbers, in arrays of one: the heap's size, environments so far, and what runs unreserved."""

    running: Counts
    environments: Counts
    unreserved: Counts
    shared: Counts


class Arrivals(NamedTuple):
    """The calls; `turns` has those of each function one after the other."""

    at: Floats
    target: Numbers
    duration_s: Floats
    dies: Flags
    turns: Counts


class Written(NamedTuple):
    """What became of them, as `calls.Fates`."""

    fate: Codes
    init_s: Floats
    of_function: Numbers
    of_target: Numbers
    in_all: Numbers
    shared: Numbers
    ready: Numbers
    busy: Numbers
    started_by: Numbers
    drawn: Numbers


# In one piece: a step by itself would be handed all of the arrays for each call, seven words an array.
@compiled
def admit_span(
    arrivals: Arrivals,
    begin: int,
    end: int,
    before: float,
    targets: Targets,
    functions: Functions,
    lanes: ReadyLanes,
    pools: Pools,
    heap: Running,
    totals: Totals,
    account: int,
    unreserved: int,
    newest_first: bool,
    out: Written,
) -> tuple[int, int]:
    """Serve the calls from *begin* on that have an index below *end* and arrive earlier than *before*.

    Returns the next index and why it came back.
    """
    at, target, duration_s = arrivals.at, arrivals.target, arrivals.duration_s
    readies = lanes.function.size
    draws = functions.init_s.shape[1]
    index = begin
    while index < end:
        now = at[index]
        if now >= before:
            break
        finish_until(now, arrivals, targets, functions, lanes, pools, heap, totals, out)
        which = target[index]
        function, ready = targets.function[which], targets.ready[which]
        reserved = functions.reserved[function]
        limit = unreserved if reserved == OPEN else reserved
        if ready != NONE:
            out.ready[index], out.busy[index] = lanes.allocated[ready], lanes.busy[ready]
        second = np.floor(now)
        if second != functions.second[function]:
            functions.second[function], functions.starts[function] = second, 0
        if reserved != OPEN and functions.running[function] >= reserved:
            out.fate[index] = RESERVED_CONCURRENT
            index += 1
            continue
        if totals.running[0] >= account or (reserved == OPEN and totals.unreserved[0] >= unreserved):
            out.fate[index] = CONCURRENT
            index += 1
            continue
        if functions.starts[function] >= REQUESTS_PER_ENVIRONMENT_S * limit:
            out.fate[index] = RATE if reserved == OPEN else RESERVED_RATE
            index += 1
            continue
        environment = NONE
        fate = NONE
        init_s = 0.0
        if ready != NONE and lanes.busy[ready] < lanes.allocated[ready]:
            if second != lanes.second[ready]:
                lanes.second[ready], lanes.starts[ready] = second, 0
            if lanes.starts[ready] < REQUESTS_PER_ENVIRONMENT_S * lanes.allocated[ready]:
                lanes.starts[ready] += 1
                lanes.busy[ready] += 1
                fate = PROVISIONED
        if fate == NONE:
            claimed = 0
            for lane in range(readies):
                owner = lanes.function[lane]
                if owner == function or (reserved == OPEN and functions.reserved[owner] == OPEN):
                    claimed += max(lanes.allocated[lane], lanes.busy[lane])
            taken = totals.shared[0] if reserved == OPEN else functions.on_demand[function]
            if taken < limit - claimed:
                environment = take_idle(pools, targets.version[which], now, newest_first)
                fate = WARM
                if environment == NONE:
                    left = functions.left[function]
                    left = min(left + (now - functions.filled_at[function]) * SCALING_PER_S, BURST)
                    if left >= 1.0 and functions.drawn[function] >= draws:
                        return index, OUT_OF_DRAWS
                    functions.left[function], functions.filled_at[function] = left, now
                    fate = NONE
                    if left >= 1.0:
                        functions.left[function] = left - 1.0
                        fate = COLD
                        draw = functions.drawn[function]
                        functions.drawn[function] = draw + 1
                        init_s = functions.init_s[function, draw]
                        environment = totals.environments[0]
                        totals.environments[0] += 1
                        pools.lifetime_s[environment] = functions.lifetime_s[function, draw]
                        pools.started_by[environment] = index
            if fate == NONE:
                out.fate[index] = CONCURRENT if reserved == OPEN else RESERVED_CONCURRENT
                index += 1
                continue
            functions.on_demand[function] += 1
            out.started_by[index] = pools.started_by[environment]
            if reserved == OPEN:
                totals.shared[0] += 1
        if reserved == OPEN:
            totals.unreserved[0] += 1
        functions.starts[function] += 1
        functions.running[function] += 1
        targets.running[which] += 1
        heap.environment[index] = environment
        drawn = index
        turn = functions.turn[function]
        if turn != NONE:
            drawn = arrivals.turns[turn]
            functions.turn[function] = turn + 1
        out.drawn[index] = drawn
        push(heap, totals.running[0], now + init_s + duration_s[drawn], index)
        totals.running[0] += 1
        out.fate[index], out.init_s[index] = fate, init_s
        out.of_function[index], out.of_target[index] = functions.running[function], targets.running[which]
        out.in_all[index], out.shared[index] = totals.running[0], totals.shared[0]
        index += 1
    return index, DONE


@inlined
def finish_until(
    now: float,
    arrivals: Arrivals,
    targets: Targets,
    functions: Functions,
    lanes: ReadyLanes,
    pools: Pools,
    heap: Running,
    totals: Totals,
    out: Written,
) -> None:
    """End what ends by *now*, in order."""
    while totals.running[0] > 0 and heap.ends_at[0] <= now:
        ended_at, call = heap.ends_at[0], heap.call[0]
        totals.running[0] -= 1
        replace_first(heap, totals.running[0])
        which = arrivals.target[call]
        function = targets.function[which]
        environment = heap.environment[call]
        functions.running[function] -= 1
        targets.running[which] -= 1
        is_open = functions.reserved[function] == OPEN
        if is_open:
            totals.unreserved[0] -= 1
        if environment == NONE:
            lanes.busy[targets.ready[which]] -= 1
            continue
        functions.on_demand[function] -= 1
        if is_open:
            totals.shared[0] -= 1
        if not arrivals.dies[out.drawn[call]]:
            put_idle(pools, targets.version[which], environment, ended_at)


@inlined
def put_idle(pools: Pools, version: int, environment: int, now: float) -> None:
    """Let *environment* wait, the newest of its version."""
    before = pools.newest[version]
    pools.gone_at[environment] = now + pools.lifetime_s[environment]
    pools.older[environment], pools.newer[environment] = before, NONE
    if before == NONE:
        pools.oldest[version] = environment
    else:
        pools.newer[before] = environment
    pools.newest[version] = environment


@inlined
def take_idle(pools: Pools, version: int, now: float, newest_first: bool) -> int:
    """Return the environment whose turn it is, no longer idle; NONE where none is left.

    Those whose time is over are dropped as they are met: nothing counts them.
    """
    while True:
        found = pools.newest[version] if newest_first else pools.oldest[version]
        if found == NONE:
            return NONE
        older, newer = pools.older[found], pools.newer[found]
        if older == NONE:
            pools.oldest[version] = newer
        else:
            pools.newer[older] = newer
        if newer == NONE:
            pools.newest[version] = older
        else:
            pools.older[newer] = older
        if pools.gone_at[found] > now:
            return int(found)


@inlined
def push(heap: Running, size: int, ends_at: float, call: int) -> None:
    """Add a call to the heap of *size*; of those that end together the earlier call goes first."""
    hole = size
    while hole > 0:
        parent = (hole - 1) // 2
        # A call that is pushed later has a higher index, so one that ends at the same moment stays ahead.
        if heap.ends_at[parent] <= ends_at:
            break
        heap.ends_at[hole], heap.call[hole] = heap.ends_at[parent], heap.call[parent]
        hole = parent
    heap.ends_at[hole], heap.call[hole] = ends_at, call


@inlined
def replace_first(heap: Running, size: int) -> None:
    """Take the first out of a heap that has *size* entries afterwards."""
    ends_at, call = heap.ends_at[size], heap.call[size]
    hole = 0
    while True:
        child = 2 * hole + 1
        if child >= size:
            break
        right = child + 1
        if right < size and is_before(heap, right, child):
            child = right
        if not (
            heap.ends_at[child] < ends_at or (heap.ends_at[child] == ends_at and heap.call[child] < call)
        ):
            break
        heap.ends_at[hole], heap.call[hole] = heap.ends_at[child], heap.call[child]
        hole = child
    heap.ends_at[hole], heap.call[hole] = ends_at, call


@inlined
def is_before(heap: Running, one: int, other: int) -> bool:
    """Return whether the entry at *one* ends before that at *other*."""
    if heap.ends_at[one] != heap.ends_at[other]:
        return bool(heap.ends_at[one] < heap.ends_at[other])
    return bool(heap.call[one] < heap.call[other])
