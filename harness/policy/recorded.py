"""What a run recorded of its roles and resources, and which of them is meant."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from harness import journal
from harness.errors import EnvironmentFault, InvalidRun, JournalError, ScenarioError
from harness.iam.least_privilege import ResourceUse, RoleUse, resource_uses, role_uses
from harness.journal import DeliveryRefused, PermissionUsed, Record, RunEnded
from harness.messaging.edges import PRINCIPALS, Edge, request_of
from harness.policy.options import ROLE, TRUST
from harness.run.results import JOURNAL
from harness.store import newest

Subject = RoleUse | ResourceUse
_ACCOUNT_AT = 4  # of an ARN's parts


@dataclass(frozen=True, slots=True)
class Recorded:
    """One run. `roles` by ARN, `resources` by kind and ARN; `unfinished` says why it is not all, or is ""."""

    directory: Path
    roles: Mapping[str, RoleUse]
    resources: Mapping[tuple[str, str], ResourceUse]
    unfinished: str

    def of_kind(self, kind: str) -> list[ResourceUse]:
        """Return the resources of *kind*, in order of their ARNs."""
        return [one for (each, _), one in self.resources.items() if each == kind]


def run_directory(run: Path | None, runs: Path) -> Path:
    """Return the directory of the run that is meant: *run*, the latest of the scenario *run*, or the newest.

    Raises ScenarioError when there is none.
    """
    if run is None:
        return newest(runs)
    for directory in (run, run / "latest", runs / run / "latest"):
        if (directory / JOURNAL).is_file():
            return directory
    raise ScenarioError(f"{run} is no run: it has no {JOURNAL}; name the directory of one, or a scenario's")


def recorded(directory: Path) -> Recorded:
    """Return what the run in *directory* recorded.

    Raises InvalidRun where it recorded no permissions, ScenarioError where its journal is none, and
    EnvironmentFault where it cannot be read.
    """
    records = _records(directory / JOURNAL)
    roles = role_uses(records)
    resources = resource_uses([*records, *_refused(records)])
    unfinished = _unfinished(records)
    if not roles and not resources:
        raise InvalidRun(
            f"{directory} recorded no permissions of any role; "
            + (f"the run is incomplete ({unfinished}): " if unfinished else "")
            + "run the scenario with --iam enforce or observe"
        )
    return Recorded(directory, roles, resources, unfinished)


def _records(path: Path) -> list[Record]:
    try:
        found = journal.read(path)
    except OSError as error:
        raise EnvironmentFault(f"{path} cannot be read: {error.strerror or error}") from error
    except JournalError as error:
        raise ScenarioError(
            f"{path} is not the journal of a run: {error}; name another run with --run, or run the scenario "
            "again"
        ) from error
    if not found:
        raise ScenarioError(
            f"{path} holds no record of a run: it is empty, damaged or no journal; name another run with "
            "--run, or run the scenario again"
        )
    return found


def _unfinished(records: Iterable[Record]) -> str:
    """Return why the run did not do all that it was to do, "" where it did."""
    ended = [each for each in records if isinstance(each, RunEnded)]
    if not ended:
        return "its journal breaks off: the run was killed, or is still going on"
    last = ended[-1]
    if last.verdict in ("pass", "fail"):
        return ""
    return last.reason or ("it was interrupted" if last.verdict == "interrupted" else f"it is {last.verdict}")


def _refused(records: Iterable[Record]) -> Iterator[PermissionUsed]:
    """Yield the deliveries that AWS would not have made when the run ended, as uses that were denied."""
    last: dict[Edge, DeliveryRefused] = {}
    for each in records:
        if isinstance(each, DeliveryRefused) and each.service in PRINCIPALS:
            last[Edge(each.service, each.source, each.target)] = each
    for edge, told in last.items():
        if not told.allowed and not told.reason.endswith("does not exist"):
            asked = request_of(edge, edge.target.split(":")[_ACCOUNT_AT])
            context = {key: list(asked.context[key]) for key in _PASSED if key in asked.context}
            verdict = "ExplicitlyDenied" if told.reason.endswith(_DENY) else "ImplicitlyDenied"
            yield PermissionUsed(
                told.at, asked.principal.name, "", asked.action, asked.action, asked.resource, verdict,
                reason=told.reason, context=context,
            )  # fmt: skip


_PASSED = ("aws:sourcearn", "aws:sourceaccount")
_DENY = "a Deny wins over every Allow"  # how harness.iam.reasons ends what is said of one


# -- which is meant -----


def named(run: Recorded, name: str | None, kind: str | None) -> Subject:
    """Return the role or resource with that *name* or ARN, or the only one, of *kind* where it is given.

    Without a kind a role comes before a resource of its name, and is meant by its own policies. Raises
    ScenarioError with suggestions.
    """
    known = subjects(run, kind or (ROLE if name is None and run.roles else None))
    if name is None:
        return _only(run, known, kind)
    fitting = [each for each in known if name in (arn_of(each), each.name)]
    fitting = [each for each in fitting if isinstance(each, RoleUse)] or fitting
    if len(fitting) > 1:
        several = ", ".join(arn_of(each) for each in fitting)
        what = ROLE if isinstance(fitting[0], RoleUse) else "resource"
        raise ScenarioError(f"Several {what}s are called {name}: {several}")
    if fitting:
        return fitting[0]
    if not known:
        raise _none(run, kind)
    near = dict.fromkeys(get_close_matches(name, [each.name for each in known], n=3))
    meant = f"did you mean {' or '.join(near)}?" if near else f"the run has {_listed(known)}"
    raise ScenarioError(f"No {_what(kind)} {name} in the run; {meant}{_broken_off(run)}")


def _only(run: Recorded, known: Sequence[Subject], kind: str | None) -> Subject:
    if len(known) == 1:
        return known[0]
    if not known:
        raise _none(run, kind)
    what = _what(kind or (ROLE if run.roles else None))
    raise ScenarioError(f"Say which {what}: {_listed(known)}")


def _none(run: Recorded, kind: str | None) -> ScenarioError:
    return ScenarioError(f"{run.directory} recorded no {_what(kind)}{_broken_off(run)}")


def _broken_off(run: Recorded) -> str:
    return f"; the run is incomplete ({run.unfinished})" if run.unfinished else ""


def beside(run: Recorded, one: Subject) -> str:
    """Return which resource has the name of the role *one* too, in words; "" for none."""
    kinds = [
        each.kind for each in subjects(run, None) if not isinstance(each, RoleUse) and each.name == one.name
    ]
    if not isinstance(one, RoleUse) or not kinds:
        return ""
    return f"the run has a {kinds[0]} of this name, too: --kind {kinds[0]} writes its policy"


def subjects(run: Recorded, kind: str | None) -> list[Subject]:
    """Return the roles and resources of *kind*; without one, all but trust policies."""
    kinds = [kind] if kind else [ROLE, *dict.fromkeys(each for each, _ in run.resources if each != TRUST)]
    return [
        one for each in kinds for one in (list(run.roles.values()) if each == ROLE else run.of_kind(each))
    ]


def arn_of(one: Subject) -> str:
    """Return the ARN of a role, user or resource."""
    return one.role if isinstance(one, RoleUse) else one.resource


def _what(kind: str | None) -> str:
    return "role" if kind == TRUST else kind or "role or resource"


def _listed(known: Iterable[Subject]) -> str:
    return ", ".join(sorted(each.name for each in known))
