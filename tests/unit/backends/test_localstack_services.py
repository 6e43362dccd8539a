"""Which services LocalStack says it has, by the names that clients sign with."""

import json

import pytest

from harness.backends.localstack import services_on
from harness.errors import EnvironmentFault


def test_services_are_named_as_clients_sign() -> None:
    """Streams belong to DynamoDB, Step Functions signs as states; the rest keeps its name."""
    services = dict.fromkeys(("sqs", "cloudwatch", "stepfunctions", "dynamodbstreams"), "available")

    assert services_on(json.dumps({"services": services}).encode()) == {
        "sqs",
        "monitoring",
        "states",
        "dynamodb",
    }


def test_a_service_that_is_switched_off_is_not_there() -> None:
    """`disabled` by the user's SERVICES, or `error`; running and available are both there."""
    page = b'{"services": {"sqs": "running", "sns": "available", "s3": "disabled", "iam": "error"}}'

    assert services_on(page) == {"sqs", "sns"}


@pytest.mark.parametrize("page", [b"<html>", b"{}", b"[]", b'{"services": 3}'])
def test_a_page_without_services_is_a_fault(page: bytes) -> None:
    """Nothing can be composed from it, so nothing is guessed."""
    with pytest.raises(EnvironmentFault, match="LocalStack's health page lists no services: "):
        services_on(page)
