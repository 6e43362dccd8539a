"""CloudWatch alarm evaluation: M of N over an evaluation range, with the four treatments of missing data.

Source of every rule here: CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data"
(two tables of worked examples and the section "Avoiding premature transitions to alarm state"; the tests
hold every row of both tables), and "Alarm evaluation". The wording of a state's reason follows recorded
alarm notifications ("Threshold Crossed: 3 out of the last 3 datapoints [...] were greater than ...").
"""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from harness.errors import ScenarioError
from harness.scaling.resource import ScalingMetric

INITIAL_REASON = "Unchecked: Initial alarm creation"
"""What CloudWatch says of a new alarm, which starts in INSUFFICIENT_DATA."""

SHOWN_DATAPOINTS = 5
"""CloudWatch names at most five datapoints in a reason and then words it differently (seen in notices)."""


class AlarmState(StrEnum):
    """`StateValue` of a CloudWatch alarm."""

    OK = "OK"
    ALARM = "ALARM"
    INSUFFICIENT_DATA = "INSUFFICIENT_DATA"


class Comparison(StrEnum):
    """`ComparisonOperator` of a static-threshold alarm."""

    GREATER = "GreaterThanThreshold"
    GREATER_OR_EQUAL = "GreaterThanOrEqualToThreshold"
    LESS = "LessThanThreshold"
    LESS_OR_EQUAL = "LessThanOrEqualToThreshold"


class TreatMissing(StrEnum):
    """`TreatMissingData` of an alarm; CloudWatch's default is `missing`."""

    MISSING = "missing"
    IGNORE = "ignore"
    BREACHING = "breaching"
    NOT_BREACHING = "notBreaching"


_WORDS = {
    Comparison.GREATER: "greater than",
    Comparison.GREATER_OR_EQUAL: "greater than or equal to",
    Comparison.LESS: "less than",
    Comparison.LESS_OR_EQUAL: "less than or equal to",
}
_COMPARES: dict[Comparison, Callable[[float, float], bool]] = {
    Comparison.GREATER: operator.gt,
    Comparison.GREATER_OR_EQUAL: operator.ge,
    Comparison.LESS: operator.lt,
    Comparison.LESS_OR_EQUAL: operator.le,
}
_FILLED_AS = {TreatMissing.BREACHING: "Breaching", TreatMissing.NOT_BREACHING: "NonBreaching"}


@dataclass(frozen=True, slots=True)
class Alarm:
    """One metric alarm. `evaluation_range` is how many recent points CloudWatch retrieves, N at least.

    The range for N=3 is 5 in the user guide; "the exact number depends on the length of the alarm period
    and on the resolution", so None stands for N + 2 and the field is there to be set. `metric` is what it
    watches; the actions are the scaling policies, by name or ARN, that each state invokes.
    """

    name: str
    threshold: float
    comparison: Comparison
    period_s: float = 60.0
    evaluation_periods: int = 3
    datapoints_to_alarm: int = 3
    treat_missing: TreatMissing = TreatMissing.MISSING
    evaluation_range: int | None = None
    description: str = ""
    metric: ScalingMetric | None = None
    alarm_actions: tuple[str, ...] = ()
    ok_actions: tuple[str, ...] = ()
    insufficient_data_actions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.datapoints_to_alarm <= self.evaluation_periods:
            raise ScenarioError(
                f"Alarm {self.name!r}: datapoints_to_alarm ({self.datapoints_to_alarm}) must be from 1 to "
                f"evaluation_periods ({self.evaluation_periods})"
            )
        if self.points_wanted < self.evaluation_periods:
            raise ScenarioError(
                f"Alarm {self.name!r}: evaluation_range ({self.points_wanted}) is shorter than "
                f"evaluation_periods ({self.evaluation_periods})"
            )
        if self.metric is not None and self.metric.period_s != self.period_s:
            raise ScenarioError(
                f"Alarm {self.name!r}: its period is {self.period_s:g} s, that of its metric "
                f"{self.metric.period_s:g} s; give both the same"
            )

    @property
    def points_wanted(self) -> int:
        """How many of the most recent points `evaluate` looks at."""
        return self.evaluation_periods + 2 if self.evaluation_range is None else self.evaluation_range

    def breaches(self, value: float) -> bool:
        """Return whether one datapoint is on the wrong side of the threshold."""
        return _COMPARES[self.comparison](value, self.threshold)

    def breaching(self, values: Sequence[float]) -> int:
        """Return how many of *values* are on the wrong side."""
        compares, threshold = _COMPARES[self.comparison], self.threshold
        return sum([compares(value, threshold) for value in values])


@dataclass(frozen=True, slots=True)
class AlarmVerdict:
    """The state an alarm goes to or stays in, and CloudWatch's reason for it.

    `evaluated` are the real datapoints that decided, newest first; `filled` counts the missing ones
    that were filled in.
    """

    state: AlarmState
    reason: str
    evaluated: tuple[float, ...] = ()
    filled: int = 0


class _Weighed(NamedTuple):
    """What decided: the real datapoints, newest first, how many were filled in, how many of all breach.

    `breaching` is None where the datapoints decide nothing (`filled` of them are unknown).
    """

    state: AlarmState
    values: tuple[float, ...]
    filled: int = 0
    breaching: int | None = None


def state_of(
    alarm: Alarm, points: Sequence[float | None], current: AlarmState = AlarmState.INSUFFICIENT_DATA
) -> AlarmState:
    """Return the state of the verdict that `evaluate` gives, without its words."""
    return _weigh(alarm, points, current).state


