"""Alarms that tell topics, on a real loop and the real clock: a model minute takes 60 ms here."""

import asyncio
import json
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from harness import journal
from harness.aws.cloudwatch_wire import Call, Form
from harness.aws.mirror import AlarmState
from harness.aws.plain_alarms import PlainAlarms
from harness.clock import Clock, ClockSpec
from harness.errors import BackendError

SPEED, MINUTE_S = 1_000.0, 60.0
RINGS, CALMS, LACKS = (f"arn:aws:sns:us-east-1:1:{name}" for name in ("rings", "calms", "lacks"))
# Thrice the evaluations that anything here takes.
PATIENCE_MINUTES = 30.0
ALARM = {
    "AlarmName": "too-many",
    "AlarmDescription": "more than two",
    "Namespace": "Own",
    "MetricName": "Refused",
    "Dimensions": [{"Name": "Who", "Value": "me"}],
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 2.0,
    "ComparisonOperator": "GreaterThanThreshold",
    "TreatMissingData": "notBreaching",
    "AlarmActions": [RINGS, "arn:aws:automate:us-east-1:ec2:stop"],
    "OKActions": [CALMS],
    "InsufficientDataActions": [LACKS],
}


@dataclass
class Stand:
    """Alarms, and what they recorded, showed and told; those in `gone` cannot be told."""

    clock: Clock = field(default_factory=lambda: Clock(ClockSpec(SPEED)))
    records: list[journal.Record] = field(default_factory=list)
    shown: list[AlarmState] = field(default_factory=list)
    told: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    gone: tuple[str, ...] = ()
    alarms: PlainAlarms = field(init=False)

    def __post_init__(self) -> None:
        self.alarms = PlainAlarms(
            self.clock, self.records.append, self.shown.append, self._publish, region="us-east-1", account="1"
        )

    async def _publish(self, topic: str, subject: str, message: str) -> None:
        await asyncio.sleep(0)
        if topic in self.gone:
            raise BackendError("SNS: Publish: NotFound: Topic does not exist")
        self.told.append((topic, subject, json.loads(message)))

    def call(self, operation: str, **arguments: Any) -> None:
        self.alarms.heard(Call(Form.JSON, operation, arguments))

    def put(self, value: float = 5.0, **more: Any) -> None:
        datum = {"MetricName": "Refused", "Dimensions": ALARM["Dimensions"], "Value": value, **more}
        self.call("PutMetricData", Namespace="Own", MetricData=[datum])

    async def minutes(self, count: float) -> None:
        """Let *count* minutes and a little pass."""
        await asyncio.sleep(self.clock.real_until(self.clock.now() + count * MINUTE_S + 1.0))

    async def until(self, seen: Callable[[], bool]) -> None:
        deadline = self.clock.now() + PATIENCE_MINUTES * MINUTE_S
        while not seen() and self.clock.now() < deadline:
            await asyncio.sleep(0.002)
        assert seen(), (self.states, self.told)

    @property
    def states(self) -> list[str]:
        return [each.after for each in self.records if isinstance(each, journal.AlarmChanged)]


def run(what: Callable[[Stand], Awaitable[None]], **given: Any) -> Stand:
    """Return how things stand after *what* was done, and the alarms were closed."""
    stand = Stand(**given)

    async def through() -> None:
        try:
            await what(stand)
        finally:
            await stand.alarms.close()

    asyncio.run(through())
    return stand


async def ring(stand: Stand) -> None:
    """Set the alarm and let it ring."""
    stand.call("PutMetricAlarm", **ALARM)
    stand.put()
    await stand.until(lambda: "ALARM" in stand.states)


def test_each_change_is_recorded_shown_and_told_once() -> None:
    """It rings for the minute with too much, and is calm after it; what lasts is not told again."""

    async def what(stand: Stand) -> None:
        await ring(stand)
        await stand.until(lambda: stand.states[-1] == "OK")
        await stand.minutes(2)

    stand = run(what)
    # The first minute may end before anything was put, and is calm then.
    states = stand.states[-2:]
    assert states == ["ALARM", "OK"]
    assert [each.state for each in stand.shown[-2:]] == states
    assert [topic for topic, _, _ in stand.told].count(RINGS) == 1
    assert [topic for topic, _, _ in stand.told[-2:]] == [RINGS, CALMS]


def test_changes_come_on_whole_minutes_of_the_model() -> None:
    """CloudWatch evaluates every minute, over minutes that are over."""
    stand = run(ring)
    (at,) = [each.at for each in stand.records if getattr(each, "after", "") == "ALARM"]
    assert at % MINUTE_S == 0.0


def test_what_is_told_is_cloudwatchs_notification() -> None:
    """Subject and message are those of the user guide."""
    ((_, subject, message),) = [told for told in run(ring).told if told[0] == RINGS]
    assert subject == 'ALARM: "too-many" in us-east-1'
    assert message["AlarmArn"] == "arn:aws:cloudwatch:us-east-1:1:alarm:too-many"
    assert (message["AlarmDescription"], message["NewStateValue"]) == ("more than two", "ALARM")
    assert message["NewStateReason"].startswith("Threshold Crossed: 1 out of the last 1 datapoints [5.0]")
    assert (
        message["Trigger"]
        | {
            "Namespace": "Own",
            "MetricName": "Refused",
            "Statistic": "SUM",
            "Dimensions": [{"name": "Who", "value": "me"}],
            "Period": 60,
            "Threshold": 2.0,
        }
        == message["Trigger"]
    )


