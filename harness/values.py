"""Text into checked values: numbers, spans of time, choices, and back into the form that was read."""

import types
import typing
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Union, get_args, get_origin

from harness.endpoint.distributions import Constant, Distribution, Empirical, LogNormal, Uniform
from harness.errors import ScenarioError
from harness.stats import percentile

SPANS = "SECONDS, constant:SECONDS, uniform:LOW,HIGH or lognormal:MEDIAN,P95"
YES, NO = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


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
