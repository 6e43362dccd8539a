"""Acts on what was decided: asks the service for the capacity, keeps the activities, starts the cooldowns."""

from dataclasses import replace
from random import Random

from harness.scaling import activities as words_for
from harness.scaling.activities import ALARM_DESCRIPTION, ActivityStatus, ScalingActivity
from harness.scaling.events import ActivityChanged, ScalingEvent
from harness.scaling.observation import ScalingDecision
from harness.scaling.policies import Policy, ScalableTarget
from harness.scaling.resource import ScalableResource
from harness.scaling.settings import CooldownStart, NoCapacityStatus, ScalingSettings
from harness.scaling.steps import StepScaling
from harness.scaling.targets import Registration, make_uuid
from harness.scaling.words import Words, words_of


class Actuator:
    """Carries decisions out and writes what becomes of them to *outbox*."""

    def __init__(self, settings: ScalingSettings, random: Random, outbox: list[ScalingEvent]) -> None:
        self._settings = settings
        self._random = random
        self._outbox = outbox
        self._activities: dict[str, ScalingActivity] = {}

    def activities(self, resource_id: str | None, include_not_scaled: bool) -> list[ScalingActivity]:
        """Return the activities of one target or of all, newest first."""
        return [
            each
            for each in reversed(self._activities.values())
            if resource_id in (None, each.resource_id) and (each.is_scaled or include_not_scaled)
        ]

    def set_capacity(
        self,
        record: Registration,
        resource: ScalableResource,
        desired: int,
        cause: str,
        sentence: str,
        policy: Policy | None,
        now: float,
    ) -> None:
        """Ask the service for *desired* and keep the activity: Pending, then InProgress or Failed."""
        words = _words(record)
        activity = self._began(record, resource, desired, cause, sentence, now)
        refusal = resource.set_capacity(desired, now)
        if refusal:
            # Recorded (C4): the whole request is refused, the activity Failed with SageMaker's own text.
            reason = (
                f"{refusal.message} (Service: {words.service}; Status Code: 400; Error Code: {refusal.code})"
            )
            self._end(activity, ActivityStatus.FAILED, words_for.failure_message(desired, reason, words), now)
            return
        for older in (record.stuck, record.running):
            # "Overridden: a new scaling activity began before this one completed" (AAS guide).
            if older:
                self._tell(replace(older, status=ActivityStatus.OVERRIDDEN, ended_at=now), now)
        record.stuck = None
        record.running = replace(
            activity,
            status=ActivityStatus.IN_PROGRESS,
            status_message=words_for.waiting_message(desired, words),
        )
        record.running_policy = policy
        self._tell(record.running, now)
        if self._settings.cooldown_start is CooldownStart.DECISION:
            self._start_cooldown(record, record.running, now)

    def refuse_unscalable(
        self, record: Registration, resource: ScalableResource, desired: int, cause: str, now: float
    ) -> None:
        """Keep the Failed activity of a scheduled action that found the resource unable to change."""
        sentence = f"A scheduled action wants {desired}, but another change is in progress."
        activity = self._began(record, resource, desired, cause, sentence, now)
        reason = words_for.unscalable_reason(record.target.resource_id)
        message = words_for.failure_message(desired, reason, _words(record))
        self._end(activity, ActivityStatus.FAILED, message, now)

    def note_bounds(
        self,
        target: ScalableTarget,
        name: str,
        bounds: tuple[int | None, int | None],
        capacity: int,
        failure: str,
        now: float,
    ) -> None:
        """Keep the activity in which the scheduled action *name* set bounds, or could not (*failure*).

        AWS's tutorial shows it Successful at once and without an end time, before that of the capacity.
        """
        least, most = bounds
        if failure:
            message = words_for.bounds_failure_message(least, most, failure)
        else:
            message = words_for.bounds_message(least, most)
        self._tell(
            ScalingActivity(
                make_uuid(self._random),
                target.resource_id,
                words_for.bounds_description(least, most),
                words_for.scheduled_cause(name),
                ActivityStatus.FAILED if failure else ActivityStatus.SUCCESSFUL,
                message,
                now,
                None,
                capacity,
                capacity,
                f"Scheduled action {name}: bounds {target.min_capacity} to {target.max_capacity}.",
            ),
            now,
        )

    def finish(
        self,
        record: Registration,
        activity: ScalingActivity,
        resource: ScalableResource | None,
        now: float,
    ) -> None:
        """End the *activity* under way, now that the resource has settled, fulfilled or not."""
        record.running = None
        words = _words(record)
        if resource is not None and resource.desired_capacity == activity.to_capacity:
            message = words_for.success_message(activity.to_capacity, words)
            self._end(activity, ActivityStatus.SUCCESSFUL, message, now)
            if self._settings.cooldown_start is CooldownStart.COMPLETION:
                self._start_cooldown(record, activity, now)
        elif self._settings.no_capacity_status is NoCapacityStatus.UNFULFILLED:
            message = words_for.unfulfilled_message(activity.to_capacity, words)
            self._end(activity, ActivityStatus.UNFULFILLED, message, now)
        else:
            record.stuck = activity

    def note_not_scaled(
        self, record: Registration, decision: ScalingDecision, cause: str, now: float
    ) -> None:
        """Keep a not-scaled activity where AWS has a code for the reason, by default once per spell of it."""
        repeated = record.last_not_scaled is decision.reason and not self._settings.repeat_not_scaled
        record.last_not_scaled = decision.reason
        if repeated:
            return
        reason = decision.not_scaled_reason(record.target)
        if reason is None:
            return
        self._tell(
            ScalingActivity(
                make_uuid(self._random),
                record.target.resource_id,
                ALARM_DESCRIPTION,
                cause,
                ActivityStatus.FAILED,
                "",
                now,
                now,
                decision.previous,
                decision.previous,
                decision.sentence,
                (reason,),
            ),
            now,
        )

    def _began(
        self,
        record: Registration,
        resource: ScalableResource,
        desired: int,
        cause: str,
        sentence: str,
        now: float,
    ) -> ScalingActivity:
        activity = ScalingActivity(
            make_uuid(self._random),
            record.target.resource_id,
            words_for.setting_description(desired, _words(record)),
            cause,
            ActivityStatus.PENDING,
            "",
            now,
            None,
            resource.desired_capacity,
            desired,
            sentence,
        )
        self._tell(activity, now)
        return activity

    def _start_cooldown(self, record: Registration, activity: ScalingActivity, now: float) -> None:
        policy = record.running_policy
        if policy is None:  # Bounds or a schedule moved the capacity: no policy, no cooldown.
            return
        before, after = activity.from_capacity, activity.to_capacity
        out_s, in_s = _cooldowns_of(policy)
        if after > before:
            decided_at = activity.started_at
            record.cooldowns = record.cooldowns.after_scale_out(now + out_s, after, before, decided_at)
        else:
            record.cooldowns = record.cooldowns.after_scale_in(now + in_s)

    def _end(self, activity: ScalingActivity, status: ActivityStatus, message: str, now: float) -> None:
        self._tell(replace(activity, status=status, status_message=message, ended_at=now), now)

    def _tell(self, activity: ScalingActivity, now: float) -> None:
        self._activities[activity.activity_id] = activity
        self._outbox.append(ActivityChanged(now, activity))


def _words(record: Registration) -> Words:
    return words_of(record.target.dimension, record.target.namespace)


def _cooldowns_of(policy: Policy) -> tuple[float, float]:
    if isinstance(policy, StepScaling):
        return policy.cooldown_s, policy.cooldown_s
    return policy.scale_out_cooldown_s, policy.scale_in_cooldown_s
