"""The configuration in a plan: what each argument refers to, through modules and their variables."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

Attribute = Callable[[str, str], Any]
"""Returns an attribute of the resource at an address; None where there is none."""

_STEPS = re.compile(r'(?:[^.\[\]]|\["[^"]*"\]|\[[^\]]*\])+')
_INDEX = re.compile(r'\["[^"]*"\]|\[[^\]]*\]')
_DEPTH = 30


class Configuration:
    """`configuration.root_module` of a plan; everything is asked for by addresses with their indexes."""

    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root

    def resource(self, address: str) -> Mapping[str, Any]:
        """Return how the resource at *address* is configured; {} where the plan does not say."""
        module, own = _module_of(address)
        plain = _INDEX.sub("", own)
        found = self._module(module).get("resources") or []
        return next((each for each in found if each.get("address") == plain), {})

    def addresses(self, expressions: Any, address: str) -> Iterator[str]:
        """Yield what may be addresses in the references of expressions, seen from the resource *address*."""
        yield from self._addresses(expressions, _module_of(address)[0], 0)

    def _addresses(self, expressions: Any, prefix: str, depth: int) -> Iterator[str]:
        for reference in _references(expressions) if depth < _DEPTH else ():
            steps = _STEPS.findall(prefix + reference)
            for end in range(2, len(steps) + 1):
                yield ".".join(steps[:end])
            own = _STEPS.findall(reference)
            if own[0] == "module" and len(own) == 3:
                inner = f"{prefix}module.{own[1]}."
                yield from self._addresses(self._output(inner, own[2]), inner, depth + 1)
            elif own[0] == "var" and prefix:
                outer, expression = self._given(own[1], prefix)
                yield from self._addresses(expression, outer, depth + 1)

    def referred(self, expression: Mapping[str, Any], address: str, attribute: Attribute) -> Any:
        """Return what an expression gives that is nothing but one reference; None for any other."""
        return self._referred(expression, _module_of(address)[0], attribute, 0)

    def _referred(self, expression: Any, prefix: str, attribute: Attribute, depth: int) -> Any:
        if not isinstance(expression, Mapping) or depth > _DEPTH:
            return None
        if "constant_value" in expression:
            return expression["constant_value"]
        references = [str(each) for each in expression.get("references") or ()]
        if not references or not all(references[0].startswith(each) for each in references):
            return None
        steps = _STEPS.findall(references[0])
        if steps[0] == "var" and len(steps) == 2 and prefix:
            outer, given = self._given(steps[1], prefix)
            return self._referred(given, outer, attribute, depth + 1)
        if steps[0] == "module" and len(steps) == 3:
            inner = f"{prefix}module.{steps[1]}."
            return self._referred(self._output(inner, steps[2]), inner, attribute, depth + 1)
        if steps[0] in ("local", "each", "count", "path", "data", "var") or len(steps) != 3:
            return None
        return attribute(f"{prefix}{steps[0]}.{steps[1]}", steps[2])

    def _output(self, prefix: str, name: str) -> Any:
        """Return the expression of a module's output."""
        return ((self._module(prefix).get("outputs") or {}).get(name) or {}).get("expression")

    def _given(self, name: str, prefix: str) -> tuple[str, Any]:
        """Return who calls the module, and the expression there of its variable *name*."""
        outer, call = _last_module(prefix)
        calls = self._module(outer).get("module_calls") or {}
        return outer, ((calls.get(call) or {}).get("expressions") or {}).get(name)

    def _module(self, prefix: str) -> Mapping[str, Any]:
        """Return the configuration of the module whose addresses begin with *prefix*."""
        module = self._root
        steps = _STEPS.findall(prefix)
        for name in steps[1::2]:
            calls = module.get("module_calls") or {}
            module = (calls.get(_INDEX.sub("", name)) or {}).get("module") or {}
        return module


def _module_of(address: str) -> tuple[str, str]:
    """Return what the address of a resource begins with because of its modules, and the rest."""
    steps = _STEPS.findall(address)
    at = 0
    while at < len(steps) and steps[at] == "module":
        at += 2
    return "".join(f"{step}." for step in steps[:at]), ".".join(steps[at:])


def _last_module(prefix: str) -> tuple[str, str]:
    steps = _STEPS.findall(prefix)
    return "".join(f"{step}." for step in steps[:-2]), _INDEX.sub("", steps[-1])


def _references(expressions: Any) -> Iterator[str]:
    if isinstance(expressions, Mapping):
        yield from map(str, expressions.get("references") or ())
        for name, inner in expressions.items():
            if name not in ("references", "constant_value"):
                yield from _references(inner)
    elif isinstance(expressions, list):
        for inner in expressions:
            yield from _references(inner)
