"""Batch transform jobs: their calls answered, and their life from launch to last status."""

from dataclasses import dataclass, field
from threading import Event
from typing import Any

from harness import journal
from harness.aws.aws_json import Arguments, Refused
from harness.aws.jobs.answering import answering, not_found
from harness.aws.jobs.derived_house import DerivedHouse, model_of
from harness.aws.jobs.following import Following, until
from harness.aws.jobs.job_time import JobTime
from harness.aws.jobs.part import Jobs
from harness.aws.jobs.transform_work import Failure, Stopped, load, transform
from harness.aws.tagging import tags_in
from harness.errors import BackendError
from harness.gateway.chain import Exchange
from harness.jobs.listing import Fields, page
from harness.jobs.names import job_arn
from harness.jobs.transform_request import TransformPlan, plan_of

OVER = ("Completed", "Failed", "Stopped")
_ECHOED = (
    "ModelName",
    "MaxConcurrentTransforms",
    "ModelClientConfig",
    "MaxPayloadInMB",
    "BatchStrategy",
    "Environment",
    "TransformInput",
    "TransformOutput",
    "DataCaptureConfig",
    "TransformResources",
    "DataProcessing",
    "ExperimentConfig",
)


@dataclass(slots=True)
class TransformJob:
    """One job; moments are model seconds."""

    plan: TransformPlan
    given: Arguments
    arn: str
    role: str
    container: Arguments
    created_at: float
    changed_at: float
    status: str = "InProgress"
    failure_reason: str = ""
    started_at: float | None = None
    ended_at: float | None = None
    stop: Event = field(default_factory=Event)
    tags: dict[str, str] = field(default_factory=dict)


