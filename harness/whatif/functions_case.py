"""From a scenario to the functions that are played: what is declared of them, and the calls of its load.

A function that the load calls, by name, alias or HTTP API, needs a `duration`: nothing runs here that could
be measured. What its handler calls in turn, and what triggers and events start, is not played.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np

from harness import journal
from harness.endpoint.distributions import Distribution
from harness.errors import ScenarioError
from harness.functions.concurrency import Account
from harness.functions.settings import FunctionSettings
from harness.scenario.functions import Function, Invocable, QualifiedFunction, function_of
from harness.scenario.spec import Scenario
from harness.scenario.triggers import HttpApi
from harness.scenario.workload import OpenModel, schedule
from harness.virtual.calls import Calls, Floats, Numbers, Target
from harness.virtual.draws import draw_spans
from harness.whatif.refused import check

REGION, ACCOUNT = "us-east-1", "123456789012"
# Everything is declared so long before the load that what is provisioned is there when it begins.
DECLARED_S = -86_400.0
# Up to so many durations of a function are drawn as a run over HTTP draws them.
MOST_DRAWS = 100_000
# A modelled duration of nothing still takes a moment.
SHORTEST_S = 1e-6


@dataclass(frozen=True, slots=True)
class Declared:
    """One function: its record, how long its Init takes (None: as the setting says), its aliases.

    An alias is its name, its version, and how much is provisioned.
    """

    record: journal.FunctionDeclared
    init_time: Distribution | None
    aliases: tuple[tuple[str, str, int], ...]


@dataclass(frozen=True, slots=True)
class Load:
    """What one model of the load calls: the name and kind that its requests carry."""

    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class Functions:
    """The functions of a scenario and the calls that come to them; `load` is which of `loads` each is of."""

    declared: tuple[Declared, ...]
    loads: tuple[Load, ...]
    calls: Calls
    load: Numbers


def functions_of(
    scenario: Scenario, seed: int, otherwise: Distribution | None = None
) -> tuple[Functions | None, list[str]]:
    """Return the functions of *scenario* with the calls of its load, and what is not played.

    None where the load calls no function. *otherwise* is how long an invocation takes where the scenario does
    not say so.
    """
    models = list(_called(scenario))
    if not models:
        return None, []
    targets = list(dict.fromkeys(_target(model) for model in models))
    at, load = _due(models, seed)
    target = np.array([targets.index(_target(model)) for model in models], np.int32)[load]
    spans, dies = _spans(models, targets, target, seed, otherwise)
    calls = Calls(targets, at, spans, target=target, dies=dies, in_turn=True)
    declared = tuple(_declared(each) for each in scenario.functions)
    loads = tuple(Load(model.endpoint_name, model.target) for model in models)
    return Functions(declared, loads, calls, load), list(_not_played(scenario))


def account_of(functions: Functions, settings: FunctionSettings, seed: int) -> Account:
    """Return an account with *functions* at second 0; raise RequestRefused for what AWS would refuse."""
    account = Account(settings, seed=seed)
    for each in functions.declared:
        name = each.record.function
        account.put_function(name, DECLARED_S, init_time=each.init_time)
        check(account.set_reserved(name, each.record.reserved, DECLARED_S))
        for alias, version, provisioned in each.aliases:
            account.point_alias(name, alias, version, DECLARED_S)
            if provisioned:
                check(account.set_provisioned(name, alias, provisioned, DECLARED_S))
    account.advance(0.0)
    return account


def _called(scenario: Scenario) -> Iterator[OpenModel]:
    for model in scenario.workload:
        if model.target in ("function", "api") and model.invocation == "RequestResponse":
            yield model


def _invoked(model: OpenModel) -> Invocable:
    one = model.endpoint
    found = one.function if isinstance(one, HttpApi) else one
    assert isinstance(found, Function | QualifiedFunction), "a model of a function or an HTTP API"
    return found


def _target(model: OpenModel) -> Target:
    one = _invoked(model)
    return function_of(one).name, one.qualifier if isinstance(one, QualifiedFunction) else ""


def _due(models: list[OpenModel], seed: int) -> tuple[Floats, Numbers]:
    """Return the moments at which the load sends, and which of *models* each is of."""
    rows = [(due.at, due.model) for due in schedule(models, seed)]
    return np.array([at for at, _ in rows]), np.array([which for _, which in rows], np.int32)


def _spans(
    models: list[OpenModel],
    targets: list[Target],
    target: Numbers,
    seed: int,
    otherwise: Distribution | None,
) -> tuple[Floats, Any]:
    """Return how long each call runs, and which of them the timeout ends."""
    spans, dies = np.empty(len(target)), np.zeros(len(target), np.bool_)
    functions = {function_of(_invoked(model)).name: function_of(_invoked(model)) for model in models}
    of = np.array([list(functions).index(name) for name, _ in targets])[target]
    for number, (name, function) in enumerate(functions.items()):
        duration = function.modelled_duration or otherwise
        if duration is None:
            raise ScenarioError(
                f"Function {name!r}: duration is not given, and virtual time runs nothing that could be "
                "measured; set it in the scenario, or say --duration"
            )
        mine = of == number
        drawn = _drawn(duration, int(mine.sum()), f"{seed}/functions/{name}")
        dies[mine] = drawn > function.timeout_s
        spans[mine] = np.clip(drawn, SHORTEST_S, function.timeout_s)
    return spans, dies


def _drawn(duration: Distribution, count: int, seed: str) -> Floats:
    """Return *count* spans; those that a run over HTTP draws, in order, where there are not too many."""
    if count > MOST_DRAWS:
        return draw_spans(duration, count, seed, "duration")
    random = Random(f"{seed}/duration")
    return np.array([duration.draw(random) for _ in range(count)])


def _declared(function: Function) -> Declared:
    record = journal.FunctionDeclared(
        0.0,
        function.name,
        function.runtime,
        function.handler_name,
        function.role.arn(REGION, ACCOUNT),
        function.memory_mb,
        float(function.timeout_s),
        function.reserved,
    )
    aliases = tuple((alias.name, alias.version, alias.provisioned) for alias in function.aliases)
    return Declared(record, function.modelled_init, aliases)


def _not_played(scenario: Scenario) -> Iterator[str]:
    """Yield a sentence for each kind of thing of *scenario* that starts functions and is not played."""
    kinds: Mapping[str, int] = {
        "event source mappings": len(scenario.event_sources),
        "rules and timers": len(scenario.rules),
        "notifications of buckets": len(scenario.notifications),
        "models of the load that send events": sum(m.invocation == "Event" for m in scenario.workload),
    }
    for what, count in kinds.items():
        if count:
            yield f"Not played on the virtual clock: {what} ({count}), and what they invoke."
    if scenario.endpoints:
        yield "Not played on the virtual clock: the calls that handlers make, of endpoints and anything else."
