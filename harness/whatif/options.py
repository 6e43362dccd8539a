"""What `--set`, `--launch` and the like say, turned into settings: text in, checked values out."""

import difflib
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from harness.endpoint.capacity import instance_type, instance_types
from harness.endpoint.distributions import Distribution
from harness.endpoint.fleet import Routing
from harness.endpoint.settings import EndpointSettings
from harness.errors import ScenarioError
from harness.functions.settings import FunctionSettings
from harness.scaling.settings import ScalingSettings
from harness.values import number, parse, shown, span

__all__ = ["Assumptions", "Container", "assumptions", "known_settings", "number", "parse", "shown", "span"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """What is assumed of one instance and its container; None leaves it to template, profile or default."""

    service_time: Distribution | None = None
    concurrency: int | None = None
    queue_limit: int | None = None
    routing: Routing | None = None
    instance_type: str | None = None

    def __post_init__(self) -> None:
        for name, least in (("concurrency", 1), ("queue_limit", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise ScenarioError(f"{name} is {value}; it must be at least {least}")
        if self.instance_type is not None and instance_type(self.instance_type) is None:
            near = difflib.get_close_matches(self.instance_type, instance_types()) or instance_types()
            raise ScenarioError(
                f"instance_type {self.instance_type!r} is not known here; choose {', '.join(near)}"
            )

    def over(self, other: "Container") -> "Container":
        """Return what is said here, and what *other* says where nothing is."""
        said = {f.name: getattr(self, f.name) for f in fields(self)}
        return replace(other, **{name: value for name, value in said.items() if value is not None})


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """Every figure a simulation rests on that neither policy nor traffic gives.

    `given` names the settings that the user set: what is known is not varied when ranges are computed.
    """

    endpoint: EndpointSettings = field(default_factory=EndpointSettings)
    scaling: ScalingSettings = field(default_factory=ScalingSettings)
    function: FunctionSettings = field(default_factory=FunctionSettings)
    container: Container = field(default_factory=Container)
    given: frozenset[str] = frozenset()


def assumptions(
    pairs: Iterable[str] = (),
    *,
    launch: str | None = None,
    service_time: str | None = None,
    concurrency: int | None = None,
    instance_type: str | None = None,
    base: Assumptions | None = None,
) -> Assumptions:
    """Return *base* changed by the options of the command line; *pairs* are the NAME=VALUE of `--set`.

    Raises ScenarioError with the option, the name and the nearest name or the values there are.
    """
    start = base or Assumptions()
    said: dict[str, Any] = dict(_pair(pair) for pair in pairs)
    options = {
        "launch_time": ("--launch", launch),
        "service_time": ("--service-time", service_time),
    }
    for name, (option, text) in options.items():
        if text is not None:
            said[name] = span(option, text)
    said |= {"concurrency": concurrency} if concurrency is not None else {}
    said |= {"instance_type": instance_type} if instance_type is not None else {}
    return Assumptions(
        endpoint=_changed(start.endpoint, said),
        scaling=_changed(start.scaling, said),
        function=_changed(start.function, said),
        container=_changed(start.container, said),
        given=start.given | frozenset(said),
    )


def _pair(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    hints = known_settings()
    if not equals:
        raise ScenarioError(f"--set {text}: say NAME=VALUE")
    if name not in hints:
        near = difflib.get_close_matches(name, hints, n=1, cutoff=0.5)
        way = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(hints))}"
        raise ScenarioError(f"--set {name}: there is no such setting; {way}")
    return name, parse(f"--set {name}", value, hints[name])


def known_settings() -> Mapping[str, Any]:
    """Return the type of every setting by its name: scaling, endpoint, function, container."""
    hints: dict[str, Any] = {}
    for kind in (ScalingSettings, EndpointSettings, FunctionSettings, Container):
        found = typing.get_type_hints(kind)
        hints |= {item.name: found[item.name] for item in fields(kind)}
    return hints


def _changed(settings: Any, said: Mapping[str, Any]) -> Any:
    names = {item.name for item in fields(settings)} & set(said)
    return replace(settings, **{name: said[name] for name in names}) if names else settings
