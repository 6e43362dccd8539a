"""PutMetricAlarm's arguments as an alarm of the model, for alarms that somebody makes for step policies.

Sources: CloudWatch API reference, PutMetricAlarm. CloudWatch words few of its refusals in public; where its
sentence is not on record, ours names the parameter.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from harness.errors import NotModelled, RequestRefused
from harness.scaling.alarms import Alarm, Comparison, TreatMissing
from harness.scaling.requests.call_shapes import BAND_OPERATORS, METRIC_ALARM
from harness.scaling.requests.shapes import check
from harness.scaling.resource import ScalingMetric

Arguments = Mapping[str, Any]

_PERIODS = (10, 20, 30)
_DAY_S, _WEEK_S = 86_400, 604_800
_TREATMENTS = tuple(each.value for each in TreatMissing)


def alarm_of(arguments: Arguments) -> Alarm:
    """Return the alarm that PutMetricAlarm makes.

    Of its actions only those that are scaling policies are kept, by name or ARN as given. Raises
    RequestRefused where CloudWatch refuses, NotModelled for metric math and anomaly bands.
    """
    check(arguments, METRIC_ALARM)
    _check_alarm(arguments)
    acts = arguments.get("ActionsEnabled") is not False
    periods = arguments["EvaluationPeriods"]
    metric = _alarm_metric(arguments)
    return Alarm(
        name=arguments["AlarmName"],
        threshold=float(arguments["Threshold"]),
        comparison=Comparison(arguments["ComparisonOperator"]),
        period_s=metric.period_s,
        evaluation_periods=periods,
        datapoints_to_alarm=arguments.get("DatapointsToAlarm") or periods,
        treat_missing=TreatMissing(arguments.get("TreatMissingData") or "missing"),
        description=arguments.get("AlarmDescription") or "",
        metric=metric,
        alarm_actions=_policies(arguments.get("AlarmActions")) if acts else (),
        ok_actions=_policies(arguments.get("OKActions")) if acts else (),
        insufficient_data_actions=_policies(arguments.get("InsufficientDataActions")) if acts else (),
    )


def policy_name_of(action: str) -> str:
    """Return the name of the scaling policy that the alarm action *action*, a name or an ARN, stands for."""
    return action.rpartition(":policyName/")[2].partition(":createdBy/")[0]


def dimensions_of(wanted: Arguments) -> tuple[tuple[str, str], ...]:
    """Return the member Dimensions as pairs of name and value."""
    return tuple((each["Name"], each["Value"]) for each in wanted.get("Dimensions") or ())


def _check_alarm(given: Arguments) -> None:
    """Raise for what CloudWatch refuses; sources: PutMetricAlarm API reference, published refusals."""
    if given.get("Metrics"):
        raise NotModelled("Alarms on metric math are not modelled; name one metric.", "Metrics")
    if given.get("ComparisonOperator") in BAND_OPERATORS or given.get("ThresholdMetricId"):
        raise NotModelled("Alarms on anomaly detection bands are not modelled.", "ComparisonOperator")
    for name in ("EvaluationCriteria", "EvaluationInterval", "EvaluationWindow", "WarmUpConfiguration"):
        if given.get(name):
            raise NotModelled(f"{name} of an alarm is not modelled.", name)
    for name in ("MetricName", "Namespace", "Period", "EvaluationPeriods", "Threshold", "ComparisonOperator"):
        if given.get(name) is None:
            raise RequestRefused("ValidationError", f"The parameter {name} is required.", name)
    if bool(given.get("Statistic")) == bool(given.get("ExtendedStatistic")):
        message = "Exactly one of the parameters Statistic and ExtendedStatistic must be specified."
        raise RequestRefused("InvalidParameterCombination", message, "Statistic")
    _check_spans(given)


def _check_spans(given: Arguments) -> None:
    period, periods = given["Period"], given["EvaluationPeriods"]
    if period not in _PERIODS and period % 60:
        raise RequestRefused("ValidationError", "Period must be 10, 20, 30 or a multiple of 60.", "Period")
    if period * periods > (_WEEK_S if period >= 3600 else _DAY_S):
        message = (
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400), "
            "a week where Period is 3600 at least."
        )
        raise RequestRefused("ValidationError", message, "EvaluationPeriods")
    if (given.get("DatapointsToAlarm") or 1) > periods:
        message = "DatapointsToAlarm must be less than or equal to EvaluationPeriods."
        raise RequestRefused("ValidationError", message, "DatapointsToAlarm")
    treatment = given.get("TreatMissingData")
    if treatment is not None and treatment not in _TREATMENTS:
        message = f"TreatMissingData must be one of {', '.join(_TREATMENTS)}, not {treatment!r:.40}."
        raise RequestRefused("ValidationError", message, "TreatMissingData")


def _alarm_metric(given: Arguments) -> ScalingMetric:
    return ScalingMetric(
        given["Namespace"],
        given["MetricName"],
        given.get("Statistic") or given["ExtendedStatistic"],
        dimensions_of(given),
        period_s=float(given["Period"]),
        unit=given.get("Unit") or "",
    )


def _policies(actions: Sequence[str] | None) -> tuple[str, ...]:
    """Return the actions that invoke a scaling policy; a topic or another ARN has nothing to scale."""
    return tuple(each for each in actions or () if not each.startswith("arn:") or ":policyName/" in each)
