"""The stage: the modelled endpoints as a part of the gateway, told to the journal and shown in CloudWatch.

It holds the pure world of `harness.endpoint` and what really predicts behind it. Everything here runs on the
gateway's loop, but for the methods that say otherwise.
"""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from harness import journal
from harness.aws.assumptions import Assumptions, assumptions_of
from harness.aws.autoscaling import AutoScaling
from harness.aws.compute.part import DeclaredCompute, Ec2
from harness.aws.event_sources import EventSources, Timers
from harness.aws.functions.part import Functions, Modelled
from harness.aws.invoke import PAYLOAD_LIMIT_BYTES, Invoker
from harness.aws.jobs.derived import DerivedJobs
from harness.aws.jobs.part import Jobs
from harness.aws.message_plane import Declared, MessagePlane
from harness.aws.metric_alarms import MetricAlarms
from harness.aws.permission import Mode
from harness.aws.permission.off import NoPermission
from harness.aws.sagemaker import SageMaker
from harness.aws.scaling_tags import ScalingTags
from harness.aws.shown import Shown
from harness.aws.stacks.part import Stacks
from harness.aws.staged_endpoints import StagedEndpoints
from harness.aws.tagging import Tagging
from harness.clock import Clock
from harness.config import Settings
from harness.endpoint.settings import EndpointSettings
from harness.endpoint.world import World
from harness.functions.settings import FunctionSettings
from harness.gateway.chain import Address, Exchange, Handler
from harness.gateway.fetch import Fetcher
from harness.gateway.handlers import Invocation
from harness.gateway.server import ServerThread
from harness.gateway.splice import Pool
from harness.jobs.program import Code
from harness.jobs.settings import JobSettings
from harness.jobs.workteam import Team
from harness.scaling.settings import ScalingSettings

if TYPE_CHECKING:
    from harness.aws.permission.part import Permission
    from harness.scenario.faults import ZoneFailure

__all__ = ["Assumptions", "Stage", "assumptions_of"]

T = TypeVar("T")
Wanted = Callable[[journal.PermissionUsed], bool]


