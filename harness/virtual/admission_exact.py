"""Invocations through the compiled loop: the account is read into arrays, changes are read again.

Importing this imports numba.
"""

from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np

from harness.functions.concurrency import Account
from harness.functions.members import Member
from harness.functions.settings import Reuse
from harness.virtual import admission_kernel as kernel
from harness.virtual.calls import Calls, Fates

DRAWS = 256
"""How many cold starts of each function are drawn at first; four times as many where they do not suffice."""

_BY_ENVIRONMENT = ("older", "newer", "gone_at", "lifetime_s", "started_by")


class ExactAdmission:
    """The running state of *account* on flat arrays, for the functions and qualifiers of *calls*."""

    def __init__(self, account: Account, calls: Calls) -> None:
        self.fates = Fates.of(len(calls))
        self._account, self._count = account, len(calls)
        self._next = 0
        resolved = [account.member(name).resolve(qualifier) for name, qualifier in calls.targets]
        self._members = account.members()
        names = [member.name for member in self._members]
        self._readies = [ready for member in self._members for ready in member.ready.values()]
        versions = [(name, version) for (name, _), (version, _) in zip(calls.targets, resolved, strict=True)]
        known = list(dict.fromkeys(versions))
        self._targets = kernel.Targets(
            _numbers(names.index(name) for name, _ in calls.targets),
            _numbers(known.index(each) for each in versions),
            _numbers(kernel.NONE if ready is None else self._readies.index(ready) for _, ready in resolved),
            _numbers(0 for _ in calls.targets),
        )
        self._functions = _functions(len(names))
        turns = [calls.turns(name) for name in names]
        if calls.in_turn:
            self._functions.turn[:] = np.cumsum([0, *map(len, turns)])[:-1]
        self._lanes = _lanes(self._members)
        self._pools = _pools(len(known))
        limit = account.settings.account_concurrency + 1
        self._heap = kernel.Running(
            np.zeros(limit), np.zeros(limit, np.int64), np.full(len(calls), kernel.NONE, np.int32)
        )
        self._totals = kernel.Totals(*(np.zeros(1, np.int64) for _ in range(4)))
        self._arrivals = kernel.Arrivals(
            calls.at, calls.target, calls.duration_s, calls.dies, np.concatenate(turns)
        )
        self._written = kernel.Written(*(getattr(self.fates, name) for name in kernel.Written._fields))
        self._draw()
        self.look()

    def look(self) -> None:
        """Read reservations and what is allocated; whose reservation came or went counts elsewhere now."""
        functions, totals = self._functions, self._totals
        for number, member in enumerate(self._members):
            functions.reserved[number] = kernel.OPEN if member.reserved is None else member.reserved
        for number, ready in enumerate(self._readies):
            self._lanes.allocated[number] = ready.pool.current_capacity
        is_open = functions.reserved == kernel.OPEN
        totals.unreserved[0] = functions.running[is_open].sum()
        totals.shared[0] = functions.on_demand[is_open].sum()

    def until(self, moment: float) -> None:
        """Let all invocations before *moment* arrive."""
        why = kernel.OUT_OF_DRAWS
        while why != kernel.DONE:
            self._next, why = kernel.admit_span(
                self._arrivals,
                self._next,
                self._count,
                moment,
                self._targets,
                self._functions,
                self._lanes,
                self._pools,
                self._heap,
                self._totals,
                self._account.settings.account_concurrency,
                self._account.open_limit,
                self._account.settings.environment_reuse is Reuse.MOST_RECENT,
                self._written,
            )
            if why == kernel.OUT_OF_DRAWS:
                self._draw()

    def _draw(self) -> None:
        """Draw the Init and the idle lifetime of more cold starts, and make room for their environments."""
        functions = self._functions
        before = functions.init_s.shape[1]
        count = max(4 * before, DRAWS)
        init_s = _longer(functions.init_s, count)
        lifetime_s = _longer(functions.lifetime_s, count)
        for number, member in enumerate(self._members):
            init_s[number, before:] = _many(member.draw_init, count - before)
            lifetime_s[number, before:] = _many(member.draw_lifetime, count - before)
        self._functions = functions._replace(init_s=init_s, lifetime_s=lifetime_s)
        room = count * len(self._members)
        pools = self._pools
        self._pools = pools._replace(
            **{name: _longer(getattr(pools, name), room) for name in _BY_ENVIRONMENT}
        )


def _many(draw: Callable[[], float], count: int) -> list[float]:
    return list(islice(iter(draw, None), count))


def _longer(values: Any, length: int) -> Any:
    """Return a copy of *values* whose last axis has *length*."""
    longer = np.zeros((*values.shape[:-1], length), values.dtype)
    longer[..., : values.shape[-1]] = values
    return longer


def _numbers(values: Any) -> kernel.Counts:
    return np.array(list(values), np.int64)


def _functions(count: int) -> kernel.Functions:
    return kernel.Functions(
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.full(count, kernel.BURST),
        np.zeros(count),
        np.full(count, -1.0),
        np.zeros(count, np.int64),
        np.full(count, kernel.NONE, np.int64),
        np.zeros(count, np.int64),
        np.zeros((count, 0)),
        np.zeros((count, 0)),
    )


def _lanes(members: list[Member]) -> kernel.ReadyLanes:
    owners = [number for number, member in enumerate(members) for _ in member.ready]
    count = len(owners)
    return kernel.ReadyLanes(
        _numbers(owners),
        np.zeros(count, np.int64),
        np.zeros(count, np.int64),
        np.full(count, -1.0),
        np.zeros(count, np.int64),
    )


def _pools(versions: int) -> kernel.Pools:
    none = kernel.NONE
    return kernel.Pools(
        oldest=np.full(versions, none, np.int64),
        newest=np.full(versions, none, np.int64),
        older=np.zeros(0, np.int64),
        newer=np.zeros(0, np.int64),
        gone_at=np.zeros(0),
        lifetime_s=np.zeros(0),
        started_by=np.zeros(0, np.int64),
    )
