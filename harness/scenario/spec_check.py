"""What must hold of a scenario as a whole: unlike names, a load with targets, faults that can happen."""

import difflib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, get_args

from harness.errors import ScenarioError
from harness.scenario.expectations.expectation import Expectation
from harness.scenario.faults.check import check_faults
from harness.scenario.functions import QualifiedFunction
from harness.scenario.resources import Endpoint, ManagedPolicy, Role
from harness.scenario.workload import Named, OpenModel, Target
from harness.thresholds.metrics import OF_LOAD
from harness.thresholds.threshold import Threshold

if TYPE_CHECKING:
    from harness.scenario.spec import Resource, Scenario

_TARGETS = frozenset(get_args(Target))


def check_unique(who: str, what: str, names: Iterable[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            raise ScenarioError(f"{who}: {count} {what} {name!r}; give each a name of its own")


def check_models(who: str, resources: "Sequence[Resource]", endpoints: Sequence[Endpoint]) -> None:
    """Two different models of one name would share one artefact, two different roles one policy."""
    if not resources:
        raise ScenarioError(
            f"{who}: resources is empty; declare at least one Endpoint, Topic, Queue or Function"
        )
    models = {id(endpoint.model): endpoint.model for endpoint in endpoints}.values()
    check_unique(who, "different models are called", (model.name for model in models))


def check_roles(who: str, roles: Sequence[Role]) -> None:
    """Two different roles, or policies, of one name would be made one over the other."""
    policies = [policy for role in roles for policy in role.policies]
    check_unique(who, "different roles are called", _names_of_different(roles))
    check_unique(who, "different managed policies are called", _names_of_different(policies))


def _names_of_different(things: Iterable[Role | ManagedPolicy]) -> list[str]:
    """Return the name of each of *things* that is not the same as one before."""
    found: list[Role | ManagedPolicy] = []
    for one in things:
        if one not in found:
            found.append(one)
    return [one.name for one in found]


def check_expectations(
    who: str, expectations: Sequence[Expectation], must_fail: Iterable[str], limits: Sequence[Threshold] = ()
) -> None:
    """There is something to prove, each under a name of its own; a threshold's is its text."""
    if not (expectations or limits):
        raise ScenarioError(f"{who}: expectations is empty; a rehearsal without one proves nothing")
    names = [*(expectation.name for expectation in expectations), *(limit.text for limit in limits)]
    check_unique(who, "expectations are called", names)
    for expectation in expectations:
        if not expectation.sign:
            raise ScenarioError(
                f"{who}: expectation {expectation.name!r} has no limit; end it with .at_most(...) or the like"
            )
    for name in must_fail:
        if name not in names:
            raise ScenarioError(
                f"{who}: must_fail names {name!r}, which is none of {', '.join(map(repr, names))}"
            )


def check_limits(who: str, limits: Sequence[Threshold], workload: Sequence[OpenModel]) -> None:
    """What a threshold asks about the load by name must be something that the load calls."""
    called = [(str(load.target), load.endpoint_name) for load in workload]
    for limit in limits:
        if not called or limit.metric.name not in OF_LOAD:
            continue
        for tag, name in limit.tags.items():
            if tag in _TARGETS and (tag, name) not in called:
                known = [f"{kind}:{each}" for kind, each in dict.fromkeys(called)]
                near = difflib.get_close_matches(f"{tag}:{name}", known, n=1) or known
                raise ScenarioError(
                    f"{who}: threshold {limit.text!r} asks about the {tag} {name!r}, which the load does not "
                    f"call; did you mean {{{near[0]}}}?"
                )


def check_workload(who: str, workload: Sequence[OpenModel], targets: Sequence[Named]) -> None:
    names = [target.name for target in targets]
    for load in workload:
        if isinstance(load.endpoint, QualifiedFunction):
            continue  # its function comes with it, and has the alias
        if load.endpoint_name not in names:
            raise ScenarioError(
                f"{who}: the workload calls {load.endpoint_name!r}, which is none of {', '.join(names)}"
            )


def check_faults_of(who: str, scenario: "Scenario") -> None:
    """A fault is timed from the start of the load; one that comes after its end would never happen.

    Without a load it is timed from the start of the programs beside it, whose end nobody knows.
    """
    workload, programs = scenario.workload, scenario.programs
    without_end = not workload and any(program.moment == "beside_load" for program in programs)
    ends_s = max((load.duration_s for load in workload), default=math.inf if without_end else 0.0)
    check_faults(who, scenario.faults, ends_s, programs, scenario.queues, scenario.functions)
