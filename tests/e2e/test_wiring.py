"""What AWS would not deliver is not delivered, on each backend: SNS to queues and functions."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from botocore.exceptions import ClientError
from conftest import unique
from wired import ACCOUNT, REGION, Listener, Stand, allow, document, only_from, wired

from harness import journal
from harness.backends import open_backend
from harness.config import Settings


@pytest.fixture(scope="module", params=["embedded", "moto"])
def stand(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    """One backend and gateway for all tests here, which use names of their own."""
    with (
        open_backend(request.param, Settings(), tmp_path_factory.mktemp("logs")) as backend,
        wired(backend) as made,
    ):
        yield made


def test_a_queue_with_the_right_policy_gets_its_messages(stand: Stand) -> None:
    """Promise: what AWS delivers is delivered, and nothing is journalled as refused."""
    topic, (url, queue) = stand.topic(), stand.queue()
    stand.set_policy(url, allow(queue, **only_from(topic)))
    stand.subscribe(topic, queue)
    stand.sns.publish(TopicArn=topic, Message="one")
    assert stand.got(url) == ["one"]
    assert stand.refusals(queue) == []


def test_a_queue_without_a_policy_gets_nothing_until_it_has_one(stand: Stand) -> None:
    """Promise: a policy opens the way from then on, and taking it away closes it again."""
    topic, (url, queue) = stand.topic(), stand.queue()
    stand.subscribe(topic, queue)
    stand.sns.publish(TopicArn=topic, Message="lost")
    assert stand.got(url) == []
    stand.set_policy(url, allow(queue, **only_from(topic)))
    stand.sns.publish(TopicArn=topic, Message="found")
    assert stand.got(url) == ["found"]
    stand.set_policy(url)
    stand.sns.publish(TopicArn=topic, Message="lost again")
    assert stand.got(url) == []
    allowed, reasons = zip(*stand.refusals(queue), strict=True)
    assert allowed == (False, True, False)
    assert "has no policy; SNS may only send to it when a statement allows sqs:SendMessage" in reasons[0]


@pytest.mark.parametrize(
    ("extra", "reason"),
    [
        ({"Sid": "No", "Effect": "Deny", "Principal": "*"}, "statement 'No' in the policy"),
        (None, "but only with aws:SourceArn arn:aws:sns:us-east-1:123456789012:other"),
    ],
    ids=["deny", "another topic"],
)
def test_a_queue_whose_policy_keeps_the_topic_out_gets_nothing(
    stand: Stand, extra: dict[str, Any] | None, reason: str
) -> None:
    """Promise: a Deny, or an Allow for another topic, keeps messages out, and the reason says which."""
    topic, (url, queue) = stand.topic(), stand.queue()
    other = f"arn:aws:sns:{REGION}:{ACCOUNT}:other"
    statements = (
        [allow(queue, **only_from(other))] if extra is None else [allow(queue), allow(queue, **extra)]
    )
    stand.set_policy(url, *statements)
    stand.subscribe(topic, queue)
    stand.sns.publish(TopicArn=topic, Message="lost")
    assert stand.got(url) == []
    [(allowed, why)] = stand.refusals(queue)
    assert not allowed
    assert reason in why


FROM_ELSEWHERE = {
    "NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"},
    "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
}


@pytest.mark.parametrize(
    ("action", "condition"),
    [("sqs:*", {"Bool": {"aws:SecureTransport": "false"}}), ("sqs:SendMessage", FROM_ELSEWHERE)],
    ids=["without TLS", "from elsewhere"],
)
def test_a_deny_that_services_do_not_meet_keeps_nothing_out(
    stand: Stand, action: str, condition: dict[str, Any]
) -> None:
    """Promise: the usual hardening of a queue does not stop SNS, also where an emulator judges by itself."""
    topic, (url, queue) = stand.topic(), stand.queue()
    deny = allow(queue, Sid="No", Effect="Deny", Principal="*", Action=action, Condition=condition)
    stand.set_policy(url, allow(queue), deny)
    stand.subscribe(topic, queue)
    stand.sns.publish(TopicArn=topic, Message="one")
    assert stand.got(url) == ["one"]


def test_a_queue_that_nobody_here_may_read_is_still_judged(stand: Stand) -> None:
    """Promise: a policy that locks its own reader out is judged as it was given."""
    topic, (url, queue) = stand.topic(), stand.queue()
    stand.subscribe(topic, queue)
    deny = allow(queue, Sid="Out", Effect="Deny", Principal="*", Action="sqs:*", Condition=FROM_ELSEWHERE)
    stand.set_policy(url, allow(queue), deny)
    assert [allowed for allowed, _ in stand.refusals(queue)] == [False, True]


def test_a_queue_that_does_not_exist_can_be_subscribed(stand: Stand) -> None:
    """Promise: Subscribe and Publish succeed, as on AWS, and the queue gets messages once it is there."""
    topic, name = stand.topic(), unique("later")
    queue = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    stand.subscribe(topic, queue)
    stand.sns.publish(TopicArn=topic, Message="lost")
    assert stand.refusals(queue) == [(False, f"queue {name} does not exist")]
    policy = json.dumps(document(allow(queue)))
    url = stand.sqs.create_queue(QueueName=name, Attributes={"Policy": policy})["QueueUrl"]
    stand.sns.publish(TopicArn=topic, Message="found")
    assert stand.got(url) == ["found"]
    stand.sqs.delete_queue(QueueUrl=url)
    stand.sns.publish(TopicArn=topic, Message="lost again")
    assert [allowed for allowed, _ in stand.refusals(queue)] == [False, True, False]


def test_reads_show_the_owners_filter_while_the_way_is_shut(stand: Stand) -> None:
    """Promise: a client never sees how the gateway keeps messages back, and its filter holds afterwards."""
    topic, (url, queue) = stand.topic(), stand.queue()
    own = json.dumps({"kind": ["alarm"]})
    subscription = stand.subscribe(topic, queue, FilterPolicy=own)
    plain = stand.subscribe(topic, stand.queue()[1])

    def shown(arn: str) -> dict[str, str]:
        found: dict[str, str] = stand.sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
        return found

    assert shown(subscription)["FilterPolicy"] == own
    assert shown(subscription)["FilterPolicyScope"] == "MessageAttributes"
    assert {"FilterPolicy", "FilterPolicyScope"}.isdisjoint(shown(plain))
    own = json.dumps({"kind": ["alarm", "news"]})
    stand.sns.set_subscription_attributes(
        SubscriptionArn=subscription, AttributeName="FilterPolicy", AttributeValue=own
    )
    kind = {"kind": {"DataType": "String", "StringValue": "news"}}
    stand.sns.publish(TopicArn=topic, Message="lost", MessageAttributes=kind)
    assert stand.got(url) == []
    stand.set_policy(url, allow(queue))
    assert shown(subscription)["FilterPolicy"] == own
    stand.sns.publish(TopicArn=topic, Message="no kind")
    stand.sns.publish(TopicArn=topic, Message="news", MessageAttributes=kind)
    assert stand.got(url) == ["news"]


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"FilterPolicy": "{"}, "Invalid parameter: Attributes Reason: FilterPolicy: "),
        ({"FilterPolicyScope": "Body"}, "FilterPolicyScope: Invalid value [Body]. Please use either"),
        ({"RawMessageDelivery": "yes"}, "RawMessageDelivery: Invalid value [yes]. Must be true or false."),
        ({"Filter": "{}"}, "Invalid parameter: Attributes Reason: AttributeName"),
        ({"RedrivePolicy": "orders"}, "RedrivePolicy: failed to parse JSON."),
    ],
    ids=["filter", "scope", "raw", "unknown", "redrive"],
)
def test_a_malformed_attribute_is_refused_in_snss_words(
    stand: Stand, attributes: dict[str, str], message: str
) -> None:
    """Promise: every backend refuses what SNS refuses, before anything is subscribed."""
    topic, (_, queue) = stand.topic(), stand.queue()
    with pytest.raises(ClientError, match="InvalidParameter") as caught:
        stand.subscribe(topic, queue, **attributes)
    assert message in caught.value.response["Error"]["Message"]
    assert stand.sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"] == []


def test_a_malformed_filter_is_refused_when_it_is_set_later(stand: Stand) -> None:
    """Promise: SetSubscriptionAttributes refuses it too, and the filter stays as it was."""
    topic, (url, queue) = stand.topic(), stand.queue()
    stand.set_policy(url, allow(queue))
    subscription = stand.subscribe(topic, queue)
    with pytest.raises(ClientError, match="Invalid parameter: FilterPolicy"):
        stand.sns.set_subscription_attributes(
            SubscriptionArn=subscription, AttributeName="FilterPolicy", AttributeValue="[]"
        )
    stand.sns.publish(TopicArn=topic, Message="one")
    assert stand.got(url) == ["one"]


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"Policy": "{"}, "InvalidAttributeValue"),
        ({"Policy": json.dumps({"Statement": {"Effect": "Allow"}})}, "InvalidAttributeValue"),
        ({"RedrivePolicy": '{"maxReceiveCount": 3}'}, "InvalidParameterValue"),
        ({"Colour": "blue"}, "InvalidAttributeName"),
    ],
    ids=["no JSON", "no principal", "redrive", "unknown"],
)
def test_a_malformed_queue_attribute_is_refused(stand: Stand, attributes: dict[str, str], code: str) -> None:
    """Promise: SQS's refusals are the same on every backend."""
    url, _ = stand.queue()
    with pytest.raises(ClientError, match=code):
        stand.sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)


