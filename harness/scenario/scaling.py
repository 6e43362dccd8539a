"""How a declared endpoint is scaled: policies, the alarms that somebody makes for them, scheduled actions.

Plain values, checked when they are built; `plan.py` makes AWS's calls of them. Rules of AWS that are checked
here live in `harness.scaling`.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from harness.errors import ScenarioError
from harness.scaling.alarms import Alarm as PlainAlarm
from harness.scaling.alarms import Comparison, TreatMissing
from harness.scaling.policies import INVOCATIONS, AdjustmentType, Aggregation
from harness.scaling.policies import StepScaling as PlainSteps
from harness.scaling.resource import ScalingMetric
from harness.scaling.schedule import parse_schedule
from harness.scaling.steps import StepAdjustment
from harness.scenario.checks import check_bounds, check_positive, check_whole_seconds

DEFAULT_POLICY = "SageMakerEndpointInvocationScalingPolicy"
"""The one policy name that SageMaker's console shows."""

# PutMetricAlarm, Period: "Valid values are 10, 20, 30, and any multiple of 60."
SHORT_PERIODS_S = (10, 20, 30)

_PERCENT = AdjustmentType.PERCENT_CHANGE_IN_CAPACITY.value


@dataclass(frozen=True, slots=True)
class Tracking:
    """A target tracking policy of a `Scaling`. Cooldowns in seconds.

    A metric that is none of AWS's predefined ones is a customised metric: of the endpoint's own variant when
    it names no dimensions.
    """

    target_value: float
    metric: ScalingMetric = INVOCATIONS
    scale_in_cooldown_s: float = 300.0
    scale_out_cooldown_s: float = 300.0
    disable_scale_in: bool = False
    policy_name: str = DEFAULT_POLICY

    def __post_init__(self) -> None:
        check_positive("Tracking: target_value", self.target_value)
        check_whole_seconds("Tracking: scale_in_cooldown_s", self.scale_in_cooldown_s)
        check_whole_seconds("Tracking: scale_out_cooldown_s", self.scale_out_cooldown_s)
        _check_tracked("Tracking", self.metric)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a step policy: what it does while the metric is from *lower* to *upper* from the threshold.

    None is no end. Above the threshold the lower end belongs to it, below it the upper (StepAdjustment).
    """

    adjustment: int
    lower: float | None = None
    upper: float | None = None


@dataclass(frozen=True, slots=True)
class Alarm:
    """A CloudWatch alarm that invokes a step policy: *datapoints* of *periods* on the wrong side.

    All of them unless *datapoints* is given. *name* is made of endpoint and policy where none is given.
    """

    metric: ScalingMetric
    comparison: Comparison
    threshold: float
    periods: int = 3
    datapoints: int | None = None
    treat_missing: TreatMissing = TreatMissing.MISSING
    name: str = ""

    def __post_init__(self) -> None:
        period_s = self.metric.period_s
        if period_s not in SHORT_PERIODS_S and (period_s < 60 or period_s % 60):
            raise ScenarioError(
                f"Alarm on {self.metric.name}: its period is {period_s:g} s; CloudWatch takes 10, 20, 30 and "
                "multiples of 60"
            )
        PlainAlarm(
            self.name or self.metric.name,
            self.threshold,
            self.comparison,
            evaluation_periods=self.periods,
            datapoints_to_alarm=self.needed,
        )

    @property
    def needed(self) -> int:
        """DatapointsToAlarm."""
        return self.periods if self.datapoints is None else self.datapoints


def above(metric: ScalingMetric, threshold: float, *, periods: int = 3, name: str = "") -> Alarm:
    """Return an alarm for *periods* periods on end in which *metric* is above *threshold*."""
    return Alarm(metric, Comparison.GREATER, threshold, periods, name=name)


def below(metric: ScalingMetric, threshold: float, *, periods: int = 3, name: str = "") -> Alarm:
    """Return an alarm for *periods* periods on end in which *metric* is below *threshold*."""
    return Alarm(metric, Comparison.LESS, threshold, periods, name=name)


@dataclass(frozen=True, slots=True)
class StepScaling:
    """A step scaling policy and the alarm that invokes it. `cooldown_s` in seconds."""

    policy_name: str
    steps: tuple[Step, ...]
    alarm: Alarm
    adjustment_type: AdjustmentType = AdjustmentType.CHANGE_IN_CAPACITY
    min_adjustment_magnitude: int = 0
    cooldown_s: float = 300.0
    aggregation: Aggregation = Aggregation.AVERAGE

    def __post_init__(self) -> None:
        who, kind = f"StepScaling {self.policy_name!r}", AdjustmentType(self.adjustment_type)
        check_whole_seconds(f"{who}: cooldown_s", self.cooldown_s)
        if self.min_adjustment_magnitude and kind is not AdjustmentType.PERCENT_CHANGE_IN_CAPACITY:
            raise ScenarioError(
                f"{who}: Minimum adjustment magnitude is only allowed for adjustment type {_PERCENT}"
            )
        PlainSteps(
            self.policy_name,
            kind,
            tuple(StepAdjustment(each.lower, each.upper, each.adjustment) for each in self.steps),
            self.min_adjustment_magnitude,
            self.cooldown_s,
            Aggregation(self.aggregation),
        )


@dataclass(frozen=True, slots=True)
class ScheduledAction:
    """New bounds at a time: *schedule* is at(...), rate(...) or cron(...), read in *timezone*.

    A bound of None stays as it is. A rate counts from when the action is put, which is after deployment.
    """

    name: str
    schedule: str
    min_capacity: int | None = None
    max_capacity: int | None = None
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        who = f"ScheduledAction {self.name!r}"
        if self.min_capacity is None and self.max_capacity is None:
            raise ScenarioError(f"{who} sets neither min_capacity nor max_capacity; give one at least")
        least = 1 if self.min_capacity is None else self.min_capacity
        check_bounds(who, least, least if self.max_capacity is None else self.max_capacity)
        try:
            parse_schedule(self.schedule, self.timezone)
        except ScenarioError as error:
            raise ScenarioError(f"{who}: {error}") from error


@dataclass(frozen=True, slots=True)
class Scaling:
    """A scalable target with any number of policies and scheduled actions."""

    min_capacity: int
    max_capacity: int
    policies: tuple[Tracking | StepScaling, ...] = ()
    scheduled: tuple[ScheduledAction, ...] = ()

    def __post_init__(self) -> None:
        check_bounds("Scaling", self.min_capacity, self.max_capacity)
        _check_names("policies", (each.policy_name for each in self.policies))
        _check_names("scheduled actions", (each.name for each in self.scheduled))
        tracked = [each.metric for each in self.policies if isinstance(each, Tracking)]
        if len(set(tracked)) < len(tracked):
            # AWS's words: ValidationException of PutScalingPolicy.
            raise ScenarioError(
                "Scaling: Only one TargetTrackingScaling policy for a given metric specification is allowed"
            )

    @property
    def step_policies(self) -> tuple[StepScaling, ...]:
        """The step policies among the policies; their alarms are made with them."""
        return tuple(each for each in self.policies if isinstance(each, StepScaling))


@dataclass(frozen=True, slots=True)
class TargetTracking:
    """A scalable target with one target tracking policy: what most endpoints have.

    `target_value` is invocations per instance and minute, not simultaneous requests, unless *metric* says
    otherwise. Cooldowns in seconds; 300 is what AWS takes for endpoint variants when the policy names none
    (PutScalingPolicy API reference). `Scaling` is for more than one policy.
    """

    target_value: float
    min_capacity: int = 1
    max_capacity: int = 1
    scale_in_cooldown_s: float = 300.0
    scale_out_cooldown_s: float = 300.0
    disable_scale_in: bool = False
    policy_name: str = DEFAULT_POLICY
    metric: ScalingMetric = INVOCATIONS

    def __post_init__(self) -> None:
        check_positive("TargetTracking: target_value", self.target_value)
        check_bounds("TargetTracking", self.min_capacity, self.max_capacity)
        check_whole_seconds("TargetTracking: scale_in_cooldown_s", self.scale_in_cooldown_s)
        check_whole_seconds("TargetTracking: scale_out_cooldown_s", self.scale_out_cooldown_s)
        _check_tracked("TargetTracking", self.metric)

    @property
    def whole(self) -> Scaling:
        """The same as a `Scaling`."""
        policy = Tracking(
            self.target_value,
            self.metric,
            self.scale_in_cooldown_s,
            self.scale_out_cooldown_s,
            self.disable_scale_in,
            self.policy_name,
        )
        return Scaling(self.min_capacity, self.max_capacity, (policy,))


def whole(scaling: TargetTracking | Scaling) -> Scaling:
    """Return *scaling* in its long form."""
    return scaling.whole if isinstance(scaling, TargetTracking) else scaling


def _check_tracked(what: str, metric: ScalingMetric) -> None:
    # CustomizedMetricSpecification has no period; only predefined metrics come in others than minutes.
    if not metric.predefined and metric.period_s != 60:
        raise ScenarioError(
            f"{what}: the metric {metric.name} has a period of {metric.period_s:g} s; a customised metric is "
            "tracked by the minute"
        )


def _check_names(what: str, names: Iterable[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise ScenarioError(f"Scaling: {count} {what} are called {name!r}; give each a name of its own")
