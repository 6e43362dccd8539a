"""Application Auto Scaling for endpoint variants: the backend stores it, the control loop acts on it.

Targets of other services pass by untouched. DescribeScalingActivities is answered here: no emulator has it.
"""

from typing import TYPE_CHECKING, Any

from harness.aws.aws_json import (
    Arguments,
    JsonOperations,
    Operation,
    Refused,
    offset,
    required,
    whole_number,
)
from harness.aws.backend_calls import as_json, with_value
from harness.aws.policy_calls import policy_of
from harness.aws.scaling_store import DIMENSION, NAMESPACE, SERVICE, ScalingStore
from harness.aws.scaling_tags import Tags
from harness.endpoint.capacity import is_burstable
from harness.gateway.chain import Exchange, Reply
from harness.scaling.activities import NotScaledReason, ScalingActivity
from harness.scaling.policies import ScalableTarget

if TYPE_CHECKING:
    from harness.aws.stage import Stage

PAGE = 50  # DescribeScalingActivities, MaxResults: "a number between 1 and 50. The default value is 50."
MOST_CAPACITY = 2**31 - 1
# SageMaker guide, autoscaling prerequisites: no "automatic scaling for burstable instances such as T2".
REFUSED_FAMILIES = ("ml.t2.",)


class AutoScaling:
    """Answers what concerns endpoint variants on *stage*; everything else goes on to the backend.

    *tags* is where the tags of new targets are kept, by their ARN.
    """

    def __init__(self, stage: "Stage", tags: dict[str, Tags]) -> None:
        self._stage = stage
        self._tags = tags
        self._store = ScalingStore(stage.backend)
        operations = {
            "RegisterScalableTarget": self._register,
            "DeregisterScalableTarget": self._deregister,
            "PutScalingPolicy": self._put_policy,
            "DeleteScalingPolicy": self._delete_policy,
            "DescribeScalingPolicies": self._describe_policies,
            "DescribeScalingActivities": self._describe_activities,
            "PutScheduledAction": self._put_uncovered,
        }
        ours = {name: self._for_variants(operation) for name, operation in operations.items()}
        self.handle = JsonOperations(SERVICE, ours, ours=_concerns_sagemaker).handle

    def _for_variants(self, operation: Operation) -> Operation:
        """Return *operation* for variants; what else SageMaker scales is only stored."""

        async def carry_out(exchange: Exchange, given: Arguments) -> Any:
            if given.get("ScalableDimension", DIMENSION) == DIMENSION:
                return await operation(exchange, given)
            if exchange.operation.startswith("Put"):
                return await self._put_uncovered(exchange, given)
            return (await self._stage.backend.repeat(exchange)).as_reply()

        return carry_out

    # -- targets -----

    async def _register(self, exchange: Exchange, given: Arguments) -> Reply:
        target = self._target(given)
        self._check_burstable(target.resource_id)
        answer = await self._stage.backend.repeat(exchange)
        if answer.status != 200:
            return answer.as_reply()
        refusal = self._stage.targets.register(target)
        if refusal is not None:  # the endpoint went away while the backend was asked
            await self._store.forget_target(exchange, target.resource_id)
            raise Refused(refusal.code, refusal.message)
        if given.get("Tags"):
            self._tags[as_json(answer)["ScalableTargetARN"]] = dict(given["Tags"])
        return answer.as_reply()

    def _target(self, given: Arguments) -> ScalableTarget:
        """Return the target as it will be; what a second registration leaves out stays as it was."""
        resource_id = required(given, "ResourceId")
        known = self._stage.targets.find(resource_id)
        if self._stage.targets.variant_of(resource_id) is None:
            raise Refused("ValidationException", f"No variant found for resource ID: {resource_id}")
        if known is None and (given.get("MinCapacity") is None or given.get("MaxCapacity") is None):
            raise Refused(
                "ValidationException",
                "MinCapacity and MaxCapacity are required to register a new scalable target.",
            )
        base = known or ScalableTarget(resource_id, 1, 1)
        # SageMaker guide, "Register a model": a variant's minimum is at least 1.
        least = whole_number(given, "MinCapacity", least=1, most=MOST_CAPACITY, otherwise=base.min_capacity)
        most = whole_number(given, "MaxCapacity", least=0, most=MOST_CAPACITY, otherwise=base.max_capacity)
        if most < least:
            raise Refused(
                "ValidationException",
                f"Maximum capacity cannot be less than minimum capacity: {most} is below {least}.",
            )
        return ScalableTarget(resource_id, least, most, *_suspended(given, base))

    def _check_burstable(self, resource_id: str) -> None:
        variant = self._stage.targets.variant_of(resource_id)
        if variant is None or not is_burstable(variant.instance_type):
            return
        if variant.instance_type.startswith(REFUSED_FAMILIES):
            raise Refused(
                "ValidationException",
                f"Automatic scaling is not supported for burstable instances: {variant.instance_type}.",
            )
        self._stage.finding(
            "burstable-instance-scaled",
            "warning",
            resource_id,
            f"{variant.instance_type} is burstable: SageMaker refuses to scale burstable types 'such as T2', "
            "and does not say whether T3 is one of them. It was accepted here; choose ml.m5 or ml.c5 to be "
            "safe.",
            "Amazon SageMaker Developer Guide, Automatic scaling prerequisites",
        )

    async def _deregister(self, exchange: Exchange, given: Arguments) -> Reply:
        resource_id = required(given, "ResourceId")
        self._registered(resource_id)
        answer = await self._stage.backend.repeat(exchange)
        if answer.status == 200:
            self._stage.targets.deregister(resource_id)
            await self._store.forget_policies(exchange, resource_id)
        return answer.as_reply()

    def _registered(self, resource_id: str) -> None:
        if self._stage.targets.find(resource_id) is None:
            raise Refused(
                "ObjectNotFoundException",
                f"No scalable target found for service namespace: {NAMESPACE}, resource ID: {resource_id}, "
                f"scalable dimension: {DIMENSION}",
            )

    # -- policies -----

    async def _put_policy(self, exchange: Exchange, given: Arguments) -> Reply:
        resource_id, name = required(given, "ResourceId"), required(given, "PolicyName")
        self._registered(resource_id)
        policy = policy_of(given, name)
        if policy is None:
            self._stage.targets.delete_policy(
                resource_id, name
            )  # it may take the place of one that was acted on
            return await self._put_uncovered(exchange, given)
        answer = await self._stage.backend.repeat(exchange)
        if answer.status != 200:
            return answer.as_reply()
        stored = as_json(answer)
        refusal = self._stage.targets.put_policy(resource_id, policy, stored.get("PolicyARN", ""))
        if refusal is not None:  # the target went away while the backend was asked
            await self._store.forget_policies(exchange, resource_id)
            raise Refused(refusal.code, refusal.message)
        return with_value(answer, stored | {"Alarms": self._stage.targets.alarms_of(resource_id, name)})

    async def _put_uncovered(self, exchange: Exchange, given: Arguments) -> Reply:
        """Let the backend store what the control loop does not act on, and say so."""
        answer = await self._stage.backend.repeat(exchange)
        if answer.status == 200:
            what = given.get("PolicyName") or given.get("ScheduledActionName") or ""
            self._stage.finding(
                "scaling-policy-not-covered",
                "error",
                str(given.get("ResourceId", "")),
                f"{what!r} is stored but not acted on: of scaling policies and scheduled actions only target "
                "tracking on SageMakerVariantInvocationsPerInstance is modelled so far, so this run says "
                "nothing about it.",
            )
        return answer.as_reply()

    async def _delete_policy(self, exchange: Exchange, given: Arguments) -> Reply:
        resource_id, name = required(given, "ResourceId"), required(given, "PolicyName")
        answer = await self._stage.backend.repeat(exchange)
        if answer.status == 200:
            self._stage.targets.delete_policy(resource_id, name)
        return answer.as_reply()

    async def _describe_policies(self, exchange: Exchange, _given: Arguments) -> Reply:
        answer = await self._stage.backend.repeat(exchange)
        if answer.status != 200:
            return answer.as_reply()
        stored = as_json(answer)
        for policy in stored.get("ScalingPolicies", []):
            alarms = self._stage.targets.alarms_of(policy["ResourceId"], policy["PolicyName"])
            policy["Alarms"] = alarms or policy.get("Alarms", [])
        return with_value(answer, stored)

    # -- activities -----

    async def _describe_activities(self, _exchange: Exchange, given: Arguments) -> Any:
        page = whole_number(given, "MaxResults", least=1, most=PAGE, otherwise=PAGE)
        start = offset(given.get("NextToken"), "InvalidNextTokenException")
        shown = self._stage.targets.activities(
            given.get("ResourceId"), include_not_scaled=bool(given.get("IncludeNotScaledActivities", False))
        )
        answer: Arguments = {"ScalingActivities": [self._shown(each) for each in shown[start : start + page]]}
        if start + page < len(shown):
            answer["NextToken"] = str(start + page)
        return answer

    def _shown(self, activity: ScalingActivity) -> Arguments:
        shown: Arguments = {
            "ActivityId": activity.activity_id,
            "ServiceNamespace": NAMESPACE,
            "ResourceId": activity.resource_id,
            "ScalableDimension": DIMENSION,
            "Description": activity.description,
            "Cause": activity.cause,
            "StartTime": self._stage.clock.epoch_s(activity.started_at),
            "StatusCode": activity.status.value,
            "StatusMessage": activity.status_message,
        }
        if activity.ended_at is not None:
            shown["EndTime"] = self._stage.clock.epoch_s(activity.ended_at)
        if activity.not_scaled_reasons:
            shown["NotScaledReasons"] = [_reason(each) for each in activity.not_scaled_reasons]
        return shown


def _concerns_sagemaker(given: Arguments) -> bool:
    return given.get("ServiceNamespace") == NAMESPACE


def _suspended(given: Arguments, known: ScalableTarget) -> tuple[bool, bool, bool]:
    """Return whether scale-in, scale-out and scheduled actions are suspended; what is left out stays."""
    state = given.get("SuspendedState") or {}
    return (
        bool(state.get("DynamicScalingInSuspended", known.suspended_in)),
        bool(state.get("DynamicScalingOutSuspended", known.suspended_out)),
        bool(state.get("ScheduledScalingSuspended", known.suspended_scheduled)),
    )


def _reason(reason: NotScaledReason) -> Arguments:
    found = {
        "Code": reason.code,
        "MaxCapacity": reason.max_capacity,
        "MinCapacity": reason.min_capacity,
        "CurrentCapacity": reason.current_capacity,
    }
    return {name: value for name, value in found.items() if value is not None}
