"""Application Auto Scaling for endpoint variants: the backend stores what it is told, the control loop acts on it.

Targets of other services pass by untouched. DescribeScalingActivities is answered here, since no emulator has it.
"""

from typing import TYPE_CHECKING, Any

import orjson

from harness import journal
from harness.endpoint.activities import ScalingActivity
from harness.endpoint.capacity import is_burstable
from harness.endpoint.policies import DEFAULT_COOLDOWN_S, INVOCATIONS_PER_INSTANCE, ScalableTarget, TargetTracking
from harness.gateway.chain import Exchange, ReadBody, Reply
from harness.gateway.chain import Outcome as Answer
from harness.gateway.aws_json import Refused, arguments, json_refusal, json_reply, required

if TYPE_CHECKING:
    from harness.gateway.stage import Stage

BODY_LIMIT_BYTES = 1024 * 1024
NAMESPACE, DIMENSION = "sagemaker", "sagemaker:variant:DesiredInstanceCount"
DEFAULT_PAGE = 50  # DescribeScalingActivities, MaxResults: 1 to 50, default 50
# SageMaker guide, autoscaling prerequisites: "does not support automatic scaling for burstable instances such as T2".
REFUSED_FAMILIES = ("ml.t2.",)


class AutoScaling:
    """Answers what concerns endpoint variants on *stage*; everything else goes on to the backend."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage
        self._operations = {
            "RegisterScalableTarget": self._register,
            "DeregisterScalableTarget": self._deregister,
            "PutScalingPolicy": self._put_policy,
            "DeleteScalingPolicy": self._delete_policy,
            "DescribeScalingPolicies": self._describe_policies,
            "DescribeScalingActivities": self._describe_activities,
        }
        too_large = json_refusal(Refused("ValidationException", "The request body is too large.", 413))
        self._read = ReadBody(self._answer, BODY_LIMIT_BYTES, too_large)

    def handle(self, exchange: Exchange) -> Answer:
        """Return what to do with *exchange*: read its body when its operation may concern a variant."""
        ours = exchange.service == "application-autoscaling" and exchange.operation in self._operations
        return self._read if ours else None

    def _answer(self, exchange: Exchange) -> Answer:
        try:
            given = arguments(exchange)
        except Refused as error:
            return json_refusal(error)
        if given.get("ServiceNamespace") != NAMESPACE or given.get("ScalableDimension", DIMENSION) != DIMENSION:
            return None
        return self._carry_out(exchange, given)

    async def _carry_out(self, exchange: Exchange, given: dict[str, Any]) -> Reply:
        try:
            return await self._operations[exchange.operation](exchange, given)
        except Refused as error:
            exchange.error = error.code
            return json_refusal(error)

    async def _backend(self, exchange: Exchange) -> Reply:
        answer = await self._stage.fetcher.fetch_exchange(self._stage.route("application-autoscaling"), exchange)
        return answer.as_reply()

    # -- targets ----------------------------------------------------------------------------------------------

    async def _register(self, exchange: Exchange, given: dict[str, Any]) -> Reply:
        target = self._target(given)
        self._check_burstable(target.resource_id)
        reply = await self._backend(exchange)
        if reply.status == 200:
            self._stage.register(target)
        return reply

    def _target(self, given: dict[str, Any]) -> ScalableTarget:
        """Return the target as it will be; what a second registration leaves out stays as it was."""
        resource_id = required(given, "ResourceId")
        known = self._stage.target(resource_id)
        if self._stage.variant_of(resource_id) is None:
            raise Refused("ValidationException", f"Could not find the endpoint variant of resource ID {resource_id}.")
        least = given.get("MinCapacity", known.min_capacity if known else None)
        most = given.get("MaxCapacity", known.max_capacity if known else None)
        if least is None or most is None:
            raise Refused("ValidationException", "MinCapacity and MaxCapacity are required to register a new scalable target.")
        if least < 1:
            # SageMaker guide, "Register a model": a variant's minimum is at least 1.
            raise Refused("ValidationException", f"Minimum capacity of {resource_id} cannot be less than 1.")
        if most < least:
            raise Refused("ValidationException", "Maximum capacity cannot be less than minimum capacity.")
        suspended = given.get("SuspendedState") or {}
        return ScalableTarget(
            resource_id=resource_id,
            min_capacity=int(least),
            max_capacity=int(most),
            suspended_in=suspended.get("DynamicScalingInSuspended", known.suspended_in if known else False),
            suspended_out=suspended.get("DynamicScalingOutSuspended", known.suspended_out if known else False),
            suspended_scheduled=suspended.get(
                "ScheduledScalingSuspended", known.suspended_scheduled if known else False
            ),
        )

    def _check_burstable(self, resource_id: str) -> None:
        variant = self._stage.variant_of(resource_id)
        if variant is None or not is_burstable(variant.instance_type):
            return
        if variant.instance_type.startswith(REFUSED_FAMILIES):
            raise Refused(
                "ValidationException",
                f"Automatic scaling is not supported for burstable instances such as {variant.instance_type}.",
            )
        self._stage.record(
            journal.Finding(
                self._stage.now(),
                "burstable-instance-scaled",
                "warning",
                resource_id,
                f"{variant.instance_type} is burstable: SageMaker refuses to scale burstable types 'such as T2', and "
                "does not say whether T3 is one of them. It was accepted here; choose ml.m5 or ml.c5 to be safe.",
                "Amazon SageMaker Developer Guide, Automatic scaling prerequisites",
            )
        )

    async def _deregister(self, exchange: Exchange, given: dict[str, Any]) -> Reply:
        resource_id = required(given, "ResourceId")
        self._registered(resource_id)
        reply = await self._backend(exchange)
        if reply.status == 200:
            self._stage.deregister(resource_id)
        return reply

    def _registered(self, resource_id: str) -> ScalableTarget:
        target = self._stage.target(resource_id)
        if target is None:
            raise Refused(
                "ObjectNotFoundException",
                f"No scalable target found for service namespace: {NAMESPACE}, resource ID: {resource_id}, "
                f"scalable dimension: {DIMENSION}",
            )
        return target

    # -- policies ---------------------------------------------------------------------------------------------

    async def _put_policy(self, exchange: Exchange, given: dict[str, Any]) -> Reply:
        resource_id, name = required(given, "ResourceId"), required(given, "PolicyName")
        self._registered(resource_id)
        policy = self._policy(given, name)
        reply = await self._backend(exchange)
        if reply.status != 200:
            return reply
        stored = orjson.loads(reply.body)
        if policy is None:
            self._not_acted_on(resource_id, name)
            return reply
        self._stage.put_policy(resource_id, policy, stored.get("PolicyARN", ""))
        stored["Alarms"] = self._stage.alarms_of(resource_id, name)
        return json_reply(stored)

    def _policy(self, given: dict[str, Any], name: str) -> TargetTracking | None:
        """Return the policy, or None for a kind that is stored but not acted on."""
        if given.get("PolicyType", "TargetTrackingScaling") != "TargetTrackingScaling":
            return None
        wanted = given.get("TargetTrackingScalingPolicyConfiguration")
        if not wanted:
            raise Refused("ValidationException", "TargetTrackingScalingPolicyConfiguration is required for the policy type.")
        target_value = wanted.get("TargetValue")
        if not isinstance(target_value, int | float) or not target_value > 0:
            raise Refused("ValidationException", "TargetValue must be a number greater than 0.")
        metric = (wanted.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType")
        if metric != INVOCATIONS_PER_INSTANCE:
            return None
        return TargetTracking(
            policy_name=name,
            target_value=float(target_value),
            metric=metric,
            scale_in_cooldown_s=float(wanted.get("ScaleInCooldown", DEFAULT_COOLDOWN_S)),
            scale_out_cooldown_s=float(wanted.get("ScaleOutCooldown", DEFAULT_COOLDOWN_S)),
            disable_scale_in=bool(wanted.get("DisableScaleIn", False)),
        )

    def _not_acted_on(self, resource_id: str, name: str) -> None:
        self._stage.record(
            journal.Finding(
                self._stage.now(),
                "scaling-policy-not-covered",
                "error",
                resource_id,
                f"Policy {name!r} is stored but not acted on: only target tracking on {INVOCATIONS_PER_INSTANCE} is "
                "modelled so far, so this run says nothing about it.",
                "",
            )
        )

    async def _delete_policy(self, exchange: Exchange, given: dict[str, Any]) -> Reply:
        reply = await self._backend(exchange)
        if reply.status == 200:
            self._stage.delete_policy(required(given, "ResourceId"), required(given, "PolicyName"))
        return reply

    async def _describe_policies(self, exchange: Exchange, _given: dict[str, Any]) -> Reply:
        reply = await self._backend(exchange)
        if reply.status != 200:
            return reply
        stored = orjson.loads(reply.body)
        for policy in stored.get("ScalingPolicies", []):
            policy["Alarms"] = self._stage.alarms_of(policy["ResourceId"], policy["PolicyName"])
        return Reply(200, orjson.dumps(stored), reply.headers)

    # -- activities -------------------------------------------------------------------------------------------

    async def _describe_activities(self, _exchange: Exchange, given: dict[str, Any]) -> Reply:
        wanted = given.get("ResourceId")
        also_not_scaled = bool(given.get("IncludeNotScaledActivities", False))
        shown = [
            activity
            for activity in self._stage.activities()
            if wanted in (None, activity.resource_id) and (activity.is_scaled or also_not_scaled)
        ]
        shown.sort(key=lambda activity: activity.started_at, reverse=True)
        page = min(int(given.get("MaxResults") or DEFAULT_PAGE), DEFAULT_PAGE)
        token = given.get("NextToken")
        if token is not None and not str(token).isdigit():
            raise Refused("InvalidNextTokenException", "The NextToken is not one that this operation gave.")
        start = int(token or 0)
        answer: dict[str, Any] = {"ScalingActivities": [self._shown(a) for a in shown[start : start + page]]}
        if start + page < len(shown):
            answer["NextToken"] = str(start + page)
        return json_reply(answer)

    def _shown(self, activity: ScalingActivity) -> dict[str, Any]:
        shown: dict[str, Any] = {
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
            shown["NotScaledReasons"] = [
                {
                    key: value
                    for key, value in (
                        ("Code", reason.code),
                        ("MaxCapacity", reason.max_capacity),
                        ("MinCapacity", reason.min_capacity),
                        ("CurrentCapacity", reason.current_capacity),
                    )
                    if value is not None
                }
                for reason in activity.not_scaled_reasons
            ]
        return shown
