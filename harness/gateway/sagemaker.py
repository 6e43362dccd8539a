"""SageMaker's endpoint operations, answered here because no emulator has their life: Creating, Updating, Failed.

Models, endpoint configurations and everything else of SageMaker stay with the backend; only what an emulator
would refuse without AWS refusing it (an instance type) is carried over for it. Wordings of errors are AWS's as
users have quoted them (docs/decisions/0001-answer-endpoints-ourselves.md).
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from harness.endpoint.calls import CapacityChange, EndpointView, Refusal
from harness.gateway.chain import Exchange, ReadBody, Reply
from harness.gateway.chain import Outcome as Answer
from harness.gateway.aws_json import Refused, arguments, json_refusal, json_reply, required

if TYPE_CHECKING:
    from harness.gateway.stage import Stage

BODY_LIMIT_BYTES = 1024 * 1024
DEFAULT_PAGE = 10  # ListEndpoints, MaxResults: "The maximum number of endpoints to return in the response. ... default 10"
MOST_A_PAGE = 100

Operation = Callable[[Exchange, dict[str, Any]], Awaitable[Any]]


class SageMaker:
    """Answers the control plane of endpoints on *stage*."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage
        self._tags: dict[str, dict[str, str]] = {}
        self._operations: dict[str, Operation] = {
            "CreateEndpoint": self._create,
            "DescribeEndpoint": self._describe,
            "UpdateEndpoint": self._update,
            "UpdateEndpointWeightsAndCapacities": self._update_capacities,
            "DeleteEndpoint": self._delete,
            "ListEndpoints": self._list,
        }
        self._tagging: dict[str, Operation] = {
            "AddTags": self._add_tags,
            "ListTags": self._list_tags,
            "DeleteTags": self._delete_tags,
        }
        too_large = json_refusal(Refused("ValidationException", "The request body is too large.", 413))
        self._read = ReadBody(self._answer, BODY_LIMIT_BYTES, too_large)

    def handle(self, exchange: Exchange) -> Answer:
        """Return what to do with *exchange*: read its body when its operation is one of ours."""
        known = exchange.operation in self._operations or exchange.operation in self._tagging
        return self._read if known and exchange.service == "sagemaker" else None

    def _answer(self, exchange: Exchange) -> Answer:
        try:
            given = arguments(exchange)
        except Refused as error:
            return _refuse(exchange, error)
        if exchange.operation in self._tagging:
            if ":endpoint/" not in str(given.get("ResourceArn", "")):
                return None
            return self._carry_out(exchange, self._tagging[exchange.operation], given)
        return self._carry_out(exchange, self._operations[exchange.operation], given)

    async def _carry_out(self, exchange: Exchange, operation: Operation, given: dict[str, Any]) -> Reply:
        try:
            return json_reply(await operation(exchange, given))
        except Refused as error:
            return _refuse(exchange, error)

    # -- endpoints --------------------------------------------------------------------------------------------

    async def _create(self, exchange: Exchange, given: dict[str, Any]) -> Any:
        name, config_name = required(given, "EndpointName"), required(given, "EndpointConfigName")
        if self._stage.view(name) is not None:
            raise Refused("ValidationException", f'Cannot create already existing endpoint "{self._arn(name)}".')
        plan = await self._stage.catalogue.plan(exchange, config_name, name)
        if self._stage.view(name) is not None:  # another caller was faster while the backend was asked
            raise Refused("ValidationException", f'Cannot create already existing endpoint "{self._arn(name)}".')
        _accept(self._stage.create(name, plan))
        self._tags[self._arn(name)] = {tag["Key"]: tag["Value"] for tag in given.get("Tags") or []}
        return {"EndpointArn": self._arn(name)}

    async def _update(self, exchange: Exchange, given: dict[str, Any]) -> Any:
        name, config_name = required(given, "EndpointName"), required(given, "EndpointConfigName")
        self._existing(name)
        plan = await self._stage.catalogue.plan(exchange, config_name, name)
        self._existing(name)
        _accept(self._stage.update(name, plan, keep_capacities=bool(given.get("RetainAllVariantProperties"))))
        return {"EndpointArn": self._arn(name)}

    async def _update_capacities(self, _exchange: Exchange, given: dict[str, Any]) -> Any:
        name = required(given, "EndpointName")
        self._existing(name)
        changes = [
            CapacityChange(required(entry, "VariantName"), entry.get("DesiredInstanceCount"), entry.get("DesiredWeight"))
            for entry in required(given, "DesiredWeightsAndCapacities")
        ]
        _accept(self._stage.change_capacities(name, changes))
        return {"EndpointArn": self._arn(name)}

    async def _delete(self, _exchange: Exchange, given: dict[str, Any]) -> Any:
        name = required(given, "EndpointName")
        self._existing(name)
        _accept(self._stage.delete(name))
        self._tags.pop(self._arn(name), None)

    async def _describe(self, _exchange: Exchange, given: dict[str, Any]) -> Any:
        view = self._existing(required(given, "EndpointName"))
        described = {
            "EndpointName": view.name,
            "EndpointArn": self._arn(view.name),
            "EndpointConfigName": view.config_name,
            "EndpointStatus": view.status.value,
            "CreationTime": self._epoch(view.created_at),
            "LastModifiedTime": self._epoch(view.modified_at),
            "ProductionVariants": [
                {
                    "VariantName": variant.name,
                    "DeployedImages": self._stage.catalogue.images(view.name, variant.name),
                    "CurrentWeight": variant.current_weight,
                    "DesiredWeight": variant.desired_weight,
                    "CurrentInstanceCount": variant.current_count,
                    "DesiredInstanceCount": variant.desired_count,
                }
                for variant in view.variants
            ],
        }
        if view.failure_reason:
            described["FailureReason"] = view.failure_reason
        return described

    async def _list(self, _exchange: Exchange, given: dict[str, Any]) -> Any:
        shown = [view for view in self._stage.views() if self._matches(view, given)]
        key = {"Name": lambda v: v.name, "Status": lambda v: v.status.value}.get(
            given.get("SortBy", "CreationTime"), lambda v: v.created_at
        )
        shown.sort(key=key, reverse=given.get("SortOrder", "Descending") == "Descending")
        page = min(int(given.get("MaxResults") or DEFAULT_PAGE), MOST_A_PAGE)
        start = _offset(given.get("NextToken"))
        answer: dict[str, Any] = {"Endpoints": [self._summary(view) for view in shown[start : start + page]]}
        if start + page < len(shown):
            answer["NextToken"] = str(start + page)
        return answer

    def _matches(self, view: EndpointView, given: dict[str, Any]) -> bool:
        created, modified = self._epoch(view.created_at), self._epoch(view.modified_at)
        return (
            given.get("NameContains", "") in view.name
            and given.get("StatusEquals", view.status.value) == view.status.value
            and _epoch_of(given.get("CreationTimeAfter"), created) <= created <= _epoch_of(given.get("CreationTimeBefore"), created)
            and _epoch_of(given.get("LastModifiedTimeAfter"), modified)
            <= modified
            <= _epoch_of(given.get("LastModifiedTimeBefore"), modified)
        )

    def _summary(self, view: EndpointView) -> dict[str, Any]:
        return {
            "EndpointName": view.name,
            "EndpointArn": self._arn(view.name),
            "EndpointStatus": view.status.value,
            "CreationTime": self._epoch(view.created_at),
            "LastModifiedTime": self._epoch(view.modified_at),
        }

    # -- tags -------------------------------------------------------------------------------------------------

    async def _add_tags(self, _exchange: Exchange, given: dict[str, Any]) -> Any:
        tags = self._tags_of(given)
        tags.update({tag["Key"]: tag["Value"] for tag in given.get("Tags") or []})
        return {"Tags": _as_list(tags)}

    async def _list_tags(self, _exchange: Exchange, given: dict[str, Any]) -> Any:
        return {"Tags": _as_list(self._tags_of(given))}

    async def _delete_tags(self, _exchange: Exchange, given: dict[str, Any]) -> Any:
        tags = self._tags_of(given)
        for key in given.get("TagKeys") or []:
            tags.pop(key, None)
        return {}

    def _tags_of(self, given: dict[str, Any]) -> dict[str, str]:
        arn = str(given["ResourceArn"])
        self._existing(arn.rpartition("/")[2])
        return self._tags.setdefault(arn, {})

    # -- small ones -------------------------------------------------------------------------------------------

    def _existing(self, name: str) -> EndpointView:
        view = self._stage.view(name)
        if view is None:
            raise Refused("ValidationException", f'Could not find endpoint "{self._arn(name)}".')
        return view

    def _arn(self, name: str) -> str:
        # SageMaker lower-cases names in ARNs, as the original pipeline's output shows.
        return f"arn:aws:sagemaker:{self._stage.region}:{self._stage.account}:endpoint/{name.lower()}"

    def _epoch(self, at: float) -> float:
        return self._stage.clock.epoch_s(at)


def _refuse(exchange: Exchange, error: Refused) -> Reply:
    exchange.error = error.code
    return json_refusal(error)


def _accept(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise Refused(refusal.code, refusal.message)


def _as_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _offset(token: str | None) -> int:
    if token is None:
        return 0
    if not token.isdigit():
        raise Refused("ValidationException", "The NextToken is not one that ListEndpoints gave.")
    return int(token)


def _epoch_of(moment: Any, otherwise: float) -> float:
    """Return *moment* (epoch seconds, or ISO text as some clients send it) in epoch seconds, *otherwise* when absent."""
    if moment is None:
        return otherwise
    return float(moment) if isinstance(moment, int | float) else datetime.fromisoformat(str(moment)).timestamp()


