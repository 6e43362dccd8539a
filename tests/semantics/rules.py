"""How the machine recognises each known difference: the code behind the rows of differences.toml."""

import json
import re
from collections.abc import Callable, Iterator, Mapping

from known import Known, Rule
from play import Finding, Play
from steps import DeleteBatch, Message, Publish, PublishBatch, Send, SendBatch, Step

from harness.messaging.differences import known_differences

Finds = Callable[[Finding, Play], bool]
SQS = "AWS.SimpleQueueService."
INVALID_VALUE, INVALID = "InvalidParameterValue", "InvalidParameter"
MOST_ATTRIBUTES = 10
SENDS = ("SendMessage", "SendMessageBatch", "SendMessageBatch entry")
PUBLISHES = ("Publish", "PublishBatch", "PublishBatch entry")


def known_of(emulator: str) -> Known:
    """Return the rules of *emulator*; none for one that nobody has tested."""
    return Known([RULES[row.id] for row in known_differences() if emulator in row.emulators])


def accepted(calls: tuple[str, ...], code: str, *about: str) -> tuple[str, ...]:
    """Return the names of the rules that *calls* break when they succeed instead of failing with *code*."""
    ends = [f" ({each})" for each in about] or [""]
    return tuple(f"{call} accepted, not {code}{end}" for call in calls for end in ends)


def named(*rules: str) -> Finds:
    """Return a predicate for findings by their names."""
    return lambda finding, play: finding.rule in rules


def begins(*rules: str) -> Finds:
    """Return a predicate for findings by how their names begin."""
    return lambda finding, play: finding.rule.startswith(rules)


def messages_of(step: Step) -> Iterator[Message]:
    """Yield what a step sends or publishes."""
    if isinstance(step, Send | Publish):
        yield step.message
    elif isinstance(step, SendBatch | PublishBatch):
        yield from step.messages


def to_fifo_queue(step: Step, play: Play) -> bool:
    return isinstance(step, Send | SendBatch) and play.ground.fifo.get(step.queue, False)


def to_fifo_topic(step: Step, play: Play) -> bool:
    return isinstance(step, Publish | PublishBatch) and play.ground.fifo.get(step.topic, False)


def earlier_copies(step: Step, play: Play) -> Iterator[tuple[str, str]]:
    """Yield (queue, copy) for what came to a FIFO queue, directly or through a topic, with an id that *step*
    sends there again within five minutes."""
    ground = play.ground
    if to_fifo_queue(step, play):
        place, queues = step.queue, [step.queue]  # type: ignore[union-attr]
    elif to_fifo_topic(step, play):
        place, queues = step.topic, ground.subscribed.get(step.topic, [])  # type: ignore[union-attr]
    else:
        return
    for message in messages_of(step):
        for queue in queues:
            for copy in ground.copies_with(queue, ground.dedup(place, message)):
                yield queue, copy


def gone(step: Step, play: Play) -> bool:
    """A message is sent again whose first one has left the queue within the five minutes."""
    return any(play.ground.fate(queue, copy) != "here" for queue, copy in earlier_copies(step, play))


def purged(step: Step, play: Play) -> bool:
    """A message is sent again whose first one was purged within the five minutes."""
    return any(play.ground.fate(queue, copy) == "purged" for queue, copy in earlier_copies(step, play))


def through_both(step: Step, play: Play) -> bool:
    """An id comes to a queue directly that came through a topic within the five minutes, or the other way."""
    directly = isinstance(step, Send | SendBatch)
    return any(from_topic(copy) is directly for _, copy in earlier_copies(step, play))


def from_topic(copy: str) -> bool:
    """The model names the copies of a publication after it and the queue."""
    return "@" in copy


def without_id(step: Step, play: Play) -> bool:
    """Something is published to a FIFO topic that takes the digest of the body as its id."""
    return to_fifo_topic(step, play) and any(message.dedup is None for message in messages_of(step))


