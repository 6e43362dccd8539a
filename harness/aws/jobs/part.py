"""Jobs of SageMaker as a part of the stage: training and processing jobs that really run."""

import asyncio
from collections.abc import Callable, Mapping

from harness import journal
from harness.aws.aws_json import Arguments
from harness.aws.functions.logs import LogWriter
from harness.aws.jobs.access import Access
from harness.aws.jobs.datapoints import JobDatapoint
from harness.aws.jobs.house import House
from harness.aws.jobs.images import Images
from harness.aws.jobs.interruptions import KIND, Interruptions, Plan
from harness.aws.jobs.processing import ProcessingJob
from harness.aws.jobs.processing_api import ProcessingApi
from harness.aws.jobs.processing_run import ProcessingRun
from harness.aws.jobs.scratch import Scratch, can_contain
from harness.aws.jobs.tags import JobTags
from harness.aws.jobs.training import TrainingJob
from harness.aws.jobs.training_api import TrainingApi
from harness.aws.jobs.training_run import TrainingRun
from harness.aws.signed_calls import SignedCalls
from harness.clock import Clock
from harness.config import Credentials
from harness.gateway.chain import Handler
from harness.jobs.names import Kind
from harness.jobs.processing_request import ProcessingRequest
from harness.jobs.program import Code
from harness.jobs.settings import JobSettings
from harness.jobs.status import Secondary, Status
from harness.jobs.training_request import TrainingRequest, with_defaults

# The kind of a job, and its name.
Listener = Callable[[str, str], None]


