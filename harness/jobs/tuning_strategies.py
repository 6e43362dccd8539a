"""How a tuning job chooses the hyperparameters of its next training job.

Developer guide, "How Hyperparameter Tuning Works": grid, random, Bayesian, Hyperband. Which model Bayesian
optimisation has inside AWS is not documented: here it is a Gaussian process with a Matern kernel and expected
improvement, so that what it proposes is one possible search and not AWS's own.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice, product
from random import Random
from typing import TYPE_CHECKING, Literal

from harness.jobs.tuning_ranges import Categorical, Range

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Strategy = Literal["Bayesian", "Random", "Hyperband", "Grid"]
Point = tuple[float, ...]

# Points drawn at random before the first model of the objective is fitted, and those it chooses among.
RANDOM_FIRST, CANDIDATES = 3, 256
# The unit cube's length scales that are tried; the likeliest one counts. Noise is that of one training.
LENGTH_SCALES = (0.1, 0.2, 0.4, 0.8, 1.6)
NOISE = 1e-3


@dataclass(frozen=True, slots=True)
class Observed:
    """A point that was tried; `value` is lower for better, None while nothing is known of it."""

    point: Point
    value: float | None


def propose(
    strategy: Strategy, ranges: Sequence[Range], tried: Sequence[Observed], random: Random
) -> dict[str, str]:
    """Return the hyperparameters to try next. A grid gives its points in order, and must have one left."""
    if strategy == "Grid":
        return _grid(ranges, len(tried))
    # Hyperband draws as Random does; what is its own is which trainings it stops.
    point = _bayesian(ranges, tried, random) if strategy == "Bayesian" else _drawn(ranges, random)
    return {each.name: each.at(where) for each, where in zip(ranges, point, strict=True)}


def point_of(ranges: Sequence[Range], parameters: dict[str, str]) -> Point | None:
    """Return the point of *parameters*, None where a range does not have its value."""
    try:
        return tuple(each.point(parameters[each.name]) for each in ranges)
    except (KeyError, ValueError):
        return None


def _drawn(ranges: Sequence[Range], random: Random) -> Point:
    return tuple(random.random() for _ in ranges)


def _grid(ranges: Sequence[Range], number: int) -> dict[str, str]:
    values = [each.values for each in ranges if isinstance(each, Categorical)]
    chosen = next(islice(product(*values), number, None))
    return {each.name: value for each, value in zip(ranges, chosen, strict=True)}


def _bayesian(ranges: Sequence[Range], tried: Sequence[Observed], random: Random) -> Point:
    """Return the point of the greatest expected improvement; what still runs counts with the mean it has."""
    known = [one for one in tried if one.value is not None]
    if len(known) < RANDOM_FIRST:
        return _drawn(ranges, random)
    import numpy as np

    seen = np.array([_encoded(ranges, one.point) for one in known])
    values = np.array([one.value for one in known], np.float64)
    scaled = (values - values.mean()) / (values.std() or 1.0)
    length = max(LENGTH_SCALES, key=lambda each: _likelihood(seen, scaled, each))
    running = [_encoded(ranges, one.point) for one in tried if one.value is None]
    if running:  # "kriging believer": without it, trainings side by side would all try one place
        believed, _ = _predicted(seen, scaled, np.array(running), length)
        seen, scaled = np.vstack([seen, running]), np.concatenate([scaled, believed])
    drawn = [_drawn(ranges, random) for _ in range(CANDIDATES)]
    mean, deviation = _predicted(seen, scaled, np.array([_encoded(ranges, one) for one in drawn]), length)
    gains = [
        _improvement(float(scaled.min()), float(m), float(d)) for m, d in zip(mean, deviation, strict=True)
    ]
    return drawn[max(range(len(drawn)), key=gains.__getitem__)]


def _encoded(ranges: Sequence[Range], point: Point) -> list[float]:
    """Return *point* for distances: a category is as far from each other one."""
    found: list[float] = []
    for each, where in zip(ranges, point, strict=True):
        if isinstance(each, Categorical):
            chosen = each.at(where)
            found += [math.sqrt(0.5) if value == chosen else 0.0 for value in each.values]
        else:
            found.append(where)
    return found


def _kernel(
    left: "NDArray[np.float64]", right: "NDArray[np.float64]", length: float
) -> "NDArray[np.float64]":
    """Return Matern 5/2 covariances (Rasmussen and Williams, Gaussian Processes, equation 4.17)."""
    import numpy as np

    distance = np.sqrt(((left[:, None, :] - right[None, :, :]) ** 2).sum(-1)) * math.sqrt(5.0) / length
    covariance: NDArray[np.float64] = (1.0 + distance + distance**2 / 3.0) * np.exp(-distance)
    return covariance


def _likelihood(seen: "NDArray[np.float64]", values: "NDArray[np.float64]", length: float) -> float:
    """Return the logarithm of the marginal likelihood, but for a constant (equation 2.30)."""
    import numpy as np

    covariance = _kernel(seen, seen, length) + NOISE * np.eye(len(seen))
    _, determinant = np.linalg.slogdet(covariance)
    return float(-0.5 * values @ np.linalg.solve(covariance, values) - 0.5 * determinant)


def _predicted(
    seen: "NDArray[np.float64]", values: "NDArray[np.float64]", at: "NDArray[np.float64]", length: float
) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """Return mean and deviation of the process at *at* (equations 2.25 and 2.26)."""
    import numpy as np

    covariance = _kernel(seen, seen, length) + NOISE * np.eye(len(seen))
    across = _kernel(at, seen, length)
    mean = across @ np.linalg.solve(covariance, values)
    variance = 1.0 - np.einsum("ij,ji->i", across, np.linalg.solve(covariance, across.T))
    return mean, np.sqrt(np.maximum(variance, 1e-12))


def _improvement(best: float, mean: float, deviation: float) -> float:
    """Return by how much a point is expected to be below *best*."""
    gap = (best - mean) / deviation
    density = math.exp(-0.5 * gap * gap) / math.sqrt(2.0 * math.pi)
    return (best - mean) * 0.5 * math.erfc(-gap / math.sqrt(2.0)) + deviation * density
