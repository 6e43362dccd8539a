"""What a user or role holds, as the backend's IAM has it now."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.aws.permission.held import Held
from harness.aws.permission.store.documents import MALFORMED, NOTHING, Finding, compiled, text_of
from harness.aws.permission.store.root import RootCalls
from harness.iam import Kind, Policy
from harness.iam.managed import is_aws_managed, managed_policies

Managed = Callable[[str], Awaitable["ManagedText | None"]]
MISSING = "policy-missing"


@dataclass(frozen=True, slots=True)
class ManagedText:
    """The default version of a managed policy: its id and its text."""

    version: str
    document: str


@dataclass(frozen=True, slots=True)
class Attached:
    """One policy of an identity as text. `kind`: `inline`, `managed` or `boundary`.

    `owner` is what it is attached to, `role/NAME` say: of a user's policies some may be a group's.
    """

    name: str
    kind: str
    document: str
    arn: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Identity:
    """What is kept of one user or role: what it holds, its documents, and a role's trust policy."""

    held: Held
    documents: tuple[Attached, ...] = ()
    boundary_document: Attached | None = None
    trust: Policy | None = None
    trust_document: str = ""
    arn: str = ""
    uses: frozenset[str] = frozenset()  # ARNs of the managed policies in it

    @property
    def exists(self) -> bool:
        """Whether the backend knows it."""
        return self.held.exists


ABSENT = Identity(Held(exists=False))


class Identities:
    """Reads users, roles and groups; *managed* returns the default version of a managed policy by its ARN.

    *boundary_of* returns the ARN of the boundary of a user for whom the backend shows none.
    """

    def __init__(
        self, root: RootCalls, managed: Managed, boundary_of: Callable[[str], str], tell: Finding
    ) -> None:
        self._root = root
        self._managed = managed
        self._boundary_of = boundary_of
        self._tell = tell

    async def role(self, name: str, account: str) -> Identity:
        """Return the role called *name*."""
        found, inline, attached, tags = await asyncio.gather(
            self._root.result("GetRole", account, RoleName=name),
            self._inline("Role", name, account),
            self._attached("Role", name, account),
            self._root.listed("ListRoleTags", "Tags", account, RoleName=name),
        )
        entity = (found or {}).get("Role")
        if not isinstance(entity, dict) or _other(entity, account):
            return ABSENT
        trust = text_of(entity.get("AssumeRolePolicyDocument") or "")
        identity = await self._identity(entity, entity.get("RoleId"), [*inline, *attached], tags, account)
        arn = str(entity.get("Arn", ""))
        return Identity(
            identity.held,
            identity.documents,
            identity.boundary_document,
            compiled(trust, Kind.TRUST, f"trust policy of {arn}", self._tell) if trust else None,
            trust,
            arn,
            identity.uses,
        )

    async def user(self, name: str, account: str) -> Identity:
        """Return the user called *name*, with what it has from its groups."""
        found, inline, attached, tags, groups = await asyncio.gather(
            self._root.result("GetUser", account, UserName=name),
            self._inline("User", name, account),
            self._attached("User", name, account),
            self._root.listed("ListUserTags", "Tags", account, UserName=name),
            self._root.listed("ListGroupsForUser", "Groups", account, UserName=name),
        )
        entity = (found or {}).get("User")
        if not isinstance(entity, dict) or _other(entity, account):
            return ABSENT
        names = [str(group.get("GroupName", "")) for group in groups if isinstance(group, dict)]
        of_groups = await asyncio.gather(*(self._group(each, account) for each in names))
        policies = [*inline, *attached, *(each for some in of_groups for each in some)]
        if not entity.get("PermissionsBoundary"):
            entity = entity | {"PermissionsBoundary": self._boundary_of(name)}
        return await self._identity(entity, entity.get("UserId"), policies, tags, account)

    async def group(self, name: str, account: str) -> Identity:
        """Return the group called *name*; it is nobody who asks, but may be simulated."""
        found, policies = await asyncio.gather(
            self._root.result("GetGroup", account, GroupName=name), self._group(name, account)
        )
        entity = (found or {}).get("Group")
        if not isinstance(entity, dict) or _other(entity, account):
            return ABSENT
        return await self._identity(entity, entity.get("GroupId"), policies, [], account)

    async def _group(self, name: str, account: str) -> list[Attached]:
        inline, attached = await asyncio.gather(
            self._inline("Group", name, account), self._attached("Group", name, account)
        )
        return [*inline, *attached]

    async def _inline(self, owner: str, name: str, account: str) -> list[Attached]:
        named = {f"{owner}Name": name}
        names = await self._root.listed(f"List{owner}Policies", "PolicyNames", account, **named)
        found = await asyncio.gather(
            *(self._root.result(f"Get{owner}Policy", account, PolicyName=each, **named) for each in names)
        )
        return [
            Attached(
                str(policy),
                "inline",
                text_of(each.get("PolicyDocument") or ""),
                owner=f"{owner.lower()}/{name}",
            )
            for policy, each in zip(names, found, strict=True)
            if each is not None
        ]

    async def _attached(self, owner: str, name: str, account: str) -> list[Attached]:
        named = {f"{owner}Name": name}
        listed = await self._root.listed(f"ListAttached{owner}Policies", "AttachedPolicies", account, **named)
        arns = [str(each.get("PolicyArn", "")) for each in listed if isinstance(each, dict)]
        texts = await asyncio.gather(*(self.managed(arn) for arn in arns))
        return [
            Attached(
                arn.rpartition("/")[2],
                "managed",
                text.document if text else "",
                arn,
                f"{owner.lower()}/{name}",
            )
            for arn, text in zip(arns, texts, strict=True)
        ]

    async def managed(self, arn: str) -> ManagedText | None:
        """Return the default version of a managed policy; one that is not there is reported."""
        found = await self._managed(arn)
        if found is None:
            self._tell(
                MISSING,
                arn,
                f"The managed policy {arn} is attached and does not exist, so it allows and denies nothing.",
            )
        return found

    async def _identity(
        self,
        entity: Mapping[str, Any],
        unique_id: Any,
        policies: list[Attached],
        tags: list[Any],
        account: str,
    ) -> Identity:
        limit = await self._boundary(entity)
        held = Held(
            identity=tuple(self._compiled(each) for each in policies if each.document),
            boundary=None if limit is None else (self._compiled(limit) if limit.document else NOTHING,),
            tags=_tags(tags) or _tags(entity.get("Tags") or []),
            unique_id=str(unique_id or ""),
        )
        uses = frozenset(each.arn for each in [*policies, *([limit] if limit else [])] if each.arn)
        return Identity(held, tuple(policies), limit, arn=str(entity.get("Arn", "")), uses=uses)

    async def _boundary(self, entity: Mapping[str, Any]) -> Attached | None:
        """Return the boundary; one whose policy is not there allows nothing."""
        given = entity.get("PermissionsBoundary")
        arn = str(given.get("PermissionsBoundaryArn") or "") if isinstance(given, dict) else str(given or "")
        if not arn:
            return None
        found = await self.managed(arn)
        return Attached(arn.rpartition("/")[2], "boundary", found.document if found else "", arn)

    def _compiled(self, policy: Attached) -> Policy:
        return compiled(policy.document, Kind.IDENTITY, policy.arn or policy.name, self._tell)