class Transform:
    """The transform jobs of one gateway. Everything belongs to its loop, but for the constructor."""

    def __init__(self, house: DerivedHouse, jobs: Jobs) -> None:
        self._house = house
        self._jobs = jobs
        self._made: dict[str, TransformJob] = {}
        self._following = Following()
        jobs.tags.owners.append(self._tags_of)
        self.handle = answering(
            {
                "CreateTransformJob": self._create,
                "DescribeTransformJob": self._describe,
                "StopTransformJob": self._stop,
                "ListTransformJobs": self._list,
            }
        ).handle

    async def close(self) -> None:
        """End what still runs."""
        for job in self._made.values():
            job.stop.set()
        await self._following.close()

    def all(self) -> list[Arguments]:
        """Return what DescribeTransformJob answers of each, in the order of creation."""
        return [self._described(job) for job in self._made.values()]

    @property
    def under_way(self) -> list[str]:
        """The names of the jobs that have not ended."""
        return [name for name, job in self._made.items() if job.status not in OVER]

    # -- calls -----

    async def _create(self, exchange: Exchange, given: Arguments) -> Arguments:
        plan = plan_of(given)
        arn = job_arn("transform", plan.name, self._house.region, self._house.account)
        self._check_free(plan.name, arn)
        model = await model_of(self._house, exchange, plan.model)
        if model is None:
            scope = f"{self._house.region}:{self._house.account}"
            raise Refused(
                "ValidationException", f'Could not find model "arn:aws:sagemaker:{scope}:model/{plan.model}".'
            )
        container: Arguments = model.get("PrimaryContainer") or next(iter(model.get("Containers") or []), {})
        role = str(model.get("ExecutionRoleArn", ""))
        self._check_free(plan.name, arn)
        now = self._house.clock.now()
        job = TransformJob(plan, dict(given), arn, role, container, now, now)
        job.tags = tags_in(given.get("Tags") or [])
        self._made[plan.name] = job
        self._house.record(
            journal.JobCreated(
                now,
                "transform",
                plan.name,
                role,
                str(container.get("Image", "")),
                plan.instance_type,
                plan.instance_count,
            )
        )
        self._changed(job, "InProgress")
        self._following.begin(self._run(job))
        return {"TransformJobArn": arn}

    async def _describe(self, _exchange: Exchange, given: Arguments) -> Arguments:
        return self._described(self._found(given))

    async def _stop(self, _exchange: Exchange, given: Arguments) -> None:
        job = self._found(given)
        if job.status != "InProgress":
            raise Refused(
                "ValidationException",
                f"The transform job cannot be stopped: its status is {job.status}.",
            )
        job.stop.set()
        self._changed(job, "Stopping")

    async def _list(self, _exchange: Exchange, given: Arguments) -> Arguments:
        epoch = self._house.clock.epoch_s
        fields: Fields[TransformJob] = Fields(
            name=lambda job: job.plan.name,
            status=lambda job: job.status,
            created=lambda job: epoch(job.created_at),
            modified=lambda job: epoch(job.changed_at),
        )
        found, following = page(list(self._made.values()), given, fields)
        answer: Arguments = {"TransformJobSummaries": [self._summary(job) for job in found]}
        return answer | ({"NextToken": following} if following else {})

    # -- its life -----

    async def _run(self, job: TransformJob) -> None:
        """Carry *job* out, from its launch to its last status."""
        launched_at = job.created_at + self._jobs.settings.job_launch_s
        await until(self._house.clock, launched_at)
        job.started_at = launched_at
        time = JobTime(self._house.clock, launched_at, None)
        status, reason = "Stopped", ""
        if not job.stop.is_set():
            try:
                await self._work(job)
                status = "Completed"
            except Stopped:
                pass
            except Failure as error:
                status, reason = "Failed", str(error)
            except Refused as error:
                status, reason = "Failed", f"ClientError: {error.message}"
            except BackendError as error:
                status, reason = "Failed", f"InternalServerError: {error}"
        job.failure_reason = reason
        job.ended_at = time.at()
        self._changed(job, status)
        self._ended(job, time)

    async def _work(self, job: TransformJob) -> None:
        access = self._jobs.access
        who = await access.credentials(job.role, job.arn)
        s3 = await access.in_thread(access.s3, who)
        model = await access.in_thread(load, s3, job.container)
        await access.in_thread(transform, s3, model, job.plan, job.stop)

    def _changed(self, job: TransformJob, status: str) -> None:
        job.status, job.changed_at = status, self._house.clock.now()
        self._house.record(
            journal.JobChanged(job.changed_at, "transform", job.plan.name, status, "", job.failure_reason)
        )
        self._jobs.tell("transform", job.plan.name)

    def _ended(self, job: TransformJob, time: JobTime) -> None:
        span_s = time.span_s()
        self._house.record(
            journal.JobEnded(
                at=self._house.clock.now(),
                kind="transform",
                job=job.plan.name,
                status=job.status,
                reason=job.failure_reason,
                began_at=job.created_at,
                training_s=span_s,
                billable_s=span_s,
                instance_type=job.plan.instance_type,
                instance_count=job.plan.instance_count,
                real_s=time.real_s(),
                artefact=job.plan.output_uri if job.status == "Completed" else "",
            )
        )

    # -- small ones -----

    def _described(self, job: TransformJob) -> Arguments:
        told = self._summary(job) | {
            name: job.given[name] for name in _ECHOED if job.given.get(name) is not None
        }
        del told["LastModifiedTime"]
        if job.started_at is not None:
            told["TransformStartTime"] = self._house.clock.epoch_s(job.started_at)
        return told

    def _summary(self, job: TransformJob) -> dict[str, Any]:
        epoch = self._house.clock.epoch_s
        told: Arguments = {
            "TransformJobName": job.plan.name,
            "TransformJobArn": job.arn,
            "TransformJobStatus": job.status,
            "CreationTime": epoch(job.created_at),
            "LastModifiedTime": epoch(job.changed_at),
        }
        if job.ended_at is not None:
            told["TransformEndTime"] = epoch(job.ended_at)
        return told | ({"FailureReason": job.failure_reason} if job.failure_reason else {})

    def _found(self, given: Arguments) -> TransformJob:
        name = given.get("TransformJobName", "")
        found = self._made.get(name)
        if found is None:
            raise not_found(f"transform job {name}")
        return found

    def _check_free(self, name: str, arn: str) -> None:
        if name in self._made:
            raise Refused(
                "ResourceInUse",
                "Transform job names must be unique within an AWS account and region, and a transform job "
                f"with this name already exists ({arn})",
            )

    def _tags_of(self, arn: str) -> dict[str, str] | None:
        return next((job.tags for job in self._made.values() if job.arn == arn), None)
