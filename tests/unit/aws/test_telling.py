"""What the world reports, in the journal and for CloudWatch."""

from dataclasses import replace

import pytest

from harness import journal
from harness.aws.mirror import AlarmGone, AlarmPut, AlarmState, Datapoint, Shown
from harness.aws.telling import Teller
from harness.clock import Clock
from harness.endpoint import (
    Constant,
    EndpointConfig,
    EndpointSettings,
    MetricPublished,
    MinuteMetrics,
    ScalableTarget,
    ScalingSettings,
    Statistics,
    TargetTracking,
    VariantSpec,
    World,
)
from harness.functions.provisioned import DIMENSION, ProvisionedConcurrency, resource_id_of
from harness.scaling.alarms import Alarm, Comparison
from harness.scaling.policies import (
    CONCURRENT_PER_MODEL,
    INVOCATIONS,
    LAMBDA_UTILIZATION,
    AdjustmentType,
    StepAdjustment,
    StepScaling,
)
from harness.scaling.resource import ScalingMetric
from harness.scaling.schedule import ScheduledAction, parse_schedule

RESOURCE = "endpoint/e/variant/v"
POLICY = TargetTracking("p", 10.0, scale_out_cooldown_s=120.0)


class Told:
    """A world of one endpoint whose every event is told, and what came of it."""

    def __init__(self) -> None:
        settings = EndpointSettings(launch_time=Constant(60.0), join_stagger=Constant(0.0))
        self.world = World(seed=1, endpoint_settings=settings, scaling_settings=ScalingSettings())
        self.clock = Clock()
        self.records: list[journal.Record] = []
        self.shown: list[Shown] = []
        scope = "us-east-1:123456789012"
        self.teller = Teller(self.world, self.records.append, self.shown.append, self.clock, scope)
        config = EndpointConfig("c", (VariantSpec("v", "ml.m5.large", service_time=Constant(0.05)),))
        self.world.create_endpoint("e", config, 0.0)
        self.until(100.0)

    def until(self, moment: float) -> None:
        for event in self.world.advance(moment):
            self.teller.tell(event)

    def scale(self) -> None:
        self.world.register_target(ScalableTarget(RESOURCE, 1, 3), 100.0)
        view = self.world.put_policy(RESOURCE, POLICY, 100.0, policy_arn="arn:p")
        assert not hasattr(view, "code")
        self.teller.policy_put(view, "arn:p", 100.0)

    def traffic(self, end: float) -> None:
        """Send a request each second, thirty minutes' worth at most."""
        for second in range(101, int(end)):
            self.world.arrive("e", second, float(second))
            self.until(float(second))


@pytest.fixture(scope="module")
def scaled_out() -> Told:
    """Sixty requests a minute against a target of ten: from one instance to three."""
    told = Told()
    told.scale()
    told.traffic(900.0)
    return told


def test_the_life_of_an_endpoint_is_journalled() -> None:
    """Its statuses and the instance that joined, with their moments."""
    told = Told()
    statuses = [each for each in told.records if isinstance(each, journal.EndpointChanged)]
    assert [(each.at, each.status) for each in statuses] == [(0.0, "Creating"), (70.0, "InService")]
    joined = [each for each in told.records if isinstance(each, journal.InstanceChanged)]
    assert [(each.at, each.change, each.zone) for each in joined] == [(60.0, "joined", "a")]
    told.world.delete_endpoint("e", 100.0)
    told.until(200.0)
    assert isinstance(told.records[-1], journal.EndpointChanged)
    assert told.records[-1].status == "Deleted"


def test_a_scale_out_is_told_with_its_reason(scaled_out: Told) -> None:
    """Alarm, decision, each status of the activity with the decision's code, and then the cooldown."""
    alarms = [each for each in scaled_out.records if isinstance(each, journal.AlarmChanged)]
    raised = next(each for each in alarms if each.after == "ALARM")
    assert (raised.resource_id, raised.direction, raised.threshold) == (RESOURCE, "high", 10.0)
    decision, *_ = [each for each in scaled_out.records if isinstance(each, journal.ScalingEvaluated)]
    assert (decision.capacity, decision.desired) == (1, 3)
    activities = [each for each in scaled_out.records if isinstance(each, journal.ScalingActivity)]
    first = [each for each in activities if each.activity_id == activities[0].activity_id]
    assert [each.status for each in first] == ["Pending", "InProgress", "Successful"]
    assert {each.code for each in first} == {decision.code}
    (cooldown,) = [each for each in scaled_out.records if isinstance(each, journal.CooldownStarted)]
    assert (cooldown.direction, cooldown.until - cooldown.at) == ("out", 120.0)


def test_alarms_are_shown_before_their_states(scaled_out: Told) -> None:
    """CloudWatch knows an alarm before it is given a state, and has the figures that AWS gives it."""
    shown = [each for each in scaled_out.shown if not isinstance(each, Datapoint)]
    high, low = [each.arguments for each in shown if isinstance(each, AlarmPut)]
    assert (high["Threshold"], high["EvaluationPeriods"], high["AlarmActions"]) == (10.0, 3, ["arn:p"])
    assert (low["Threshold"], low["EvaluationPeriods"], low["TreatMissingData"]) == (9.0, 15, "missing")
    assert [type(each) for each in shown[:4]] == [AlarmPut, AlarmState, AlarmPut, AlarmState]
    assert AlarmState(high["AlarmName"], "ALARM", _reason(shown)) in shown


