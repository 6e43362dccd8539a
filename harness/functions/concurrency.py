"""How Lambda admits invocations: reserved, provisioned and unreserved concurrency, rates, cold starts.

Sources, all of the Lambda developer guide: "Understanding Lambda function scaling" (what concurrency is and
which limit counts), "Configuring reserved concurrency for a function", "Configuring provisioned concurrency
for a function", "Lambda scaling behavior" (the scaling rate), "Lambda quotas" (requests a second),
"Understanding the Lambda execution environment lifecycle" (Init, reuse). Where they are silent:
`FunctionSettings`. Known simplifications: an account's environments are not recycled every few hours, and a
provisioned environment that died is replaced at once.
"""

from harness.errors import ScenarioError
from harness.functions.allocation import ProvisionedChanged
from harness.functions.counting import count_begun, count_in_all
from harness.functions.declared import Declared, Running
from harness.functions.environments import (
    Ending,
    Environment,
    EnvironmentEnded,
    EnvironmentStarted,
    Ready,
)
from harness.functions.figures import Provisioned, ProvisionedStatus
from harness.functions.members import Member
from harness.functions.outcomes import Admitted, Reason, Source, Throttled
from harness.functions.refusals import LATEST
from harness.functions.samples import Metric

__all__ = [
    "Account",
    "Ending",
    "EnvironmentEnded",
    "EnvironmentStarted",
    "Event",
    "Provisioned",
    "ProvisionedChanged",
    "ProvisionedStatus",
]

Event = EnvironmentStarted | EnvironmentEnded | ProvisionedChanged


