"""Intrinsic functions of CloudFormation, worked out before anything is deployed.

Ref, Fn::Sub, Fn::GetAtt, Fn::FindInMap, Fn::If with the conditions, Fn::GetAZs, and those of `functions` over
known values. What a resource's Ref and Fn::GetAtt stand for is asked of `References`. What other stacks or
services know (Fn::ImportValue, Fn::Transform) is refused where it is needed.
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html
"""

import difflib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar

from harness.templates.functions import CALLS, Unresolved, as_text, call, has_token

Value = TypeVar("Value")

NO_VALUE = object()
"""What AWS::NoValue becomes: the member that has it is left out."""

_PLACE = re.compile(r"\$\{(!?)([^}]*)\}")
_DEPTH = 60
_MOST_STEPS = 500_000
"""A template has 100,000 values at most; names made of each other's names would otherwise double at each."""
_REFUSED = {
    "Fn::ImportValue": "it is what another stack exports, which is not known here; make it a parameter",
    "Fn::Transform": "a macro runs in an account, not here; give its result instead",
    "Fn::GetStackOutput": "it is an output of another stack, which is not known here; make it a parameter",
}


class References(Protocol):
    """What a resource is called; each raises Unresolved where a template does not say it."""

    def ref(self, logical_id: str) -> Any:
        """Return what Ref gives for the resource *logical_id*."""

    def attribute(self, logical_id: str, attribute: str) -> Any:
        """Return what Fn::GetAtt gives for the *attribute* of *logical_id*."""


