"""A wrong clock for signatures, and for nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from harness import skew


@pytest.fixture(autouse=True)
def _set_right() -> Iterator[None]:
    yield
    skew.install(0)


def signed_at() -> datetime:
    """Return the moment that a signature made now is dated at."""
    request = AWSRequest("POST", "http://localhost/", data=b"")
    SigV4Auth(Credentials("AKID", "secret"), "sqs", "us-east-1").add_auth(request)
    return datetime.strptime(request.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


@pytest.mark.parametrize("by_s", [960.0, -86_400.0])
def test_signatures_are_dated_by_the_wrong_clock(by_s: float) -> None:
    """Ahead and behind, its scope with it; a second call replaces the first."""
    skew.install(5.0)
    skew.install(by_s)
    off = signed_at() - (datetime.now(UTC) + timedelta(seconds=by_s))
    assert abs(off) < timedelta(seconds=3)


def test_it_can_be_taken_back() -> None:
    """Zero is the right time."""
    skew.install(960.0)
    skew.install(0)
    assert abs(signed_at() - datetime.now(UTC)) < timedelta(seconds=3)
