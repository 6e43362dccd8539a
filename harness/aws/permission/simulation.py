"""IAM's policy simulator, answered with the evaluator that the gateway judges real calls by.

IAM API reference, SimulatePrincipalPolicy, SimulateCustomPolicy, GetContextKeysForPrincipalPolicy and
GetContextKeysForCustomPolicy: every emulator has a stub of them or nothing.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime

from harness.aws.permission.simulated import Simulated, compiled
from harness.aws.permission.simulation_arguments import (
    Exclusions,
    InvalidInputError,
    Values,
    actions,
    context,
    owner,
    page,
    required,
    text_at,
    texts_at,
)
from harness.aws.permission.simulation_input import Source, context_keys_of, nested
from harness.aws.permission.store import PolicyStore
from harness.aws.permission.store.identities import Attached, Identity
from harness.aws.permission.store.xml import document as xml_document
from harness.aws.query_form import LIMIT_BYTES, decode
from harness.errors import BackendError
from harness.gateway.chain import Exchange, Outcome, ReadBody, Reply
from harness.gateway.error_shapes import error_reply
from harness.iam import Kind, MalformedPolicyError, Policy, Principal
from harness.iam.authorization import PolicySet
from harness.refusal import AwsError

OPERATIONS = (
    "SimulatePrincipalPolicy",
    "SimulateCustomPolicy",
    "GetContextKeysForPrincipalPolicy",
    "GetContextKeysForCustomPolicy",
)
NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"
_KINDS = ("user", "group", "role")


class NoSuchEntityError(Exception):
    """There is no user, group or role of that name."""


class Simulation:
    """Answers the four operations; `handle` is its handler, anywhere before calls are forwarded.

    *now* returns the time of day in seconds since 1970, for aws:CurrentTime.
    """

    def __init__(self, store: PolicyStore, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        self._read = ReadBody(self._answer, LIMIT_BYTES, Reply(413, b"The request is too long."))

    def handle(self, exchange: Exchange) -> Outcome:
        """Read the body of a call of IAM that may be one of these; answer those."""
        if exchange.service != "iam":
            return None
        if exchange.operation in OPERATIONS or exchange.operation == "POST":
            return self._read if not exchange.body else self._answer(exchange)
        return self._answer(exchange) if "Action=" in exchange.query else None

    def _answer(self, exchange: Exchange) -> Outcome:
        form = exchange.body or exchange.query.encode()
        if not any(name.encode() in form for name in OPERATIONS):
            return None
        fields = decode(form)
        operation = fields.get("Action", "")
        return self._carry_out(exchange, operation, nested(fields)) if operation in OPERATIONS else None

    async def _carry_out(self, exchange: Exchange, operation: str, given: Values) -> Reply:
        exchange.operation = operation
        try:
            if operation.startswith("GetContextKeys"):
                result = await self._context_keys(operation, given)
            else:
                result = await self._simulate(operation, given)
        except (InvalidInputError, MalformedPolicyError) as error:
            return _refuse(exchange, AwsError("InvalidInput", 400, str(error)))
        except NoSuchEntityError as error:
            return _refuse(exchange, AwsError("NoSuchEntity", 404, str(error)))
        except BackendError as error:
            return _refuse(exchange, AwsError("PolicyEvaluation", 500, str(error)))
        body = xml_document(operation, result, NAMESPACE)
        return Reply(200, body, (("Content-Type", "text/xml"),))

    # -- what it is about -----

    async def _context_keys(self, operation: str, given: Values) -> Values:
        documents = texts_at(given, "PolicyInputList")
        if operation == "GetContextKeysForPrincipalPolicy":
            identity, _, _ = await self._source(required(given, "PolicySourceArn"))
            documents = [*(each.document for each in identity.documents if each.document), *documents]
        elif not documents:
            raise InvalidInputError("PolicyInputList must not be empty.")
        return {"ContextKeyNames": list(_spelled(documents).values())}

    async def _source(self, arn: str) -> tuple[Identity, str, str]:
        """Return what the identity *arn* holds, its kind and its name."""
        parts = arn.split(":", 5)
        kind, _, path = parts[5].partition("/") if len(parts) == 6 else ("", "", "")
        if kind not in _KINDS or not path or parts[2] != "iam":
            raise InvalidInputError(
                f"Invalid Entity Arn: {arn} does not clearly define entity type and name."
            )
        name = path.rpartition("/")[2]
        identity = await self._store.identity(kind, name, parts[4])
        if not identity.exists:
            raise NoSuchEntityError(f"The {kind} with name {name} cannot be found.")
        return identity, kind, name

    async def _simulate(self, operation: str, given: Values) -> Values:
        simulated = await (
            self._of_principal(given) if operation == "SimulatePrincipalPolicy" else self._of_texts(given)
        )
        resources = texts_at(given, "ResourceArns") or ["*"]
        results = [
            simulated.result(action, resources, named="ResourceArns" in given and resources != ["*"])
            for action in actions(given)
        ]
        return page(results, given)

    async def _of_principal(self, given: Values) -> "Simulated":
        arn = required(given, "PolicySourceArn")
        identity, kind, _ = await self._source(arn)
        exclusions = Exclusions.of(given)
        held = [each for each in identity.documents if each.document and not exclusions.leave_out(each)]
        sources = [*map(_attached_source, held), *_inputs(given, "PolicyInputList")]
        boundary = identity.boundary_document
        boundaries = _inputs(given, "PermissionsBoundaryPolicyInputList") or (
            [_attached_source(boundary)]
            if boundary is not None and not exclusions.leave_out(boundary)
            else []
        )
        caller = text_at(given, "CallerArn") or arn
        tags = {f"aws:principaltag/{key.lower()}": (value,) for key, value in identity.held.tags.items()}
        own = {"aws:userid": (identity.held.unique_id,), **tags} if caller == arn else {}
        limited = kind != "group" and "scp" not in exclusions.types
        levels = await self._store.scps() if limited else None
        return self._simulated(given, sources, boundaries, caller, own, levels)

    async def _of_texts(self, given: Values) -> "Simulated":
        sources = _inputs(given, "PolicyInputList")
        if not sources:
            raise InvalidInputError("PolicyInputList must not be empty.")
        caller = text_at(given, "CallerArn")
        if given.get("ResourcePolicy") and not caller:
            raise InvalidInputError("CallerArn is required where a ResourcePolicy is given.")
        boundaries = _inputs(given, "PermissionsBoundaryPolicyInputList")
        # Nobody in particular: a user, since the account's root needs no policy of its own.
        nobody = f"arn:aws:iam::{self._store.account}:user/PolicySimulator"
        return self._simulated(
            given, sources, boundaries, caller or nobody, {}, _given_levels(given), bool(caller)
        )

    def _simulated(
        self,
        given: Values,
        sources: Sequence[Source],
        boundaries: Sequence[Source],
        caller: str,
        own: Mapping[str, tuple[str, ...]],
        levels: tuple[tuple[Policy, ...], ...] | None,
        named: bool = True,
    ) -> "Simulated":
        principal = _principal(caller)
        policies, quotes = compiled([*sources, *boundaries], Kind.IDENTITY)
        resource = text_at(given, "ResourcePolicy")
        resources, of_resource = compiled(
            [Source("ResourcePolicy", "Resource Policy", resource)] if resource else [],
            Kind.RESOURCE,
            first=len(policies),
        )
        known = _usual_context(principal, self._now(), named) | dict(own) | context(given)
        return Simulated(
            PolicySet(
                identity=tuple(policies[: len(sources)]),
                resource=resources[0] if resources else None,
                boundary=tuple(policies[len(sources) :]) or None,
                scps=levels,
            ),
            {**quotes, **of_resource},
            principal,
            known,
            owner(given),
            _spelled(
                [*(each.document for each in (*sources, *boundaries)), *([resource] if resource else [])]
            ),
        )


def _spelled(documents: Iterable[str]) -> dict[str, str]:
    """Return the condition keys of *documents* as they are written first, by their small letters."""
    found: dict[str, str] = {}
    for document in documents:
        for key in context_keys_of(document):
            found.setdefault(key.lower(), key)
    return found


def _attached_source(policy: Attached) -> Source:
    """Return a policy of an identity by the name that the simulator has for it."""
    kind, _, owner = policy.owner.partition("/")
    name = policy.name if policy.arn else f"{kind}_{owner}_{policy.name}"
    return Source(name, "IAM Policy", policy.document, policy.arn)


def _inputs(given: Values, name: str) -> list[Source]:
    texts = texts_at(given, name)
    return [Source(f"{name}.{number}", "IAM Policy", text) for number, text in enumerate(texts, 1)]


def _given_levels(given: Values) -> tuple[tuple[Policy, ...], ...] | None:
    levels = given.get("OrderedOrganizationPolicyInputList")
    if not isinstance(levels, list):
        return None
    found = []
    for number, level in enumerate(levels):
        texts = texts_at(level, "ServiceControlPolicyInputList") if isinstance(level, dict) else []
        sources = [Source("SCP", "SCP", text) for text in texts]
        policies, _ = compiled(sources, Kind.SCP, first=1000 * (number + 1))
        found.append(tuple(policies))
    return tuple(found)


def _usual_context(principal: Principal, now: float, named: bool) -> dict[str, tuple[str, ...]]:
    """Return the keys that the simulator knows by itself: the time, and of a named caller who it is."""
    moment = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    found: dict[str, tuple[str, ...]] = {"aws:currenttime": (moment,), "aws:epochtime": (str(int(now)),)}
    if named:
        kind = "User" if ":user/" in principal.name else "AssumedRole"
        found |= {
            "aws:principalarn": (principal.name,),
            "aws:principalaccount": (principal.account,),
            "aws:principaltype": (kind,),
        }
        if kind == "User":
            found["aws:username"] = (principal.name.rpartition("/")[2],)
    return found


def _principal(arn: str) -> Principal:
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] != "iam" or not parts[5].startswith(("user/", "role/", "group/", "root")):
        raise InvalidInputError(f"Invalid CallerArn: {arn} is no user, group or role.")
    return Principal("aws", arn, parts[4], arn if parts[5].startswith("role/") else "")


def _refuse(exchange: Exchange, error: AwsError) -> Reply:
    exchange.error = f"{error.code}: {error.message}"
    return error_reply(exchange, error)
