"""Programs: plain functions that the runner starts as processes (see `harness.program`)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from harness.errors import ScenarioError
from harness.scenario.checks import check_name, check_positive
from harness.scenario.messaging import Queue
from harness.scenario.resources import Role, VpcEndpoint

# Before and after the load a program is waited for. "beside_load": it is started before the load and works
# until it ends by itself or is asked to (`context.stopping`), once the queues it reads are empty.
Moment = Literal["before_load", "beside_load", "after_load"]
MOMENTS = ("before_load", "beside_load", "after_load")
# What happens when a process of it ends while the load goes on. "never": it is not started again.
# "on-failure": it is, when it ended with an error or by a signal. A scenario's own faults may kill it too.
Restart = Literal["never", "on-failure"]
RESTARTS = ("never", "on-failure")
# RoleSessionName: 2 to 64 characters (STS API reference, AssumeRole).
SESSION_CHARACTERS = 64


@dataclass(frozen=True, slots=True)
class Program:
    """`function(context)` run in processes of its own, at the *moment* named, in the order declared.

    `processes` of it run side by side, told apart by `context.rank` from 0 on. Under `role` each has
    temporary credentials of that role alone; without one, the account's own. It returns a flat mapping of
    results for the summary and the expectations, or nothing; the figures of several processes are summed,
    with `<key>.min` and `<key>.max` beside the sum. An exception, or more than `at_most_real_s` seconds of
    this machine, is a result with its reason: it makes the verdict "fail" unless `may_fail`; the run goes on.
    `reads` names the queues it works on: the run settles when they are empty. `stop_within_s` is how long it
    may go on once it was asked to end. `via` is the VPC endpoint through which its calls come; without one
    they come from anywhere.
    """

    name: str
    function: Callable[[Any], Mapping[str, Any] | None]
    moment: Moment = "before_load"
    at_most_real_s: float = 300.0
    role: Role | None = None
    processes: int = 1
    restart: Restart = "never"
    restart_after_s: float = 0.5
    reads: tuple[Queue, ...] = ()
    stop_within_s: float = 10.0
    may_fail: bool = False
    via: VpcEndpoint | None = None

    def __post_init__(self) -> None:
        who = f"Program {self.name!r}"
        check_name("Program", self.name)
        if not callable(self.function):
            kind = type(self.function).__name__
            raise ScenarioError(f"{who}: function is of type {kind}; give a function that takes a context")
        _check_declared(who, "role", self.role, Role)
        _check_declared(who, "via", self.via, VpcEndpoint)
        check_positive(f"{who}: at_most_real_s", self.at_most_real_s)
        check_positive(f"{who}: stop_within_s", self.stop_within_s)
        _check_one_of(who, "moment", self.moment, MOMENTS)
        _check_one_of(who, "restart", self.restart, RESTARTS)
        if self.processes < 1:
            raise ScenarioError(f"{who}: processes is {self.processes}; it must be at least 1")
        if self.restart_after_s < 0:
            raise ScenarioError(f"{who}: restart_after_s is {self.restart_after_s:g}; give 0 or more")
        if self.role is not None and not self.role.services:
            raise ScenarioError(
                f"{who}: its role {self.role.name!r} trusts no service, so that nothing runs under it"
            )
        if self.restart != "never" and self.moment != "beside_load":
            raise ScenarioError(f"{who}: only a program beside the load is started again; drop restart")

    def session_name(self, rank: int) -> str:
        """Return the name of the role session of the process *rank*."""
        return f"{self.name[: SESSION_CHARACTERS - 4]}-{rank}"


def _check_declared(who: str, what: str, value: object, kind: type) -> None:
    if value is not None and not isinstance(value, kind):
        raise ScenarioError(f"{who}: {what} is {value!r}; give the {kind.__name__} itself, as it is declared")


def _check_one_of(who: str, what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise ScenarioError(f"{who}: {what} is {value!r}; say {' or '.join(map(repr, known))}")
