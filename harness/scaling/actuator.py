"""Acts on what was decided: asks SageMaker for the capacity, keeps the activities, starts the cooldowns."""

from collections.abc import Mapping
from dataclasses import replace
from random import Random

from harness.endpoint.calls import CapacityChange
from harness.endpoint.lifecycle import EndpointModel
from harness.scaling.activities import (
    ALARM_DESCRIPTION,
    ActivityStatus,
    ScalingActivity,
    failure_message,
    setting_description,
    success_message,
    unfulfilled_message,
    waiting_message,
)
from harness.scaling.decision import ScalingDecision
from harness.scaling.events import ActivityChanged, ScalingEvent
from harness.scaling.policies import TargetTracking
from harness.scaling.settings import CooldownStart, NoCapacityStatus, ScalingSettings
from harness.scaling.targets import Registration, make_uuid


class Actuator:
    """Carries decisions out on *endpoints* and writes what becomes of them to *outbox*."""

    def __init__(
        self,
        endpoints: Mapping[str, EndpointModel],
        settings: ScalingSettings,
        random: Random,
        outbox: list[ScalingEvent],
    ) -> None:
        self._endpoints = endpoints
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
        previous: int,
        desired: int,
        cause: str,
        sentence: str,
        policy: TargetTracking | None,
        now: float,
    ) -> None:
        """Ask SageMaker for *desired* instances and keep the activity: Pending, then InProgress or Failed."""
        activity = ScalingActivity(
            make_uuid(self._random),
            record.target.resource_id,
            setting_description(desired),
            cause,
            ActivityStatus.PENDING,
            "",
            now,
            None,
            previous,
            desired,
            sentence,
        )
        self._tell(activity, now)
        change = CapacityChange(record.variant, desired)
        refusal = self._endpoints[record.endpoint].update_weights_and_capacities([change], now)
        if refusal:
            # Recorded (C4): the whole request is refused, the activity Failed with SageMaker's own text.
            reason = (
                f"{refusal.message} (Service: AmazonSageMaker; Status Code: 400; Error Code: {refusal.code})"
            )
            message = failure_message(desired, reason)
            self._tell(
                replace(activity, status=ActivityStatus.FAILED, status_message=message, ended_at=now), now
            )
            return
        if record.stuck:
            self._tell(replace(record.stuck, status=ActivityStatus.OVERRIDDEN, ended_at=now), now)
            record.stuck = None
        record.running = replace(
            activity, status=ActivityStatus.IN_PROGRESS, status_message=waiting_message(desired)
        )
        record.running_policy = policy
        self._tell(record.running, now)
        if self._settings.cooldown_start is CooldownStart.DECISION:
            self._start_cooldown(record, record.running, now)

    def finish(self, record: Registration, activity: ScalingActivity, now: float) -> None:
        """End the activity under way, now that the endpoint is InService again, fulfilled or not."""
        variant = self._endpoints[record.endpoint].variant(record.variant)
        record.running = None
        if variant is not None and variant.desired_count == activity.to_capacity:
            message = success_message(activity.to_capacity)
            self._tell(
                replace(activity, status=ActivityStatus.SUCCESSFUL, status_message=message, ended_at=now), now
            )
            if self._settings.cooldown_start is CooldownStart.COMPLETION:
                self._start_cooldown(record, activity, now)
        elif self._settings.no_capacity_status is NoCapacityStatus.UNFULFILLED:
            message = unfulfilled_message(activity.to_capacity)
            self._tell(
                replace(activity, status=ActivityStatus.UNFULFILLED, status_message=message, ended_at=now),
                now,
            )
        else:
            record.stuck = activity

    def _start_cooldown(self, record: Registration, activity: ScalingActivity, now: float) -> None:
        policy = record.running_policy
        if policy is None:  # Bounds moved the capacity: no policy, no cooldown.
            return
        if activity.to_capacity > activity.from_capacity:
            until = now + policy.scale_out_cooldown_s
            record.cooldowns = record.cooldowns.after_scale_out(until, activity.to_capacity)
        else:
            record.cooldowns = record.cooldowns.after_scale_in(now + policy.scale_in_cooldown_s)

    def note_not_scaled(
        self, record: Registration, decision: ScalingDecision, cause: str, now: float
    ) -> None:
        """Keep a not-scaled activity where AWS has a code for the reason, by default once per spell of it."""
        repeated = record.last_not_scaled is decision.reason and not self._settings.repeat_not_scaled
        record.last_not_scaled = decision.reason
        reason = decision.not_scaled_reason(record.target)
        if reason is None or repeated:
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

    def _tell(self, activity: ScalingActivity, now: float) -> None:
        self._activities[activity.activity_id] = activity
        self._outbox.append(ActivityChanged(now, activity))
