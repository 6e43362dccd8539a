"""The AWS calls that let instances of EC2 have roles, and those that take that away.

An instance gets its role by an instance profile, which the console makes under the role's own name (IAM user
guide, "Use instance profiles"); so does this plan, where images have programs.
"""

from collections.abc import Iterator

from harness.scenario.calls import Call
from harness.scenario.resources import Role
from harness.scenario.spec import Scenario

EC2 = "ec2.amazonaws.com"


def profiling(scenario: Scenario) -> Iterator[Call]:
    """Yield the calls that make an instance profile for each role that instances may have."""
    for role in _roles(scenario):
        named, what = {"InstanceProfileName": role.name}, f"instance profile {role.name}"
        yield Call("iam", "create_instance_profile", named, what)
        held = named | {"RoleName": role.name}
        yield Call("iam", "add_role_to_instance_profile", held, f"role of {what}")


def unprofiling(scenario: Scenario) -> Iterator[Call]:
    """Yield the calls that remove the instance profiles; their roles can go after that."""
    for role in _roles(scenario):
        named, what = {"InstanceProfileName": role.name}, f"instance profile {role.name}"
        held = named | {"RoleName": role.name}
        yield Call("iam", "remove_role_from_instance_profile", held, f"role of {what}")
        yield Call("iam", "delete_instance_profile", named, what)


def _roles(scenario: Scenario) -> list[Role]:
    return [role for role in scenario.roles if EC2 in role.services] if scenario.machine_images else []