class Stage(StagedEndpoints):
    """The modelled part of AWS behind one gateway; `handlers` is its part of the request path.

    *payload_limit_bytes* is the most that one InvokeEndpoint may carry. *declared* is what the scenario says
    of messaging; *before* are handlers that come before all others, faults say. *iam* says whether policies
    are enforced; *wanted_refusals* are no findings. *functions* says how long functions take, *images* which
    code runs for which container image.
    """

    def __init__(
        self,
        clock: Clock,
        record: Callable[[journal.Record], None],
        route: Callable[[str], Address],
        settings: Settings,
        *,
        seed: int,
        assumptions: Mapping[str, Assumptions] | None = None,
        endpoint_settings: EndpointSettings | None = None,
        scaling_settings: ScalingSettings | None = None,
        payload_limit_bytes: int = PAYLOAD_LIMIT_BYTES,
        declared: Declared | None = None,
        before: Sequence[Handler] = (),
        iam: Mode = Mode.OFF,
        wanted_refusals: Wanted = lambda _: False,
        functions: Modelled | None = None,
        function_settings: FunctionSettings | None = None,
        images: Mapping[str, Code] | None = None,
        job_settings: JobSettings | None = None,
        teams: Mapping[str, Team] | None = None,
        compute: DeclaredCompute | None = None,
    ) -> None:
        self.clock, self.record, self.route = clock, record, route
        self.region, self.account = settings.region, settings.account_id
        self.gateway_url = ""  # what handlers and pollers call, once the server listens
        self.pool = Pool()
        fetcher = Fetcher(self.pool, judged=iam is not Mode.OFF)
        self.shown = Shown(self)
        self._stage_endpoints(
            fetcher,
            World(
                seed=seed,
                endpoint_settings=endpoint_settings,
                scaling_settings=scaling_settings,
                epoch_s=clock.epoch_s(0.0),
            ),
            assumptions,
        )
        self._invoker = Invoker(self, payload_limit_bytes)
        self.messaging = self._messaging(declared or Declared(), fetcher)
        self.permission = self._permission(iam, fetcher, wanted_refusals)
        self._judges = self.permission.mode is not Mode.OFF
        self.functions = Functions(
            self,
            fetcher,
            self.backend.repeat,
            self.shown.show,
            seed=seed,
            modelled=functions,
            settings=function_settings,
        )
        self.event_sources, self.timers = EventSources(self), Timers(self)
        self.jobs = Jobs(self, images, job_settings)
        self.derived_jobs = DerivedJobs(self, self.jobs, seed=seed, teams=teams)
        self.compute = Ec2(self, fetcher, compute or DeclaredCompute(), seed=seed)
        self.stacks = Stacks(self)
        self.handlers = self._request_path(before)
        self._thread: ServerThread | None = None

    def _messaging(self, declared: Declared, fetcher: Fetcher) -> MessagePlane:
        scope = {"region": self.region, "account": self.account}
        return MessagePlane(declared, self.clock, self.record, fetcher, self.route, self.shown.show, **scope)

    def _request_path(self, before: Sequence[Handler]) -> list[Handler]:
        sagemaker, scaling_tags = SageMaker(self), ScalingTags()
        return [
            *self.permission.first,
            *before,
            self._invoker.handle,  # there are most of them by far
            *self.functions.handlers,
            *self.messaging.first,
            *self.jobs.handlers,
            *self.derived_jobs.handlers,
            self.catalogue.handle,
            sagemaker.handle,
            Tagging(self, sagemaker.tags).handle,
            AutoScaling(self, scaling_tags.of).handle,
            scaling_tags.handle,
            MetricAlarms(self).handle,
            *self.event_sources.handlers,
            *self.timers.handlers,
            *self.compute.handlers,
            *self.stacks.handlers,
            *self.permission.last,
            *self.messaging.last,
        ]

    def _permission(self, iam: Mode, fetcher: Fetcher, wanted: Wanted) -> "Permission | NoPermission":
        scope = {"region": self.region, "account": self.account}
        if iam is Mode.OFF:
            return NoPermission(self.clock, fetcher, self.route, **scope)
        from harness.aws.permission.part import Permission  # with all the tables of IAM

        return Permission(
            iam, self.clock, self.record, fetcher, self.route, self.finding, wanted=wanted, **scope
        )

    @property
    def short_way(self) -> bool:
        """Whether invocations may leave handlers out: nobody who judges or breaks requests comes first."""
        first = [*self.permission.first, self._invoker.handle]
        return not self._judges and self.handlers[: len(first)] == first

    # -- life, from outside the loop -----

    def open(self, thread: ServerThread) -> None:
        """Take *thread*'s loop, on which the handlers are about to run, as its own."""
        self._thread = thread
        self.shown.mirror.start()

    async def begin(self, gateway_url: str) -> None:
        """Let what acts by itself begin: the server listens at *gateway_url*."""
        self.gateway_url = gateway_url
        await self.functions.open()
        await self.jobs.open()
        await self.event_sources.start()
        await self.timers.start()

    async def learn(self) -> None:
        """Take in what the backend has already: made by a stack, or past the gateway."""
        await self.messaging.learn()
        await self.event_sources.learn()
        await self.timers.learn()

    async def rest(self) -> None:
        """Let nothing begin by itself any more: what is left is about to be counted and removed."""
        await self.timers.close()
        await self.event_sources.close()
        await self.functions.rest()
        await self.derived_jobs.rest()
        await self.jobs.rest()
        await self.compute.close()

    async def conclude(self) -> None:
        """End what acts by itself, and journal what is known at the end of a run."""
        await self.stacks.close()
        await self.shown.alarms.close()
        await self.timers.close()
        await self.event_sources.close()
        await self.functions.close()
        await self.derived_jobs.rest()
        await self.jobs.close()
        await self.compute.close()
        await self.messaging.conclude()
        await self.permission.conclude()
        self.permission.close()

    def heard(self, exchange: Exchange) -> None:
        """Take note of a call that is over, before its client can send the next; on the gateway's loop."""
        if self._judges:
            self.permission.heard(exchange)
            self.messaging.heard(exchange)
        if isinstance(exchange.detail, Invocation):  # it changes nothing that anybody keeps
            return
        self.functions.heard(exchange)
        self.derived_jobs.heard(exchange)

    def close(self) -> None:
        """Show what is not yet shown. To be called when the server has stopped."""
        self._thread = None
        self.shown.mirror.close()

    def finding(
        self,
        rule: str,
        severity: str,
        resource: str,
        message: str,
        source: str = "",
        *,
        at: float | None = None,
    ) -> None:
        """Journal something that a client should know about its calls."""
        moment = self.living.now() if at is None else at
        self.record(journal.Finding(moment, rule, severity, resource, message, source))

    def not_covered(self, resource: str, name: str, why: str) -> None:
        """Journal that *name*, something that scales *resource*, is stored and not acted on."""
        self.finding(
            "scaling-policy-not-covered",
            "error",
            resource,
            f"{name!r} is stored but not acted on, so this run says nothing about it. {why}",
        )

    # -- for the runner, from outside the loop -----

    def inject(self, fault: "ZoneFailure") -> None:
        """Break what *fault* names, now."""
        self._on_loop(lambda: self._inject(fault))

    def _inject(self, fault: "ZoneFailure") -> None:
        zones = ", ".join(fault.zones)
        self.record(journal.FaultInjected(self.living.now(), "zone failure", f"zones {zones} failed"))
        for zone in fault.zones:
            self._fail_zone(zone)

    def _fail_zone(self, zone: str) -> None:
        self.living.call(lambda now: self.living.world.fail_zone(zone, now))

    def at_minimum(self, resource_id: str) -> bool:
        """Return whether the target's variant has its minimum of instances, all in service."""

        def look() -> bool:
            target, variant = self.targets.find(resource_id), self.targets.variant_of(resource_id)
            if target is None or variant is None:
                return True
            return variant.current_count == variant.desired_count == target.min_capacity

        return self._on_loop(look)

    def capacity_line(self) -> str:
        """Return one line about every variant's capacity."""

        def look() -> str:
            return ", ".join(
                f"{view.name}: {variant.current_count} of {variant.desired_count}"
                for view in self.views()
                for variant in view.variants
            )

        return self._on_loop(look)

    def _on_loop(self, call: Callable[[], T]) -> T:
        async def there() -> T:
            return call()

        return self.await_on_loop(there())

    def await_on_loop(self, work: Coroutine[object, object, T]) -> T:
        """Return what *work* comes to on the gateway's loop; for the runner, from outside of it."""
        if self._thread is None:
            work.close()
            raise RuntimeError("the stage is not open")
        return self._thread.submit(work).result()
