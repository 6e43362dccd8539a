"""What is judged is what is served: whoever may do one thing gets no emulator to do another.

Each trick is sent to a gateway that enforces permissions, before MiniStack and before moto, by a user who may
do what is `mine`. AWS's own errors come back, and nothing of what is `secret` is read, changed or gone.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from conftest import Served
from enforced import Credentials, Enforced, allow, document, enforced
from judged_tricks import FORM, MAY, SECRET, TOPIC, Call, form, get, json_call, posted, send, signed, tricks

from harness.backends import Backend, open_backend
from harness.config import Settings

MISMATCH = re.compile(rb"SignatureDoesNotMatch|InvalidSignature|MissingAuth|AuthFailure|HeaderMalformed")
BUCKETS = ("mine", "mine.x", "secret")


@dataclass
class Stand:
    """A gateway before one kind of backend, and the user whose calls are judged."""

    served: Enforced
    who: Credentials
    queues: dict[str, str]
    tricks: dict[str, Call]

    def send(self, call: Call) -> tuple[int, bytes]:
        return send(self.served.gateway.url, call, self.who)


@pytest.fixture(scope="module")
def moto_backend(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    with open_backend("moto", Settings(), tmp_path_factory.mktemp("logs")) as opened:
        yield opened


@pytest.fixture(scope="module", params=["embedded", "moto"])
def stand(request: pytest.FixtureRequest, served: Served, moto_backend: Backend) -> Iterator[Stand]:
    with enforced(served.backend if request.param == "embedded" else moto_backend) as made:
        s3, sqs = made.own("s3"), made.own("sqs")
        for bucket in BUCKETS:
            s3.create_bucket(Bucket=bucket)
            s3.put_object(Bucket=bucket, Key="key", Body=SECRET if bucket == "secret" else b"fine")
        s3.put_object(Bucket="secret", Key="mine/key", Body=SECRET)
        s3.put_object(Bucket="mine", Key="hidden", Body=SECRET)
        s3.put_object(Bucket="mine", Key="public", Body=b"fine")
        s3.delete_public_access_block(Bucket="mine")
        public = allow("s3:GetObject", resource="arn:aws:s3:::mine/public", Principal="*")
        s3.put_bucket_policy(Bucket="mine", Policy=document(public))
        queues = {name: sqs.create_queue(QueueName=name)["QueueUrl"] for name in ("mine", "secret")}
        for name in ("mine", "secret"):
            made.own("sns").create_topic(Name=name)
        alarm = {"Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60}
        made.own("cloudwatch").put_metric_alarm(
            AlarmName="secret", Threshold=1.0, EvaluationPeriods=1,
            ComparisonOperator="GreaterThanThreshold", **alarm,
        )  # fmt: skip
        made.own("dynamodb").create_table(
            TableName="secret",
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        _, who = made.user(*MAY)
        yield Stand(made, who, queues, tricks(queues))


def state(stand: Stand) -> dict[str, Any]:
    """Return what the user must not be able to change."""
    made = stand.served
    s3, sqs = made.own("s3"), made.own("sqs")
    counted = sqs.get_queue_attributes(
        QueueUrl=stand.queues["secret"], AttributeNames=["ApproximateNumberOfMessages"]
    )
    return {
        "keys": {b: [k["Key"] for k in s3.list_objects_v2(Bucket=b)["Contents"]] for b in BUCKETS},
        "bodies": [
            s3.get_object(Bucket=bucket, Key=key)["Body"].read()
            for bucket, key in (("mine", "key"), ("mine", "hidden"), ("secret", "key"))
        ],
        "queues": sorted(sqs.list_queues()["QueueUrls"]),
        "messages": counted["Attributes"]["ApproximateNumberOfMessages"],
        "topics": len(made.own("sns").list_topics()["Topics"]),
        "alarms": [a["AlarmName"] for a in made.own("cloudwatch").describe_alarms()["MetricAlarms"]],
        "tables": made.own("dynamodb").list_tables()["TableNames"],
        "metrics": made.own("cloudwatch").list_metrics(Namespace="secret")["Metrics"],
    }


def test_no_trick_gets_anything_done(stand: Stand) -> None:
    """Each is answered with an error of AWS's, or with nothing secret; all is as it was afterwards."""
    before = state(stand)
    answers = {name: stand.send(call) for name, call in stand.tricks.items()}
    assert [name for name, (_, body) in answers.items() if SECRET in body] == []
    assert {name: said for name, said in answers.items() if not 400 <= said[0] < 500} == {}
    assert state(stand) == before
    # Every trick is signed well, or nobody would know whether it was seen through.
    assert {name: body for name, (_, body) in answers.items() if MISMATCH.search(body)} == {}


