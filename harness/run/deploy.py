"""Makes the calls of a plan with boto3 and waits for endpoints, watching whether the backend lives."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from harness.errors import BackendError, InvalidRun
from harness.scenario.plans.deployment import Call, FromAnswer

# Often at first, so that a compressed clock loses nothing; a wall clock needs no fifty looks a second.
FIRST_WAIT_S, LONGEST_WAIT_S = 0.02, 0.5
# Creating what is there already is no failure of a rehearsal against a backend that keeps its state.
_ALREADY_THERE = frozenset({"BucketAlreadyOwnedByYou", "EntityAlreadyExists"})
# What SQS, DynamoDB, Lambda, SNS, API Gateway and S3 say of what does not exist.
_NOT_THERE = frozenset(
    {
        "AWS.SimpleQueueService.NonExistentQueue",
        "NoSuchBucket",
        "NotFound",
        "NotFoundException",
        "QueueDoesNotExist",
        "ResourceNotFoundException",
    }
)
_UNDER_WAY = frozenset({"Creating", "Updating", "SystemUpdating", "RollingBack"})


class Deployer:
    """Carries out calls through the gateway. `check` raises when the run must not go on (a dead emulator)."""

    def __init__(self, client: Callable[[str], Any], check: Callable[[], None]) -> None:
        self._client = client
        self._check = check
        self._answers: dict[str, Any] = {}  # by the `what` of each call, over the whole run

    def carry_out(self, calls: Iterable[Call], *, gone_is_fine: bool = False) -> None:
        """Make *calls* in order; raise BackendError naming the call that was refused and why.

        What one of them is answered may be an argument of a later one (`FromAnswer`), of another list too.
        Where *gone_is_fine*, a call about what is not there is passed over, and so are those that need its
        answer.
        """
        fine = _ALREADY_THERE | _NOT_THERE if gone_is_fine else _ALREADY_THERE
        answers = self._answers
        for call in calls:
            self._check()
            if gone_is_fine and not _needed(call) <= answers.keys():
                continue
            try:
                with self._words_for(call.service, call.method, call.what):
                    make = getattr(self._client(call.service), call.method)
                    answer = answers[call.what] = make(**call.filled(answers))
            except BackendError as error:
                if error.code not in fine:
                    raise
                continue
            # BatchWriteItem throttles by them, in an answer with status 200.
            if (answer or {}).get("UnprocessedItems"):
                raise BackendError(
                    f"{call.service} did not take all of {call.what}; deploy fewer rows, or start it again",
                    service=call.service,
                    operation=call.method,
                )

    def empty(self, bucket: str) -> None:
        """Delete every object in *bucket*, all versions of it; nothing where the bucket is not there."""
        s3 = self._client("s3")
        try:
            with self._words_for("s3", "delete_objects", f"the objects of bucket {bucket}"):
                for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
                    self._check()
                    found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
                    if keys := [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]:
                        s3.delete_objects(Bucket=bucket, Delete={"Objects": keys, "Quiet": True})
        except BackendError as error:
            if error.code != "NoSuchBucket":
                raise

    def await_function(self, function: str) -> None:
        """Wait until *function* can be invoked; raise InvalidRun with Lambda's StateReason when it fails."""
        asked = {"FunctionName": function}
        for seen in self._look("lambda", "get_function_configuration", asked, f"function {function}"):
            if seen.get("State", "Active") == "Failed":
                raise InvalidRun(f"Function {function!r} is Failed: {seen.get('StateReason', 'no reason')}")
            if seen.get("State", "Active") != "Pending":
                return

    def await_provisioned(self, function: str, qualifier: str) -> None:
        """Wait until the provisioned concurrency of *function* is there; raise InvalidRun when it fails."""
        asked = {"FunctionName": function, "Qualifier": qualifier}
        what = f"provisioned concurrency of function {function}:{qualifier}"
        for seen in self._look("lambda", "get_provisioned_concurrency_config", asked, what):
            if seen["Status"] == "FAILED":
                raise InvalidRun(f"The {what} is FAILED: {seen.get('StatusReason', 'no reason given')}")
            if seen["Status"] == "READY":
                return

    def await_event_source(self, what: str) -> None:
        """Wait until the mapping that was made as *what* is polled."""
        asked = {"UUID": self._answers[what]["UUID"]}
        for seen in self._look("lambda", "get_event_source_mapping", asked, what):
            if seen.get("State", "Enabled") not in ("Creating", "Enabling"):
                return

    def await_in_service(self, endpoint: str) -> None:
        """Wait until *endpoint* is InService; raise InvalidRun with AWS's FailureReason when it fails."""
        described = self.await_still(endpoint)
        if described["EndpointStatus"] != "InService":
            reason = described.get("FailureReason", "no reason given")
            raise InvalidRun(f"Endpoint {endpoint!r} is {described['EndpointStatus']}: {reason}")

    def await_still(self, endpoint: str) -> dict[str, Any]:
        """Wait until nothing of *endpoint* is under way; return what DescribeEndpoint says then."""
        return next(seen for seen in self._watch(endpoint) if seen["EndpointStatus"] not in _UNDER_WAY)

    def await_gone(self, endpoint: str) -> None:
        """Wait until *endpoint* is deleted."""
        try:
            for _ in self._watch(endpoint):
                pass
        except BackendError as error:
            # What DescribeEndpoint says of an endpoint that is not there.
            if error.code != "ValidationException":
                raise

    def _watch(self, endpoint: str) -> Iterator[dict[str, Any]]:
        """Yield DescribeEndpoint again and again, at growing distances."""
        named = {"EndpointName": endpoint}
        return self._look("sagemaker", "describe_endpoint", named, f"endpoint {endpoint}")

    def _look(self, service: str, method: str, asked: dict[str, str], what: str) -> Iterator[dict[str, Any]]:
        """Yield what *method* answers about *what*, again and again, at growing distances."""
        make = getattr(self._client(service), method)
        wait_s = FIRST_WAIT_S
        while True:
            self._check()
            with self._words_for(service, method, what):
                answer = make(**asked)
            yield answer
            time.sleep(wait_s)
            wait_s = min(wait_s * 1.1, LONGEST_WAIT_S)

    @contextmanager
    def _words_for(self, service: str, method: str, what: str) -> Iterator[None]:
        """Raise what boto3 raises inside as a BackendError that names the call."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield
        except ClientError as error:
            self._check()
            code, said = error.response["Error"].get("Code", ""), error.response["Error"].get("Message", "")
            sentence = f"{service} refused {method} for {what}: {code}: {said}"
            raise BackendError(sentence, service=service, operation=method, code=code) from error
        except BotoCoreError as error:
            self._check()
            sentence = f"{service} did not answer {method} for {what}: {error}"
            raise BackendError(sentence, service=service, operation=method) from error


def _needed(call: Call) -> set[str]:
    """Return the calls whose answers *call* is made with."""
    return {value.what for value in call.arguments.values() if isinstance(value, FromAnswer)}
