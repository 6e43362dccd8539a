"""Calls of a plan made through clients: refusals named, endpoints waited for, the backend watched."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from harness.errors import BackendError, EnvironmentFault, InvalidRun
from harness.run.deploy import Deployer
from harness.scenario.plans.deployment import Call, FromAnswer

CREATE = Call("s3", "create_bucket", {"Bucket": "b"}, "bucket b")


class Client:
    """Answers each call with the next of *answers*, raising those that are exceptions."""

    def __init__(self, *answers: Any) -> None:
        self.left = list(answers)

    def create_bucket(self, **_arguments: Any) -> Any:
        return self._next()

    def describe_endpoint(self, **_arguments: Any) -> Any:
        return self._next()

    def get_function_configuration(self, **_arguments: Any) -> Any:
        return self._next()

    def get_event_source_mapping(self, **_arguments: Any) -> Any:
        return self._next()

    def get_provisioned_concurrency_config(self, **_arguments: Any) -> Any:
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
        self.deleted += [f"{one['Key']} {one['VersionId']}" for one in named["Delete"]["Objects"]]


def test_a_bucket_is_emptied_page_by_page() -> None:
    """Every version of every object; one that is not there is empty."""
    old, new = {"Key": "a", "VersionId": "1"}, {"Key": "a", "VersionId": "2"}
    marker = {"Key": "c", "VersionId": "3"}
    full = Bucket({"Versions": [old, new]}, {"DeleteMarkers": [marker]}, {})
    Deployer(lambda _service: full, lambda: None).empty("b")
    assert full.deleted == ["a 1", "a 2", "c 3"]
    Deployer(lambda _service: Bucket(there=False), lambda: None).empty("b")


def test_a_bucket_that_cannot_be_emptied_is_named() -> None:
    """As any call that is refused."""

    class Shut(Bucket):
        def delete_objects(self, **named: Any) -> None:
            raise refusal("AccessDenied")

    shut = Shut({"Versions": [{"Key": "a", "VersionId": "1"}]})
    with pytest.raises(
        BackendError, match="s3 refused delete_objects for the objects of bucket b: AccessDenied"
    ):
        Deployer(lambda _service: shut, lambda: None).empty("b")


def test_a_function_is_waited_for() -> None:
    """While it is Pending; what says nothing of its state can be invoked."""
    deployer({"State": "Pending"}, {"State": "Active"}).await_function("score")
    deployer({}).await_function("score")
    with pytest.raises(InvalidRun, match="Function 'score' is Failed: the image is gone"):
        deployer({"State": "Failed", "StateReason": "the image is gone"}).await_function("score")


def test_provisioned_concurrency_is_waited_for() -> None:
    """It takes a minute or two on the model clock."""
    deployer({"Status": "IN_PROGRESS"}, {"Status": "READY"}).await_provisioned("score", "live")
    with pytest.raises(InvalidRun, match="score:live is FAILED: no room"):
        deployer({"Status": "FAILED", "StatusReason": "no room"}).await_provisioned("score", "live")


def test_rows_that_were_not_taken_are_an_error() -> None:
    """BatchWriteItem says so in an answer with status 200."""
    with pytest.raises(BackendError, match="s3 did not take all of bucket b"):
        deployer({"UnprocessedItems": {"t": []}}).carry_out([CREATE])


def test_an_answer_is_there_for_later_lists_of_calls() -> None:
    """What is removed at the end is named by what its making was answered."""
    client = Client({"UUID": "1"}, {})
    one = over(client)
    one.carry_out([CREATE])
    one.carry_out([Call("s3", "create_bucket", {"Bucket": FromAnswer("bucket b", "UUID")}, "end of it")])
    assert not client.left


def test_an_event_source_is_waited_for() -> None:
    """It is known by the id that its making was answered."""
    client = Client({"UUID": "1"}, {"State": "Creating"}, {"State": "Enabled"})
    one = over(client)
    one.carry_out([CREATE])
    one.await_event_source("bucket b")
    assert not client.left
