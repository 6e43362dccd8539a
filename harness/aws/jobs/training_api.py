"""The operations on training jobs, answered; and the register of the jobs there are.

API reference: CreateTrainingJob, DescribeTrainingJob, ListTrainingJobs, StopTrainingJob, UpdateTrainingJob,
DeleteTrainingJob. Sentences of errors as users have quoted them.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from harness.aws.aws_json import Arguments, JsonOperations, Refused, offset
from harness.aws.jobs.access import Access
from harness.aws.jobs.objects import Unreadable
from harness.aws.jobs.shapes import check
from harness.aws.jobs.training import TrainingJob
from harness.aws.tagging import tags_in
from harness.errors import BackendError
from harness.gateway.chain import Exchange
from harness.jobs.listing import Fields, page
from harness.jobs.metrics import Definitions
from harness.jobs.names import job_arn, split_url
from harness.jobs.status import Secondary
from harness.jobs.training_request import TrainingRequest, refused

VALIDATION = "ValidationException"
FIELDS: Fields[TrainingJob] = Fields(
    lambda job: job.name,
    lambda job: job.status.value,
    lambda job: job.created_epoch_s,
    lambda job: job.changed_epoch_s,
)
_MEMBERS = ("ProfilerConfig", "ProfilerRuleConfigurations", "RemoteDebugConfig")


class TrainingApi:
    """Training jobs by name. *begin* lets one that was accepted begin, *stopping* tells one to stop."""

    def __init__(
        self,
        access: Access,
        region: str,
        account: str,
        make: Callable[[TrainingRequest, Arguments, str], TrainingJob],
        begin: Callable[[TrainingJob], None],
        stopping: Callable[[TrainingJob], None],
    ) -> None:
        self.jobs: dict[str, TrainingJob] = {}
        self._access = access
        self._region = region
        self._account = account
        self._make = make
        self._begin = begin
        self._stopping = stopping
        operations: dict[str, Callable[[Exchange, Arguments], Awaitable[Any]]] = {
            "CreateTrainingJob": self._create,
            "DescribeTrainingJob": self._describe,
            "ListTrainingJobs": self._list,
            "StopTrainingJob": self._stop,
            "UpdateTrainingJob": self._update,
            "DeleteTrainingJob": self._delete,
        }
        self.handle = JsonOperations("sagemaker", operations).handle

    async def _create(self, _exchange: Exchange, given: Arguments) -> Any:
        job = await self.create(given)
        return {"TrainingJobArn": job.arn}

    async def create(self, given: Arguments, *, parent: str = "", parent_arn: str = "") -> TrainingJob:
        """Return the job that *given* asks for, which begins; raise Refused where SageMaker refuses it."""
        check("CreateTrainingJob", given)
        refusal = refused(given)
        if refusal is not None:
            raise Refused(refusal.code, refusal.message)
        request = TrainingRequest.of(given)
        try:
            Definitions.of(request.metrics)
        except ValueError as error:
            raise Refused(VALIDATION, f"{error}.") from error
        arn = job_arn("training", request.name, self._region, self._account)
        self._check_free(request.name, arn)
        await self._check_data(request, arn)
        self._check_free(request.name, arn)  # another caller may have been faster meanwhile
        job = self._make(request, given, arn)
        job.parent, job.parent_arn = parent, parent_arn
        job.tags = tags_in(given.get("Tags") or [])
        self.jobs[request.name] = job
        self._begin(job)
        return job

    def _check_free(self, name: str, arn: str) -> None:
        if name in self.jobs:
            raise Refused(
                "ResourceInUse",
                "Training job names must be unique within an AWS account and region, and a training job with "
                f"this name already exists ({arn})",
            )

    async def _check_data(self, request: TrainingRequest, arn: str) -> None:
        """Look under the job's role whether there is data in each channel, as SageMaker does at once."""
        try:
            who = await self._access.credentials(request.role, arn)
        except BackendError as error:
            raise Refused(VALIDATION, f"Could not assume role {request.role}: {error}") from error
        s3 = await self._access.in_thread(self._access.s3, who)
        for channel in request.channels:
            bucket, prefix = split_url(channel.url)
            if not await self._access.in_thread(_has_objects, s3, bucket, prefix):
                raise Refused(
                    VALIDATION,
                    f'No S3 objects found under S3 URL "{channel.url}" given in input data source. Please '
                    f"ensure that the bucket exists in the selected region ({self._region}), that objects "
                    f'exist under that S3 prefix, and that the role "{request.role}" has "s3:ListBucket" '
                    f'permissions on bucket "{bucket}".',
                )

    async def _describe(self, _exchange: Exchange, given: Arguments) -> Any:
        check("DescribeTrainingJob", given)
        return self.found(given).described()

    async def _list(self, _exchange: Exchange, given: Arguments) -> Any:
        check("ListTrainingJobs", given)
        offset(given.get("NextToken"))
        shown, following = page(list(self.jobs.values()), given, FIELDS)
        answer: Arguments = {"TrainingJobSummaries": [job.summary() for job in shown]}
        return answer | ({} if following is None else {"NextToken": following})

    async def _stop(self, _exchange: Exchange, given: Arguments) -> Any:
        check("StopTrainingJob", given)
        self.stop(self.found(given))

    def stop(self, job: TrainingJob) -> None:
        """Ask *job* to stop; raise Refused where it has ended."""
        if job.is_over:
            raise Refused(
                VALIDATION, f"The request was rejected because the training job is in status {job.status}."
            )
        if job.history.secondary is not Secondary.STOPPING:
            self._stopping(job)

    async def _update(self, _exchange: Exchange, given: Arguments) -> Any:
        """Take in what a running job may change; of resources only KeepAlivePeriodInSeconds may (API)."""
        check("UpdateTrainingJob", given)
        job = self.found(given)
        if job.is_over and not given.get("ResourceConfig"):
            raise Refused(VALIDATION, f"The training job is in status {job.status}; it cannot be updated.")
        job.given |= {name: given[name] for name in _MEMBERS if given.get(name) is not None}
        if given.get("ResourceConfig"):
            job.given["ResourceConfig"] = {**job.given["ResourceConfig"], **given["ResourceConfig"]}
        return {"TrainingJobArn": job.arn}

    async def _delete(self, _exchange: Exchange, given: Arguments) -> Any:
        check("DeleteTrainingJob", given)
        job = self.found(given)
        if not job.is_over:
            raise Refused("ResourceInUse", f"The training job {job.name} is in status {job.status}.")
        del self.jobs[job.name]

    def found(self, given: Arguments) -> TrainingJob:
        """Return the job that *given* names; raise Refused where there is none."""
        job = self.jobs.get(given["TrainingJobName"])
        if job is None:
            raise Refused(VALIDATION, "Requested resource not found.")
        return job


def _has_objects(s3: Any, bucket: str, prefix: str) -> bool:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return bool(s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1).get("KeyCount"))
    except (ClientError, BotoCoreError, Unreadable):
        return False
