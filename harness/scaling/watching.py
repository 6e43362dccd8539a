"""CloudWatch's side of the loop: when alarms are evaluated, what they read, whom they invoke.

Sources: CloudWatch user guide, "Alarm evaluation": alarms with a period of a minute or longer are evaluated
once a minute, those of 10 s or 30 s every 10 s; "Using Amazon CloudWatch alarms": Auto Scaling actions are
invoked for every period that the alarm remains in the state.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from harness.refusal import Refusal
from harness.scaling.alarms import Alarm, AlarmState, evaluate, state_of
from harness.scaling.events import AlarmChanged, ScalingEvent
from harness.scaling.reading import Points, Readings
from harness.scaling.resource import ScalableResource, ScalingMetric
from harness.scaling.settings import ScalingSettings
from harness.scaling.targets import Registration, WatchedAlarm

Find = Callable[[str], ScalableResource | None]
"""Returns the resource that a resource id names, None while there is none."""

_EDGE_S = 1e-6


@dataclass(frozen=True, slots=True)
class StepCall:
    """An alarm in *state* has invoked a step policy; `seen` are the real datapoints of its window then."""

    policy_name: str
    alarm_name: str
    state: str
    seen: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Invocation:
    """Alarms have invoked Auto Scaling, which gets round to the target `at`.

    `alarmed` are the alarms of target tracking policies that were in ALARM, `steps` the step policies.
    """

    at: float
    resource_id: str
    alarmed: frozenset[str]
    steps: tuple[StepCall, ...] = ()


@dataclass(slots=True)
class _Feed:
    """One metric and the alarms that read it; the first of `sources` that covers it has the data."""

    sources: tuple[str, ...]
    metric: ScalingMetric
    count: int
    alarms: list[WatchedAlarm] = field(default_factory=list)


@dataclass(slots=True)
class _Listener:
    """One target and the alarms of one beat that may invoke its policies."""

    record: Registration
    tracking: list[WatchedAlarm] = field(default_factory=list)
    steps: list[tuple[WatchedAlarm, str, str]] = field(default_factory=list)  # alarm, state, policy


@dataclass(slots=True)
class _Beat:
    """Alarms that are evaluated together; `next_at` is infinite while there are none."""

    period_s: float
    offset_s: float
    retry_s: float
    reaction_s: float
    feeds: list[_Feed] = field(default_factory=list)
    listeners: list[_Listener] = field(default_factory=list)
    next_at: float = math.inf

    def start_or_stop(self, now: float) -> None:
        if not self.feeds:
            self.next_at = math.inf
        elif self.next_at == math.inf:
            passed = math.floor((now - self.offset_s) / self.period_s)
            self.next_at = (passed + 1) * self.period_s + self.offset_s


class AlarmWatch:
    """Every alarm of the targets in *records*, and those that somebody made."""

    def __init__(
        self,
        find: Find,
        records: dict[str, Registration],
        readings: Readings,
        settings: ScalingSettings,
        outbox: list[ScalingEvent],
    ) -> None:
        self.next_at = math.inf
        """When alarms are evaluated next; infinite while there are none."""
        self._find = find
        self._records = records
        self._readings = readings
        self._outbox = outbox
        self._extra = settings.evaluation_range_extra
        self._own: dict[str, WatchedAlarm] = {}
        self._slow = _Beat(
            settings.evaluation_period_s, settings.evaluation_offset_s, 0.0, settings.reaction_delay_s
        )
        self._fast = _Beat(
            settings.high_resolution_period_s,
            0.0,
            settings.high_resolution_retry_s,
            settings.high_resolution_reaction_delay_s,
        )

    def put(self, alarm: Alarm, now: float) -> Refusal | None:
        """Create or replace an alarm that somebody makes; it keeps its state (PutMetricAlarm).

        The evaluation range is CloudWatch's, so it is that of the settings unless the alarm has one.
        """
        if alarm.metric is None:
            return Refusal("ValidationError", f"Alarm {alarm.name} names no metric.")
        if alarm.evaluation_range is None:
            alarm = replace(alarm, evaluation_range=alarm.evaluation_periods + self._extra)
        watched = WatchedAlarm(alarm, now)
        old = self._own.get(alarm.name)
        if old is not None:
            watched.keep_state(old)
        self._own[alarm.name] = watched
        self.rebuild(now)
        return None

    def delete(self, name: str, now: float) -> Refusal | None:
        """Delete an alarm that somebody made."""
        if self._own.pop(name, None) is None:
            return Refusal("ResourceNotFound", f"Alarm {name} was not found among those that were put.")
        self.rebuild(now)
        return None

    def made_by_hand(self) -> Iterable[WatchedAlarm]:
        """Return the alarms that somebody made, in the order they were put."""
        return self._own.values()

    def find_alarm(self, name: str) -> WatchedAlarm | None:
        """Return an alarm that somebody made, None where there is none of that name."""
        return self._own.get(name)

    def invokers(self, record: Registration, policy_name: str) -> list[WatchedAlarm]:
        """Return the alarms that somebody made and that invoke the step policy *policy_name*."""
        found = []
        for watched in self._own.values():
            named = {policy for _, policy in _invoked(watched.alarm, record)}
            if policy_name in named:
                found.append(watched)
        return found

    def rebuild(self, now: float) -> None:
        """Take note that targets, policies or alarms have come or gone."""
        for beat in (self._slow, self._fast):
            beat.feeds, beat.listeners = [], []
        for record in self._records.values():
            self._add_tracking(record)
        for watched in self._own.values():
            self._add_own(watched)
        for beat in (self._slow, self._fast):
            beat.start_or_stop(now)
        self.next_at = min(self._slow.next_at, self._fast.next_at)

    def tick(self, now: float) -> list[Invocation]:
        """Evaluate what is due at *now*; return whom it invokes."""
        calls: list[Invocation] = []
        for beat in (self._slow, self._fast):
            if beat.next_at <= now:
                beat.next_at += beat.period_s
                for feed in beat.feeds:
                    self._evaluate(feed, now)
                calls += [call for each in beat.listeners if (call := _call(each, beat, now)) is not None]
        self.next_at = min(self._slow.next_at, self._fast.next_at)
        return [self._with_seen(each, now) for each in calls]

    def resume(self, record: Registration, now: float) -> list[Invocation]:
        """Return the invocations of alarms that are in breach when scaling of *record* is resumed."""
        calls = []
        for beat in (self._slow, self._fast):
            for each in beat.listeners:
                if each.record is record and (call := _call(each, beat, now, again=True)) is not None:
                    calls.append(self._with_seen(call, now))
        return calls

    def values(self, watched: WatchedAlarm, now: float) -> tuple[float, ...]:
        """Return the real datapoints of the window of an alarm that somebody made, oldest first."""
        feed = self._feed_of(watched)
        points = self._read(feed.sources, feed.metric, now, feed.count)
        real = [each.value for each in points if each is not None]
        return tuple(real[-watched.alarm.evaluation_periods :])

    def _with_seen(self, call: Invocation, now: float) -> Invocation:
        if not call.steps:
            return call
        steps = [replace(each, seen=self.values(self._own[each.alarm_name], now)) for each in call.steps]
        return replace(call, steps=tuple(steps))

    # -- building -----

    def _beat_of(self, period_s: float) -> _Beat:
        return self._fast if period_s < 60.0 else self._slow

    def _add_tracking(self, record: Registration) -> None:
        source = (record.target.resource_id,)
        for policy in record.tracking():
            beat = self._beat_of(policy.policy.metric.period_s)
            for watched in policy.alarms():
                self._add_to_feed(beat, source, policy.policy.metric, watched)
                _listener(beat, record).tracking.append(watched)

    def _add_own(self, watched: WatchedAlarm) -> None:
        metric = watched.alarm.metric
        assert metric is not None  # `put` refuses an alarm without one
        beat = self._beat_of(watched.alarm.period_s)
        invoked = [
            (record, state, policy)
            for record in self._records.values()
            for state, policy in _invoked(watched.alarm, record)
        ]
        for record, state, policy in invoked:
            _listener(beat, record).steps.append((watched, state, policy))
        watched.resource_id = invoked[0][0].target.resource_id if invoked else ""
        watched.policy_name = invoked[0][2] if invoked else ""
        feed = self._feed_of(watched)
        self._add_to_feed(beat, feed.sources, metric, watched)

    def _feed_of(self, watched: WatchedAlarm) -> _Feed:
        """Return where the alarm's data is: in what it scales, or in any other where it names dimensions."""
        alarm = watched.alarm
        assert alarm.metric is not None
        sources: tuple[str, ...] = (watched.resource_id,)
        if alarm.metric.dimensions:
            sources += tuple(each for each in self._records if each != watched.resource_id)
        return _Feed(sources, alarm.metric, alarm.points_wanted)

    def _add_to_feed(
        self, beat: _Beat, sources: tuple[str, ...], metric: ScalingMetric, watched: WatchedAlarm
    ) -> None:
        count = watched.alarm.points_wanted
        for feed in beat.feeds:
            if feed.sources == sources and feed.metric == metric:
                feed.count = max(feed.count, count)
                feed.alarms.append(watched)
                return
        beat.feeds.append(_Feed(sources, metric, count, [watched]))

    # -- evaluating -----

    def _read(self, sources: tuple[str, ...], metric: ScalingMetric, now: float, count: int) -> Points:
        for each in sources:
            resource = self._find(each)
            if resource is not None and (len(sources) == 1 or resource.covers(metric)):
                return self._readings.read(each, resource, metric, now, count)
        return ()

    def _evaluate(self, feed: _Feed, now: float) -> None:
        points = self._read(feed.sources, feed.metric, now, feed.count)
        values = [None if each is None else each.value for each in points]
        for watched in feed.alarms:
            state = state_of(watched.alarm, values, watched.state)
            if state is not watched.state:
                self._change(watched, values, now)

    def _change(self, watched: WatchedAlarm, values: list[float | None], now: float) -> None:
        verdict = evaluate(watched.alarm, values, watched.state)
        self._outbox.append(
            AlarmChanged(
                now,
                watched.alarm.name,
                watched.resource_id,
                watched.policy_name,
                watched.state,
                verdict.state,
                verdict.reason,
            )
        )
        watched.state, watched.reason, watched.changed_at = verdict.state, verdict.reason, now
        watched.invoked_at = -math.inf


