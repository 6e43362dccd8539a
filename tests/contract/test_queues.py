"""What SQS must do on every backend: visibility, order, dead letters, delay, expiry, batches and limits.

Amazon SQS Developer Guide: "Visibility timeout", "Dead-letter queues", "Delay queues", "FIFO queues",
"Message quotas". Where time must pass, the backend's clock is put forward.
"""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from wiring import QUIET_S, Messaging, bodies

Connect = Callable[[str], Any]
PassTime = Callable[[float], None]


@pytest.fixture
def aws(connect: Connect) -> Messaging:
    return Messaging(connect("sns"), connect("sqs"))


def refusal(caught: pytest.ExceptionInfo[ClientError]) -> str:
    """Return the error code in the form of the query protocol's or of JSON, without its namespace."""
    code = str(caught.value.response["Error"]["Code"])
    return code.removeprefix("AWS.SimpleQueueService.").removeprefix("com.amazonaws.sqs#")


def test_a_received_message_is_hidden_until_its_timeout(
    aws: Messaging, name: str, pass_time: PassTime
) -> None:
    """It comes again after VisibilityTimeout, as the same message, received for the second time."""
    url = aws.queue(name, VisibilityTimeout="30")
    aws.sqs.send_message(QueueUrl=url, MessageBody="work")

    (first,) = aws.receive(url)
    hidden = aws.receive(url, 0)
    pass_time(31)
    (second,) = aws.receive(url)

    assert hidden == []
    assert second["MessageId"] == first["MessageId"]
    assert [one["Attributes"]["ApproximateReceiveCount"] for one in (first, second)] == ["1", "2"]


def test_a_timeout_of_zero_gives_the_message_back(aws: Messaging, name: str) -> None:
    """ChangeMessageVisibility to 0 makes it available at once."""
    url = aws.queue(name)
    aws.sqs.send_message(QueueUrl=url, MessageBody="work")
    (first,) = aws.receive(url)

    aws.sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=0)

    assert bodies(aws.receive(url)) == ["work"]


def test_a_longer_timeout_keeps_the_message_hidden(aws: Messaging, name: str, pass_time: PassTime) -> None:
    """ChangeMessageVisibility to 90 s outlasts the queue's own 30 s."""
    url = aws.queue(name, VisibilityTimeout="30")
    aws.sqs.send_message(QueueUrl=url, MessageBody="work")
    (first,) = aws.receive(url)
    aws.sqs.change_message_visibility(
        QueueUrl=url, ReceiptHandle=first["ReceiptHandle"], VisibilityTimeout=90
    )

    pass_time(45)
    hidden = aws.nothing_comes(url)
    pass_time(50)

    assert hidden
    assert bodies(aws.receive(url)) == ["work"]


def test_the_counts_tell_waiting_from_in_flight(aws: Messaging, name: str) -> None:
    """ApproximateNumberOfMessages, ...NotVisible and ...Delayed hold each message once."""
    url = aws.queue(name)
    for index in range(3):
        aws.sqs.send_message(QueueUrl=url, MessageBody=f"{index}")
    aws.sqs.send_message(QueueUrl=url, MessageBody="later", DelaySeconds=900)
    aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)

    counted = [
        aws.attribute(url, f"ApproximateNumberOfMessages{state}") for state in ("", "NotVisible", "Delayed")
    ]
    assert counted == ["2", "1", "1"]


@pytest.mark.parametrize("where", ["queue", "message"])
def test_a_delay_hides_a_new_message(aws: Messaging, name: str, pass_time: PassTime, where: str) -> None:
    """DelaySeconds of the queue, or of the one message, must be over before it can be received."""
    url = aws.queue(name, DelaySeconds="60" if where == "queue" else "0")
    own = {"DelaySeconds": 60} if where == "message" else {}
    aws.sqs.send_message(QueueUrl=url, MessageBody="later", **own)

    early = aws.receive(url, 0)
    pass_time(61)

    assert early == []
    assert bodies(aws.receive(url)) == ["later"]


def test_a_message_expires_after_the_retention_period(aws: Messaging, name: str, pass_time: PassTime) -> None:
    """After MessageRetentionPeriod (60 s is the least) it is gone for good."""
    url = aws.queue(name, MessageRetentionPeriod="60")
    aws.sqs.send_message(QueueUrl=url, MessageBody="stale")

    pass_time(62)
    # An emulator that looks for expired messages once a second needs that second.
    time.sleep(QUIET_S)

    assert aws.receive(url, 0) == []


