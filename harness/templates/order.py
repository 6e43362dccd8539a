"""In which order the resources of a template are made."""

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from harness.errors import ScenarioError
from harness.templates.model import Resource, Template


def order(template: Template) -> list[str]:
    """Return the logical ids so that each comes after all it depends on, else as the template has them.

    Raises ScenarioError that tells a circle with the place of each of its resources.
    """
    return [logical_id for wave in waves(template) for logical_id in wave]


def waves(template: Template) -> list[list[str]]:
    """Return the logical ids in groups: those of one group may be made side by side, after those before."""
    place = {logical_id: index for index, logical_id in enumerate(template.resources)}
    sorter = TopologicalSorter(
        {
            logical_id: [each for each in resource.depends_on if each in template.resources]
            for logical_id, resource in template.resources.items()
        }
    )
    try:
        sorter.prepare()
    except CycleError as error:
        raise ScenarioError(_circle(template.resources, error.args[1])) from error
    found = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=place.__getitem__)
        found.append(ready)
        sorter.done(*ready)
    return found


def _circle(resources: Mapping[str, Resource], names: Iterable[str]) -> str:
    circle = list(names)[::-1]  # graphlib gives it from what is needed to what needs it
    first = resources[circle[0]]
    told = " -> ".join(f"{name} ({resources[name].at()})" for name in circle)
    return (
        f"{first.at()}: resource {first.logical_id!r} depends on itself: {told}; "
        "take one of the references or DependsOn away"
    )
