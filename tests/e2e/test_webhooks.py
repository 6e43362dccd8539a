"""HTTP endpoints that the rehearsal plays: SNS of the backend asks them, they confirm, refuse and count."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from conftest import Served, unique, until

from harness import journal
from harness.aws.stage import Stage
from harness.aws.thread import Gateway
from harness.aws.webhooks import PREFIX, Webhooks
from harness.clock import Clock, ClockSpec
from harness.config import Settings
from harness.gateway.fetch import Fetcher
from harness.scenario import Topic, Webhook

HOOK, SHY = Webhook("hook"), Webhook("shy", refuses=1)
TOPIC = Topic("hooked-events", key="run")


@pytest.fixture(scope="module")
def hooked(served: Served) -> Iterator[Served]:
    """A gateway of its own, with two webhooks, before the shared backend."""
    records: list[journal.Record] = []
    stage = Stage(Clock(ClockSpec(1.0)), records.append, served.backend.route, Settings(), seed=1)
    fetcher = Fetcher(stage.pool)
    webhooks = Webhooks([HOOK, SHY], [TOPIC], stage.record, fetcher, stage.route, stage.region)
    stage.handlers.insert(0, webhooks.handle)
    with Gateway(stage) as gateway:
        running = Served(gateway.url, stage, served.backend, records)
        yield running
        running.close()


def post(served: Served, name: str, body: bytes, **headers: str) -> int:
    at = urlsplit(served.url)
    connection = HTTPConnection(at.hostname or "", at.port, timeout=10)
    try:
        named = {f"x-amz-sns-{key.replace('_', '-')}": value for key, value in headers.items()}
        connection.request("POST", PREFIX + name, body, named)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def ended(served: Served, webhook: str) -> list[journal.MessageEnded]:
    return [one for one in served.of(journal.MessageEnded) if one.queue == webhook]


def test_a_webhook_confirms_and_gets_what_is_published(hooked: Served) -> None:
    """The backend's own SNS sends both; the notification is counted with its ids and key."""
    sns = hooked.client("sns")
    arn = sns.create_topic(Name=TOPIC.aws_name)["TopicArn"]
    sns.subscribe(TopicArn=arn, Protocol="http", Endpoint=f"{hooked.url}{PREFIX}{HOOK.name}")

    def confirmed() -> bool:
        found = sns.list_subscriptions_by_topic(TopicArn=arn)["Subscriptions"]
        return found[0]["SubscriptionArn"].startswith(arn)

    until(confirmed, "confirmation")
    publication = sns.publish(TopicArn=arn, Message=json.dumps({"run": 7}))["MessageId"]
    (one,) = until(lambda: ended(hooked, HOOK.name), "notification")
    assert (one.publication, one.key, one.how) == (publication, "7", "delivered")


def test_the_first_notifications_are_refused_as_declared(hooked: Served) -> None:
    """A refused one is not counted; what SNS makes of a 500 is its own matter."""
    note = json.dumps({"Type": "Notification", "MessageId": unique(), "Message": "x"}).encode()
    assert [post(hooked, SHY.name, note) for _ in range(3)] == [500, 200, 200]
    assert len(ended(hooked, SHY.name)) == 2


def test_a_raw_delivery_tells_its_ids_in_headers(hooked: Served) -> None:
    """Its body is the message alone."""
    arn = f"arn:aws:sns:us-east-1:123456789012:{TOPIC.aws_name}"
    status = post(hooked, HOOK.name, b'{"run": "raw"}', rawdelivery="true", message_id="m-raw", topic_arn=arn)
    assert status == 200
    found = {one.publication: one.key for one in ended(hooked, HOOK.name)}
    assert found["m-raw"] == "raw"


@pytest.mark.parametrize(("name", "body", "status"), [("nobody", b"{}", 404), (HOOK.name, b"no json", 400)])
def test_what_is_no_notification_is_told_so(hooked: Served, name: str, body: bytes, status: int) -> None:
    """A wrong address or body is no message."""
    assert post(hooked, name, body) == status


@pytest.mark.parametrize("message", ["[1]", "no json", '{"run": true}', '{"other": 1}'])
def test_a_message_without_the_key_has_none(hooked: Served, message: str) -> None:
    """It is counted all the same."""
    publication = unique()
    arn = f"arn:aws:sns:us-east-1:123456789012:{TOPIC.aws_name}"
    note = {"Type": "Notification", "MessageId": publication, "Message": message, "TopicArn": arn}
    assert post(hooked, HOOK.name, json.dumps(note).encode()) == 200
    assert [one.key for one in ended(hooked, HOOK.name) if one.publication == publication] == [""]
