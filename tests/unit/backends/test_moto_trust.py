"""moto's buckets pass what carries our password, and judge all else by their policies as ever."""

import contextlib
import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from harness.backends import moto_trust
from harness.backends.moto_trust import JUDGED_HEADER
from harness.gateway import chain

POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}],
}


@pytest.fixture(autouse=True)
def as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    """Afterwards moto reads calls as it did."""
    from moto.core.responses import BaseResponse

    monkeypatch.setattr(BaseResponse, "_get_action", BaseResponse._get_action)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a bucket that denies everything; afterwards moto is as it was."""
    from moto.s3.models import FakeBucket

    monkeypatch.setattr(FakeBucket, "get_permission", FakeBucket.get_permission)
    made = FakeBucket("b", "123456789012", "eu-west-1")  # type: ignore[abstract]  # moto does so, too
    made.policy = json.dumps(POLICY).encode()
    return made


def asked(bucket: Any, *password: str) -> str:
    """Return what *bucket* says of a read in a request with *password*."""
    from flask import Flask

    headers = [(JUDGED_HEADER, each) for each in password]
    with Flask("moto").test_request_context(headers=headers):
        return str(bucket.get_permission("s3:GetObject", "arn:aws:s3:::b/k").name)


def test_both_sides_call_the_header_the_same() -> None:
    """It is written down twice, for moto's process does not import the gateway."""
    assert chain.JUDGED_HEADER == JUDGED_HEADER


def test_what_was_judged_passes(bucket: Any) -> None:
    """moto would refuse it, for it reads no conditions."""
    assert asked(bucket) == "DENIED"
    moto_trust.install("secret")
    assert asked(bucket, "secret") == "PERMITTED"


@pytest.mark.parametrize("password", [(), ("",), ("Secret",), ("s\xe9cret",)])
def test_all_else_is_judged_by_moto(bucket: Any, password: tuple[str, ...]) -> None:
    """No password, and one that is not ours."""
    moto_trust.install("secret")
    assert asked(bucket, *password) == "DENIED"


def test_outside_of_a_request_moto_judges(bucket: Any) -> None:
    """There are no headers to look at."""
    moto_trust.install("secret")
    assert bucket.get_permission("s3:GetObject", "arn:aws:s3:::b/k").name == "DENIED"


def test_a_bucket_without_a_policy_has_no_say(bucket: Any) -> None:
    """As without us; its ACL decides then."""
    moto_trust.install("secret")
    bucket.policy = None
    assert asked(bucket) == "NEUTRAL"


def test_without_a_password_nobody_is_trusted(bucket: Any) -> None:
    """An empty header would be the password otherwise."""
    moto_trust.install("")
    assert asked(bucket, "") == "DENIED"


@pytest.mark.parametrize(("password", "expected"), [(None, 0), ("", 1), ("secret", 1)])
def test_a_text_is_no_call(monkeypatch: pytest.MonkeyPatch, password: str | None, expected: int) -> None:
    """A message that reads like a form that deletes its queue is a message; moto alone would delete it."""
    from moto import mock_aws

    if password is not None:
        moto_trust.install(password)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        sqs = boto3.client("sqs", region_name="eu-west-1")
        url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
        with contextlib.suppress(ClientError, ResponseParserError):
            sqs.send_message(QueueUrl=url, MessageBody=f"a&Action=DeleteQueue&QueueUrl={url}&")
        assert len(sqs.list_queues().get("QueueUrls", [])) == expected