class Intrinsics:
    """Resolves values of one *template* with the values of its *parameters* and *pseudo* parameters."""

    def __init__(
        self,
        template: Mapping[str, Any],
        parameters: Mapping[str, Any],
        references: References,
        pseudo: Mapping[str, Any],
    ) -> None:
        self._template = template
        self._parameters = parameters
        self._references = references
        self._pseudo = pseudo
        self._depth = 0
        self._steps = 0
        self._known_conditions: dict[str, bool] = {}
        self._functions: dict[str, Callable[[Any], Any]] = {
            "Ref": self._ref,
            "Fn::Sub": self._sub,
            "Fn::GetAtt": self._attribute,
            "Fn::FindInMap": self._find_in_map,
            "Fn::If": self._if,
            "Fn::GetAZs": self._zones,
        }

    def resolve(self, value: Any) -> Any:
        """Return *value* with every function in it worked out; raise Unresolved."""
        return self._deeper(self._resolve, value)

    def holds(self, name: Any) -> bool:
        """Return whether the condition *name* is true."""
        conditions = self.section("Conditions")
        if not isinstance(name, str) or name not in conditions:
            raise Unresolved(f"there is no condition {name!r}{did_you_mean(name, conditions)}")
        if name not in self._known_conditions:
            self._known_conditions[name] = self._deeper(self._truth, conditions[name])
        return self._known_conditions[name]

    def section(self, name: str) -> Mapping[str, Any]:
        """Return a section of the template, empty where it has none."""
        found = self._template.get(name)
        return found if isinstance(found, Mapping) else {}

    def _deeper(self, work: Callable[[Any], Value], value: Any) -> Value:
        self._depth += 1
        self._steps += 1
        try:
            if self._steps > _MOST_STEPS:
                raise Unresolved(f"the template takes more than {_MOST_STEPS} steps to work out")
            if self._depth > _DEPTH:
                raise Unresolved("its references go round in a circle")
            return work(value)
        except (TypeError, ValueError, AttributeError, IndexError) as error:
            raise Unresolved(f"{value!r:.60} is not what the function takes") from error
        finally:
            self._depth -= 1

    def _resolve(self, value: Any) -> Any:
        if isinstance(value, list):
            items = [self._member(each, f"[{index}]") for index, each in enumerate(value)]
            return [each for each in items if each is not NO_VALUE]
        if not isinstance(value, Mapping):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name in self._functions:
                return self._functions[name](argument)
            if name in CALLS:
                return self._call(name, argument)
            if name.startswith("Fn::"):
                raise Unresolved(_unknown(name, (*self._functions, *CALLS)))
        resolved = {name: self._member(each, f".{name}") for name, each in value.items()}
        return {name: each for name, each in resolved.items() if each is not NO_VALUE}

    def _member(self, value: Any, step: str) -> Any:
        try:
            return self.resolve(value)
        except Unresolved as error:
            error.path = step + error.path
            raise

    def _call(self, name: str, argument: Any) -> Any:
        takes_one = name in ("Fn::Base64", "Fn::Length", "Fn::ToJsonString")
        found = self.resolve(argument)
        if not takes_one and not isinstance(found, list):
            raise Unresolved(f"{name} takes a list of values")
        return call(name, [found] if takes_one else found)

    # -- references -----

    def _ref(self, name: Any) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if not isinstance(name, str):
            raise Unresolved(f"there is no parameter or resource {name!r:.60}")
        if name in self._pseudo:
            return self._pseudo[name]
        if name in self._parameters:
            return self._parameters[name]
        if name in self.section("Parameters"):
            raise Unresolved(f"the parameter {name} has no default; give it a value")
        self._check_there(name, (*self.section("Parameters"), *self._pseudo))
        return self._references.ref(name)

    def _attribute(self, argument: Any) -> Any:
        parts = (
            argument.split(".", 1) if isinstance(argument, str) else [self.resolve(each) for each in argument]
        )
        if len(parts) != 2:
            raise Unresolved(f"Fn::GetAtt {argument!r} does not name a resource and an attribute")
        name, attribute = parts
        self._check_there(name, ())
        return self._references.attribute(name, str(attribute))

    def _check_there(self, name: str, others: Iterable[str]) -> None:
        resources = self.section("Resources")
        if not isinstance(resources.get(name), Mapping):
            guess = did_you_mean(name, (*resources, *others))
            raise Unresolved(f"there is no parameter or resource {name!r}{guess}")

    def _zones(self, argument: Any) -> list[str]:
        region = self.resolve(argument) or self._pseudo["AWS::Region"]
        return [f"{region}{letter}" for letter in "abc"]

    # -- texts and tables -----

    def _sub(self, argument: Any) -> Any:
        text, values = argument if isinstance(argument, list) and len(argument) == 2 else (argument, {})
        if not isinstance(text, str) or not isinstance(values, Mapping):
            raise Unresolved("Fn::Sub takes a text, or a text and its values")
        parts: list[Any] = []
        position = 0
        for place in _PLACE.finditer(text):
            parts += [text[position : place.start()], self._put_in(place, values)]
            position = place.end()
        return call("Fn::Join", ["", [*parts, text[position:]]])

    def _put_in(self, place: re.Match[str], values: Mapping[str, Any]) -> Any:
        literal, name = place[1], place[2].strip()
        if literal:
            return "${" + name + "}"
        if name in values:
            found = self.resolve(values[name])
        else:
            found = self._attribute(name) if "." in name else self._ref(name)
        if found is NO_VALUE:
            return ""
        return ",".join(map(as_text, found)) if isinstance(found, list) else found

    def _find_in_map(self, argument: Any) -> Any:
        """The language extensions let a fourth value name a default."""
        keys = [self.resolve(each) for each in argument[:3]] if isinstance(argument, list) else []
        found: Any = self.section("Mappings")
        for key in keys:
            found = found.get(as_text(key)) if isinstance(found, Mapping) else None
        if keys and found is None and len(argument) == 4 and "DefaultValue" in argument[3]:
            return self.resolve(argument[3]["DefaultValue"])
        if not keys or found is None:
            raise Unresolved(f"Fn::FindInMap finds nothing for {keys}")
        return found

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
                return self._equal(items)
            if name == "Fn::Not":
                return not self._truth(items[0])
            if name in ("Fn::And", "Fn::Or"):
                return (all if name == "Fn::And" else any)(map(self._truth, items))
        raise Unresolved(f"the condition {value!r:.60} cannot be worked out")

    def _equal(self, items: list[Any]) -> bool:
        """CloudFormation knows only texts in conditions, and no resources."""
        first, second = (self.resolve(each) for each in items)
        if has_token(first) or has_token(second):
            raise Unresolved("a condition cannot refer to a resource")
        return bool(_as_compared(first) == _as_compared(second))


def did_you_mean(name: Any, known: Iterable[str]) -> str:
    """Return "; did you mean 'X'?" for the nearest of the *known* names, "" where none is near."""
    near = difflib.get_close_matches(str(name), list(known), 1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _unknown(name: str, known: Iterable[str]) -> str:
    if name in _REFUSED:
        return f"{name} cannot be worked out: {_REFUSED[name]}"
    return f"{name} cannot be worked out here{did_you_mean(name, known)}"


def _as_compared(value: Any) -> Any:
    return as_text(value) if isinstance(value, bool | int | float) else value
