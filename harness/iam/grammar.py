"""What AWS takes for a policy document, and the words with which it refuses the rest.

IAM user guide, "Grammar of the IAM JSON policy language". The words are IAM's own for
MalformedPolicyDocument, as recorded from AWS by moto's tests of policy documents.
"""

import re
from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any

from harness.errors import RequestRefused

VERSIONS = ("2008-10-17", "2012-10-17")
SYNTAX = "Syntax errors in policy."
LEGACY = "The policy failed legacy parsing"
VENDOR = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-iso-e", "aws-iso-f", "aws-eusc")
_POLICY_KEYS = frozenset({"Version", "Id", "Statement"})
_STATEMENT_KEYS = frozenset(
    {
        "Sid",
        "Effect",
        "Principal",
        "NotPrincipal",
        "Action",
        "NotAction",
        "Resource",
        "NotResource",
        "Condition",
    }
)
_PAIRS = (("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource"))
# Either any service or one: `s*:GetObject` names none.
_SERVICE = re.compile(r"\*|[A-Za-z0-9.-]+")
# "For IAM policies, basic alphanumeric characters (A-Z,a-z,0-9) are the only allowed characters in the Sid
# value. Other AWS services that support resource policies may have other requirements" ("Sid").
_SID = re.compile(r"[A-Za-z0-9]*")
# With what the names of IAM's own resources begin, as IAM lists them when it refuses another.
_IAM_PATHS = (
    "user/",
    "federated-user/",
    "role/",
    "group/",
    "instance-profile/",
    "mfa/",
    "server-certificate/",
    "policy/",
    "sms-mfa/",
    "saml-provider/",
    "oidc-provider/",
    "report/",
    "access-report/",
)


class MalformedPolicyError(RequestRefused):
    """AWS would not take the document: code MalformedPolicyDocument, and why in its words.

    AWS's words do not say which statement they are about: `statement` does, counted from 1, with its Sid, and
    `value` is what it stumbles over; "" where it is the whole document, or no one value. `told` is all of it.
    """

    def __init__(self, message: str, value: str = "") -> None:
        super().__init__("MalformedPolicyDocument", message)
        self.value = value
        self.statement = ""

    @property
    def told(self) -> str:
        """AWS's words, and of which statement and value: for those who wrote it."""
        named = self.value and self.value not in self.message
        about = ", ".join(filter(None, (self.statement, repr(self.value) if named else "")))
        return f"{self.message} ({about})" if about else self.message

    def at(self, number: int, statement: Any) -> "MalformedPolicyError":
        """Return itself, saying that it is about *statement*, the one with *number*, counted from 0."""
        sid = statement.get("Sid") if isinstance(statement, Mapping) else None
        self.statement = f"statement {number + 1}" + (f" {sid!r}" if sid else "")
        return self


class Kind(Enum):
    """Where a document hangs: on a resource, on an identity, as a role's trust policy, on what else limits.

    REPOSITORY is a resource's policy that may leave its resource out, as a repository of Amazon ECR's does.
    """

    RESOURCE = "resource"
    REPOSITORY = "repository"
    IDENTITY = "identity"
    TRUST = "trust"
    SCP = "service control policy"
    RCP = "resource control policy"
    VPC_ENDPOINT = "VPC endpoint policy"


# Whose statements name no principal: an identity's policies and what limits identities.
_NAMELESS = (Kind.IDENTITY, Kind.SCP)
# What grants nothing by itself: without a principal it limits everybody.
_LIMITS = (Kind.RCP, Kind.VPC_ENDPOINT)


def listed(value: Any) -> list[Any]:
    """Return *value* as the list that it may stand for: one element needs no brackets."""
    return value if isinstance(value, list) else [value]


def check(value: Any, kind: Kind, *, lenient: bool = False) -> None:
    """Raise MalformedPolicyError when AWS would not take *value* for a document of *kind*.

    A *lenient* look refuses only what has no meaning.
    """
    if not isinstance(value, Mapping) or set(value) - _POLICY_KEYS or "Statement" not in value:
        raise MalformedPolicyError(SYNTAX)
    if value.get("Version", VERSIONS[0]) not in VERSIONS:
        raise MalformedPolicyError("Policy document must be version 2012-10-17 or greater.")
    statements = listed(value["Statement"])
    rules = _MEANING if lenient else (*_MEANING, *_FORM)
    for rule in rules:
        for number, statement in enumerate(statements):
            try:
                rule(statement, kind, lenient)
            except MalformedPolicyError as error:
                raise error.at(number, statement) from error.__cause__
    if not lenient:
        _check_sids(statements, kind)


def _check_elements(given: Any, _kind: Kind, _lenient: bool) -> None:
    if not isinstance(given, Mapping) or set(given) - _STATEMENT_KEYS:
        raise MalformedPolicyError(SYNTAX)
    if any(one in given and other in given for one, other in _PAIRS):
        raise MalformedPolicyError(SYNTAX)
    if not isinstance(given.get("Sid", ""), str):
        raise MalformedPolicyError(SYNTAX)
    effect = given.get("Effect")
    if effect not in ("Allow", "Deny"):
        # "Valid values for Effect are Allow and Deny. The Effect value is case sensitive."
        known = isinstance(effect, str) and effect.capitalize() in ("Allow", "Deny")
        raise MalformedPolicyError(LEGACY if known else SYNTAX, str(effect or ""))


