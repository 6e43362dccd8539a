"""What is dangerous about what a role holds, in cloudsplaining's categories; PassRole with a create by its
name.

cloudsplaining itself, and policy_sentry under it, are no dependencies: they read 13 MB of action data and
compile a policy's every wildcard with it, for lists that fit into `risks.toml`; the actions come from the
catalogue that everything else here uses.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files

from harness.iam.actions.catalogue import access_level
from harness.iam.conditions import Operator
from harness.iam.least_privilege.grants import Grant, granted_actions, takes_resource, writes

PASS_ROLE = "iam:PassRole"
PASSED_TO = "iam:passedtoservice"
# cloudsplaining's severities, ISSUE_SEVERITY of its shared/constants.py.
SEVERITY = {
    "PrivilegeEscalation": "high",
    "CredentialsExposure": "high",
    "ResourceExposure": "high",
    "DataExfiltration": "medium",
    "ServiceWildcard": "medium",
    "InfrastructureModification": "low",
}
WORDS = {
    "CredentialsExposure": "returns credentials",
    "ResourceExposure": "changes who may reach resources, on every one of them",
    "DataExfiltration": "reads data or secrets wherever they are",
    "ServiceWildcard": "allows every action of a service",
    "InfrastructureModification": "changes or deletes resources of a kind, on every one of them",
}
CLOUDSPLAINING = "https://cloudsplaining.readthedocs.io/en/latest/glossary/"


@dataclass(frozen=True, slots=True)
class Risk:
    """One danger. `name` is the escalation path, or the category; `statements` grant it, by their labels."""

    category: str
    severity: str
    name: str
    actions: tuple[str, ...]
    statements: tuple[str, ...]
    message: str
    source: str


@dataclass(frozen=True, slots=True)
class Escalation:
    """A path to more rights: its actions together; `passed_to` is the service that takes the role passed."""

    name: str
    actions: tuple[str, ...]
    source: str
    passed_to: str = ""


@dataclass(frozen=True, slots=True)
class _Table:
    data_exfiltration: frozenset[str]
    credentials_exposure: frozenset[str]
    escalations: tuple[Escalation, ...]


@cache
def _table() -> _Table:
    text = files("harness.iam.least_privilege").joinpath("risks.toml").read_text(encoding="utf-8")
    given = tomllib.loads(text)
    return _Table(
        frozenset(given["data_exfiltration"]),
        frozenset(given["credentials_exposure"]),
        tuple(
            Escalation(row["name"], tuple(row["actions"]), row["source"], row.get("passed_to", ""))
            for row in given["escalation"]
        ),
    )


def risks(grants: Iterable[Grant]) -> tuple[Risk, ...]:
    """Return what is dangerous about *grants* (`RoleUse.grants`), the worst first.

    An action counts where it reaches every resource of its kind without a condition; a Deny on everything
    takes it away, and what a boundary does not allow is not held.
    """
    held = tuple(grants)
    allows = tuple(each for each in held if each.allows and not each.limits)
    kept = granted_actions(held)
    broad = _where(allows, kept, _reaches_all)
    somewhere = _where(allows, kept, _unconditional)
    found = [
        *_escalations(allows, kept, broad, somewhere),
        *_in_category("CredentialsExposure", broad, _table().credentials_exposure.__contains__),
        *_in_category("ResourceExposure", broad, lambda a: access_level(a) == "Permissions management"),
        *_in_category("DataExfiltration", broad, _table().data_exfiltration.__contains__),
        *_service_wildcards(allows),
        *_in_category("InfrastructureModification", broad, lambda a: writes(a) and takes_resource(a)),
    ]
    order = ("high", "medium", "low")
    return tuple(sorted(found, key=lambda risk: (order.index(risk.severity), risk.category, risk.name)))


Granting = Mapping[str, Sequence[Grant]]


def _where(allows: Sequence[Grant], kept: frozenset[str], counts: Callable[[Grant, str], bool]) -> Granting:
    """Return the actions that are granted so that *counts*, each with its statements."""
    found: dict[str, list[Grant]] = {}
    for grant in allows:
        for action in grant.expanded & kept:
            if counts(grant, action):
                found.setdefault(action, []).append(grant)
    return found


def _unconditional(grant: Grant, _action: str) -> bool:
    return not grant.condition


def _reaches_all(grant: Grant, action: str) -> bool:
    return not grant.condition and (not takes_resource(action) or _of_every_kind(grant))


# The name of a resource that is nothing but a wildcard, behind its type: `role/*`, `function:*`, `*`.
_EVERY = re.compile(r"([a-z0-9-]+[:/])?\*+([:/]\*+)*")


def _of_every_kind(grant: Grant) -> bool:
    return grant.not_resource or any(map(_is_every, grant.resources))


def _is_every(pattern: str) -> bool:
    parts = pattern.split(":", 5)
    name = parts[5] if len(parts) == 6 else "*"
    if len(parts) == 6 and parts[2] == "s3":  # objects: what stands before the slash is a bucket
        return name.startswith("*")
    return _EVERY.fullmatch(name) is not None


def _escalations(
    allows: Sequence[Grant], kept: frozenset[str], broad: Granting, somewhere: Granting
) -> Iterator[Risk]:
    for path in _table().escalations:
        if path.passed_to:
            passing = _passing(allows, path.passed_to) if PASS_ROLE in kept else []
            if passing and all(action in somewhere for action in path.actions[1:]):
                yield _passed(path, passing, somewhere)
        elif all(action in broad for action in path.actions):
            by = [grant for action in path.actions for grant in broad[action]]
            message = f"{' with '.join(path.actions)} leads to more rights than the role has"
            yield _risk("PrivilegeEscalation", path.name, path.actions, by, message, path.source)


def _passing(allows: Sequence[Grant], service: str) -> list[Grant]:
    """Return the grants of iam:PassRole under which a role may be passed to *service*."""
    return [each for each in allows if PASS_ROLE in each.expanded and _passed_to(each, service)]


def _passed_to(grant: Grant, service: str) -> bool:
    """Return whether *grant*'s conditions let a role go to *service*; of keys it does not know, yes."""
    return all(
        any(fnmatchcase(service, value) for value in values)
        for operator, keys in grant.condition.items()
        if "Not" not in Operator.named(operator).base
        for key, values in keys.items()
        if key.lower() == PASSED_TO
    )


