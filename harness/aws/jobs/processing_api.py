"""The operations on processing jobs, answered; and the register of the jobs there are.

API reference: CreateProcessingJob, DescribeProcessingJob, ListProcessingJobs, StopProcessingJob,
DeleteProcessingJob.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from harness.aws.aws_json import Arguments, JsonOperations, Refused, offset
from harness.aws.jobs.access import Access
from harness.aws.jobs.processing import ProcessingJob
from harness.aws.jobs.shapes import check
from harness.aws.tagging import tags_in
from harness.errors import BackendError
from harness.gateway.chain import Exchange
from harness.jobs.listing import Fields, page
from harness.jobs.names import job_arn
from harness.jobs.processing_request import ProcessingRequest, refused

VALIDATION = "ValidationException"
FIELDS: Fields[ProcessingJob] = Fields(
    lambda job: job.name,
    lambda job: job.status.value,
    lambda job: job.created_epoch_s,
    lambda job: job.changed_epoch_s,
)


class ProcessingApi:
    """Processing jobs by name. *begin* lets one that was accepted begin, *stopping* tells one to stop."""

    def __init__(
        self,
        access: Access,
        region: str,
        account: str,
        make: Callable[[ProcessingRequest, Arguments, str], ProcessingJob],
        begin: Callable[[ProcessingJob], None],
        stopping: Callable[[ProcessingJob], None],
    ) -> None:
        self.jobs: dict[str, ProcessingJob] = {}
        self._access = access
        self._region = region
        self._account = account
        self._make = make
        self._begin = begin
        self._stopping = stopping
        operations: dict[str, Callable[[Exchange, Arguments], Awaitable[Any]]] = {
            "CreateProcessingJob": self._create,
            "DescribeProcessingJob": self._describe,
            "ListProcessingJobs": self._list,
            "StopProcessingJob": self._stop,
            "DeleteProcessingJob": self._delete,
        }
        self.handle = JsonOperations("sagemaker", operations).handle

    async def _create(self, _exchange: Exchange, given: Arguments) -> Any:
        check("CreateProcessingJob", given)
        refusal = refused(given)
        if refusal is not None:
            raise Refused(refusal.code, refusal.message)
        request = ProcessingRequest.of(given)
        arn = job_arn("processing", request.name, self._region, self._account)
        self._check_free(request.name, arn)
        try:
            await self._access.credentials(request.role, arn)
        except BackendError as error:
            raise Refused(VALIDATION, f"Could not assume role {request.role}: {error}") from error
        self._check_free(request.name, arn)
        job = self._make(request, given, arn)
        job.tags = tags_in(given.get("Tags") or [])
        self.jobs[request.name] = job
        self._begin(job)
        return {"ProcessingJobArn": arn}

    def _check_free(self, name: str, arn: str) -> None:
        if name in self.jobs:
            raise Refused(
                "ResourceInUse",
                "Processing job names must be unique within an AWS account and region, and a processing job "
                f"with this name already exists ({arn})",
            )

    async def _describe(self, _exchange: Exchange, given: Arguments) -> Any:
        check("DescribeProcessingJob", given)
        return self._found(given).described()

    async def _list(self, _exchange: Exchange, given: Arguments) -> Any:
        check("ListProcessingJobs", given)
        offset(given.get("NextToken"))
        shown, following = page(list(self.jobs.values()), given, FIELDS)
        answer: Arguments = {"ProcessingJobSummaries": [job.summary() for job in shown]}
        return answer | ({} if following is None else {"NextToken": following})

    async def _stop(self, _exchange: Exchange, given: Arguments) -> Any:
        check("StopProcessingJob", given)
        job = self._found(given)
        if job.is_over:
            raise Refused(
                VALIDATION, f"The request was rejected because the processing job is in status {job.status}."
            )
        self._stopping(job)

    async def _delete(self, _exchange: Exchange, given: Arguments) -> Any:
        check("DeleteProcessingJob", given)
        job = self._found(given)
        if not job.is_over:
            raise Refused("ResourceInUse", f"The processing job {job.name} is in status {job.status}.")
        del self.jobs[job.name]

    def _found(self, given: Arguments) -> ProcessingJob:
        job = self.jobs.get(given["ProcessingJobName"])
        if job is None:
            raise Refused(
                VALIDATION,
                f"Could not find requested job with name: {given['ProcessingJobName']}",
            )
        return job
