"""One service delivers to a resource of another: what AWS asks that resource's policy, and what it says.

A delivery is a call of the delivering service under its own name, so the policy of the queue, topic or
function alone decides (IAM user guide, "AWS service principals").
"""

from dataclasses import dataclass

from harness.iam import (
    MalformedPolicyError,
    Policy,
    Principal,
    Request,
    Verdict,
    evaluate_resource_policy,
    parse,
)
from harness.iam.reasons import resource_words

NO_STATEMENTS = Policy(())
PRINCIPALS = {"sns": "sns.amazonaws.com", "s3": "s3.amazonaws.com", "events": "events.amazonaws.com"}
ACTIONS = {"sqs": "sqs:SendMessage", "sns": "sns:Publish", "lambda": "lambda:InvokeFunction"}
# Where AWS says what the policy must allow.
PAGES = {
    (
        "sns",
        "sqs",
    ): "Amazon SNS Developer Guide, Subscribing an Amazon SQS queue to a topic: give permission",
    ("sns", "lambda"): "AWS Lambda Developer Guide, Using AWS Lambda with Amazon SNS: grant permission",
    ("s3", "sqs"): "Amazon S3 User Guide, Granting permissions to publish event notification messages",
    ("s3", "sns"): "Amazon S3 User Guide, Granting permissions to publish event notification messages",
    ("s3", "lambda"): "Amazon S3 User Guide, Granting permissions to publish event notification messages",
    ("events", "sqs"): "Amazon EventBridge User Guide, Using resource-based policies: Amazon SQS permissions",
    ("events", "sns"): "Amazon EventBridge User Guide, Using resource-based policies: Amazon SNS permissions",
    (
        "events",
        "lambda",
    ): "Amazon EventBridge User Guide, Using resource-based policies: AWS Lambda permissions",
}


@dataclass(frozen=True, slots=True)
class Edge:
    """Deliveries of *service* (`sns`, `s3`, `events`) from *source* to *target*, both ARNs."""

    service: str
    source: str
    target: str

    @property
    def page(self) -> str:
        """The page of AWS's documentation on the permission that it needs."""
        return PAGES[self.service, service_of(self.target)]


@dataclass(frozen=True, slots=True)
class Target:
    """What is known of a queue, topic or function. `policy`: its document, None without one.

    `key` is the KMS key that encrypts it, "" without one.
    """

    arn: str
    policy: Policy | None = None
    exists: bool = True
    key: str = ""


def policy_of(text: object) -> Policy | None:
    """Return the policy in *text*, None where there is none; one that AWS would not take allows nothing."""
    if not text:
        return None
    try:
        return parse(str(text))
    except MalformedPolicyError:
        return NO_STATEMENTS


def service_of(arn: str) -> str:
    """Return the service in *arn*, "" where it is none."""
    parts = arn.split(":", 5)
    return parts[2] if len(parts) == 6 and parts[0] == "arn" else ""


def is_judged(service: str, target: str) -> bool:
    """Return whether a delivery of *service* to the ARN *target* needs leave of a policy that is judged."""
    return (service, service_of(target)) in PAGES


def judge(edge: Edge, target: Target, account: str) -> Verdict:
    """Return whether AWS would deliver along *edge*; *account* is the caller's, which owns the buckets."""
    if not target.exists:
        return Verdict(False, False, f"{resource_words(target.arn)} does not exist")
    return evaluate_resource_policy(target.policy, request_of(edge, account))


def request_of(edge: Edge, account: str) -> Request:
    """Return the request that the target's policy is asked about.

    IAM user guide, "AWS global condition context keys": the calling service passes aws:SourceArn and
    aws:SourceAccount; aws:SourceOwner is passed by older integrations only, neither S3 nor EventBridge among
    them, so that SNS's default topic policy lets neither in. Without a caller's network there is no
    aws:SourceIp.
    """
    service = PRINCIPALS[edge.service]
    context = {
        "aws:PrincipalIsAWSService": "true",
        "aws:PrincipalServiceName": service,
        "aws:PrincipalServiceNamesList": service,
        "aws:SecureTransport": "true",
        "aws:ViaAWSService": "false",
    }
    # EventBridge guide, "Amazon SNS permissions": "You can't use Condition blocks in Amazon SNS topic
    # policies for EventBridge." The keys that tell the source are not passed.
    if (edge.service, service_of(edge.target)) != ("events", "sns"):
        owner = edge.source.split(":", 5)[4] or account
        context |= {"aws:SourceArn": edge.source, "aws:SourceAccount": owner}
    return Request.of(Principal.service(service), ACTIONS[service_of(edge.target)], edge.target, context)
