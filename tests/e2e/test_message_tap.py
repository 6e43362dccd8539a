"""The tap before the embedded backend: what boto3's calls leave in the journal; they stay as they are."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic, sleep
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from conftest import unique, until
from tapped import Tapped, body, tap

from harness import journal, sessions
from harness.backends import Backend, open_backend
from harness.config import Settings
from harness.messaging.statement import ENDS


@pytest.fixture(scope="module")
def backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """An embedded backend of its own: the inventory empties every queue there is."""
    with open_backend("embedded", Settings(), tmp_path_factory.mktemp("logs")) as running:
        yield running


@pytest.fixture
def tapped(backend: Backend) -> Iterator[Tapped]:
    """A gateway on the wall clock."""
    with tap(backend) as running:
        yield running


@pytest.mark.parametrize("raw", [False, True])
def test_a_publication_is_followed_to_its_deletion(tapped: Tapped, raw: bool) -> None:
    """One publication, one copy, its key, and the same publication id at every step, raw or not."""
    name, url = tapped.queue()
    topic = tapped.topic((name, url), raw=raw)
    said = tapped.client("sns").publish(TopicArn=topic, Message=body("a"))["MessageId"]
    [message] = tapped.receive(url)
    tapped.delete(url, message)
    [published] = [one for one in tapped.of(journal.MessagePublished) if one.publication == said]
    [received], [ended] = (
        tapped.about(journal.MessageReceived, name),
        tapped.about(journal.MessageEnded, name),
    )
    assert (published.copies, published.key) == ([name], "a")
    assert (received.publication, received.message, received.received) == (said, message["MessageId"], 1)
    assert (ended.publication, ended.how, ended.key) == (said, "deleted", "a")


def test_only_what_the_queue_took_of_a_batch_is_published(tapped: Tapped) -> None:
    """A body with a forbidden character fails alone; boto3 sees the backend's own answer."""
    name, url = tapped.queue()
    entries = [{"Id": "good", "MessageBody": body(1)}, {"Id": "bad", "MessageBody": "\x00"}]
    answer = tapped.client("sqs").send_message_batch(QueueUrl=url, Entries=entries)
    assert [one["Id"] for one in answer["Failed"]] == ["bad"]
    [published] = tapped.about(journal.MessagePublished, name)
    assert (published.publication, published.key) == (answer["Successful"][0]["MessageId"], "1")


def test_of_a_batch_to_a_topic_too_only_what_was_taken(tapped: Tapped) -> None:
    """SNS answers in XML, each entry by itself."""
    name, url = tapped.queue()
    topic = tapped.topic((name, url))
    entries = [{"Id": "a", "Message": body("<x> & y")}, {"Id": "b", "Message": "x" * 262_145}]
    answer = tapped.client("sns").publish_batch(TopicArn=topic, PublishBatchRequestEntries=entries)
    assert [one["Id"] for one in answer["Failed"]] == ["b"]
    [published] = tapped.of(journal.MessagePublished)
    assert (published.key, published.copies) == ("<x> & y", [name])


def test_a_call_that_fails_publishes_nothing(tapped: Tapped) -> None:
    """A topic and a queue that do not exist: the client gets the backend's errors, the journal no message."""
    sns, sqs = tapped.client("sns"), tapped.client("sqs")
    with pytest.raises(sns.exceptions.NotFoundException):
        sns.publish(TopicArn="arn:aws:sns:us-east-1:123456789012:none", Message="x")
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.send_message(QueueUrl=f"{tapped.url}/123456789012/none", MessageBody="x")
    assert tapped.of(journal.MessagePublished) == []


def test_the_query_protocol_of_sqs_is_understood(tapped: Tapped) -> None:
    """Old clients post forms and read XML: the same records, and the journal names the operations."""
    name, url = tapped.queue()

    def call(**fields: str) -> str:
        scope = "test/20261122/us-east-1/sqs/aws4_request"
        signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        request = Request(url, urlencode(fields).encode(), {"Authorization": signed})
        with urlopen(request) as answer:
            return str(answer.read().decode())

    call(Action="SendMessage", MessageBody=body("ä&<b>"))
    answer = call(Action="ReceiveMessage", MaxNumberOfMessages="10")
    handle = answer.split("<ReceiptHandle>")[1].split("<")[0]
    call(
        Action="DeleteMessageBatch",
        **{
            "DeleteMessageBatchRequestEntry.1.Id": "x",
            "DeleteMessageBatchRequestEntry.1.ReceiptHandle": handle,
        },
    )
    assert [one.key for one in tapped.about(journal.MessageEnded, name)] == ["ä&<b>"]
    named = {one.operation for one in tapped.of(journal.Exchange)}
    assert named >= {"SendMessage", "ReceiveMessage", "DeleteMessageBatch"}


