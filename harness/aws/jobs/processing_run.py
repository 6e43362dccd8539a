"""A processing job carried out: its inputs fetched, its containers run, its outputs sent to S3.

SageMaker developer guide, "Data Processing with Framework Processors" and "How Amazon SageMaker Processing
Configures Your Processing Container": the files /opt/ml/config/processingjobconfig.json and
resourceconfig.json, and /opt/ml/output/message, whose text is the ExitMessage.
"""

import asyncio
import json
import logging
import shutil
from pathlib import Path
from time import perf_counter
from typing import Any, Protocol

from harness import journal
from harness.aws.aws_json import Refused
from harness.aws.jobs.containers import Cluster, Wanted, addresses_of, layout_of, signing_variables
from harness.aws.jobs.equipment import NO_CODE
from harness.aws.jobs.images import Images
from harness.aws.jobs.job_time import JobTime
from harness.aws.jobs.objects import Unreadable, files_below, upload
from harness.aws.jobs.processing import ProcessingJob
from harness.aws.jobs.stock import Failure, Stock
from harness.aws.jobs.tools import Machinery
from harness.aws.jobs.training_run import INTERNAL, KEEP_EVERY_S
from harness.aws.jobs.watching import Ended, Watch
from harness.jobs.billing import times
from harness.jobs.channels import Channel
from harness.jobs.layout import Layout
from harness.jobs.names import hosts, joined_url
from harness.jobs.processing_request import Transfer
from harness.jobs.program import Program, chosen
from harness.jobs.status import Status

log = logging.getLogger(__name__)

MESSAGE_CHARACTERS = 1_024


class Tools(Machinery, Protocol):
    """What a processing job tells."""

    def processed(self, job: ProcessingJob, status: Status, at: float) -> None: ...
    def logged(self, job: ProcessingJob, stream: str, lines: list[str]) -> None: ...
    def ended(self, record: journal.JobEnded) -> None: ...


