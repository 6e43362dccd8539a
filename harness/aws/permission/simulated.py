"""One simulation: the policies of a principal, asked about actions on resources, told as IAM tells it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from harness.aws.permission.simulation_input import Quote, Source
from harness.iam import Kind, Policy, Principal, Request
from harness.iam.actions.catalogue import resource_types
from harness.iam.authorization import Authorization, Effect, PolicySet, PolicyType
from harness.iam.authorize import authorize, context_keys

DECISIONS = {
    Effect.ALLOWED: "allowed",
    Effect.IMPLICITLY_DENIED: "implicitDeny",
    Effect.EXPLICITLY_DENIED: "explicitDeny",
    Effect.NOT_APPLICABLE: "implicitDeny",
}
# The one that counts of several: the last.
_STRICTNESS = ("allowed", "implicitDeny", "explicitDeny")

Values = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Simulated:
    """The policies of one simulation, who asks and what is known; `result` simulates one action."""

    policies: PolicySet
    quotes: Mapping[str, Quote]
    principal: Principal
    context: Mapping[str, tuple[str, ...]]
    owner: str
    spelled: Mapping[str, str]  # condition keys as the policies write them, by their small letters

    def result(self, action: str, resources: Sequence[str], *, named: bool) -> Values:
        """Return the EvaluationResult of *action* on *resources*, with one for each if they are *named*."""
        each = [self._on(action, resource) for resource in resources]
        decision = max((one["EvalResourceDecision"] for one in each), key=_STRICTNESS.index)
        deciding = [one for one in each if one["EvalResourceDecision"] == decision]
        result: Values = {
            "EvalActionName": action,
            "EvalResourceName": _template(action, resources[0]) if named else "*",
            "EvalDecision": decision,
            "MatchedStatements": _union(one["MatchedStatements"] for one in deciding),
            "MissingContextValues": _union(one["MissingContextValues"] for one in each),
        }
        if self.policies.scps is not None:
            allowed = all(one["ByOrganisation"] for one in each)
            result["OrganizationsDecisionDetail"] = {"AllowedByOrganizations": allowed}
        if self.policies.boundary is not None:
            within = all(
                one["PermissionsBoundaryDecisionDetail"]["AllowedByPermissionsBoundary"] for one in each
            )
            result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": within}
        if named:
            details = [one["EvalDecisionDetails"] for one in each]
            result["EvalDecisionDetails"] = {
                kind: max((one[kind] for one in details if kind in one), key=_STRICTNESS.index)
                for kind in sorted({kind for one in details for kind in one})
            }
            result["ResourceSpecificResults"] = [
                {name: value for name, value in one.items() if name != "ByOrganisation"} for one in each
            ]
        return result

    def _on(self, action: str, resource: str) -> Values:
        request = Request(self.principal, action, resource, self.context, _owner_of(resource) or self.owner)
        answer = authorize(self.policies, request)
        shown = PolicySet(identity=self.policies.identity, resource=self.policies.resource)
        result: Values = {
            "EvalResourceName": resource,
            "EvalResourceDecision": DECISIONS[answer.effect],
            "MatchedStatements": self._matched(answer),
            "MissingContextValues": [
                self.spelled.get(key, key)
                for key in context_keys(shown, action.lower())
                if key not in self.context
            ],
            "EvalDecisionDetails": self._details(answer, request),
            "ByOrganisation": _effect(answer, PolicyType.SCP) in (Effect.ALLOWED, Effect.NOT_APPLICABLE),
        }
        if self.policies.boundary is not None:
            within = _effect(answer, PolicyType.BOUNDARY) is Effect.ALLOWED
            result["PermissionsBoundaryDecisionDetail"] = {"AllowedByPermissionsBoundary": within}
        return result

    def _matched(self, answer: Authorization) -> list[Values]:
        """Return the statements that decided: where one denies, those that deny alone."""
        found: list[Values] = []
        for part in answer.by_type:
            if part.type is PolicyType.SCP or part.effect is not answer.effect:
                continue
            if part.type is PolicyType.BOUNDARY and answer.allowed:
                continue
            found += [_quoted(self.quotes[name]) for name in part.statements if name in self.quotes]
        return found

    def _details(self, answer: Authorization, request: Request) -> Values:
        """Return what each type of policy says, for a resource of another account alone."""
        if not request.resource_account or request.resource_account == self.principal.account:
            return {}
        kinds = {"IAM Policy": PolicyType.IDENTITY, "Resource Policy": PolicyType.RESOURCE}
        return {name: DECISIONS[_effect(answer, kind)] for name, kind in kinds.items()}


def _effect(answer: Authorization, kind: PolicyType) -> Effect:
    return next((part.effect for part in answer.by_type if part.type is kind), Effect.NOT_APPLICABLE)


def _quoted(quote: Quote) -> Values:
    return {
        "SourcePolicyId": quote.policy,
        "SourcePolicyType": quote.type,
        "StartPosition": {"Line": quote.start.line, "Column": quote.start.column},
        "EndPosition": {"Line": quote.end.line, "Column": quote.end.column},
    }


def _union(lists: Iterable[list[Any]]) -> list[Any]:
    found: list[Any] = []
    for some in lists:
        found += [each for each in some if each not in found]
    return found


def compiled(
    sources: Sequence[Source], kind: Kind, *, first: int = 0
) -> tuple[list[Policy], dict[str, Quote]]:
    policies: list[Policy] = []
    quotes: dict[str, Quote] = {}
    for number, source in enumerate(sources, first):
        policy, quoted = source.compiled(kind, number)
        policies.append(policy)
        quotes |= quoted
    return policies, quotes


def _template(action: str, resource: str) -> str:
    """Return the form of the ARNs of the type of resource that *resource* is for *action*."""
    templates = [each for kind in resource_types(action) for each in kind.templates]
    fitting = (each for each in templates if _form(each).fullmatch(resource))
    return next(fitting, templates[0] if templates else "*")


@lru_cache(maxsize=256)
def _form(template: str) -> re.Pattern[str]:
    pieces = re.split(r"\$\{[^}]*\}", template)
    return re.compile(
        "[^:]*".join(re.escape(piece) for piece in pieces[:-1]) + "(?s:.*)" + re.escape(pieces[-1])
    )


def _owner_of(resource: str) -> str:
    parts = resource.split(":", 5)
    return parts[4] if len(parts) == 6 and parts[4].isdecimal() else ""
