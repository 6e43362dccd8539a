"""Heaps in the rows of an array, least first, for compiled code."""

import numpy as np
import numpy.typing as npt

from harness.virtual.compiled import inlined


@inlined
def replace_least(heaps: npt.NDArray[np.float64], lane: int, size: int, value: float) -> None:
    """Put *value* in the place of the least of the first *size* entries of a heap and restore the heap."""
    hole = 0
    while True:
        child = 2 * hole + 1
        if child >= size:
            break
        if child + 1 < size and heaps[lane, child + 1] < heaps[lane, child]:
            child += 1
        if heaps[lane, child] >= value:
            break
        heaps[lane, hole] = heaps[lane, child]
        hole = child
    heaps[lane, hole] = value


@inlined
def push(heaps: npt.NDArray[np.float64], lane: int, size: int, value: float) -> None:
    """Add *value* to a heap that has *size* entries."""
    hole = size
    while hole > 0:
        parent = (hole - 1) // 2
        if heaps[lane, parent] <= value:
            break
        heaps[lane, hole] = heaps[lane, parent]
        hole = parent
    heaps[lane, hole] = value
