"""Functions of a template: settings as Lambda takes them, their versions, aliases and roles."""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.audit.names import ALIAS, FUNCTION, ROLE, VERSION
from harness.audit.permissions import invoked
from harness.audit.plain import inside, listed, members, number
from harness.audit.view import View
from harness.templates.model import Resource

# CreateFunction: Timeout where nobody sets it, seconds.
TIMEOUT_S = 3.0
LATEST = "$LATEST"


def timeout_s(function: Resource) -> float | None:
    """Return the function's timeout in seconds, None where it is not known."""
    return number(function.properties.get("Timeout", TIMEOUT_S))


def reserved(function: Resource) -> float | None:
    """Return ReservedConcurrentExecutions, None without."""
    return number(function.properties.get("ReservedConcurrentExecutions"))


def role_of(view: View, function: Resource) -> Resource | None:
    """Return the execution role, None where the template has it not."""
    return view.find(function.properties.get("Role"), ROLE)


def environment(one: Resource) -> dict[str, object]:
    """Return the environment variables of a function."""
    return dict(members(inside(one.properties, "Environment.Variables")))


def functions_with_roles(view: View) -> list[tuple[Resource, Resource]]:
    """Return each function of the template whose role is in it, with the role."""
    found = [(one, role_of(view, one)) for one in view.of_type(FUNCTION)]
    return [(one, role) for one, role in found if role is not None]


@dataclass(frozen=True, slots=True)
class Provisioned:
    """Concurrency that is provisioned: `declared` at `path`, of `function` where the template has it."""

    declared: Resource
    path: str
    function: Resource | None
    count: float
    on_latest: bool


def provisioned(view: View) -> Iterator[Provisioned]:
    """Yield what versions and aliases provision; of Terraform also what is put on no alias of the files."""
    path = "ProvisionedConcurrencyConfig"
    for one in view.of_type(ALIAS, VERSION):
        called = invoked(view, one.properties.get("FunctionName"))
        count = number(inside(one.properties, f"{path}.ProvisionedConcurrentExecutions"))
        latest = one.properties.get("FunctionVersion") == LATEST
        if count:
            yield Provisioned(one, path, called.function if called is not None else None, count, latest)
    for function in view.of_type(FUNCTION):
        for each in map(members, listed(function.extra.get("ProvisionedConcurrency"))):
            count = number(each.get("ProvisionedConcurrentExecutions")) or 0.0
            yield Provisioned(function, "", function, count, each.get("Qualifier") == LATEST)
