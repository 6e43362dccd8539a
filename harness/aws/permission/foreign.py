"""Keys that the gateway did not see being made: the backend is asked whose they are.

They were made before the gateway, past it, or by an emulator for the functions that it runs. MiniStack, which
we start, tells all that it knows of a key, its secret too; others only tell whose it is.
"""

import re
from collections.abc import Callable
from time import monotonic
from typing import Any
from urllib.parse import urlencode

import orjson

from harness.aws.permission.answers import answered
from harness.aws.permission.callers import session_of, user_of
from harness.aws.permission.keys import Caller, Key, SessionPolicies
from harness.aws.wiring.xml import texts_of
from harness.config import ACCESS_KEY
from harness.errors import BackendError
from harness.gateway.chain import Address
from harness.gateway.fetch import Fetcher, FetchReply
from harness.iam import Principal

# Where our MiniStack tells of a key, to whoever has its password.
KEYS_PATH = "/_harness/keys/"
# How long nobody is asked again about a key that was unknown, real seconds.
UNKNOWN_S = 1.0
_VERSIONS = {"sts": "2011-06-15", "iam": "2010-05-08"}
# Whom moto takes an unknown key for; others take it for the account's root.
_NOBODY = ":user/moto"

# IAM API reference, AccessKey: `[\w]*`; emulators take some signs more.
_ACCESS_KEY = re.compile(r"[\w./+=-]+", re.ASCII)


class Foreign:
    """Asks the backend behind *route*, on the gateway's loop. Raises BackendError as Fetcher does."""

    def __init__(self, fetcher: Fetcher, route: Callable[[str], Address], region: str) -> None:
        self._fetcher = fetcher
        self._route = route
        self._region = region
        self._unknown: dict[str, float] = {}

    async def ask(self, access_key: str, token: str) -> Key | None:
        """Return the key, None where the backend does not know it either."""
        if monotonic() < self._unknown.get(access_key, 0.0) or not _may_be_sent(access_key, token):
            return None
        sts = self._route("sts")
        told = sts.name == "ministack" and sts.password
        found = await self._told(sts, access_key) if told else await self._guess(access_key, token)
        if found is None:
            if len(self._unknown) > 1000:
                self._unknown.clear()
            self._unknown[access_key] = monotonic() + UNKNOWN_S
        return found

    # -- MiniStack -----

    async def _told(self, sts: Address, access_key: str) -> Key | None:
        if not access_key.isalnum():
            return None
        answer = await self._fetcher.fetch(sts, "GET", KEYS_PATH + access_key)
        if answer.status == 404:
            return None
        _check(answer, "its own table of keys")
        told: dict[str, Any] = orjson.loads(answer.body)
        caller = await self._caller(str(told["arn"]), str(told["user_id"]))
        if caller is None:
            return None
        temporary = bool(told["token"])
        caller = Caller(
            caller.principal,
            caller.holder,
            caller.kind,
            caller.user_id,
            caller.user_name,
            SessionPolicies(tuple(told["policies"]), tuple(told["policy_arns"])),
            {str(name): str(value) for name, value in told["tags"].items()},
            0.0 if temporary else None,
            False if temporary else None,
        )
        left_s = told["left_s"]
        expires_at = float("inf") if left_s is None else monotonic() + float(left_s)
        return Key(access_key, caller, told["secret"], told["token"], expires_at, bool(told["active"]))

    # -- others -----

    async def _guess(self, access_key: str, token: str) -> Key | None:
        more = (("X-Amz-Security-Token", token),) if token else ()
        answer = await self._query("sts", access_key, more, Action="GetCallerIdentity")
        _check(answer, "sts:GetCallerIdentity")
        told = answered(answer) if answer.status == 200 else {}
        caller = await self._caller(told.get("Arn", ""), told.get("UserId", ""))
        if caller is None:
            return None
        active = caller.kind != "User" or await self._is_active(access_key, caller.user_name)
        return Key(access_key, caller, None, token, active=active)

    async def _is_active(self, access_key: str, user: str) -> bool:
        answer = await self._query("iam", ACCESS_KEY, Action="ListAccessKeys", UserName=user)
        _check(answer, "iam:ListAccessKeys")
        if answer.status != 200:
            return False
        keys = texts_of(answer.body, "member")
        return any(each.get("AccessKeyId") == access_key and each.get("Status") == "Active" for each in keys)

    async def _caller(self, arn: str, user_id: str) -> Caller | None:
        """Return whom *arn* names; None for a root, and for what an emulator calls an unknown key."""
        parts = arn.split(":", 5)
        if len(parts) < 6 or arn.endswith((":root", _NOBODY)):
            return None
        kind, _, rest = parts[5].partition("/")
        if kind == "user":
            return user_of(arn, parts[4], rest.rpartition("/")[2], user_id)
        if kind == "assumed-role":
            role, _, session = rest.partition("/")
            return session_of(await self._role(parts[4], role), session, user_id)
        if kind == "federated-user":
            # Whose permissions it has is not told: those of nobody.
            principal = Principal("aws", arn, parts[4])
            return Caller(principal, principal, "FederatedUser", user_id)
        return None

    async def _role(self, account: str, name: str) -> str:
        """Return the ARN of a role with its path, which the session's does not have."""
        answer = await self._query("iam", ACCESS_KEY, Action="GetRole", RoleName=name)
        _check(answer, "iam:GetRole")
        found = answered(answer).get("Arn", "") if answer.status == 200 else ""
        return found if f":{account}:" in found else f"arn:aws:iam::{account}:role/{name}"

    async def _query(
        self, service: str, access_key: str, more: tuple[tuple[str, str], ...] = (), **fields: str
    ) -> FetchReply:
        scope = f"{access_key}/20000101/{self._region}/{service}/aws4_request"
        headers = (
            ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("Authorization", f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"),
            *more,
        )
        body = urlencode({**fields, "Version": _VERSIONS[service]}).encode()
        return await self._fetcher.fetch(self._route(service), "POST", "/", headers=headers, body=body)


def _may_be_sent(access_key: str, token: str) -> bool:
    """Return whether both can stand in a header: from a presigned URL they may come with line breaks."""
    return _ACCESS_KEY.fullmatch(access_key) is not None and token.isprintable() and token.isascii()


def _check(answer: FetchReply, asked: str) -> None:
    """Raise BackendError where *answer* tells nothing about a key: the backend itself is in trouble."""
    if answer.status >= 500:
        text = answer.body[:200].decode("utf-8", "replace")
        raise BackendError(
            f"The backend did not tell whose an access key is: {asked} gave {answer.status} {text!r}; see "
            "its log in the run's folder."
        )