async def read_managed(root: RootCalls, arn: str) -> ManagedText | None:
    """Return the default version of the managed policy *arn*, AWS's own from AWS's list."""
    if is_aws_managed(arn):
        policies = await asyncio.to_thread(managed_policies)
        known = policies.find(arn)
        if known is not None:
            return ManagedText(known.version, known.document)
    account = arn.split(":")[4] if arn.count(":") >= 5 else ""
    owner = "" if account == "aws" else account
    found = ((await root.result("GetPolicy", owner, PolicyArn=arn)) or {}).get("Policy")
    if not isinstance(found, dict) or found.get("Arn", arn) != arn:
        return None
    version = str(found.get("DefaultVersionId", "v1"))
    answer = await root.result("GetPolicyVersion", owner, PolicyArn=arn, VersionId=version)
    body = (answer or {}).get("PolicyVersion")
    return ManagedText(version, text_of(body.get("Document") or "")) if isinstance(body, dict) else None


def _other(entity: Mapping[str, Any], account: str) -> bool:
    """Whether the backend answered for another account, of which it knows no difference."""
    owner = str(entity.get("Arn", "")).split(":")[4:5]
    return bool(owner and owner[0] and account and owner[0] != account)


def _tags(tags: list[Any]) -> dict[str, str]:
    return {str(tag.get("Key", "")): str(tag.get("Value", "")) for tag in tags if isinstance(tag, dict)}


__all__ = ["ABSENT", "MALFORMED", "Attached", "Identities", "Identity", "ManagedText", "read_managed"]
