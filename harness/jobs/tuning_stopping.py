"""Which trainings of a tuning job are stopped before their end.

Developer guide, "Stop Training Jobs Early" (the median rule) and API reference, HyperbandStrategyConfig.
Values are lower for better; the number of values that a training has reported is its number of epochs.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from harness.jobs.unacceptable import Unacceptable

# HyperbandStrategyConfig, MaxResource: where it is not given it is taken from these hyperparameters.
EPOCHS = ("epochs", "numepochs", "n-epochs", "n_epochs", "num_epochs")
MOST_RESOURCE = 20_000
# Of each rung this share goes on. AWS names no number; 3 is that of the paper (Li et al., 2018).
REDUCTION = 3


@dataclass(frozen=True, slots=True)
class Hyperband:
    """The epochs at which trainings are compared: `least`, then three times as many each time, to `most`."""

    least: int
    most: int

    def rungs(self) -> list[int]:
        """Return the numbers of epochs at which a training is compared with the others."""
        found, rung = [], self.least
        while rung < self.most:
            found.append(rung)
            rung *= REDUCTION
        return found


def hyperband_of(config: Mapping[str, Any], static: Mapping[str, str]) -> Hyperband:
    """Return the limits in a StrategyConfig, completed from *static* hyperparameters; raise Unacceptable."""
    given = (config.get("HyperbandStrategyConfig") or {}) if config else {}
    most = given.get("MaxResource") or next((int(static[one]) for one in EPOCHS if one in static), None)
    if most is None:
        raise Unacceptable(
            "MaxResource cannot be inferred: give it in HyperbandStrategyConfig, or one of the static "
            f"hyperparameters {', '.join(EPOCHS)}."
        )
    least = given.get("MinResource") or 1
    if not least < most <= MOST_RESOURCE:
        raise Unacceptable(
            f"MinResource ({least}) must be below MaxResource ({most}), and that at most {MOST_RESOURCE}."
        )
    return Hyperband(least, most)


def median_stops(values: Sequence[float], earlier: Sequence[Sequence[float]]) -> bool:
    """Return whether a training that reported *values* is worse than the median of *earlier* ones.

    Compared is its newest value with the median of the others' running averages up to the same epoch.
    """
    epoch = len(values)
    averages = [sum(one[:epoch]) / epoch for one in earlier if len(one) >= epoch]
    return bool(averages) and values[-1] > median(averages)


def hyperband_stops(limits: Hyperband, values: Sequence[float], others: Sequence[Sequence[float]]) -> bool:
    """Return whether a training ends here: at its last epoch, or at a rung among the worse two thirds.

    Compared is the best value so far with those of all others that reached the rung.
    """
    epoch = len(values)
    if epoch >= limits.most:
        return True
    if epoch not in limits.rungs():
        return False
    reached = sorted(min(one[:epoch]) for one in others if len(one) >= epoch)
    if len(reached) < REDUCTION - 1:  # too few to say which third it is in
        return False
    best = min(values)
    better = sum(1 for one in reached if one < best)
    return better >= (len(reached) + 1) / REDUCTION
