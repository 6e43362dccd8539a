"""A training job carried out: launched, its data fetched, its containers run, what they leave sent to S3.

SageMaker developer guide, "Train a Model with Amazon SageMaker" and "Managed Spot Training in Amazon
SageMaker AI"; API reference, StopTrainingJob and StoppingCondition.
"""

import asyncio
import logging
import shutil
from pathlib import Path
from time import perf_counter

from harness import journal
from harness.aws.aws_json import Refused
from harness.aws.jobs.containers import Cluster, Wanted
from harness.aws.jobs.equipment import Equipment
from harness.aws.jobs.job_time import JobTime
from harness.aws.jobs.stock import Failure, Stock
from harness.aws.jobs.tools import Tools
from harness.aws.jobs.training import TrainingJob
from harness.aws.jobs.watching import Ended, Watch
from harness.jobs.billing import times
from harness.jobs.metrics import Definitions
from harness.jobs.names import joined_url
from harness.jobs.status import Secondary

log = logging.getLogger(__name__)

# Checkpoints are sent "in near real time" (guide, "Use checkpoints in Amazon SageMaker AI"); real seconds.
KEEP_EVERY_S = 0.5
MOST_MESSAGE = 500  # characters of a last line in FailureReason
INTERNAL = "InternalServerError: We encountered an internal error. Please try again."