def test_what_may_be_done_is_done(stand: Stand) -> None:
    """The same sender's plain calls, and odd ones that all read alike, work."""
    mine = stand.queues["mine"].encode()
    assert stand.send(get("/mine/key")) == (200, b"fine")
    assert stand.send(get("/mine/key", how="url")) == (200, b"fine")
    assert stand.send(get("/mine/key?X-Amz-Meta-A=b")) == (200, b"fine")
    assert stand.send(get("/key", "mine.s3.localhost")) == (200, b"fine")
    assert stand.send(get("/mine/public", how="none")) == (200, b"fine")
    assert stand.send(get("/mine/hidden"))[0] == 403
    assert stand.send(form("sqs", "Action=ListQueues"))[0] == 200
    assert stand.send(form("sqs", "Action=ListQueues", kind=f"{FORM}; charset=utf-16"))[0] == 200
    assert stand.send(Call("sqs", "GET", "/?Action=ListQueues"))[0] == 200
    assert stand.send(form("sns", f"Action=Publish&Message=x&TopicArn={TOPIC}"))[0] == 200
    sent = b'{"QueueUrl": "nobody", "MessageBody": "x", "QueueUrl": "%b"}' % mine
    assert stand.send(json_call("sqs", "AmazonSQS.SendMessage", sent))[0] == 200
    chunked = Call("s3", "PUT", "/mine.x/key", b"fine")
    assert stand.send(chunked)[0] == 200


def test_a_signed_call_may_be_sent_again_until_it_is_too_old(stand: Stand) -> None:
    """AWS tells no replay from a retry: the same bytes count again, changed ones never, for 15 minutes.

    IAM user guide, "Elements of an AWS API request signature"; of JSON and REST services for 5 minutes.
    """
    url, mine = stand.served.gateway.url, stand.queues["mine"]
    body = b'{"QueueUrl": "%b", "MessageBody": "again"}' % mine.encode()
    call = json_call("sqs", "AmazonSQS.SendMessage", body)
    target, headers = signed(call, stand.who, urlsplit(url).netloc)
    assert [posted(url, "POST", target, headers, body)[0] for _ in range(3)] == [200] * 3
    assert posted(url, "POST", target, headers, body.replace(b"again", b"other"))[0] == 403


@pytest.mark.parametrize(("age_s", "said"), [(840, (200, 200, 200, 400)), (960, (403, 403, 403, 400))])
def test_how_old_a_signature_may_be(stand: Stand, age_s: float, said: tuple[int, ...]) -> None:
    """SQS, SNS and S3 take one of 14 minutes and none of 16; DynamoDB takes neither."""
    at = time.time() - age_s
    body = b'{"QueueUrl": "%b", "MessageBody": "old"}' % stand.queues["mine"].encode()
    calls = [
        json_call("sqs", "AmazonSQS.SendMessage", body, at=at),
        form("sns", "Action=ListTopics", at=at),
        get("/mine/key", at=at),
        json_call("dynamodb", "DynamoDB_20120810.ListTables", b"{}", at=at),
    ]
    assert tuple(stand.send(call)[0] for call in calls) == said


@pytest.mark.parametrize("off_s", [-960, 960])
def test_a_clock_that_is_off_is_told(stand: Stand, off_s: float) -> None:
    """Each service says it in its own words, and serves nothing."""
    at = time.time() + off_s
    status, body = stand.send(get("/mine/key", at=at))
    assert (status, b"RequestTimeTooSkewed" in body) == (403, True)
    status, body = stand.send(json_call("dynamodb", "DynamoDB_20120810.ListTables", b"{}", at=at))
    assert (status, b"InvalidSignatureException" in body) == (400, True)
    assert stand.send(get("/mine/key", how="url", at=at))[0] == 403
