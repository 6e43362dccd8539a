"""The jobs above jobs as a part of the stage: tuning, batch transform, labelling, and Search and lineage."""

from collections.abc import Mapping

from harness.aws.aws_json import Arguments
from harness.aws.jobs.derived_house import DerivedHouse
from harness.aws.jobs.labelling import LabellingJobs
from harness.aws.jobs.lineage import LineageApi
from harness.aws.jobs.lineage_record import LineageRecord
from harness.aws.jobs.part import Jobs
from harness.aws.jobs.search import Search
from harness.aws.jobs.transform import Transform
from harness.aws.jobs.tuning import Tuning
from harness.gateway.chain import Exchange, Handler
from harness.jobs.workteam import Team


class DerivedJobs:
    """For one gateway. But for the constructor, everything belongs to its loop.

    `handlers` come before those that only forward; `heard` takes each call that is over. *teams* are the work
    teams of labelling jobs, by name.
    """

    def __init__(
        self, house: DerivedHouse, jobs: Jobs, *, seed: int | str, teams: Mapping[str, Team] | None = None
    ) -> None:
        self._house = house
        self._jobs = jobs
        self.tuning = Tuning(house, jobs, seed)
        self.transform = Transform(house, jobs)
        self.labelling = LabellingJobs(house, jobs, teams or {})
        self.lineage = LineageRecord(house, jobs, self.transform)
        own = {
            "TrainingJob": self._trainings,
            "HyperParameterTuningJob": self._tunings,
            "Endpoint": self._endpoints,
            "ExperimentTrialComponent": self._components,
        }
        self.handlers: list[Handler] = [
            self.tuning.handle,
            self.transform.handle,
            self.labelling.handle,
            LineageApi(house, self.lineage, jobs.tags).handle,
            Search(house, own, jobs.tags).handle,
        ]

    def heard(self, exchange: Exchange) -> None:
        """Take note of a call that is over."""
        self.lineage.heard(exchange)

    async def rest(self) -> None:
        """Start, follow and label nothing any more: roles are about to go."""
        await self.tuning.close()
        await self.transform.close()
        await self.labelling.close()
        await self.lineage.close()

    @property
    def under_way(self) -> list[str]:
        """The names of the jobs that have not ended."""
        return [*self.tuning.under_way, *self.transform.under_way, *self.labelling.under_way]

    # -- what Search finds of ours -----

    async def _trainings(self) -> list[Arguments]:
        return self._jobs.trainings()

    async def _tunings(self) -> list[Arguments]:
        return self.tuning.all()

    async def _components(self) -> list[Arguments]:
        await self.lineage.refresh()
        return self.lineage.components()

    async def _endpoints(self) -> list[Arguments]:
        """Return the endpoints with the members that Search shows of each."""
        epoch = self._house.clock.epoch_s
        scope = f"{self._house.region}:{self._house.account}"
        return [
            {
                "EndpointName": view.name,
                "EndpointArn": f"arn:aws:sagemaker:{scope}:endpoint/{view.name.lower()}",
                "EndpointConfigName": view.config_name,
                "EndpointStatus": view.status.value,
                "CreationTime": epoch(view.created_at),
                "LastModifiedTime": epoch(view.modified_at),
            }
            for view in self._house.views()
        ]
