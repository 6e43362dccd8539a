"""Locust users that invoke SageMaker endpoints, for `scenario.py` and for locustfiles of your own:

    class Caller(LeanUser):
        wait_time = constant_throughput(2)

        @task
        def predict(self) -> None:
            self.invoke("ranker", b"1,2,3")

`Boto3User` sends what a pipeline sends, up to some 1,450 calls a second a process; `LeanUser` signs and sends
by itself, several times as many. Set `host`, or `--host`, to the gateway's address.
"""

import os
import time
from functools import cache
from typing import Any

from locust import User

from harness.config import DEFAULT_REGION, check_endpoint
from harness.load_plan import AccessKey, LoadPlan
from harness.scenario.workload import OpenModel
from locustfiles.account import Reply
from locustfiles.clients import Boto3Client, Invocations, LeanClient, Sends, SendsRequests
from locustfiles.functions import Boto3Invoker, HttpCaller, LeanInvoker
from locustfiles.publisher import Publisher
from locustfiles.schedule import Share

# Sockets of the one boto3 client that all users of a process share; more users than that wait for each other.
CONNECTIONS = 512


class EndpointUser(User):
    """A user with a client that all users of its kind in this process share."""

    abstract = True
    kind = ""

    def __init__(self, environment: Any) -> None:
        super().__init__(environment)
        url = check_endpoint(self.host or "").url
        self.client = shared_client(self.kind, url, DEFAULT_REGION, AccessKey(), CONNECTIONS)

    def invoke(self, endpoint: str, body: bytes, content_type: str = "text/csv", accept: str = "") -> Reply:
        """Invoke *endpoint*, wait for its answer, tell Locust's statistics, and return the reply."""
        began = time.monotonic()
        reply = self.client.invoke(endpoint, body, content_type, accept)
        fire_request(self.environment, self.kind, endpoint, time.monotonic() - began, reply)
        return reply


class Boto3User(EndpointUser):
    """Sends with boto3: one client a process, since each client costs 70 ms and its own connections."""

    abstract = True
    kind = "boto3"


class LeanUser(EndpointUser):
    """Sends with raw sockets and a signer of its own."""

    abstract = True
    kind = "lean"


@cache
def shared_client(kind: str, url: str, region: str, key: AccessKey, connections: int) -> SendsRequests:
    """Return this process's client of *kind* for *url*."""
    if kind == "lean":
        return LeanClient(url, region, key)
    # A profile that does not exist here would end boto3's start; credentials are given, none are looked for.
    os.environ.pop("AWS_PROFILE", None)
    os.environ.pop("AWS_DEFAULT_PROFILE", None)
    return Boto3Client(url, region, key, connections=connections)


def clients_of(plan: LoadPlan, share: Share) -> list[Sends]:
    """Return the client of each model of *plan*, with room for all that it may have in flight."""
    url = check_endpoint(plan.gateway_url, plan.allowed_endpoints).url
    connections = sum(share.part(model.max_in_flight) for model in plan.models)

    def of(model: OpenModel) -> Sends:
        key = plan.key_of(model)
        if model.target == "endpoint":
            return Invocations(shared_client(model.client, url, plan.region, key, connections))
        if model.target == "api":
            return HttpCaller(url, plan.region, key if model.role_name else None, model)
        if model.target == "function":
            return _invoker(model.client, url, plan.region, key, connections)
        return Publisher(url, plan.region, plan.account, key, model, connections=connections)

    return [of(model) for model in plan.models]


@cache
def _invoker(kind: str, url: str, region: str, key: AccessKey, connections: int) -> Sends:
    """Return this process's client of *kind* for the functions behind *url*."""
    if kind == "lean":
        return LeanInvoker(url, region, key)
    return Boto3Invoker(url, region, key, connections=connections)


def fire_request(
    environment: Any,
    kind: str,
    endpoint: str,
    response_s: float,
    reply: Reply,
    operation: str = "InvokeEndpoint",
) -> None:
    """Tell Locust's statistics, console and web page of one request."""
    environment.events.request.fire(
        request_type=kind,
        name=f"{operation} {endpoint}",
        response_time=response_s * 1e3,
        response_length=reply.response_bytes,
        exception=None if reply.ok else _failure(reply.error or f"HTTP {reply.status}"),
        context={},
    )


@cache
def _failure(name: str) -> Exception:
    """Return one exception a name: Locust groups failures by it."""
    return RuntimeError(name)
