"""The scaling of a stack in virtual time: an hour of traffic for each scaled endpoint, in a second."""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from harness.rehearse.traffic import scaling_stages
from harness.scenario.stack import Stack
from harness.templates.model import Resource, Template

TARGET, POLICY = (f"AWS::ApplicationAutoScaling::{kind}" for kind in ("ScalableTarget", "ScalingPolicy"))
_KEPT = (
    TARGET,
    POLICY,
    "AWS::CloudWatch::Alarm",
    "AWS::SageMaker::Endpoint",
    "AWS::SageMaker::EndpointConfig",
)
DIMENSION = "sagemaker:variant:DesiredInstanceCount"
# Where no policy says a target of invocations: one a second for each instance.
OTHER_TARGET = 60.0


def simulate_scaling(stack: Stack, stages: str | None, seed: int, runs: Path) -> list[dict[str, Any]]:
    """Play every scaled endpoint of *stack* under *stages*; return a summary for each, its exit code in it.

    Lines for people go to stderr. A target that a simulation does not cover raises ScenarioError.
    """
    template = stack.template()
    targets = [
        one for one in template.of_type(TARGET) if one.properties.get("ScalableDimension") == DIMENSION
    ]
    if not targets:
        return []
    with tempfile.TemporaryDirectory() as folder:
        policy = Path(folder) / f"{template.stack}-scaling.json"
        policy.write_text(json.dumps(_as_template(template)), encoding="utf-8")
        return [_simulated(template, one, policy, stages, seed, runs) for one in targets]


def _as_template(template: Template) -> dict[str, Any]:
    """Return what scales in *template* as a plain CloudFormation template, every name worked out."""
    kept = {
        name: {"Type": one.type, "Properties": _without_tokens(one)}
        for name, one in template.resources.items()
        if one.type in _KEPT
    }
    return {"Resources": {_plain(name): value for name, value in kept.items()}}


def _plain(logical_id: str) -> str:
    """Return *logical_id* as CloudFormation takes one: letters and digits."""
    return "".join(each for each in logical_id.title() if each.isalnum())


def _without_tokens(resource: Resource) -> dict[str, Any]:
    """Return its properties without what only a deployed stack knows: a simulation needs none of it."""
    return {
        name: value
        for name, value in resource.properties.items()
        if name in ("ScalingTargetId",) or "${Token[" not in json.dumps(value)
    }


def _simulated(
    template: Template, target: Resource, policy: Path, stages: str | None, seed: int, runs: Path
) -> dict[str, Any]:
    from harness.config import spare_numpy_threads

    spare_numpy_threads()
    from harness.terminal import indented, show_all
    from harness.whatif.simulate_command import simulated
    from harness.whatif.simulate_options import add_arguments
    from harness.whatif.simulate_view import parts_of

    minimum = max(int(target.properties.get("MinCapacity", 1)), 1)
    wanted = stages or scaling_stages(_target_value(template, target), minimum)
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    words = ["--policy", str(policy), "--target", str(target.properties["ResourceId"]), "--traffic", wanted]
    words += ["--initial", str(minimum), "--seed", str(seed), "--runs", str(runs)]
    arguments = parser.parse_args(words)
    arguments.json = False
    row, trouble = simulated(arguments)
    show_all(map(indented, parts_of(row, trouble)), sys.stderr)
    return row


def _target_value(template: Template, target: Resource) -> float:
    """Return the invocations per instance and minute that a policy of *target* aims at."""
    for policy in template.of_type(POLICY):
        tracking = policy.properties.get("TargetTrackingScalingPolicyConfiguration") or {}
        metric = (tracking.get("PredefinedMetricSpecification") or {}).get("PredefinedMetricType", "")
        of_this = str(target.properties["ResourceId"]) in json.dumps(policy.properties)
        if metric == "SageMakerVariantInvocationsPerInstance" and (
            of_this or len(template.of_type(TARGET)) == 1
        ):
            return float(tracking["TargetValue"])
    return OTHER_TARGET
