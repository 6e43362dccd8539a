"""MiniStack asks our judgement when one of its services delivers to another's queue or topic.

Its own evaluator (1.5.33, AUTH on) turns away what AWS delivers: among 40 queue policies it refused SNS in
five that AWS's documentation lets in, the usual `Deny` without TLS (aws:SecureTransport) among them, and let
it in by three that do not. Calls of clients stay its own to judge, but for what it takes loopback for, for
the actions of batches, and for calls that carry the gateway's password: those were judged there.
"""

from typing import Any

from harness.backends.ministack_trust import trusting
from harness.messaging.edges import PRINCIPALS, Edge, Target, judge, policy_of

# The batch operations are no actions of their own: SQS developer guide, "Amazon SQS API permissions"; Service
# Authorization Reference, "Actions defined by Amazon SNS". MiniStack asks for them by their own names.
_ACTIONS = {
    "sqs:SendMessageBatch": "sqs:SendMessage",
    "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
    "sns:PublishBatch": "sns:Publish",
}
_SERVICES = {principal: service for service, principal in PRINCIPALS.items()}


def install(application: Any, password: str = "") -> Any:
    """Put our judgement in the place of MiniStack's, in the process that serves it, if it judges at all.

    Return what is to be served in the place of *application*: calls that carry *password* were judged before.
    """
    from ministack import app
    from ministack.core import iam_actions
    from ministack.services import sns, sqs

    if not app.AUTH:
        return application
    pin = app.pin_request_origin

    def pin_with_tls(source_ip: str, _secure_transport: bool) -> None:
        # What comes over plain HTTP on loopback would come to AWS over TLS, which SDKs use by default.
        pin(source_ip, True)

    app.pin_request_origin = pin_with_tls

    def queue_allows(queue_arn: str, service: str, source_arn: str, source_account: str) -> bool:
        queue = sqs._queue_by_arn(queue_arn)
        return queue is not None and _allows(
            queue["attributes"], service, source_arn, queue_arn, source_account
        )

    def topic_allows(topic_arn: str, service: str, source_arn: str, source_account: str) -> bool:
        topic = sns._topic_by_arn_any_scope(topic_arn)
        return topic is not None and _allows(
            topic["attributes"], service, source_arn, topic_arn, source_account
        )

    action_of = iam_actions.extract_iam_action

    def without_batches(*arguments: Any, **named: Any) -> Any:
        action = action_of(*arguments, **named)
        return _ACTIONS.get(action, action)

    iam_actions.extract_iam_action = without_batches
    sqs.queue_policy_allows = queue_allows
    sns.topic_policy_allows = topic_allows
    return trusting(application, password) if password else application


def _allows(attributes: dict[str, str], service: str, source: str, target: str, account: str) -> bool:
    edge = Edge(_SERVICES[service], source, target)
    return judge(edge, Target(target, policy_of(attributes.get("Policy"))), account).allowed
