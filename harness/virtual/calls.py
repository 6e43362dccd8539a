"""Invocations that are known beforehand, and what becomes of each: arrays, by arrival."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from harness.errors import ScenarioError
from harness.functions.outcomes import Reason

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int32]
Codes = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

Target = tuple[str, str]
"""A function and the qualifier it is invoked by, "" for $LATEST."""


class Fate(IntEnum):
    """What became of an invocation; from CONCURRENT on it was throttled."""

    WARM = 0
    COLD = 1
    PROVISIONED = 2
    CONCURRENT = 3
    RATE = 4
    RESERVED_CONCURRENT = 5
    RESERVED_RATE = 6


REASONS = {
    Fate.CONCURRENT: Reason.CONCURRENT,
    Fate.RATE: Reason.RATE,
    Fate.RESERVED_CONCURRENT: Reason.RESERVED_CONCURRENT,
    Fate.RESERVED_RATE: Reason.RESERVED_RATE,
}
FATES = {reason: fate for fate, reason in REASONS.items()}


class Calls:
    """Synchronous invocations in order of arrival.

    `at` are model seconds, ascending; `target` says which of `targets` each one is for; `duration_s` is how
    long each runs without Init, above 0; one that `dies` takes its environment with it (a timeout does).
    With *in_turn* the n-th invocation of a function that is admitted takes the span and end of the n-th call
    of it, as where they are drawn as it begins; else each takes its own. Raises ScenarioError where they are
    not of one length, or not in order and range.
    """

    __slots__ = ("at", "dies", "duration_s", "in_turn", "target", "targets")

    def __init__(
        self,
        targets: Sequence[Target],
        at: Floats,
        duration_s: Floats,
        *,
        target: Numbers | None = None,
        dies: Flags | None = None,
        in_turn: bool = False,
    ) -> None:
        self.in_turn = in_turn
        self.targets = tuple(targets)
        self.at = np.ascontiguousarray(at, dtype=np.float64)
        self.duration_s = np.ascontiguousarray(duration_s, dtype=np.float64)
        self.target = np.zeros(len(at), np.int32) if target is None else target.astype(np.int32, copy=False)
        self.dies = np.zeros(len(at), np.bool_) if dies is None else dies
        columns = (self.at, self.duration_s, self.target, self.dies)
        if len({len(column) for column in columns}) > 1:
            raise ScenarioError(
                "Calls: arrivals, durations, targets and ends differ in number; give each one"
            )
        if len(self.at) and not (self.at[0] >= 0.0 and bool(np.all(self.at[1:] >= self.at[:-1]))):
            raise ScenarioError("Calls: moments must not be negative, and in ascending order")
        if len(self.at) and not (self.duration_s.min() > 0.0 and np.isfinite(self.at[-1])):
            raise ScenarioError(
                "Calls: a Lambda invocation takes more than 0 seconds, and moments are finite"
            )
        if len(self.at) and not 0 <= self.target.min() <= self.target.max() < len(self.targets):
            raise ScenarioError("Calls: target is none of targets")

    def __len__(self) -> int:
        return len(self.at)

    def turns(self, name: str) -> npt.NDArray[np.int64]:
        """Return the calls of function *name*, in order."""
        mine = np.array([function == name for function, _ in self.targets])
        return np.flatnonzero(mine[self.target])


@dataclass(frozen=True, slots=True)
class Fates:
    """What became of each invocation, and what ran as it began: of its function, of its target, in all, and
    without a reservation on demand; 0 where it was throttled.

    `ready` is how many provisioned environments its target had, `busy` how many of them worked as it came.
    `started_by` is the call whose cold start made the environment, -1 for a provisioned one and for none;
    `drawn` the call whose duration it took.
    """

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

    @classmethod
    def of(cls, count: int) -> "Fates":
        """Return room for *count* invocations."""
        numbers: dict[str, Any] = {name: np.zeros(count, np.int32) for name in cls.__dataclass_fields__}
        numbers["started_by"].fill(-1)
        return cls(**numbers | {"fate": np.zeros(count, np.uint8), "init_s": np.zeros(count)})

    @property
    def runs(self) -> Flags:
        """Which of them ran."""
        return self.fate < Fate.CONCURRENT

    def ends(self, calls: Calls) -> Floats:
        """Return when each one that ran ends; of the others the moment it came."""
        return np.where(self.runs, (calls.at + self.init_s) + self.durations(calls), calls.at)

    def durations(self, calls: Calls) -> Floats:
        """Return how long each one runs; those that do not run have none, whatever stands there."""
        return calls.duration_s[self.drawn]

    def deaths(self, calls: Calls) -> Flags:
        """Return which of them ran and took their environment with them."""
        return calls.dies[self.drawn] & self.runs
