"""The alarms and the decision of one target tracking policy, compiled.

The same rules as `scaling.alarms.evaluate` and `scaling.decision.decide`, where their sources stand, for one
policy on InvocationsPerInstance: two alarms of N out of N periods that treat missing data as missing. Tests
hold every decision to theirs.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from harness.scaling.decision import Reason
from harness.virtual.cases import LAST, MAXIMUM, PERCENT, PROPORTIONAL, REASONS
from harness.virtual.compiled import inlined, inner
from harness.virtual.exact_sum import exact_sum

SCALE_OUT = REASONS.index(Reason.SCALE_OUT)
SCALE_IN = REASONS.index(Reason.SCALE_IN)
AT_MAX = REASONS.index(Reason.ALREADY_AT_MAX_CAPACITY)
AT_MIN = REASONS.index(Reason.ALREADY_AT_MIN_CAPACITY)
AT_DESIRED = REASONS.index(Reason.ALREADY_AT_DESIRED_CAPACITY)
FLAPPING = REASONS.index(Reason.ANTICIPATED_FLAPPING)
UNSCALABLE = REASONS.index(Reason.UNSCALABLE)
OUT_COOLDOWN = REASONS.index(Reason.SCALE_OUT_COOLDOWN)
IN_COOLDOWN = REASONS.index(Reason.SCALE_IN_COOLDOWN)
OUT_SUSPENDED = REASONS.index(Reason.SCALE_OUT_SUSPENDED)
IN_SUSPENDED = REASONS.index(Reason.SCALE_IN_SUSPENDED)
IN_DISABLED = REASONS.index(Reason.SCALE_IN_DISABLED)
WITHIN_TARGET = REASONS.index(Reason.WITHIN_TARGET)

ROUNDING = 1e-9
"""As scaling.decision has it: a want of 5.0000000001 is five."""

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Record = Any
"""A CASE, RULES or STATE record; numba sees its fields, a type checker does not."""


class Minutes(NamedTuple):
    """What was published of each minute: InvocationsPerInstance, the capacity it was shared by, if at all.

    `by_capacity` counts the arrivals of the present minute by the number of instances in service, `ended` the
    requests that ended in each minute (kept only where zeros are not emitted).
    """

    value: Floats
    capacity: Floats
    published: Flags
    by_capacity: Floats
    ended: npt.NDArray[np.int64]


@inlined
def count_arrivals(state: Record, by_capacity: Floats, count: float) -> None:
    """Count arrivals of the present minute, shared by the instances now in service."""
    if count > 0.0:
        by_capacity[state.active] += count
        state.least_shared = min(state.least_shared, state.active)
        state.most_shared = max(state.most_shared, state.active)


@inlined
def is_shared_alike(state: Record) -> bool:
    """Return whether all arrivals of the present minute met the same number of instances, above 0."""
    return state.least_shared == state.most_shared and state.least_shared > 0  # type: ignore[no-any-return]


@inlined
def close_alike(
    state: Record, value: Floats, capacity: Floats, published: Flags, by_capacity: Floats, number: int
) -> None:
    """Publish minute *number*, which ends now, where `is_shared_alike`: the usual case, in few steps."""
    total = by_capacity[state.least_shared]
    by_capacity[state.least_shared] = 0.0
    shared = total / state.least_shared
    value[number] = shared
    capacity[number] = total / shared
    published[number] = True
    state.least_shared = by_capacity.size
    state.most_shared = -1


@inner
def close_minute(state: Record, minutes: Minutes, number: int, emit_zeros: bool) -> None:
    """Publish minute *number*, which ends now (as `endpoint.metrics._frozen`)."""
    total = 0.0
    if state.least_shared <= state.most_shared:
        total = _close_shared(state, minutes, number)
    if total == 0.0 or minutes.value[number] == 0.0:
        minutes.value[number] = 0.0
        minutes.capacity[number] = state.active
    minutes.published[number] = emit_zeros or total > 0.0 or minutes.ended[number] > 0
    state.least_shared = minutes.by_capacity.size
    state.most_shared = -1


@inner
def _close_shared(state: Record, minutes: Minutes, number: int) -> float:
    """Write metric and capacity of a minute in which the number of instances changed; return its arrivals."""
    by_capacity = minutes.by_capacity
    total = by_capacity[0]
    by_capacity[0] = 0.0
    served = 0.0
    parts = np.empty(state.most_shared - state.least_shared + 1)
    count = 0
    for capacity in range(max(1, state.least_shared), state.most_shared + 1):
        if by_capacity[capacity] > 0.0:
            served += by_capacity[capacity]
            parts[count] = by_capacity[capacity] / capacity
            by_capacity[capacity] = 0.0
            count += 1
    shared = exact_sum(parts, count) if count > 0 else 0.0
    minutes.value[number] = shared
    minutes.capacity[number] = served / shared if shared > 0.0 else 0.0
    return total + served  # type: ignore[no-any-return]


@inlined
def last_visible(now: float, publish_delay_s: float) -> int:
    """Return the newest minute that alarms see at *now* (as `VariantMetrics.last_visible_minute`)."""
    return int(np.floor((now - publish_delay_s) / 60.0 + 1e-9)) - 1


@inlined
def in_alarm(
    value: Floats,
    published: Flags,
    last: int,
    periods: int,
    range_extra: int,
    threshold: float,
    above: bool,
) -> bool:
    """Return whether the alarm is in ALARM, *last* being the newest minute it sees.

    As many real points as there are periods decide, the newest ones; with fewer, one that does not breach
    ends it, and if all breach, the oldest must be old enough (the premature-alarm rule).
    """
    real = 0
    oldest = 0
    for age in range(periods + range_extra):
        number = last - age
        if number < 0:
            break
        if published[number]:
            point = value[number]
            if (above and point <= threshold) or (not above and point >= threshold):
                return False
            real += 1
            oldest = age
            if real == periods:
                return True
    return real > 0 and oldest + 1 >= periods


@inner
def decide(
    case: Record, rules: Record, state: Record, minutes: Minutes, high: bool, low: bool, now: float
) -> tuple[int, int, int]:
    """Return the code of the reason, the capacity to have and the one wanted before bounds and cooldowns."""
    last = last_visible(now, rules.publish_delay_s)
    previous = state.desired
    if not _any_point(minutes, last, max(rules.high_periods, rules.low_periods)):
        return WITHIN_TARGET, previous, previous
    if state.updating:
        return UNSCALABLE, previous, previous
    if high:
        return _scale_out(case, rules, state, minutes, last, now)
    if case.disable_scale_in:
        return IN_DISABLED, previous, previous
    return _scale_in(case, rules, state, minutes, last, now)


@inner
def _scale_out(
    case: Record, rules: Record, state: Record, minutes: Minutes, last: int, now: float
) -> tuple[int, int, int]:
    previous = state.desired
    load = _load(rules, state, minutes, last, rules.high_periods)
    wanted = int(np.ceil(load / case.target_value - ROUNDING))
    if case.suspended_out:
        return OUT_SUSPENDED, previous, wanted
    desired = min(max(wanted, case.min_capacity), case.max_capacity)
    if desired <= previous:
        return (AT_MAX if wanted > previous else AT_DESIRED), previous, wanted
    if now < state.out_until and desired <= state.out_capacity:
        return OUT_COOLDOWN, previous, wanted
    return SCALE_OUT, desired, wanted


@inner
def _scale_in(
    case: Record, rules: Record, state: Record, minutes: Minutes, last: int, now: float
) -> tuple[int, int, int]:
    previous = state.desired
    load = _load(rules, state, minutes, last, rules.low_periods)
    wanted = int(np.ceil(load / case.target_value - ROUNDING))
    if rules.scale_in_mode != PROPORTIONAL:
        step = 1
        if rules.scale_in_mode == PERCENT:
            step = max(1, int(np.floor(previous * rules.scale_in_percent / 100.0 + ROUNDING)))
        wanted = max(wanted, previous - step)
    if case.suspended_in:
        return IN_SUSPENDED, previous, wanted
    cooling = now < state.in_until or (rules.out_blocks_in and now < state.out_until)
    if previous > case.min_capacity and cooling:
        return IN_COOLDOWN, previous, wanted
    if previous <= case.min_capacity:
        return AT_MIN, previous, wanted
    if rules.flapping_guard and load > case.target_value * (previous - 1):
        return FLAPPING, previous, wanted
    desired = max(wanted, case.min_capacity)
    if desired >= previous:
        return AT_DESIRED, previous, wanted
    return SCALE_IN, desired, wanted


@inner
def _any_point(minutes: Minutes, last: int, count: int) -> bool:
    found = False
    for number in range(max(0, last - count + 1), last + 1):
        found = found or minutes.published[number]
    return found


@inner
def _load(rules: Record, state: Record, minutes: Minutes, last: int, periods: int) -> float:
    """Return capacity x metric from the newest *periods* points of the longer alarm's window."""
    window = max(rules.high_periods, rules.low_periods)
    wanted = 1 if rules.datapoint == LAST else periods
    loads = np.empty(wanted)
    found = 0
    for number in range(last, max(-1, last - window), -1):
        if found < wanted and minutes.published[number]:
            shared_by = float(state.active) if rules.basis_current else minutes.capacity[number]
            loads[found] = minutes.value[number] * shared_by
            found += 1
    if rules.datapoint == MAXIMUM:
        highest = loads[0]
        for each in range(1, found):
            highest = max(highest, loads[each])
        return highest  # type: ignore[no-any-return]
    return exact_sum(loads, found) / found
