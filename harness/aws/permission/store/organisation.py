"""Service and resource control policies: what the backend's Organizations has above this account.

None of it is needed for a rehearsal in one account; a backend without the service, or without an
organisation, limits nothing.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from harness.aws.permission.store.documents import Finding, compiled
from harness.aws.permission.store.root import RootCalls
from harness.iam import Kind, Policy

# From the root to the account; None where nothing is limited.
Levels = tuple[tuple[Policy, ...], ...] | None
_TYPES = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}
# A tree of organisational units is at most five deep (Organizations quotas).
DEEPEST = 8


class Organisation:
    """Reads the policies of the organisation; a call that is refused means that there are none."""

    def __init__(self, root: RootCalls, tell: Finding) -> None:
        self._root = root
        self._tell = tell

    async def levels(self, kind: str, account: str) -> Levels:
        """Return the policies of type *kind* (scp, rcp) of each level above *account*; raise BackendError."""
        policy_type = _TYPES[kind]
        organisation = (await self._ask("DescribeOrganization", {})).get("Organization") or {}
        # Service and resource control policies never limit the management account (Organizations user guide).
        if not organisation or organisation.get("MasterAccountId") == account:
            return None
        roots = (await self._ask("ListRoots", {})).get("Roots") or []
        on = [
            each.get("Type")
            for root in roots
            for each in root.get("PolicyTypes") or []
            if each.get("Status", "ENABLED") == "ENABLED"
        ]
        if policy_type not in on:
            return None
        way = await self._way(account)
        return tuple([await self._attached(each, policy_type) for each in way]) if way else None

    async def _way(self, account: str) -> list[str]:
        """Return the ids from the root down to *account*, none where it is not in the organisation."""
        way = [account]
        for _ in range(DEEPEST):
            parents = (await self._ask("ListParents", {"ChildId": way[0]})).get("Parents") or []
            if not parents:
                return []
            way.insert(0, str(parents[0]["Id"]))
            if parents[0].get("Type") == "ROOT":
                return way
        return []

    async def _attached(self, target: str, policy_type: str) -> tuple[Policy, ...]:
        listed = await self._pages(
            "ListPoliciesForTarget", {"TargetId": target, "Filter": policy_type}, "Policies"
        )
        found = []
        for each in listed:
            answer = (await self._ask("DescribePolicy", {"PolicyId": each["Id"]})).get("Policy") or {}
            text = str(answer.get("Content") or "")
            name = str(each.get("Name") or each["Id"])
            kind = Kind.RCP if policy_type == _TYPES["rcp"] else Kind.SCP
            found.append(compiled(text, kind, name, self._tell))
        return tuple(found)

    async def _pages(self, operation: str, given: Mapping[str, Any], name: str) -> list[Any]:
        found: list[Any] = []
        token = ""
        while True:
            answer = await self._ask(operation, {**given, **({"NextToken": token} if token else {})})
            found += answer.get(name) or []
            token = str(answer.get("NextToken") or "")
            if not token:
                return found

    async def _ask(self, operation: str, given: Mapping[str, Any]) -> dict[str, Any]:
        answer = await self._root.json("organizations", operation, given)
        if answer.status != 200:
            return {}
        try:
            value = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            return {}
        return value if isinstance(value, dict) else {}
