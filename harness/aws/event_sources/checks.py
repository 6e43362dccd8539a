"""What Lambda looks at before it makes a mapping of a queue: the function, the queue, what the role may do.

Words: "Function does not exist" (as LocalStack keeps it from AWS), terraform-aws-github-runner issue 465
(visibility); the refusal of a role is the one that most who add a queue as a trigger meet first.
"""

from dataclasses import dataclass
from urllib.parse import quote

import orjson

from harness.aws.aws_json import Refused
from harness.aws.event_sources.house import House, error_code
from harness.aws.functions.names import LATEST, Reference, arn_of, reference_of
from harness.aws.functions.refusals import invalid
from harness.aws.root_calls import RootClient
from harness.aws.signed_calls import SignedCalls
from harness.config import Credentials
from harness.errors import BackendError
from harness.refusal import Refusal

LAMBDA = "lambda.amazonaws.com"
FUNCTIONS = "/2015-03-31/functions"
DEFAULT_VISIBILITY_S = 30.0
# What a poller calls (AWSLambdaSQSQueueExecutionRole), with arguments that SQS refuses once the caller may:
# no message is touched. GetQueueAttributes is harmless as it is.
_PROBES = (
    ("ReceiveMessage", {"MaxNumberOfMessages": 0}),
    ("DeleteMessage", {"ReceiptHandle": "none"}),
    ("GetQueueAttributes", {"AttributeNames": ["QueueArn"]}),
)


@dataclass(frozen=True, slots=True)
class Target:
    """The function of a mapping, as the backend has it."""

    reference: Reference
    arn: str
    role: str
    timeout_s: float


class Checks:
    """Looks at functions and queues; raises Refused in Lambda's words. For the gateway's loop."""

    def __init__(self, house: House, root: RootClient, calls: SignedCalls) -> None:
        self._house = house
        self._root = root
        self._calls = calls

    async def function(self, name: str) -> Target:
        """Return the function that a request names."""
        reference = reference_of(name)
        if reference is None:
            raise invalid(f"Invalid function name: {name}")
        query = f"?Qualifier={quote(reference.qualifier)}" if reference.qualifier else ""
        path = f"{FUNCTIONS}/{quote(reference.name)}/configuration{query}"
        answer = await self._root.call("lambda", "GET", path)
        if answer.status == 404:
            raise invalid("Function does not exist")
        if answer.status != 200:
            text = answer.body[:200].decode("utf-8", "replace")
            raise BackendError(
                f"The backend does not say how function {reference.name} is configured: {answer.status} "
                f"{text!r}; see its log in the run's folder.",
                service="lambda",
                operation="GetFunctionConfiguration",
            )
        found = orjson.loads(answer.body)
        arn = arn_of(reference.name, self._house.region, self._house.account, reference.qualifier)
        return Target(reference, arn, str(found.get("Role", "")), float(found.get("Timeout", 3)))

    async def queue(self, arn: str) -> tuple[str, float]:
        """Return the queue's URL and its visibility time-out in seconds."""
        account, name = arn.split(":")[4:6]
        url = self._root.queue_url_of(account, name)
        answer = await self._root.json(
            "sqs", "GetQueueAttributes", {"QueueUrl": url, "AttributeNames": ["All"]}, account=account
        )
        found = orjson.loads(answer.body or b"{}").get("Attributes", {}) if answer.status == 200 else {}
        if answer.status == 200 and found.get("QueueArn", arn) == arn:
            return url, float(found.get("VisibilityTimeout", DEFAULT_VISIBILITY_S))
        raise invalid(
            "Error occurred while ReceiveMessage. SQS Error Code: AWS.SimpleQueueService.NonExistentQueue. "
            "SQS Error Message: The specified queue does not exist for this wsdl version."
        )

    async def role(self, target: Target) -> Credentials:
        """Return credentials of the function's role, for the pollers."""
        found = await self._house.permission.credentials_for(
            target.role, LAMBDA, target.reference.name, source_arn=self._unqualified(target)
        )
        if isinstance(found, Refusal):
            raise Refused(found.code, found.message)
        return found

    async def rights(self, who: Credentials, url: str) -> None:
        """Refuse a role that may not do what a poller does with the queue at *url*."""
        for operation, given in _PROBES:
            answer = await self._calls.json(who, "sqs", operation, {"QueueUrl": url, **given})
            if answer.status == 403 or error_code(answer) in ("AccessDenied", "AccessDeniedException"):
                raise invalid(
                    f"The provided execution role does not have permissions to call {operation} on SQS"
                )

    def _unqualified(self, target: Target) -> str:
        return arn_of(target.reference.name, self._house.region, self._house.account)


def check_visibility(visibility_s: float, target: Target) -> None:
    """Refuse a queue whose messages come back while the function may still work on them."""
    if visibility_s < target.timeout_s:
        raise invalid(
            f"Queue visibility timeout: {visibility_s:g} seconds is less than Function timeout: "
            f"{target.timeout_s:g} seconds"
        )


def qualifier_of(target: Target) -> str:
    """Return the version or alias that is invoked, "" for $LATEST."""
    return "" if target.reference.qualifier == LATEST else target.reference.qualifier
