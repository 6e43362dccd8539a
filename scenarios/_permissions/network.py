"""Calls from a notebook in the VPC and from elsewhere, with the same credentials' rights."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from scenarios._permissions.attempts import Attempt, tried

if TYPE_CHECKING:
    from harness.program import Context

ENDPOINT = "turbofan-private"
BODY = b"1.0,2.0,3.0"

INVOKE = Attempt(
    "sagemaker:InvokeEndpoint",
    f"arn:aws:sagemaker:{{region}}:{{account}}:endpoint/{ENDPOINT}",
    lambda caller: caller.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=ENDPOINT, ContentType="text/csv", Body=BODY
    ),
)
# What the notebook's role may do, and nobody needs to do from inside the VPC.
DESCRIBE = Attempt(
    "sagemaker:DescribeEndpoint",
    INVOKE.on,
    lambda caller: caller.client("sagemaker").describe_endpoint(EndpointName=ENDPOINT),
)
CALLS = 5


def call(context: "Context") -> Mapping[str, Any]:
    """Invoke the endpoint some times; return how many calls were done and how many refused."""
    return tried(context, [INVOKE] * CALLS)


def call_and_look(context: "Context") -> Mapping[str, Any]:
    """As `call`, and describe the endpoint as well, which counts as one call more."""
    return tried(context, [*[INVOKE] * CALLS, DESCRIBE])
