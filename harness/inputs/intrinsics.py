"""Intrinsic functions of CloudFormation, worked out without deploying anything.

Ref, Fn::Sub, Fn::GetAtt, Fn::Join, Fn::Select, Fn::Split, Fn::FindInMap, Fn::If with the conditions, and the
pseudo parameters of a made-up stack. A parameter has its default unless a value is given. What only a
deployed stack knows (Fn::ImportValue, a custom resource) is refused where it is needed.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

Value = TypeVar("Value")

REGION, ACCOUNT, STACK = "us-east-1", "123456789012", "stack"
PSEUDO = {
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::URLSuffix": "amazonaws.com",
    "AWS::StackName": STACK,
    "AWS::StackId": f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{STACK}/0",
    "AWS::NotificationARNs": [],
}
NO_VALUE = object()
"""What AWS::NoValue becomes: the member that has it is left out."""

_PLACE = re.compile(r"\$\{(!?)([^}]*)\}")
_DEPTH = 60


class Unresolved(Exception):
    """A value that cannot be known from the template alone; the message says which and why."""


class Intrinsics:
    """Resolves values of one *template* with *parameters* in place of the defaults."""

    def __init__(self, template: Mapping[str, Any], parameters: Mapping[str, str]) -> None:
        self._template = template
        self._given = parameters
        self._depth = 0

    def resolve(self, value: Any) -> Any:
        """Return *value* with every function in it worked out; raise Unresolved."""
        return self._deeper(self._resolve, value)

    def holds(self, name: Any) -> bool:
        """Return whether the condition *name* is true."""
        conditions = self._section("Conditions")
        if not isinstance(name, str) or name not in conditions:
            raise Unresolved(f"there is no condition {name!r}")
        return self._deeper(self._truth, conditions[name])

    def _deeper(self, work: Callable[[Any], Value], value: Any) -> Value:
        self._depth += 1
        try:
            if self._depth > _DEPTH:
                raise Unresolved("its references go round in a circle")
            return work(value)
        except (TypeError, ValueError, AttributeError) as error:
            raise Unresolved(f"{value!r:.60} is not what the function takes") from error
        finally:
            self._depth -= 1

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            return [each for each in map(self.resolve, value) if each is not NO_VALUE]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            function = getattr(self, _FUNCTIONS.get(name, ""), None)
            if function is not None:
                return function(argument)
            if name.startswith("Fn::"):
                raise Unresolved(f"{name} cannot be worked out here")
        resolved = {name: self.resolve(each) for name, each in value.items()}
        return {name: each for name, each in resolved.items() if each is not NO_VALUE}

    # -- references -----

    def _ref(self, name: Any) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if isinstance(name, str) and name in PSEUDO:
            return PSEUDO[name]
        if isinstance(name, str) and name in self._section("Parameters"):
            return self._parameter(name)
        return self._reference(name)

    def _parameter(self, name: str) -> Any:
        declared = self._section("Parameters")[name]
        kind = str(declared.get("Type", "")) if isinstance(declared, Mapping) else ""
        if name in self._given:
            value: Any = self._given[name]
        elif isinstance(declared, Mapping) and "Default" in declared:
            value = declared["Default"]
        else:
            raise Unresolved(f"the parameter {name} has no default; give it a value")
        if kind == "CommaDelimitedList" or kind.startswith("List<"):
            return [each.strip() for each in str(value).split(",")]
        return value

    def _reference(self, name: Any) -> str:
        """Return what Ref gives for a resource: a name, an ARN, or for a target its three parts."""
        kind, properties = self._resource(name)
        own = NAMES.get(kind)
        called = self._named(name, kind, properties)
        if kind == "AWS::ApplicationAutoScaling::ScalableTarget":
            parts = ("ResourceId", "ScalableDimension", "ServiceNamespace")
            return "|".join(str(self.resolve(properties.get(part, ""))) for part in parts)
        if kind == "AWS::ApplicationAutoScaling::ScalingPolicy":
            return policy_arn(called)
        if kind.startswith("AWS::SageMaker::") and own:
            return f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:{own[1]}/{called}"
        return called

    def _attribute(self, argument: Any) -> Any:
        parts = (
            argument.split(".", 1) if isinstance(argument, str) else [self.resolve(each) for each in argument]
        )
        if len(parts) != 2:
            raise Unresolved(f"Fn::GetAtt {argument!r} does not name a resource and an attribute")
        name, attribute = parts
        kind, properties = self._resource(name)
        if attribute in properties:
            return self.resolve(properties[attribute])
        called = self._named(name, kind, properties)
        if attribute == NAMES.get(kind, ("",))[0]:
            return called
        if attribute == "Arn" and kind == "AWS::ApplicationAutoScaling::ScalingPolicy":
            return policy_arn(called)
        if attribute == "Id" and kind == "AWS::ApplicationAutoScaling::ScalableTarget":
            return self._reference(name)
        if attribute.endswith("Arn") or attribute == "Alias":
            return f"arn:aws:{kind.split('::')[1].lower()}:{REGION}:{ACCOUNT}:{called}"
        raise Unresolved(f"{name}.{attribute} is known only once the stack is deployed")

    def _resource(self, name: Any) -> tuple[str, Mapping[str, Any]]:
        found = self._section("Resources").get(name) if isinstance(name, str) else None
        if not isinstance(found, Mapping):
            raise Unresolved(f"there is no parameter or resource {name!r}")
        properties = found.get("Properties")
        return str(found.get("Type", "")), properties if isinstance(properties, Mapping) else {}

    def _named(self, name: str, kind: str, properties: Mapping[str, Any]) -> str:
        """Return the name a resource gets: its own where it has one, else its logical id."""
        own = properties.get(NAMES.get(kind, ("",))[0])
        resolved = NO_VALUE if own is None else self.resolve(own)
        return name if resolved is NO_VALUE else str(resolved)

    def _section(self, name: str) -> Mapping[str, Any]:
        found = self._template.get(name)
        return found if isinstance(found, Mapping) else {}

    # -- texts and lists -----

    def _sub(self, argument: Any) -> str:
        text, values = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
        if not isinstance(text, str) or not isinstance(values, Mapping):
            raise Unresolved("Fn::Sub takes a text, or a text and its values")

        def put_in(place: re.Match[str]) -> str:
            literal, name = place.groups()
            name = name.strip()
            if literal:
                return "${" + name + "}"
            if name in values:
                return str(self.resolve(values[name]))
            return str(self._attribute(name) if "." in name else self._ref(name))

        return _PLACE.sub(put_in, text)

    def _join(self, argument: Any) -> str:
        separator, items = self._pair(argument, "Fn::Join")
        items = self.resolve(items)
        if not isinstance(items, list):
            raise Unresolved("Fn::Join takes a separator and a list")
        return str(separator).join(map(str, items))

    def _select(self, argument: Any) -> Any:
        index, items = self._pair(argument, "Fn::Select")
        index, items = self.resolve(index), self.resolve(items)
        if not isinstance(items, list) or not str(index).isdecimal() or int(index) >= len(items):
            raise Unresolved(f"Fn::Select has no item {index!r}")
        return items[int(index)]

    def _split(self, argument: Any) -> list[str]:
        separator, text = self._pair(argument, "Fn::Split")
        return str(self.resolve(text)).split(str(separator))

    def _find_in_map(self, argument: Any) -> Any:
        keys = [self.resolve(each) for each in argument[:3]] if isinstance(argument, list) else []
        found: Any = self._section("Mappings")
        for key in keys:
            found = found.get(key) if isinstance(found, Mapping) else None
        if not keys or found is None:
            raise Unresolved(f"Fn::FindInMap finds nothing for {keys}")
        return found

    def _pair(self, argument: Any, name: str) -> tuple[Any, Any]:
        if not isinstance(argument, list) or len(argument) != 2:
            raise Unresolved(f"{name} takes two values")
        return argument[0], argument[1]

    # -- conditions -----

    def _if(self, argument: Any) -> Any:
        if not isinstance(argument, list) or len(argument) != 3:
            raise Unresolved("Fn::If takes a condition and two values")
        return self.resolve(argument[1] if self.holds(argument[0]) else argument[2])

    def _truth(self, value: Any) -> bool:
        if isinstance(value, Mapping) and len(value) == 1:
            ((name, argument),) = value.items()
            items = argument if isinstance(argument, list) else [argument]
            if name == "Condition":
                return self.holds(argument)
            if name == "Fn::Equals" and len(items) == 2:
                first, second = (_as_text(self.resolve(each)) for each in items)
                return bool(first == second)
            if name == "Fn::Not":
                return not self._truth(items[0])
            if name in ("Fn::And", "Fn::Or"):
                return (all if name == "Fn::And" else any)(map(self._truth, items))
        raise Unresolved(f"the condition {value!r:.60} cannot be worked out")


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
_FUNCTIONS = {
    "Ref": "_ref",
    "Fn::Sub": "_sub",
    "Fn::GetAtt": "_attribute",
    "Fn::Join": "_join",
    "Fn::Select": "_select",
    "Fn::Split": "_split",
    "Fn::FindInMap": "_find_in_map",
    "Fn::If": "_if",
}


def policy_arn(name: str) -> str:
    """Return an ARN for the scaling policy *name*, of the form that alarms name policies by."""
    return f"arn:aws:autoscaling:{REGION}:{ACCOUNT}:scalingPolicy:0:resource/any:policyName/{name}"


def _as_text(value: Any) -> Any:
    """Return *value* as conditions compare it: CloudFormation knows only texts."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value
