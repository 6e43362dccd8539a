"""Requests as each service counts them."""

import pytest
from bills import billed, call, invoked, line, only

from harness import journal as j
from harness.config import ACCESS_KEY
from harness.cost import requests

KB = 1_024


@pytest.mark.parametrize(
    ("service", "operation", "sizes", "item", "quantity"),
    [
        ("sqs", "SendMessage", (64 * KB, 10), "sqs:requests", 1),
        ("sqs", "SendMessage", (64 * KB + 1, 10), "sqs:requests", 2),
        ("sqs", "ReceiveMessage", (10, 200 * KB), "sqs:requests", 4),
        ("sns", "Publish", (65 * KB, 10), "sns:requests", 2),
        ("s3", "PUT", (9_000_000, 0), "s3:put", 1),
        ("s3", "GET", (0, 9_000_000), "s3:get", 1),
        ("s3", "HEAD", (0, 0), "s3:get", 1),
        ("dynamodb", "PutItem", (1_500, 10), "dynamodb:write-units", 2),
        ("dynamodb", "Scan", (10, 9 * KB), "dynamodb:read-units", 1.5),
        ("dynamodb", "TransactWriteItems", (1_500, 10), "dynamodb:write-units", 4),
        ("dynamodb", "TransactGetItems", (10, 100), "dynamodb:read-units", 2),
        ("events", "PutEvents", (65 * KB, 10), "events:custom", 2),
        ("logs", "PutLogEvents", (KB * KB, 10), "logs:ingested", 1 / 1_024),
        ("monitoring", "PutMetricData", (10, 10), "monitoring:requests", 1),
        ("kms", "Decrypt", (10, 10), "kms:requests", 1),
    ],
)
def test_what_a_call_counts(
    service: str, operation: str, sizes: tuple[int, int], item: str, quantity: float
) -> None:
    """By the call, by the chunk that has begun, or by size."""
    found = only(billed(call(service, operation, bytes_in=sizes[0], bytes_out=sizes[1])))
    assert found.usage.item == item
    assert found.usage.quantity == pytest.approx(quantity)
    assert found.usd


@pytest.mark.parametrize(
    ("service", "operation"),
    [
        ("iam", "GetRole"),
        ("s3", "DELETE"),
        ("dynamodb", "CreateTable"),
        ("events", "PutRule"),
        ("logs", "CreateLogGroup"),
    ],
)
def test_what_is_free(service: str, operation: str) -> None:
    """No line, and nothing that is not covered."""
    found = billed(call(service, operation))
    assert (found.items, found.not_covered) == ((), {})


def test_a_call_that_was_refused_is_not_billed() -> None:
    """Nor one that was throttled."""
    assert billed(call("sqs", "SendMessage", status=403), call("sns", "Publish", status=429)).items == ()


def test_what_the_rehearsal_asks_to_know_when_it_is_over_is_not_billed() -> None:
    """Under the account's own key, while it settles; the same call of the pipeline is."""
    phases = [j.PhaseStarted(0.0, "load"), j.PhaseStarted(50.0, "settle"), j.PhaseStarted(90.0, "stop")]
    calls = [
        call("sqs", "GetQueueAttributes", at=10.0, access_key="test"),
        call("sqs", "GetQueueAttributes", at=60.0, access_key="test"),
        call("sqs", "GetQueueAttributes", at=60.0, access_key="ASIA1"),
    ]
    assert only(billed(*phases, *calls)).usage.quantity == 2.0
    assert requests.OWN_KEY == ACCESS_KEY


def test_calls_to_a_service_that_nobody_reckons_are_counted() -> None:
    """They are told, and not taken to be free."""
    found = billed(call("glue", "StartJobRun"), call("glue", "GetJobRun"), call("firehose", "PutRecord"))
    assert found.not_covered == {"firehose": 1, "glue": 2}


def test_a_list_of_a_bucket_costs_as_much_as_a_put() -> None:
    """S3 pricing page; the permission that it needed tells it from a GET."""
    listed = j.PermissionTotal(
        9.0, "p", "r", "s3:ListObjectsV2", "s3:ListBucket", "arn:aws:s3:::b", "Allowed", 3, 8.0
    )
    found = billed(*[call("s3", "GET")] * 5, listed)
    assert (line(found, "s3:put").usage.quantity, line(found, "s3:get").usage.quantity) == (3.0, 2.0)
    assert billed(listed).items == ()


def test_an_item_says_how_many_calls_it_is_of() -> None:
    """And what is uncommon about how they count, once."""
    one, two = billed(call("kms", "Decrypt")), billed(*[call("events", "PutEvents")] * 2)
    assert only(one).usage.how == "1 call"
    assert only(two).usage.how == "2 calls: one each 64 KB of a call, at least"


def test_fifo_queues_cost_more() -> None:
    """Where both kinds are there a call does not tell which it was of: the dearer counts, and it says so."""
    fifo, standard = j.QueueDeclared(0.0, "a.fifo", 60.0), j.QueueDeclared(0.0, "b", 60.0)
    alone = only(billed(fifo, call("sqs", "SendMessage")))
    mixed = only(billed(fifo, standard, call("sqs", "SendMessage")))

    assert alone.usage.item == mixed.usage.item == "sqs:fifo-requests"
    assert "at most" not in alone.usage.how
    assert mixed.usage.how.startswith("1 call: all as FIFO, at most; ")


def test_fifo_topics_cost_less_and_only_where_there_are_no_others() -> None:
    """The dearer price counts where a call does not tell."""
    fifo, standard = (j.MessagePublished(1.0, 1.0, "m", topic, []) for topic in ("t.fifo", "t"))
    assert only(billed(fifo, call("sns", "Publish"))).usage.item == "sns:fifo-requests"
    assert only(billed(fifo, standard, call("sns", "Publish"))).usage.item == "sns:requests"


def test_what_costs_without_a_call() -> None:
    """Deliveries to webhooks, requests to an HTTP API, schedules; a rule that fires costs nothing."""
    delivered = j.MessageEnded(2.0, "hook", "m", "p", "delivered")
    fired = j.TimerFired(3.0, 3.0, "nightly", 1)
    route = "arn:aws:execute-api:us-east-1:1:api/*/POST/x"
    assert only(billed(delivered)).usage.item == "sns:http-deliveries"
    assert only(billed(call("scheduler", "CreateSchedule"), fired)).usage.item == "scheduler:invocations"
    assert line(billed(invoked(1.0, trigger=route)), "apigateway:http").usage.quantity == 1.0
    assert billed(fired).items == ()


def test_data_in_and_out_of_endpoints_is_billed_by_the_gb() -> None:
    """SageMaker pricing page, data processed."""
    asked = call("sagemaker", "InvokeEndpoint", endpoint="e", bytes_in=KB**3, bytes_out=KB**3)
    assert line(billed(asked), "sagemaker:data").usd == pytest.approx(0.032)


def test_data_of_a_call_that_was_refused_is_not_billed() -> None:
    """From 400 on nothing was processed."""
    sizes = {"endpoint": "e", "bytes_in": KB**3, "bytes_out": KB**3}
    refused = [call("sagemaker", "InvokeEndpoint", status=status, **sizes) for status in (400, 500)]
    assert [one for one in billed(*refused).items if one.usage.item == "sagemaker:data"] == []
