"""What the backend stores of scaling, kept in step where it would not do so by itself.

On AWS a scalable target takes its policies and scheduled actions with it (DeregisterScalableTarget, API
reference), and an endpoint its scalable targets (SageMaker guide, "Update or delete endpoints that use
automatic scaling").
"""

from typing import Any

from harness.aws.backend_calls import BackendCalls, as_json
from harness.gateway.chain import Exchange

SERVICE = "application-autoscaling"
NAMESPACE, DIMENSION = "sagemaker", "sagemaker:variant:DesiredInstanceCount"


class ScalingStore:
    """Removes from the backend what has gone with something else."""

    def __init__(self, backend: BackendCalls) -> None:
        self._backend = backend

    async def forget_target(self, exchange: Exchange, resource_id: str) -> None:
        """Deregister *resource_id* with all that hangs on it; nothing happens when it is not registered."""
        await self.forget_policies(exchange, resource_id)
        await self._backend.ask(exchange, SERVICE, "DeregisterScalableTarget", _target(resource_id))

    async def forget_policies(self, exchange: Exchange, resource_id: str) -> None:
        """Delete the policies and scheduled actions of *resource_id*."""
        for policy in await self._list(exchange, "DescribeScalingPolicies", "ScalingPolicies", resource_id):
            given = _target(resource_id) | {"PolicyName": policy["PolicyName"]}
            await self._backend.ask(exchange, SERVICE, "DeleteScalingPolicy", given)
        for action in await self._list(exchange, "DescribeScheduledActions", "ScheduledActions", resource_id):
            given = _target(resource_id) | {"ScheduledActionName": action["ScheduledActionName"]}
            await self._backend.ask(exchange, SERVICE, "DeleteScheduledAction", given)

    async def _list(
        self, exchange: Exchange, operation: str, member: str, resource_id: str
    ) -> list[dict[str, Any]]:
        answer = await self._backend.ask(exchange, SERVICE, operation, _target(resource_id))
        found: list[dict[str, Any]] = as_json(answer).get(member, []) if answer.status == 200 else []
        return [each for each in found if each.get("ResourceId") == resource_id]


def _target(resource_id: str) -> dict[str, Any]:
    return {"ServiceNamespace": NAMESPACE, "ResourceId": resource_id, "ScalableDimension": DIMENSION}
