"""What `--set`, `--launch` and the like say, turned into settings: text in, checked values out."""

import difflib
import types
import typing
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Union, get_args, get_origin

from harness.endpoint.capacity import instance_type, instance_types
from harness.endpoint.distributions import Constant, Distribution, Empirical, LogNormal, Uniform
from harness.endpoint.fleet import Routing
from harness.endpoint.settings import EndpointSettings
from harness.errors import ScenarioError
from harness.functions.settings import FunctionSettings
from harness.scaling.settings import ScalingSettings
from harness.stats import percentile

SPANS = "SECONDS, constant:SECONDS, uniform:LOW,HIGH or lognormal:MEDIAN,P95"
YES, NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


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


def parse(who: str, text: str, hint: Any) -> Any:
    """Return *text* as a value of the type *hint*; raise ScenarioError beginning with *who* if it is none."""
    if get_origin(hint) in (Union, types.UnionType):
        hint = next(kind for kind in get_args(hint) if kind is not types.NoneType)
    if hint is Distribution:
        return span(who, text)
    if hint is bool:
        return _bool(who, text)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _member(who, text, hint)
    if get_origin(hint) is tuple:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if hint in (int, float):
        return number(who, text, hint)
    if hint is str:
        return text
    return _counts(who, text)


def number(who: str, text: str, kind: type[Any] = float) -> Any:
    """Return *text* as a finite number of *kind* (int or float)."""
    try:
        value = kind(text)
    except ValueError:
        value = None
    if value is None or value != value or value in (float("inf"), float("-inf")):
        what = "a whole number" if kind is int else "a finite number"
        raise ScenarioError(f"{who}: {text!r} is not {what}")
    return value


def span(who: str, text: str) -> Distribution:
    """Return the distribution of spans of time that *text* says: a number of seconds, or KIND:FIGURES."""
    kind, colon, rest = text.partition(":")
    figures = [number(who, part) for part in (rest if colon else text).split(",")]
    makers: dict[str, tuple[int, Any]] = {
        "constant": (1, Constant),
        "uniform": (2, Uniform),
        "lognormal": (2, LogNormal),
    }
    wanted, make = makers.get(kind.strip().lower() if colon else "constant", (0, None))
    if make is None or len(figures) != wanted:
        raise ScenarioError(f"{who}: {text!r} is no span of time; say {SPANS}")
    try:
        return typing.cast(Distribution, make(*figures))
    except ScenarioError as error:
        raise ScenarioError(f"{who}: {error}") from error


def _bool(who: str, text: str) -> bool:
    if text.lower() in YES + NO:
        return text.lower() in YES
    raise ScenarioError(f"{who}: {text!r} is neither true nor false")


def _member(who: str, text: str, kind: type[StrEnum]) -> StrEnum:
    for member in kind:
        if text.lower() in (member.value.lower(), member.name.lower()):
            return member
    raise ScenarioError(f"{who}: {text!r} is none of {', '.join(member.value for member in kind)}")


def _counts(who: str, text: str) -> Mapping[str, int]:
    """Return `ml.m5.large:4,ml.c5.large:2` as a mapping."""
    rows = [part.rpartition(":") for part in text.split(",") if part.strip()]
    if not all(colon for _, colon, _ in rows):
        raise ScenarioError(f"{who}: {text!r} is no list of NAME:NUMBER, parted by commas")
    return types.MappingProxyType({name.strip(): number(who, count, int) for name, _, count in rows})


def shown(value: Any) -> Any:
    """Return *value* of a setting as plain JSON, in the form that `--set` takes."""
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, Constant):
        return f"constant:{value.seconds:g}"
    if isinstance(value, Uniform):
        return f"uniform:{value.low_s:g},{value.high_s:g}"
    if isinstance(value, LogNormal):
        return f"lognormal:{value.median_s:g},{value.p95_s:g}"
    if isinstance(value, Empirical):
        return f"{len(value.seconds)} measured spans, median {percentile(sorted(value.seconds), 0.5):g}"
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if isinstance(value, Mapping):
        return {str(key): each for key, each in value.items()}
    if isinstance(value, (bool, int, float, str)) or value is None:
        return value
    return type(value).__name__
