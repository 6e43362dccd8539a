"""What a run recorded of its roles, and which role is meant."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from harness import journal
from harness.errors import EnvironmentFault, InvalidRun, JournalError, ScenarioError
from harness.iam.least_privilege import RoleUse, role_uses
from harness.run.results import JOURNAL, newest


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


def recorded_roles(directory: Path) -> dict[str, RoleUse]:
    """Return the roles of the run in *directory* by ARN.

    Raises InvalidRun where the run recorded no permissions, EnvironmentFault where it cannot be read.
    """
    path = directory / JOURNAL
    try:
        found = role_uses(journal.read(path))
    except (OSError, JournalError) as error:
        raise EnvironmentFault(f"{path} cannot be read: {error}; run the scenario again") from error
    if not found:
        raise InvalidRun(
            f"{directory} recorded no permissions of any role; run the scenario with --iam enforce or observe"
        )
    return found


def named_role(roles: Mapping[str, RoleUse], name: str | None) -> RoleUse:
    """Return the role with that *name* or ARN, or the only one; raise ScenarioError with suggestions."""
    if name is None:
        if len(roles) == 1:
            return next(iter(roles.values()))
        raise ScenarioError(f"Say which role: {_listed(roles)}")
    fitting = [role for role in roles.values() if name in (role.role, role.name)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise ScenarioError(f"Several roles are called {name}: {', '.join(each.role for each in fitting)}")
    near = get_close_matches(name, [role.name for role in roles.values()], n=3)
    meant = f"did you mean {' or '.join(near)}?" if near else f"the run has {_listed(roles)}"
    raise ScenarioError(f"No role {name} in the run; {meant}")


def _listed(roles: Mapping[str, RoleUse]) -> str:
    return ", ".join(sorted(role.name for role in roles.values()))
