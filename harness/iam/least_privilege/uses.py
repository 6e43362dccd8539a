"""What one role (or user) needed in a run: action by action, on what, how often, when, from which program."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from harness.iam.request import Context
from harness.journal import PermissionTotal, PermissionUsed, Record

ALLOWED, IMPLICITLY_DENIED, EXPLICITLY_DENIED = "Allowed", "ImplicitlyDenied", "ExplicitlyDenied"
NOT_COVERED = "NotCovered"


@dataclass(frozen=True, slots=True)
class By:
    """Who it was: a principal, its program (the session's name, a user's name), and when it asked."""

    principal: str
    program: str
    calls: int
    first_at: float
    last_at: float


@dataclass(frozen=True, slots=True)
class Use:
    """One action on one resource with one verdict and context, needed by API calls of one kind.

    `calls` counts the API calls of all who made them; moments are model seconds. `reason` and `statements`
    are those of the first of them.
    """

    call: str
    action: str
    resource: str
    verdict: str
    context: Context = field(default_factory=lambda: MappingProxyType({}), hash=False)
    calls: int = 1
    first_at: float = 0.0
    last_at: float = 0.0
    by: tuple[By, ...] = ()
    enforced: bool = True
    reason: str = ""
    statements: tuple[str, ...] = ()

    @property
    def programs(self) -> tuple[str, ...]:
        """The programs that made the calls, in order of their names."""
        return tuple(sorted({each.program for each in self.by}))


Key = tuple[str, str, str, str, str, str, tuple[tuple[str, tuple[str, ...]], ...]]


Watched = PermissionUsed | PermissionTotal


def identity_of(record: Watched) -> str:
    """Return the ARN of the role or user whose use *record* is; "" for services, root and nobody."""
    return record.role or (record.principal if ":user/" in record.principal else "")


def uses_by(records: Iterable[Record], who: Callable[[Watched], str]) -> dict[str, tuple[Use, ...]]:
    """Return what each of those whom *who* names needed, in order; the order of *records* is irrelevant.

    Uses of which *who* returns "" are left out.
    """
    first: dict[Key, PermissionUsed] = {}
    times: dict[Key, int] = {}
    last: dict[Key, float] = {}
    totals: dict[Key, int] = {}
    for record in records:
        if isinstance(record, PermissionUsed):
            key = _key(record, who)
            first[key] = min(first.get(key, record), record, key=_order)
            times[key] = times.get(key, 0) + 1
            last[key] = max(last.get(key, record.at), record.at)
        elif isinstance(record, PermissionTotal):
            key = _key(record, who)
            totals[key] = totals.get(key, 0) + record.calls
            last[key] = max(last.get(key, record.last_at), record.last_at)
    grouped: dict[str, list[Key]] = {}
    for key in sorted(last):
        if key[0]:
            grouped.setdefault(key[0], []).append(key)
    return {
        name: _merged([(key, first.get(key), totals.get(key, times.get(key, 1)), last[key]) for key in keys])
        for name, keys in grouped.items()
    }


def _order(record: PermissionUsed) -> tuple[float, str, list[str]]:
    return record.at, record.reason, record.statements


def _key(record: Watched, who: Callable[[Watched], str]) -> Key:
    context = tuple(sorted((key.lower(), tuple(values)) for key, values in record.context.items()))
    return who(record), record.call, record.action, record.resource, record.verdict, record.principal, context


def _merged(found: list[tuple[Key, PermissionUsed | None, int, float]]) -> tuple[Use, ...]:
    """Return one use for what several principals did alike, in order of action, resource and call."""
    alike: dict[Key, list[tuple[Key, PermissionUsed | None, int, float]]] = {}
    for one in found:
        key = one[0]
        alike.setdefault((*key[:5], "", key[6]), []).append(one)
    uses = [_use(each) for each in alike.values()]
    return tuple(sorted(uses, key=lambda use: (use.action, use.resource, use.call, use.verdict, _items(use))))


def _items(use: Use) -> list[tuple[str, tuple[str, ...]]]:
    return sorted(use.context.items())


def _use(alike: list[tuple[Key, PermissionUsed | None, int, float]]) -> Use:
    who = tuple(
        By(key[5], program_of(key[5]), calls, used.at if used else last_at, last_at)
        for key, used, calls, last_at in alike
    )
    known = [used for _, used, _, _ in alike if used is not None]
    told = min(known, key=_order) if known else None
    _, call, action, resource, verdict, _, context = alike[0][0]
    return Use(
        call=call,
        action=action,
        resource=resource,
        verdict=verdict,
        context=_frozen(context),
        calls=sum(each.calls for each in who),
        first_at=min(each.first_at for each in who),
        last_at=max(each.last_at for each in who),
        by=who,
        enforced=any(used.enforced for used in known) if known else True,
        reason=told.reason if told else "",
        statements=tuple(told.statements) if told else (),
    )


def _frozen(context: Iterable[tuple[str, tuple[str, ...]]]) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType(dict(context))


def program_of(principal: str) -> str:
    """Return the program that *principal* is: the name of an assumed role's session, or of a user."""
    return principal.rpartition("/")[2]
