"""CloudWatch alarm evaluation: M of N over an evaluation range, with the four treatments of missing data.

Source of every rule here: CloudWatch user guide, "Configuring how CloudWatch alarms treat missing data"
(two tables of worked examples and the section "Avoiding premature transitions to alarm state"; the tests
hold every row of both tables), and "Alarm evaluation". The wording of a state's reason follows recorded
alarm notifications ("Threshold Crossed: 3 out of the last 3 datapoints [...] were greater than ...").
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.errors import ScenarioError

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
_FILLED_AS = {TreatMissing.BREACHING: "Breaching", TreatMissing.NOT_BREACHING: "NonBreaching"}


@dataclass(frozen=True, slots=True)
class Alarm:
    """One metric alarm. `evaluation_range` is how many recent points CloudWatch retrieves, N at least.

    The range for N=3 is 5 in the user guide; "the exact number depends on the length of the alarm period
    and on the resolution", so None stands for N + 2 and the field is there to be set.
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

    @property
    def points_wanted(self) -> int:
        """How many of the most recent points `evaluate` looks at."""
        return self.evaluation_periods + 2 if self.evaluation_range is None else self.evaluation_range

    def breaches(self, value: float) -> bool:
        """Return whether one datapoint is on the wrong side of the threshold."""
        if self.comparison is Comparison.GREATER:
            return value > self.threshold
        if self.comparison is Comparison.GREATER_OR_EQUAL:
            return value >= self.threshold
        if self.comparison is Comparison.LESS:
            return value < self.threshold
        return value <= self.threshold


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


def evaluate(
    alarm: Alarm, points: Sequence[float | None], current: AlarmState = AlarmState.INSUFFICIENT_DATA
) -> AlarmVerdict:
    """Return the verdict of *alarm* over *points*, oldest first and None where a point is missing.

    Points before the evaluation range are not looked at; a sequence shorter than the range counts as
    missing in front, as it does for a metric that has just begun. *current* is the state that
    `ignore` keeps.
    """
    window = list(points[-alarm.points_wanted :])
    real = [(age, value) for age, value in enumerate(reversed(window)) if value is not None]
    wanted = alarm.evaluation_periods
    if len(real) >= wanted:
        # "evaluates the alarm state based on the most recent real data points ... including the
        # necessary extra data points from farther back in the evaluation range"
        return _threshold_verdict(alarm, tuple(value for _, value in real[:wanted]), 0, 0)
    return _verdict_with_gaps(alarm, real, current)


def _verdict_with_gaps(alarm: Alarm, real: list[tuple[int, float]], current: AlarmState) -> AlarmVerdict:
    values = tuple(value for _, value in real)
    filled = alarm.evaluation_periods - len(values)
    if alarm.treat_missing is TreatMissing.BREACHING:
        return _threshold_verdict(alarm, values, filled, filled)
    if alarm.treat_missing is TreatMissing.NOT_BREACHING:
        return _threshold_verdict(alarm, values, filled, 0)
    breaching = sum(map(alarm.breaches, values))
    if breaching >= alarm.datapoints_to_alarm or breaching < len(values):
        # Enough real breaches, or a real point that is not breaching: the gaps cannot change the answer
        # (rows "0 - - - -" and "0 - X - -").
        return _threshold_verdict(alarm, values, 0, 0)
    if alarm.treat_missing is TreatMissing.IGNORE:
        return AlarmVerdict(current, _unknown(filled), values, filled)
    if real and real[-1][0] + 1 >= alarm.datapoints_to_alarm:
        # The premature-alarm rule: the oldest breaching point is at least as old as Datapoints to Alarm
        # and everything newer is breaching or missing (rows "- - X - -" of both tables).
        return AlarmVerdict(AlarmState.ALARM, _to_alarm(alarm, values, 0), values, filled)
    # "- - - - X" with M=3 does not go to ALARM; the guide's table of 2018 names the state, later ones
    # leave the row out.
    return AlarmVerdict(AlarmState.INSUFFICIENT_DATA, _unknown(filled), values, filled)


def _threshold_verdict(alarm: Alarm, values: tuple[float, ...], filled: int, breaching: int) -> AlarmVerdict:
    crossing = tuple(value for value in values if alarm.breaches(value))
    if len(crossing) + breaching >= alarm.datapoints_to_alarm:
        return AlarmVerdict(AlarmState.ALARM, _to_alarm(alarm, crossing, filled), values, filled)
    inside = tuple(value for value in values if not alarm.breaches(value))
    return AlarmVerdict(AlarmState.OK, _to_ok(alarm, inside, filled), values, filled)


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
