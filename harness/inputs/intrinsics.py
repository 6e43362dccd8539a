"""What a simulation calls the resources of a template: their own names where they have one, else logical ids.

Nothing is deployed, so that no name has to be drawn; a report then shows the names of the template.
"""

from collections.abc import Mapping
from typing import Any

from harness.templates.functions import Unresolved
from harness.templates.intrinsics import NO_VALUE
from harness.templates.intrinsics import Intrinsics as TemplateIntrinsics
from harness.templates.place import Place

__all__ = ["Intrinsics", "Unresolved", "policy_arn"]

REGION, ACCOUNT, STACK = "us-east-1", "123456789012", "stack"


class Intrinsics(TemplateIntrinsics):
    """Resolves values of one *template* with *parameters* in place of the defaults."""

    def __init__(self, template: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        pseudo = Place(STACK, REGION, ACCOUNT).pseudo_parameters()
        super().__init__(template, _values(template, parameters), self, pseudo)

    def ref(self, logical_id: str) -> Any:
        """Return what Ref gives for a resource: a name, an ARN, or for a target its three parts."""
        kind, properties = self._declared(logical_id)
        own = NAMES.get(kind)
        called = self._called(logical_id, kind, properties)
        if kind == "AWS::ApplicationAutoScaling::ScalableTarget":
            parts = ("ResourceId", "ScalableDimension", "ServiceNamespace")
            return "|".join(str(self.resolve(properties.get(part, ""))) for part in parts)
        if kind == "AWS::ApplicationAutoScaling::ScalingPolicy":
            return policy_arn(called)
        if kind.startswith("AWS::SageMaker::") and own:
            return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{own[1]}/{called}"
        return called

    def attribute(self, logical_id: str, attribute: str) -> Any:
        """Return an attribute of a resource; raise Unresolved where only a deployed stack knows it."""
        kind, properties = self._declared(logical_id)
        if attribute in properties:
            return self.resolve(properties[attribute])
        called = self._called(logical_id, kind, properties)
        if attribute == NAMES.get(kind, ("",))[0]:
            return called
        if attribute == "Arn" and kind == "AWS::ApplicationAutoScaling::ScalingPolicy":
            return policy_arn(called)
        if attribute == "Id" and kind == "AWS::ApplicationAutoScaling::ScalableTarget":
            return self.ref(logical_id)
        if attribute.endswith("Arn") or attribute == "Alias":
            return f"arn:aws:{kind.split('::')[1].lower()}:{REGION}:{ACCOUNT}:{called}"
        raise Unresolved(f"{logical_id}.{attribute} is known only once the stack is deployed")

    def _declared(self, logical_id: str) -> tuple[str, Mapping[str, Any]]:
        found = self.section("Resources")[logical_id]
        properties = found.get("Properties")
        return str(found.get("Type", "")), properties if isinstance(properties, Mapping) else {}

    def _called(self, logical_id: str, kind: str, properties: Mapping[str, Any]) -> str:
        own = properties.get(NAMES.get(kind, ("",))[0])
        resolved = NO_VALUE if own is None else self.resolve(own)
        return logical_id if resolved is NO_VALUE else str(resolved)


# The property that names a resource, and what an ARN calls its kind.
NAMES = {
    "AWS::SageMaker::Endpoint": ("EndpointName", "endpoint"),
    "AWS::SageMaker::EndpointConfig": ("EndpointConfigName", "endpoint-config"),
    "AWS::SageMaker::Model": ("ModelName", "model"),
    "AWS::ApplicationAutoScaling::ScalingPolicy": ("PolicyName", "scalingPolicy"),
    "AWS::CloudWatch::Alarm": ("AlarmName", "alarm"),
    "AWS::Lambda::Function": ("FunctionName", "function"),
    "AWS::Lambda::Alias": ("Name", "alias"),
    "AWS::SNS::Topic": ("TopicName", "topic"),
}


def policy_arn(name: str) -> str:
    """Return an ARN for the scaling policy *name*, of the form that alarms name policies by."""
    return f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:scalingPolicy:0:resource/any:policyName/{name}"


def _values(template: Mapping[str, Any], given: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of the parameters that have one; the others matter only where they are used."""
    declared = template.get("Parameters")
    found: dict[str, Any] = {}
    for name, about in (declared if isinstance(declared, Mapping) else {}).items():
        has_default = isinstance(about, Mapping) and "Default" in about
        if name in given or has_default:
            value: Any = given[name] if name in given else about["Default"]
            kind = str(about.get("Type", "")) if isinstance(about, Mapping) else ""
            is_list = kind == "CommaDelimitedList" or kind.startswith("List<")
            found[name] = [each.strip() for each in str(value).split(",")] if is_list else value
    return found
