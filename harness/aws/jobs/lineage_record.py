"""The lineage of one gateway, kept up with what its jobs and endpoints do.

Trial components and artifacts of jobs are added when the lineage is looked at, from the jobs there are; those
of endpoints when they are created, since they may be deleted before anybody looks.
"""

from hashlib import sha256

import orjson

from harness.aws.aws_json import Arguments
from harness.aws.jobs.derived_house import DerivedHouse, described, model_of
from harness.aws.jobs.following import Following
from harness.aws.jobs.part import Jobs
from harness.aws.jobs.transform import Transform
from harness.errors import BackendError
from harness.gateway.chain import Exchange
from harness.jobs.lineage import Entity, Kind, Lineage
from harness.jobs.lineage_auto import (
    JOB_TYPES,
    JobKind,
    Part,
    component_name,
    parts_of,
    parts_of_model,
)

DEPLOYING = ("CreateEndpoint", "UpdateEndpoint")
# What ARNs call the entities: service authorization reference, SageMaker, resource types.
ARN_KINDS: dict[Kind, str] = {
    "Artifact": "artifact",
    "Action": "action",
    "Context": "context",
    "TrialComponent": "experiment-trial-component",
}
_NAMES: dict[JobKind, str] = {
    "training": "TrainingJobName",
    "processing": "ProcessingJobName",
    "transform": "TransformJobName",
}


class LineageRecord:
    """`graph` is the lineage; call `refresh` before it is read. Everything belongs to the gateway's loop."""

    def __init__(self, house: DerivedHouse, jobs: Jobs, transform: Transform) -> None:
        self.graph = Lineage()
        self._house = house
        self._jobs = jobs
        self._transform = transform
        self._following = Following()

    async def close(self) -> None:
        """Look at no endpoint any more."""
        await self._following.close()

    def arn(self, kind: Kind, name: str) -> str:
        """Return the ARN of an entity; an artifact's ends with digits of its own."""
        scope = f"{self._house.region}:{self._house.account}"
        return f"arn:aws:sagemaker:{scope}:{ARN_KINDS[kind]}/{name.lower()}"

    def artifact_arn(self, source_uri: str) -> str:
        """Return the ARN of the artifact of an address."""
        return self.arn("Artifact", sha256(source_uri.encode()).hexdigest()[:32])

    def heard(self, exchange: Exchange) -> None:
        """Take note of an endpoint that was made or changed."""
        if exchange.service == "sagemaker" and exchange.operation in DEPLOYING and exchange.status == 200:
            given = orjson.loads(exchange.body or b"{}")
            now = self._house.clock.now()
            self._following.begin(
                self._deployed(exchange, given["EndpointName"], given["EndpointConfigName"], now)
            )

    async def refresh(self) -> None:
        """Take in what jobs have done since, and wait for endpoints that are being looked at."""
        await self._following.settled()
        for described_job in self._jobs.trainings():
            self._job("training", described_job)
        for described_job in self._jobs.processings():
            self._job("processing", described_job)
        for described_job in self._transform.all():
            self._job("transform", described_job)

    def components(self) -> list[Arguments]:
        """Return the trial components of jobs as Search shows them."""
        return [one.given for one in self.graph.of("TrialComponent")]

    # -- jobs -----

    def _job(self, kind: JobKind, job: Arguments) -> None:
        name = job[_NAMES[kind]]
        there = self.graph.named("TrialComponent", component_name(kind, name))
        if there is not None and there.given.get("LastModifiedTime") == job.get("LastModifiedTime"):
            return  # nothing has happened to it since
        is_new = there is None
        component = self._component(kind, name, job)
        component.given |= _shown_component(kind, component, job)
        component.modified_at = max(component.modified_at, self._model_s(job.get("LastModifiedTime")))
        ready = job.get(f"{kind.capitalize()}JobStatus") == "Completed"
        for part in parts_of(kind, job):
            if part.produced and not ready:
                continue  # what a job that has not succeeded was to leave is not there
            if part.produced or is_new:
                self._link(part, component)

    def _component(self, kind: JobKind, name: str, job: Arguments) -> Entity:
        called = component_name(kind, name)
        found = self.graph.named("TrialComponent", called)
        if found is not None:
            return found
        at = self._model_s(job["CreationTime"])
        source = job[f"{kind.capitalize()}JobArn"]
        arn = self.arn("TrialComponent", called)
        return self.graph.add(Entity(arn, "TrialComponent", called, JOB_TYPES[kind], source, at, at))

    def _link(self, part: Part, component: Entity) -> None:
        artifact = self._artifact(part, component.created_at)
        if part.produced:
            self.graph.associate(component.arn, artifact.arn, "Produced", component.modified_at)
        else:
            self.graph.associate(artifact.arn, component.arn, "ContributedTo", component.created_at)

    def _artifact(self, part: Part, at: float) -> Entity:
        arn = self.artifact_arn(part.source_uri)
        return self.graph.add(Entity(arn, "Artifact", "", part.type, part.source_uri, at, at))

    # -- endpoints -----

    async def _deployed(self, exchange: Exchange, endpoint: str, config: str, at: float) -> None:
        """Add an endpoint's context, and the deployment of each model that it serves from now on."""
        given = {"EndpointConfigName": config}
        try:
            found = await described(self._house, exchange, "DescribeEndpointConfig", given) or {}
            names = [each.get("ModelName", "") for each in found.get("ProductionVariants", [])]
            models = [await model_of(self._house, exchange, name) or {} for name in names]
        except BackendError as error:
            self._house.finding("lineage-not-read", "warning", f"endpoint/{endpoint}", str(error))
            return
        context = self._context(endpoint, at)
        number = len([one for one in self.graph.of("Action") if one.source_uri == context.source_uri])
        called = f"{endpoint}-{number}-aws-endpoint" if number else f"{endpoint}-aws-endpoint"
        action = self.graph.add(
            Entity(
                self.arn("Action", called), "Action", called, "ModelDeployment", context.source_uri, at, at,
                given={"Status": "Completed"},
            )
        )  # fmt: skip
        self.graph.associate(action.arn, context.arn, "AssociatedWith", at)
        for model in models:
            for part in parts_of_model(model):
                self.graph.associate(self._artifact(part, at).arn, action.arn, "ContributedTo", at)

    def _context(self, endpoint: str, at: float) -> Entity:
        called = f"{endpoint}-aws-endpoint"
        found = self.graph.named("Context", called)
        if found is not None:
            found.modified_at = at
            return found
        scope = f"{self._house.region}:{self._house.account}"
        source = f"arn:aws:sagemaker:{scope}:endpoint/{endpoint.lower()}"
        return self.graph.add(
            Entity(self.arn("Context", called), "Context", called, "Endpoint", source, at, at)
        )

    def _model_s(self, epoch_s: float | None) -> float:
        return 0.0 if epoch_s is None else epoch_s - self._house.clock.epoch_s(0.0)


