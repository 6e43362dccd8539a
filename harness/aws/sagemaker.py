"""SageMaker's endpoint operations, answered here because no emulator has the life of an endpoint.

Models, endpoint configurations and everything else of SageMaker stay with the backend. Wordings of errors are
AWS's as users have quoted them (docs/decisions/0001-answer-endpoints-ourselves.md).
"""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from harness.aws.aws_json import Arguments, JsonOperations, Refused, offset, required, whole_number
from harness.aws.catalogue import EndpointPlan
from harness.aws.scaling_store import ScalingStore
from harness.aws.tagging import Tags, tags_in
from harness.endpoint.calls import CapacityChange, EndpointView
from harness.endpoint.variant import VariantView
from harness.gateway.chain import Exchange
from harness.refusal import Refusal

if TYPE_CHECKING:
    from harness.aws.stage import Stage

# ListEndpoints, MaxResults: 1 to 100; "the default value is 10".
DEFAULT_PAGE, MOST_A_PAGE = 10, 100

_ORDERS: dict[str, Callable[[EndpointView], Any]] = {
    "Name": lambda view: view.name,
    "CreationTime": lambda view: view.created_at,
    "Status": lambda view: view.status.value,
}


class SageMaker:
    """Answers the control plane of endpoints on *stage*; `tags` holds those of the endpoints by name."""

    def __init__(self, stage: "Stage") -> None:
        self.tags: dict[str, Tags] = {}
        self._stage = stage
        self._store = ScalingStore(stage.backend)
        operations = {
            "CreateEndpoint": self._create,
            "DescribeEndpoint": self._describe,
            "UpdateEndpoint": self._update,
            "UpdateEndpointWeightsAndCapacities": self._update_capacities,
            "DeleteEndpoint": self._delete,
            "ListEndpoints": self._list,
        }
        self.handle = JsonOperations("sagemaker", operations).handle

    # -- what changes them -----

    async def _create(self, exchange: Exchange, given: Arguments) -> Any:
        name, config_name = required(given, "EndpointName"), required(given, "EndpointConfigName")
        self._check_free(name)
        plan = await self._stage.catalogue.plan(exchange, config_name)
        self._check_free(name)  # another caller may have been faster while the backend was asked
        self._accept(name, self._stage.create(name, plan))
        self._note_uncovered(name, plan)
        self.tags[name] = tags_in(given.get("Tags") or [])
        return {"EndpointArn": self._arn(name)}

    async def _update(self, exchange: Exchange, given: Arguments) -> Any:
        name, config_name = required(given, "EndpointName"), required(given, "EndpointConfigName")
        self._existing(name)
        plan = await self._stage.catalogue.plan(exchange, config_name)
        keep = bool(given.get("RetainAllVariantProperties"))
        self._existing(name)
        self._accept(name, self._stage.update(name, plan, keep_capacities=keep))
        self._note_uncovered(name, plan)
        return {"EndpointArn": self._arn(name)}

    async def _update_capacities(self, _exchange: Exchange, given: Arguments) -> Any:
        name = required(given, "EndpointName")
        self._existing(name)
        changes = [_change(entry) for entry in required(given, "DesiredWeightsAndCapacities")]
        self._accept(name, self._stage.change_capacities(name, changes))
        return {"EndpointArn": self._arn(name)}

    async def _delete(self, exchange: Exchange, given: Arguments) -> Any:
        name = required(given, "EndpointName")
        self._existing(name)
        registered = self._stage.targets.of_endpoint(name)
        self._accept(name, self._stage.delete(name))
        self.tags.pop(name, None)
        for resource_id in registered:
            await self._store.forget_target(exchange, resource_id)

    def _note_uncovered(self, name: str, plan: EndpointPlan) -> None:
        for variant in plan.variants:
            if not variant.instance_type:
                self._stage.finding(
                    "serverless-variant-not-covered",
                    "error",
                    f"endpoint/{name}/variant/{variant.name}",
                    f"Variant {variant.name!r} is serverless: its cold starts and its concurrency are not "
                    "modelled, it runs here as one instance, so this run says nothing about it.",
                )

    # -- what shows them -----

    async def _describe(self, _exchange: Exchange, given: Arguments) -> Any:
        name = required(given, "EndpointName")
        view, plan = self._existing(name), self._stage.plan_of(name)
        described = self._summary(view) | {
            "EndpointConfigName": view.config_name,
            "ProductionVariants": [_shown(variant, plan) for variant in view.variants],
        }
        if view.failure_reason:
            described["FailureReason"] = view.failure_reason
        if view.pending_config_name:
            described["PendingDeploymentSummary"] = {
                "EndpointConfigName": view.pending_config_name,
                "StartTime": self._epoch(view.modified_at),
            }
        return described

    async def _list(self, _exchange: Exchange, given: Arguments) -> Any:
        shown = [view for view in self._stage.views() if self._matches(view, given)]
        order = _ORDERS.get(given.get("SortBy", "CreationTime"), _ORDERS["CreationTime"])
        shown.sort(key=order, reverse=given.get("SortOrder", "Descending") == "Descending")
        page = whole_number(given, "MaxResults", least=1, most=MOST_A_PAGE, otherwise=DEFAULT_PAGE)
        start = offset(given.get("NextToken"))
        answer: Arguments = {"Endpoints": [self._summary(view) for view in shown[start : start + page]]}
        if start + page < len(shown):
            answer["NextToken"] = str(start + page)
        return answer

    def _matches(self, view: EndpointView, given: Arguments) -> bool:
        return (
            given.get("NameContains", "").lower() in view.name.lower()
            and given.get("StatusEquals", view.status.value) == view.status.value
            and _between(self._epoch(view.created_at), given, "CreationTime")
            and _between(self._epoch(view.modified_at), given, "LastModifiedTime")
        )

    def _summary(self, view: EndpointView) -> Arguments:
        return {
            "EndpointName": view.name,
            "EndpointArn": self._arn(view.name),
            "EndpointStatus": view.status.value,
            "CreationTime": self._epoch(view.created_at),
            "LastModifiedTime": self._epoch(view.modified_at),
        }

    # -- small ones -----

    def _check_free(self, name: str) -> None:
        if self._stage.view(name) is not None:
            raise Refused(
                "ValidationException", f'Cannot create already existing endpoint "{self._arn(name)}".'
            )

    def _existing(self, name: str) -> EndpointView:
        view = self._stage.view(name)
        if view is None:
            raise Refused("ValidationException", f'Could not find endpoint "{self._arn(name)}".')
        return view

    def _accept(self, name: str, refusal: Refusal | None) -> None:
        if refusal is not None:
            # The model knows no ARNs; AWS puts one where it has the name.
            raise Refused(refusal.code, refusal.message.replace(f'"{name}"', f'"{self._arn(name)}"'))

    def _arn(self, name: str) -> str:
        # SageMaker shows names in small letters in ARNs, as the original pipeline's output does.
        return f"arn:aws:sagemaker:{self._stage.region}:{self._stage.account}:endpoint/{name.lower()}"

    def _epoch(self, at: float) -> float:
        return self._stage.clock.epoch_s(at)


