"""InvokeEndpoint through boto3: real answers, modelled time, and AWS's errors."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import SLOWLY, Served, at_once, serve, sum_artefact, unique, until

from harness import journal
from harness.aws.invoke import BODY_BLOB_BYTES, PAYLOAD_LIMIT_BYTES
from harness.scenario.faults import ZoneFailure

ROWS = b"1,2,3\n4,5,6\n"


@pytest.fixture(scope="module")
def summing(served: Served) -> str:
    """An endpoint whose model answers with the sum of a row of three."""
    return served.endpoint(container={"ModelDataUrl": served.upload(sum_artefact())})


def refusal(call: Any) -> tuple[int, str, dict[str, Any]]:
    """Return status, code and whole answer of the error that *call* ends with."""
    with pytest.raises(ClientError) as error:
        call()
    response: dict[str, Any] = dict(error.value.response)
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response


# ---- answers ----


def test_csv_in_csv_out(served: Served, summing: str) -> None:
    """The model's answers, the variant that gave them, and a type that clients can split."""
    answer = served.invoke(summing, ROWS)
    assert [float(each) for each in answer["Body"].read().split(b",")] == [6.0, 15.0]
    assert (answer["InvokedProductionVariant"], answer["ContentType"]) == ("AllTraffic", "text/csv")


def test_json_in_json_out(served: Served, summing: str) -> None:
    """The documented JSON shape of the built-in algorithms."""
    body = b'{"instances": [{"features": [1, 2, 3]}]}'
    answer = served.invoke(summing, body, "application/json", Accept="application/json")
    assert b"6.0" in answer["Body"].read()


def test_modelled_time_and_overhead_are_told_apart(served: Served, summing: str) -> None:
    """Model seconds in three headers, this machine's own seconds in a fourth; the journal has the same."""
    headers = served.invoke(summing, ROWS)["ResponseMetadata"]["HTTPHeaders"]
    assert float(headers["x-harness-service-time"]) == 0.05
    assert float(headers["x-harness-queue-time"]) == 0.0
    assert float(headers["x-harness-modelled-time"]) == 0.05
    assert 0.0 < float(headers["x-harness-overhead-time"]) < 1.0
    record = until(
        lambda: [x for x in served.of(journal.Exchange) if x.endpoint == summing][-1], "the record"
    )
    assert (record.operation, record.status, record.rows, record.service_s) == (
        "InvokeEndpoint",
        200,
        2,
        0.05,
    )
    assert record.instance.startswith("AllTraffic-")


def test_variants_share_by_weight_until_one_is_named(served: Served) -> None:
    """A weight of zero gets nothing but what is sent to it by name; new weights count after the update."""
    name = served.endpoint(
        {"VariantName": "champion", "InitialVariantWeight": 1},
        {"VariantName": "challenger", "InitialVariantWeight": 0},
    )
    assert _answering(served, name) == {"champion"}
    assert _answering(served, name, TargetVariant="challenger") == {"challenger"}
    served.client("sagemaker").update_endpoint_weights_and_capacities(
        EndpointName=name,
        DesiredWeightsAndCapacities=[
            {"VariantName": "champion", "DesiredWeight": 0},
            {"VariantName": "challenger", "DesiredWeight": 3},
        ],
    )
    weights = served.await_status(name, "InService")["ProductionVariants"]
    assert [each["CurrentWeight"] for each in weights] == [0.0, 3.0]
    assert _answering(served, name) == {"challenger"}


def _answering(served: Served, name: str, **options: Any) -> set[str]:
    return {served.invoke(name, b"1", **options)["InvokedProductionVariant"] for _ in range(10)}


# ---- errors ----


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"<rows/>", "application/xml", 415),
        (b"1,2\n", "text/csv", 400),
        (b"1,2,three\n", "text/csv", 400),
        (b'{"instances": ', "application/json", 400),
    ],
)
def test_what_the_container_refuses_is_a_model_error(
    served: Served, summing: str, body: bytes, content_type: str, status: int
) -> None:
    """HTTP 424 with the container's own status and message, as the service model has it."""
    http, code, response = refusal(lambda: served.invoke(summing, body, content_type))
    assert (http, code, response["OriginalStatusCode"]) == (424, "ModelError", status)
    assert response["OriginalMessage"]
    assert f"Received client error ({status}) from primary" in response["Error"]["Message"]


@pytest.mark.parametrize("state", ["unknown", "creating"])
def test_an_endpoint_that_is_not_in_service(served: Served, state: str) -> None:
    """Unknown or still Creating: AWS says that it was not found."""
    name = unique() if state == "unknown" else served.create(served.config())
    http, code, response = refusal(lambda: served.invoke(name, ROWS))
    assert (http, code) == (400, "ValidationError")
    assert response["Error"]["Message"] == f"Endpoint {name} of account 123456789012 not found."


def test_an_unknown_target_variant(served: Served, summing: str) -> None:
    """A variant that the endpoint does not have is a ValidationError."""
    http, code, _ = refusal(lambda: served.invoke(summing, ROWS, TargetVariant="Other"))
    assert (http, code) == (400, "ValidationError")


