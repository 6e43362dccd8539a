"""One need of one caller, judged by all the policies that bear on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from harness.aws.permission.caller_context import (
    PASSING,
    Values,
    account_of,
    caller_values,
    service_values,
    way_values,
)
from harness.aws.permission.doubts import without_doubt
from harness.aws.permission.entrances import Entrance
from harness.aws.permission.held import Held, Policies
from harness.aws.permission.keys import Caller, SessionPolicies
from harness.aws.permission.uses import Use, Uses
from harness.clock import Calendar
from harness.iam import Kind, MalformedPolicyError, Policy, PolicySet, Request, authorize, context_keys, parse
from harness.iam.actions import Need
from harness.iam.authorization import Authorization

_NOTHING = parse(
    {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}, Kind.IDENTITY
)
_NOT_HELD = Held(exists=False)
_STS = "sts:"
Levels = tuple[tuple[Policy, ...], ...] | None


class Way(NamedTuple):
    """How a request came: what its context has beside the caller's and the call's own keys.

    `signed` is s3:authType and s3:signatureversion of a request to S3, () for others and for an unsigned one.
    """

    peer: str
    entrance: str
    region: str
    signed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """One need and what it came to; `use` counts its calls. `kept`: it holds for the next such call, too."""

    request: Request
    answer: Authorization
    use: Use
    kept: bool


class Judge:
    """Asks *policies* and the evaluator. Everything here runs on the gateway's loop.

    `revision` grows with whatever makes what was judged before uncertain.
    """

    def __init__(
        self,
        policies: Policies,
        uses: Uses,
        calendar: Calendar,
        entrance_of: Callable[[str], Entrance | None],
        account: str,
    ) -> None:
        self._policies = policies
        self._uses = uses
        self._calendar = calendar
        self._entrance_of = entrance_of
        self._account = account
        self._revision = policies.revision
        self._contexts: dict[tuple[object, ...], Values] = {}
        self._sessions: dict[SessionPolicies, tuple[Policy, ...]] = {}
        self._limits: tuple[Levels, Levels] | None = None  # SCPs and RCPs

    def forget(self) -> None:
        """Judge everything anew: a key, a policy or an endpoint is not what it was."""
        self._revision = self._policies.revision
        self._contexts.clear()
        self._sessions.clear()
        self._limits = None

    @property
    def is_stale(self) -> bool:
        """Whether policies have changed since something was judged."""
        return self._policies.revision != self._revision

    def missing(self, caller: Caller, way: Way, needs: Sequence[Need]) -> bool:
        """Return whether something must be learnt before *needs* can be judged.

        Whoever asks has looked at `is_stale` just before, and has dropped what it keeps itself.
        """
        if self._limits is None or (way.entrance and self._entrance_of(way.entrance) is None):
            return True
        if caller.session and caller.session not in self._sessions:
            return True
        if caller.holder is not None and self._policies.held(caller.holder) is None:
            return True
        return not all(self._policies.known(need.resource) for need in needs)

    async def learn(self, caller: Caller, needs: Sequence[Need]) -> None:
        """Read what is missing but for the entrance; raise BackendError."""
        await self._policies.learn(caller.holder, [need.resource for need in needs])
        if self._limits is None:
            self._limits = (await self._policies.scps(), await self._policies.rcps())
        if caller.session and caller.session not in self._sessions:
            self._sessions[caller.session] = await self._session_policies(caller.session)

    async def _session_policies(self, session: SessionPolicies) -> tuple[Policy, ...]:
        """Return them compiled; one that is not there or malformed allows nothing."""
        texts = [*session.documents]
        for arn in session.arns:
            found = await self._policies.managed(arn)
            texts.append(found.document if found is not None else "")
        return tuple(_session_policy(text, number) for number, text in enumerate(texts))

    def judge(
        self, caller: Caller, call: str, need: Need, way: Way, passing: Callable[[], Values], at: float
    ) -> Judged:
        """Return what *need* of *call* comes to; nothing may be missing."""
        policies = self._policies_for(caller, need, way)
        owner = account_of(need.resource, self._account)
        context = {
            **self._context(caller, way),
            "aws:resourceaccount": (owner,),
            **service_values(need.action, owner, caller, way.signed),
            **need.context,
        }
        kept = PASSING.isdisjoint(context_keys(policies, need.action))
        if not kept:
            context |= passing()
        request = Request(caller.principal, need.action, need.resource, context, owner)
        answer = without_doubt(policies, request, authorize(policies, request))
        return Judged(request, answer, self._uses.of(caller, call, need, answer, at), kept)

    def _policies_for(self, caller: Caller, need: Need, way: Way) -> PolicySet:
        held = self._held(caller)
        scps, rcps = self._limits or (None, None)
        entrance = self._entrance_of(way.entrance) if way.entrance else None
        is_iam = ":iam::" in need.resource
        # The trust policy of a role is its resource policy, for the actions of STS alone.
        asked = not is_iam or need.action.startswith(_STS)
        return PolicySet(
            identity=held.identity if held is not None else (),
            resource=self._policies.resource_policy(need.resource) if asked else None,
            boundary=held.boundary if held is not None else None,
            session=self._sessions[caller.session] if caller.session else None,
            scps=scps,
            rcps=rcps,
            vpc_endpoint=entrance.policies if entrance is not None else None,
        )

    def _held(self, caller: Caller) -> Held | None:
        if caller.holder is None:
            return None
        return self._policies.held(caller.holder) or _NOT_HELD

    def _context(self, caller: Caller, way: Way) -> Values:
        found = self._contexts.get((caller, way))
        if found is None:
            entrance = self._entrance_of(way.entrance) if way.entrance else None
            of_way = way_values(way.peer, entrance, way.region)
            found = caller_values(caller, self._held(caller), self._calendar) | of_way
            self._contexts[(caller, way)] = found
        return found


def _session_policy(text: str, number: int) -> Policy:
    try:
        return parse(text, Kind.IDENTITY, name=f"session policy {number}") if text else _NOTHING
    except MalformedPolicyError:
        return _NOTHING
