"""The instances of a training job with all that comes into them before their program starts."""

import os
from collections.abc import Mapping
from pathlib import Path

from harness.aws.jobs.containers import LOOPBACK, Wanted, addresses_of, layout_of, signing_variables
from harness.aws.jobs.images import Images
from harness.aws.jobs.stock import Failure, Stock
from harness.aws.jobs.tools import Machinery
from harness.aws.jobs.training import TrainingJob
from harness.endpoint.capacity import instance_type
from harness.jobs.environment import Place, script_variables
from harness.jobs.layout import Layout
from harness.jobs.names import hosts
from harness.jobs.program import Code, Program, chosen

NO_CODE = (
    "No code is known here for the image {image}, and containers do not run. Declare Image(uri, code) in the "
    "scenario, serve with --image URI=FOLDER, or send the code in script mode."
)


class Equipment:
    """What runs in the instances of *job*, and with what."""

    def __init__(self, job: TrainingJob, tools: Machinery) -> None:
        self._job = job
        self._tools = tools
        self.code: Code | None = tools.images.of(job.request.image)
        self._files: frozenset[str] = frozenset()

    async def check(self) -> None:
        """Raise Failure, and tell it, where nothing says what runs: an image without code."""
        tools, image = self._tools, self._job.request.image
        self._files = await tools.access.in_thread(Images.files, self.code)
        if self._program(Layout()) is None:
            told = NO_CODE.format(image=image)
            tools.finding("job-image-without-code", "error", f"training-job/{self._job.name}", told)
            raise Failure(f"ClientError: {told}")

    def _program(self, layout: Layout) -> Program | None:
        asked = self._job.request
        return chosen(
            self.code, asked.hyperparameters, asked.entrypoint, asked.arguments, self._files, layout
        )

    async def bring(self, folder: Path) -> tuple[Stock, list[Wanted]]:
        """Return the instances, below *folder*, with their data, code and checkpoints there.

        Raises Failure, and Refused where the role cannot be assumed.
        """
        job, access = self._job, self._tools.access
        asked = job.request
        who = await access.credentials(asked.role, job.arn)
        names = hosts(asked.instance_count)
        folders = {name: folder / name for name in names}
        stock = Stock(folders, await access.in_thread(access.s3, who))
        places = [self._place(name, folders[name], names) for name in names]
        await access.in_thread(stock.prepare, places, asked.hyperparameters, asked.channels)
        for channel in asked.channels:
            await access.in_thread(stock.fetch, channel)
        program = self._program(Layout())
        if program is not None and program.submitted.startswith("s3://"):
            await access.in_thread(stock.fetch_code, program.submitted, folder)
        if asked.checkpoint_url:
            await access.in_thread(stock.restore, asked.checkpoint_url, asked.checkpoint_path)
        isolated = bool(job.given.get("EnableNetworkIsolation"))
        signs = {} if isolated else signing_variables(who, self._tools.gateway_url, self._tools.region)
        return stock, [self._wanted(place, folders, signs) for place in places]

    def _wanted(self, place: Place, folders: Mapping[str, Path], signs: Mapping[str, str]) -> Wanted:
        program = self._program(place.layout)
        assert program is not None  # checked before
        return Wanted(
            place.host,
            folders[place.host],
            program,
            {**self._variables(place), **signs},
            addresses_of(place.hosts, self._job.number),
            # Guide, "Run Training and Inference Containers in Internet-Free Mode": no call goes out, and the
            # instances of one job still see each other.
            network=bool(signs) or len(place.hosts) > 1,
        )

    def _place(self, host: str, folder: Path, names: list[str]) -> Place:
        kind = self._job.request.instance_type
        known = instance_type(kind)
        return Place(
            host=host,
            hosts=names,
            instance_type=kind,
            cpus=known.vcpu if known else os.cpu_count() or 1,
            interface=LOOPBACK,
            layout=layout_of(folder),
        )

    def _variables(self, place: Place) -> dict[str, str]:
        job = self._job
        return {
            **script_variables(place, job.request.channels, job.request.hyperparameters),
            "TRAINING_JOB_NAME": job.name,
            "TRAINING_JOB_ARN": job.arn,
            "CURRENT_HOST": place.host,
            "DMLC_INTERFACE": place.interface,
            **job.request.environment,
        }
