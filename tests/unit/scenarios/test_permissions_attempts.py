"""What a program finds out of what it may: refusals told from failures, and each duty a call of its own."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from scenarios._permissions.attempts import Attempt, is_refused, tried
from scenarios._permissions.dogs import CLASSES, EVENTS, url_of
from scenarios._permissions.turbofan import FIREHOSE_DUTIES, GLUE_DUTIES, PASSING_GLUES, SAGEMAKER_DUTIES


class Context:
    """A context whose clients are nothing, and counted."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def arn(self, one: Any) -> str:
        return str(one)

    def client(self, service: str) -> Any:
        self.made.append(service)
        return object()


def refusing(code: str) -> Attempt:
    def make(caller: Any) -> None:
        caller.client("s3")
        raise ClientError({"Error": {"Code": code, "Message": "said so"}}, "Operation")

    return Attempt("s3:GetObject", "*", make)


def test_refusals_failures_and_what_is_done_are_told_apart() -> None:
    """Only what says that one may not is a refusal; a client is made once."""
    context: Any = Context()
    attempts = [refusing("AccessDenied"), refusing("AccessDeniedException"), refusing("NoSuchKey")]
    done = Attempt("s3:PutObject", "*", lambda caller: caller.client("s3"))
    assert tried(context, [*attempts, done]) == {"tried": 4, "refused": 2, "done": 1}
    assert context.made == ["s3"]


@pytest.mark.parametrize(
    ("error", "wanted"),
    [
        (ClientError({"Error": {"Code": "UnauthorizedOperation"}}, "DescribeInstances"), True),
        (ClientError({"Error": {"Code": "ValidationException"}}, "DescribeEndpoint"), False),
        (ValueError("no"), False),
    ],
)
def test_a_refusal_is_known_by_its_code(error: Exception, wanted: bool) -> None:
    """EC2 has one of its own."""
    assert is_refused(error) is wanted


def test_duties_differ() -> None:
    """Each role's work is no other's, so that each can be tried by the rest."""
    duties = [
        (one.action, one.on) for one in (*FIREHOSE_DUTIES, *GLUE_DUTIES, *SAGEMAKER_DUTIES, PASSING_GLUES)
    ]
    assert len(set(duties)) == len(duties)


def test_each_breed_has_urls_of_its_own() -> None:
    """The model has nothing else to tell them apart by."""
    first = {url_of(breed, 0).rpartition("/")[0] for breed in range(CLASSES)}
    assert len(first) == CLASSES > EVENTS
