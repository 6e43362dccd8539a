"""Who calls STS without a key: somebody for whom an identity provider vouches, by a token in the call.

STS API reference, "AssumeRoleWithWebIdentity" and "AssumeRoleWithSAML"; IAM user guide, "Available keys for
AWS OIDC federation". The token's signature is not checked: no emulator knows the provider's keys.
"""

from base64 import urlsafe_b64decode
from typing import Any

import orjson

from harness.aws.permission.keys import ANONYMOUS, Caller
from harness.iam import Principal
from harness.iam.actions import Call, Need

_OWN_NAMES = frozenset(
    {"accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"}
)
# botocore's models of operations with `authtype: none`, and SNS's links, which are in e-mails.
UNSIGNED = {
    "sts": frozenset({"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"}),
    "sns": frozenset({"ConfirmSubscription", "Unsubscribe"}),
}


def without_key(call: Call) -> Caller | None:
    """Return who makes *call* without a key, None where AWS asks for one."""
    if call.operation not in UNSIGNED.get(call.service, frozenset()):
        return None
    if call.operation == "AssumeRoleWithSAML":
        return _vouched(str(call.members.get("PrincipalArn", "")))
    if call.operation == "AssumeRoleWithWebIdentity":
        provider, _ = _claims(call)
        return _vouched(provider)
    return ANONYMOUS


def with_claims(call: Call, needs: tuple[Need, ...]) -> tuple[Need, ...]:
    """Return *needs* with the keys that the token of *call* brings: `HOST:aud`, `HOST:sub`, `HOST:amr`."""
    if call.operation != "AssumeRoleWithWebIdentity":
        return needs
    provider, claims = _claims(call)
    host = provider.partition("oidc-provider/")[2] or provider
    keys = {
        f"{host}:{name}".lower(): tuple(map(str, value)) if isinstance(value, list) else (str(value),)
        for name in ("aud", "sub", "amr")
        if (value := claims.get(name)) is not None
    }
    return tuple(Need(each.action, each.resource, {**each.context, **keys}) for each in needs)


def _vouched(provider: str) -> Caller:
    return Caller(Principal("federated", provider), None, "FederatedUser")


def _claims(call: Call) -> tuple[str, dict[str, Any]]:
    """Return the provider as trust policies name it, and what the token says."""
    claims: dict[str, Any] = {}
    parts = str(call.members.get("WebIdentityToken", "")).split(".")
    try:
        read = orjson.loads(urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
        claims = read if isinstance(read, dict) else {}
    except (IndexError, ValueError):
        pass
    host = str(claims.get("iss") or call.members.get("ProviderId") or "").partition("://")
    name = (host[2] or host[0]).rstrip("/")
    if not name or name in _OWN_NAMES:
        return name, claims
    parts = str(call.members.get("RoleArn", "")).split(":")
    account = parts[4] if len(parts) > 4 else ""
    return f"arn:aws:iam::{account}:oidc-provider/{name}", claims
