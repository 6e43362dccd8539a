"""What the world reports, in the journal and for CloudWatch."""

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
