"""What a call of a function that came to nothing is called."""

from typing import Any

import pytest

from harness.scenario.workload import Constant, OpenModel, Payload
from locustfiles.functions import LeanInvoker, function_error, named_throttle
from locustfiles.http1 import Answer, NoAnswer


class Lean:
    """Answers as it is told, and keeps what was sent."""

    def __init__(self, answer: Answer | Exception) -> None:
        self.answer = answer
        self.sent: list[tuple[Any, ...]] = []

    def send(self, *sent: Any, unsigned: str = "") -> Answer:
        self.sent.append((*sent, unsigned))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class Function:
    """What is called, by its name."""

    name = "score:live"


def answered(status: int, body: bytes, **headers: bytes) -> Answer:
    names = {name.replace("_", "-").encode(): value for name, value in headers.items()}
    return Answer(status, names, body, keep_alive=True)


def reply_to(answer: Answer | Exception) -> tuple[Any, Lean]:
    """Return the reply of the lean client that got *answer*, and what it sent."""
    from harness.load_plan import AccessKey

    client, lean = LeanInvoker("http://127.0.0.1:1", "us-east-1", AccessKey()), Lean(answer)
    client._lean = lean  # type: ignore[assignment]
    model = OpenModel(Function(), Constant(1, 1), payload=Payload("p", ("{}",)))
    return client.send(model, b"{}", 0, 12.5), lean


@pytest.mark.parametrize(
    ("answer", "error", "ok"),
    [
        (answered(200, b'{"score": 1}'), "", True),
        (answered(202, b""), "", True),
        (
            answered(200, b'{"errorType": "ValueError"}', x_amz_function_error=b"Unhandled"),
            "FunctionError: ValueError",
            False,
        ),
        (
            answered(
                429,
                b'{"Reason": "CallerRateLimitExceeded"}',
                x_amzn_errortype=b"TooManyRequestsException",
            ),
            "TooManyRequestsException: CallerRateLimitExceeded",
            False,
        ),
        (
            answered(429, b"[]", x_amzn_errortype=b"TooManyRequestsException"),
            "TooManyRequestsException",
            False,
        ),
        (answered(502, b"<html>"), "HTTP 502", False),
        (NoAnswer("closed"), "NoAnswer", False),
    ],
)
def test_every_end_of_a_call_has_its_name(answer: Answer | Exception, error: str, ok: bool) -> None:
    """A function's error by its type, a throttle by its reason; both are failures."""
    reply, _ = reply_to(answer)
    assert (reply.error, reply.ok) == (error, ok)


def test_an_alias_is_called_by_its_path_and_the_moment_it_was_due() -> None:
    """As Invoke has it; the moment is the rehearsal's own header, and not signed."""
    _, lean = reply_to(answered(200, b"1"))
    (sent,) = lean.sent
    assert sent[1] == "/2015-03-31/functions/score%3Alive/invocations"
    assert sent[2] == (("X-Amz-Invocation-Type", "RequestResponse"),)
    assert sent[4] == "X-Harness-Due-At: 12.500000\r\n"


def test_what_is_no_json_still_has_a_name() -> None:
    """An error's kind where its type cannot be read; a refusal that is no throttle keeps its code."""
    assert function_error("Unhandled", b"oops") == "FunctionError: Unhandled"
    assert function_error("Handled", b"[1]") == "FunctionError: Handled"
    assert function_error("", b'{"errorType": "X"}') == ""
    assert named_throttle("AccessDeniedException", "") == "AccessDeniedException"