def _listener(beat: _Beat, record: Registration) -> _Listener:
    for each in beat.listeners:
        if each.record is record:
            return each
    beat.listeners.append(_Listener(record))
    return beat.listeners[-1]


def _call(listener: _Listener, beat: _Beat, now: float, *, again: bool = False) -> Invocation | None:
    """Return the invocation of the alarms of *listener* that are in a state with an action, if it is time."""
    ringing = [each for each in listener.tracking if each.state is AlarmState.ALARM]
    steps = [each for each in listener.steps if each[0].state == each[1]]
    if not ringing and not steps:
        if not _any_alarm(listener.record):
            listener.record.last_not_scaled = None
        return None
    invoking = ringing + [each[0] for each in steps]
    if beat.retry_s and not again and all(now - e.invoked_at < beat.retry_s - _EDGE_S for e in invoking):
        return None
    for each in invoking:
        each.invoked_at = now
    alarmed = frozenset(
        watched.alarm.name
        for policy in listener.record.tracking()
        for watched in policy.alarms()
        if watched.state is AlarmState.ALARM
    )
    calls = tuple(StepCall(policy, watched.alarm.name, state) for watched, state, policy in steps)
    return Invocation(now + beat.reaction_s, listener.record.target.resource_id, alarmed, calls)


def _any_alarm(record: Registration) -> bool:
    return any(
        watched.state is AlarmState.ALARM for policy in record.tracking() for watched in policy.alarms()
    )


def _invoked(alarm: Alarm, record: Registration) -> list[tuple[str, str]]:
    """Return the states of *alarm* that invoke step policies of *record*, with the policies' names."""
    by_state = (
        (AlarmState.ALARM, alarm.alarm_actions),
        (AlarmState.OK, alarm.ok_actions),
        (AlarmState.INSUFFICIENT_DATA, alarm.insufficient_data_actions),
    )
    return [
        (state.value, step.policy.policy_name)
        for state, actions in by_state
        for action in actions
        if (step := record.find_step(action)) is not None
    ]
