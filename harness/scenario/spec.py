"""A scenario: one value that says what is deployed, what happens to it and what must hold afterwards."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, TypeAlias, TypeVar

from harness.compute.settings import ComputeSettings
from harness.endpoint.settings import EndpointSettings
from harness.errors import ScenarioError
from harness.functions.settings import FunctionSettings
from harness.jobs.settings import JobSettings
from harness.scaling.settings import ScalingSettings
from harness.scenario.checks import check_name, check_positive
from harness.scenario.compute import MachineImage, SpotMarket
from harness.scenario.expectations.expectation import Expectation
from harness.scenario.faults import Fault
from harness.scenario.functions import EventSource, Function
from harness.scenario.functions_check import check_functions
from harness.scenario.images import Image
from harness.scenario.labelling import Workteam
from harness.scenario.messaging import Queue, Subscription, Table, Topic, Webhook
from harness.scenario.named import everything, of_type
from harness.scenario.programs import Program
from harness.scenario.resources import Bucket, Endpoint, Model, Role, VpcEndpoint
from harness.scenario.spec_check import (
    check_expectations,
    check_faults_of,
    check_limits,
    check_models,
    check_roles,
    check_unique,
    check_workload,
)
from harness.scenario.stack import Stack
from harness.scenario.triggers import HttpApi, Notification, Rule, Timer, Trigger
from harness.scenario.workload import Named, OpenModel
from harness.thresholds.threshold import Threshold, as_thresholds

CORRECTED = "corrected"
AS_WRITTEN = "as-written"
DEFAULT_CLOCK = "compressed:60"

# What subscriptions, programs, functions and triggers name comes with them; declared again, nothing changes.
Resource: TypeAlias = (
    Endpoint
    | Topic
    | Queue
    | Subscription
    | Webhook
    | Table
    | Role
    | Bucket
    | VpcEndpoint
    | Function
    | EventSource
    | Trigger
    | MachineImage
    | SpotMarket
    | Image
    | Workteam
)

T = TypeVar("T")

_ENDPOINT_SETTINGS = frozenset(f.name for f in fields(EndpointSettings))
_SCALING_SETTINGS = frozenset(f.name for f in fields(ScalingSettings))
_FUNCTION_SETTINGS = frozenset(f.name for f in fields(FunctionSettings))
_COMPUTE_SETTINGS = frozenset(f.name for f in fields(ComputeSettings))
_JOB_SETTINGS = frozenset(f.name for f in fields(JobSettings))


@dataclass(frozen=True, slots=True)
class Settle:
    """How long the run goes on when the load is over: until every endpoint is back at its minimum capacity
    and every queue that a program or function reads is empty, but at most `at_most_s` model seconds."""

    at_most_s: float

    def __post_init__(self) -> None:
        check_positive("Settle: at_most_s", self.at_most_s)


@dataclass(frozen=True, slots=True)
class Variant:
    """The pipeline as its authors wrote it: the fields that differ, the defect, and what must therefore fail.

    A field left at None is the same as in the corrected scenario. `must_fail` names the expectations that the
    defect breaks; the variant reproduces the original only if exactly these fail.
    """

    defect: str
    must_fail: tuple[str, ...]
    resources: Sequence[Resource] | None = None
    workload: Sequence[OpenModel] | None = None
    programs: Sequence[Program] | None = None
    faults: Sequence[Fault] | None = None
    expectations: Sequence[Expectation] | None = None
    settle: Settle | None = None
    stack: Stack | None = None
    thresholds: Sequence[str | Threshold] | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """Everything a rehearsal needs. The models and roles of its `resources` come with them, and whatever a
    subscription, a program, a function, a trigger or the load names.

    `clock` is the one that suits the scenario where the command line names none. `settings` are figures of
    the endpoint, scaling and function models by name (`harness.endpoint.settings` and the like), where the
    scenario departs from their defaults. With a `stack` it is the stack that makes the `resources`, which are
    what it holds (`stack.resources`). `thresholds` are expectations in one line each, as 'p(99)<800ms'
    (docs/how-to/thresholds.md). The last three fields are filled in by `resolve`.
    """

    name: str
    description: str
    resources: Sequence[Resource]
    expectations: Sequence[Expectation]
    workload: Sequence[OpenModel] = ()
    programs: Sequence[Program] = ()
    faults: Sequence[Fault] = ()
    settle: Settle | None = None
    clock: str = DEFAULT_CLOCK
    as_written: Variant | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    stack: Stack | None = None
    thresholds: Sequence[str | Threshold] = ()
    variant: str = CORRECTED
    defect: str = ""
    must_fail: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_name("Scenario", self.name)
        who = f"Scenario {self.name!r}"
        check_unique(who, "endpoints are called", (endpoint.name for endpoint in self.endpoints))
        check_unique(who, "topics are called", (topic.aws_name for topic in self.topics))
        check_unique(who, "queues are called", (queue.aws_name for queue in self.queues))
        check_unique(who, "webhooks are called", (webhook.name for webhook in self.webhooks))
        check_unique(who, "tables are called", (table.name for table in self.tables))
        check_unique(who, "buckets are called", (bucket.name for bucket in self.buckets))
        check_unique(who, "VPC endpoints are called", (one.id for one in self.vpc_endpoints))
        check_unique(who, "machine images are called", (one.id for one in self.machine_images))
        check_unique(who, "work teams are called", (one.name for one in self.workteams))
        check_unique(who, "spot markets are of", (one.instance_type for one in self.spot_markets))
        check_unique(who, "programs are called", (program.name for program in self.programs))
        check_unique(who, "parts of the workload are called", (load.label for load in self.workload))
        check_models(who, self.resources, self.endpoints)
        check_roles(who, self._roles())
        check_expectations(who, self.expectations, self.must_fail, self.limits)
        known = self._settings_known(who)
        if self.stack is None:  # a stack may well lack what Lambda wants: that is to be seen, not refused
            check_functions(who, self._everything(), known.account_concurrency)
        targets: list[Named] = [*self.endpoints, *self.topics, *self.queues, *self.functions, *self.http_apis]
        check_workload(who, self.workload, targets)
        check_faults_of(who, self)
        if self.variant == CORRECTED:  # the load of the other may be another one
            check_limits(who, self.limits, self.workload)
        if self.variant == CORRECTED and self.as_written is not None:
            self.resolve(AS_WRITTEN)

    def _settings_known(self, who: str) -> FunctionSettings:
        """Return the settings of functions; raise ScenarioError for a setting that no model has."""
        known = sorted(
            _ENDPOINT_SETTINGS | _SCALING_SETTINGS | _FUNCTION_SETTINGS | _COMPUTE_SETTINGS | _JOB_SETTINGS
        )
        for name in self.settings:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1) or known
                raise ScenarioError(f"{who}: settings has no {name!r}; did you mean {near[0]!r}?")
        try:
            _ = self.endpoint_settings, self.scaling_settings, self.job_settings, self.compute_settings
            return self.function_settings
        except TypeError as error:
            raise ScenarioError(f"{who}: settings holds a value of the wrong kind ({error})") from error

    @property
    def limits(self) -> tuple[Threshold, ...]:
        """The thresholds, each once; raises ScenarioError for one that is none."""
        return as_thresholds(self.thresholds)

    @property
    def variants(self) -> tuple[str, ...]:
        """The variants there are, the one that must pass first."""
        return (CORRECTED, AS_WRITTEN) if self.as_written else (CORRECTED,)

    def resolve(self, variant: str) -> "Scenario":
        """Return the scenario as *variant* has it; raise ScenarioError naming the ones there are."""
        if variant == CORRECTED:
            return self
        if variant != AS_WRITTEN or self.as_written is None:
            raise ScenarioError(
                f"Scenario {self.name!r} has no variant {variant!r}; it has {' and '.join(self.variants)}"
            )
        written = self.as_written
        given = {f.name: getattr(written, f.name) for f in fields(Variant)}
        changed = {name: value for name, value in given.items() if value is not None}
        return replace(self, variant=variant, **changed)

    @property
    def endpoints(self) -> list[Endpoint]:
        """The endpoints, in order."""
        return [one for one in self.resources if isinstance(one, Endpoint)]

    @property
    def subscriptions(self) -> list[Subscription]:
        """The subscriptions, in order."""
        return [one for one in self.resources if isinstance(one, Subscription)]

    @property
    def topics(self) -> list[Topic]:
        """The topics declared, and those that subscriptions, queue policies and the load name, each once."""
        found = [one for one in self.resources if isinstance(one, Topic)]
        found += [one.topic for one in self.subscriptions]
        found += [one for queue in self.queues for one in queue.accepts if isinstance(one, Topic)]
        found += [load.endpoint for load in self.workload if isinstance(load.endpoint, Topic)]
        return list(dict.fromkeys([*found, *of_type(self._everything(), Topic)]))

    @property
    def queues(self) -> list[Queue]:
        """The queues declared and named, with their dead-letter queues, each once."""
        named = [one for one in self.resources if isinstance(one, Queue)]
        named += [one.endpoint for one in self.subscriptions if isinstance(one.endpoint, Queue)]
        named += [queue for program in self.programs for queue in program.reads]
        named += [load.endpoint for load in self.workload if isinstance(load.endpoint, Queue)]
        named += of_type(self._everything(), Queue)
        found: list[Queue] = []
        for queue in named:
            one: Queue | None = queue
            while one is not None:
                found.append(one)
                one = one.dead_letter
        return list(dict.fromkeys(found))

    @property
    def webhooks(self) -> list[Webhook]:
        """The webhooks declared or subscribed, each once."""
        found = [one for one in self.resources if isinstance(one, Webhook)]
        found += [one.endpoint for one in self.subscriptions if isinstance(one.endpoint, Webhook)]
        return list(dict.fromkeys(found))

    @property
    def tables(self) -> list[Table]:
        """The tables declared, and those that functions name, in order."""
        return self._declared_and_named(Table)

    @property
    def images(self) -> list[Image]:
        """The container images that code is declared for, in order."""
        return [one for one in self.resources if isinstance(one, Image)]

    @property
    def workteams(self) -> list[Workteam]:
        """The work teams of labelling jobs, in order."""
        return [one for one in self.resources if isinstance(one, Workteam)]

    @property
    def functions(self) -> list[Function]:
        """The functions declared, and those that triggers and the load name, each once."""
        return of_type(self._everything(), Function)

    @property
    def event_sources(self) -> list[EventSource]:
        """The event source mappings, in order."""
        return [one for one in self.resources if isinstance(one, EventSource)]

    @property
    def rules(self) -> list[Timer | Rule]:
        """The timers and rules of EventBridge that are declared, in order."""
        return [one for one in self.resources if isinstance(one, Timer | Rule)]

    @property
    def notifications(self) -> list[Notification]:
        """What buckets tell of their objects, in order."""
        return [one for one in self.resources if isinstance(one, Notification)]

    @property
    def http_apis(self) -> list[HttpApi]:
        """The HTTP APIs declared or called by the load, each once."""
        return of_type(self._everything(), HttpApi)

    def _declared_and_named(self, kind: type[T]) -> list[T]:
        declared = [one for one in self.resources if isinstance(one, kind)]
        return declared + [one for one in of_type(self._everything(), kind) if one not in declared]

    def _everything(self) -> list[Any]:
        """Return all that is declared or named, however far."""
        return everything([*self.resources, *(load.endpoint for load in self.workload)])

    @property
    def models(self) -> list[Model]:
        """The models of the endpoints, each once, in order."""
        return list({endpoint.model.name: endpoint.model for endpoint in self.endpoints}.values())

    @property
    def roles(self) -> list[Role]:
        """The roles declared, of the models, of whoever sends the load and of the programs, each once."""
        return list({role.name: role for role in self._roles()}.values())

    def _roles(self) -> list[Role]:
        senders = (load.as_role for load in self.workload)
        return [
            *(one for one in self.resources if isinstance(one, Role)),
            *(model.role for model in self.models),
            *(role for role in senders if isinstance(role, Role)),
            *(program.role for program in self.programs if program.role is not None),
            *of_type(self._everything(), Role),
        ]

    @property
    def buckets(self) -> list[Bucket]:
        """The buckets declared, and those that functions and notifications name, in order."""
        return self._declared_and_named(Bucket)

    @property
    def vpc_endpoints(self) -> list[VpcEndpoint]:
        """The VPC endpoints declared, and those that programs call through, each once."""
        found = [one for one in self.resources if isinstance(one, VpcEndpoint)]
        for program in self.programs:
            if program.via is not None and program.via not in found:
                found.append(program.via)
        return found

    @property
    def endpoint_settings(self) -> EndpointSettings:
        """How endpoints launch, serve and fail in this scenario."""
        return EndpointSettings(**{k: v for k, v in self.settings.items() if k in _ENDPOINT_SETTINGS})

    @property
    def scaling_settings(self) -> ScalingSettings:
        """How metrics, alarms and scaling work in this scenario."""
        return ScalingSettings(**{k: v for k, v in self.settings.items() if k in _SCALING_SETTINGS})

    @property
    def job_settings(self) -> JobSettings:
        """How SageMaker's jobs are launched, and what spot capacity is like, in this scenario."""
        return JobSettings(**{k: v for k, v in self.settings.items() if k in _JOB_SETTINGS})

    @property
    def machine_images(self) -> list[MachineImage]:
        """The images of EC2 whose programs run here, in order."""
        return [one for one in self.resources if isinstance(one, MachineImage)]

    @property
    def spot_markets(self) -> list[SpotMarket]:
        """The spot prices that the scenario gives, in order."""
        return [one for one in self.resources if isinstance(one, SpotMarket)]

    @property
    def compute_settings(self) -> ComputeSettings:
        """How instances and spot requests of EC2 live in this scenario."""
        return ComputeSettings(**{k: v for k, v in self.settings.items() if k in _COMPUTE_SETTINGS})

    @property
    def function_settings(self) -> FunctionSettings:
        """How Lambda admits, scales and retries in this scenario."""
        return FunctionSettings(**{k: v for k, v in self.settings.items() if k in _FUNCTION_SETTINGS})
