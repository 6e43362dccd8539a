"""Decisions remembered by what they depend on: who, what, on what, and the context keys in the policies."""

from collections.abc import Hashable
from dataclasses import dataclass

from harness.iam.authorization import Authorization, PolicySet
from harness.iam.authorize import authorize, context_keys
from harness.iam.request import Request

# A run asks for a few thousand different things; more than this and they are not asked again.
CAPACITY = 65_536

Values = tuple[tuple[str, ...] | None, ...]


@dataclass(slots=True)
class _Asked:
    """One thing that somebody asks for. `keys`: what decisions depend on; `by_values`: those decisions."""

    keys: tuple[str, ...]
    by_values: dict[Values, Authorization]


class DecisionCache:
    """What `authorize` answered, to be answered again until `forget` is called.

    `scope` stands for all that chooses the policies besides principal and resource: the access key of a
    session with session policies, the VPC endpoint. Whoever changes a policy, or puts another into a
    `PolicySet` of the same scope, calls `forget`.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._known: dict[Hashable, Authorization | _Asked] = {}
        self._kept = 0

    def __len__(self) -> int:
        """How many decisions were kept since it was empty."""
        return self._kept

    def get(self, request: Request, scope: Hashable = None) -> Authorization | None:
        """Return what was decided about *request*, None where it must be decided."""
        found = self._known.get(_place(request, scope))
        if found is None or isinstance(found, Authorization):
            return found
        return found.by_values.get(tuple(map(request.context.get, found.keys)))

    def authorize(self, policies: PolicySet, request: Request, scope: Hashable = None) -> Authorization:
        """Return what `authorize` says, from memory where it can."""
        known = self.get(request, scope)
        return self.learn(policies, request, scope) if known is None else known

    def learn(self, policies: PolicySet, request: Request, scope: Hashable = None) -> Authorization:
        """Decide about *request* anew, and remember it."""
        if self._kept >= self._capacity:
            self.forget()
        place = _place(request, scope)
        decided = authorize(policies, request)
        keys = context_keys(policies, request.action)
        asked = self._known.get(place)
        if not keys:
            self._known[place] = decided
        elif isinstance(asked, _Asked) and asked.keys == keys:
            asked.by_values[tuple(map(request.context.get, keys))] = decided
        else:
            self._known[place] = _Asked(keys, {tuple(map(request.context.get, keys)): decided})
        self._kept += 1
        return decided

    def forget(self) -> None:
        """Forget every decision: a policy has changed."""
        self._known.clear()
        self._kept = 0


def _place(request: Request, scope: Hashable) -> Hashable:
    who = request.principal
    return (
        scope,
        who.kind,
        who.name,
        who.account,
        request.action,
        request.resource,
        request.resource_account,
    )