def test_a_policy_set_by_the_query_protocol_opens_the_way_too(stand: Stand) -> None:
    """Promise: old SDKs, which send forms to SQS, are understood."""
    topic, (url, queue) = stand.topic(), stand.queue()
    stand.subscribe(topic, queue)
    fields = {
        "Action": "SetQueueAttributes",
        "Version": "2012-11-05",
        "QueueUrl": url,
        "Attribute.1.Name": "Policy",
        "Attribute.1.Value": json.dumps(document(allow(queue))),
    }
    post_form(stand.served.url, fields)
    stand.sns.publish(TopicArn=topic, Message="found")
    assert stand.got(url) == ["found"]
    assert "SetQueueAttributes" in {each.operation for each in stand.served.of(journal.Exchange)}


def post_form(url: str, fields: dict[str, str]) -> None:
    scope = f"test/20260101/{REGION}/sqs/aws4_request"
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0",
        "Content-Type": "application/x-www-form-urlencoded",
    }
    with urlopen(Request(url, urlencode(fields).encode(), headers)) as answer:
        assert answer.status == 200


def test_an_endpoint_gets_copies_once_it_has_confirmed(stand: Stand) -> None:
    """Promise: the wiring learns of a confirmation that did not pass the gateway before the next message."""
    topic, name = stand.topic(), unique("hook")
    with Listener() as listener:
        url = f"{listener.url}/{name}"
        stand.sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=url)
        if stand.served.backend.name != "moto":  # which asks for no confirmation
            assert stand.wiring.fan_out(topic, {}, "early").copies == ()
            urlopen(listener.asked()["SubscribeURL"]).close()
        stand.sns.publish(TopicArn=topic, Message="one")
        assert [each.target for each in stand.wiring.fan_out(topic, {}, "two").copies] == [name]