def _passed(path: Escalation, passing: Sequence[Grant], somewhere: Granting) -> Risk:
    """Return the risk of passing a role on; a low one where only roles named one by one may be passed."""
    names = sorted({name for grant in passing for name in grant.resources})
    named = not any(grant.not_resource for grant in passing) and not any(
        set(name) & set("*?$") for name in names
    )
    which = f"only {' and '.join(names)}" if named else f"any role of {' and '.join(names)}"
    message = f"{' with '.join(path.actions)} lets it act as {which} through {path.passed_to}"
    by = [*passing, *(grant for action in path.actions[1:] for grant in somewhere[action])]
    severity = "low" if named else ""
    return _risk("PrivilegeEscalation", path.name, path.actions, by, message, path.source, severity)


def _in_category(category: str, broad: Granting, belongs: Callable[[str], bool]) -> Iterator[Risk]:
    actions = tuple(sorted(action for action in broad if belongs(action)))
    if actions:
        by = [grant for action in actions for grant in broad[action]]
        yield _risk(category, category, actions, by, f"{_counted(actions)} {WORDS[category]}")


def _counted(actions: Sequence[str]) -> str:
    return actions[0] if len(actions) == 1 else f"{actions[0]} and {len(actions) - 1} more:"


def _service_wildcards(allows: Sequence[Grant]) -> Iterator[Risk]:
    patterns = {
        pattern: grant
        for grant in allows
        if not grant.condition and not grant.not_action
        for pattern in grant.actions
        if pattern == "*" or pattern.endswith(":*")
    }
    if patterns:
        message = f"{' and '.join(sorted(patterns))} {WORDS['ServiceWildcard']}"
        category = "ServiceWildcard"
        yield _risk(category, category, tuple(sorted(patterns)), list(patterns.values()), message)


def _risk(
    category: str,
    name: str,
    actions: tuple[str, ...],
    by: Iterable[Grant],
    message: str,
    source: str = "",
    severity: str = "",
) -> Risk:
    return Risk(
        category,
        severity or SEVERITY[category],
        name,
        actions,
        tuple(sorted({each.label for each in by})),
        message,
        source or CLOUDSPLAINING,
    )
