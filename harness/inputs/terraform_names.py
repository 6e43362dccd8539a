"""From the arguments of Terraform resources to those of AWS calls.

The AWS provider writes members in snake case, blocks as lists of one, and names a few differently; the shapes
of the calls say the rest. Source: documentation of the provider's resources, version 6.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from harness.errors import ScenarioError
from harness.scaling.requests.call_shapes import (
    METRIC_ALARM,
    SCALABLE_TARGET,
    SCALING_POLICY,
    SCHEDULED_ACTION,
)
from harness.scaling.requests.shapes import Many, Members, Shape

TARGET, POLICY = "aws_appautoscaling_target", "aws_appautoscaling_policy"
SCHEDULED, ALARM = "aws_appautoscaling_scheduled_action", "aws_cloudwatch_metric_alarm"
ENDPOINT, ENDPOINT_CONFIG = "aws_sagemaker_endpoint", "aws_sagemaker_endpoint_configuration"
TYPES = (TARGET, POLICY, SCHEDULED, ALARM, ENDPOINT, ENDPOINT_CONFIG)

SHAPES = {TARGET: SCALABLE_TARGET, POLICY: SCALING_POLICY, SCHEDULED: SCHEDULED_ACTION, ALARM: METRIC_ALARM}
KINDS = {TARGET: "targets", POLICY: "policies", SCHEDULED: "scheduled_actions", ALARM: "alarms"}

# What the provider calls a member, where it is not the member's name in snake case.
_RENAMED = {
    "PolicyName": "name",
    "ScheduledActionName": "name",
    "StepAdjustments": "step_adjustment",
    "OKActions": "ok_actions",
    "RoleARN": "role_arn",
}
# Members of every resource, and what the provider answers, that have nothing to do with scaling.
META = {
    "arn",
    "alarm_arns",
    "count",
    "depends_on",
    "for_each",
    "id",
    "lifecycle",
    "provider",
    "provisioner",
    "region",
    "tags",
    "tags_all",
    "timeouts",
    "scalable_dimension_arn",
    "evaluate_low_sample_count_percentiles",
    "alarm_description",
    "role_arn",
}


def snake(member: str) -> str:
    """Return what the provider calls *member* of an AWS call."""
    return _RENAMED.get(member) or re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", member).lower()


def snake_path(path: str) -> str:
    """Return the path of a field of an AWS call as Terraform writes it."""
    return ".".join(snake(part.split("[")[0]) + part[len(part.split("[")[0]) :] for part in path.split("."))


def call_arguments(
    kind: str, given: Mapping[str, Any], address: str, at: Callable[[str], str]
) -> dict[str, Any]:
    """Return the arguments of the AWS call that the resource *address* of type *kind* makes.

    *at* names a path in errors.
    """
    return _Converter(at, kind).members(given, SHAPES[kind], address)


class _Converter:
    def __init__(self, at: Callable[[str], str], kind: str) -> None:
        self._at = at
        # An alarm's metrics are called differently from those of a customised metric.
        self._metrics = "metric_query" if kind == ALARM else "metrics"

    def members(self, given: Mapping[str, Any], shape: Members, where: str) -> dict[str, Any]:
        """Return *given*, a resource or a block, as the members of *shape*."""
        names = {member: self._metrics if member == "Metrics" else snake(member) for member in shape.members}
        unknown = [name for name in given if name not in names.values() and name not in META]
        if unknown:
            place = self._at(f"{where}.{unknown[0]}")
            raise ScenarioError(f"{place}: an argument of this name is not expected here")
        values = {
            member: self._value(given.get(name), shape.members[member], f"{where}.{name}")
            for member, name in names.items()
        }
        return {member: value for member, value in values.items() if value is not None and value != []}

    def _value(self, given: Any, shape: Shape, where: str) -> Any:
        if isinstance(shape, Members):
            block = given[0] if isinstance(given, list) and len(given) == 1 else given
            return self.members(block, shape, where) if isinstance(block, Mapping) else block
        if isinstance(shape, Many) and isinstance(shape.each, Members):
            return self._blocks(given, shape.each, where)
        # The provider keeps what is not set as null, "" or an empty list.
        return None if given == "" else given

    def _blocks(self, given: Any, shape: Members, where: str) -> Any:
        if isinstance(given, Mapping) and set(shape.members) == {"Name", "Value"}:  # dimensions of an alarm
            return [{"Name": name, "Value": value} for name, value in given.items()]
        if isinstance(given, list):
            return [
                self.members(each, shape, f"{where}[{index}]") if isinstance(each, Mapping) else each
                for index, each in enumerate(given)
            ]
        return given