def _reason(shown: list[Shown]) -> str:
    return next(each.reason for each in shown if isinstance(each, AlarmState) and each.state == "ALARM")


def test_a_minute_is_shown_on_the_model_calendar() -> None:
    """All metrics of the minute under their names; errors of the model are those of both kinds."""
    told = Told()
    latency = Statistics(sum=300_000.0, count=3.0, minimum=50_000.0, maximum=150_000.0)
    minute = MinuteMetrics(120.0, 4, 2.0, 2.0, errors_4xx=1, errors_5xx=1, latency=latency)
    told.shown.clear()
    told.teller.tell(MetricPublished(240.0, "e", "v", minute))
    shown = {each.metric: each for each in told.shown if isinstance(each, Datapoint)}
    assert {name: each.sum for name, each in shown.items()} == {
        "Invocations": 4.0,
        "InvocationsPerInstance": 2.0,
        "ModelLatency": 300_000.0,
        "Invocation4XXErrors": 1.0,
        "Invocation5XXErrors": 1.0,
        "InvocationModelErrors": 2.0,
    }
    assert {each.epoch_s for each in shown.values()} == {told.clock.epoch_s(120.0)}
    assert (shown["ModelLatency"].unit, shown["Invocations"].unit) == ("Microseconds", "None")
    errors = shown["InvocationModelErrors"]
    assert (errors.count, errors.minimum, errors.maximum) == (4.0, 0.0, 1.0)


def test_a_policy_that_is_gone_takes_its_alarms_along() -> None:
    """Both alarms are deleted, and the journal has the policy as removed."""
    told = Told()
    told.scale()
    (view,) = told.world.loop.policies(RESOURCE)
    told.teller.policy_gone(view, 200.0)
    assert told.shown[-2:] == [AlarmGone(each.alarm.name) for each in (view.high, view.low) if each]
    assert isinstance(told.records[-1], journal.PolicyPut)
    assert told.records[-1].removed


# ---- step policies, other metrics, schedules ----

BUSY = StepScaling("busy", AdjustmentType.CHANGE_IN_CAPACITY, (StepAdjustment(0.0, None, 1),))
EXPENSIVE = ScalingMetric("/aws/sagemaker/Endpoints", "CPUUtilization", "Average", period_s=60.0)


def stepped(metric: ScalingMetric) -> Told:
    """Return a world in which an alarm above 10 on *metric* invokes a step policy."""
    told = Told()
    told.world.register_target(ScalableTarget(RESOURCE, 1, 3), 100.0)
    view = told.world.put_policy(RESOURCE, BUSY, 100.0, policy_arn="arn:busy")
    assert not hasattr(view, "code")
    told.teller.policy_put(view, "arn:busy", 100.0)
    alarm = Alarm("high", 10.0, Comparison.GREATER, metric.period_s, 1, 1, metric=metric)
    assert told.world.put_alarm(replace(alarm, alarm_actions=("arn:busy",)), 100.0) is None
    (put,) = told.world.loop.alarms()
    told.teller.alarm_put(put, 100.0)
    return told


def test_a_step_policy_is_journalled_with_the_alarm_that_invokes_it() -> None:
    """Until then it holds to nothing; its alarm is the backend's already, only its state is shown."""
    told = stepped(INVOCATIONS)
    (put,) = [each for each in told.records if isinstance(each, journal.PolicyPut)]
    assert (put.policy, put.kind, put.target_value) == ("busy", "StepScaling", 10.0)
    assert put.metric.endswith("InvocationsPerInstance")
    shown = [each for each in told.shown if not isinstance(each, Datapoint)]
    assert shown == [AlarmState("high", "INSUFFICIENT_DATA", "Unchecked: Initial alarm creation")]


def test_an_alarm_of_ones_own_is_told_with_its_direction() -> None:
    """Above its threshold it is a high one, and the activity has the decision's code."""
    told = stepped(INVOCATIONS)
    told.traffic(500.0)
    raised = [each for each in told.records if isinstance(each, journal.AlarmChanged)]
    assert (raised[0].name, raised[0].direction, raised[0].threshold) == ("high", "high", 10.0)
    activity, *_ = [each for each in told.records if isinstance(each, journal.ScalingActivity)]
    assert (activity.code, activity.from_capacity, activity.to_capacity) == ("ScaleOut", 1, 2)


@pytest.mark.parametrize(("metric", "each_minute"), [(EXPENSIVE, 1), (CONCURRENT_PER_MODEL, 6)])
def test_what_alarms_read_is_journalled(metric: ScalingMetric, each_minute: int) -> None:
    """Beside the invocations that are always told, each period of the metric of the minute."""
    told = stepped(metric)
    told.traffic(500.0)
    points = [each for each in told.records if isinstance(each, journal.MetricPublished)]
    watched = [each for each in points if each.metric == metric.name and each.at == 360.0]
    assert [each.period_at for each in watched] == [
        240.0 + metric.period_s * number for number in range(each_minute)
    ]
    assert {each.period_s for each in watched} == {metric.period_s}
    assert any(each.metric == "InvocationsPerInstance" for each in points)


