"""Calls of a plan made through clients: refusals named, endpoints waited for, the backend watched."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from harness.errors import BackendError, EnvironmentFault, InvalidRun
from harness.run.deploy import Deployer
from harness.scenario.plan import Call, FromAnswer

CREATE = Call("s3", "create_bucket", {"Bucket": "b"}, "bucket b")


class Client:
    """Answers each call with the next of *answers*, raising those that are exceptions."""

    def __init__(self, *answers: Any) -> None:
        self.left = list(answers)

    def create_bucket(self, **_arguments: Any) -> Any:
        return self._next()

    def describe_endpoint(self, **_arguments: Any) -> Any:
        return self._next()

    def _next(self) -> Any:
        answer = self.left.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def deployer(*answers: Any, check: Any = lambda: None) -> Deployer:
    return over(Client(*answers), check)


def over(client: Client, check: Any = lambda: None) -> Deployer:
    return Deployer(lambda _service: client, check)


def refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "said so"}}, "Operation")


def status(name: str, **more: str) -> dict[str, str]:
    return {"EndpointStatus": name, **more}


def test_a_refused_call_is_named() -> None:
    """Service, call, thing, code and words are in the one sentence."""
    with pytest.raises(BackendError) as error:
        deployer(refusal("AccessDenied")).carry_out([CREATE])
    assert str(error.value) == "s3 refused create_bucket for bucket b: AccessDenied: said so"
    assert (error.value.service, error.value.operation, error.value.code) == (
        "s3",
        "create_bucket",
        "AccessDenied",
    )


def test_what_is_there_already_is_no_refusal() -> None:
    """A backend may keep its state between runs; what follows is still carried out."""
    client = Client(refusal("BucketAlreadyOwnedByYou"), {})
    over(client).carry_out([CREATE, CREATE])
    assert client.left == []


def test_a_call_without_an_answer_is_named() -> None:
    """What botocore raises of its own becomes the same kind of sentence."""
    error = EndpointConnectionError(endpoint_url="http://127.0.0.1:1")
    with pytest.raises(BackendError, match="s3 did not answer create_bucket for bucket b"):
        deployer(error).carry_out([CREATE])


def test_a_dead_emulator_is_the_reason() -> None:
    """When the backend has died, that is what is said, and not the call that noticed it first."""
    checks = iter([None, EnvironmentFault("moto has died")])

    def check() -> None:
        if (fault := next(checks)) is not None:
            raise fault

    with pytest.raises(EnvironmentFault, match="moto has died"):
        deployer(refusal("Unreachable"), check=check).carry_out([CREATE])


def test_an_endpoint_is_waited_for() -> None:
    """Creating and Updating are waited out."""
    client = Client(status("Creating"), status("Updating"), status("InService"))
    over(client).await_in_service("e")
    assert client.left == []


def test_an_endpoint_that_fails_makes_the_run_invalid() -> None:
    """AWS's FailureReason is passed on."""
    failed = status("Failed", FailureReason="no ping")
    with pytest.raises(InvalidRun, match="Endpoint 'e' is Failed: no ping"):
        deployer(status("Creating"), failed).await_in_service("e")


def test_an_endpoint_is_gone_when_describe_says_so() -> None:
    """The ValidationException of an unknown endpoint is the end that was waited for."""
    client = Client(status("Deleting"), refusal("ValidationException"))
    over(client).await_gone("e")
    assert client.left == []


def test_another_error_is_not_taken_for_gone() -> None:
    """A gateway that cannot reach its backend has not deleted anything."""
    with pytest.raises(BackendError, match="BackendUnavailable"):
        deployer(refusal("BackendUnavailable")).await_gone("e")


def test_a_call_may_use_the_answer_of_an_earlier_one() -> None:
    """The alarm of a step policy names the ARN that PutScalingPolicy gave."""
    named: list[Any] = []

    class Recording(Client):
        def put_metric_alarm(self, **arguments: Any) -> None:
            named.append(arguments)

    alarm = Call(
        "cloudwatch", "put_metric_alarm", {"AlarmActions": [FromAnswer("bucket b", "Location")]}, "alarm"
    )
    over(Recording({"Location": "/b"})).carry_out([CREATE, alarm])
    assert named == [{"AlarmActions": ["/b"]}]


class Bucket:
    """An S3 client with one bucket of two pages, or none."""

    def __init__(self, *pages: dict[str, Any], there: bool = True) -> None:
        self.deleted: list[str] = []
        self._pages = pages
        self._there = there

    def get_paginator(self, _operation: str) -> "Bucket":
        return self

    def paginate(self, **_named: str) -> Any:
        if not self._there:
            raise refusal("NoSuchBucket")
        return iter(self._pages)

    def delete_objects(self, **named: Any) -> None:
        self.deleted += [one["Key"] for one in named["Delete"]["Objects"]]


def test_a_bucket_is_emptied_page_by_page() -> None:
    """Without an object there is nothing to delete; one that is not there is empty."""
    full = Bucket({"Contents": [{"Key": "a"}, {"Key": "b"}]}, {"Contents": [{"Key": "c"}]}, {})
    Deployer(lambda _service: full, lambda: None).empty("b")
    assert full.deleted == ["a", "b", "c"]
    Deployer(lambda _service: Bucket(there=False), lambda: None).empty("b")


def test_a_bucket_that_cannot_be_emptied_is_named() -> None:
    """As any call that is refused."""

    class Shut(Bucket):
        def delete_objects(self, **named: Any) -> None:
            raise refusal("AccessDenied")

    with pytest.raises(
        BackendError, match="s3 refused delete_objects for the objects of bucket b: AccessDenied"
    ):
        Deployer(lambda _service: Shut({"Contents": [{"Key": "a"}]}), lambda: None).empty("b")
