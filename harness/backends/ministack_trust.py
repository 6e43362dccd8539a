"""MiniStack takes it from the gateway whether a call may be made, and tells it whose an access key is.

Both only for requests that carry the password which the process was started with. Who reaches MiniStack
otherwise, as the functions that it runs, is judged by itself as ever.
"""

import hmac
import json
import time
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

# As harness.gateway.chain and harness.aws.permission.foreign have them; not imported, for this runs in
# MiniStack's process, where a start is waited for.
JUDGED_HEADER = b"x-harness-judged"
KEYS_PATH = "/_harness/keys/"

_judged: ContextVar[bool] = ContextVar("harness_judged", default=False)

Application = Callable[[Any, Any, Any], Awaitable[None]]


def trusting(application: Application, password: str) -> Application:
    """Return *application* so that it asks no policy and checks no signature where *password* is given."""
    _ask_no_more()
    wanted = password.encode()

    async def serve(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await application(scope, receive, send)
            return
        given = [value for name, value in scope["headers"] if name.lower() == JUDGED_HEADER]
        judged = bool(given) and hmac.compare_digest(given[0], wanted)
        _judged.set(judged)
        if judged and scope["path"].startswith(KEYS_PATH):
            await _tell(send, scope["path"][len(KEYS_PATH) :])
            return
        if given:
            kept = [header for header in scope["headers"] if header[0].lower() != JUDGED_HEADER]
            scope = {**scope, "headers": kept}
        await application(scope, receive, send)

    return serve


def _ask_no_more() -> None:
    """Let MiniStack's evaluator pass what is judged. Its services look these names up when they ask."""
    from ministack import app
    from ministack.core import iam_evaluator

    for name, answer in (
        ("enforce", None),
        ("check_credentials", None),
        ("authenticate", None),
        ("evaluate_trust_policy", True),
        ("resource_policy_allows", True),
    ):
        setattr(iam_evaluator, name, _unless_judged(getattr(iam_evaluator, name), answer))
    _know_services()
    pin = iam_evaluator.pin_signed_request

    def pin_unless_judged(*arguments: Any, **named: Any) -> None:
        if not _judged.get():
            pin(*arguments, **named)

    app.pin_signed_request = pin_unless_judged


def _know_services() -> None:
    """Let STS open sessions for whom only the gateway knows, as an AWS service that assumes a role.

    What STS writes down about a session's origin is then the account itself.
    """
    from ministack.core.iam_evaluator import CredentialResolutionError
    from ministack.core.responses import get_account_id
    from ministack.services import sts

    known = sts._caller_identity

    def caller_identity(headers: Any, query_params: Any = None) -> Any:
        found = known(headers, query_params)
        if not (_judged.get() and isinstance(found, CredentialResolutionError)):
            return found
        account = get_account_id()
        return {
            "accessKey": "",
            "accountId": account,
            "userArn": f"arn:aws:iam::{account}:root",
            "userId": account,
            "principalType": "Root",
            "principalName": "",
            "isTemporary": False,
            "principalKeys": {},
        }

    sts._caller_identity = caller_identity


def _unless_judged(ask: Callable[..., Any], answer: Any) -> Callable[..., Any]:
    def asked(*arguments: Any, **named: Any) -> Any:
        return answer if _judged.get() else ask(*arguments, **named)

    return asked


async def _tell(send: Any, access_key: str) -> None:
    told = _told(access_key)
    body = json.dumps(told).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    status = 200 if told else 404
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _told(access_key: str) -> dict[str, Any]:
    """Return what MiniStack keeps of *access_key*, {} where it has none of that name."""
    from ministack.services import iam, sts

    session = sts._sessions.get(access_key)
    if session is not None:
        policies = session.get("SessionPolicies") or {}
        expires = session.get("Expiration")
        return {
            "arn": session.get("Arn", ""),
            "user_id": session.get("UserId", ""),
            "secret": session.get("SecretAccessKey"),
            "token": session.get("SessionToken") or "",
            "active": True,
            "left_s": expires - time.time() if isinstance(expires, int | float) else None,
            "policies": [policies["Policy"]] if policies.get("Policy") else [],
            "policy_arns": policies.get("PolicyArns") or [],
            "tags": {each["Key"]: each["Value"] for each in session.get("SessionTags") or []},
        }
    for (account, name), record in iam._access_keys.to_dict().items():
        if name == access_key:
            user_name = str(record.get("UserName", ""))
            user = iam._users.get_scoped(account, None, user_name) or {}
            return {
                "arn": user.get("Arn") or f"arn:aws:iam::{account}:user/{user_name}",
                "user_id": user.get("UserId", ""),
                "secret": record.get("SecretAccessKey"),
                "token": "",
                "active": record.get("Status") == "Active",
                "left_s": None,
                "policies": [],
                "policy_arns": [],
                "tags": {},
            }
    return {}
