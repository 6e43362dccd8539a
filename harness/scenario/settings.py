"""`--set PATH=VALUE`: a scenario with some of its declared values replaced, without a change to its file.

A path begins with the name of a declared thing ("ranker.scaling.target_value"), or with its kind where there
is one of it ("endpoint.target"); "queue:jobs.retention_s" tells two things of one name apart. "settings.NAME"
is a figure of the models that the scenario is run with.
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, get_type_hints

from harness.compute.settings import ComputeSettings
from harness.endpoint.settings import EndpointSettings
from harness.errors import ScenarioError
from harness.functions.settings import FunctionSettings
from harness.jobs.settings import JobSettings
from harness.scaling.settings import ScalingSettings
from harness.scenario.functions import EventSource
from harness.scenario.messaging import Subscription, Table, Webhook
from harness.scenario.rebuild import Rebuilder
from harness.scenario.settable import changed, find, leaves
from harness.scenario.spec import Scenario
from harness.values import parse, shown

SETTINGS = "settings"
_MODELS = (EndpointSettings, ScalingSettings, FunctionSettings, JobSettings, ComputeSettings)
_NOT_SET = (Subscription, Table, Webhook)  # they have no figures


@dataclass(frozen=True, slots=True)
class Thing:
    """Something whose values may be set: its kind and name, and the value itself."""

    kind: str
    name: str
    value: Any


@dataclass(frozen=True, slots=True)
class Setting:
    """One value that may be set: its path, and what it is now as it would be written."""

    path: str
    value: Any


def with_settings(scenario: Scenario, texts: Sequence[str]) -> Scenario:
    """Return *scenario* with what *texts*, each PATH=VALUE, say of it; it has no other variant then.

    Raises ScenarioError with the path, and the nearest there is, for one that cannot be read or set.
    """
    if not texts:
        return scenario
    known, said = things(scenario), _said(texts)
    values: dict[int, dict[tuple[str, ...], Any]] = {}
    settings = dict(scenario.settings)
    for path, text in said.items():
        who = f"--set {path}"
        thing, rest = _named(who, path, known)
        if thing is None:
            settings |= {rest[0]: _setting(who, rest, text)}
            continue
        leaf = find(who, thing.value, rest)
        values.setdefault(known.index(thing), {})[leaf.path] = leaf.read(who, text)
    swaps = [
        (known[place].value, changed(f"--set {', '.join(said)}", known[place].value, new))
        for place, new in values.items()
    ]
    return _rebuilt(scenario, swaps, settings, f"--set {', '.join(said)}")


def _rebuilt(
    scenario: Scenario, swaps: list[tuple[Any, Any]], settings: dict[str, Any], who: str
) -> Scenario:
    rebuild = Rebuilder(swaps)
    names = ("resources", "workload", "programs", "faults", "settle")
    try:
        return replace(
            scenario,
            **{name: rebuild(getattr(scenario, name)) for name in names},
            settings=settings,
            as_written=None,
        )
    except ScenarioError as error:
        raise ScenarioError(f"{who}: {error}") from error


def settings_of(scenario: Scenario) -> list[Setting]:
    """Return everything that may be set in *scenario*, with what it is now."""
    known = things(scenario)
    found = [
        Setting(f"{_head(thing, known)}.{leaf.name}", shown(leaf.value))
        for thing in known
        for leaf in leaves(thing.value)
    ]
    for kind in _MODELS:
        names = [one.name for one in fields(kind)]
        model = kind(**{name: value for name, value in scenario.settings.items() if name in names})
        found += [Setting(f"{SETTINGS}.{name}", shown(getattr(model, name))) for name in names]
    return list({one.path: one for one in found}.values())


def _head(thing: Thing, known: Sequence[Thing]) -> str:
    """Return what *thing* is called in a path: its kind where it is alone in it, else its name."""
    heads = _heads(known)
    whole = f"{thing.kind}:{thing.name}"
    return next((head for head in (thing.kind, thing.name) if len(heads[head]) == 1), whole)


def _heads(known: Sequence[Thing]) -> dict[str, list[Thing]]:
    """Return what each first part of a path may be."""
    heads: dict[str, list[Thing]] = {}
    for thing in known:
        for head in {thing.name, thing.kind, f"{thing.kind}:{thing.name}"}:
            heads.setdefault(head, []).append(thing)
    return heads


def things(scenario: Scenario) -> list[Thing]:
    """Return what may be set in *scenario*, in order: the declared things, programs, load, faults.

    What a stack makes is as its template says; its parameters are the way to change it.
    """
    declared: list[Any] = [*scenario.endpoints, *scenario.topics, *scenario.queues, *scenario.functions]
    kept = (*_NOT_SET, *map(type, declared))
    declared += [one for one in scenario.resources if not isinstance(one, kept)]
    declared = [] if scenario.stack is not None else declared
    found = [Thing(_kind(one), _name(one), one) for one in declared if any(True for _ in leaves(one))]
    found += [Thing("program", one.name, one) for one in scenario.programs]
    found += [Thing("load", one.label, one) for one in scenario.workload]
    found += [Thing("fault", f"fault-{number}", one) for number, one in enumerate(scenario.faults, 1)]
    return found + ([Thing("settle", "settle", scenario.settle)] if scenario.settle else [])


def _kind(one: Any) -> str:
    """Return the name of the class in small letters: EventSource is event_source."""
    name = type(one).__name__
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


def _name(one: Any) -> str:
    if isinstance(one, EventSource):
        return f"{one.queue.name}-to-{one.function.name}"
    return str(getattr(one, "name", getattr(one, "id", getattr(one, "uri", _kind(one)))))


def _said(texts: Iterable[str]) -> dict[str, str]:
    """Return the value of each path; a path that is said twice is a mistake."""
    found: dict[str, str] = {}
    for text in texts:
        path, equals, value = text.partition("=")
        if not equals or not path:
            raise ScenarioError(
                f"--set {text}: say PATH=VALUE, as endpoint.target=900; '--set help' lists them"
            )
        if path in found:
            raise ScenarioError(f"--set {path}: it is set twice; say it once")
        found[path] = value
    return found


def _named(who: str, path: str, known: Sequence[Thing]) -> tuple[Thing | None, list[str]]:
    """Return the thing that *path* begins with, and the rest of it; no thing is a setting of the models."""
    if path in _model_settings():
        return None, [path]
    heads = _heads(known)
    # A name may hold points: the longest that fits is meant.
    fitting = sorted((head for head in [*heads, SETTINGS] if path.startswith(f"{head}.")), key=len)
    if not fitting:
        raise ScenarioError(
            f"{who}: {_no_such(path, [*heads, SETTINGS])}; '--set help' lists what can be set"
        )
    head, rest = fitting[-1], path[len(fitting[-1]) + 1 :].split(".")
    if head == SETTINGS:
        return None, rest
    meant = heads[head] if len(heads[head]) == 1 else [one for one in heads[head] if _has(one, rest)]
    if len(meant) != 1:
        ways = ", ".join(sorted(f"{one.kind}:{one.name}" for one in heads[head]))
        raise ScenarioError(f"{who}: {head!r} may be any of {ways}; say which")
    return meant[0], rest


def _has(thing: Thing, rest: Sequence[str]) -> bool:
    """Return whether *rest* is a path of *thing*: an endpoint and its load often have one name."""
    try:
        find("", thing.value, rest)
    except ScenarioError:
        return False
    return True


def _no_such(path: str, heads: Iterable[str]) -> str:
    first = path.partition(".")[0]
    if first in heads:
        return f"say what of it, as {first}.{{field}}=VALUE"
    near = difflib.get_close_matches(first, heads, n=1, cutoff=0.5)
    return f"nothing is called {first!r}" + (f", did you mean {near[0]!r}?" if near else "")


def _model_settings() -> dict[str, Any]:
    """Return the type of every setting of the models, by its name."""
    found: dict[str, Any] = {}
    for model in _MODELS:
        hints = get_type_hints(model)
        found |= {one.name: hints[one.name] for one in fields(model)}
    return found


def _setting(who: str, rest: Sequence[str], text: str) -> Any:
    hints = _model_settings()
    if len(rest) != 1 or rest[0] not in hints:
        near = difflib.get_close_matches(".".join(rest), hints, n=1, cutoff=0.5)
        way = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(sorted(hints))}"
        raise ScenarioError(f"{who}: the models have no such setting; {way}")
    return parse(who, text, hints[rest[0]])
