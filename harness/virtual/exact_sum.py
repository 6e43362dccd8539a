"""The exactly rounded sum of floats, compiled: what `math.fsum` returns, to the last bit.

A metric is compared with its threshold, and 30 calls on 3 instances must stay 10.0: sums that round
differently from the readable model's would decide differently.
"""

import numpy as np
import numpy.typing as npt

from harness.virtual.compiled import compiled, inner


@compiled
def exact_sum(values: npt.NDArray[np.float64], count: int) -> float:
    """Return the sum of the first *count* values, rounded once (Shewchuk's partial sums)."""
    if count == 1:
        return values[0]  # type: ignore[no-any-return]
    if count == 2:
        return values[0] + values[1]  # type: ignore[no-any-return]
    partials = np.empty(count + 1)
    used = 0
    for index in range(count):
        value = values[index]
        kept = 0
        for each in range(used):
            other = partials[each]
            if abs(value) < abs(other):
                value, other = other, value
            high = value + other
            low = other - (high - value)
            if low != 0.0:
                partials[kept] = low
                kept += 1
            value = high
        partials[kept] = value
        used = kept + 1
    return _rounded(partials, used)


@inner
def _rounded(partials: npt.NDArray[np.float64], used: int) -> float:
    if used == 0:
        return 0.0
    used -= 1
    high = partials[used]
    low = 0.0
    while used > 0 and low == 0.0:
        used -= 1
        before = high
        high = before + partials[used]
        low = partials[used] - (high - before)
    # Half-way cases: what is left decides in which direction the sum rounds.
    if used > 0 and ((low < 0.0 and partials[used - 1] < 0.0) or (low > 0.0 and partials[used - 1] > 0.0)):
        twice = low * 2.0
        rounded = high + twice
        if twice == rounded - high:
            high = rounded
    return high  # type: ignore[no-any-return]
