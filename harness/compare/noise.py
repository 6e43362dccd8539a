"""What chance alone does to figures of repeated runs: a permutation test over runs, and a bootstrap interval.

Where nothing has changed, which runs are called "before" and which "after" is an arbitrary division. So the
division that was made is held against all others: each gives every figure a distance in units of its scatter,
and the largest of all figures is kept. A figure counts as worse when at most `FALSE_RATE` of the divisions
have a largest distance such as its own (Westfall and Young 1993, step-down maxT). That holds exactly for any
distribution of the figures, and however many of them, related or not, are looked at.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FALSE_RATE = 0.05
"""In how many comparisons of runs that are alike anything at all is called worse; as many say better."""
MOST_DIVISIONS = 20_000
DRAWN = 9_999
RESAMPLES = 2_000
# Added to the scatter of a figure: a share of its size, or of the step by which it moves. Without it, figures
# that do not scatter at all would be infinitely far apart, and three equal counts would prove anything.
FLOOR_RATIO = 0.005
FLOOR_STEP = 0.25
# Student's t, 95 % (one side), by degrees of freedom from 1 on; the normal distribution's is the limit.
# NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2.
_T95 = (6.314, 2.920, 2.353, 2.132, 2.015, 1.943, 1.895, 1.860, 1.833, 1.812, 1.796, 1.782, 1.771, 1.761,
        1.753, 1.746, 1.740, 1.734, 1.729, 1.725, 1.721, 1.717, 1.714, 1.711, 1.708, 1.706, 1.703, 1.701,
        1.699, 1.697)  # fmt: skip
_Z95 = 1.645


@dataclass(frozen=True, slots=True)
class Shares:
    """For each figure, the share of the divisions whose largest distance is at least its own: upwards and
    downwards, corrected for all figures. `least` is the smallest share that so many runs can come to."""

    up: Floats
    down: Floats
    least: float


def widening(freedom: int) -> float:
    """Return by how much an interval of *freedom* degrees of freedom is wider than one of very many."""
    return (_T95[min(freedom, len(_T95)) - 1] if freedom >= 1 else math.inf) / _Z95


def divisions(before: int, after: int) -> int:
    """Return in how many ways so many runs can be divided into sides of these sizes."""
    return math.comb(before + after, after)


def can_show(before: int, after: int) -> bool:
    """Return whether so many runs can show any difference at `FALSE_RATE`."""
    return before + after > 2 and divisions(before, after) * FALSE_RATE >= 1.0 - 1e-9


def runs_needed(before: int) -> int:
    """Return the fewest runs after *before* ones, at least one, that can show a difference."""
    return next(count for count in range(1, 20) if can_show(before, count))


def shares(values: Floats, before: int, steps: Floats, neither: Sequence[bool]) -> Shares:
    """Return the shares of each figure of *values* (figures x runs, the first *before* columns before).

    *steps* are the least that each figure can differ by. A figure that is *neither* better nor worse counts
    with its distance in either direction in `up`, and not at all in `down`.
    """
    after = values.shape[1] - before
    masks = _masks(before, after)
    distance = _distances(values, masks, after, steps)
    both = np.asarray(neither, dtype=bool)
    upwards = np.where(both[:, None], np.abs(distance), distance)
    downwards = np.where(both[:, None], -np.inf, -distance)
    return Shares(_step_down(upwards), _step_down(downwards), 1.0 / masks.shape[0])


def _masks(before: int, after: int) -> npt.NDArray[np.bool_]:
    """Return divisions of the runs (divisions x runs, true is after); the one that was made is the first."""
    size = before + after
    made = np.arange(size) >= before
    if divisions(before, after) <= MOST_DIVISIONS:
        chosen = np.array(list(combinations(range(size - 1, -1, -1), after)))
        masks = np.zeros((len(chosen), size), dtype=bool)
        masks[np.arange(len(chosen))[:, None], chosen] = True
        return masks  # the last runs come first in `combinations`: the division that was made
    random = np.random.default_rng(0)
    return np.vstack([made, random.permuted(np.tile(made, (DRAWN, 1)), axis=1)])


def _distances(values: Floats, masks: npt.NDArray[np.bool_], after: int, steps: Floats) -> Floats:
    """Return (figures x divisions) how far the mean after is from that before, in units of the scatter."""
    size = values.shape[1]
    before = size - after
    mean = values.mean(axis=1, keepdims=True)
    centred = values - mean
    sums = centred @ masks.T.astype(float)
    apart = sums / after + sums / before  # the sums of both sides are opposite once the mean is gone
    total = (centred**2).sum(axis=1, keepdims=True)
    within = np.maximum(total - before * after / size * apart**2, 0.0) / max(size - 2, 1)
    error = np.sqrt(within * (1 / before + 1 / after))
    floor = np.maximum(FLOOR_RATIO * np.abs(mean), FLOOR_STEP * steps[:, None])
    found: Floats = np.divide(apart, error + floor, out=np.zeros_like(apart), where=error + floor > 0)
    return found


def _step_down(distance: Floats) -> Floats:
    """Return the corrected share of each figure; the division that was made is the first column."""
    made = distance[:, 0]
    order = np.argsort(-made, kind="stable")
    # From the least distant figure up, the largest distance of those so far: each is held against itself and
    # the less distant ones only, for the more distant ones have been decided on.
    largest = np.maximum.accumulate(distance[order][::-1], axis=0)[::-1]
    share = (largest >= made[order][:, None] - 1e-9).mean(axis=1)
    corrected = np.empty_like(made)
    corrected[order] = np.maximum.accumulate(share)
    return corrected


def intervals(values: Floats, before: int, seed: int = 0) -> tuple[Floats, Floats]:
    """Return the 90 % bootstrap interval of each figure's change (mean after - mean before), low and high.

    What is drawn are the distances of the runs from their side's mean, both sides together: a single run has
    no scatter of its own. Few runs scatter less than they should, which Student's t makes up for.
    """
    size = values.shape[1]
    after = size - before
    sides = values[:, :before], values[:, before:]
    means = [side.mean(axis=1, keepdims=True) for side in sides]
    change = (means[1] - means[0])[:, 0]
    residuals = np.hstack([side - mean for side, mean in zip(sides, means, strict=True)])
    freedom = size - 2
    if freedom < 1:
        return np.full_like(change, -np.inf), np.full_like(change, np.inf)
    random = np.random.default_rng(seed)
    drawn = random.integers(0, size, (2, RESAMPLES, size))
    moved = (
        residuals[:, drawn[0][:, :after]].mean(axis=2) - residuals[:, drawn[1][:, :before]].mean(axis=2)
    ) * (math.sqrt(size / freedom) * widening(freedom))
    low, high = np.quantile(moved, [0.05, 0.95], axis=1)
    return change + low, change + high


def as_floats(rows: Sequence[Sequence[float]]) -> Floats:
    """Return *rows* as a matrix."""
    found: Any = np.asarray(rows, dtype=np.float64)
    return found.reshape(len(rows), -1)  # type: ignore[no-any-return]
