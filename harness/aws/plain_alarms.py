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

# CloudWatch user guide, "Alarm evaluation": alarms of periods of a minute or more, every minute; those of
# shorter ones, every 10 seconds.
EVERY_S, OFTEN_S = 60.0, 10.0
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
    acts: bool
    state: AlarmState = AlarmState.INSUFFICIENT_DATA

    @property
    def topics(self) -> list[str]:
        """The topics that the state it is in tells."""
        if not self.acts:
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
        self._looked_at = 0.0
        self._in_turn = asyncio.Lock()
        self._telling: set[asyncio.Task[None]] = set()

    def heard(self, call: Call) -> None:
        """Take note of a call that concerns no scaling: data that are put, an alarm, what becomes of it."""
        given = call.arguments
        names = given.get("AlarmNames") or ()
        match call.operation:
            case "PutMetricData":
                for datum in given.get("MetricData") or ():
                    self.take(str(given.get("Namespace", "")), datum)
            case "PutMetricAlarm":
                self._put(given)
            case "DeleteAlarms":
                for name in names:
                    self._alarms.pop(name, None)
            case "EnableAlarmActions" | "DisableAlarmActions":
                for watched in filter(None, map(self._alarms.get, names)):
                    watched.acts = call.operation == "EnableAlarmActions"
            case "SetAlarmState":
                self._set(given)

    def take(self, namespace: str, datum: dict[str, Any]) -> None:
        """Take in one datapoint, now."""
        try:
            self._series.put(namespace, datum, self._clock.now())
        except (KeyError, TypeError, ValueError):
            log.info("a datapoint that CloudWatch would refuse: %r", datum)

    async def close(self) -> None:
        """Evaluate no more; what is being told is told."""
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await asyncio.gather(*self._telling, return_exceptions=True)

    def _put(self, given: dict[str, Any]) -> None:
        try:
            alarm = alarm_of(given)
        except (RequestRefused, NotModelled):
            return  # the backend answers; what is not modelled stays as it is there
        metric = alarm.metric
        if metric is None or metric.statistic not in _STATISTICS:
            return
        key = key_of(metric.namespace, metric.name, metric.dimensions)
        before = self._alarms.get(alarm.name)
        acts = given.get("ActionsEnabled") is not False
        found = self._alarms[alarm.name] = _Watched(alarm, key, given, acts)
        if before is not None:
            found.state = before.state
        if self._watching is None:
            self._looked_at = self._clock.now()
        else:
            self._watching.cancel()  # the next evaluation may be nearer than the one that is waited for
        self._watching = asyncio.get_running_loop().create_task(self._watch())

    def _set(self, given: dict[str, Any]) -> None:
        """Put an alarm into a state until it is evaluated next (API reference, SetAlarmState)."""
        watched = self._alarms.get(str(given.get("AlarmName", "")))
        if watched is not None and given.get("StateValue") in list(AlarmState):
            reason = str(given.get("StateReason", ""))
            self._becomes(watched, AlarmState(given["StateValue"]), reason, self._clock.now())

    async def _watch(self) -> None:
        while True:
            often = any(each.alarm.period_s < EVERY_S for each in self._alarms.values())
            every_s = OFTEN_S if often else EVERY_S
            looked_at = min(self._looked_at, self._clock.now())  # the clock is set to 0 after a deployment
            due_at = (math.floor(looked_at / every_s) + 1) * every_s
            await asyncio.sleep(max(self._clock.real_until(due_at), 0.0))
            self._looked_at = due_at
            for watched in list(self._alarms.values()):
                if watched.alarm.period_s < EVERY_S or due_at % EVERY_S == 0.0:
                    self._evaluate(watched, due_at)

    def _evaluate(self, watched: _Watched, now: float) -> None:
        alarm, metric = watched.alarm, watched.alarm.metric
        assert metric is not None
        before = math.floor(now / alarm.period_s) * alarm.period_s
        points = self._series.points(
            watched.key, metric.statistic, alarm.period_s, before, alarm.points_wanted
        )
        verdict = evaluate(alarm, points, watched.state)
        self._becomes(watched, verdict.state, verdict.reason, now)

    def _becomes(self, watched: _Watched, state: AlarmState, reason: str, now: float) -> None:
        """Let an alarm be in *state* and, where that is another than before, tell who is to be told."""
        if state is watched.state:
            return
        alarm, old = watched.alarm, watched.state
        watched.state = state
        self._record(journal.AlarmChanged(now, alarm.name, "", "", alarm.threshold, old, state, reason))
        self._show(ShownState(alarm.name, state, reason))
        if topics := watched.topics:
            message = self._message(watched, old, reason, now)
            subject = f'{state}: "{alarm.name}" in {self._region}'
            task = asyncio.get_running_loop().create_task(self._tell(topics, subject, message))
            self._telling.add(task)
            task.add_done_callback(self._telling.discard)

    async def _tell(self, topics: list[str], subject: str, message: str) -> None:
        async with self._in_turn:
            for topic in topics:
                try:
                    await self._publish(topic, subject, message)
                except HarnessError as error:
                    log.warning("%s was not told to %s: %s", subject, topic, error)

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
