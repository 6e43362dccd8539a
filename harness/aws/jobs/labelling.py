"""Labelling jobs: their calls answered, their tasks given to the declared work teams.

Nobody works here: the answers come from the team that the scenario declares. A job of a team that was not
declared waits until its tasks expire, and a finding says so.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from harness import journal
from harness.aws.aws_json import Arguments, Refused
from harness.aws.jobs.answering import answering, not_found
from harness.aws.jobs.derived_house import DerivedHouse
from harness.aws.jobs.following import Following, until
from harness.aws.jobs.labelling_work import DataObject, Failure, LabellingWork, asked
from harness.aws.jobs.objects import Unreadable
from harness.aws.jobs.part import Jobs
from harness.aws.tagging import tags_in
from harness.config import Credentials
from harness.gateway.chain import Exchange
from harness.jobs.labelling import LabelingJob, State, timetable
from harness.jobs.labelling_request import LabelingPlan, plan_of
from harness.jobs.listing import Fields, page
from harness.jobs.names import job_arn
from harness.jobs.workteam import Team
from harness.sessions import client

OVER = ("Completed", "Failed", "Stopped")
GUIDE = "SageMaker developer guide, Use Amazon SageMaker Ground Truth to label data"
_ECHOED = (
    "LabelingJobName",
    "LabelAttributeName",
    "InputConfig",
    "OutputConfig",
    "RoleArn",
    "LabelCategoryConfigS3Uri",
    "StoppingConditions",
    "LabelingJobAlgorithmsConfig",
    "HumanTaskConfig",
)


@dataclass(slots=True)
class Labelling:
    """One labelling job with all that DescribeLabelingJob shows; moments are model seconds."""

    plan: LabelingPlan
    given: Arguments
    arn: str
    reference: str
    created_at: float
    changed_at: float
    job: LabelingJob
    status: str = "InProgress"  # as it is shown: a last one when its output is written
    output_uri: str = ""
    labelled: dict[int, DataObject] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


class LabellingJobs:
    """The labelling jobs of one gateway. Everything belongs to its loop, but for the constructor."""

    def __init__(self, house: DerivedHouse, jobs: Jobs, teams: Mapping[str, Team]) -> None:
        self._house = house
        self._jobs = jobs
        self._teams = dict(teams)
        self._made: dict[str, Labelling] = {}  # by names in small letters: their case does not count
        self._following = Following()
        jobs.tags.owners.append(self._tags_of)
        self.handle = answering(
            {
                "CreateLabelingJob": self._create,
                "DescribeLabelingJob": self._describe,
                "StopLabelingJob": self._stop,
                "ListLabelingJobs": self._list,
                "DescribeWorkteam": self._describe_team,
                "ListWorkteams": self._list_teams,
            }
        ).handle

    async def close(self) -> None:
        """End what still runs."""
        await self._following.close()

    @property
    def under_way(self) -> list[str]:
        """The names of the jobs that have not ended."""
        return [one.plan.name for one in self._made.values() if one.status not in OVER]

    # -- calls -----

    async def _create(self, _exchange: Exchange, given: Arguments) -> Arguments:
        plan = plan_of(given)
        arn = job_arn("labelling", plan.name, self._house.region, self._house.account)
        self._check_free(plan.name, arn)
        who = await self._jobs.access.credentials(plan.role, arn)
        self._check_free(plan.name, arn)
        now = self._house.clock.now()
        reference = f"{len(self._made):032x}"
        one = Labelling(plan, dict(given), arn, reference, now, now, LabelingJob(plan))
        one.tags = tags_in(given.get("Tags") or [])
        self._made[plan.name.lower()] = one
        self._house.record(journal.JobCreated(now, "labelling", plan.name, plan.role, "", "", 0))
        self._changed(one)
        if plan.is_automated:
            self._note(one, "Automated data labeling is not covered: every object is labelled by workers.")
        self._following.begin(self._run(one, who))
        return {"LabelingJobArn": arn}

    async def _describe(self, _exchange: Exchange, given: Arguments) -> Arguments:
        one = self._found(given)
        told = self._summary(one) | {
            name: one.given[name] for name in _ECHOED if one.given.get(name) is not None
        }
        del told["WorkteamArn"], told["PreHumanTaskLambdaArn"], told["AnnotationConsolidationLambdaArn"]
        told |= {"JobReferenceCode": one.reference, "RoleArn": one.plan.role}
        tags = [{"Key": key, "Value": value} for key, value in one.tags.items()]
        return told | ({"Tags": tags} if tags else {})

    async def _stop(self, _exchange: Exchange, given: Arguments) -> None:
        one = self._found(given)
        if one.status != "InProgress" or one.job.is_over:
            raise Refused(
                "ValidationException", f"The labeling job cannot be stopped: its status is {one.job.status}."
            )
        one.job.stop()
        self._changed(one)

    async def _list(self, _exchange: Exchange, given: Arguments) -> Arguments:
        epoch = self._house.clock.epoch_s
        fields: Fields[Labelling] = Fields(
            name=lambda one: one.plan.name,
            status=lambda one: one.status,
            created=lambda one: epoch(one.created_at),
            modified=lambda one: epoch(one.changed_at),
        )
        found, following = page(list(self._made.values()), given, fields)
        answer: Arguments = {"LabelingJobSummaryList": [self._summary(one) for one in found]}
        return answer | ({"NextToken": following} if following else {})

    async def _describe_team(self, _exchange: Exchange, given: Arguments) -> Arguments:
        team = self._teams.get(given["WorkteamName"])
        if team is None:
            raise Refused("ValidationException", f"Workteam {given['WorkteamName']} does not exist.")
        return {"Workteam": self._team(team)}

    async def _list_teams(self, _exchange: Exchange, _given: Arguments) -> Arguments:
        return {"Workteams": [self._team(team) for team in self._teams.values()]}

    # -- its life -----

    async def _run(self, one: Labelling, who: Credentials) -> None:
        """Have every object labelled at its moment, until the job is over."""
        access = self._jobs.access
        s3 = await access.in_thread(access.s3, who)
        work = LabellingWork(s3, one.plan, one.arn, self._invokes(who))
        try:
            objects, categories = await access.in_thread(work.read)
            one.job.begin(len(objects))
            await self._label(one, work, objects, categories)
            if one.labelled:
                await access.in_thread(work.write, [one.labelled[index] for index in sorted(one.labelled)])
                one.output_uri = work.output_manifest
            if one.job.status == "Stopping":
                one.job.stopped()
        except (Failure, Unreadable) as error:
            one.job.fail(str(error))
        self._changed(one)
        self._ended(one)

    async def _label(
        self, one: Labelling, work: LabellingWork, objects: list[DataObject], categories: list[str]
    ) -> None:
        began_at = self._house.clock.now()
        team = self._teams.get(one.plan.workteam.rpartition("/")[2])
        if team is None:
            self._note(
                one,
                f"Nobody answers for the work team {one.plan.workteam}: declare it in the scenario "
                "(Workteam), or its tasks expire and nothing is labelled.",
            )
        else:
            moments = timetable(len(objects), team.workers, one.plan.workers_per_object, team.seconds_s)
            for index, (data, after_s) in enumerate(zip(objects, moments, strict=True)):
                if after_s > one.plan.available_s:
                    break
                await until(self._house.clock, began_at + after_s)
                if one.job.status != "InProgress":
                    return
                await self._one(one, work, team, (index, data), categories)
        if one.job.status == "InProgress":
            await self._expire(one, began_at + one.plan.available_s)

    async def _one(
        self,
        one: Labelling,
        work: LabellingWork,
        team: Team,
        numbered: tuple[int, DataObject],
        categories: list[str],
    ) -> None:
        """Label one object: what the workers are shown, their answers, and what is made of them."""
        index, data = numbered
        at = datetime.fromtimestamp(self._house.clock.epoch_s(self._house.clock.now()), UTC)
        told = at.replace(tzinfo=None).isoformat()

        def label() -> DataObject | None:
            shown = work.task(data)
            chosen = [(index + each) % team.workers for each in range(one.plan.workers_per_object)]
            given = asked(team, list(dict.fromkeys(chosen)), shown, categories)
            return work.label(index, data, given, categories, told)

        made = await self._jobs.access.in_thread(label)
        if made is not None:
            one.labelled[index] = made
        one.job.ended(index, State.FAILED if made is None else State.LABELLED)
        one.changed_at = self._house.clock.now()

    async def _expire(self, one: Labelling, at: float) -> None:
        """Wait for the moment at which tasks are withdrawn, or for a stop."""
        clock = self._house.clock
        while one.job.status == "InProgress" and clock.now() < at:
            await until(clock, min(at, clock.now() + clock.speed))
        one.job.expire()

    def _invokes(self, who: Credentials) -> Any:
        """Return what calls a function under the role of a job."""

        def invoke(arn: str, event: Any) -> Any:
            from botocore.exceptions import BotoCoreError, ClientError

            functions = client(
                "lambda",
                self._house.gateway_url,
                region=self._house.region,
                access_key=who.access_key,
                secret_key=who.secret_key,
                session_token=who.session_token,
            )
            try:
                answer = functions.invoke(FunctionName=arn, Payload=json.dumps(event).encode())
                said = answer["Payload"].read()
            except (ClientError, BotoCoreError) as error:
                raise Failure(f"ClientError: {arn}: {error}") from error
            if answer.get("FunctionError"):
                raise Failure(f"ClientError: {arn} failed: {said.decode('utf-8', 'replace')[:400]}")
            return json.loads(said or b"null")

        return invoke

    def _changed(self, one: Labelling) -> None:
        one.changed_at = self._house.clock.now()
        one.status, reason = one.job.status, one.job.failure_reason
        self._house.record(
            journal.JobChanged(one.changed_at, "labelling", one.plan.name, one.status, "", reason)
        )
        self._jobs.tell("labelling", one.plan.name)

    def _ended(self, one: Labelling) -> None:
        self._house.record(
            journal.JobEnded(
                at=one.changed_at,
                kind="labelling",
                job=one.plan.name,
                status=one.job.status,
                reason=one.job.failure_reason,
                began_at=one.created_at,
                training_s=0.0,
                billable_s=0.0,  # labels are billed by the object, and people by their own contract
                instance_type="",
                instance_count=0,
                real_s=0.0,
                artefact=one.output_uri,
            )
        )

    def _note(self, one: Labelling, message: str) -> None:
        self._house.finding(
            "labelling-not-covered", "warning", f"labeling-job/{one.plan.name}", message, GUIDE
        )

    # -- small ones -----

    def _summary(self, one: Labelling) -> Arguments:
        epoch = self._house.clock.epoch_s
        told: Arguments = {
            "LabelingJobName": one.plan.name,
            "LabelingJobArn": one.arn,
            "LabelingJobStatus": one.status,
            "CreationTime": epoch(one.created_at),
            "LastModifiedTime": epoch(one.changed_at),
            "LabelCounters": one.job.counters(),
            "WorkteamArn": one.plan.workteam,
            "PreHumanTaskLambdaArn": one.plan.before_function,
            "AnnotationConsolidationLambdaArn": one.plan.after_function,
            "InputConfig": one.given["InputConfig"],
        }
        if one.output_uri:
            told["LabelingJobOutput"] = {"OutputDatasetS3Uri": one.output_uri}
        return told | ({"FailureReason": one.job.failure_reason} if one.job.failure_reason else {})

    def _team(self, team: Team) -> Arguments:
        scope = f"{self._house.region}:{self._house.account}"
        return {
            "WorkteamName": team.name,
            "MemberDefinitions": [],
            "WorkteamArn": f"arn:aws:sagemaker:{scope}:workteam/private-crowd/{team.name}",
            "Description": f"{team.workers} workers, declared in the scenario",
        }

    def _found(self, given: Arguments) -> Labelling:
        name = given.get("LabelingJobName", "")
        found = self._made.get(name.lower())
        if found is None:
            raise not_found(f"labeling job {name}")
        return found

    def _check_free(self, name: str, arn: str) -> None:
        if name.lower() in self._made:
            raise Refused(
                "ResourceInUse",
                "Labeling job names must be unique within an AWS account and region, and a labeling job with "
                f"this name already exists ({arn})",
            )

    def _tags_of(self, arn: str) -> dict[str, str] | None:
        return next((one.tags for one in self._made.values() if one.arn == arn), None)
