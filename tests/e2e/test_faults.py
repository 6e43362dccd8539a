"""Faults injected before a real backend: boto3 meets AWS's own errors, and its retries act on them."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import botocore.awsrequest
import pytest
from botocore.exceptions import ClientError, ConnectionClosedError
from conftest import Served, unique

from harness import journal, sessions, skew
from harness.aws.stage import Stage
from harness.aws.thread import Gateway
from harness.clock import Clock
from harness.config import Settings
from harness.gateway.inject import INJECTED, OWN_CALLS
from harness.run.faults import RunFaults
from harness.scenario.faults import ConnectionReset, Fault, Latency, ServerError, Throttle

RETRIES = [("standard", 5), ("legacy", 5)]


@dataclass
class Broken:
    """A gateway with faults before the backend of `served`."""

    url: str
    faults: RunFaults
    records: list[journal.Record]

    def client(self, service: str, attempts: int = 1, mode: str = "standard", **options: Any) -> Any:
        return sessions.client(service, self.url, attempts=attempts, retry_mode=mode, **options)

    def exchanges(self, service: str) -> list[journal.Exchange]:
        """Return the calls of *service* that came in, each as it ended."""
        found = [one for one in self.records if isinstance(one, journal.Exchange)]
        return [one for one in found if one.service == service]


@contextmanager
def broken(served: Served, faults: Sequence[Fault], *, seed: int = 1) -> Iterator[Broken]:
    """Put a gateway with *faults*, at work from now on, before the backend of *served*."""
    records: list[journal.Record] = []
    clock = Clock()
    run_faults = RunFaults(faults, clock, records.append, seed=seed)
    stage = Stage(clock, records.append, served.backend.route, Settings(), seed=seed)
    stage.handlers.insert(0, run_faults.injector.handle)
    with Gateway(stage) as gateway:
        run_faults.begin(clock.now())
        try:
            yield Broken(gateway.url, run_faults, records)
        finally:
            run_faults.stop()


def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let retries wait no longer than a moment; return what they would have waited."""
    slept: list[float] = []
    sleep = time.sleep

    def nap(seconds: float) -> None:
        slept.append(seconds)
        sleep(min(seconds, 0.001))

    monkeypatch.setattr(time, "sleep", nap)
    return slept


CALLS = [
    ("sns", "Throttling", 400, lambda client: client.list_topics()),
    ("sqs", "RequestThrottled", 403, lambda client: client.list_queues()),
    ("sts", "Throttling", 400, lambda client: client.get_caller_identity()),
    ("iam", "Throttling", 400, lambda client: client.list_roles()),
    ("s3", "SlowDown", 503, lambda client: client.list_buckets()),
    ("dynamodb", "ProvisionedThroughputExceededException", 400, lambda client: client.list_tables()),
    ("lambda", "TooManyRequestsException", 429, lambda client: client.list_functions()),
    ("sagemaker", "ThrottlingException", 400, lambda client: client.list_models()),
    ("cloudwatch", "Throttling", 400, lambda client: client.list_metrics()),
    ("events", "ThrottlingException", 400, lambda client: client.list_rules()),
    ("stepfunctions", "ThrottlingException", 400, lambda client: client.list_state_machines()),
    ("ec2", "RequestLimitExceeded", 503, lambda client: client.describe_regions()),
]


@pytest.fixture(scope="module")
def throttled(served: Served) -> Iterator[Broken]:
    """A gateway that throttles every call of every service in `CALLS`."""
    with broken(served, [Throttle(service, 1.0) for service, *_ in CALLS]) as running:
        yield running


@pytest.mark.parametrize(("service", "code", "status", "call"), CALLS, ids=[one[0] for one in CALLS])
def test_the_program_sees_the_service_s_own_error(
    throttled: Broken, service: str, code: str, status: int, call: Any
) -> None:
    """Without a retry the ClientError has the code and status that the service throttles with."""
    client = throttled.client(service)
    with pytest.raises(ClientError) as caught:
        call(client)
    client.close()
    answer = caught.value.response
    assert answer["Error"]["Code"] == code
    assert answer["Error"]["Message"]
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == status
    assert answer["ResponseMetadata"]["RetryAttempts"] == 0


@pytest.mark.parametrize("mode", ["standard", "legacy"])
@pytest.mark.parametrize(
    ("service", "call"), [(one[0], one[3]) for one in CALLS], ids=[one[0] for one in CALLS]
)
def test_the_sdk_tries_again(
    throttled: Broken, monkeypatch: pytest.MonkeyPatch, service: str, mode: str, call: Any
) -> None:
    """botocore takes the error for one that is worth another try, in both of its modes."""
    pauses(monkeypatch)
    client = throttled.client(service, 3, mode)
    with pytest.raises(ClientError) as caught:
        call(client)
    client.close()
    assert caught.value.response["ResponseMetadata"]["RetryAttempts"] == 2


