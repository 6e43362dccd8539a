"""The functions of an account and their concurrency as they are declared: what AWS's control plane changes.

Sources: Lambda developer guide, "Configuring reserved concurrency for a function", "Configuring provisioned
concurrency for a function", "Managing Lambda function versions"; see `harness.functions.refusals`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from harness.endpoint.distributions import Distribution
from harness.errors import ScenarioError
from harness.functions.environments import Ending, Environment, Ready
from harness.functions.figures import Provisioned
from harness.functions.keeping import Keeping
from harness.functions.members import Member
from harness.functions.metrics import Metrics
from harness.functions.pool import ProvisionedPool, resource_id_of
from harness.functions.refusals import LATEST, NOT_PROVISIONED, no_function
from harness.functions.rules import provisioned_refusal, reserved_refusal
from harness.functions.samples import MINUTE_S
from harness.functions.settings import FunctionSettings
from harness.refusal import Refusal


@dataclass(slots=True)
class Running:
    """One invocation that runs."""

    member: Member
    qualifier: str
    environment: Environment
    began_at: float
    init_s: float


class Declared:
    """The part of an `Account` that says what there is; it knows what runs, so that it can be retired."""

    def __init__(
        self,
        settings: FunctionSettings | None = None,
        *,
        seed: str | int,
        metrics: Metrics | None = None,
        publish_delay_s: float = MINUTE_S,
    ) -> None:
        self.metrics = metrics or Metrics()
        self.settings = settings or FunctionSettings()
        self._seed = seed
        self._publish_delay_s = publish_delay_s
        self._keeping = Keeping()
        self._members: dict[str, Member] = {}
        self._running: dict[int, Running] = {}
        self._admissions = 0
        self._open_running = self.shared_running = 0  # without a reservation; those of them on demand
        self.open_limit = self.settings.account_concurrency

    # -- functions -----

    def put_function(self, name: str, now: float, *, init_time: Distribution | None = None) -> None:
        """Let there be a function *name*, whose Init phase takes *init_time*; one of it is replaced."""
        self.remove_function(name, now)
        self._members[name] = Member(name, init_time or self.settings.init_time, self.settings, self._seed)

    def remove_function(self, name: str, now: float) -> None:
        """Forget *name* and end its environments; what runs of it may still `finish`. None of it: nothing."""
        self._keeping.pass_until(now)
        member = self._members.pop(name, None)
        if member is None:
            return
        for environment in member.all_idle():
            self._keeping.end(environment, Ending.REMOVED, now)
        for qualifier in list(member.ready):
            self._release(member, qualifier, Ending.REMOVED, now)
        for running in self._running.values():
            if running.member is member:
                running.environment.ending = Ending.REMOVED
        self._reckon()

    def replace(self, name: str, now: float) -> None:
        """Retire the environments of $LATEST because code or configuration changed; versions never change.

        Guide, "Managing Lambda function versions" and "execution environment lifecycle": new invocations get
        new environments; what runs finishes in the old ones.
        """
        self._keeping.pass_until(now)
        member = self.member(name)
        for environment in member.idle_of(LATEST).take_all():
            self._keeping.end(environment, Ending.REPLACED, now)
        for running in self._running.values():
            if running.member is member and running.environment.version == LATEST:
                running.environment.ending = Ending.REPLACED

    def point_alias(
        self, name: str, alias: str, version: str, now: float, weights: Mapping[str, float] | None = None
    ) -> None:
        """Let *alias* lead to *version*, and to the versions in *weights* for their share of invocations.

        Guide: "Lambda deallocates the provisioned concurrency from the old version and allocates it to the
        new version", which takes its time again.
        """
        self._keeping.pass_until(now)
        member = self.member(name)
        member.point(alias, version, weights)
        ready = member.ready.get(alias)
        if ready is not None and ready.version != version:
            desired = ready.pool.desired_capacity
            self._release(member, alias, Ending.RELEASED, now)
            self._provide(member, alias, version, desired, now)

    def drop_alias(self, name: str, alias: str, now: float) -> None:
        """Forget *alias* and what is provisioned on it."""
        self._keeping.pass_until(now)
        member = self.member(name)
        member.routes.pop(alias, None)
        if alias in member.ready:
            self._release(member, alias, Ending.RELEASED, now)

    # -- concurrency -----

    def set_reserved(self, name: str, count: int | None, now: float) -> Refusal | None:
        """Reserve *count* for *name*, 0 to stop it, None for no reservation; AWS's refusal or None."""
        self._keeping.pass_until(now)
        member = self._members.get(name)
        if member is None:
            return no_function(name)
        refusal = None if count is None else reserved_refusal(member, count, self.unreserved)
        if refusal is None:
            member.reserved = count
            self._reckon()
        return refusal

    def set_provisioned(self, name: str, qualifier: str, count: int | None, now: float) -> Refusal | None:
        """Ask for *count* environments ready for *qualifier*, None to take them away; AWS's refusal or None.

        They serve after a minute or two, all together. `EnvironmentStarted` tells which ones initialise.
        """
        self._keeping.pass_until(now)
        member = self._members.get(name)
        version = None if member is None else member.version_of(qualifier)
        if member is None or version is None:
            return no_function(f"{name}:{qualifier}")
        ready = member.ready.get(qualifier)
        if count is None:
            if ready is None:
                return NOT_PROVISIONED
            self._release(member, qualifier, Ending.RELEASED, now)
            return None
        if ready is not None:
            return ready.pool.set_capacity(count, now)
        refusal = self._provisioned_refusal(member, qualifier, count)
        if refusal is None:
            self._provide(member, qualifier, version, count, now)
        return refusal

    def provisioned(self, name: str, qualifier: str) -> Provisioned | None:
        """Return what GetProvisionedConcurrencyConfig says of *qualifier*, None where nothing is set."""
        pool = self.pool(name, qualifier)
        return None if pool is None else Provisioned.of(pool)

    def pool(self, name: str, qualifier: str) -> ProvisionedPool | None:
        """Return the provisioned concurrency of *qualifier* as a thing that is scaled, None without one."""
        ready = self.member(name).ready.get(qualifier)
        return None if ready is None else ready.pool

    def reserved(self, name: str) -> int | None:
        """Return the reserved concurrency of *name*, None where it has none."""
        return self.member(name).reserved

    @property
    def unreserved(self) -> int:
        """The concurrency left to functions without a reservation (GetAccountSettings).

        What is provisioned for a function without a reservation is not left to others.
        """
        mine = sum(each.requested for each in self._members.values() if each.reserved is None)
        return self.open_limit - mine

    # -- inside -----

    def _release(self, member: Member, qualifier: str, why: Ending, now: float) -> None:
        """Take away what is ready for *qualifier*; what runs there ends as if it ran on demand."""
        ready = member.ready.pop(qualifier)
        for running in self._running.values():
            if running.environment.ready is ready:
                running.environment.ready, running.environment.ending = None, why
                member.on_demand += 1
        self._keeping.release(ready, why, now)
        self._reckon()

    def _provide(self, member: Member, qualifier: str, version: str, count: int, now: float) -> None:
        """Begin to keep *count* environments of *version* ready for *qualifier*."""
        pool = ProvisionedPool(
            resource_id_of(member.name, qualifier),
            0,
            seed=self._seed,
            settings=self.settings,
            publish_delay_s=self._publish_delay_s,
            now=now,
            check=lambda desired: self._provisioned_refusal(member, qualifier, desired),
            asked=lambda at: self._keeping.look_after(member, ready, at),
            minutes=self.metrics.of(member.name, qualifier),
        )
        ready = Ready(pool, version, member.new_idle())
        member.ready[qualifier] = ready
        pool.begin(count, now)
        self._keeping.look_after(member, ready, now)

    def _provisioned_refusal(self, member: Member, qualifier: str, count: int) -> Refusal | None:
        return provisioned_refusal(
            member, qualifier, count, self.unreserved, self.settings.account_concurrency
        )

    def _reckon(self) -> None:
        """Reckon what is not reserved, and which of what runs takes from it."""
        reserved = sum(each.reserved or 0 for each in self._members.values())
        self.open_limit = self.settings.account_concurrency - reserved
        open_running = [each for each in self._running.values() if each.member.reserved is None]
        self._open_running = len(open_running)
        self.shared_running = sum(each.environment.ready is None for each in open_running)

    def members(self) -> list[Member]:
        """Return every function, in the order in which they were made."""
        return list(self._members.values())

    def member(self, name: str) -> Member:
        """Return the function *name* as it stands; ScenarioError where there is none."""
        member = self._members.get(name)
        if member is None:
            raise ScenarioError(f"There is no function {name!r}; put_function makes one")
        return member