def published_again(step: Step, play: Play) -> bool:
    """A FIFO topic is given an id that it was given within the last five minutes, or twice in one batch."""
    if not isinstance(step, Publish | PublishBatch) or not to_fifo_topic(step, play):
        return False
    ids = [play.ground.dedup(step.topic, message) for message in messages_of(step)]
    return len(set(ids)) < len(ids) or any(play.ground.copies_with(step.topic, each) for each in ids)


def filtered_again(step: Step, play: Play) -> bool:
    """The same, and the topic filters."""
    return published_again(step, play) and bool(play.ground.filters.get(getattr(step, "topic", "")))


def filtered(step: Step, play: Play) -> Iterator[tuple[Message, str, str]]:
    """Yield each publication with each policy that it meets, and the policy's scope."""
    if isinstance(step, Publish | PublishBatch):
        for policy, scope in play.ground.filters.get(step.topic, []):
            for message in messages_of(step):
                yield message, policy, scope


def bare_against_exists_false(step: Step, play: Play) -> bool:
    """A message without attributes meets a policy on the absence of one."""
    return any(
        not message.attributes and scope == "MessageAttributes" and '{"exists": false}' in policy
        for message, policy, scope in filtered(step, play)
    )


def array_against_operator(step: Step, play: Play) -> bool:
    """An attribute that is an array meets an operator."""
    return any(
        each.data_type == "String.Array"
        and any(isinstance(rule, dict) for rule in json.loads(policy).get(name, []))
        for message, policy, _ in filtered(step, play)
        for name, each in message.attributes.items()
    )


def no_object_against_body_filter(step: Step, play: Play) -> bool:
    """A body that is JSON and no object meets a policy on the body."""
    return any(scope == "MessageBody" and message.body == "[1]" for message, _, scope in filtered(step, play))


def wrongly_named(step: Step, play: Play) -> bool:
    """A message for a queue has an attribute whose name is none."""
    return isinstance(step, Send | SendBatch) and any(
        not re.fullmatch(r"[A-Za-z0-9_.-]+", name)
        for message in messages_of(step)
        for name in message.attributes
    )


def raw_with_eleven(step: Step, play: Play) -> bool:
    """A message with more than ten attributes is published to somebody who gets it raw."""
    if not isinstance(step, Publish | PublishBatch):
        return False
    raw = any(play.ground.raw[step.topic, queue] for queue in play.ground.subscribed.get(step.topic, []))
    return raw and any(len(message.attributes) > MOST_ATTRIBUTES for message in messages_of(step))


def raw_binary(step: Step, play: Play) -> bool:
    """An attribute with bytes is published to somebody who gets it raw."""
    if not isinstance(step, Publish | PublishBatch):
        return False
    raw = any(play.ground.raw[step.topic, queue] for queue in play.ground.subscribed.get(step.topic, []))
    return raw and any(
        isinstance(each.value, bytes) for message in messages_of(step) for each in message.attributes.values()
    )


def same_receipt_twice(step: Step, play: Play) -> bool:
    return isinstance(step, DeleteBatch) and len(set(step.receipts)) < len(step.receipts)


def after_expiry(rule: str) -> Finds:
    """Return a predicate for *rule* in a queue in which messages have expired."""
    return lambda finding, play: (
        finding.rule == rule and play.ground.expired(getattr(finding.step, "queue", ""))
    )


def binary(finding: Finding, play: Play) -> bool:
    """The attributes of a message differ, and one with bytes was published."""
    if finding.rule not in (
        "envelope: MessageAttributes",
        "receive: attributes",
        "receive: attributes digest",
    ):
        return False
    published = (message for step in play.steps for message in messages_of(step))
    return any(isinstance(each.value, bytes) for message in published for each in message.attributes.values())


