"""moto takes it from the gateway whether an object may be read or written.

moto reads bucket policies by itself, without their conditions, so that it refuses everybody what a Deny with
a condition denies to some. Calls with the password that the process was started with were judged before.
"""

import hmac
from typing import Any

# As harness.gateway.chain has it; not imported, for this runs in moto's process.
JUDGED_HEADER = "X-Harness-Judged"


def install(password: str) -> None:
    """Let what is judged pass moto's buckets, if there is a *password*."""
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
