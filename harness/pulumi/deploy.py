"""A Pulumi program deployed: what it declares is made, and it runs again with what is really there.

Pulumi's engine makes a resource, and hands the program its outputs while it runs. Here the program is run
once to learn what it declares, all of that is made in one go (with rollback), and it is run again with real
ids and outputs: an `apply` that makes something of them changes the stack, until nothing changes any more.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness import stacks
from harness.errors import ScenarioError
from harness.pulumi.process import NOWHERE
from harness.pulumi.project import read_project
from harness.stacks import Deployed, Event, Surroundings
from harness.templates.model import Template, token
from harness.templates.place import Place
from harness.templates.pulumi.load import template_of
from harness.templates.tokens import fill

RUNS = 4
"""How often a program may run before what it asks for must stay the same."""


def _nobody(_event: Event) -> None:
    """Listen to nothing."""


def deploy(
    path: Path,
    where: Surroundings,
    *,
    parameters: Mapping[str, str] | None = None,
    stack: str = "",
    endpoint_url: str = NOWHERE,
    tell: Callable[[Event], None] = _nobody,
) -> Deployed:
    """Return the stack of the Pulumi project *path*, its exports as the outputs.

    A resource that is refused rolls the stack back: `Deployed.failure` says which. ScenarioError where the
    program fails, or asks for something else each time it runs; then nothing of it is left.
    """
    project = read_project(path, parameters or {}, stack)
    place = Place(stack or project.name, where.region, where.account)
    template = template_of(project, place, endpoint_url=endpoint_url)
    deployed = stacks.deploy(template, where, tell=tell)
    try:
        for _ in range(RUNS - 1):
            if not deployed.ok:
                return deployed
            known = _known_in(deployed)
            again = template_of(project, place, known=known, endpoint_url=endpoint_url)
            if _declares(again, known) == _declares(template, known):
                return replace(deployed, outputs={**deployed.outputs, **_values(again, known)})
            template = again
            deployed = stacks.update(deployed, template, where, tell=tell)
    except ScenarioError:
        stacks.delete(deployed, where, tell=tell)
        raise
    stacks.delete(deployed, where, tell=tell)
    raise ScenarioError(
        f"{project.program}: it asks for other resources each time it runs; what it declares may rest on "
        "nothing but its configuration and outputs"
    )


def _known_in(deployed: Deployed) -> Callable[[str, str], Any]:
    """Return what gives the attributes of resources that are there; the token where one is not known."""

    def known(logical_id: str, attribute: str) -> Any:
        placed = deployed.resources.get(logical_id)
        if placed is None:
            return token(logical_id, attribute)
        if attribute == "Ref":
            return placed.physical_id
        for values in (placed.attributes, placed.properties, placed.read):
            if attribute in values:
                return values[attribute]
        return token(logical_id, attribute)

    return known


def _declares(template: Template, known: Callable[[str, str], Any]) -> dict[str, Any]:
    return {name: (one.type, fill(one.properties, known)) for name, one in template.resources.items()}


def _values(template: Template, known: Callable[[str, str], Any]) -> dict[str, Any]:
    return {name: fill(output["Value"], known) for name, output in template.outputs.items()}
