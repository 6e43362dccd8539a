"""What the programs of these scenarios ask SageMaker for, and how they wait for it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.program import Context

WITHIN_S = 3_600.0
POLL_S = 10.0
OVER = ("Completed", "Failed", "Stopped")


def role_arn(context: "Context", name: str) -> str:
    """Return the ARN of the declared role *name*."""
    return context.arn(next(one for one in context.scenario.roles if one.name == name))


def channel(name: str, url: str) -> dict[str, Any]:
    """Return an input channel over all objects under *url*."""
    source = {"S3DataType": "S3Prefix", "S3Uri": url, "S3DataDistributionType": "FullyReplicated"}
    return {"ChannelName": name, "DataSource": {"S3DataSource": source}}


def instances(kind: str = "ml.m5.large") -> dict[str, Any]:
    """Return a ResourceConfig of one instance."""
    return {"InstanceType": kind, "InstanceCount": 1, "VolumeSizeInGB": 30}


def waited_for(context: "Context", describe: Callable[[], Mapping[str, Any]], status: str) -> dict[str, Any]:
    """Return what *describe* says when its member *status* is a last one, or when it took too long."""
    until = context.now() + WITHIN_S
    while True:
        told = dict(describe())
        if told[status] in OVER or context.now() > until:
            print(status, told[status], told.get("FailureReason", ""), flush=True)
            return told
        context.wait_model_s(POLL_S)