def evaluate(
    alarm: Alarm, points: Sequence[float | None], current: AlarmState = AlarmState.INSUFFICIENT_DATA
) -> AlarmVerdict:
    """Return the verdict of *alarm* over *points*, oldest first and None where a point is missing.

    Points before the evaluation range are not looked at; a sequence shorter than the range counts as
    missing in front, as it does for a metric that has just begun. *current* is the state that
    `ignore` keeps.
    """
    weighed = _weigh(alarm, points, current)
    values = weighed.values
    if weighed.breaching is None:
        reason = _unknown(weighed.filled)
    elif weighed.state is AlarmState.ALARM:
        # Under `missing` and `ignore` the gaps were filled in but do not count: the reason is silent on them.
        reason = _to_alarm(alarm, tuple(filter(alarm.breaches, values)), _told(alarm, weighed.filled))
    else:
        inside = tuple(value for value in values if not alarm.breaches(value))
        reason = _to_ok(alarm, inside, _told(alarm, weighed.filled))
    return AlarmVerdict(weighed.state, reason, values, weighed.filled)


def _weigh(alarm: Alarm, points: Sequence[float | None], current: AlarmState) -> _Weighed:
    wanted = alarm.evaluation_periods
    real = tuple([value for value in points[: -alarm.points_wanted - 1 : -1] if value is not None])
    if len(real) < wanted:
        return _weigh_with_gaps(alarm, points, real, current)
    # "evaluates the alarm state based on the most recent real data points ... including the
    # necessary extra data points from farther back in the evaluation range"
    return _by_threshold(alarm, real[:wanted], 0, 0)


def _weigh_with_gaps(
    alarm: Alarm, points: Sequence[float | None], real: tuple[float, ...], current: AlarmState
) -> _Weighed:
    filled = alarm.evaluation_periods - len(real)
    if alarm.treat_missing is TreatMissing.BREACHING:
        return _by_threshold(alarm, real, filled, filled)
    if alarm.treat_missing is TreatMissing.NOT_BREACHING:
        return _by_threshold(alarm, real, filled, 0)
    breaching = alarm.breaching(real)
    if breaching >= alarm.datapoints_to_alarm or breaching < len(real):
        # Enough real breaches, or a real point that is not breaching: the gaps cannot change the answer
        # (rows "0 - - - -" and "0 - X - -").
        return _by_threshold(alarm, real, 0, 0)
    if alarm.treat_missing is TreatMissing.IGNORE:
        return _Weighed(current, real, filled)
    if real and _oldest_age(points[-alarm.points_wanted :]) + 1 >= alarm.datapoints_to_alarm:
        # The premature-alarm rule: the oldest breaching point is at least as old as Datapoints to Alarm
        # and everything newer is breaching or missing (rows "- - X - -" of both tables).
        return _Weighed(AlarmState.ALARM, real, filled, breaching)
    # "- - - - X" with M=3 does not go to ALARM; the guide's table of 2018 names the state, later ones
    # leave the row out.
    return _Weighed(AlarmState.INSUFFICIENT_DATA, real, filled)


def _oldest_age(window: Sequence[float | None]) -> int:
    """Return how many periods ago the oldest real datapoint was, 0 for the newest period."""
    return max(age for age, value in enumerate(reversed(window)) if value is not None)


def _by_threshold(alarm: Alarm, values: tuple[float, ...], filled: int, filled_breaching: int) -> _Weighed:
    breaching = alarm.breaching(values) + filled_breaching
    state = AlarmState.ALARM if breaching >= alarm.datapoints_to_alarm else AlarmState.OK
    return _Weighed(state, values, filled, breaching)


def _told(alarm: Alarm, filled: int) -> int:
    """Return how many filled-in datapoints a reason speaks of: those that count as one or the other."""
    return filled if alarm.treat_missing in _FILLED_AS else 0


def _to_alarm(alarm: Alarm, crossing: tuple[float, ...], filled: int) -> str:
    minimum = f"(minimum {_datapoints(alarm.datapoints_to_alarm)} for OK -> ALARM transition)"
    return _crossed(alarm, crossing, "", filled, minimum)


def _to_ok(alarm: Alarm, inside: tuple[float, ...], filled: int) -> str:
    needed = alarm.evaluation_periods - alarm.datapoints_to_alarm + 1
    return _crossed(
        alarm, inside, "not ", filled, f"(minimum {_datapoints(needed)} for ALARM -> OK transition)"
    )


def _crossed(alarm: Alarm, named: tuple[float, ...], negation: str, filled: int, minimum: str) -> str:
    gaps = (
        f" and {filled} missing {_were(filled)} treated as [{_FILLED_AS[alarm.treat_missing]}]"
        if filled
        else ""
    )
    if not named:
        return (
            f"Threshold Crossed: no datapoints were received for {_periods(alarm.evaluation_periods)}{gaps}."
        )
    shown = ", ".join(str(float(value)) for value in named[:SHOWN_DATAPOINTS])
    verb = "was" if len(named) == 1 else "were"
    side = f"{verb} {negation}{_WORDS[alarm.comparison]} the threshold ({float(alarm.threshold)})"
    head = f"Threshold Crossed: {len(named)} out of the last {alarm.evaluation_periods} datapoints"
    if len(named) < SHOWN_DATAPOINTS:
        return f"{head} [{shown}] {side}{gaps} {minimum}."
    return (
        f"{head} {side}{gaps}. The most recent datapoints which crossed the threshold: [{shown}] {minimum}."
    )


def _unknown(count: int) -> str:
    return f"Insufficient Data: {count} {_were(count)} unknown."


def _were(count: int) -> str:
    return "datapoint was" if count == 1 else "datapoints were"


def _datapoints(count: int) -> str:
    return f"{count} datapoint{'' if count == 1 else 's'}"


def _periods(count: int) -> str:
    return f"{count} period{'' if count == 1 else 's'}"