def _shown_component(kind: JobKind, component: Entity, job: Arguments) -> Arguments:
    """Return the trial component of a job as Search and Describe show it."""
    status = job.get(f"{kind.capitalize()}JobStatus", "InProgress")
    shown: Arguments = {
        "TrialComponentName": component.name,
        "DisplayName": component.name,
        "TrialComponentArn": component.arn,
        "Source": {"SourceArn": component.source_uri, "SourceType": component.type},
        "Status": {"PrimaryStatus": status},
        "CreationTime": job["CreationTime"],
        "LastModifiedTime": job.get("LastModifiedTime", job["CreationTime"]),
        "Parameters": {
            name: {"StringValue": value} for name, value in (job.get("HyperParameters") or {}).items()
        },
        "Metrics": [
            {
                "MetricName": each["MetricName"],
                "SourceArn": component.source_uri,
                "TimeStamp": each["Timestamp"],
                "Last": each["Value"],
            }
            for each in job.get("FinalMetricDataList") or ()
        ],
        "InputArtifacts": {
            part.source_uri[:64]: {"Value": part.source_uri}
            for part in parts_of(kind, job)
            if not part.produced
        },
        "OutputArtifacts": {
            f"SageMaker.{part.type}Artifact": {"Value": part.source_uri}
            for part in parts_of(kind, job)
            if part.produced
        },
    }
    for name, value in (
        ("StartTime", f"{kind.capitalize()}StartTime"),
        ("EndTime", f"{kind.capitalize()}EndTime"),
    ):
        if value in job:
            shown[name] = job[value]
    return shown
