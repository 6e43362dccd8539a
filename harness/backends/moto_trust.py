"""moto takes it from the gateway whether an object may be read or written.

moto reads bucket policies by itself, without their conditions, so that it refuses everybody what a Deny with
a condition denies to some. Calls with the password that the process was started with were judged before.
"""

import hmac
from typing import Any

# As harness.gateway.chain has it; not imported, for this runs in moto's process.
JUDGED_HEADER = "X-Harness-Judged"


def install(password: str) -> None:
    """Let what is judged pass moto's buckets, if there is a *password*; X-Amz-Target names the operation."""
    _read_targets_first()
    if not password:
        return
    from flask import has_request_context, request
    from moto.iam.access_control import PermissionResult
    from moto.s3.models import FakeBucket

    ask = FakeBucket.get_permission

    def get_permission(self: Any, action: str, resource: str) -> Any:
        given = request.headers.get(JUDGED_HEADER, "") if has_request_context() else ""
        if hmac.compare_digest(given.encode(), password.encode()):
            return PermissionResult.PERMITTED
        return ask(self, action, resource)

    FakeBucket.get_permission = get_permission  # type: ignore[method-assign]


def _read_targets_first() -> None:
    """Let X-Amz-Target say what a JSON call is, as on AWS.

    moto looks into the body first, as if it were a form: a message with `&Action=DeleteQueue&` in it deletes
    the queue that it was sent to.
    """
    from moto.core.responses import BaseResponse

    ask = BaseResponse._get_action

    def get_action(self: Any) -> str:
        target: str | None = self.headers.get("x-amz-target") or self.headers.get("X-Amz-Target")
        kind: str = self.headers.get("content-type") or self.headers.get("Content-Type") or ""
        return target.split(".")[-1] if target and "json" in kind else ask(self)

    BaseResponse._get_action = get_action  # type: ignore[method-assign]
