"""Makes the calls of a plan with boto3, and waits for endpoints, always watching whether the backend lives."""

import time
from collections.abc import Callable, Iterable
from typing import Any

from harness.errors import BackendError, InvalidRun
from harness.scenario.plan import Call

POLL_S = 0.02


class Deployer:
    """Carries out calls through the gateway. `check` raises when the run must not go on (a dead emulator)."""

    def __init__(self, client: Callable[[str], Any], check: Callable[[], None]) -> None:
        self._client = client
        self._check = check

    def carry_out(self, calls: Iterable[Call]) -> None:
        """Make *calls* in order; raise BackendError naming the call that was refused and why."""
        for call in calls:
            self._check()
            self._make(call)

    def _make(self, call: Call) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            getattr(self._client(call.service), call.method)(**call.arguments)
        except ClientError as error:
            self._check()
            code = error.response["Error"].get("Code", "")
            said = error.response["Error"].get("Message", "")
            if code in _ALREADY_THERE:
                return
            raise BackendError(
                f"{call.service} refused {call.method} for {call.what}: {code}: {said}",
                service=call.service,
                operation=call.method,
                code=code,
            ) from error
        except BotoCoreError as error:
            self._check()
            raise BackendError(
                f"{call.service} did not answer {call.method} for {call.what}: {error}",
                service=call.service,
                operation=call.method,
            ) from error

    def await_in_service(self, endpoint: str) -> None:
        """Wait until *endpoint* is InService; raise InvalidRun with AWS's FailureReason when it fails."""
        sagemaker = self._client("sagemaker")
        while True:
            self._check()
            described = sagemaker.describe_endpoint(EndpointName=endpoint)
            status = described["EndpointStatus"]
            if status == "InService":
                return
            if status == "Failed":
                raise InvalidRun(f"Endpoint {endpoint!r} failed to deploy: {described.get('FailureReason', 'no reason given')}")
            time.sleep(POLL_S)

    def await_gone(self, endpoint: str) -> None:
        """Wait until *endpoint* is deleted."""
        from botocore.exceptions import ClientError

        sagemaker = self._client("sagemaker")
        while True:
            self._check()
            try:
                sagemaker.describe_endpoint(EndpointName=endpoint)
            except ClientError:
                return
            time.sleep(POLL_S)


# Creating what is there already is no failure of a rehearsal against a backend that keeps its state.
_ALREADY_THERE = frozenset({"BucketAlreadyOwnedByYou", "EntityAlreadyExists"})
