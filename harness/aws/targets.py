"""Scalable targets, policies, alarms and activities on the stage: what Application Auto Scaling acts on."""

from harness.aws.living import LivingWorld
from harness.aws.telling import Teller
from harness.endpoint.variant import VariantView
from harness.errors import ScenarioError
from harness.refusal import Refusal
from harness.scaling.activities import ScalingActivity
from harness.scaling.alarms import Alarm
from harness.scaling.policies import Policy, ScalableTarget
from harness.scaling.resource import ScalingMetric
from harness.scaling.schedule import ScheduledAction
from harness.scaling.targets import split_resource_id


class Targets:
    """The scaling side of *living*'s world; *teller* shows clients and the journal what is put in force."""

    def __init__(self, living: LivingWorld, teller: Teller) -> None:
        self._living = living
        self._world = living.world
        self._teller = teller

    def variant_of(self, resource_id: str) -> VariantView | None:
        """Return the variant that *resource_id* names, None where there is none."""
        try:
            endpoint, variant = split_resource_id(resource_id)
        except ScenarioError:
            return None
        found = self._world.endpoints.get(endpoint)
        return found.variant(variant) if found else None

    def find(self, resource_id: str) -> ScalableTarget | None:
        """Return the registered target, None where there is none."""
        return next((t for t in self._world.loop.targets() if t.resource_id == resource_id), None)

    def registered(self) -> list[str]:
        """Return the resource ids of all targets."""
        return [target.resource_id for target in self._world.loop.targets()]

    def of_endpoint(self, endpoint: str) -> list[str]:
        """Return the resource ids that are registered for variants of *endpoint*."""
        return [each for each in self.registered() if split_resource_id(each)[0] == endpoint]

    def register(self, target: ScalableTarget) -> Refusal | None:
        """Register or change a target; its capacity is moved inside the bounds."""
        refusal = self._living.call(lambda now: self._world.register_target(target, now))
        if refusal is None:
            self._teller.target_registered(target, self._living.now())
        return refusal

    def deregister(self, resource_id: str) -> None:
        """Forget a target with its policies and alarms."""
        target = self.find(resource_id)
        if target is None:
            return
        now = self._living.now()
        for policy in self._world.loop.policies(resource_id):
            self._teller.policy_gone(policy, now)
        self._living.call(lambda now: self._world.deregister_target(resource_id, now))
        self._teller.target_registered(target, now, removed=True)

    def covers(self, resource_id: str, metric: ScalingMetric) -> bool:
        """Return whether an alarm on *metric* of the variant would see datapoints."""
        return self._world.covers(resource_id, metric)

    def policies_of(self, resource_id: str) -> list[Policy]:
        """Return the policies in force on *resource_id*."""
        return [view.policy for view in self._world.loop.policies(resource_id)]

    def put_policy(self, resource_id: str, policy: Policy, arn: str) -> Refusal | None:
        """Put a policy in force; its alarms appear in the backend's CloudWatch."""
        view = self._living.call(lambda now: self._world.put_policy(resource_id, policy, now, policy_arn=arn))
        if isinstance(view, Refusal):
            return view
        self._teller.policy_put(view, arn, self._living.now())
        return None

    def delete_policy(self, resource_id: str, name: str) -> None:
        """Forget a policy and its alarms; nothing happens when it is not known."""
        for policy in self._world.loop.policies(resource_id):
            if policy.policy.policy_name == name:
                self._teller.policy_gone(policy, self._living.now())
                self._living.call(lambda now: self._world.delete_policy(resource_id, name, now))

    def alarms_of(self, resource_id: str, policy: str) -> list[dict[str, str]]:
        """Return the Alarms member of PutScalingPolicy and DescribeScalingPolicies."""
        return [
            {"AlarmName": alarm.alarm.name, "AlarmARN": self._teller.alarm_arn(alarm.alarm.name)}
            for view in self._world.loop.policies(resource_id)
            if view.policy.policy_name == policy
            for alarm in view.alarms
        ]

    def put_alarm(self, alarm: Alarm) -> Refusal | None:
        """Let the control loop evaluate an alarm that somebody makes and that invokes step policies."""
        refusal = self._living.call(lambda now: self._world.put_alarm(alarm, now))
        if refusal is None:
            view = next(each for each in self._world.loop.alarms() if each.alarm.name == alarm.name)
            self._teller.alarm_put(view, self._living.now())
        return refusal

    def delete_alarm(self, name: str) -> None:
        """Forget an alarm that somebody made; nothing happens when it is not known."""
        self._living.call(lambda now: self._world.delete_alarm(name, now))

    def made_by_policies(self) -> set[str]:
        """Return the names of the alarms that target tracking policies made for themselves."""
        return {
            alarm.alarm.name
            for view in self._world.loop.policies()
            for alarm in (view.high, view.low)
            if alarm is not None
        }

    def put_scheduled_action(self, resource_id: str, action: ScheduledAction) -> Refusal | None:
        """Put a scheduled action in force."""
        return self._living.call(lambda now: self._world.put_scheduled_action(resource_id, action, now))

    def delete_scheduled_action(self, resource_id: str, name: str) -> None:
        """Forget a scheduled action; nothing happens when it is not known."""
        self._living.call(lambda now: self._world.delete_scheduled_action(resource_id, name, now))

    def activities(self, resource_id: str | None, *, include_not_scaled: bool) -> list[ScalingActivity]:
        """Return the scaling activities, newest first."""
        self._living.advance()
        return self._world.loop.activities(resource_id, include_not_scaled=include_not_scaled)
