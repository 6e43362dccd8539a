"""The policies that clients gave to resources, for those that the backend then lets nobody read.

MiniStack judges the account's root by a queue's or bucket's policy as anybody else, so that one that denies
everybody cannot be read there any more.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from harness.aws.permission.store.changes import queue_name
from harness.aws.permission.store.kinds import Key
from harness.aws.query_form import decode
from harness.gateway.chain import Exchange


class Written:
    """Texts by service and name, as they were last written through the gateway."""

    def __init__(self) -> None:
        self._texts: dict[tuple[str, str], str] = {}
        self._boundaries: dict[str, str] = {}  # of users

    def text(self, key: Key) -> str | None:
        """Return the policy that was last given to the resource under *key*, None where none was."""
        return self._texts.get((key[0], key[1])) or None

    def note(self, exchange: Exchange) -> None:
        """Keep the policy that *exchange* gave, if its body was read and it gave one."""
        if not 200 <= exchange.status < 300:
            return
        if exchange.service == "s3" and exchange.query.partition("=")[0] == "policy":
            bucket = exchange.path.lstrip("/").partition("/")[0]
            self._texts["s3", bucket] = (
                exchange.body.decode("utf-8", "replace") if exchange.method == "PUT" else ""
            )
        elif exchange.service == "sqs" and exchange.body:
            self._queue(exchange)
        elif exchange.service == "sns" and exchange.body:
            self._topic(decode(exchange.body))
        elif exchange.service == "iam" and b"User" in exchange.body:
            self._user(decode(exchange.body))

    def boundary(self, user: str) -> str:
        """Return the ARN of the permissions boundary that was last given to *user*, "" without one.

        moto 5.2.5 keeps none of users.
        """
        return self._boundaries.get(user, "")

    def _user(self, fields: Mapping[str, str]) -> None:
        operation, name = fields.get("Action", ""), fields.get("UserName", "")
        if operation in ("CreateUser", "PutUserPermissionsBoundary"):
            self._boundaries[name] = fields.get("PermissionsBoundary", "")
        elif operation in ("DeleteUser", "DeleteUserPermissionsBoundary"):
            self._boundaries.pop(name, None)

    def _queue(self, exchange: Exchange) -> None:
        given = _json(exchange.body) if exchange.header(b"x-amz-target") else {}
        attributes = given.get("Attributes")
        if isinstance(attributes, dict) and "Policy" in attributes:
            self._texts["sqs", queue_name(exchange)] = str(attributes["Policy"])

    def _topic(self, fields: Mapping[str, str]) -> None:
        if fields.get("AttributeName") == "Policy":
            name = fields.get("TopicArn", "").rpartition(":")[2]
            self._texts["sns", name] = fields.get("AttributeValue", "")


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
