"""CloudWatch alarms that tell topics: evaluated here, on the clock of the run, and shown in the backend.

moto keeps alarms and never evaluates them; MiniStack evaluates at once, by this machine's clock. The rules of
the evaluation are those of scaling alarms (`harness.scaling.alarms`). An alarm sees what was put through the
gateway, at the moment it was put, and what the stage shows of queues and functions. What is said of a change
is worded as CloudWatch's notifications are. Whether the policy of a topic lets CloudWatch in is not asked.
"""

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import orjson

from harness import journal
from harness.aws.cloudwatch_wire import Call
from harness.aws.metric_series import Key, MetricSeries, key_of
from harness.aws.mirror import AlarmState as ShownState
from harness.clock import Clock
from harness.errors import HarnessError, NotModelled, RequestRefused
from harness.scaling.alarms import Alarm, AlarmState, evaluate
from harness.scaling.requests import alarm_of

log = logging.getLogger(__name__)

# CloudWatch user guide, "Alarm evaluation": alarms of periods of a minute or more, every minute.
EVERY_S = 60.0
_STATISTICS = ("SampleCount", "Sum", "Average", "Minimum", "Maximum")
_ACTIONS = {
    AlarmState.ALARM: "AlarmActions",
    AlarmState.OK: "OKActions",
    AlarmState.INSUFFICIENT_DATA: "InsufficientDataActions",
}

Publish = Callable[[str, str, str], Awaitable[None]]


@dataclass(slots=True)
class _Watched:
    alarm: Alarm
    key: Key
    arguments: dict[str, Any]
    state: AlarmState = AlarmState.INSUFFICIENT_DATA

    @property
    def topics(self) -> list[str]:
        """The topics that the state it is in tells."""
        if self.arguments.get("ActionsEnabled") is False:
            return []
        return [each for each in self.arguments.get(_ACTIONS[self.state]) or () if ":sns:" in each]


class PlainAlarms:
    """Everything here belongs to the gateway's loop.

    *publish* is given topic, subject and message; *show* tells the backend's CloudWatch of a state.
    """

    def __init__(
        self,
        clock: Clock,
        record: Callable[[journal.Record], None],
        show: Callable[[ShownState], None],
        publish: Publish,
        *,
        region: str,
        account: str,
    ) -> None:
        self._clock = clock
        self._record = record
        self._show = show
        self._publish = publish
        self._region = region
        self._account = account
        self._series = MetricSeries()
        self._alarms: dict[str, _Watched] = {}
        self._watching: asyncio.Task[None] | None = None

    def heard(self, call: Call) -> None:
        """Take note of a call that concerns no scaling: data that are put, an alarm, its end."""
        given = call.arguments
        if call.operation == "PutMetricData":
            for datum in given.get("MetricData") or ():
                self.take(str(given.get("Namespace", "")), datum)
        elif call.operation == "PutMetricAlarm":
            self._put(given)
        elif call.operation == "DeleteAlarms":
            for name in given.get("AlarmNames") or ():
                self._alarms.pop(name, None)

    def take(self, namespace: str, datum: dict[str, Any]) -> None:
        """Take in one datapoint, now."""
        try:
            self._series.put(namespace, datum, self._clock.now())
        except (KeyError, TypeError, ValueError):
            log.info("a datapoint that CloudWatch would refuse: %r", datum)

    async def close(self) -> None:
        """Evaluate no more."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)

    def _put(self, given: dict[str, Any]) -> None:
        try:
            alarm = alarm_of(given)
        except (
            RequestRefused,
            NotModelled,
        ):  # the backend answers; what is not modelled stays as it is there
            return
        metric = alarm.metric
        if metric is None or metric.statistic not in _STATISTICS:
            return
        key = key_of(metric.namespace, metric.name, metric.dimensions)
        before = self._alarms.get(alarm.name)
        found = self._alarms[alarm.name] = _Watched(alarm, key, given)
        if before is not None:
            found.state = before.state
        if self._watching is None:
            self._watching = asyncio.get_running_loop().create_task(self._watch())

    async def _watch(self) -> None:
        while True:
            due_at = (math.floor(self._clock.now() / EVERY_S) + 1) * EVERY_S
            await asyncio.sleep(max(self._clock.real_until(due_at), 0.0))
            for watched in list(self._alarms.values()):
                await self._evaluate(watched, due_at)

    async def _evaluate(self, watched: _Watched, now: float) -> None:
        alarm, metric = watched.alarm, watched.alarm.metric
        assert metric is not None
        before = math.floor(now / alarm.period_s) * alarm.period_s
        points = self._series.points(
            watched.key, metric.statistic, alarm.period_s, before, alarm.points_wanted
        )
        verdict = evaluate(alarm, points, watched.state)
        if verdict.state is watched.state:
            return
        old, watched.state = watched.state, verdict.state
        self._record(
            journal.AlarmChanged(now, alarm.name, "", "", alarm.threshold, old, verdict.state, verdict.reason)
        )
        self._show(ShownState(alarm.name, verdict.state, verdict.reason))
        subject = f'{verdict.state}: "{alarm.name}" in {self._region}'
        for topic in watched.topics:
            try:
                await self._publish(topic, subject, self._message(watched, old, verdict.reason, now))
            except HarnessError as error:
                log.warning("the alarm %s was not told to %s: %s", alarm.name, topic, error)

    def _message(self, watched: _Watched, old: str, reason: str, now: float) -> str:
        """Return the notification (CloudWatch user guide, "Notifying users on alarm changes")."""
        alarm, given = watched.alarm, watched.arguments
        at = datetime.fromtimestamp(self._clock.epoch_s(now), UTC)
        namespace, name, dimensions = watched.key
        told = {
            "AlarmName": alarm.name,
            "AlarmDescription": given.get("AlarmDescription"),
            "AWSAccountId": self._account,
            "NewStateValue": watched.state,
            "NewStateReason": reason,
            "StateChangeTime": at.strftime("%Y-%m-%dT%H:%M:%S.000+0000"),
            "Region": self._region,
            "AlarmArn": f"arn:aws:cloudwatch:{self._region}:{self._account}:alarm:{alarm.name}",
            "OldStateValue": old,
            "OKActions": given.get("OKActions") or [],
            "AlarmActions": given.get("AlarmActions") or [],
            "InsufficientDataActions": given.get("InsufficientDataActions") or [],
            "Trigger": {
                "MetricName": name,
                "Namespace": namespace,
                "StatisticType": "Statistic",
                "Statistic": str(given.get("Statistic", "")).upper(),
                "Dimensions": [{"name": key, "value": value} for key, value in dimensions],
                "Period": int(alarm.period_s),
                "EvaluationPeriods": alarm.evaluation_periods,
                "ComparisonOperator": alarm.comparison,
                "Threshold": alarm.threshold,
                "TreatMissingData": alarm.treat_missing,
            },
        }
        return orjson.dumps(told).decode()
