"""Hyperparameter tuning jobs: their calls answered, their training jobs started, followed and stopped."""

from dataclasses import dataclass, field

from harness import journal
from harness.aws.aws_json import Arguments, Refused
from harness.aws.jobs.answering import answering, not_found
from harness.aws.jobs.following import Following, until
from harness.aws.jobs.house import House
from harness.aws.jobs.part import Jobs
from harness.aws.jobs.training import TrainingJob
from harness.aws.jobs.tuning_shown import Shown, described, summarised, trial_summary
from harness.aws.tagging import tags_in
from harness.errors import BackendError
from harness.gateway.chain import Exchange
from harness.jobs.listing import Fields, page
from harness.jobs.names import job_arn
from harness.jobs.tuning import Launch, TuningJob
from harness.jobs.tuning_request import plan_of

OVER = ("Completed", "Failed", "Stopped")


@dataclass(slots=True)
class Tuned:
    """One tuning job with all that DescribeHyperParameterTuningJob shows; moments are model seconds."""

    job: TuningJob
    shown: Shown
    trainings: dict[str, TrainingJob] = field(default_factory=dict)
    heard: dict[str, tuple[float, float]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Its name."""
        return self.job.plan.name


class Tuning:
    """The tuning jobs of one gateway. Everything belongs to its loop, but for the constructor."""

    def __init__(self, house: House, jobs: Jobs, seed: int | str) -> None:
        self._house = house
        self._jobs = jobs
        self._seed = seed
        self._tuned: dict[str, Tuned] = {}
        self._of_training: dict[str, Tuned] = {}
        self._following = Following()
        jobs.listen(self._heard)
        jobs.tags.owners.append(self._tags_of)
        self.handle = answering(
            {
                "CreateHyperParameterTuningJob": self._create,
                "DescribeHyperParameterTuningJob": self._describe,
                "StopHyperParameterTuningJob": self._stop,
                "ListHyperParameterTuningJobs": self._list,
                "ListTrainingJobsForHyperParameterTuningJob": self._list_trainings,
                "DeleteHyperParameterTuningJob": self._delete,
            }
        ).handle

    async def close(self) -> None:
        """Follow no training any more."""
        await self._following.close()

    def all(self) -> list[Arguments]:
        """Return what DescribeHyperParameterTuningJob answers of each, in the order of creation."""
        return [self._described(one) for one in self._tuned.values()]

    @property
    def under_way(self) -> list[str]:
        """The names of the jobs that have not ended."""
        return [one.name for one in self._tuned.values() if one.job.status not in OVER]

    # -- calls -----

    async def _create(self, _exchange: Exchange, given: Arguments) -> Arguments:
        plan = plan_of(given)
        self._check_free(plan.name)
        role = str(plan.definitions[0].given["RoleArn"])
        arn = job_arn("tuning", plan.name, self._house.region, self._house.account)
        await self._jobs.access.credentials(role, arn)
        self._check_free(plan.name)  # another caller may have been faster
        now = self._house.clock.now()
        tuning = TuningJob(plan, self._seed, now, earlier=self._earlier(given))
        tuned = Tuned(tuning, Shown(dict(given), arn, now, now, tags=tags_in(given.get("Tags") or [])))
        self._tuned[plan.name] = tuned
        resources = plan.definitions[0].request("", {})["ResourceConfig"]
        image = str(plan.definitions[0].given["AlgorithmSpecification"].get("TrainingImage", ""))
        kind, count = str(resources.get("InstanceType", "")), int(resources.get("InstanceCount", 1))
        self._house.record(journal.JobCreated(now, "tuning", plan.name, role, image, kind, count))
        self._changed(tuned)
        self._following.begin(self._work(tuned))
        return {"HyperParameterTuningJobArn": arn}

    async def _describe(self, _exchange: Exchange, given: Arguments) -> Arguments:
        return self._described(self._found(given))

    async def _stop(self, _exchange: Exchange, given: Arguments) -> None:
        tuned = self._found(given)
        if tuned.job.status != "InProgress":
            raise Refused(
                "ValidationException",
                f"The hyperparameter tuning job cannot be stopped: its status is {tuned.job.status}.",
            )
        running = tuned.job.stop()
        self._changed(tuned)
        for name in running:
            await self._stop_training(name)
        self._conclude(tuned)

    async def _list(self, _exchange: Exchange, given: Arguments) -> Arguments:
        fields: Fields[Tuned] = Fields(
            name=lambda one: one.name,
            status=lambda one: one.job.status,
            created=lambda one: self._epoch(one.shown.created_at),
            modified=lambda one: self._epoch(one.shown.modified_at),
        )
        found, following = page(list(self._tuned.values()), given, fields)
        shown = [summarised(one.job, one.shown, self._epoch) for one in found]
        answer: Arguments = {"HyperParameterTuningJobSummaries": shown}
        return answer | ({"NextToken": following} if following else {})

    async def _list_trainings(self, _exchange: Exchange, given: Arguments) -> Arguments:
        tuned = self._found(given)
        trials = [one for one in tuned.job.trials.values() if one.name in tuned.trainings]
        if given.get("SortBy") == "FinalObjectiveMetricValue":  # only those that have one are shown
            trials = [one for one in trials if one.final is not None]
            ranks = {one.name: one.final or 0.0 for one in trials}
        else:
            ranks = {one.name: float(number) for number, one in enumerate(trials)}
        plain = {name: value for name, value in given.items() if name != "SortBy"}
        fields: Fields[str] = Fields(
            name=str, status=lambda one: tuned.job.trials[one].status, created=ranks.__getitem__,
            modified=ranks.__getitem__,
        )  # fmt: skip
        names, following = page(list(ranks), {"SortOrder": "Ascending"} | plain, fields)
        shown = [trial_summary(tuned.job.trials[name], tuned.trainings[name]) for name in names]
        answer: Arguments = {"TrainingJobSummaries": shown}
        return answer | ({"NextToken": following} if following else {})

    async def _delete(self, _exchange: Exchange, given: Arguments) -> None:
        tuned = self._found(given)
        if tuned.job.status not in OVER:
            raise Refused("ValidationException", f"{tuned.name} is {tuned.job.status}: stop it first.")
        del self._tuned[tuned.name]

    # -- its trainings -----

    async def _work(self, tuned: Tuned) -> None:
        """Start the first trainings, and give up what is to come when the time is over."""
        await self._launch(tuned)
        deadline = tuned.job.deadline()
        if deadline is not None:
            await until(self._house.clock, deadline)
            await self._launch(tuned)

    async def _launch(self, tuned: Tuned) -> None:
        for launch in tuned.job.launches(self._house.clock.now()):
            await self._start(tuned, launch)
        self._conclude(tuned)

    async def _start(self, tuned: Tuned, launch: Launch) -> None:
        request = launch.definition.request(launch.name, launch.parameters)
        if tuned.shown.tags:  # "tags that you attach to a tuning job are added to its training jobs"
            request["Tags"] = [{"Key": key, "Value": value} for key, value in tuned.shown.tags.items()]
        self._of_training[launch.name] = tuned
        try:
            await self._jobs.create_training(request, parent=tuned.name, parent_arn=tuned.shown.arn)
        except (Refused, BackendError) as error:
            code = error.code if isinstance(error, Refused) else "InternalServerError"
            tuned.job.refused(launch.name, f"{code}: {error}")
            return
        job = self._jobs.training_job(launch.name)
        assert job is not None  # it was made just now
        tuned.trainings[launch.name] = job
        self._touch(tuned)
        self._following.begin(self._follow(tuned, job))
        if tuned.job.status == "Stopping":  # asked for while the training was being made
            await self._stop_training(launch.name)

    async def _follow(self, tuned: Tuned, job: TrainingJob) -> None:
        await job.over()
        tuned.job.ended(job.name, job.status.value, self._house.clock.now())
        self._touch(tuned)
        await self._launch(tuned)

    def _heard(self, kind: str, name: str) -> None:
        """Look whether a training has told a new value of the objective."""
        tuned = self._of_training.get(name) if kind == "training" else None
        job = tuned.trainings.get(name) if tuned else None
        if tuned is None or job is None:
            return
        told = job.metrics.get(tuned.job.trials[name].definition.objective.metric)
        if told is None or tuned.heard.get(name) is told:
            return
        tuned.heard[name] = told
        if tuned.job.reported(name, told[0]):
            self._following.begin(self._stop_training(name))

    async def _stop_training(self, name: str) -> None:
        try:
            await self._jobs.stop_training(name)
        except Refused:
            return  # it has ended meanwhile

    def _conclude(self, tuned: Tuned) -> None:
        """Show and journal a status that is new."""
        if tuned.job.status == tuned.shown.status:
            return
        self._changed(tuned)
        if tuned.job.status in OVER:
            now = self._house.clock.now()
            tuned.shown.ended_at = now
            self._house.record(
                journal.JobEnded(
                    at=now,
                    kind="tuning",
                    job=tuned.name,
                    status=tuned.job.status,
                    reason=tuned.job.failure_reason or tuned.job.completion,
                    began_at=tuned.shown.created_at,
                    training_s=0.0,
                    billable_s=0.0,  # its training jobs are billed, each for itself
                    instance_type="",
                    instance_count=0,
                    real_s=0.0,
                )
            )

    def _changed(self, tuned: Tuned) -> None:
        self._touch(tuned)
        job = tuned.job
        tuned.shown.status = job.status
        self._house.record(
            journal.JobChanged(
                tuned.shown.modified_at, "tuning", tuned.name, job.status, "", job.failure_reason
            )
        )
        self._jobs.tell("tuning", tuned.name)

    # -- small ones -----

    def _earlier(self, given: Arguments) -> list[tuple[dict[str, str], float]]:
        """Return what the parents of a warm start found; raise Refused for one that has not ended."""
        found = []
        for parent in (given.get("WarmStartConfig") or {}).get("ParentHyperParameterTuningJobs") or ():
            tuned = self._found(parent)
            if tuned.job.status not in OVER:
                raise Refused("ValidationException", f"Parent tuning job {tuned.name} has not ended.")
            found += [
                (one.parameters, one.final) for one in tuned.job.trials.values() if one.final is not None
            ]
        return found

    def _described(self, tuned: Tuned) -> Arguments:
        best = tuned.job.best()
        return described(
            tuned.job, tuned.shown, self._epoch, None if best is None else tuned.trainings.get(best.name)
        )

    def _found(self, given: Arguments) -> Tuned:
        name = given.get("HyperParameterTuningJobName", "")
        found = self._tuned.get(name)
        if found is None:
            raise not_found(f"hyperparameter tuning job {name}")
        return found

    def _check_free(self, name: str) -> None:
        if name in self._tuned:
            arn = self._tuned[name].shown.arn
            raise Refused(
                "ResourceInUse",
                "HyperParameterTuningJob names must be unique within an AWS account and region, and a "
                f"HyperParameterTuningJob with this name already exists ({arn})",
            )

    def _touch(self, tuned: Tuned) -> None:
        tuned.shown.modified_at = self._house.clock.now()

    def _epoch(self, at: float) -> float:
        return self._house.clock.epoch_s(at)

    def _tags_of(self, arn: str) -> dict[str, str] | None:
        return next((one.shown.tags for one in self._tuned.values() if one.shown.arn == arn), None)