def test_a_repeat_to_a_fifo_queue_has_no_copy(tapped: Tapped) -> None:
    """Accepted, deduplicated, and no copy is expected of it."""
    name, url = tapped.queue(FifoQueue="true", ContentBasedDeduplication="true")
    for _ in range(2):
        tapped.client("sqs").send_message(QueueUrl=url, MessageBody=body(1), MessageGroupId="g")
    first, second = tapped.about(journal.MessagePublished, name)
    assert (first.copies, first.deduplicated, first.group) == ([name], False, "g")
    assert (second.copies, second.deduplicated) == ([], True)


def test_the_load_says_when_a_message_was_due(tapped: Tapped) -> None:
    """X-Harness-Due-At in model seconds; other values are not believed."""
    name, url = tapped.queue()
    sqs = sessions.client("sqs", tapped.url)
    sqs.meta.events.register(
        "before-sign.sqs", lambda request, **_: request.headers.add_header("X-Harness-Due-At", "-5.5")
    )
    sqs.send_message(QueueUrl=url, MessageBody="x")
    sqs.close()
    assert [one.due_at for one in tapped.about(journal.MessagePublished, name)] == [-5.5]


def test_a_purge_ends_what_was_there(tapped: Tapped) -> None:
    """Each copy is purged, received or not."""
    name, url = tapped.queue()
    for key in range(3):
        tapped.client("sqs").send_message(QueueUrl=url, MessageBody=body(key))
    tapped.receive(url, MaxNumberOfMessages=1)
    tapped.client("sqs").purge_queue(QueueUrl=url)
    assert [one.how for one in tapped.about(journal.MessageEnded, name)] == ["purged"] * 3


def test_what_was_in_a_deleted_queue_is_purged(tapped: Tapped) -> None:
    """The next look finds no queue; one that was never made is no queue either."""
    name, url = tapped.queue()
    sqs = tapped.client("sqs")
    sqs.send_message(QueueUrl=url, MessageBody=body(1))
    with pytest.raises(sqs.exceptions.ClientError):
        sqs.create_queue(QueueName=unique(), Attributes={"VisibilityTimeout": "99999"})
    sqs.delete_queue(QueueUrl=url)
    tapped.sample()
    assert [one.how for one in tapped.about(journal.MessageEnded, name)] == ["purged"]
    taken = tapped.take_inventory()
    assert name not in {one.queue for one in taken}
    assert tapped.findings("queue") == []


def test_a_deletion_that_is_kept_brings_the_message_again(tapped: Tapped) -> None:
    """The client is told that it was deleted; the same MessageId comes once more: one duplicate."""
    name, url = tapped.queue()
    sqs = tapped.client("sqs")
    for key in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=body(key))
    first, *others = tapped.receive(url)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=first["ReceiptHandle"])
    tapped.faults.keep[name] = 1
    answer = tapped.delete(url, *others)
    assert sorted(one["Id"] for one in answer["Successful"]) == ["0", "1"]
    [again] = tapped.receive(url)
    assert again["MessageId"] == others[0]["MessageId"]
    sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
    assert tapped.receive(url) == []
    [twice] = tapped.account().target(name).duplicates
    assert (twice.message, twice.receives) == (again["MessageId"], 2)


def test_one_deletion_by_itself_can_be_kept_too(tapped: Tapped) -> None:
    """DeleteMessage is answered with success and not made."""
    name, url = tapped.queue()
    sqs = tapped.client("sqs")
    for key in range(2):
        sqs.send_message(QueueUrl=url, MessageBody=body(key))
    one, two = tapped.receive(url)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=one["ReceiptHandle"])
    tapped.faults.keep[name] = 1
    sqs.delete_message(QueueUrl=url, ReceiptHandle=two["ReceiptHandle"])
    assert [message["MessageId"] for message in tapped.receive(url)] == [two["MessageId"]]