def test_a_function_is_invoked_by_a_topic_only_with_a_permission(stand: Stand) -> None:
    """Promise: no emulator asks for the permission; the backend's subscription is shut until it is given."""
    topic, name = stand.topic(), unique("score")
    function = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"
    functions = stand.served.client("lambda")
    make_function(stand, name)
    subscription = stand.sns.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=function)[
        "SubscriptionArn"
    ]
    backend = stand.direct("sns")

    def filter_in_backend() -> str:
        found = backend.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
        return str(found.get("FilterPolicy"))

    assert "harness:refused" in filter_in_backend()
    assert stand.refusals(function)[0][1].startswith(f"function {name} has no policy; SNS may only invoke it")
    functions.add_permission(
        FunctionName=name,
        StatementId="topic",
        Action="lambda:InvokeFunction",
        Principal="sns.amazonaws.com",
        SourceArn=topic,
    )
    assert "harness:refused" not in filter_in_backend()
    functions.remove_permission(FunctionName=name, StatementId="topic")
    assert "harness:refused" in filter_in_backend()
    backend.close()


def make_function(stand: Stand, name: str) -> None:
    """Create a function of that name, which nobody runs here."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("score.py", "def handler(event, context):\n    return {}\n")
    service = {"Service": "lambda.amazonaws.com"}
    trust = document({"Effect": "Allow", "Principal": service, "Action": "sts:AssumeRole"})
    iam = stand.served.client("iam")
    role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    stand.served.client("lambda").create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=role,
        Handler="score.handler",
        Code={"ZipFile": code.getvalue()},
    )


def test_findings_come_once_everything_is_made(stand: Stand) -> None:
    """Promise: what is refused while things are being made is no finding, what is met or left then is."""
    topic, (_, queue), (url, mended) = stand.topic(), stand.queue(), stand.queue()
    stand.subscribe(topic, queue)
    stand.subscribe(topic, mended)
    stand.set_policy(url, allow(mended))
    assert stand.served.findings(queue) == []
    stand.wiring.fan_out(topic, {}, "lost")
    stand.wiring.fan_out(topic, {}, "lost")
    assert stand.served.findings(queue) == [("delivery-refused", "error")]
    left = stand.queue()[1]
    stand.subscribe(topic, left)
    assert stand.served.findings(left) == []
    stand.wiring.close()
    assert stand.served.findings(left) == [("delivery-refused", "error")]
    stand.wiring.deployed()
    late = stand.queue()[1]
    stand.subscribe(topic, late)
    assert stand.served.findings(late) == [("delivery-refused", "error")]
    assert stand.served.findings(mended) == []


def test_an_encrypted_queue_is_said_not_to_be_covered(stand: Stand) -> None:
    """Promise: the policy of its key is not judged, and the run says so once."""
    topic, (url, queue) = stand.topic(), stand.queue()
    stand.set_policy(url, allow(queue))
    stand.sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "alias/aws/sqs"})
    stand.subscribe(topic, queue)
    stand.subscribe(stand.topic(), queue)
    assert stand.served.findings(queue) == [("delivery-not-covered", "error")]


def test_a_queue_keeps_its_policy_when_something_else_is_set(stand: Stand) -> None:
    """Promise: SetQueueAttributes changes what it names only, on backends that forget the policy as well."""
    topic, (url, queue) = stand.topic(), stand.queue()
    stand.set_policy(url, allow(queue))
    stand.subscribe(topic, queue)
    stand.sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "40"})
    stand.sns.publish(TopicArn=topic, Message="one")
    assert stand.got(url) == ["one"]
    assert stand.refusals(queue) == []


def test_a_second_subscription_with_other_attributes_is_refused(stand: Stand) -> None:
    """Promise: the same again gives the same ARN, other attributes are refused in SNS's words."""
    topic, (_, queue) = stand.topic(), stand.queue()
    first = stand.subscribe(topic, queue, RawMessageDelivery="true")
    assert stand.subscribe(topic, queue, RawMessageDelivery="true") == first
    with pytest.raises(ClientError, match="Subscription already exists with different attributes"):
        stand.subscribe(topic, queue, RawMessageDelivery="false")


def test_what_is_removed_gets_nothing(stand: Stand) -> None:
    """Promise: subscriptions that are gone, by themselves or with their topic, are nobody's any more."""
    topic, (url, queue) = stand.topic(), stand.queue()
    stand.set_policy(url, allow(queue))
    stand.sns.unsubscribe(SubscriptionArn=stand.subscribe(topic, queue))
    assert stand.wiring.fan_out(topic, {}, "one").copies == ()
    stand.subscribe(topic, queue)
    assert stand.wiring.fan_out(topic, {}, "one").copies
    stand.sns.delete_topic(TopicArn=topic)
    assert stand.wiring.fan_out(topic, {}, "one").copies == ()


def test_a_malformed_topic_policy_is_refused(stand: Stand) -> None:
    """Promise: SNS takes no document that cannot be read, when a topic is made or changed."""
    topic = stand.topic()
    with pytest.raises(ClientError, match="Policy Error"):
        stand.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue="{")
    with pytest.raises(ClientError, match="Policy Error"):
        stand.sns.create_topic(Name=unique("made"), Attributes={"Policy": '{"Statement": 1}'})