def _check_principal(given: Mapping[str, Any], kind: Kind, lenient: bool) -> None:
    if kind in _NAMELESS:
        if "Principal" in given or "NotPrincipal" in given:
            raise MalformedPolicyError("Policy document should not specify a principal.")
    elif not (lenient and kind in _LIMITS) and "Principal" not in given and "NotPrincipal" not in given:
        raise MalformedPolicyError("Missing required field Principal")
    if "NotPrincipal" in given and kind in (Kind.TRUST, Kind.RCP):
        # "You cannot use the NotPrincipal element in an IAM identity-based policy nor in an IAM role trust
        # policy"; "SCPs and RCPs don't support the NotPrincipal element" ("NotPrincipal").
        raise MalformedPolicyError("Has prohibited field NotPrincipal")


def _check_actions(given: Mapping[str, Any], _kind: Kind, _lenient: bool) -> None:
    texts = _texts(given.get("Action", given.get("NotAction", [])))
    if not texts:
        raise MalformedPolicyError("Policy statement must contain actions.")
    for text in texts:
        service, colon, name = text.partition(":")
        if not colon and text != "*":
            raise MalformedPolicyError(VENDOR, text)
        if ":" in name:
            raise MalformedPolicyError("Actions/Condition can contain only one colon.", text)
        if not _SERVICE.fullmatch(service):
            raise MalformedPolicyError(f"Vendor {service} is not valid")


def _check_resources(given: Mapping[str, Any], kind: Kind, lenient: bool) -> None:
    texts = _texts(given.get("Resource", given.get("NotResource", [])))
    if kind is Kind.TRUST:
        if texts and not lenient:
            raise MalformedPolicyError("Has prohibited field Resource")
    elif not texts and kind is not Kind.REPOSITORY:
        raise MalformedPolicyError("Policy statement must contain resources.")


def _check_conditions(given: Mapping[str, Any], _kind: Kind, _lenient: bool) -> None:
    block = given.get("Condition", {})
    if not isinstance(block, Mapping) or not all(isinstance(keys, Mapping) for keys in block.values()):
        raise MalformedPolicyError(SYNTAX)
    for value in (value for keys in block.values() for value in keys.values()):
        if not all(isinstance(each, str | int | float) for each in listed(value)):
            raise MalformedPolicyError(SYNTAX)


def _check_condition_keys(given: Mapping[str, Any], _kind: Kind, _lenient: bool) -> None:
    for keys in given.get("Condition", {}).values():
        for key in keys:
            if ":" not in key:
                raise MalformedPolicyError(VENDOR, key)


def _check_resource_forms(given: Mapping[str, Any], kind: Kind, _lenient: bool) -> None:
    for text in _texts(given.get("Resource", given.get("NotResource", []))):
        if text != "*" and not text.startswith(("arn:", "*")):
            raise MalformedPolicyError(f'Resource {text} must be in ARN format or "*".')
        if kind is Kind.IDENTITY and text.startswith("arn:"):
            _check_arn(text)


def _check_arn(text: str) -> None:
    """Raise MalformedPolicyError with what IAM says of an ARN in an identity's policy."""
    _, partition, *rest = text.split(":", 5)
    if partition not in PARTITIONS and "*" not in partition and "?" not in partition:
        shown = ":".join((rest + ["*"] * 4)[:4])
        raise MalformedPolicyError(
            f'Partition "{partition}" is not valid for resource "arn:{partition}:{shown}".', text
        )
    if not rest:
        raise MalformedPolicyError(
            "Resource vendor must be fully qualified and cannot contain regexes.", text
        )
    service, region, account, path = (rest + ["*"] * 4)[:4]
    if service == "iam":
        if region not in ("", "*"):
            raise MalformedPolicyError(f"IAM resource {text} cannot contain region information.")
        if (
            account != "aws"
            and path not in ("root", "")
            and not path.startswith(("*", "?", "$", *_IAM_PATHS))
        ):
            raise MalformedPolicyError(
                f'IAM resource path must either be "*" or start with {", ".join(_IAM_PATHS)}.', text
            )


def _check_sids(statements: list[Mapping[str, Any]], kind: Kind) -> None:
    sids = [each["Sid"] for each in statements if each.get("Sid")]
    if len(set(sids)) < len(sids):
        raise MalformedPolicyError("Statement IDs (SID) in a single policy must be unique.")
    if kind in _NAMELESS and not all(_SID.fullmatch(sid) for sid in sids):
        raise MalformedPolicyError(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular "
            "expression [0-9A-Za-z]*"
        )


def _texts(value: Any) -> list[str]:
    values = listed(value)
    if not all(isinstance(each, str) for each in values):
        raise MalformedPolicyError(SYNTAX)
    return values


Rule = Callable[[Any, Kind, bool], None]
_MEANING: tuple[Rule, ...] = (
    _check_elements,
    _check_principal,
    _check_actions,
    _check_resources,
    _check_conditions,
)
_FORM: tuple[Rule, ...] = (_check_condition_keys, _check_resource_forms)