@pytest.mark.parametrize("code", [one[1] for one in CALLS])
def test_each_code_is_a_throttle_to_the_sdk(code: str) -> None:
    """botocore backs off as from a throttle, and not only because of the HTTP status."""
    from botocore.retries.standard import RetryContext, ThrottledRetryableChecker

    answer = {"Error": {"Code": code}, "ResponseMetadata": {}}
    context = RetryContext(attempt_number=1, parsed_response=answer, http_response=None)
    assert ThrottledRetryableChecker().is_retryable(context)


def test_retries_carry_a_program_through_a_throttle(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under a throttle of 30 % every call comes through with five attempts, and the counts say how."""
    pauses(monkeypatch)
    with broken(served, [Throttle("sqs", 0.3)]) as running:
        sqs = running.client("sqs", 5)
        url = sqs.create_queue(QueueName=unique())["QueueUrl"]
        for number in range(40):
            sqs.send_message(QueueUrl=url, MessageBody=str(number))
        sqs.close()
        hit = [one for one in running.exchanges("sqs") if one.error.startswith(INJECTED)]
        running.faults.stop()
    (ended,) = [one for one in running.records if isinstance(one, journal.FaultEnded)]
    assert (ended.matching, ended.hit) == (41 + len(hit), len(hit))
    assert hit
    assert {one.upstream for one in hit} == {""}


def test_the_same_seed_hits_the_same_calls(served: Served) -> None:
    """A client that makes the same calls in the same order meets the same faults, run by run."""

    def hits(seed: int) -> list[bool]:
        with broken(served, [Throttle("sts", 0.5)], seed=seed) as running:
            sts = running.client("sts")
            for _ in range(30):
                with_outcome(sts.get_caller_identity)
            sts.close()
        return [one.status != 200 for one in running.exchanges("sts")]

    assert hits(7) == hits(7)
    assert hits(7) != hits(8)


def with_outcome(call: Any) -> ClientError | None:
    """Return the refusal that *call* meets, None where it meets none."""
    try:
        call()
    except ClientError as error:
        return error
    return None


def test_only_the_operations_named_are_hit(served: Served) -> None:
    """SNS says the operation in the body; those that are not named go through with it."""
    with broken(served, [Throttle("sns", 1.0, operations=("Publish",))]) as running:
        sns = running.client("sns")
        topic = sns.create_topic(Name=unique())["TopicArn"]
        with pytest.raises(ClientError, match="Rate exceeded"):
            sns.publish(TopicArn=topic, Message="hello")
        assert topic in [one["TopicArn"] for one in sns.list_topics()["Topics"]]
        sns.close()


def test_a_window_has_two_ends(served: Served) -> None:
    """Before it and after it nothing is hit."""
    with broken(served, [Throttle("sts", 1.0, after_s=60.0)]) as running:
        sts = running.client("sts")
        sts.get_caller_identity()
        running.faults.injector.begin(-70.0)  # as if the load had begun 70 s ago
        with pytest.raises(ClientError):
            sts.get_caller_identity()
        running.faults.stop()
        sts.get_caller_identity()
        sts.close()


@pytest.mark.parametrize(
    ("service", "status", "code"),
    [("sqs", 500, "InternalFailure"), ("sns", 503, "ServiceUnavailable"), ("s3", 500, "InternalError")],
)
def test_a_server_error_is_tried_again(
    served: Served, monkeypatch: pytest.MonkeyPatch, service: str, status: int, code: str
) -> None:
    """5xx have the service's code and are worth another try."""
    pauses(monkeypatch)
    call = {one[0]: one[3] for one in CALLS}[service]
    with broken(served, [ServerError(service, 1.0, status)]) as running:
        client = running.client(service, 3)
        with pytest.raises(ClientError) as caught:
            call(client)
        client.close()
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)
    assert answer["ResponseMetadata"]["RetryAttempts"] == 2


def test_latency_holds_up_a_call_and_nobody_else(served: Served) -> None:
    """The call takes so much longer; the gateway goes on meanwhile and counts it as no time of its own."""
    with broken(served, [Latency("sts", 1.0, 0.3)]) as running, ThreadPoolExecutor(1) as beside:
        sts, sqs = running.client("sts"), running.client("sqs")
        sqs.list_queues()
        began = time.monotonic()
        late = beside.submit(sts.get_caller_identity)
        sqs.list_queues()
        assert time.monotonic() - began < 0.3
        assert late.result()["Account"]
        assert time.monotonic() - began >= 0.3
        for client in (sts, sqs):
            client.close()
    (exchange,) = running.exchanges("sts")
    assert exchange.overhead_s < 0.25


