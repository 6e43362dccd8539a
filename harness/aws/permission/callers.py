"""The access keys that the gateway knows, and what the answers of IAM and STS tell of them.

Whose a new key is stands in the answer that hands it out; what a session is limited to stands in the request.
"""

import json
import secrets
import string
from collections.abc import Mapping
from dataclasses import dataclass, replace
from time import monotonic
from typing import Any

from harness.aws.permission.answers import answered
from harness.aws.permission.keys import Caller, Key, SessionPolicies, root_of, service_of
from harness.config import Credentials
from harness.gateway.fetch import FetchReply
from harness.iam import Principal
from harness.iam.actions import Call

# STS API reference: what DurationSeconds is when it is not given.
_DURATION_S = {"GetSessionToken": 43_200, "GetFederationToken": 43_200}
_ROLE_DURATION_S = 3600
_ROOT_SESSION_S = 3600
_ASSUMING = frozenset({"AssumeRole", "AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"})
TELLING = {
    "iam": frozenset({"CreateAccessKey", "UpdateAccessKey", "DeleteAccessKey"}),
    "sts": _ASSUMING | {"GetSessionToken", "GetFederationToken"},
}
_KEY_CHARACTERS = string.ascii_uppercase + "234567"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answered call that told of a key: the service, the call as it was read, who made it, and when."""

    service: str
    call: Call
    caller: Caller
    at: float  # model seconds


class Callers:
    """Access keys by their ids. The fake pair of the settings is the account's root user."""

    def __init__(self, account: str, own: Credentials | None = None) -> None:
        self._account = account
        root = own or Credentials()
        self._keys = {root.access_key: Key(root.access_key, root_of(account), root.secret_key)}

    def of(self, access_key: str) -> Key | None:
        """Return the key, None where the gateway has not seen who it is."""
        return self._keys.get(access_key)

    def add(self, key: Key) -> None:
        """Take note of a key; one that had its name is none any more."""
        known = self._keys.get(key.access_key)
        if known is not None and known is not key:
            known.active = False
        self._keys[key.access_key] = key

    def act_as(self, service: str) -> Credentials:
        """Return credentials whose calls are those of an AWS service, such as `ec2.amazonaws.com`."""
        made = Credentials(_new_key("AKIA"), secrets.token_hex(20))
        self.add(Key(made.access_key, service_of(service), made.secret_key))
        return made

    def hear(self, answer: Answer, reply: FetchReply) -> FetchReply:
        """Take in what *reply* tells, and return what the client is to get.

        That is *reply* itself, but for a key that stands for somebody else already (moto hands out one and
        the same for all of GetSessionToken): it gets another name.
        """
        if reply.status != 200:
            return reply
        if answer.service == "iam":
            self._hear_iam(answer, reply)
            return reply
        told = answered(reply)
        given = told.get("AccessKeyId", "")
        if not given:
            return reply
        if given in self._keys:
            new = _new_key("ASIA")
            body = reply.body.replace(given.encode(), new.encode())
            reply, told = replace(reply, body=body), {**told, "AccessKeyId": new}
        self._hear_sts(answer, told)
        return reply

    def _hear_iam(self, answer: Answer, reply: FetchReply) -> None:
        operation, members = answer.call.operation, answer.call.members
        if operation == "CreateAccessKey":
            told = answered(reply)
            name = told.get("UserName") or str(members.get("UserName") or answer.caller.user_name)
            account = answer.caller.principal.account or self._account
            user = user_of(f"arn:aws:iam::{account}:user/{name}", account, name)
            if told.get("AccessKeyId"):
                self.add(Key(told["AccessKeyId"], user, told.get("SecretAccessKey")))
            return
        found = self._keys.get(str(members.get("AccessKeyId", "")))
        if found is None:
            return
        if operation == "UpdateAccessKey":
            found.active = members.get("Status") == "Active"
        else:
            found.active = False  # whoever keeps it sees that it is gone
            del self._keys[found.access_key]

    def _hear_sts(self, answer: Answer, told: Mapping[str, str]) -> None:
        operation, members = answer.call.operation, answer.call.members
        caller = self._session(answer, told)
        otherwise = _DURATION_S.get(operation, _ROLE_DURATION_S)
        if answer.caller.kind == "Account" and operation in _DURATION_S:
            otherwise = _ROOT_SESSION_S  # "Sessions for AWS account owners are restricted to a maximum of …"
        lasts_s = float(members.get("DurationSeconds") or otherwise)
        access_key, secret = told["AccessKeyId"], told.get("SecretAccessKey")
        self.add(Key(access_key, caller, secret, told.get("SessionToken", ""), monotonic() + lasts_s))

    def _session(self, answer: Answer, told: Mapping[str, str]) -> Caller:
        operation, members, by = answer.call.operation, answer.call.members, answer.caller
        mfa = bool(members.get("SerialNumber") and members.get("TokenCode"))
        if operation == "GetSessionToken":
            return replace(by, issued_at=answer.at, mfa=mfa)
        given = SessionPolicies(_documents(members), _arns(members))
        tags = {str(each.get("Key", "")): str(each.get("Value", "")) for each in members.get("Tags") or ()}
        if operation == "GetFederationToken":
            # IAM user guide, "Permissions for GetFederationToken": those of the user and of the session
            # policies both; without session policies there are none.
            account = by.principal.account
            arn = told.get("Arn") or f"arn:aws:sts::{account}:federated-user/{members.get('Name', '')}"
            limit = given or SessionPolicies((_NOTHING,))
            return Caller(
                Principal("aws", arn, account),
                by.holder,
                "FederatedUser",
                user_id=f"{account}:{members.get('Name', '')}",
                session=limit,
                session_tags=tags,
                issued_at=answer.at,
            )
        role, name = str(members.get("RoleArn", "")), str(members.get("RoleSessionName", ""))
        session = session_of(role, name, told.get("AssumedRoleId", ""))
        # Session tags that are transitive go with the role to the next one ("Chaining roles with session
        # tags"): which those are is not kept, so that none of them is.
        source = str(members.get("SourceIdentity") or by.source_identity)
        return replace(
            session,
            session=given,
            session_tags=tags,
            issued_at=answer.at,
            mfa=mfa,
            source_identity=source,
        )


_NOTHING = json.dumps(
    {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
)


def user_of(arn: str, account: str, name: str, user_id: str = "") -> Caller:
    """Return the user with *arn*."""
    principal = Principal("aws", arn, account)
    return Caller(principal, principal, "User", user_id, name)


def session_of(role: str, name: str, role_id: str) -> Caller:
    """Return the session *name* of the role with the ARN *role*; *role_id* is `AROA…:name`."""
    account = role.split(":")[4] if role.count(":") >= 5 else ""
    short = role.rpartition("/")[2]
    arn = f"arn:aws:sts::{account}:assumed-role/{short}/{name}"
    principal = Principal("aws", arn, account, role)
    return Caller(principal, principal, "AssumedRole", role_id)


def _documents(members: Mapping[str, Any]) -> tuple[str, ...]:
    found = members.get("Policy")
    return (str(found),) if found else ()


def _arns(members: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(each.get("arn", "")) for each in members.get("PolicyArns") or ())


def _new_key(prefix: str) -> str:
    return prefix + "".join(secrets.choice(_KEY_CHARACTERS) for _ in range(16))