def test_a_message_received_too_often_moves_to_the_dead_letter_queue(aws: Messaging, name: str) -> None:
    """With maxReceiveCount 2 the third receive finds nothing, and the dead-letter queue has the message."""
    url, dead = aws.queue(name, VisibilityTimeout="0"), aws.queue(f"{name}-dead")
    redrive = json.dumps({"deadLetterTargetArn": aws.arn(dead), "maxReceiveCount": "2"})
    aws.sqs.set_queue_attributes(QueueUrl=url, Attributes={"RedrivePolicy": redrive})
    sent = aws.sqs.send_message(QueueUrl=url, MessageBody="poison")["MessageId"]

    received = [bodies(aws.receive(url, QUIET_S)) for _ in range(3)]
    (found,) = aws.receive(dead)

    assert received == [["poison"], ["poison"], []]
    assert (found["MessageId"], found["Body"]) == (sent, "poison")


def test_a_deleted_message_never_comes_again(aws: Messaging, name: str, pass_time: PassTime) -> None:
    """Not after its visibility timeout either."""
    url = aws.queue(name, VisibilityTimeout="30")
    aws.sqs.send_message(QueueUrl=url, MessageBody="done")
    (message,) = aws.receive(url)
    aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])

    pass_time(31)

    assert aws.nothing_comes(url)


def test_deleting_with_an_old_receipt_handle_is_no_error(
    aws: Messaging, name: str, pass_time: PassTime
) -> None:
    """A consumer that was too slow is told nothing, though each receive gives a handle of its own.

    API reference, DeleteMessage: "If you don't provide the most recent receipt handle, the request succeeds.
    However, the message might not be deleted."
    """
    url = aws.queue(name, VisibilityTimeout="30")
    aws.sqs.send_message(QueueUrl=url, MessageBody="work")
    (first,) = aws.receive(url)
    pass_time(31)
    (second,) = aws.receive(url)

    assert second["ReceiptHandle"] != first["ReceiptHandle"]
    aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])


def test_a_long_poll_wakes_when_a_message_comes(aws: Messaging, name: str) -> None:
    """A receive that waits 10 s returns soon after the send, with the message."""
    url = aws.queue(name)
    sender = threading.Timer(1, aws.sqs.send_message, kwargs={"QueueUrl": url, "MessageBody": "now"})
    sender.start()
    began = time.monotonic()

    found = bodies(aws.receive(url, 10))

    assert found == ["now"]
    assert 0.9 < time.monotonic() - began < 5
    sender.join()


def test_a_long_poll_that_finds_nothing_waits_its_time(aws: Messaging, name: str) -> None:
    """WaitTimeSeconds 1 returns empty after a second, not at once."""
    url = aws.queue(name)
    began = time.monotonic()

    assert aws.receive(url, 1) == []
    assert 0.9 < time.monotonic() - began < 4


def test_batches_of_ten(aws: Messaging, name: str) -> None:
    """Ten messages are sent, received and deleted by three calls."""
    url = aws.queue(name)
    entries = [{"Id": str(index), "MessageBody": f"{index}"} for index in range(10)]

    sent = aws.sqs.send_message_batch(QueueUrl=url, Entries=entries)
    received = aws.receive(url)
    handles = [
        {"Id": str(index), "ReceiptHandle": one["ReceiptHandle"]} for index, one in enumerate(received)
    ]
    deleted = aws.sqs.delete_message_batch(QueueUrl=url, Entries=handles)

    assert (len(sent["Successful"]), len(received), len(deleted["Successful"])) == (10, 10, 10)


def test_a_batch_of_eleven_is_refused(aws: Messaging, name: str) -> None:
    """TooManyEntriesInBatchRequest, and nothing is sent."""
    url = aws.queue(name)
    entries = [{"Id": str(index), "MessageBody": "x"} for index in range(11)]

    with pytest.raises(ClientError) as caught:
        aws.sqs.send_message_batch(QueueUrl=url, Entries=entries)
    assert refusal(caught) == "TooManyEntriesInBatchRequest"
    assert aws.receive(url, 0) == []


def test_a_batch_with_the_same_id_twice_is_refused(aws: Messaging, name: str) -> None:
    """BatchEntryIdsNotDistinct."""
    url = aws.queue(name)

    with pytest.raises(ClientError) as caught:
        aws.sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "a", "MessageBody": "x"}] * 2)
    assert refusal(caught) == "BatchEntryIdsNotDistinct"


def test_a_message_of_one_mebibyte_is_taken(aws: Messaging, name: str) -> None:
    """1,048,576 bytes since August 2025 ("Message quotas")."""
    url = aws.queue(name)
    aws.sqs.send_message(QueueUrl=url, MessageBody="x" * 1_048_576)

    (message,) = aws.receive(url)
    assert len(message["Body"]) == 1_048_576