class Account(Declared):
    """The functions of an account in one region, and what runs of them.

    Moments must not run back. Between two calls `advance` must be called when `next_change` has come; the
    calls do so themselves. *publish_delay_s* is how long after its end a minute can be read by scaling.
    """

    # -- invocations -----

    def admit(
        self, name: str, qualifier: str, now: float, source: Source = Source.SYNCHRONOUS
    ) -> Admitted | Throttled:
        """Let an invocation of *qualifier* ("" is $LATEST) run, or throttle it for the limit it met.

        Only synchronous requests have a limit a second (Lambda quotas). Which Reason AWS gives where
        environments cannot be started fast enough is not documented; it is that of too many at once here.
        """
        self._keeping.pass_until(now)
        member = self.member(name)
        qualifier = "" if qualifier == LATEST else qualifier
        version, ready = member.resolve(qualifier)
        reason = self._over_limit(member, source, now)
        if reason is not None:
            return self._turned_away(member, qualifier, reason, now)
        before = 0 if ready is None else ready.busy
        environment, cold = self._environment(member, version, ready, now)
        if environment is None:
            return self._turned_away(member, qualifier, _concurrent(member), now)
        if source is Source.SYNCHRONOUS:
            member.requests.count()
        return self._admitted(member, qualifier, environment, cold, ready, before, now)

    def finish(
        self, execution: int, now: float, *, failed: bool = False, duration_s: float | None = None
    ) -> None:
        """End *execution*: its environment is idle again. *failed*: the function returned an error.

        *duration_s* is what Duration shows, the time since it began without Init where it is left out.
        """
        self._keeping.pass_until(now)
        running = self._over(execution, now, failed, duration_s)
        environment = running.environment
        if environment.ending is not None:
            self._keeping.end(environment, environment.ending, now)
        elif environment.ready is not None:
            self._keeping.back(environment.ready, environment, now)
        else:
            running.member.rest(environment)
            self._keeping.idle(environment, running.member, now)

    def end(self, execution: int, now: float, *, duration_s: float | None = None) -> None:
        """End *execution* and its environment with it: it crashed or timed out, which is an error."""
        self._keeping.pass_until(now)
        running = self._over(execution, now, True, duration_s)
        self._keeping.died(running.environment, running.member, now)

    # -- time -----

    def next_change(self) -> float | None:
        """Return when an environment is given up or provisioned concurrency is there next, None for never."""
        return self._keeping.next_change()

    def advance(self, now: float) -> list[Event]:
        """Return what happened up to *now* and was not told yet."""
        self._keeping.pass_until(now)
        return self._keeping.told()

    # -- what runs -----

    def running(self, name: str = "") -> int:
        """Return how many invocations of *name* run now; of all functions without one."""
        return self.member(name).running if name else len(self._running)

    # -- inside -----

    def _over_limit(self, member: Member, source: Source, now: float) -> Reason | None:
        limit = self.open_limit if member.reserved is None else member.reserved
        if member.reserved is not None and member.running >= member.reserved:
            return Reason.RESERVED_CONCURRENT
        if len(self._running) >= self.settings.account_concurrency:
            return Reason.CONCURRENT
        if member.reserved is None and self._open_running >= self.open_limit:
            return Reason.CONCURRENT
        if source is Source.SYNCHRONOUS and not member.requests.is_open(limit, now):
            return Reason.RATE if member.reserved is None else Reason.RESERVED_RATE
        return None

    def _environment(
        self, member: Member, version: str, ready: Ready | None, now: float
    ) -> tuple[Environment | None, bool]:
        """Return where the invocation runs, None where it cannot, and whether that is new."""
        if ready is not None and ready.pool.take(ready.busy, now):
            ready.busy += 1
            environment = ready.idle.take()
            assert environment is not None, "a provisioned environment is idle or busy"
            return environment, False
        if not self._has_room(member):
            return None, False
        environment = member.warm(version)
        if environment is not None or not member.scaling.take(now):
            return environment, False
        return member.start(version), True

    def _has_room(self, member: Member) -> bool:
        """Return whether one more may run on demand, beside what provisioned environments hold."""
        if member.reserved is not None:
            return member.on_demand < member.reserved - member.claimed
        claimed = sum(each.claimed for each in self._members.values() if each.reserved is None)
        return self.shared_running < self.open_limit - claimed

    def _admitted(
        self,
        member: Member,
        qualifier: str,
        environment: Environment,
        cold: bool,
        ready: Ready | None,
        before: int,
        now: float,
    ) -> Admitted:
        self._admissions += 1
        provisioned = environment.ready is not None
        init_s = member.draw_init() if cold else 0.0
        self._running[self._admissions] = Running(member, qualifier, environment, now, init_s)
        member.running_by[qualifier] += 1
        self._begins_or_ends(member, provisioned, 1)
        self._keeping.busy(environment)
        count_begun(self.metrics, member, qualifier, ready, before, provisioned, now)
        count_in_all(self.metrics, len(self._running), self.shared_running, now)
        if cold:
            self.metrics.add(Metric.INIT_DURATION, member.name, qualifier, now, init_s * 1e3)
        return Admitted(self._admissions, environment.name, environment.version, cold, provisioned, init_s)

    def _turned_away(self, member: Member, qualifier: str, reason: Reason, now: float) -> Throttled:
        self.metrics.add(Metric.THROTTLES, member.name, qualifier, now, 1.0)
        return Throttled(reason)

    def _over(self, execution: int, now: float, failed: bool, duration_s: float | None) -> Running:
        running = self._running.pop(execution, None)
        if running is None:
            raise ScenarioError(f"Execution {execution} does not run; each admitted one ends once")
        member = running.member
        member.running_by[running.qualifier] -= 1
        self._begins_or_ends(member, running.environment.ready is not None, -1)
        if duration_s is None:
            duration_s = now - running.began_at - running.init_s
        # Guide: "the timestamp on an error metric reflects when the function was invoked".
        for metric, value in ((Metric.ERRORS, float(failed)), (Metric.DURATION, duration_s * 1e3)):
            self.metrics.add(metric, member.name, running.qualifier, running.began_at, value)
        return running

    def _begins_or_ends(self, member: Member, provisioned: bool, one: int) -> None:
        """Count *one* invocation more (1) or fewer (-1)."""
        member.running += one
        if not provisioned:
            member.on_demand += one
        if member.reserved is None:
            self._open_running += one
            self.shared_running += 0 if provisioned else one


def _concurrent(member: Member) -> Reason:
    return Reason.CONCURRENT if member.reserved is None else Reason.RESERVED_CONCURRENT
