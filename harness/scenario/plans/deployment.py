"""The AWS calls that make a scenario's resources, in order, and those that remove them.

A call is a value; the runner makes it with boto3. Arguments are what the real API takes, so that the same
plan would deploy to AWS.
"""

from collections.abc import Iterator, Mapping, Sequence

from harness.scenario.calls import Call, FromAnswer
from harness.scenario.plans.compute import profiling, unprofiling
from harness.scenario.plans.permissions import (
    buckets_of,
    permitting,
    region_of_bucket,
    unbucketing,
    unpermitting,
)
from harness.scenario.plans.scaling import scaling_of, unscaling_of
from harness.scenario.resources import Endpoint, Model
from harness.scenario.spec import Scenario

__all__ = ["Call", "FromAnswer", "clearing", "deployment", "removal", "scaling", "unscaling"]

BUCKET = "rehearsal-artefacts"


def deployment(
    scenario: Scenario, artefacts: Mapping[str, bytes], account: str, region: str
) -> Iterator[Call]:
    """Yield the calls that make roles, buckets, models, configurations and endpoints of *scenario*.

    *artefacts* has the model.tar.gz of each model by name. The endpoints are Creating when the calls are
    done.
    """
    yield from permitting(scenario.roles, region, account)
    yield from profiling(scenario)
    yield from buckets_of(scenario.buckets, region, account)
    if scenario.models:
        yield _bucket(region)
    for model in scenario.models:
        yield from _model(model, artefacts[model.name], region, account)
    for endpoint in scenario.endpoints:
        yield from _endpoint(endpoint)


def scaling(endpoints: Sequence[Endpoint]) -> Iterator[Call]:
    """Yield the calls that put the scaling of *endpoints* in force; they must be InService."""
    for endpoint in endpoints:
        yield from scaling_of(endpoint)


def unscaling(endpoints: Sequence[Endpoint]) -> Iterator[Call]:
    """Yield the calls that take the scaling of *endpoints* away."""
    for endpoint in endpoints:
        yield from unscaling_of(endpoint)


def removal(endpoints: Sequence[Endpoint]) -> Iterator[Call]:
    """Yield the calls that end what costs money on AWS: *endpoints*, none of which may be in an update."""
    for endpoint in endpoints:
        yield Call(
            "sagemaker", "delete_endpoint", {"EndpointName": endpoint.name}, f"endpoint {endpoint.name}"
        )


def clearing(scenario: Scenario, account: str) -> Iterator[Call]:
    """Yield the calls that remove the rest, once endpoints and the objects in buckets are gone: the next run
    makes it anew."""
    for endpoint in scenario.endpoints:
        named = {"EndpointConfigName": _config_name(endpoint)}
        yield Call("sagemaker", "delete_endpoint_config", named, f"endpoint configuration of {endpoint.name}")
    for model in scenario.models:
        yield Call("sagemaker", "delete_model", {"ModelName": model.name}, f"model {model.name}")
        yield Call("s3", "delete_object", {"Bucket": BUCKET, "Key": _key(model)}, f"artefact of {model.name}")
    if scenario.models:
        yield Call("s3", "delete_bucket", {"Bucket": BUCKET}, f"bucket {BUCKET}")
    yield from unbucketing(scenario.buckets)
    yield from unprofiling(scenario)
    yield from unpermitting(scenario.roles, account)


def _bucket(region: str) -> Call:
    return Call("s3", "create_bucket", {"Bucket": BUCKET} | region_of_bucket(region), f"bucket {BUCKET}")


def _key(model: Model) -> str:
    return f"{model.name}/output/model.tar.gz"


def _model(model: Model, artefact: bytes, region: str, account: str) -> Iterator[Call]:
    stored = {"Bucket": BUCKET, "Key": _key(model), "Body": artefact}
    yield Call("s3", "put_object", stored, f"artefact of {model.name}")
    container = {
        "Image": model.image,
        "ModelDataUrl": f"s3://{BUCKET}/{_key(model)}",
        "Environment": dict(model.environment),
    }
    arguments = {
        "ModelName": model.name,
        "ExecutionRoleArn": model.role.arn(region, account),
        "PrimaryContainer": container,
    }
    yield Call("sagemaker", "create_model", arguments, f"model {model.name}")


def _config_name(endpoint: Endpoint) -> str:
    return f"{endpoint.name}-config"


def _endpoint(endpoint: Endpoint) -> Iterator[Call]:
    variant = {
        "VariantName": endpoint.variant_name,
        "ModelName": endpoint.model.name,
        "InstanceType": endpoint.instance_type,
        "InitialInstanceCount": endpoint.initial_instance_count,
        "InitialVariantWeight": 1,
    }
    named = {"EndpointConfigName": _config_name(endpoint)}
    wanted = named | {"ProductionVariants": [variant]}
    yield Call("sagemaker", "create_endpoint_config", wanted, f"endpoint configuration of {endpoint.name}")
    arguments = {"EndpointName": endpoint.name} | named
    yield Call("sagemaker", "create_endpoint", arguments, f"endpoint {endpoint.name}")
