"""The clients that can invoke an endpoint: boto3 itself, and a lean signed one on raw sockets.

Imported in the Locust process only, after Locust, which has patched the interpreter by then: boto3 first
would end in a RecursionError in ssl.
"""

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

from harness.load_plan import AccessKey
from harness.scenario.workload import OpenModel
from locustfiles.account import Reply
from locustfiles.http1 import Answer
from locustfiles.lean import CONNECT_TIMEOUT_S, Headers, Lean

# AWS's advice for InvokeEndpoint, whose own limit is 60 s (SageMaker runtime API reference, InvokeEndpoint).
READ_TIMEOUT_S = 70.0
# The gateway states these about each answer, in seconds.
TIMES = (
    "x-harness-modelled-time",
    "x-harness-queue-time",
    "x-harness-service-time",
    "x-harness-overhead-time",
)
TIMES_BYTES = tuple(name.encode() for name in TIMES)


class Sends(Protocol):
    """What the dispatcher needs of a client."""

    def send(self, model: OpenModel, body: bytes, nth: int, due_at: float) -> Reply:
        """Send request *nth* of *model*, due at that model second; never raises for an outcome."""
        ...


class SendsRequests(Protocol):
    """What users of endpoints need of a client."""

    def invoke(self, endpoint: str, body: bytes, content_type: str, accept: str) -> Reply:
        """Send one InvokeEndpoint and return what came of it; never raises for an outcome."""
        ...


class Invocations:
    """Sends what a model asks of an endpoint, with *client*."""

    def __init__(self, client: SendsRequests) -> None:
        self._client = client

    def send(self, model: OpenModel, body: bytes, nth: int, due_at: float) -> Reply:
        """Send one InvokeEndpoint and return what came of it."""
        payload = model.payload
        return self._client.invoke(model.endpoint_name, body, payload.content_type, payload.accept)


class Boto3Client:
    """boto3 as a pipeline would use it, one attempt a request: a retry would hide a failure in a latency."""

    def __init__(self, url: str, region: str, key: AccessKey, *, connections: int) -> None:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import ClientError

        self._refused = ClientError
        self._client: Any = boto3.client(
            "sagemaker-runtime",
            endpoint_url=url,
            region_name=region,
            aws_access_key_id=key.access_key_id,
            aws_secret_access_key=key.secret_access_key,
            aws_session_token=key.session_token,
            config=Config(
                # botocore's default pool of 10 connections makes requests wait for each other unseen.
                max_pool_connections=connections,
                retries={"total_max_attempts": 1},
                connect_timeout=CONNECT_TIMEOUT_S,
                read_timeout=READ_TIMEOUT_S,
                proxies={},
                tcp_keepalive=True,
            ),
        )

    def invoke(self, endpoint: str, body: bytes, content_type: str, accept: str) -> Reply:
        """Send one InvokeEndpoint and return what came of it."""
        extra = {"Accept": accept} if accept else {}
        try:
            answer = self._client.invoke_endpoint(
                EndpointName=endpoint, Body=body, ContentType=content_type, **extra
            )
            return boto3_reply(answer, len(answer["Body"].read()))
        except self._refused as error:
            return boto3_reply(error.response, 0, error.response["Error"].get("Code", ""))
        except Exception as error:  # botocore's, urllib3's, and what its parser stumbles over
            return Reply(0, type(error).__name__)


def boto3_reply(answer: Mapping[str, Any], size: int, error: str = "") -> Reply:
    """Return what boto3 answered, or refused, with the gateway's own times."""
    about = answer["ResponseMetadata"]
    headers = about["HTTPHeaders"]
    times = [_seconds(headers.get(name)) for name in TIMES]
    return Reply(about["HTTPStatusCode"], error, size, *times)


class LeanClient:
    """Signed InvokeEndpoint over keep-alive sockets of its own."""

    def __init__(self, url: str, region: str, key: AccessKey) -> None:
        self._lean = Lean(url, region, key, "sagemaker", read_timeout_s=READ_TIMEOUT_S)
        self._kinds: dict[tuple[str, str, str], tuple[str, Headers]] = {}

    def invoke(self, endpoint: str, body: bytes, content_type: str, accept: str) -> Reply:
        """Send one InvokeEndpoint and return what came of it."""
        kind = (endpoint, content_type, accept)
        path, headers = self._kinds.get(kind) or self._prepare(*kind)
        try:
            answer = self._lean.send("POST", path, headers, body)
        except Exception as error:  # timeouts, resets, refused connections, bad answers: all are outcomes
            return Reply(0, type(error).__name__)
        return lean_reply(answer, "" if answer.status < 400 else error_name(answer))

    def _prepare(self, endpoint: str, content_type: str, accept: str) -> tuple[str, Headers]:
        path = f"/endpoints/{quote(endpoint, safe='~')}/invocations"
        headers = (("Content-Type", content_type), *([("Accept", accept)] if accept else []))
        self._kinds[endpoint, content_type, accept] = made = (path, headers)
        return made


def lean_reply(answer: Answer, error: str) -> Reply:
    """Return what came as *answer*, a failure called *error*, with the gateway's own times."""
    times = [_seconds(answer.headers.get(name)) for name in TIMES_BYTES]
    return Reply(answer.status, error, len(answer.body), *times)


def error_name(answer: Answer) -> str:
    """Return the AWS error code of a refused request, as the rest-json protocol puts it into a header."""
    code = answer.headers.get(b"x-amzn-errortype", b"").decode("latin-1")
    return code.partition(":")[0].rpartition("#")[2] or f"HTTP {answer.status}"


def _seconds(value: str | bytes | None) -> float | None:
    return None if value is None else float(value)
