"""Calls Lambda functions, by Invoke or through an HTTP API in front of one.

Imported in the Locust process only, after Locust, as `clients.py` is.
"""

import json
from typing import Any
from urllib.parse import quote

import gevent.local

from harness.errors import ScenarioError
from harness.gateway.inject import OWN_CALLS
from harness.load_plan import AccessKey
from harness.scenario.triggers import API_PATH
from harness.scenario.workload import OpenModel
from locustfiles.account import Reply
from locustfiles.clients import boto3_reply, error_name, lean_reply
from locustfiles.http1 import Answer
from locustfiles.lean import CONNECT_TIMEOUT_S, Headers, Lean
from locustfiles.publisher import DUE_HEADER

# An invocation takes 15 minutes at most (Lambda quotas, "Function timeout").
READ_TIMEOUT_S = 910.0
# API Gateway quotas, HTTP API: "Maximum integration timeout", 30 s.
API_READ_TIMEOUT_S = 40.0


class Boto3Invoker:
    """Invokes the function of a model with boto3, one attempt a request."""

    def __init__(self, url: str, region: str, key: AccessKey, *, connections: int) -> None:
        from botocore.exceptions import ClientError

        self._refused = ClientError
        self._due = gevent.local.local()
        self._client = _client("lambda", url, region, key, connections=connections)
        self._client.meta.events.register("before-call", self._say_when)

    def send(self, model: OpenModel, body: bytes, nth: int, due_at: float) -> Reply:
        """Send one Invoke and return what came of it; an error of the function is a failure."""
        self._due.at = due_at
        try:
            answer = self._client.invoke(
                FunctionName=model.aws_name, InvocationType=model.invocation, Payload=body
            )
            said = answer["Payload"].read()
            return boto3_reply(answer, len(said), function_error(answer.get("FunctionError", ""), said))
        except self._refused as error:
            code, reason = error.response["Error"].get("Code", ""), error.response.get("Reason", "")
            return boto3_reply(error.response, 0, named_throttle(code, str(reason)))
        except Exception as error:  # botocore's, urllib3's, and what its parser stumbles over
            return Reply(0, type(error).__name__)

    def _say_when(self, params: dict[str, Any], **_: Any) -> None:
        params["headers"][DUE_HEADER] = f"{getattr(self._due, 'at', 0.0):.6f}"


class LeanInvoker:
    """Invokes the function of a model over sockets and with a signer of its own."""

    def __init__(self, url: str, region: str, key: AccessKey) -> None:
        self._lean = Lean(url, region, key, "lambda", read_timeout_s=READ_TIMEOUT_S)

    def send(self, model: OpenModel, body: bytes, nth: int, due_at: float) -> Reply:
        """Send one Invoke and return what came of it; an error of the function is a failure."""
        path = f"/2015-03-31/functions/{quote(model.aws_name, safe='~')}/invocations"
        headers: Headers = (("X-Amz-Invocation-Type", model.invocation),)
        due = f"{DUE_HEADER}: {due_at:.6f}\r\n"
        try:
            answer = self._lean.send("POST", path, headers, body, unsigned=due)
        except Exception as error:  # timeouts, resets, refused connections, bad answers: all are outcomes
            return Reply(0, type(error).__name__)
        return lean_reply(answer, _error_in(answer))


class HttpCaller:
    """Sends what a model asks of an HTTP API, as any HTTP client would; signed where it has a role."""

    def __init__(self, url: str, region: str, key: AccessKey | None, model: OpenModel) -> None:
        self._lean = Lean(url, region, key, "execute-api", read_timeout_s=API_READ_TIMEOUT_S)
        self._method, _, path = model.route.partition(" ")
        self._path = f"{API_PATH}/{_api_id(url, region, model.aws_name)}/$default{path}"
        accept = [("Accept", model.payload.accept)] if model.payload.accept else []
        self._headers: Headers = (("Content-Type", model.payload.content_type), *accept)

    def send(self, model: OpenModel, body: bytes, nth: int, due_at: float) -> Reply:
        """Send one request and return what came of it."""
        due = f"{DUE_HEADER}: {due_at:.6f}\r\n"
        try:
            answer = self._lean.send(self._method, self._path, self._headers, body, unsigned=due)
        except Exception as error:  # timeouts, resets, refused connections, bad answers: all are outcomes
            return Reply(0, type(error).__name__)
        return lean_reply(answer, "" if answer.status < 400 else error_name(answer))


def function_error(kind: str, payload: bytes) -> str:
    """Return what an error of the function is called: `FunctionError: ` and its errorType; "" for none.

    *kind* is the header X-Amz-Function-Error (Lambda API reference, Invoke).
    """
    if not kind:
        return ""
    try:
        said = json.loads(payload)
    except ValueError:
        said = None
    return f"FunctionError: {said.get('errorType', kind) if isinstance(said, dict) else kind}"


def named_throttle(code: str, reason: str) -> str:
    """Return what a refusal is called: a throttle with its reason."""
    return f"{code}: {reason}" if reason and code == "TooManyRequestsException" else code


def _error_in(answer: Answer) -> str:
    if answer.status < 400:
        return function_error(answer.headers.get(b"x-amz-function-error", b"").decode(), answer.body)
    try:
        said = json.loads(answer.body)
    except ValueError:
        said = None
    return named_throttle(error_name(answer), said.get("Reason", "") if isinstance(said, dict) else "")


def _api_id(url: str, region: str, name: str) -> str:
    """Return the id that API Gateway gave the API called *name*, asked for under the account's own key."""
    client = _client("apigatewayv2", url, region, AccessKey(), connections=1, user_agent_extra=OWN_CALLS)
    for page in client.get_paginator("get_apis").paginate():
        for api in page["Items"]:
            if api["Name"] == name:
                return str(api["ApiId"])
    raise ScenarioError(f"There is no HTTP API {name!r} to send the load to; deploy it first")


def _client(service: str, url: str, region: str, key: AccessKey, *, connections: int, **config: Any) -> Any:
    import boto3
    from botocore.config import Config

    return boto3.client(  # type: ignore[call-overload]
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=key.access_key_id,
        aws_secret_access_key=key.secret_access_key,
        aws_session_token=key.session_token,
        config=Config(
            max_pool_connections=connections,
            retries={"total_max_attempts": 1},
            connect_timeout=CONNECT_TIMEOUT_S,
            read_timeout=READ_TIMEOUT_S,
            proxies={},
            tcp_keepalive=True,
            **config,
        ),
    )