class ProcessingRun:
    """Carries out *job*; everything here is awaited on the gateway's loop."""

    def __init__(self, job: ProcessingJob, tools: Tools) -> None:
        self._job = job
        self._tools = tools
        self._time: JobTime | None = None
        self._folder: Path | None = None
        self._codes: tuple[int | None, ...] = ()
        self._sent: dict[str, tuple[float, int]] = {}

    async def carry_out(self) -> None:
        """Return when the job has a last status."""
        try:
            await self._run()
        except (Failure, Refused) as error:
            self._end(Status.FAILED, str(error))
        except asyncio.CancelledError:
            self._end(Status.STOPPED)
            raise
        except Exception:
            log.exception("processing job %s", self._job.name)
            self._end(Status.FAILED, INTERNAL)
        finally:
            self._job.finished.set()

    async def _run(self) -> None:
        job, tools = self._job, self._tools
        code = tools.images.of(job.request.image)
        files = await tools.access.in_thread(Images.files, code)
        if self._program(Layout(), files) is None:
            told = NO_CODE.format(image=job.request.image)
            tools.finding("job-image-without-code", "error", f"processing-job/{job.name}", told)
            raise Failure(f"ClientError: {told}")
        if await self._slept(tools.settings.job_launch_s):
            self._end(Status.STOPPED)
            return
        start_at = job.created_at + tools.settings.job_launch_s
        seconds = code.seconds_on(job.request.instance_count) if code else None
        self._time = JobTime(tools.clock, start_at, seconds)
        job.started_at = start_at
        self._folder = await tools.access.in_thread(tools.scratch.folder, job.name[:40])
        await self._process(self._folder, files)

    async def _process(self, folder: Path, files: frozenset[str]) -> None:
        job, tools = self._job, self._tools
        access, names = tools.access, hosts(job.request.instance_count)
        who = await access.credentials(job.role, job.arn)
        s3 = await access.in_thread(access.s3, who)
        stock = Stock({name: folder / name for name in names}, s3)
        await access.in_thread(self._prepare, stock, names)
        for one in job.request.inputs:
            channel = Channel(one.name, one.url, one.data_type, one.distribution)
            await access.in_thread(stock.fetch, channel, one.local)
        signs = {} if job.request.isolated else signing_variables(who, tools.gateway_url, tools.region)
        variables = {**job.request.environment, **signs}
        addresses = addresses_of(names, job.number)
        wanted = [
            Wanted(
                name,
                folder / name,
                self._checked(layout_of(folder / name), files),
                variables,
                addresses,
                network=bool(signs) or len(names) > 1,
            )
            for name in names
        ]
        ended = await self._watched(stock, wanted, s3)
        await self._conclude(stock, ended, s3)

    async def _watched(self, stock: Stock, wanted: list[Wanted], s3: Any) -> Ended:
        job, tools, time = self._job, self._tools, self._now()
        sent_at = perf_counter()
        continuous = [one for one in job.request.outputs if one.continuous]

        async def beside() -> None:
            nonlocal sent_at
            if continuous and perf_counter() - sent_at >= KEEP_EVERY_S:
                await tools.access.in_thread(self._send, stock, s3, continuous)
                sent_at = perf_counter()

        watch = Watch(Cluster(wanted), tools.access, job.signal, self._hear, beside, tools.clock.speed)
        return await watch.run(lambda: job.request.max_runtime_s - time.span_s())

    async def _conclude(self, stock: Stock, ended: Ended, s3: Any) -> None:
        """Send the outputs, and end the job as its containers did."""
        job, access = self._job, self._tools.access
        self._codes = ended.codes
        job.exit_message = await access.in_thread(self._message, stock)
        if not ended.why and ended.failed is None:
            await self._lasted()
        await access.in_thread(self._send, stock, s3, list(job.request.outputs))
        # API reference, ProcessingStoppingCondition: "After the condition is met, the processing job is
        # stopped."
        if ended.why or job.signal.reason == "stop":
            self._end(Status.STOPPED)
        elif ended.failed is not None:
            self._end(Status.FAILED, "AlgorithmError: See job logs for more information")
        else:
            self._end(Status.COMPLETED)

    # -- files -----

    def _prepare(self, stock: Stock, names: list[str]) -> None:
        config = dict(self._job.given) | {"ProcessingJobArn": self._job.arn}
        for name in names:
            here = stock.layout(name)
            folder = Path(here.moved("/opt/ml/config"))
            folder.mkdir(parents=True)
            Path(here.output).mkdir()
            (folder / "processingjobconfig.json").write_text(json.dumps(config), encoding="utf-8")
            told = {"current_host": name, "hosts": names}
            (folder / "resourceconfig.json").write_text(json.dumps(told), encoding="utf-8")
            for one in self._job.request.outputs:
                Path(here.moved(one.local)).mkdir(parents=True, exist_ok=True)

    def _send(self, stock: Stock, s3: Any, outputs: list[Transfer]) -> None:
        """Send what is new in the folders of *outputs*. Raises Failure."""
        for one in outputs:
            for name in hosts(self._job.request.instance_count):
                folder = Path(stock.layout(name).moved(one.local))
                for path in files_below(folder):
                    seen = path.stat()
                    stamp = (seen.st_mtime, seen.st_size)
                    if self._sent.get(str(path)) == stamp:
                        continue
                    try:
                        upload(s3, path, joined_url(one.url, path.relative_to(folder).as_posix()))
                    except Unreadable as error:
                        raise Failure(
                            f"ClientError: Failed to upload output {one.name}: {error.code}: {error.message}"
                        ) from error
                    self._sent[str(path)] = stamp

    def _message(self, stock: Stock) -> str:
        for name in hosts(self._job.request.instance_count):
            path = Path(stock.layout(name).output, "message")
            if path.is_file():
                return path.read_text(encoding="utf-8", errors="replace")[:MESSAGE_CHARACTERS].strip()
        return ""

    # -- small ones -----

    def _program(self, layout: Layout, files: frozenset[str]) -> Program | None:
        asked = self._job.request
        code = self._tools.images.of(asked.image)
        return chosen(code, {}, asked.entrypoint, asked.arguments, files, layout)

    def _checked(self, layout: Layout, files: frozenset[str]) -> Program:
        found = self._program(layout, files)
        assert found is not None  # looked at before
        return found

    def _hear(self, host: str, lines: list[str]) -> None:
        epoch = int(self._tools.clock.epoch_s(self._job.created_at))
        self._tools.logged(self._job, f"{self._job.name}/{host}-{epoch}", lines)

    async def _slept(self, model_s: float) -> bool:
        clock, signal = self._tools.clock, self._job.signal
        until = clock.now() + model_s
        while (wait_s := clock.real_until(until)) > 0.0 and not signal.reason:
            await signal.wait(wait_s)
        return bool(signal.reason)

    async def _lasted(self) -> None:
        time, signal = self._now(), self._job.signal
        while (wait_s := time.wait_s()) > 0.0 and not signal.reason:
            await signal.wait(wait_s)

    def _end(self, last: Status, reason: str = "") -> None:
        """Give the job its *last* status and journal what it took."""
        job, tools, time = self._job, self._tools, self._time
        if job.is_over:
            return
        at = job.created_at if time is None else time.at()
        job.ended_at, job.failure_reason = at, reason
        tools.processed(job, last, at)
        spent = times(0.0 if time is None else time.span_s(), tools.settings, spot=False)
        tools.ended(
            journal.JobEnded(
                tools.clock.now(),
                "processing",
                job.name,
                last.value,
                reason or last.value,
                job.created_at,
                spent.training_s,
                spent.billable_s,
                job.request.instance_type,
                job.request.instance_count,
                round(0.0 if time is None else time.real_s(), 3),
                False,
                list(self._codes),
            )
        )
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def _now(self) -> JobTime:
        assert self._time is not None  # it has its instances
        return self._time
