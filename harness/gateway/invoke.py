"""InvokeEndpoint: the request joins the modelled fleet, a real model answers, the reply leaves when modelled time says.

Errors: botocore's service model of sagemaker-runtime (ValidationError 400, ModelError 424, InternalFailure 500,
ServiceUnavailable 503). What is measured here is never the harness's speed: modelled seconds and the harness's
own overhead travel in headers of their own.
"""

from typing import TYPE_CHECKING
from urllib.parse import unquote

from harness.endpoint.outcomes import Completed, Outcome, Rejected, RejectReason
from harness.gateway.chain import REST, Exchange, ReadBody, Reply
from harness.gateway.chain import Outcome as Answer
from harness.gateway.handlers import Invocation
from harness.gateway.aws_json import request_id, runtime_error

if TYPE_CHECKING:
    from harness.gateway.stage import Stage
    from harness.inference import Model

# SageMaker FAQ: 25 MB for real-time endpoints; the service model still says 6,291,456 bytes for BodyBlob.
PAYLOAD_LIMIT_BYTES = 25 * 1024 * 1024
PREFIX, SUFFIX = "/endpoints/", "/invocations"

_REJECTED = {
    RejectReason.NO_CAPACITY: ("ServiceUnavailable", 503, "No instance of variant {variant} is in service."),
    RejectReason.QUEUE_FULL: ("ServiceUnavailable", 503, "The queue of an instance of variant {variant} is full."),
    RejectReason.NOT_IN_SERVICE: ("ValidationError", 400, "Endpoint {endpoint} of account {account} not found."),
    RejectReason.UNKNOWN_VARIANT: (
        "ValidationError",
        400,
        "Variant {variant} not found for endpoint {endpoint} of account {account}.",
    ),
}
_TIMED_OUT = (
    'Received server error (0) from primary with message "Your invocation timed out while waiting for a response '
    'from container primary. Review the latency metrics for each container in Amazon CloudWatch, resolve the issue, '
    'and try again."'
)
_LOST = "The instance that worked on the request failed before it could answer."


class Invoker:
    """Answers InvokeEndpoint on *stage*; `completed` is told by the stage when modelled time has run out."""

    def __init__(self, stage: "Stage") -> None:
        self._stage = stage
        self._waiting: dict[int, tuple[Exchange, Invocation, Reply]] = {}
        self._number = 0
        too_large = f"Request body is larger than the limit of {PAYLOAD_LIMIT_BYTES} bytes."
        self._read = ReadBody(self._invoke, PAYLOAD_LIMIT_BYTES, runtime_error("ValidationError", 413, too_large))

    def handle(self, exchange: Exchange) -> Answer:
        """Return what to do with *exchange*: read its body when it is an invocation, nothing otherwise."""
        if exchange.service == "sagemaker" and exchange.path.endswith(SUFFIX) and exchange.path.startswith(PREFIX):
            return self._read
        return None

    def _invoke(self, exchange: Exchange) -> Answer:
        name = unquote(exchange.path[len(PREFIX) : -len(SUFFIX)])
        seen = Invocation(name)
        exchange.detail = seen
        wanted = exchange.header(b"x-amzn-sagemaker-target-variant")
        stage = self._stage
        self._number += 1
        taken = stage.arrive(name, self._number, wanted.decode("latin-1") if wanted else None)
        if isinstance(taken, Rejected):
            seen.variant = taken.variant
            return self._refuse(exchange, taken, name)
        seen.variant, seen.instance = taken.variant, taken.instance_id
        reply = self._predict(exchange, seen, stage.model(name, taken.variant))
        self._waiting[self._number] = (exchange, seen, reply)
        stage.wake()
        return REST

    def _refuse(self, exchange: Exchange, rejected: Rejected, endpoint: str) -> Reply:
        code, status, text = _REJECTED[rejected.reason]
        exchange.error = code
        message = text.format(variant=rejected.variant, endpoint=endpoint, account=self._stage.account)
        return runtime_error(code, status, message)

    def _predict(self, exchange: Exchange, seen: Invocation, model: "Model | None") -> Reply:
        """Return the model's own answer, computed now and sent when the modelled time is over."""
        from harness.inference import ModelFailure, invoke

        if model is None:
            return _no_model(exchange, seen.endpoint)
        content_type = (exchange.header(b"content-type") or b"application/octet-stream").decode("latin-1")
        accept = (exchange.header(b"accept") or b"").decode("latin-1")
        answer = invoke(model, content_type, accept, exchange.body)
        if isinstance(answer, ModelFailure):
            exchange.error = "ModelError"
            return _model_error(answer.status, answer.message)
        seen.rows = answer.rows
        return Reply(
            200,
            answer.body,
            (
                ("Content-Type", answer.content_type),
                ("x-Amzn-Invoked-Production-Variant", seen.variant),
                ("x-amzn-RequestId", request_id()),
            ),
        )

    def completed(self, done: Completed) -> None:
        """Send the reply of the request that *done* names."""
        exchange, seen, reply = self._waiting.pop(done.request_id)
        seen.queue_s, seen.service_s = done.queue_s, done.service_s
        exchange.modelled_s = done.queue_s + done.service_s
        if done.outcome is not Outcome.OK:
            timed_out = done.outcome is Outcome.TIMED_OUT
            exchange.error = "ModelError" if timed_out else "ServiceUnavailable"
            reply = _model_error(0, "", _TIMED_OUT) if timed_out else runtime_error("ServiceUnavailable", 503, _LOST)
        times = (
            ("X-Harness-Queue-Time", f"{done.queue_s:.6f}"),
            ("X-Harness-Service-Time", f"{done.service_s:.6f}"),
        )
        exchange.answer(Reply(reply.status, reply.body, reply.headers + times))


def _model_error(status: int, said: str, message: str = "") -> Reply:
    """Return a ModelError as the service model shapes it, worded as SageMaker words a container's error."""
    kind = "client" if 400 <= status < 500 else "server"
    text = message or (
        f'Received {kind} error ({status}) from primary with message "{said}". See the CloudWatch log group of the '
        "endpoint for more information."
    )
    return runtime_error("ModelError", 424, text, OriginalStatusCode=status, OriginalMessage=said, LogStreamArn="")


def _no_model(exchange: Exchange, endpoint: str) -> Reply:
    exchange.error = "ModelError"
    return _model_error(
        500,
        f"the container of endpoint {endpoint} cannot run here: its model has no ModelDataUrl with a model.onnx; add "
        "one, or set the container's environment variable HARNESS_MODEL=echo to answer with the request body",
    )
