"""Application Auto Scaling for endpoint variants: the backend stores it, the control loop acts on it.

Targets of other services pass by untouched. DescribeScalingActivities is answered here: no emulator has it.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

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
from harness.aws.scaling_store import DIMENSION, NAMESPACE, SERVICE, ScalingStore
from harness.aws.scaling_tags import Tags
from harness.endpoint.capacity import is_burstable
from harness.errors import NotModelled, RequestRefused
from harness.gateway.chain import Exchange, Reply
from harness.scaling.activities import NotScaledReason, ScalingActivity
from harness.scaling.policies import Policy, ScalableTarget, TargetTracking
from harness.scaling.requests import check_together, policy_of, scheduled_action_of, target_of

if TYPE_CHECKING:
    from harness.aws.stage import Stage

PAGE = 50  # DescribeScalingActivities, MaxResults: "a number between 1 and 50. The default value is 50."
# SageMaker guide, autoscaling prerequisites: no "automatic scaling for burstable instances such as T2".
REFUSED_FAMILIES = ("ml.t2.",)
LAMBDA = "lambda"

T = TypeVar("T")


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
            "DescribeScalableTargets": self._describe_targets,
            "PutScalingPolicy": self._put_policy,
            "DeleteScalingPolicy": self._delete_policy,
            "DescribeScalingPolicies": self._describe_policies,
            "DescribeScalingActivities": self._describe_activities,
            "PutScheduledAction": self._put_scheduled,
            "DeleteScheduledAction": self._delete_scheduled,
        }
        ours = {name: self._for_variants(operation) for name, operation in operations.items()}
        self.handle = JsonOperations(SERVICE, ours, ours=_concerns_us).handle

    def _for_variants(self, operation: Operation) -> Operation:
        """Return *operation* for variants; what else SageMaker and Lambda scale is only stored."""

        async def carry_out(exchange: Exchange, given: Arguments) -> Any:
            if _is_variant(given):
                return await operation(exchange, given)
            if exchange.operation.startswith("Put"):
                return await self._put_uncovered(exchange, given, _why_not_covered(given))
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
        known = self._stage.targets.find(str(given.get("ResourceId")))
        target = _as_aws(target_of, given, known)
        if self._stage.targets.variant_of(target.resource_id) is None:
            raise Refused("ValidationException", f"No variant found for resource ID: {target.resource_id}")
        return target

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

    async def _describe_targets(self, exchange: Exchange, _given: Arguments) -> Reply:
        """Return what the backend has, with the bounds that scheduled actions may have moved since."""
        answer = await self._stage.backend.repeat(exchange)
        if answer.status != 200:
            return answer.as_reply()
        stored = as_json(answer)
        for shown in stored.get("ScalableTargets", []):
            target = self._stage.targets.find(shown["ResourceId"])
            if target is not None:
                shown |= {"MinCapacity": target.min_capacity, "MaxCapacity": target.max_capacity}
        return with_value(answer, stored)

    # -- policies -----

    async def _put_policy(self, exchange: Exchange, given: Arguments) -> Reply:
        resource_id, name = required(given, "ResourceId"), required(given, "PolicyName")
        self._registered(resource_id)
        try:
            policy = self._policy(given, resource_id)
        except NotModelled as error:
            # It may take the place of one that was acted on.
            self._stage.targets.delete_policy(resource_id, name)
            return await self._put_uncovered(exchange, given, error.message)
        answer = await self._stage.backend.repeat(exchange)
        if answer.status != 200:
            return answer.as_reply()
        stored = as_json(answer)
        refusal = self._stage.targets.put_policy(resource_id, policy, stored.get("PolicyARN", ""))
        if refusal is not None:  # the target went away while the backend was asked
            await self._store.forget_policies(exchange, resource_id)
            raise Refused(refusal.code, refusal.message)
        return with_value(answer, stored | {"Alarms": self._stage.targets.alarms_of(resource_id, name)})

    def _policy(self, given: Arguments, resource_id: str) -> Policy:
        """Return the policy that *given* asks for; raise Refused, or NotModelled for one we cannot act on."""
        policy = _as_aws(policy_of, given)
        beside = [
            each
            for each in self._stage.targets.policies_of(resource_id)
            if each.policy_name != policy.policy_name
        ]
        _as_aws(check_together, [*beside, policy])
        if isinstance(policy, TargetTracking) and not self._stage.targets.covers(resource_id, policy.metric):
            metric = policy.metric
            raise NotModelled(
                f"The metric {metric.namespace}/{metric.name} ({metric.statistic}) is none that this stage "
                "publishes of the variant."
            )
        return policy

    async def _put_uncovered(self, exchange: Exchange, given: Arguments, why: str) -> Reply:
        """Let the backend store what the control loop does not act on, and say so."""
        answer = await self._stage.backend.repeat(exchange)
        if answer.status == 200:
            name = given.get("PolicyName") or given.get("ScheduledActionName") or ""
            self._stage.not_covered(str(given.get("ResourceId", "")), name, why)
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

    # -- scheduled actions -----

    async def _put_scheduled(self, exchange: Exchange, given: Arguments) -> Reply:
        action = _as_aws(scheduled_action_of, given)
        resource_id = given["ResourceId"]
        self._registered(resource_id)
        answer = await self._stage.backend.repeat(exchange)
        if answer.status == 200:
            refusal = self._stage.targets.put_scheduled_action(resource_id, action)
            if refusal is not None:  # the target went away while the backend was asked
                await self._store.forget_policies(exchange, resource_id)
                raise Refused(refusal.code, refusal.message)
        return answer.as_reply()

    async def _delete_scheduled(self, exchange: Exchange, given: Arguments) -> Reply:
        resource_id, name = required(given, "ResourceId"), required(given, "ScheduledActionName")
        answer = await self._stage.backend.repeat(exchange)
        if answer.status == 200:
            self._stage.targets.delete_scheduled_action(resource_id, name)
        return answer.as_reply()

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


def _concerns_us(given: Arguments) -> bool:
    """Everything of SageMaker's, and what puts a Lambda alias's scaling in force: it is not covered here."""
    if given.get("ServiceNamespace") == LAMBDA:
        return "PolicyName" in given or "ScheduledActionName" in given
    return bool(given.get("ServiceNamespace") == NAMESPACE)


def _is_variant(given: Arguments) -> bool:
    named = (given["ServiceNamespace"], given.get("ScalableDimension", DIMENSION))
    return named == (NAMESPACE, DIMENSION)


def _why_not_covered(given: Arguments) -> str:
    if given["ServiceNamespace"] == LAMBDA:
        return (
            "Provisioned concurrency is not covered in the live stage; `harness simulate --policy` plays its "
            "scaling in virtual time."
        )
    return f"Only the dimension {DIMENSION} is modelled of what SageMaker scales."


def _as_aws(read: Callable[..., T], *arguments: Any) -> T:
    """Return what *read* makes of a request, its refusal as the answer that AWS gives."""
    try:
        return read(*arguments)
    except RequestRefused as error:
        raise Refused(error.code, error.message) from error


def _reason(reason: NotScaledReason) -> Arguments:
    found = {
        "Code": reason.code,
        "MaxCapacity": reason.max_capacity,
        "MinCapacity": reason.min_capacity,
        "CurrentCapacity": reason.current_capacity,
    }
    return {name: value for name, value in found.items() if value is not None}
