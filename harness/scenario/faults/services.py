"""The services whose calls faults may hit, and the errors that each of them answers.

A fault names a service as boto3 does or by its SigV4 signing name. The table is data; a test holds it to
botocore's service models.
"""

import difflib
import re
from collections.abc import Sequence
from typing import Protocol

from harness.errors import ScenarioError
from harness.functions.outcomes import Reason
from harness.refusal import AwsError
from harness.scenario.faults.windows import check_share, check_window


class HitsCalls(Protocol):
    """What all faults that hit API calls have."""

    @property
    def service(self) -> str: ...
    @property
    def share(self) -> float: ...
    @property
    def operations(self) -> tuple[str, ...]: ...
    @property
    def after_s(self) -> float: ...
    @property
    def until_s(self) -> float: ...


_RATE_EXCEEDED = "Rate exceeded"
# "Throttling" is what services of the query protocol say (SNS: aws-sdk-net issue 3808, smoke-aws pull request
# 149), "ThrottlingException" is the common error of all others ("Common Errors" of their API references).
_QUERY = AwsError("Throttling", 400, _RATE_EXCEEDED)
_JSON = AwsError("ThrottlingException", 400, _RATE_EXCEEDED)
_REST_429 = AwsError("ThrottlingException", 429, _RATE_EXCEEDED)

# What each service answers a caller who is too fast, by signing name.
THROTTLED = {
    "application-autoscaling": _JSON,
    "autoscaling": _QUERY,
    "cloudformation": _QUERY,
    # DynamoDB developer guide, "Error handling with DynamoDB".
    "dynamodb": AwsError(
        "ProvisionedThroughputExceededException",
        400,
        "The level of configured provisioned throughput for the table was exceeded. Consider increasing your "
        "provisioning level with the UpdateTable API.",
    ),
    # EC2 API reference, "Throttle requests to the Amazon EC2 API".
    "ec2": AwsError("RequestLimitExceeded", 503, "Request limit exceeded."),
    "ecr": _JSON,
    "events": _JSON,
    "iam": _QUERY,
    # Kinesis API reference, PutRecord.
    "kinesis": AwsError("ProvisionedThroughputExceededException", 400, "Rate exceeded for the shard."),
    "kms": _JSON,
    # Lambda API reference, Invoke: TooManyRequestsException.
    "lambda": AwsError(
        "TooManyRequestsException",
        429,
        "Rate Exceeded.",
        members=(("Reason", Reason.CALLER_RATE.value), ("Type", "User")),
    ),
    "logs": _JSON,
    "monitoring": AwsError("ThrottlingException", 400, _RATE_EXCEEDED, "Throttling"),
    "pipes": _REST_429,
    # S3 API reference, "Error responses".
    "s3": AwsError("SlowDown", 503, "Please reduce your request rate."),
    "sagemaker": _JSON,
    "scheduler": _REST_429,
    "secretsmanager": _JSON,
    "sns": _QUERY,
    # SQS API reference, SendMessage; 403 as in async-aws issue 1227 and in botocore's rules for retries.
    "sqs": AwsError("RequestThrottled", 403, "Request is throttled.", "RequestThrottled"),
    "ssm": _JSON,
    "states": _JSON,
    "sts": _QUERY,
}

# Where boto3's name of a service is not its signing name.
_ALSO_CALLED = {
    "cloudwatch": "monitoring",
    "eventbridge": "events",
    "sagemaker-runtime": "sagemaker",
    "stepfunctions": "states",
}
# sagemaker-runtime shares its signing name with sagemaker; it is told by its operation.
_RUNTIME_OPERATIONS = ("InvokeEndpoint",)

# The services without operations in head or body: their calls are told apart by the HTTP method, but for
# Lambda's Invoke, whose path says it.
_BY_METHOD = ("s3", "lambda", "pipes", "scheduler")
_METHODS = ("GET", "HEAD", "PUT", "POST", "DELETE", "PATCH")
_OPERATION = re.compile(r"[A-Z][A-Za-z0-9]+")

# "Common Errors" of the API references: InternalFailure 500, ServiceUnavailable 503. Those that name theirs
# otherwise, by signing name and status.
_FAILED = {
    500: AwsError("InternalFailure", 500, "The request processing has failed because of an unknown error."),
    503: AwsError(
        "ServiceUnavailable", 503, "The request has failed due to a temporary failure of the server."
    ),
}
_FAILED_OTHERWISE = {
    # S3 API reference, "Error responses".
    ("s3", 500): AwsError("InternalError", 500, "We encountered an internal error. Please try again."),
    # SNS API reference, Publish: InternalError.
    ("sns", 500): AwsError("InternalError", 500, "Indicates an internal service error."),
    # DynamoDB developer guide, "Error handling with DynamoDB".
    ("dynamodb", 500): AwsError("InternalServerError", 500, "An error occurred on the server side."),
    # Lambda API reference, Invoke.
    ("lambda", 500): AwsError("ServiceException", 500, "The Lambda service encountered an internal error."),
}
SERVER_ERRORS = tuple(_FAILED)


def throttled(service: str) -> AwsError:
    """Return how the service of this signing name throttles."""
    return THROTTLED[service]


def failed(service: str, status: int) -> AwsError:
    """Return how the service of this signing name fails with *status*, one of `SERVER_ERRORS`."""
    return _FAILED_OTHERWISE.get((service, status), _FAILED[status])


def signing_name(service: str) -> str:
    """Return the name that calls of *service* are signed with."""
    return _ALSO_CALLED.get(service, service)


def operations_hit(fault: HitsCalls) -> tuple[str, ...]:
    """Return the operations that *fault* hits, as the gateway names them; none means all."""
    if fault.service == "sagemaker-runtime":
        return fault.operations or _RUNTIME_OPERATIONS
    return fault.operations


def check_calls(fault: HitsCalls) -> None:
    """Raise ScenarioError when *fault* names a service or operations that cannot be, or hits nothing."""
    who = f"{type(fault).__name__} of {fault.service!r}"
    _check_service(type(fault).__name__, fault.service)
    check_share(who, fault.share)
    check_window(who, fault.after_s, fault.until_s)
    if isinstance(fault.operations, str):
        raise ScenarioError(f"{who}: operations is a text; give a tuple, as ({fault.operations!r},)")
    _check_operations(who, signing_name(fault.service), fault.operations)


def _check_service(what: str, service: str) -> None:
    known = sorted({*THROTTLED, *_ALSO_CALLED})
    if service not in known:
        near = difflib.get_close_matches(service, known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(known)}"
        raise ScenarioError(f"{what}: there is no service {service!r} here; {hint}")


def _check_operations(who: str, service: str, operations: Sequence[str]) -> None:
    for name in operations:
        if service in _BY_METHOD:
            if name not in _METHODS and (service, name) != ("lambda", "Invoke"):
                also = " or Invoke" if service == "lambda" else ""
                raise ScenarioError(
                    f"{who}: operations has {name!r}; calls of {service} are told apart by HTTP method, say "
                    f"one of {', '.join(_METHODS)}{also}"
                )
        elif not _OPERATION.fullmatch(name):
            raise ScenarioError(
                f"{who}: operations has {name!r}; name them as the API reference does, as 'SendMessage'"
            )