def test_messages_come_in_another_order_or_later(tapped: Tapped) -> None:
    """A fault reverses one receive; another holds a message back, which then comes."""
    name, url = tapped.queue()
    for key in range(3):
        tapped.client("sqs").send_message(QueueUrl=url, MessageBody=body(key))
    tapped.faults.reverse.add(name)
    assert [json.loads(one["Body"])["id"] for one in tapped.receive(url, VisibilityTimeout=0)] == [2, 1, 0]
    tapped.faults.reverse.clear()
    tapped.faults.hold[name] = 1.0
    assert [json.loads(one["Body"])["id"] for one in tapped.receive(url)] == [1, 2]
    [late] = tapped.receive(url, WaitTimeSeconds=3)
    assert json.loads(late["Body"])["id"] == 0


def test_a_long_poll_of_a_client_that_has_gone_takes_no_message(tapped: Tapped) -> None:
    """A killed worker's poll may still be answered by the emulator: the message is given back at once."""
    name, url = tapped.queue()
    impatient = sessions.client("sqs", tapped.url, read_timeout_s=0.3)
    with pytest.raises(Exception, match="timeout"):
        impatient.receive_message(QueueUrl=url, WaitTimeSeconds=20)
    impatient.close()
    tapped.client("sqs").send_message(QueueUrl=url, MessageBody=body(1))
    got = tapped.receive(url, WaitTimeSeconds=5)
    assert [json.loads(one["Body"])["id"] for one in got] == [1]
    assert len(tapped.about(journal.MessageReceived, name)) == 1


def test_long_polls_hold_nothing_up(tapped: Tapped) -> None:
    """With 40 polls of 20 s open, another queue's messages pass; a message for each then ends them."""
    (_, quiet), (name, busy) = tapped.queue(), tapped.queue()
    poller = sessions.client("sqs", tapped.url, pool_size=40)
    with ThreadPoolExecutor(40) as pool:
        polls = [pool.submit(poller.receive_message, QueueUrl=quiet, WaitTimeSeconds=20) for _ in range(40)]
        began = monotonic()
        for key in range(20):
            tapped.client("sqs").send_message(QueueUrl=busy, MessageBody=body(key))
            tapped.delete(busy, *tapped.receive(busy))
        assert monotonic() - began < 20
        assert not any(poll.done() for poll in polls)
        for number in range(40):
            tapped.client("sqs").send_message(QueueUrl=quiet, MessageBody=body(number))
    poller.close()
    assert len(tapped.about(journal.MessageEnded, name)) == 20


def test_samples_say_how_full_queues_are_and_how_old_their_messages(tapped: Tapped) -> None:
    """Visible, in flight and delayed as SQS counts them; the age from when the oldest was sent."""
    name, url = tapped.queue()
    for delay in (0, 0, 60):
        tapped.client("sqs").send_message(QueueUrl=url, MessageBody="x", DelaySeconds=delay)
    tapped.receive(url, MaxNumberOfMessages=1)
    tapped.sample()
    [sample] = tapped.about(journal.QueueSampled, name)
    assert (sample.visible, sample.in_flight, sample.delayed) == (1, 1, 1)
    sent = tapped.about(journal.MessagePublished, name)[0].at
    assert sample.oldest_s == pytest.approx(sample.at - sent)