class TrainingRun:
    """Carries out *job*; everything here is awaited on the gateway's loop."""

    def __init__(self, job: TrainingJob, tools: Tools) -> None:
        self._job = job
        self._tools = tools
        self._definitions = Definitions.of(job.request.metrics)
        self._span_s = 0.0  # of the attempts before this one
        self._real_s = 0.0
        self._attempt = 0
        self._codes: tuple[int | None, ...] = ()
        self._time: JobTime | None = None
        self._folder: Path | None = None
        self._last_lines: dict[str, str] = {}  # of each host

    async def carry_out(self) -> None:
        """Return when the job has a last status."""
        try:
            while not await self._attempted():
                self._attempt += 1
        except (Failure, Refused) as error:
            self._end(Secondary.FAILED, str(error))
        except asyncio.CancelledError:
            self._tools.finding(
                "job-not-over",
                "warning",
                f"training-job/{self._job.name}",
                f"{self._job.name} had not ended when the rehearsal did, and was stopped.",
            )
            self._end(Secondary.STOPPED)
            raise
        except Exception as error:
            log.exception("training job %s", self._job.name)
            self._tools.finding(
                "job-not-carried-out",
                "error",
                f"training-job/{self._job.name}",
                f"The rehearsal itself failed to carry out {self._job.name}: {type(error).__name__}: {error}",
            )
            self._end(Secondary.FAILED, INTERNAL)
        finally:
            self._job.finished.set()

    # -- one attempt -----

    async def _attempted(self) -> bool:
        """Return whether the job is over; False where its spot capacity was taken back."""
        job, tools = self._job, self._tools
        begins_at = job.created_at if self._time is None else self._time.at() + tools.settings.spot_wait_s
        if self._attempt:
            if await self._slept(tools.settings.spot_wait_s):
                return self._end(Secondary.STOPPED)
            if self._waited_too_long(begins_at):
                return self._end(Secondary.MAX_WAIT_TIME_EXCEEDED)
            tools.changed(job, Secondary.STARTING, begins_at)
        equipment = Equipment(job, tools)
        await equipment.check()
        if await self._slept(tools.settings.job_launch_s):
            return self._end(Secondary.STOPPED)
        code = equipment.code
        seconds = code.seconds_on(job.request.instance_count) if code else None
        start_at = begins_at + tools.settings.job_launch_s
        self._time = JobTime(tools.clock, start_at, None if seconds is None else seconds - self._span_s)
        if job.started_at is None:
            job.started_at = start_at
        tools.changed(job, Secondary.DOWNLOADING, start_at)
        return await self._on_instances(equipment)

    async def _on_instances(self, equipment: Equipment) -> bool:
        job, tools, time = self._job, self._tools, self._now()
        self._folder = await tools.access.in_thread(tools.scratch.folder, job.name[:40])
        stock, wanted = await equipment.bring(self._folder)
        tools.changed(job, Secondary.TRAINING, time.at())
        ended = await self._watched(stock, wanted)
        self._codes = ended.codes
        await self._kept(stock)
        if ended.why == "interrupt":
            return self._interrupted()
        if ended.failed is not None and not ended.why:
            raise Failure(await self._failure(stock, ended))
        if not ended.why:
            await self._lasted()
        return await self._sent(stock, ended)

    def _interrupted(self) -> bool:
        time = self._now()
        self._tools.changed(self._job, Secondary.INTERRUPTED, time.at())
        self._span_s += time.span_s()
        self._real_s += time.real_s()
        self._job.signal.clear()
        return False

    async def _sent(self, stock: Stock, ended: Ended) -> bool:
        """Send what the job leaves, and end it."""
        job, time = self._job, self._now()
        stopped = bool(ended.why or job.signal.reason == "stop")
        if ended.why == "runtime":
            self._tools.changed(job, Secondary.STOPPING, time.at())
        elif not stopped:
            self._tools.changed(job, Secondary.UPLOADING, time.at())
        assert self._folder is not None
        url = joined_url(job.request.output, job.name, "output")
        job.artefact, _ = await self._tools.access.in_thread(stock.send, url, self._folder)
        if ended.why == "runtime":
            return self._end(Secondary.MAX_RUNTIME_EXCEEDED)
        return self._end(Secondary.STOPPED if stopped else Secondary.COMPLETED)

    # -- while it runs -----

    async def _watched(self, stock: Stock, wanted: list[Wanted]) -> Ended:
        request, time = self._job.request, self._now()
        kept_at = perf_counter()

        async def beside() -> None:
            nonlocal kept_at
            if request.checkpoint_url and perf_counter() - kept_at >= KEEP_EVERY_S:
                await self._kept(stock)
                kept_at = perf_counter()

        def left_s() -> float:
            return request.max_runtime_s - self._span_s - time.span_s()

        clock = self._tools.clock
        watch = Watch(Cluster(wanted), self._tools.access, self._job.signal, self._hear, beside, clock.speed)
        return await watch.run(left_s)

    def _hear(self, host: str, lines: list[str]) -> None:
        at = self._now().at()
        epoch = int(self._tools.clock.epoch_s(self._job.created_at))
        self._tools.logged(self._job, f"{self._job.name}/{host}-{epoch}", lines)
        self._last_lines[host] = lines[-1]
        for line in lines:
            for metric, value in self._definitions.read(line):
                self._tools.measured(self._job, metric, value, at)

    async def _kept(self, stock: Stock) -> None:
        request = self._job.request
        if request.checkpoint_url:
            await self._tools.access.in_thread(stock.keep, request.checkpoint_url, request.checkpoint_path)

    async def _lasted(self) -> None:
        """Wait until a modelled job has lasted as long as it is to, or is asked to stop."""
        time, signal = self._now(), self._job.signal
        while (wait_s := time.wait_s()) > 0.0 and signal.reason != "stop":
            if time.span_s() + self._span_s >= self._job.request.max_runtime_s:
                return
            signal.clear()  # what is done cannot be interrupted
            await signal.wait(min(wait_s, 1.0))

    async def _slept(self, model_s: float) -> bool:
        """Let *model_s* pass; return whether the job was asked to stop meanwhile."""
        clock, signal = self._tools.clock, self._job.signal
        until = clock.now() + model_s
        while (wait_s := clock.real_until(until)) > 0.0 and signal.reason != "stop":
            signal.clear()  # there is no capacity yet that could be taken back
            await signal.wait(wait_s)
        return signal.reason == "stop"

    def _waited_too_long(self, at: float) -> bool:
        most_s = self._job.request.max_wait_s
        return most_s is not None and at - self._job.created_at >= most_s

    # -- how it ends -----

    async def _failure(self, stock: Stock, ended: Ended) -> str:
        """Return FailureReason: what the program wrote, else what AWS's framework images write for it."""
        said = await self._tools.access.in_thread(stock.failure)
        number, code = next((number, code) for number, code in enumerate(ended.codes) if code)
        line = self._last_lines.get(f"algo-{number + 1}", "")
        if not said and line:
            said = f'ExecuteUserScriptError:\nExitCode {code}\nErrorMessage "{line[:MOST_MESSAGE]}"'
        return f"AlgorithmError: {said}, exit code: {code}"

    def _end(self, last: Secondary, reason: str = "") -> bool:
        """Give the job its *last* status and journal what it took; return True."""
        job, tools = self._job, self._tools
        if job.is_over:
            return True
        time = self._time
        at = job.created_at if time is None else time.at()
        at = max(at, job.history.changed_at)
        span_s = self._span_s + (0.0 if time is None or self._between_attempts() else time.span_s())
        job.times = times(span_s, tools.settings, spot=job.request.spot)
        job.ended_at, job.failure_reason = at, reason
        tools.changed(job, last, at)
        tools.ended(
            journal.JobEnded(
                tools.clock.now(),
                "training",
                job.name,
                job.status.value,
                reason or last.value,
                job.created_at,
                job.times.training_s,
                job.times.billable_s,
                job.request.instance_type,
                job.request.instance_count,
                round(self._real_s + (0.0 if time is None else time.real_s()), 3),
                job.request.spot,
                list(self._codes),
                job.artefact,
            )
        )
        self._clear()
        return True

    def _between_attempts(self) -> bool:
        return self._job.history.secondary in (Secondary.INTERRUPTED, Secondary.STARTING)

    def _clear(self) -> None:
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def _now(self) -> JobTime:
        assert self._time is not None  # an attempt has begun
        return self._time
