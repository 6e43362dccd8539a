"""The policies of the backend, kept until a call changes them: what the guard asks on every request."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from harness.aws.permission.held import Held
from harness.aws.permission.store.changes import EVERYTHING, Changes, changed, is_stack_call
from harness.aws.permission.store.documents import DENIES_ALL, Finding, compiled, joined
from harness.aws.permission.store.identities import (
    ABSENT,
    Identities,
    Identity,
    ManagedText,
    read_managed,
)
from harness.aws.permission.store.kinds import Key, key_of
from harness.aws.permission.store.organisation import Levels, Organisation
from harness.aws.permission.store.resources import Resources, UnreadableError
from harness.aws.permission.store.root import RootCalls
from harness.aws.permission.store.written import Written
from harness.errors import BackendError
from harness.gateway.chain import Address, Exchange
from harness.gateway.fetch import Fetcher
from harness.iam import Kind, Policy, Principal

# A read that overlaps a change is made again; so often in a row only by something that never rests.
ATTEMPTS = 10
# How often the stacks that are under way are looked at, real seconds: what they have made since is not known
# before.
STACK_POLL_S = 0.2
UNREADABLE = "policy-unreadable"

T = TypeVar("T")


class _Reading(Generic[T]):
    """A read under way. `stale`: something has changed since it began."""

    __slots__ = ("stale", "task")

    def __init__(self) -> None:
        self.stale = False
        self.task: asyncio.Task[T] | None = None


class PolicyStore:
    """`Policies` of the backend behind *route*, and more of the same for reports and simulations.

    *tell* takes (rule, resource, message) of what is wrong with a policy, once each. Everything but the
    constructor is to be called on the gateway's loop.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        route: Callable[[str], Address],
        *,
        region: str,
        account: str,
        tell: Finding = lambda _rule, _resource, _message: None,
    ) -> None:
        self.revision = 0
        self.account = account
        self._root = RootCalls(fetcher, route, region, account)
        self._said: set[tuple[str, str]] = set()
        self._tell = tell
        self._written = Written()
        self._identities = Identities(self._root, self.managed, self._written.boundary, self._once)
        self._resources = Resources(self._root)
        self._organisation = Organisation(self._root, self._once)
        self._kept: dict[Key, Any] = {}
        self._readings: dict[Key, _Reading[Any]] = {}
        self._keys: dict[str, Key | None] = {}  # of ARNs: worked out once
        self._stacks: asyncio.Task[None] | None = None

    # -- Policies -----

    def held(self, principal: Principal) -> Held | None:
        """Return what *principal* (a user, or the role of a session) holds, None while it is not read.

        Services, anonymous callers and the account's root hold nothing: their identity has no policies.
        """
        key = identity_key(principal)
        if key is None:
            return Held(exists=not _is_lost(principal))
        found: Identity | None = self._kept.get(key)
        return found.held if found is not None else None

    def resource_policy(self, arn: str) -> Policy | None:
        """Return the policy of the resource *arn*, None where it has none. Only for what is `known`.

        That of a role is its trust policy: to be asked for the actions of STS alone.
        """
        key = self._key(arn)
        if key is None:
            return None
        found = self._kept.get(key)
        if isinstance(found, Identity):
            return found.trust
        policy: Policy | None = found
        return policy

    def known(self, arn: str) -> bool:
        """Return whether the policy of *arn* is read, or *arn* is of a kind that has no policies."""
        key = self._key(arn)
        return key is None or key in self._kept

    async def learn(self, principal: Principal | None, resources: Sequence[str]) -> None:
        """Read what is not known yet of *principal* and *resources*; raise BackendError."""
        keys = {key for arn in resources if (key := self._key(arn)) is not None}
        own = identity_key(principal) if principal is not None else None
        if own is not None:
            keys.add(own)
        missing = [key for key in keys if key not in self._kept]
        if len(missing) == 1:
            await self._get(missing[0])
        elif missing:
            await asyncio.gather(*(self._get(key) for key in missing))

    def heard(self, exchange: Exchange) -> None:
        """Take note of an answered call that may have changed policies; forget what it changed.

        To be called before the next request is read: with every exchange, as it is recorded.
        """
        changes = changed(exchange)
        if not changes:
            return
        if changes is EVERYTHING:
            if is_stack_call(exchange):
                self._watch_stacks()
            elif self._stacks is None:
                return  # somebody looks at stacks, of which none is under way
        self._written.note(exchange)
        self.forget(changes)

    def forget(self, changes: Changes = EVERYTHING) -> None:
        """Read again what is kept under keys that begin with one of *changes*, when it is next asked for."""
        self.revision += 1
        for beginning in changes:
            size = len(beginning)
            for key in [key for key in self._kept if key[:size] == beginning]:
                del self._kept[key]
            for key, reading in self._readings.items():
                if key[:size] == beginning:
                    reading.stale = True

    def close(self) -> None:
        """Stop looking after stacks and give up what is being read."""
        tasks = [reading.task for reading in self._readings.values()]
        for task in (self._stacks, *tasks):
            if task is not None:
                task.cancel()

    @property
    def stacks_move(self) -> bool:
        """Whether a stack was under way when it was last looked at."""
        return self._stacks is not None

    # -- more than the guard asks -----

    async def identity(self, kind: str, name: str, account: str = "") -> Identity:
        """Return the user, role or group (*kind*) called *name* with its documents; raise BackendError.

        One that does not exist has `exists` False.
        """
        found: Identity = await self._get((kind, name, account or self.account))
        return found

    async def managed(self, arn: str) -> ManagedText | None:
        """Return the default version of a managed policy, None where it does not exist."""
        found: ManagedText | None = await self._get(("managed", arn))
        return found

    async def scps(self) -> Levels:
        """Return the service control policies of each level above this account, None without organisation."""
        levels: Levels = await self._get(("scp", self.account))
        return levels

    async def rcps(self) -> Levels:
        """Return the resource control policies of each level above this account, None without any."""
        levels: Levels = await self._get(("rcp", self.account))
        return levels

    # -- reading -----

    def _key(self, arn: str) -> Key | None:
        try:
            return self._keys[arn]
        except KeyError:
            if len(self._keys) > 4096:  # ARNs of objects may be without number
                self._keys.clear()
            key = self._keys[arn] = key_of(arn)
            return key

    async def _get(self, key: Key) -> Any:
        if key in self._kept:
            return self._kept[key]
        reading = self._readings.get(key)
        if reading is None:
            reading = self._readings[key] = _Reading()
            reading.task = asyncio.ensure_future(self._read_to_rest(key, reading))
            reading.task.add_done_callback(_look_at)
        assert reading.task is not None
        # Whoever asked may go away; what is read is for others, too.
        return await asyncio.shield(reading.task)

    async def _read_to_rest(self, key: Key, reading: _Reading[Any]) -> Any:
        try:
            for _ in range(ATTEMPTS):
                reading.stale = False
                value = await self._read(key)
                if not reading.stale:
                    self._kept[key] = value
                    return value
        finally:
            del self._readings[key]
        raise BackendError(
            f"The policies of {' '.join(key)} changed {ATTEMPTS} times while they were read; change them "
            "less often, or not while they are needed."
        )

    async def _read(self, key: Key) -> Any:
        kind = key[0]
        if kind == "role":
            return await self._identities.role(key[1], key[2])
        if kind == "user":
            return await self._identities.user(key[1], key[2])
        if kind == "group":
            return await self._identities.group(key[1], key[2])
        if kind == "managed":
            return await read_managed(self._root, key[1])
        if kind in ("scp", "rcp"):
            return await self._organisation.levels(kind, key[1])
        return await self._resource(key)

    async def _resource(self, key: Key) -> Policy | None:
        name = resource_name(key)
        try:
            texts = await self._resources.read(key)
        except UnreadableError as error:
            written = self._written.text(key)
            if written is None:
                self._once(
                    UNREADABLE,
                    name,
                    f"The backend lets not even the account's root read the policy of {name} ({error}), so "
                    "it counts as one that denies everybody; change that policy through the gateway.",
                )
            texts = (written or DENIES_ALL,)
        form = Kind.REPOSITORY if key[0] == "ecr" else Kind.RESOURCE
        policies = [compiled(text, form, name, self._once) for text in texts]
        if len(policies) < 2:
            return policies[0] if policies else None
        return joined(policies)

    def _once(self, rule: str, resource: str, message: str) -> None:
        if (rule, resource) not in self._said:
            self._said.add((rule, resource))
            self._tell(rule, resource, message)

    # -- stacks, which make things after their call was answered -----

    def _watch_stacks(self) -> None:
        if self._stacks is None:
            self._stacks = asyncio.ensure_future(self._follow_stacks())

    async def _follow_stacks(self) -> None:
        try:
            moving = True
            while moving:
                moving = await self._stacks_move()
                self.forget()
                if moving:
                    await asyncio.sleep(STACK_POLL_S)
        finally:
            self._stacks = None

    async def _stacks_move(self) -> bool:
        try:
            answer = await self._root.query("cloudformation", "DescribeStacks")
        except BackendError:
            return False
        return b"_IN_PROGRESS" in answer.body


