"""MiniStack hands every invocation that one of its services causes to the gateway, where functions run.

Its own executor (1.5.33) knows neither the account's concurrency nor provisioned environments, loses
asynchronous calls at a limit, and its handlers' calls pass the gateway by. Where no gateway has said that it
is there, MiniStack runs its functions itself as ever.
"""

import json
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

from harness.backends.ministack_house import Application, with_paths

log = logging.getLogger(__name__)

# As harness.gateway.chain and harness.aws.functions.triggers have them; not imported, for this runs in
# MiniStack's process, where a start is waited for.
JUDGED_HEADER = "X-Harness-Judged"
GATEWAY_PATH = "/_harness/gateway"
INVOKE_PATH = "/_harness/functions/invoke"
# A synchronous invocation lasts 15 minutes at most, and a cold start before it.
TIMEOUT_S = 960.0
# Posts of asynchronous events under way at once: each is answered as soon as it is queued.
POSTERS = 8


@dataclass(frozen=True, slots=True)
class Origin:
    """Which service causes an invocation, for which of its resources, and whether it waits for the end."""

    service: str = ""
    source: str = ""
    asynchronous: bool = False


_origin: ContextVar[Origin | None] = ContextVar("harness_origin", default=None)


class _Gateway:
    """The gateway's address, "" while there is none."""

    def __init__(self, password: str) -> None:
        self.url = ""
        self._password = password
        self._posters = ThreadPoolExecutor(POSTERS, thread_name_prefix="harness-events")

    def invoke(self, config: Any, event: Any, origin: Origin) -> dict[str, Any]:
        """Return what MiniStack's own executor would: what the function returned, or that it is queued."""
        asked = {
            "function": config["FunctionArn"],
            "service": origin.service,
            "source": origin.source,
            "asynchronous": origin.asynchronous,
            "payload": json.dumps(event, ensure_ascii=False, default=str),
        }
        if origin.asynchronous:
            # Not here: MiniStack's own loop may be waiting, which the gateway asks for the function.
            self._posters.submit(self._post, asked)
            return {"body": None}
        return self._post(asked)

    def _post(self, asked: dict[str, Any]) -> dict[str, Any]:
        parts = urlsplit(self.url)
        connection = HTTPConnection(parts.hostname or "127.0.0.1", parts.port or 80, timeout=TIMEOUT_S)
        try:
            headers = {"Content-Type": "application/json", JUDGED_HEADER: self._password}
            connection.request("POST", INVOKE_PATH, json.dumps(asked), headers)
            response = connection.getresponse()
            return _as_result(response.status, response.read())
        except (OSError, HTTPException) as error:
            log.warning("the gateway did not take an event for %s: %s", asked["function"], error)
            return _failure("ServiceException", f"the gateway did not take the event: {error}")
        finally:
            connection.close()


def _as_result(status: int, body: bytes) -> dict[str, Any]:
    """Return the gateway's answer in the shape of MiniStack's executor."""
    told = json.loads(body) if body else {}
    if status == 429:
        from ministack.services import lambda_svc

        throttled: dict[str, Any] = lambda_svc._throttle_response(told.get("Reason", ""), "Rate Exceeded.")
        return throttled
    if status == 403:
        # What API Gateway makes of a function that it may not invoke: its own 500, and no other body.
        return {"body": {"statusCode": 500, "body": '{"message": "Internal server error"}'}, "error": True}
    if status >= 300:
        return _failure("ServiceException", f"the gateway answered {status}")
    payload = told.get("payload")
    try:
        value = json.loads(payload) if payload else None
    except json.JSONDecodeError:
        value = payload
    result = {"body": value, "log": told.get("log", "")}
    if told.get("status") == "error":
        result |= {"error": True, "function_error": "Unhandled"}
    return result


def _failure(kind: str, message: str) -> dict[str, Any]:
    return {"body": {"errorType": kind, "errorMessage": message}, "error": True}


def install(application: Application, password: str) -> Application:
    """Return *application* so that it learns the gateway's address, and have MiniStack's services use it."""
    if not password:
        return application
    gateway = _Gateway(password)
    _run_elsewhere(gateway)
    _name_origins(gateway)

    async def hear(body: bytes) -> tuple[int, Any]:
        gateway.url = body.decode()
        return 204, None

    return with_paths(application, password, {GATEWAY_PATH: hear})


