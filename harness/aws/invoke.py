"""InvokeEndpoint: the request joins the modelled fleet, a real model answers, and the reply leaves when
modelled time says.

Errors: botocore's service model of sagemaker-runtime (ValidationError 400, ModelError 424, InternalFailure
500, ServiceUnavailable 503). What is measured here is never the harness's speed: modelled seconds and the
harness's own overhead travel in headers of their own.
"""

from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from harness.aws.aws_json import request_id, runtime_error
from harness.aws.invoke_lane import Lane, Parked
from harness.endpoint.outcomes import Completed, Outcome, Rejected, RejectReason
from harness.gateway.alike import Alike
from harness.gateway.chain import REST, Exchange, ReadBody, Reply
from harness.gateway.chain import Outcome as Answer
from harness.gateway.handlers import Invocation
from harness.gateway.head import RequestHead
from harness.inference import Inference, ModelFailure, invoke

if TYPE_CHECKING:
    from harness.aws.stage import Stage

# SageMaker FAQ: 25 MB for real-time endpoints; the service model still says 6,291,456 bytes for BodyBlob.
PAYLOAD_LIMIT_BYTES = 25 * 1024 * 1024
BODY_BLOB_BYTES = 6_291_456
PREFIX, SUFFIX = "/endpoints/", "/invocations"
# How sagemaker-runtime's other operations end (service model); no container answers them here.
_UNCOVERED = {
    "/async-invocations": "InvokeEndpointAsync",
    "/invocations-response-stream": "InvokeEndpointWithResponseStream",
}

_REJECTED = {
    RejectReason.NO_CAPACITY: ("ServiceUnavailable", 503, "No instance of variant {variant} is in service."),
    RejectReason.QUEUE_FULL: (
        "ServiceUnavailable",
        503,
        "The queue of an instance of variant {variant} is full.",
    ),
    RejectReason.NOT_IN_SERVICE: (
        "ValidationError",
        400,
        "Endpoint {endpoint} of account {account} not found.",
    ),
    RejectReason.UNKNOWN_VARIANT: (
        "ValidationError",
        400,
        "Variant {variant} not found for endpoint {endpoint} of account {account}.",
    ),
}
_TIMED_OUT = (
    'Received server error (0) from primary with message "Your invocation timed out while waiting for a '
    "response from container primary. Review the latency metrics for each container in Amazon CloudWatch, "
    'resolve the issue, and try again."'
)
_LOST = "The instance that worked on the request failed before it could answer."


