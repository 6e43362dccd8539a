"""Judge a file of known verdicts: each vector is a request, the policies that bear on it, and what AWS says.

A document is `{"header": …, "vectors": [{"id", "request": {"principal", "account", "action", "resource",
"resourceAccount", "context"}, "identityPolicies": […], "resourcePolicy": {…}, "boundary": […],
"sessionPolicy": {…}, "scps": [[…]], "rcps": [[…]], "vpcEndpointPolicy": {…}, "expected"}]}`. `scps` and
`rcps` have a list of policies for each level of the organisation.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from harness.iam.authorization import Authorization, Effect, PolicySet
from harness.iam.authorize import authorize
from harness.iam.policy import Kind, MalformedPolicyError, Policy, parse
from harness.iam.request import Principal, Request

DENIALS = (Effect.IMPLICITLY_DENIED.value, Effect.EXPLICITLY_DENIED.value)
_SESSION = ("sessionPolicy", "sessionPolicies")
_BOUNDARY = (
    "boundary",
    "permissionsBoundary",
    "permissionBoundary",
    "boundaries",
    "permissionBoundaryPolicies",
)
_ENDPOINT = ("vpcEndpointPolicy", "vpcEndpointPolicies", "vpcEndpoint", "endpointPolicy", "endpointPolicies")

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """A vector as it is read: what is asked of which policies; `problem` says why it could not be read.

    `refused` are AWS's words for policies that it would not take.
    """

    id: Any
    known: Mapping[str, Any]
    request: Request | None = None
    policies: PolicySet = field(default_factory=PolicySet)
    refused: tuple[str, ...] = ()
    problem: str = ""


def judge(document: Any) -> Iterator[Row]:
    """Yield `{"id", "verdict", "reason"}` for each vector of *document*, in its order, whatever it holds.

    A vector with `expected` has that and `ok` in its row. One that cannot be read is denied implicitly, for a
    reason that says why: nothing is let through that nobody understands.
    """
    return map(judged, cases(document))


def cases(document: Any) -> Iterator[Case]:
    """Yield each vector of *document*, a list or `{"vectors": [...]}`, read and its policies compiled."""
    vectors = document.get("vectors", []) if isinstance(document, Mapping) else document
    for number, vector in enumerate(vectors if isinstance(vectors, list) else [vectors]):
        known = vector if isinstance(vector, Mapping) else {}
        name = known.get("id", str(number))
        try:
            reading = _Reading()
            request = _request(vector)
            policies = _policies(vector, request, reading)
            yield Case(name, known, request, policies, tuple(reading.refused))
        except Exception as error:  # one broken vector must not keep the others from being judged
            yield Case(name, known, problem=f"the vector cannot be read: {type(error).__name__}: {error}")


def judged(case: Case) -> Row:
    """Return the row of *case*."""
    row: Row = {"id": case.id}
    if case.request is None:
        row |= {"verdict": Effect.IMPLICITLY_DENIED.value, "reason": case.problem, "error": True}
    else:
        row |= _judged(case, case.request)
    if "expected" in case.known:
        expected = case.known["expected"]
        row |= {"expected": expected, "ok": agrees(row["verdict"], expected)}
    return row


def _judged(case: Case, request: Request) -> Row:
    try:
        found = _verdict(request, case.policies, case.refused)
    except Exception as error:  # as for one that cannot be read
        reason = f"the vector cannot be judged: {type(error).__name__}: {error}"
        return {"verdict": Effect.IMPLICITLY_DENIED.value, "reason": reason, "error": True}
    return {"verdict": found.effect.value, "reason": found.reason}


def agrees(verdict: str, expected: str) -> bool:
    """Return whether *verdict* is what is *expected*: `Denied` means either denial."""
    return verdict in DENIALS if expected == "Denied" else verdict == expected


def _verdict(request: Request, policies: PolicySet, refused: Sequence[str]) -> Authorization:
    """Return what *policies* say of *request*.

    AWS takes no malformed document, so that such a policy is not there; whether it was to allow or deny, the
    request is not allowed without it.
    """
    found = authorize(policies, request)
    if refused and found.allowed:
        return replace(found, effect=Effect.IMPLICITLY_DENIED, reason="; ".join(refused))
    return found


class _Reading:
    """Reads policies, and keeps what AWS says of those that it would refuse."""

    def __init__(self) -> None:
        self.refused: list[str] = []

    def several(self, value: Any, kind: Kind, name: str) -> tuple[Policy, ...]:
        """Return the policies of *value*, which is one or a list of them."""
        found = (self.one(each, kind, f"{name}{number}") for number, each in enumerate(_listed(value)))
        return tuple(policy for policy in found if policy)

    def one(self, value: Any, kind: Kind, name: str) -> Policy | None:
        """Return the policy *value*, None if AWS would refuse it."""
        try:
            return parse(_document(value), kind, name=name, lenient=True)
        except MalformedPolicyError as error:
            self.refused.append(f"{name} is refused as {error.code}: {error.message}")
        return None

    def levels(self, value: Any, kind: Kind, name: str) -> tuple[tuple[Policy, ...], ...]:
        """Return the policies of each level; a policy that stands where a level should is one by itself."""
        return tuple(
            self.several(level, kind, f"{name}{number}.") for number, level in enumerate(_listed(value))
        )


def _request(vector: Mapping[str, Any]) -> Request:
    given = vector["request"]
    context = given.get("context") or {}
    known = {str(key).lower(): _texts(value) for key, value in context.items() if value is not None}
    roles = known.get("aws:principalarn", ())
    name = _name(given.get("principal"))
    role = roles[0] if roles and ":assumed-role/" in name and ":role/" in roles[0] else ""
    principal = Principal.named(name, account=str(given.get("account") or ""), role=role)
    owner = str(given.get("resourceAccount") or "")
    return Request.of(principal, given["action"], given.get("resource") or "*", known, resource_account=owner)


def _name(principal: Any) -> str:
    """Return the name of *principal*, which may be written as in a policy: `{"Service": "…"}`."""
    if isinstance(principal, Mapping):
        principal = next(iter(principal.values()))
    return str(principal or "")


def _policies(vector: Mapping[str, Any], request: Request, reading: _Reading) -> PolicySet:
    resource = vector.get("resourcePolicy", vector.get("resourcePolicies"))
    return PolicySet(
        identity=reading.several(_first(vector, ("identityPolicies",)), Kind.IDENTITY, "identity"),
        resource=_resource(resource, request, reading),
        boundary=_limit(vector, _BOUNDARY, Kind.IDENTITY, reading),
        session=_limit(vector, _SESSION, Kind.IDENTITY, reading),
        scps=None if vector.get("scps") is None else reading.levels(vector["scps"], Kind.SCP, "scp"),
        rcps=None if vector.get("rcps") is None else reading.levels(vector["rcps"], Kind.RCP, "rcp"),
        vpc_endpoint=_limit(vector, _ENDPOINT, Kind.VPC_ENDPOINT, reading),
    )


def _resource(value: Any, request: Request, reading: _Reading) -> Policy | None:
    if not value:
        return None
    is_trust = request.action.lower().startswith("sts:") and ":role/" in request.resource
    kind = Kind.TRUST if is_trust else Kind.REPOSITORY
    found = reading.several(value, kind, "resource")
    return Policy(tuple(statement for policy in found for statement in policy.statements))


def _limit(
    vector: Mapping[str, Any], names: tuple[str, ...], kind: Kind, reading: _Reading
) -> tuple[Policy, ...] | None:
    value = _first(vector, names)
    return None if value is None else reading.several(value, kind, names[0])


def _first(vector: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((vector[name] for name in names if vector.get(name) is not None), None)


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _document(value: Any) -> Any:
    """Return the document that *value* is or holds, as the list of a backend's policies holds theirs."""
    if isinstance(value, Mapping) and "Statement" not in value:
        return next(
            (value[name] for name in ("policy", "document", "PolicyDocument") if name in value), value
        )
    return value


def _texts(value: Any) -> tuple[str, ...]:
    values = value if isinstance(value, list | tuple) else [value]
    return tuple(str(each).lower() if isinstance(each, bool) else str(each) for each in values)
