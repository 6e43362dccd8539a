"""The AWS calls that make a scenario's resources, in order, and those that remove them.

A call is a value; the runner makes it with boto3. Arguments are what the real API takes, so that the same
plan would deploy to AWS.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.scenario.resources import Endpoint, Model, Role
from harness.scenario.spec import Scenario

BUCKET = "rehearsal-artefacts"
DIMENSION = "sagemaker:variant:DesiredInstanceCount"


@dataclass(frozen=True)
class Call:
    """One API call: boto3's service and method names and its arguments. `what` is for people."""

    service: str
    method: str
    arguments: Mapping[str, Any]
    what: str


def deployment(scenario: Scenario, artefacts: Mapping[str, bytes], account: str) -> Iterator[Call]:
    """Yield the calls that make roles, artefacts, models, configurations and endpoints of *scenario*.

    *artefacts* has the model.tar.gz of each model by name. The endpoints are Creating when the calls are
    done.
    """
    for role in scenario.roles:
        yield from _role(role)
    yield Call("s3", "create_bucket", {"Bucket": BUCKET}, f"bucket {BUCKET}")
    for model in scenario.models:
        yield from _model(model, artefacts[model.name], account)
    for endpoint in scenario.resources:
        yield from _endpoint(endpoint)


def scaling(endpoints: Sequence[Endpoint]) -> Iterator[Call]:
    """Yield the calls that put the scaling policies of *endpoints* in force; they must be InService."""
    for endpoint in endpoints:
        if endpoint.scaling is not None:
            yield from _scaling(endpoint)


def removal(scenario: Scenario) -> Iterator[Call]:
    """Yield the calls that end what costs money on AWS: scalable targets, then endpoints."""
    for endpoint in scenario.resources:
        if endpoint.scaling is not None:
            yield Call(
                "application-autoscaling",
                "deregister_scalable_target",
                _target(endpoint),
                f"target {endpoint.name}",
            )
        yield Call(
            "sagemaker", "delete_endpoint", {"EndpointName": endpoint.name}, f"endpoint {endpoint.name}"
        )


def role_arn(role: Role, account: str) -> str:
    """Return the ARN of *role* in *account*."""
    return f"arn:aws:iam::{account}:role/{role.name}"


def _role(role: Role) -> Iterator[Call]:
    trust = {"Effect": "Allow", "Principal": {"Service": role.service}, "Action": "sts:AssumeRole"}
    arguments = {"RoleName": role.name, "AssumeRolePolicyDocument": _document([trust])}
    yield Call("iam", "create_role", arguments, f"role {role.name}")
    if role.statements:
        allowed = [
            {"Effect": "Allow", "Action": list(s.actions), "Resource": list(s.resources)}
            for s in role.statements
        ]
        named = {
            "RoleName": role.name,
            "PolicyName": f"{role.name}-inline",
            "PolicyDocument": _document(allowed),
        }
        yield Call("iam", "put_role_policy", named, f"policy of role {role.name}")


def _document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _model(model: Model, artefact: bytes, account: str) -> Iterator[Call]:
    key = f"{model.name}/output/model.tar.gz"
    yield Call(
        "s3", "put_object", {"Bucket": BUCKET, "Key": key, "Body": artefact}, f"artefact of {model.name}"
    )
    container = {
        "Image": model.image,
        "ModelDataUrl": f"s3://{BUCKET}/{key}",
        "Environment": dict(model.environment),
    }
    arguments = {
        "ModelName": model.name,
        "ExecutionRoleArn": role_arn(model.role, account),
        "PrimaryContainer": container,
    }
    yield Call("sagemaker", "create_model", arguments, f"model {model.name}")


def _endpoint(endpoint: Endpoint) -> Iterator[Call]:
    variant = {
        "VariantName": endpoint.variant_name,
        "ModelName": endpoint.model.name,
        "InstanceType": endpoint.instance_type,
        "InitialInstanceCount": endpoint.initial_instance_count,
        "InitialVariantWeight": 1,
    }
    config = f"{endpoint.name}-config"
    yield Call(
        "sagemaker",
        "create_endpoint_config",
        {"EndpointConfigName": config, "ProductionVariants": [variant]},
        f"endpoint configuration {config}",
    )
    arguments = {"EndpointName": endpoint.name, "EndpointConfigName": config}
    yield Call("sagemaker", "create_endpoint", arguments, f"endpoint {endpoint.name}")


def _target(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "ServiceNamespace": "sagemaker",
        "ResourceId": endpoint.resource_id,
        "ScalableDimension": DIMENSION,
    }


def _scaling(endpoint: Endpoint) -> Iterator[Call]:
    policy = endpoint.scaling
    assert policy is not None
    bounds = {"MinCapacity": policy.min_capacity, "MaxCapacity": policy.max_capacity}
    yield Call(
        "application-autoscaling",
        "register_scalable_target",
        _target(endpoint) | bounds,
        f"scalable target of {endpoint.name}",
    )
    configuration = {
        "TargetValue": policy.target_value,
        "PredefinedMetricSpecification": {"PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"},
        "ScaleInCooldown": int(policy.scale_in_cooldown_s),
        "ScaleOutCooldown": int(policy.scale_out_cooldown_s),
        "DisableScaleIn": policy.disable_scale_in,
    }
    yield Call(
        "application-autoscaling",
        "put_scaling_policy",
        _target(endpoint)
        | {
            "PolicyName": policy.policy_name,
            "PolicyType": "TargetTrackingScaling",
            "TargetTrackingScalingPolicyConfiguration": configuration,
        },
        f"scaling policy of {endpoint.name}",
    )