class _Said(NamedTuple):
    """What the model said, computed when the request came; `failure` is its status if that is no success."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...]
    failure: int = 0


class Invoker:
    """Answers InvokeEndpoint on *stage*; `completed` is told by the stage when modelled time has run out."""

    def __init__(self, stage: "Stage", payload_limit_bytes: int = PAYLOAD_LIMIT_BYTES) -> None:
        self._stage = stage
        self._waiting: dict[int, tuple[Exchange, Invocation, _Said]] = {}
        # Of the short way, which also asks for what follows.
        self.parked: dict[int, tuple[Exchange, Parked, Lane]] = {}
        self.number = 0
        self.living, self.models = stage.living, stage.models
        self.least_limit_bytes = min(payload_limit_bytes, BODY_BLOB_BYTES)  # what none has a word about
        self._warned: set[str] = set()
        # Worded as users have quoted it: "Request {request-id} has oversize body."
        oversize = f"Request has oversize body: the limit is {payload_limit_bytes} bytes."
        self._read = ReadBody(
            self._invoke, payload_limit_bytes, runtime_error("ValidationError", 400, oversize)
        )

    @cached_property
    def _is_short(self) -> bool:
        return self._stage.short_way  # asked with the first request, when the handlers are all there

    def handle(self, exchange: Exchange) -> Answer:
        """Return what to do with *exchange*: read its body when it is an invocation, nothing otherwise."""
        path = exchange.path
        if exchange.service != "sagemaker" or not path.startswith(PREFIX):
            return None
        if path.endswith(SUFFIX):
            return self._read
        for suffix, operation in _UNCOVERED.items():
            if path.endswith(suffix):
                return self._refuse_uncovered(exchange, unquote(path[len(PREFIX) : -len(suffix)]), operation)
        return None

    def _refuse_uncovered(self, exchange: Exchange, endpoint: str, operation: str) -> Reply:
        exchange.operation = operation
        exchange.error = "ValidationError"
        message = f"{operation} is not covered by this rehearsal: only InvokeEndpoint is answered."
        self._stage.finding("invocation-not-covered", "error", f"endpoint/{endpoint}", message)
        return runtime_error("ValidationError", 400, message)

    def _invoke(self, exchange: Exchange) -> Answer:
        name = exchange.path[len(PREFIX) : -len(SUFFIX)]
        if "%" in name:
            name = unquote(name)
        seen = exchange.detail = Invocation(name)
        wanted = exchange.header(b"x-amzn-sagemaker-target-variant")
        if len(exchange.body) > BODY_BLOB_BYTES:
            self._warn(name, len(exchange.body))
        number = self.number = self.number + 1
        variant = wanted.decode("latin-1") if wanted else None
        taken = self.living.arrive(name, number, variant)
        seen.variant = taken.variant
        if isinstance(taken, Rejected):
            return self.reject(exchange, taken, name)
        seen.instance = taken.instance_id
        types = _text(exchange, b"content-type"), _text(exchange, b"accept")
        model = self.models.get((name, taken.variant))
        if model is None:
            return self.park(exchange, seen, number)
        began = perf_counter()
        answer = invoke(model, *types, exchange.body)
        seen.predict_s = round(perf_counter() - began, 7)
        alike = exchange.alike
        if alike is not None and alike.take is None and self._is_short and _is_plain(alike):
            alike.take = Lane(self, exchange, name, variant, types, self._stage.record).take
        return self.park(exchange, seen, number, answer)

    def _warn(self, endpoint: str, size: int) -> None:
        if endpoint in self._warned:
            return
        self._warned.add(endpoint)
        self._stage.finding(
            "payload-over-service-model-limit",
            "warning",
            f"endpoint/{endpoint}",
            f"A request of {size} bytes was accepted: the FAQ says 25 MB for real-time endpoints, the "
            f"service model still says {BODY_BLOB_BYTES}.",
            "botocore service model of sagemaker-runtime, BodyBlob",
        )

    def reject(self, exchange: Exchange, rejected: Rejected, endpoint: str) -> Reply:
        """Return the answer to a request that found no place in the fleet."""
        code, status, text = _REJECTED[rejected.reason]
        exchange.error = code
        message = text.format(variant=rejected.variant, endpoint=endpoint, account=self._stage.account)
        return runtime_error(code, status, message)

    def park(
        self,
        exchange: Exchange,
        seen: Invocation,
        number: int,
        answer: Inference | ModelFailure | None = None,
    ) -> Answer:
        """Keep what the model said, None where there is none, to be sent when the modelled time is over."""
        self._waiting[number] = (exchange, seen, self._said(exchange, seen, answer))
        return REST

    def _said(self, exchange: Exchange, seen: Invocation, answer: Inference | ModelFailure | None) -> _Said:
        if answer is None:
            exchange.error = "ModelError"
            return _refused(_no_model(seen.endpoint), 500)
        if isinstance(answer, ModelFailure):
            exchange.error = "ModelError"
            return _refused(_model_error(answer.status, answer.message), answer.status)
        body, content_type, seen.rows = answer
        headers = (
            ("Content-Type", content_type),
            ("x-Amzn-Invoked-Production-Variant", seen.variant),
            ("x-amzn-RequestId", request_id()),
        )
        return _Said(200, body, headers)

    def completed(self, done: Completed) -> None:
        """Send the reply of the request that *done* names."""
        parked = self.parked.pop(done[1], None)
        if parked is not None:
            if done[6] is Outcome.OK:
                parked[2].answer(parked[0], parked[1], done)
                return
            self._waiting[done.request_id] = parked[0], parked[1], _UNSAID
        exchange, seen, said = self._waiting.pop(done.request_id)
        queue_s = seen.queue_s = done.queue_s
        service_s = seen.service_s = done.service_s
        exchange.modelled_s = queue_s + service_s
        status, body, headers, failure = said
        if done.outcome is not Outcome.OK:
            status, body, headers, _ = _unanswered(exchange, done.outcome)
        elif failure:
            self._stage.model_failed(seen.endpoint, done, client_error=failure < 500)
        times = (("X-Harness-Queue-Time", f"{queue_s:.6f}"), ("X-Harness-Service-Time", f"{service_s:.6f}"))
        exchange.answer(Reply(status, body, headers + times))


_UNSAID = _Said(0, b"", ())


def _is_plain(alike: Alike[RequestHead]) -> bool:
    """Return whether such requests come again, and replies have nothing about them but lines and a body."""
    request = alike.read
    odd = request.http_1_0 or request.expects_continue or request.method == "HEAD"
    return alike.length is not None and request.keep_alive and not odd


def _refused(reply: Reply, failure: int = 0) -> _Said:
    return _Said(reply.status, reply.body, reply.headers, failure)


def _unanswered(exchange: Exchange, outcome: Outcome) -> _Said:
    """Return the error for a request that the container did not answer in time, or at all."""
    if outcome is Outcome.TIMED_OUT:
        exchange.error = "ModelError"
        return _refused(_model_error(0, "", _TIMED_OUT))
    exchange.error = "ServiceUnavailable"
    return _refused(runtime_error("ServiceUnavailable", 503, _LOST))


def _text(exchange: Exchange, name: bytes) -> str | None:
    value = exchange.header(name)
    return None if value is None else value.decode("latin-1")


def _model_error(status: int, said: str, message: str = "") -> Reply:
    """Return a ModelError as the service model shapes it, worded as SageMaker words a container's error."""
    kind = "client" if 400 <= status < 500 else "server"
    text = message or (
        f'Received {kind} error ({status}) from primary with message "{said}". See the CloudWatch log '
        "group of the endpoint for more information."
    )
    return runtime_error(
        "ModelError", 424, text, OriginalStatusCode=status, OriginalMessage=said, LogStreamArn=""
    )


def _no_model(endpoint: str) -> Reply:
    return _model_error(
        500,
        f"the container of endpoint {endpoint} cannot run here: its model has no ModelDataUrl with a "
        "model.onnx; add one, or set the container's environment variable HARNESS_MODEL=echo to answer with "
        "the request body",
    )