def test_a_reset_before_the_call_is_as_if_it_was_never_made(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client sees its connection closed, and the queue holds what the tries that came through sent."""
    pauses(monkeypatch)
    reset = ConnectionReset("sqs", 0.5, operations=("SendMessage",))
    with broken(served, [reset]) as running:
        once, often = running.client("sqs"), running.client("sqs", 9)
        url = once.create_queue(QueueName=unique())["QueueUrl"]
        outcomes = [with_reset(once.send_message, QueueUrl=url, MessageBody="once") for _ in range(20)]
        often.send_message(QueueUrl=url, MessageBody="often")
        assert messages_in(once, url) == outcomes.count(False) + 1
        assert outcomes.count(True) > 0
        for client in (once, often):
            client.close()


def test_a_reset_after_the_answer_makes_the_sdk_send_twice(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call was carried out each time, and only the client does not know."""
    pauses(monkeypatch)
    reset = ConnectionReset("sqs", 0.5, after_answer=True, operations=("SendMessage",))
    with broken(served, [reset]) as running:
        sqs = running.client("sqs", 12)
        url = sqs.create_queue(QueueName=unique())["QueueUrl"]
        for number in range(10):
            sqs.send_message(QueueUrl=url, MessageBody=str(number))
        made = [one for one in running.exchanges("sqs") if one.operation == "SendMessage"]
        lost = [one for one in made if one.error.startswith(INJECTED)]
        assert messages_in(sqs, url) == len(made) == 10 + len(lost)
        sqs.close()
    assert lost
    assert {(one.status, one.bytes_out) for one in lost} == {(200, 0)}


def test_what_the_gateway_answers_itself_is_lost_as_well(served: Served) -> None:
    """The endpoints of the model are no emulator's, and their answers break off in the same way."""
    reset = ConnectionReset("sagemaker", 1.0, after_answer=True, operations=("ListEndpoints",))
    with broken(served, [reset]) as running:
        sagemaker = running.client("sagemaker")
        with pytest.raises(ConnectionClosedError):
            sagemaker.list_endpoints()
        sagemaker.close()
    (exchange,) = running.exchanges("sagemaker")
    assert exchange.status == 200


def test_of_a_long_answer_nothing_comes_either(served: Served) -> None:
    """An object that streams through in many pieces is lost from its first byte on."""
    reset = ConnectionReset("s3", 1.0, after_answer=True, operations=("GET",))
    with broken(served, [reset]) as running:
        s3, bucket = running.client("s3"), unique()
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="large", Body=bytes(3_000_000))
        with pytest.raises(ConnectionClosedError):
            s3.get_object(Bucket=bucket, Key="large")
        s3.close()
    lost = running.exchanges("s3")[-1]
    assert (lost.status, lost.bytes_out) == (200, 0)


def messages_in(sqs: Any, url: str) -> int:
    name = "ApproximateNumberOfMessages"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])


def test_the_rehearsal_s_own_calls_are_no_part_of_it(served: Served) -> None:
    """What deploys and looks is hit by nothing, however much of the service is."""
    with broken(served, [Throttle("sts", 1.0)]) as running:
        own = running.client("sts", user_agent_extra=OWN_CALLS)
        assert own.get_caller_identity()["Account"]
        own.close()


def with_reset(call: Any, **arguments: Any) -> bool:
    """Return whether the connection of *call* was closed in its face."""
    try:
        call(**arguments)
    except ConnectionClosedError:
        return True
    return False


@pytest.fixture
def skewed() -> Iterator[Any]:
    """Give the test a clock of signatures that it can set, and set it right again."""
    yield skew.install
    skew.install(0)


SKEWED = [
    ("s3", 960, "RequestTimeTooSkewed", 403),
    ("s3", -960, "RequestTimeTooSkewed", 403),
    ("sqs", 960, "InvalidSignatureException", 403),
    ("sns", -960, "SignatureDoesNotMatch", 403),
    ("sts", 960, "SignatureDoesNotMatch", 403),
    ("ec2", -960, "RequestExpired", 400),
    ("dynamodb", -360, "InvalidSignatureException", 400),
    ("lambda", 360, "InvalidSignatureException", 403),
]


@pytest.mark.parametrize(("service", "by_s", "code", "status"), SKEWED)
def test_a_wrong_clock_is_refused(
    throttled: Broken, skewed: Any, service: str, by_s: int, code: str, status: int
) -> None:
    """A signature too far from now gets the service's own refusal, ahead of everything else."""
    skewed(by_s)
    client = throttled.client(service, user_agent_extra=OWN_CALLS)
    with pytest.raises(ClientError) as caught:
        {one[0]: one[3] for one in CALLS}[service](client)
    client.close()
    answer = caught.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status)


@pytest.mark.parametrize(("service", "by_s"), [("sqs", 840), ("s3", -840), ("dynamodb", 240)])
def test_a_clock_that_is_a_little_wrong_is_taken(
    throttled: Broken, skewed: Any, service: str, by_s: int
) -> None:
    """Within what the service allows nothing happens."""
    skewed(by_s)
    client = throttled.client(service, user_agent_extra=OWN_CALLS)
    {one[0]: one[3] for one in CALLS}[service](client)
    client.close()


def test_a_presigned_url_has_a_time_of_its_own(throttled: Broken, skewed: Any) -> None:
    """Its date is that of its making, and its expiry says how long it is good."""
    from botocore.httpsession import URLLib3Session

    sts = throttled.client("sts", user_agent_extra=OWN_CALLS)
    skewed(-1_800)
    url = sts.generate_presigned_url("get_caller_identity", ExpiresIn=3_600)
    assert "X-Amz-Date" in url
    request = botocore.awsrequest.AWSPreparedRequest("GET", url, {"User-Agent": OWN_CALLS}, None, False)
    session = URLLib3Session()
    assert session.send(request).status_code == 200
    session.close()
    sts.close()