def _change(entry: Arguments) -> CapacityChange:
    count = entry.get("DesiredInstanceCount")
    weight = entry.get("DesiredWeight")
    if weight is not None and not (isinstance(weight, int | float) and weight >= 0):
        raise Refused(
            "ValidationException", f"DesiredWeight is {weight!r:.40}; it must be a number of 0 or more."
        )
    if count is not None and not isinstance(count, int):
        raise Refused(
            "SerializationException", f"DesiredInstanceCount must be a whole number, not {count!r:.40}"
        )
    return CapacityChange(required(entry, "VariantName"), count, weight)


def _shown(variant: VariantView, plan: EndpointPlan | None) -> Arguments:
    """Return *variant* as DescribeEndpoint has it; its images are those of what it serves."""
    images = (
        [each.image for each in plan.variants if each.name == variant.name and each.image] if plan else []
    )
    return {
        "VariantName": variant.name,
        "DeployedImages": [{"SpecifiedImage": image, "ResolvedImage": image} for image in images],
        "CurrentWeight": variant.current_weight,
        "DesiredWeight": variant.desired_weight,
        "CurrentInstanceCount": variant.current_count,
        "DesiredInstanceCount": variant.desired_count,
    }


def _between(moment: float, given: Arguments, name: str) -> bool:
    """Return whether *moment* is within the filters NameAfter and NameBefore of ListEndpoints."""
    after, before = given.get(f"{name}After"), given.get(f"{name}Before")
    return (after is None or _epoch_of(after) <= moment) and (before is None or moment <= _epoch_of(before))


def _epoch_of(moment: Any) -> float:
    """Return *moment* (epoch seconds, or ISO text as some clients send it) in epoch seconds."""
    try:
        return (
            float(moment) if isinstance(moment, int | float) else datetime.fromisoformat(moment).timestamp()
        )
    except (TypeError, ValueError) as error:
        raise Refused("SerializationException", f"{moment!r:.40} is no moment") from error