def _run_elsewhere(gateway: _Gateway) -> None:
    """Let the gateway run what MiniStack would run itself."""
    from ministack.services import lambda_svc

    execute, execute_later = lambda_svc._execute_function, lambda_svc.invoke_async_with_retry

    def execute_function(function: Any, event: Any) -> Any:
        if not gateway.url:
            return execute(function, event)
        config = function.get("config") or function
        return gateway.invoke(config, event, _origin.get() or _origin_of(event, config))

    def invoke_async_with_retry(function: Any, event: Any) -> None:
        if not gateway.url:
            execute_later(function, event)
            return
        origin = _origin.get() or Origin()
        config = function.get("config") or function
        gateway.invoke(config, event, Origin(origin.service, origin.source, True))

    lambda_svc._execute_function = execute_function
    lambda_svc.invoke_async_with_retry = invoke_async_with_retry


def _name_origins(gateway: _Gateway) -> None:
    """Let SNS, S3, EventBridge and Step Functions say who they are when they invoke."""
    from ministack.services import eventbridge, lambda_svc, s3, sns, stepfunctions

    find = lambda_svc._get_func_record_for_ref

    def find_as_named(reference: Any) -> Any:
        """As MiniStack's own, with the ARN by which it was asked for: an alias is lost in its answer."""
        record, config, name = find(reference)
        qualifier = str(reference).partition(":function:")[2].partition(":")[2]
        if not (config and qualifier):
            return record, config, name
        base = ":".join(str(config["FunctionArn"]).split(":")[:7])
        return record, {**config, "FunctionArn": f"{base}:{qualifier}"}, name

    lambda_svc._get_func_record_for_ref = find_as_named

    def named(module: Any, name: str, origin_of: Callable[..., Origin]) -> None:
        call = getattr(module, name)

        def with_origin(*arguments: Any, **given: Any) -> Any:
            with _as_origin(origin_of(*arguments, **given)):
                return call(*arguments, **given)

        setattr(module, name, with_origin)

    named(
        sns,
        "_deliver_to_lambda",
        lambda _endpoint, _envelope, topic, *_, **__: Origin("sns", topic, True),
    )
    named(
        s3, "_deliver_event_to_lambda", lambda _arn, event, *_, **__: Origin("s3", _bucket_arn(event), True)
    )
    named(eventbridge, "_invoke_target", lambda _target, _event, rule, *_, **__: _of_rule(rule))
    named(stepfunctions, "_call_lambda", lambda *_, **__: Origin("states"))
    dispatch = eventbridge._dispatch_to_lambda

    def dispatch_to_lambda(arn: str, payload: Any) -> None:
        """As MiniStack's own, without the thread of its own in which nobody knows the rule any more."""
        if not gateway.url:
            dispatch(arn, payload)
            return
        try:
            event = json.loads(payload)
        except (json.JSONDecodeError, TypeError):
            event = {"body": payload}
        function, config, name = lambda_svc._get_func_record_for_ref(arn)
        if not function or not config:
            log.warning("EventBridge: function %s not found", name)
            return
        origin = _origin.get() or Origin()
        gateway.invoke(config, event, Origin(origin.service, origin.source, True))

    eventbridge._dispatch_to_lambda = dispatch_to_lambda


@contextmanager
def _as_origin(origin: Origin) -> Any:
    token = _origin.set(origin)
    try:
        yield
    finally:
        _origin.reset(token)


def _of_rule(rule: Any) -> Origin:
    """Return a rule's origin; a schedule's has no service, for it invokes under a role."""
    arn = str(rule.get("Arn", "")) if isinstance(rule, dict) else ""
    return Origin("events" if ":events:" in arn else "", arn, True)


def _bucket_arn(event: Any) -> str:
    try:
        return str(event["Records"][0]["s3"]["bucket"]["arn"])
    except (KeyError, IndexError, TypeError):
        return ""


def _origin_of(event: Any, config: Any) -> Origin:
    """Return the API that *event* comes from, where it is API Gateway's: their dispatch says no more."""
    context = event.get("requestContext") if isinstance(event, dict) else None
    if not isinstance(context, dict):
        return Origin()
    api = context.get("apiId")
    if not api or "lambda-url" in str(context.get("domainName", "")):
        return Origin()
    _, _, _, region, account, *_ = str(config["FunctionArn"]).split(":")
    stage = context.get("stage", "")
    if "routeKey" in context:
        method, _, path = str(context["routeKey"]).partition(" ")
    else:
        method, path = str(context.get("httpMethod", "")), str(context.get("resourcePath", ""))
    where = f"{stage}/{method}{path}" if path else f"{stage}/{method}"
    return Origin("apigateway", f"arn:aws:execute-api:{region}:{account}:{api}/{where}")
