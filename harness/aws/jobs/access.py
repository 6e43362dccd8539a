"""What SageMaker does in S3 for a job, it does under the job's role, through the gateway."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from harness.aws.aws_json import Refused
from harness.aws.jobs.house import House
from harness.config import Credentials
from harness.refusal import Refusal
from harness.sessions import client

PRINCIPAL = "sagemaker.amazonaws.com"
# SageMaker's sessions of a role are called so (CloudTrail events of its calls).
SESSION = "SageMaker"
THREADS = 8
# What SDKs do with a 503 of S3's.
ATTEMPTS = 5

P = ParamSpec("P")
T = TypeVar("T")


class Access:
    """Credentials of roles, S3 clients, and the threads in which these work."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="jobs")
        self._kept: dict[str, Credentials] = {}

    async def credentials(self, role_arn: str, source_arn: str) -> Credentials:
        """Return what the calls of a job, *source_arn*, are signed with.

        Raises Refused, in SageMaker's words, where the role does not exist or does not trust SageMaker.
        """
        kept = self._kept.get(source_arn)
        if kept is not None:
            return kept
        found = await self._house.permission.credentials_for(
            role_arn, PRINCIPAL, SESSION, source_arn=source_arn
        )
        if isinstance(found, Refusal):
            raise Refused(
                "ValidationException",
                f"Could not assume role {role_arn}. Please ensure that the role exists and allows principal "
                f"'{PRINCIPAL}' to assume the role.",
            )
        self._kept[source_arn] = found
        return found

    def s3(self, who: Credentials) -> Any:
        """Return a boto3 client of S3 through the gateway; it takes a while, and its calls block."""
        return client(
            "s3",
            self._house.gateway_url,
            region=self._house.region,
            access_key=who.access_key,
            secret_key=who.secret_key,
            session_token=who.session_token,
            attempts=ATTEMPTS,
        )

    async def in_thread(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what *call* returns, which blocks."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: call(*args, **kwargs))

    def close(self) -> None:
        """Let the threads end when they are done; nothing is begun any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)