def test_the_payload_limit(served: Served) -> None:
    """25 MB pass, with a warning: the service model says less; one byte more is a ValidationError."""
    name = served.endpoint()
    body = bytes(PAYLOAD_LIMIT_BYTES)
    answer = served.invoke(name, body, "application/octet-stream")
    assert len(answer["Body"].read()) == PAYLOAD_LIMIT_BYTES > BODY_BLOB_BYTES
    assert served.findings(name) == [("payload-over-service-model-limit", "warning")]
    http, code, _ = refusal(lambda: served.invoke(name, body + b"0", "application/octet-stream"))
    assert (http, code) == (400, "ValidationError")


@pytest.fixture(scope="module")
def slow(served: Served) -> Iterator[Served]:
    """A gateway of its own, since zones fail for all; each of SLOW takes one request at a time."""
    with serve(served.backend, dict.fromkeys(SLOW, SLOWLY), speed=200.0) as running:
        yield running


# One for each test: what has timed out still occupies its instance for a while.
SLOW = ("slow-queue", "slow-answer", "slow-zone")


def test_a_full_queue(slow: Served) -> None:
    """One request at work, one waiting: the third is turned away with ServiceUnavailable."""
    (full,) = [each for each in _errors_of(slow, "slow-queue", 3) if "queue" in str(each)]
    assert full.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert full.response["Error"]["Code"] == "ServiceUnavailable"


def test_a_request_that_takes_over_sixty_seconds(slow: Served) -> None:
    """Waiting counts: the second of two requests of 45 s ends after 60 s as a ModelError."""
    (late,) = _errors_of(slow, "slow-answer", 2)
    metadata = late.response["ResponseMetadata"]
    assert (metadata["HTTPStatusCode"], late.response["Error"]["Code"]) == (424, "ModelError")
    assert "timed out" in late.response["Error"]["Message"]
    assert float(metadata["HTTPHeaders"]["x-harness-modelled-time"]) == pytest.approx(60.0)


def test_a_zone_that_fails_takes_its_requests_along(slow: Served) -> None:
    """What was under way on the lost instance ends as ServiceUnavailable, and no other is there at first."""
    name = slow.endpoint(name="slow-zone")
    slow.client("sagemaker-runtime")
    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(slow.invoke, name, b"1")
        until(lambda: _outstanding(slow, name), "the request under way")
        slow.stage.inject(ZoneFailure(("a", "b"), after_s=0.0))
        lost = call.exception()
    assert isinstance(lost, ClientError)
    assert lost.response["ResponseMetadata"]["HTTPStatusCode"] == 503
    http, code, _ = refusal(lambda: slow.invoke(name, b"1"))
    assert (http, code) == (503, "ServiceUnavailable")
    assert slow.of(journal.FaultInjected)[0].detail == "zones a, b failed"


def _outstanding(slow: Served, name: str) -> int:
    instances = slow.stage.living.world.endpoints[name].instances("AllTraffic")
    return sum(each.outstanding for each in instances)


def _errors_of(slow: Served, name: str, requests: int) -> list[ClientError]:
    """Return the errors of *requests* sent side by side to a new endpoint."""
    slow.endpoint(name=name)
    slow.client("sagemaker-runtime")  # made once, before the threads ask for it
    answers = at_once([lambda: slow.invoke(name, b"1")] * requests)
    return [each for each in answers if isinstance(each, ClientError)]


def test_a_container_that_cannot_run_here(served: Served) -> None:
    """An image without an artefact of ours is deployed, and each call says what would make it answer."""
    name = served.endpoint(container={})
    http, code, response = refusal(lambda: served.invoke(name, ROWS))
    assert (http, code) == (424, "ModelError")
    assert "HARNESS_MODEL=echo" in response["OriginalMessage"]


def test_asynchronous_invocation_is_not_covered_and_says_so(served: Served, summing: str) -> None:
    """The emulator's canned answer could be taken for the model's: it is refused, and an error is found."""
    runtime = served.client("sagemaker-runtime")
    _, code, response = refusal(
        lambda: runtime.invoke_endpoint_async(EndpointName=summing, InputLocation="s3://a/b")
    )
    assert code == "ValidationError"
    assert "not covered" in response["Error"]["Message"]
    assert ("invocation-not-covered", "error") in served.findings(summing)


def test_model_errors_are_counted(served: Served) -> None:
    """CloudWatch tells invocations, 4xx, model errors and latency of a minute apart."""
    name = served.endpoint(container={"ModelDataUrl": served.upload(sum_artefact())})
    served.invoke(name, ROWS)
    refusal(lambda: served.invoke(name, b"one"))
    wanted = {
        "Invocations": 2,
        "Invocation4XXErrors": 1,
        "Invocation5XXErrors": 0,
        "InvocationModelErrors": 1,
    }
    found = until(lambda: _counted(served, name, wanted), "the metrics")
    assert found == wanted


def _counted(served: Served, name: str, metrics: dict[str, int]) -> dict[str, int] | None:
    """Return the sums of *metrics* over the whole run, None while there are none."""
    found: dict[str, int] = {}
    start = datetime.fromtimestamp(served.stage.clock.started_epoch_s, UTC)
    for metric in metrics:
        points = served.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SageMaker",
            MetricName=metric,
            Dimensions=[{"Name": "EndpointName", "Value": name}],
            StartTime=start,
            EndTime=start + timedelta(days=2),
            Period=60,
            Statistics=["Sum"],
        )["Datapoints"]
        found[metric] = int(sum(point["Sum"] for point in points))
    return found if found["Invocations"] == metrics["Invocations"] else None