def test_gauges_are_shown_in_their_own_periods() -> None:
    """Utilisation by the minute in a namespace of its own, concurrency every ten seconds."""
    told = Told()
    told.traffic(400.0)
    shown = [each for each in told.shown if isinstance(each, Datapoint)]
    cpu = [each for each in shown if each.metric == "CPUUtilization"]
    at_once = [each for each in shown if each.metric == "ConcurrentRequestsPerModel"]
    assert {(each.namespace, each.period_s, each.unit) for each in cpu} == {
        ("/aws/sagemaker/Endpoints", 60.0, "Percent")
    }
    assert {(each.namespace, each.period_s) for each in at_once} == {("AWS/SageMaker", 10.0)}
    epochs = [each.epoch_s for each in at_once]
    assert epochs[1] - epochs[0] == 10.0


def test_without_a_viewer_nothing_is_made_for_one() -> None:
    """The journal is the same; virtual time has no CloudWatch."""
    told = Told()
    silent: list[journal.Record] = []
    teller = Teller(told.world, silent.append, None, told.clock, "us-east-1:123456789012")
    told.teller = teller
    told.scale()
    told.traffic(500.0)
    assert {type(each) for each in silent} >= {journal.PolicyPut, journal.MetricPublished}
    (view,) = told.world.loop.policies(RESOURCE)
    teller.policy_gone(view, 500.0)


def scheduled(suspended: bool) -> Told:
    """Return a world in which a scheduled action has set the minimum to 2, or would have."""
    told = Told()
    told.world.register_target(ScalableTarget(RESOURCE, 1, 3, suspended_scheduled=suspended), 100.0)
    action = ScheduledAction("up", parse_schedule("rate(5 minutes)"), 2, None)
    assert told.world.put_scheduled_action(RESOURCE, action, 100.0) is None
    told.until(500.0)
    return told


def test_a_scheduled_action_sets_the_bounds_of_its_target() -> None:
    """The journal has the new bounds, and the activity that moved the capacity inside them."""
    told = scheduled(suspended=False)
    (target,) = [each for each in told.records if isinstance(each, journal.TargetRegistered)]
    assert (target.min_capacity, target.max_capacity) == (2, 3)
    activities = [each for each in told.records if isinstance(each, journal.ScalingActivity)]
    assert {(each.code, each.from_capacity, each.to_capacity) for each in activities} == {("Bounds", 1, 2)}


def test_a_scheduled_action_that_sets_nothing_is_said() -> None:
    """Suspended, it comes due all the same, and whoever waits for it reads why."""
    told = scheduled(suspended=True)
    (found,) = [each for each in told.records if isinstance(each, journal.Finding)]
    assert (found.rule, found.severity, found.resource) == ("scheduled-action-failed", "note", RESOURCE)
    assert "ScheduledScalingSuspended" in found.message


def test_an_alarm_of_an_alias_reads_its_own_dimensions() -> None:
    """A Lambda alias is scaled by the same loop: FunctionName and Resource name its metrics."""
    told = Told()
    alias = resource_id_of("ranker", "live")
    told.world.add_resource(alias, ProvisionedConcurrency(alias, 1, seed=1), 100.0)
    told.world.register_target(ScalableTarget(alias, 1, 5, dimension=DIMENSION, namespace="lambda"), 100.0)
    view = told.world.put_policy(alias, TargetTracking("use", 0.7, LAMBDA_UTILIZATION), 100.0)
    assert not hasattr(view, "code")
    told.teller.policy_put(view, "arn:use", 100.0)
    put = next(each for each in told.shown if isinstance(each, AlarmPut))
    assert put.arguments["Namespace"] == "AWS/Lambda"
    assert put.arguments["Dimensions"] == [
        {"Name": "FunctionName", "Value": "ranker"},
        {"Name": "Resource", "Value": "ranker:live"},
    ]


def test_a_policy_may_be_told_after_its_alarm() -> None:
    """A simulation puts everything first and tells it then; what goes is told too, and the alarm stays."""
    told = stepped(INVOCATIONS)
    told.records.clear()
    told.shown.clear()
    (view,) = told.world.loop.policies(RESOURCE)
    told.teller.target_registered(ScalableTarget(RESOURCE, 1, 3), 100.0)
    told.teller.policy_put(view, "", 100.0)
    told.teller.policy_gone(view, 200.0)
    target, put, gone = told.records
    assert isinstance(target, journal.TargetRegistered)
    assert isinstance(put, journal.PolicyPut)
    assert isinstance(gone, journal.PolicyPut)
    assert (put.removed, gone.removed) == (False, True)
    assert told.shown == []
    assert told.teller.alarm_arn("high") == "arn:aws:cloudwatch:us-east-1:123456789012:alarm:high"