def _look_at(task: "asyncio.Task[Any]") -> None:
    """Take the error of a read that nobody waits for any more: the next who asks reads again."""
    if not task.cancelled():
        task.exception()


def identity_key(principal: Principal) -> Key | None:
    """Return what the identity of *principal* is kept under, None for one that has no policies of its own."""
    if principal.kind != "aws":
        return None
    arn = principal.role or principal.name
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] != "iam":
        return None
    kind, _, path = parts[5].partition("/")
    return (kind, path.rpartition("/")[2], parts[4]) if kind in ("role", "user") and path else None


def _is_lost(principal: Principal) -> bool:
    """Whether it is a session whose role nobody knows: it holds nothing."""
    return principal.kind == "aws" and ":sts:" in principal.name and not principal.role


def resource_name(key: Key) -> str:
    """Return how findings and labels name the resource under *key*."""
    if key[0] == "s3":
        return f"arn:aws:s3:::{key[1]}"
    service, name, region, account, *more = key
    kinds = {
        "dynamodb": "table/",
        "ecr": "repository/",
        "elasticfilesystem": "file-system/",
        "es": "domain/",
        "events": "event-bus/",
        "kinesis": "stream/",
        "lambda": "".join(more[:1]) + ":",
        "secretsmanager": "secret:",
    }
    named = kinds.get(service, "") + name
    qualifier = f":{more[1]}" if len(more) > 1 and more[1] else ""
    return f"arn:aws:{service}:{region}:{account}:{named or 'resource-policy'}{qualifier}"


__all__ = ["ABSENT", "PolicyStore", "identity_key", "resource_name"]
