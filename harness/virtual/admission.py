"""Plays invocations that are known beforehand through an account: one by one, or compiled.

Between two changes of the concurrency that is declared (an allocation is complete, a reservation is set) the
invocations are handed over in one go. The changes themselves are the account's own, exactly as they are when
its clock is driven from outside.
"""

import math
from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Protocol

from harness.errors import ScenarioError
from harness.functions.concurrency import Account, Event
from harness.virtual.admission_plain import PlainAdmission
from harness.virtual.calls import Calls, Fates
from harness.virtual.driver import Engine

EXACT_FROM = 20_000
"""Invocations from which on compiled code saves more than loading it costs: 0.6 s against 25 us each."""

Change = tuple[float, Callable[[Account, float], object]]
"""A moment, and what is then done to the account."""


class Admission(Protocol):
    """Takes invocations through an account."""

    @property
    def fates(self) -> Fates: ...

    def look(self) -> None:
        """See what has changed in the account."""

    def until(self, moment: float) -> None:
        """Let all invocations before *moment* arrive."""


def play_calls(
    account: Account,
    calls: Calls,
    *,
    until_s: float = math.inf,
    engine: Engine = Engine.AUTO,
    tell: Callable[[Event], None] = lambda _event: None,
    changes: Sequence[Change] = (),
) -> Fates:
    """Return what becomes of *calls*; those from *until_s* on stay WARM with nothing running.

    The account must run nothing else. What is provisioned for a target must be so, in whatever amount, from
    the start, and no target may be an alias with weights. *tell* hears the account's events; where the loop
    is compiled, environments on demand are not among them.
    """
    for name, qualifier in calls.targets:
        route = account.member(name).routes.get(qualifier)
        if route is not None and route.weights:
            raise ScenarioError(f"Alias {qualifier!r} of function {name!r} has weights; play it one by one")
    admission = _admission(account, calls, engine, tell)
    for at, change in sorted(changes, key=itemgetter(0)):
        if at <= until_s:
            _live_until(account, admission, at, tell)
            change(account, at)
            admission.look()
    _live_until(account, admission, until_s, tell)
    return admission.fates


def _admission(account: Account, calls: Calls, engine: Engine, tell: Callable[[Event], None]) -> Admission:
    if engine is Engine.REFERENCE or (engine is Engine.AUTO and len(calls) < EXACT_FROM):
        return PlainAdmission(account, calls, tell)
    from harness.virtual.admission_exact import ExactAdmission

    return ExactAdmission(account, calls)


def _live_until(account: Account, admission: Admission, moment: float, tell: Callable[[Event], None]) -> None:
    """Let everything happen that is due up to *moment*, and arrive what comes before it."""
    while (due_at := account.next_change()) is not None and due_at <= moment:
        admission.until(due_at)
        for event in account.advance(due_at):
            tell(event)
        admission.look()
    admission.until(moment)
