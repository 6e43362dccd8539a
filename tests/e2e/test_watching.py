"""Who watches: a rule about refused calls, an alarm, and the paths that only the gateway may take."""

import json
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import pytest
from botocore.exceptions import ClientError
from conftest import Served
from enforced import ACCOUNT, Enforced, allow, code_of, document

from harness import journal
from harness.aws.permission import Mode
from harness.aws.stage import Stage
from harness.aws.thread import Gateway
from harness.backends.ministack_events import EVENTS_PATH
from harness.backends.ministack_functions import GATEWAY_PATH
from harness.backends.ministack_schedules import FIRE_PATH, SCHEDULES_PATH
from harness.backends.ministack_trust import KEYS_PATH
from harness.clock import Clock, ClockSpec
from harness.config import DEFAULT_REGION as REGION
from harness.config import Settings

SPEED = 200.0  # a model minute is 0.3 s
PATIENCE_S = 20.0  # costs nothing where what is waited for comes
CALLS = "AWS API Call via CloudTrail"


@pytest.fixture(scope="module")
def stand(served: Served) -> Iterator[Enforced]:
    """A gateway of its own before the shared backend, enforcing, on a fast clock."""
    records: list[journal.Record] = []
    clock = Clock(ClockSpec(SPEED))
    stage = Stage(clock, records.append, served.backend.route, Settings(), seed=1, iam=Mode.ENFORCE)
    with Gateway(stage) as gateway:
        made = Enforced(gateway, stage, served.backend, records)
        yield made
        made.close()


def queue(stand: Enforced, service: str) -> tuple[str, str]:
    """Make a queue that *service* may send to; return its URL and ARN."""
    name = f"q-{uuid4().hex[:8]}"
    arn = f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"
    lets_in = allow("sqs:SendMessage", resource=arn, Principal={"Service": f"{service}.amazonaws.com"})
    url: str = stand.own("sqs").create_queue(QueueName=name, Attributes={"Policy": document(lets_in)})[
        "QueueUrl"
    ]
    return url, arn


def received(stand: Enforced, url: str) -> list[dict[str, Any]]:
    """Return the bodies of what is in the queue, once there is something."""
    sqs, deadline = stand.own("sqs"), monotonic() + PATIENCE_S
    while monotonic() < deadline:
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
        if messages := found.get("Messages", []):
            return [json.loads(each["Body"]) for each in messages]
    raise AssertionError("it never came")


def is_empty(stand: Enforced, url: str) -> bool:
    return "Messages" not in stand.own("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)


def refused(call: Callable[..., Any], **given: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as error:
        call(**given)
    return code_of(error.value)


def test_a_refused_call_reaches_the_queue_of_a_rule(stand: Enforced) -> None:
    """Who was refused what; a call that reads and one that was allowed reach nobody."""
    url, arn = queue(stand, "events")
    events = stand.own("events")
    pattern = {"source": ["aws.sqs"], "detail-type": [CALLS], "detail": {"errorCode": ["AccessDenied"]}}
    events.put_rule(Name="unwanted", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="unwanted", Targets=[{"Id": "1", "Arn": arn}])
    name, who = stand.user(allow("sqs:CreateQueue"))
    sqs = stand.client("sqs", who)
    sqs.create_queue(QueueName=f"allowed-{name}")
    assert refused(sqs.list_queues) == ("AccessDenied", 403)
    assert refused(sqs.send_message, QueueUrl=url, MessageBody="no") == ("AccessDenied", 403)
    (event,) = received(stand, url)
    assert (event["source"], event["detail-type"]) == ("aws.sqs", CALLS)
    assert (event["detail"]["eventName"], event["detail"]["errorCode"]) == ("SendMessage", "AccessDenied")
    assert event["detail"]["userIdentity"]["userName"] == name
    assert is_empty(stand, url)
    events.remove_targets(Rule="unwanted", Ids=["1"])
    events.delete_rule(Name="unwanted")


def test_a_metric_rings_an_alarm_that_tells_a_topic(stand: Enforced) -> None:
    """From PutMetricData to the queue that listens: told once, and seen in DescribeAlarms."""
    url, arn = queue(stand, "sns")
    sns, cloudwatch = stand.own("sns"), stand.own("cloudwatch")
    topic = sns.create_topic(Name=f"t-{uuid4().hex[:8]}")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    cloudwatch.put_metric_alarm(
        AlarmName="refused",
        Namespace="Own",
        MetricName="Refused",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="ignore",
        AlarmActions=[topic],
    )
    cloudwatch.put_metric_data(Namespace="Own", MetricData=[{"MetricName": "Refused", "Value": 1.0}])
    (told,) = received(stand, url)
    assert (told["AlarmName"], told["NewStateValue"]) == ("refused", "ALARM")
    deadline = monotonic() + PATIENCE_S
    while _state(cloudwatch) != "ALARM" and monotonic() < deadline:
        sleep(0.02)  # it is shown there by a thread of its own
    assert _state(cloudwatch) == "ALARM"
    assert [one.after for one in stand.of(journal.AlarmChanged)] == ["ALARM"]
    cloudwatch.delete_alarms(AlarmNames=["refused"])
    assert is_empty(stand, url)


def _state(cloudwatch: Any) -> str:
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=["refused"])["MetricAlarms"]
    state: str = alarm["StateValue"]
    return state


def test_nobody_puts_events_in_the_name_of_an_aws_service(stand: Enforced) -> None:
    """PutEvents: "NotAuthorizedForSourceException"; an event of one's own is taken in the same call."""
    entries = [
        {"Source": source, "DetailType": CALLS, "Detail": "{}"} for source in ("aws.lambda", "my.service")
    ]
    _, who = stand.user(allow("events:PutEvents"))
    answer = stand.client("events", who).put_events(Entries=entries)
    assert answer["FailedEntryCount"] == 1
    assert answer["Entries"][0]["ErrorCode"] == "NotAuthorizedForSourceException"
    assert answer["Entries"][1]["EventId"]


@pytest.mark.parametrize("path", [EVENTS_PATH, GATEWAY_PATH, SCHEDULES_PATH, FIRE_PATH, f"{KEYS_PATH}test"])
def test_the_paths_of_the_house_want_its_password(stand: Enforced, path: str) -> None:
    """Neither without one nor with a wrong one, nor by way of the gateway."""
    at = stand.backend.route("events")
    direct = f"http://{at.host}:{at.port}{path}"
    asked = [status(direct), status(direct, "wrong"), status(f"{stand.gateway.url}{path}")]
    assert all(400 <= each < 500 for each in asked), asked


def status(url: str, password: str = "") -> int:
    """Return what is answered to a POST."""
    headers = {"x-harness-judged": password} if password else {}
    asked = urllib.request.Request(url, b"{}", headers, method="POST")
    try:
        with urllib.request.urlopen(asked) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