def test_a_metric_without_data_lacks_them() -> None:
    """By CloudWatch's own treatment of gaps, `missing`, what is silent goes back to where it began."""

    async def what(stand: Stand) -> None:
        stand.call("PutMetricAlarm", **ALARM | {"TreatMissingData": "missing"})
        stand.put(1.0)
        await stand.until(lambda: stand.states == ["OK", "INSUFFICIENT_DATA"])
        await stand.until(lambda: len(stand.told) == 2)

    assert [topic for topic, _, _ in run(what).told] == [CALMS, LACKS]


def test_what_the_stage_shows_counts_like_what_is_put() -> None:
    """A datapoint of a queue or a function comes by `take`; one that is none is passed over."""

    async def what(stand: Stand) -> None:
        stand.call("PutMetricAlarm", **ALARM)
        stand.alarms.take("Own", {"MetricName": "Refused"} | {"Value": "nothing that is a number"})
        stand.alarms.take("Own", {"MetricName": "Refused", "Dimensions": ALARM["Dimensions"], "Value": 3.0})
        await stand.until(lambda: "ALARM" in stand.states)

    run(what)


def test_an_alarm_whose_actions_are_off_tells_nobody() -> None:
    """Made without, or taken away; it changes all the same, and tells again when they are back."""

    async def what(stand: Stand) -> None:
        stand.call("PutMetricAlarm", **ALARM | {"ActionsEnabled": False})
        stand.put()
        await stand.until(lambda: "ALARM" in stand.states)
        stand.call("EnableAlarmActions", AlarmNames=["too-many", "another"])
        await stand.until(lambda: stand.states[-1] == "OK")
        stand.call("DisableAlarmActions", AlarmNames=["too-many"])
        stand.put()
        await stand.until(lambda: stand.states[-1] == "ALARM")

    assert [topic for topic, _, _ in run(what).told] == [CALMS]


def test_a_deleted_alarm_is_evaluated_no_more() -> None:
    """Neither it nor one that was never there."""

    async def what(stand: Stand) -> None:
        await ring(stand)
        stand.call("DeleteAlarms", AlarmNames=["too-many", "another"])
        await stand.minutes(2)

    assert run(what).states[-1] == "ALARM"


def test_an_alarm_put_again_keeps_its_state() -> None:
    """PutMetricAlarm: "when you update an existing alarm, its state is left unchanged"."""

    async def what(stand: Stand) -> None:
        await ring(stand)
        stand.call("PutMetricAlarm", **ALARM | {"TreatMissingData": "ignore"})
        await stand.minutes(2)

    stand = run(what)
    assert [topic for topic, _, _ in stand.told].count(RINGS) == stand.states.count("ALARM") == 1


def test_a_state_that_is_set_by_hand_tells_and_lasts_until_the_next_evaluation() -> None:
    """SetAlarmState: how people try their alarms."""

    async def what(stand: Stand) -> None:
        stand.call("PutMetricAlarm", **ALARM)
        for name, state in (("another", "ALARM"), ("too-many", "RED"), ("too-many", "ALARM")):
            stand.call("SetAlarmState", AlarmName=name, StateValue=state, StateReason="a trial")
        assert stand.states == ["ALARM"]
        await stand.until(lambda: stand.states == ["ALARM", "OK"])
        await stand.until(lambda: len(stand.told) == 2)

    stand = run(what)
    assert [topic for topic, _, _ in stand.told] == [RINGS, CALMS]
    assert stand.told[0][2]["NewStateReason"] == "a trial"


def test_an_alarm_of_ten_seconds_is_evaluated_every_ten() -> None:
    """Beside one of a minute, which was there first."""

    async def what(stand: Stand) -> None:
        stand.call("PutMetricAlarm", **ALARM | {"AlarmName": "slow"})
        stand.call("PutMetricAlarm", **ALARM | {"Period": 10, "TreatMissingData": "ignore"})
        for _ in range(12):
            stand.put()
            await asyncio.sleep(stand.clock.real_until(stand.clock.now() + 10.0))
        await stand.until(lambda: stand.states.count("ALARM") == 2)

    changed = [each for each in run(what).records if isinstance(each, journal.AlarmChanged)]
    at = {each.name: each.at for each in changed if each.after == "ALARM"}
    assert at["too-many"] <= at["slow"]
    assert math.fmod(at["too-many"], 10.0) == 0.0


def test_a_topic_that_is_gone_is_passed_over() -> None:
    """The others are told, and the alarm goes on."""

    async def what(stand: Stand) -> None:
        stand.call("PutMetricAlarm", **ALARM | {"AlarmActions": [LACKS, RINGS]})
        stand.put()
        await stand.until(lambda: stand.states[-1:] == ["OK"] and "ALARM" in stand.states)

    assert RINGS in [topic for topic, _, _ in run(what, gone=(LACKS,)).told]


def test_what_is_not_modelled_is_left_to_the_backend() -> None:
    """Metric math, percentiles, and what CloudWatch refuses are not watched."""

    async def what(stand: Stand) -> None:
        stand.call("PutMetricAlarm", **ALARM | {"Period": 7})
        stand.call("PutMetricAlarm", **ALARM | {"Metrics": [{"Id": "m"}]})
        percentile = {"Statistic": None, "ExtendedStatistic": "p99"}
        given = {name: value for name, value in (ALARM | percentile).items() if value is not None}
        stand.call("PutMetricAlarm", **given)
        stand.put()
        await stand.minutes(2)

    assert run(what).states == []
