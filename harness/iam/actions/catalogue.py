"""What AWS's Service Authorization Reference says of actions: which exist, on what, how far they reach.

Actions are written `prefix:Name`; big and small letters are equal in them, as IAM has it (user guide, "IAM
JSON policy elements: Action").
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from harness.iam.actions.library import prefixes, reference


@dataclass(frozen=True, slots=True)
class ResourceType:
    """A type of resource that an action works on. `templates`: its ARNs, with `${...}` to be filled.

    `required`: a policy must name one for the action to be allowed; else one of several may stand.
    """

    name: str
    templates: tuple[str, ...]
    required: bool


def exists(action: str) -> bool:
    """Return whether the reference has *action*."""
    return _details(action) is not None


def canonical(action: str) -> str:
    """Return *action* as the reference writes it; as it is where the reference has none of that name."""
    details = _details(action)
    return action if details is None else f"{action.partition(':')[0].lower()}:{details['name']}"


@lru_cache(maxsize=512)
def actions_of(prefix: str) -> frozenset[str]:
    """Return every action of the service *prefix*, such as `s3:GetObject`; empty for an unknown service."""
    return frozenset(f"{prefix}:{each['name']}" for each in reference("actions", prefix.lower()).values())


@lru_cache(maxsize=4096)
def expand(pattern: str) -> frozenset[str]:
    """Return the actions that *pattern* (`s3:Get*`, `*`) covers; empty where it covers none."""
    service, colon, name = pattern.partition(":")
    if not colon:
        service, name = (pattern, "*") if pattern == "*" else (pattern, "")
    wanted = _wild(name)
    return frozenset(
        f"{prefix}:{details['name']}"
        for prefix in _services(service.lower())
        for details in reference("actions", prefix).values()
        if wanted.fullmatch(details["name"])
    )


@lru_cache(maxsize=8192)
def access_level(action: str) -> str:
    """Return `List`, `Read`, `Write`, `Tagging` or `Permissions management`; "" for an unknown action.

    Where the reference gives several ("Tagging, Write") it is the first of these from the right.
    """
    details = _details(action)
    if details is None:
        return ""
    given = {level.strip() for level in str(details["accessLevel"]).split(",")}
    return next((level for level in _LEVELS if level in given), "")


_LEVELS = ("Permissions management", "Tagging", "Write", "Read", "List")


@lru_cache(maxsize=8192)
def resource_types(action: str) -> tuple[ResourceType, ...]:
    """Return what *action* can be limited to; empty where it takes no resource: only `*` allows it."""
    details = _details(action)
    if details is None:
        return ()
    known = reference("resourceTypes", action.partition(":")[0].lower())
    return tuple(
        ResourceType(each["name"], _templates(known[each["name"].lower()]), each["required"])
        for each in details["resourceTypes"]
        if each["name"].lower() in known
    )


@lru_cache(maxsize=8192)
def condition_keys(action: str, kind: str = "") -> frozenset[str]:
    """Return the condition keys that the reference lists for *action*, in small letters.

    With *kind*, the name of a resource type, only those that a request for one such resource carries. Keys
    with a part to be filled keep it: `aws:requesttag/${tagkey}`.
    """
    details = _details(action)
    if details is None:
        return frozenset()
    keys = set(details["conditionKeys"])
    for each in details["resourceTypes"]:
        if kind in ("", each["name"]):
            keys.update(each["conditionKeys"])
    return frozenset(key.lower() for key in keys)


def _details(action: str) -> Any:
    prefix, _, name = action.partition(":")
    return reference("actions", prefix.lower()).get(name.lower())


def _templates(row: Any) -> tuple[str, ...]:
    return tuple(each.strip() for each in str(row["arn"]).split(","))


def _services(pattern: str) -> Iterator[str]:
    if pattern in prefixes():
        yield pattern
    else:
        wanted = _wild(pattern)
        yield from (prefix for prefix in sorted(prefixes()) if wanted.fullmatch(prefix))


def _wild(text: str) -> re.Pattern[str]:
    pieces = (".*" if each == "*" else "." if each == "?" else re.escape(each) for each in text)
    return re.compile("".join(pieces), re.IGNORECASE)