class Jobs:
    """SageMaker's jobs for one gateway. But for the constructor, everything belongs to the gateway's loop.

    `handlers` come before those that only forward. *images* says which code runs for which image.
    """

    def __init__(
        self, house: House, images: Mapping[str, Code] | None = None, settings: JobSettings | None = None
    ) -> None:
        self._house = house
        self.settings = settings or JobSettings()
        self.images = Images(images)
        self.access = Access(house)
        self.scratch = Scratch()
        self.tags = JobTags()
        calls = SignedCalls(house.pool, lambda: house.gateway_url, house.region)
        self._logs: LogWriter[TrainingJob | ProcessingJob] = LogWriter(calls, self._signs)
        self._listeners: list[Listener] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = 0
        self.interruptions = Interruptions(house.clock, self.interrupt, self._lasts, self._taken_back)
        self._api = TrainingApi(
            self.access, house.region, house.account, self._made, self._begin_training, self._stop_training
        )
        self._processing_api = ProcessingApi(
            self.access,
            house.region,
            house.account,
            self._processing_made,
            self._begin_processing,
            self._stop_processing,
        )
        self.tags.owners.append(self._tags_of)
        self.handlers: list[Handler] = [self._api.handle, self._processing_api.handle, self.tags.handle]

    # -- what runs work with -----

    @property
    def clock(self) -> Clock:
        """The run's clock."""
        return self._house.clock

    @property
    def region(self) -> str:
        """The region that all is in."""
        return self._house.region

    @property
    def gateway_url(self) -> str:
        """Where the gateway listens."""
        return self._house.gateway_url

    def finding(self, rule: str, severity: str, resource: str, message: str, source: str = "") -> None:
        """Journal something that a client should know."""
        self._house.finding(rule, severity, resource, message, source)

    # -- life -----

    async def open(self) -> None:
        """Begin: the server listens."""
        await self.access.in_thread(can_contain)

    async def rest(self) -> None:
        """End what still runs, and write what is left of the logs: the roles are about to go."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._logs.close()

    async def close(self) -> None:
        """End everything, and remove what is on the disk. Safe to call after `rest`."""
        await self.rest()
        self.access.close()
        self.scratch.close()

    # -- for others on the stage -----

    def listen(self, listener: Listener) -> None:
        """Have *listener* called with the kind and the name of a job after each change, and each metric."""
        self._listeners.append(listener)

    async def create_training(self, given: Arguments, *, parent: str = "", parent_arn: str = "") -> str:
        """Return the ARN of a new training job; *parent* is the tuning job's name. Raises Refused."""
        return (await self._api.create(given, parent=parent, parent_arn=parent_arn)).arn

    async def stop_training(self, name: str) -> None:
        """Ask a training job to stop. Raises Refused where it is over, or is not there."""
        self._api.stop(self._api.found({"TrainingJobName": name}))

    def training_job(self, name: str) -> TrainingJob | None:
        """Return a training job, None where there is none."""
        return self._api.jobs.get(name)

    def training(self, name: str) -> Arguments | None:
        """Return what DescribeTrainingJob answers, None where there is no such job."""
        job = self._api.jobs.get(name)
        return None if job is None else job.described()

    def trainings(self) -> list[Arguments]:
        """Return what DescribeTrainingJob answers of each, in the order of creation."""
        return [job.described() for job in self._api.jobs.values()]

    def processing(self, name: str) -> Arguments | None:
        """Return what DescribeProcessingJob answers, None where there is no such job."""
        job = self._processing_api.jobs.get(name)
        return None if job is None else job.described()

    def processings(self) -> list[Arguments]:
        """Return what DescribeProcessingJob answers of each, in the order of creation."""
        return [job.described() for job in self._processing_api.jobs.values()]

    def interrupt(self, job: str = "") -> str:
        """Take the spot capacity of a training job back (of the one that runs longest); return its name, ""
        where none runs on spot capacity."""
        for one in self._api.jobs.values():
            if one.can_be_interrupted and job in ("", one.name):
                one.signal.give("interrupt")
                return one.name
        return ""

    def take_back(self, key: str, plan: Plan) -> None:
        """Have *plan* done to the training jobs on spot capacity that train now, or will."""
        self.interruptions.arm(key, plan)
        for job in self._api.jobs.values():
            if job.history.secondary is Secondary.TRAINING:
                self.interruptions.training(job)

    @property
    def under_way(self) -> list[str]:
        """The names of the training and processing jobs that have not ended; read from any thread."""
        return [job.name for job in self._every() if not job.is_over]

    def _every(self) -> "list[TrainingJob | ProcessingJob]":
        return [*self._api.jobs.values(), *self._processing_api.jobs.values()]

    # -- training jobs -----

    def _made(self, request: TrainingRequest, given: Arguments, arn: str) -> TrainingJob:
        self._numbers += 1
        clock = self._house.clock
        return TrainingJob(request, with_defaults(given), arn, self._numbers, clock.now(), clock.epoch_s)

    def _begin_training(self, job: TrainingJob) -> None:
        asked = job.request
        self._house.record(
            journal.JobCreated(
                job.created_at,
                "training",
                job.name,
                asked.role,
                asked.image,
                asked.instance_type,
                asked.instance_count,
                asked.spot,
                job.parent,
            )
        )
        self.changed(job, Secondary.STARTING, job.created_at)
        self._keep(asyncio.get_running_loop().create_task(TrainingRun(job, self).carry_out()))

    def _keep(self, task: "asyncio.Task[None]") -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _stop_training(self, job: TrainingJob) -> None:
        self.changed(job, Secondary.STOPPING, job.history.changed_at)
        job.signal.give("stop")

    def changed(self, job: TrainingJob, secondary: Secondary, at: float, message: str = "") -> None:
        """Note that *job* has another secondary status from its moment *at*."""
        if job.history.secondary is Secondary.STOPPING and secondary in _NOT_WHILE_STOPPING:
            return
        entered = job.history.enter(secondary, at, message)
        self._house.record(
            journal.JobChanged(
                self.clock.now(), "training", job.name, job.status.value, secondary.value, entered.message
            )
        )
        self.tell("training", job.name)
        if secondary is Secondary.TRAINING:
            self.interruptions.training(job)

    def _lasts(self, job: TrainingJob) -> bool:
        code = self.images.of(job.request.image)
        return code is not None and code.seconds_on(job.request.instance_count) is not None

    def _taken_back(self, job: str) -> None:
        self._house.record(journal.FaultInjected(self.clock.now(), KIND, f"training job {job}"))

    def measured(self, job: TrainingJob, metric: str, value: float, at: float) -> None:
        """Note a value that the log of *job* shows."""
        job.metrics[metric] = (value, at)
        self._house.record(journal.JobMetric(self.clock.now(), job.name, metric, value))
        self._house.shown.show(JobDatapoint(job.name, metric, value, self.clock.epoch_s(at)))
        self.tell("training", job.name)

    def logged(self, job: TrainingJob | ProcessingJob, stream: str, lines: list[str]) -> None:
        """Have lines of *job* written to its log."""
        self._logs.write(job, stream, lines, self.clock.epoch_s(self.clock.now()))

    def ended(self, record: journal.JobEnded) -> None:
        """Journal that a job is over."""
        self._house.record(record)

    def tell(self, kind: Kind, name: str) -> None:
        """Tell whoever listens that a job has changed, or shows another value of a metric."""
        for listener in self._listeners:
            listener(kind, name)

    async def _signs(self, job: TrainingJob | ProcessingJob) -> Credentials:
        return await self.access.credentials(job.role, job.arn)

    def _tags_of(self, arn: str) -> dict[str, str] | None:
        return next((job.tags for job in self._every() if job.arn == arn.lower()), None)

    # -- processing jobs -----

    def _processing_made(self, request: ProcessingRequest, given: Arguments, arn: str) -> ProcessingJob:
        self._numbers += 1
        clock = self._house.clock
        return ProcessingJob(request, dict(given), arn, self._numbers, clock.now(), clock.epoch_s)

    def _begin_processing(self, job: ProcessingJob) -> None:
        asked = job.request
        self._house.record(
            journal.JobCreated(
                job.created_at,
                "processing",
                job.name,
                asked.role,
                asked.image,
                asked.instance_type,
                asked.instance_count,
            )
        )
        self.processed(job, Status.IN_PROGRESS, job.created_at)
        self._keep(asyncio.get_running_loop().create_task(ProcessingRun(job, self).carry_out()))

    def _stop_processing(self, job: ProcessingJob) -> None:
        if job.status is not Status.STOPPING:
            self.processed(job, Status.STOPPING, job.changed_at)
        job.signal.give("stop")

    def processed(self, job: ProcessingJob, status: Status, at: float) -> None:
        """Note that *job* has another status from its moment *at*."""
        job.status, job.changed_at = status, at
        self._house.record(journal.JobChanged(self.clock.now(), "processing", job.name, status.value))
        self.tell("processing", job.name)


# A job that is told to stop stays Stopping until it has stopped.
_NOT_WHILE_STOPPING = frozenset(
    {Secondary.STARTING, Secondary.DOWNLOADING, Secondary.TRAINING, Secondary.UPLOADING, Secondary.STOPPING}
)