_NUMBER = "message (user) attribute to a number"
_NO_VALUE = "a non-empty value of type"
_ATTRIBUTE = (
    "message (user) attribute name is invalid",
    "supported type prefixes: Binary, Number, String",
    _NO_VALUE,
    _NUMBER,
)
_RULES = (
    Rule("no-topic-content-ids", leads=without_id),
    Rule("no-topic-deduplication", leads=published_again),
    Rule("no-deduplication-of-filtered", leads=filtered_again),
    Rule("deduplication-forgets", leads=gone),
    Rule("purge-forgets-deduplication", leads=purged),
    Rule("no-queue-deduplication-of-topics", leads=through_both),
    Rule("order-after-time-out", finds=named("order"), parts=True),
    Rule("expired-hide-the-rest", finds=after_expiry("lost"), parts=True),
    Rule("expired-are-counted", finds=after_expiry("counts")),
    Rule("exists-false-without-attributes", leads=bare_against_exists_false),
    Rule("array-against-operators", leads=array_against_operator),
    Rule("body-that-is-no-object", leads=no_object_against_body_filter),
    Rule("binary-through-topic", finds=binary),
    Rule("purge-again-at-once", accepts=(f"PurgeQueue accepted, not {SQS}PurgeQueueInProgress",)),
    Rule(
        "fifo-queue-on-standard-topic",
        accepts=accepted(("Subscribe",), INVALID, "be subscribed to standard SNS topics"),
    ),
    Rule(
        "fifo-queue-by-name-alone",
        accepts=accepted(("CreateQueue",), INVALID_VALUE, "hyphens, or underscores. to in length"),
    ),
    Rule(
        "subscribed-again-otherwise",
        accepts=accepted(("Subscribe",), INVALID, "Subscription already exists with different attributes"),
    ),
    Rule(
        "attributes-unchecked",
        accepts=accepted(SENDS, INVALID_VALUE, *_ATTRIBUTE),
    ),
    Rule("number-that-is-none", accepts=accepted(SENDS, INVALID_VALUE, _NUMBER, _NO_VALUE)),
    Rule(
        "more-than-ten-attributes",
        accepts=accepted(SENDS, INVALID_VALUE, "attributes exceeds the allowed maximum"),
    ),
    Rule("empty-body", accepts=accepted(SENDS, "MissingParameter")),
    Rule("characters-unchecked", accepts=accepted(SENDS, "InvalidMessageContents")),
    Rule("delay-over-900", accepts=accepted(SENDS, INVALID_VALUE, "DelaySeconds")),
    Rule(
        "visibility-over-12-hours",
        accepts=accepted(("ChangeMessageVisibility", "ReceiveMessage"), INVALID_VALUE, "VisibilityTimeout"),
    ),
    Rule(
        "queue-attributes-unchecked",
        accepts=accepted(
            ("CreateQueue", "SetQueueAttributes"),
            "InvalidAttributeValue",
            "MessageRetentionPeriod",
            "MaximumMessageSize",
            "VisibilityTimeout",
            "DelaySeconds",
        ),
    ),
    Rule("receive-of-none", accepts=accepted(("ReceiveMessage",), INVALID_VALUE, "MaxNumberOfMessages")),
    Rule("visible-message-hidden", accepts=("ChangeMessageVisibility accepted, not MessageNotInflight",)),
    Rule(
        "fifo-delete-after-time-out",
        accepts=accepted(("DeleteMessage", "DeleteMessageBatch entry"), INVALID_VALUE, "ReceiptHandle"),
    ),
    Rule(
        "deduplication-id-on-standard-queue", accepts=accepted(SENDS, INVALID_VALUE, "MessageDeduplicationId")
    ),
    Rule(
        "deduplication-id-on-standard-topic", accepts=accepted(PUBLISHES, INVALID, "MessageDeduplicationId")
    ),
    Rule("publish-batch-ids", accepts=accepted(("PublishBatch",), "InvalidBatchEntryId")),
    Rule("empty-publish-batch", accepts=accepted(("PublishBatch",), "EmptyBatchRequest")),
    Rule(
        "fifo-batch-by-entry",
        accepts=accepted(("PublishBatch",), INVALID, "ContentBasedDeduplication", "MessageGroupId")
        + accepted(("SendMessageBatch",), INVALID_VALUE, "ContentBasedDeduplication", "MessageGroupId"),
    ),
    Rule(
        "standard-batch-by-entry",
        accepts=accepted(("SendMessageBatch",), INVALID_VALUE, "MessageDeduplicationId"),
    ),
    Rule(
        "receipt-twice-in-a-batch",
        leads=same_receipt_twice,
        finds=named(f"DeleteMessageBatch refused: {SQS}BatchEntryIdsNotDistinct"),
        parts=True,
    ),
    Rule(
        "deleted-twice",
        finds=named(
            "DeleteMessage refused: ReceiptHandleIsInvalid",
            "DeleteMessageBatch entry refused: ReceiptHandleIsInvalid",
        ),
    ),
    Rule(
        "deleted-after-purge",
        finds=named(
            "DeleteMessage refused: ReceiptHandleIsInvalid",
            "DeleteMessageBatch entry refused: ReceiptHandleIsInvalid",
        ),
    ),
    Rule(
        "batch-refused-as-a-whole",
        finds=named("SendMessageBatch refused: InvalidParameterValue"),
        parts=True,
    ),
    Rule("no-sequence-number", finds=named("send: SequenceNumber", "receive: SequenceNumber")),
    Rule("no-sequence-number-through-topic", finds=named("receive: SequenceNumber")),
    Rule("no-sequence-number-of-topic", finds=named("publish: SequenceNumber")),
    Rule("unsigned-fifo-envelope", finds=named("envelope: fields")),
    Rule(
        "visibility-of-deleted-message",
        finds=begins("ChangeMessageVisibility refused with ReceiptHandleIsInvalid, not"),
    ),
    Rule(
        "publish-error-codes",
        finds=begins(
            "Publish refused with InvalidParameterException, not InvalidParameter",
            "PublishBatch refused with InvalidParameterException, not EmptyBatchRequest",
        ),
    ),
    Rule(
        "batch-entry-codes",
        finds=begins(
            "SendMessageBatch entry refused with InvalidParameterValueException,",
            "SendMessageBatch entry refused with MissingRequiredParameterException,",
            "DeleteMessageBatch entry refused with InvalidParameterValueException,",
        ),
    ),
    Rule(
        "refused-message-stays",
        leads=wrongly_named,
        finds=named("ReceiveMessage refused: InvalidParameterValue"),
        parts=True,
    ),
    Rule(
        "publish-missing-parameter",
        finds=begins("Publish refused with MissingParameter, not InvalidParameter"),
    ),
    Rule(
        "delete-batch-of-eleven",
        accepts=accepted(("DeleteMessageBatch",), f"{SQS}TooManyEntriesInBatchRequest"),
    ),
    Rule(
        "expired-can-be-hidden",
        accepts=accepted(("ChangeMessageVisibility",), INVALID_VALUE, "ReceiptHandle"),
    ),
    Rule("raw-binary-cannot-be-received", leads=raw_binary),
    Rule(
        "visible-message-hidden-in-fifo",
        accepts=("ChangeMessageVisibility accepted, not MessageNotInflight",),
    ),
    Rule(
        "delayed-are-kept", finds=lambda f, p: after_expiry("counts")(f, p) or f.rule == "expired", parts=True
    ),
    Rule("raw-with-eleven-attributes", leads=raw_with_eleven),
    Rule("published-attributes-unchecked", accepts=accepted(PUBLISHES, "ParameterValueInvalid", *_ATTRIBUTE)),
    Rule("published-number-that-is-none", accepts=accepted(PUBLISHES, "ParameterValueInvalid", _NUMBER)),
    Rule(
        "negative-seconds",
        accepts=accepted(("ChangeMessageVisibility", "ReceiveMessage"), INVALID_VALUE, "VisibilityTimeout")
        + accepted(SENDS, INVALID_VALUE, "DelaySeconds"),
    ),
    Rule(
        "publish-internal-error",
        finds=begins(
            "PublishBatch refused with InternalError, not", "Publish refused with InternalError, not"
        ),
    ),
)
RULES: Mapping[str, Rule] = {rule.id: rule for rule in _RULES}
