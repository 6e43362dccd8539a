"""Pulumi's names of types and functions, as those of the provider that they are made from."""

import re
from collections.abc import Mapping
from typing import Any

from harness.templates.provider.convert import snake
from harness.templates.provider.table import known_types

# Modules of Pulumi whose name is not in the provider's types, or is another one there.
_MODULES = {"apigateway": "api_gateway", "ec2": "", "index": "", "lb": ""}
# What Pulumi calls an argument, where it is not the provider's in camel case.
_ARGUMENTS: Mapping[str, Mapping[str, str]] = {
    "aws_cloudwatch_metric_alarm": {"name": "alarm_name"},
    "aws_lambda_function": {"name": "function_name"},
    "aws_lambda_permission": {"function": "function_name"},
    "aws_sns_topic_subscription": {"topic": "topic_arn"},
}
_OF_APIS = {"rest_api": "rest_api_id", "deployment": "deployment_id"}


def argument_of(type_: str, name: str) -> str:
    """Return the provider's name of an argument: topic of a subscription is topic_arn."""
    plain = snake(name)
    own = _OF_APIS if type_.startswith("aws_api_gateway_") else _ARGUMENTS.get(type_, {})
    return own.get(plain, plain)


def provider_type(type_: str) -> str:
    """Return the provider's type of "aws:sqs/queue:Queue": aws_sqs_queue."""
    package, _, rest = type_.partition(":")
    module, _, name = rest.partition("/")
    name = name.partition(":")[0] or module.rpartition(":")[2]
    plain = re.sub(r"_?[vV]2$", "", snake(name))
    if package == "random":
        return f"random_{plain.removeprefix('random_')}"
    if package != "aws":
        return f"{package}_{plain}"
    if (module, plain) == ("s3", "bucket_object"):
        return "aws_s3_object"
    if (module, plain) in (("sqs", "redrive_policy"), ("sqs", "redrive_allow_policy")):
        return f"aws_sqs_queue_{plain}"
    own = f"{_MODULES.get(module, module)}_{plain}".strip("_")
    candidates = [f"aws_{own}", f"aws_{module}_{plain}", f"aws_{plain}"]
    return next((each for each in candidates if each in known_types()), candidates[1])


def data_type(token: str) -> str:
    """Return the provider's data source of "aws:iam/getPolicyDocument:getPolicyDocument"."""
    package, module, name = [*token.split(":"), "", ""][:3]
    plain = snake(name).removeprefix("get_")
    folder = module.partition("/")[0]
    return f"{package}_{plain}" if folder in ("index", "ec2") else f"{package}_{folder}_{plain}"


def address_of(type_: str, name: str) -> str:
    """Return the logical id of a resource, as its program writes it: sqs.Queue.jobs."""
    package, _, rest = type_.partition(":")
    module = rest.partition("/")[0]
    own = module if package == "aws" else package
    return f"{own}.{type_.rpartition(':')[2]}.{name}"


def address_of_urn(urn: str) -> str:
    """Return the logical id of the resource that a URN names."""
    *_, types, name = urn.split("::")
    return address_of(types.rpartition("$")[2], name)


def camel(name: str) -> str:
    """Return queue_url as queueUrl."""
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)


def whole_numbers(value: Any) -> Any:
    """Return *value* with whole numbers as such: Pulumi's protocol knows floats only."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: whole_numbers(each) for key, each in value.items()}
    return [whole_numbers(each) for each in value] if isinstance(value, list) else value