def test_every_copy_has_one_end(tapped: Tapped) -> None:
    """Processed, dead-lettered, purged, in flight, waiting and delayed: after the inventory all are known."""
    sns, sqs = tapped.client("sns"), tapped.client("sqs")
    dead, dead_url = tapped.queue()
    redrive = {"deadLetterTargetArn": tapped.arn(dead_url), "maxReceiveCount": 1}
    name, url = tapped.queue(RedrivePolicy=json.dumps(redrive), VisibilityTimeout="1")
    other, other_url = tapped.queue()
    topic = tapped.topic((name, url), (other, other_url), raw=True)
    for key in range(12):
        sns.publish(TopicArn=topic, Message=body(key))
    messages = tapped.receive(url)
    tapped.delete(url, *messages[:7])
    sleep(1.1)  # the other three are given up
    until(lambda: tapped.receive(url, VisibilityTimeout=30), "the last two")
    tapped.delete(other_url, *tapped.receive(other_url, MaxNumberOfMessages=5))
    sqs.send_message(QueueUrl=other_url, MessageBody=body("late"), DelaySeconds=900)
    taken = {one.queue: (one.found, one.said) for one in tapped.take_inventory()}
    assert (taken[dead], taken[name], taken[other]) == ((3, 3), (2, 2), (7, 8))
    found = tapped.account()
    assert {end: len(found.target(name).ended(end)) for end in ENDS if found.target(name).ended(end)} == {
        "processed": 7,
        "dead_lettered": 3,
        "still_there": 2,
    }
    assert len(found.target(other).ended("still_there")) == 8
    assert len(found.target(dead).dead_letters) == 3
    assert sum(found.total(end) for end in ENDS) == found.expected == 25
    assert tapped.findings("queue") == []
    assert [one.in_flight for one in tapped.about(journal.MessageFound, name)] == [True, True]


def test_the_inventory_reads_long_queues_and_what_is_hidden_for_long(tapped: Tapped) -> None:
    """Also groups of a FIFO queue, and messages hidden beyond the queue's own time-out."""
    name, url = tapped.queue(VisibilityTimeout="0")
    fifo, fifo_url = tapped.queue(FifoQueue="true", ContentBasedDeduplication="true")
    sqs = tapped.client("sqs")
    for start in range(0, 60, 10):
        entries = [{"Id": str(key), "MessageBody": body(key)} for key in range(start, start + 10)]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
        groups = [one | {"MessageGroupId": "g"} for one in entries]
        sqs.send_message_batch(QueueUrl=fifo_url, Entries=groups)
    tapped.receive(url, VisibilityTimeout=900)
    tapped.receive(fifo_url)
    taken = {one.queue: (one.found, one.said) for one in tapped.take_inventory()}
    assert (taken[name], taken[fifo]) == ((60, 60), (60, 60))
    assert len(tapped.account().target(name).ended("still_there")) == 60
    assert tapped.findings("queue") == []


def test_many_threads_lose_nothing(tapped: Tapped) -> None:
    """Publishers and consumers side by side: published, received and deleted agree to the last message."""
    name, url = tapped.queue()
    topic = tapped.topic((name, url))
    sns, sqs = (sessions.client(service, tapped.url) for service in ("sns", "sqs"))
    done: list[str] = []

    def publish(start: int) -> None:
        for key in range(start, start + 40):
            sns.publish(TopicArn=topic, Message=body(key))

    def consume() -> None:
        while len(done) < 160:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                done.append(message["MessageId"])

    with ThreadPoolExecutor(8) as pool:
        work = [pool.submit(publish, 40 * number) for number in range(4)]
        work += [pool.submit(consume) for _ in range(4)]
        for one in work:
            one.result()
    sns.close()
    sqs.close()
    target = tapped.account().target(name)
    assert (len(target.copies), len(target.ended("processed"))) == (160, 160)
    assert (target.wrong, target.unexplained, target.duplicates) == ([], [], [])


def test_cloudwatch_shows_the_queues_once_a_minute(backend: Backend) -> None:
    """Counts and sizes of the minute under AWS/SQS, by QueueName; a minute of this clock is 0.6 s."""
    with tap(backend, speed=100.0) as tapped:
        name, url = tapped.queue()
        tapped.sample()
        for text in ("x" * 100, "x" * 50):
            tapped.client("sqs").send_message(QueueUrl=url, MessageBody=text)
        began = tapped.stage.clock.epoch_s(0.0)

        def sizes() -> list[tuple[float, float]]:
            tapped.sample()
            seen = tapped.client("cloudwatch").get_metric_statistics(
                Namespace="AWS/SQS",
                MetricName="SentMessageSize",
                Dimensions=[{"Name": "QueueName", "Value": name}],
                StartTime=began,
                EndTime=began + 86_400,
                Period=60,
                Statistics=["Sum", "SampleCount"],
            )["Datapoints"]
            return [(one["Sum"], one["SampleCount"]) for one in seen]

        assert until(sizes, "the minute's datapoint") == [(150.0, 2.0)]