def test_a_message_over_one_mebibyte_is_refused(aws: Messaging, name: str) -> None:
    """One byte more is InvalidParameterValue."""
    url = aws.queue(name)

    with pytest.raises(ClientError) as caught:
        aws.sqs.send_message(QueueUrl=url, MessageBody="x" * 1_048_577)
    assert refusal(caught) == "InvalidParameterValue"


def test_a_wait_over_twenty_seconds_is_refused(aws: Messaging, name: str) -> None:
    """WaitTimeSeconds is at most 20 (API reference, ReceiveMessage)."""
    url = aws.queue(name)
    aws.sqs.send_message(QueueUrl=url, MessageBody="here, so that nobody waits")

    with pytest.raises(ClientError) as caught:
        aws.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=21)
    assert refusal(caught) == "InvalidParameterValue"


def test_asking_for_more_than_ten_messages_is_refused(aws: Messaging, name: str) -> None:
    """MaxNumberOfMessages is at most 10 (API reference, ReceiveMessage)."""
    url = aws.queue(name)

    with pytest.raises(ClientError) as caught:
        aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=11)
    assert refusal(caught) in {"InvalidParameterValue", "ReadCountOutOfRange"}


def test_a_missing_queue_is_refused(aws: Messaging, name: str) -> None:
    """Sending to a queue that is not there is QueueDoesNotExist (NonExistentQueue in the query protocol)."""
    url = aws.queue(name)

    with pytest.raises(ClientError) as caught:
        aws.sqs.send_message(QueueUrl=f"{url}-missing", MessageBody="x")
    assert refusal(caught) in {"NonExistentQueue", "QueueDoesNotExist"}


def test_a_purge_empties_the_queue(aws: Messaging, name: str) -> None:
    """What was in it does not come."""
    url = aws.queue(name)
    aws.sqs.send_message(QueueUrl=url, MessageBody="x")

    aws.sqs.purge_queue(QueueUrl=url)

    assert aws.nothing_comes(url)


def send(aws: Messaging, url: str, body: str, group: str, identity: str | None = None) -> str:
    """Send to a FIFO queue; return the MessageId."""
    answer = aws.sqs.send_message(
        QueueUrl=url, MessageBody=body, MessageGroupId=group, MessageDeduplicationId=identity or body
    )
    return str(answer["MessageId"])


def test_a_fifo_queue_keeps_the_order_of_a_group(aws: Messaging, name: str) -> None:
    """Messages of one group come as they were sent."""
    url = aws.queue(f"{name}.fifo")
    for index in range(12):
        send(aws, url, f"{index:02}", "rank-0")

    assert bodies(aws.drain(url, 12)) == [f"{index:02}" for index in range(12)]


def test_a_group_waits_for_its_message_in_flight(aws: Messaging, name: str) -> None:
    """While one message of a group is received, the rest of the group is held back, other groups are not."""
    url = aws.queue(f"{name}.fifo")
    for body, group in (("a1", "a"), ("a2", "a"), ("b1", "b")):
        send(aws, url, body, group)

    (first,) = aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1)["Messages"]
    others = aws.receive(url, 0)
    aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    after = aws.receive(url)

    assert (first["Body"], bodies(others), bodies(after)) == ("a1", ["b1"], ["a2"])


def test_a_fifo_queue_takes_a_duplicate_for_the_same_message(
    aws: Messaging, name: str, pass_time: PassTime
) -> None:
    """Within five minutes the same deduplication id is the same message; after them it is a new one."""
    url = aws.queue(f"{name}.fifo")
    first = send(aws, url, "one", "a", "same")
    again = send(aws, url, "two", "a", "same")
    pass_time(301)
    send(aws, url, "three", "a", "same")

    assert first == again
    assert bodies(aws.drain(url, 2)) == ["one", "three"]


def test_a_fifo_message_without_a_group_is_refused(aws: Messaging, name: str) -> None:
    """MissingParameter: there is no order without a group."""
    url = aws.queue(f"{name}.fifo", ContentBasedDeduplication="true")

    with pytest.raises(ClientError) as caught:
        aws.sqs.send_message(QueueUrl=url, MessageBody="x")
    assert refusal(caught) == "MissingParameter"


def test_a_fifo_message_without_an_identity_is_refused(aws: Messaging, name: str) -> None:
    """Without ContentBasedDeduplication each message needs a deduplication id."""
    url = aws.queue(f"{name}.fifo")

    with pytest.raises(ClientError) as caught:
        aws.sqs.send_message(QueueUrl=url, MessageBody="x", MessageGroupId="a")
    assert refusal(caught) in {"InvalidParameterValue", "MissingParameter"}
