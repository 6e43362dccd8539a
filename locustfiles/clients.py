"""The clients that can send a request: boto3 itself, and a lean signed one on raw sockets under gevent.

Imported in the Locust process only, after Locust, which has patched the interpreter by then: boto3 first
would end in a RecursionError in ssl.
"""

import time
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import gevent.socket

from harness.load_plan import AccessKey
from harness.scenario.workload import OpenModel
from locustfiles.account import Reply
from locustfiles.http1 import Answer, NoAnswer, read_answer, request_head
from locustfiles.sigv4 import Prepared, Signer, amz_date

# AWS's advice for InvokeEndpoint, whose own limit is 60 s (SageMaker runtime API reference, InvokeEndpoint).
READ_TIMEOUT_S = 70.0
CONNECT_TIMEOUT_S = 10.0
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
            return _boto3_reply(answer, len(answer["Body"].read()))
        except self._refused as error:
            return _boto3_reply(error.response, 0, error.response["Error"].get("Code", ""))
        except Exception as error:  # botocore's, urllib3's, and what its parser stumbles over
            return Reply(0, type(error).__name__)


def _boto3_reply(answer: Mapping[str, Any], size: int, error: str = "") -> Reply:
    about = answer["ResponseMetadata"]
    headers = about["HTTPHeaders"]
    times = [_seconds(headers.get(name)) for name in TIMES]
    return Reply(about["HTTPStatusCode"], error, size, *times)


class LeanClient:
    """Signed InvokeEndpoint over keep-alive sockets, about as cheap as Python can send it.

    An idle connection that the server has closed is noticed by the missing answer and the request sent once
    more on a new one, as every HTTP client does; nothing else is tried twice.
    """

    def __init__(self, url: str, region: str, key: AccessKey) -> None:
        parts = urlsplit(url)
        host = parts.hostname or "127.0.0.1"
        self._address = (host, parts.port or 80)
        self._host = parts.netloc if parts.port != 80 else parts.netloc.removesuffix(":80")
        token = key.session_token or ""
        self._signer = Signer(key.access_key_id, key.secret_access_key, region, "sagemaker", token)
        self._kinds: dict[tuple[str, str, str], tuple[bytes, Prepared]] = {}
        self._digests: dict[bytes, str] = {}
        self._idle: list[Any] = []
        self._date: tuple[int, str] = (0, "")

    def invoke(self, endpoint: str, body: bytes, content_type: str, accept: str) -> Reply:
        """Send one InvokeEndpoint and return what came of it."""
        request = self._request(endpoint, body, content_type, accept)
        try:
            answer = self._exchange(request)
        except Exception as error:  # timeouts, resets, refused connections, bad answers: all are outcomes
            return Reply(0, type(error).__name__)
        error_name = "" if answer.status < 400 else _error_name(answer)
        times = [_seconds(answer.headers.get(name)) for name in TIMES_BYTES]
        return Reply(answer.status, error_name, len(answer.body), *times)

    def _request(self, endpoint: str, body: bytes, content_type: str, accept: str) -> bytes:
        kind = (endpoint, content_type, accept)
        head, prepared = self._kinds.get(kind) or self._prepare(*kind)
        digest = self._digests.get(body) or self._digest(body)
        now = time.time()
        if int(now) != self._date[0]:
            self._date = (int(now), amz_date(now))
        date = self._date[1]
        tail = (
            f"X-Amz-Date: {date}\r\nAuthorization: {prepared.authorization(digest, date)}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head + tail.encode() + body

    def _prepare(self, endpoint: str, content_type: str, accept: str) -> tuple[bytes, Prepared]:
        path = f"/endpoints/{quote(endpoint, safe='~')}/invocations"
        signed = [("Host", self._host), ("Content-Type", content_type)]
        signed += [("Accept", accept)] if accept else []
        prepared = Prepared(self._signer, "POST", path, dict(signed))
        unsigned = [("User-Agent", "harness-lean")]
        token = [("X-Amz-Security-Token", self._signer.session_token)] if self._signer.session_token else []
        made = (request_head("POST", path, [*signed, *token, *unsigned]), prepared)
        self._kinds[endpoint, content_type, accept] = made
        return made

    def _digest(self, body: bytes) -> str:
        """Return the body's SHA-256, kept: a pool's bodies are sent many times and hashing has its price."""
        digest = self._digests[body] = sha256(body).hexdigest()
        return digest

    def _exchange(self, request: bytes) -> Answer:
        if self._idle:
            try:
                return self._exchange_on(self._idle.pop(), request)
            except (NoAnswer, BrokenPipeError, ConnectionResetError):
                pass
        return self._exchange_on(self._connect(), request)

    def _exchange_on(self, connection: Any, request: bytes) -> Answer:
        kept = False
        try:
            connection.sendall(request)
            answer = read_answer(connection.recv)
            kept = answer.keep_alive
            return answer
        finally:
            if kept:
                self._idle.append(connection)
            else:  # also when the load's end kills this greenlet in the middle
                connection.close()

    def _connect(self) -> Any:
        connection = gevent.socket.create_connection(self._address, CONNECT_TIMEOUT_S)
        connection.setsockopt(gevent.socket.IPPROTO_TCP, gevent.socket.TCP_NODELAY, 1)
        connection.settimeout(READ_TIMEOUT_S)
        return connection


def _error_name(answer: Answer) -> str:
    """Return the AWS error code of a refused request, as the rest-json protocol puts it into a header."""
    code = answer.headers.get(b"x-amzn-errortype", b"").decode("latin-1")
    return code.partition(":")[0].rpartition("#")[2] or f"HTTP {answer.status}"


def _seconds(value: str | bytes | None) -> float | None:
    return None if value is None else float(value)
