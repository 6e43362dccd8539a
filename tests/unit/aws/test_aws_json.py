"""Arguments in, answers and AWS's errors out."""

import asyncio
import re
from collections.abc import Awaitable
from typing import Any, cast

import orjson
import pytest

from harness.aws.aws_json import (
    Arguments,
    JsonOperations,
    Refused,
    json_refusal,
    json_reply,
    offset,
    request_id,
    required,
    runtime_error,
    whole_number,
)
from harness.gateway.chain import Exchange, ReadBody, Reply


def exchange(body: bytes = b"{}", *, service: str = "sagemaker", operation: str = "Greet") -> Exchange:
    made = Exchange.from_head(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n", body=body)
    made.service, made.operation = service, operation
    return made


async def greet(_exchange: Exchange, given: Arguments) -> Any:
    return {"Hello": required(given, "Name")}


GREETING = JsonOperations("sagemaker", {"Greet": greet}, ours=lambda given: given.get("Name") != "stranger")


def answered(seen: Exchange) -> Reply | None:
    """Return what the operations answer once the body is there, None when they leave it to others."""
    read = GREETING.handle(seen)
    assert isinstance(read, ReadBody)
    outcome = read.then(seen)
    if outcome is None or isinstance(outcome, Reply):
        return outcome

    async def wait() -> Reply:
        return cast(Reply, await cast(Awaitable[Reply], outcome))

    return asyncio.run(wait())


def test_an_operation_answers_in_json() -> None:
    """Its value is the body, under AWS's content type and with a request id."""
    reply = answered(exchange(b'{"Name": "moon"}'))
    assert reply is not None
    assert (reply.status, orjson.loads(reply.body)) == (200, {"Hello": "moon"})
    assert dict(reply.headers)["Content-Type"] == "application/x-amz-json-1.1"


@pytest.mark.parametrize("seen", [exchange(service="s3"), exchange(operation="Leave")])
def test_other_services_and_operations_are_not_read(seen: Exchange) -> None:
    """Nothing is buffered for what is not ours."""
    assert GREETING.handle(seen) is None


def test_arguments_that_are_not_ours_go_on() -> None:
    """The chain goes on with the body read."""
    assert answered(exchange(b'{"Name": "stranger"}')) is None


@pytest.mark.parametrize(
    ("body", "code"), [(b"{", "SerializationException"), (b"[]", "SerializationException"), (b"", None)]
)
def test_a_body_must_be_an_object(body: bytes, code: str | None) -> None:
    """What is no JSON object is refused; no body at all is one without members."""
    reply = answered(exchange(body))
    assert reply is not None
    assert reply.status == 400
    assert orjson.loads(reply.body)["__type"] == (code or "ValidationException")


def test_a_refusal_is_noted_for_the_journal() -> None:
    """Code and sentence are in `exchange.error`."""
    seen = exchange()
    reply = answered(seen)
    assert reply is not None
    assert seen.error.startswith("ValidationException: 1 validation error detected: Value null at 'name'")


def test_the_two_shapes_of_errors() -> None:
    """JSON 1.1 has its code in `__type`, sagemaker-runtime in a header."""
    control = json_refusal(Refused("Throttled", "Slow down.", 429))
    assert (control.status, orjson.loads(control.body)) == (
        429,
        {"__type": "Throttled", "message": "Slow down."},
    )
    runtime = runtime_error("ModelError", 424, "Oh.", OriginalStatusCode=500)
    assert orjson.loads(runtime.body) == {"Message": "Oh.", "OriginalStatusCode": 500}
    assert dict(runtime.headers)["x-amzn-ErrorType"] == "ModelError"


def test_no_output_is_no_body() -> None:
    """AWS sends nothing for an operation without output."""
    assert json_reply(None).body == b""


def test_request_ids_are_uuids_of_their_own() -> None:
    """Version 4, and never the same."""
    ids = {request_id() for _ in range(100)}
    assert len(ids) == 100
    assert all(
        re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}", each) for each in ids
    )


@pytest.mark.parametrize("value", [None, "", []])
def test_what_is_required_must_be_there(value: object) -> None:
    """Absent and empty are refused alike, in AWS's words."""
    with pytest.raises(Refused, match="Value null at 'endpointName' failed"):
        required({"EndpointName": value}, "EndpointName")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "greater than or equal to 1"),
        (51, "less than or equal to 50"),
        ("5", "whole number"),
        (True, "whole"),
    ],
)
def test_a_number_out_of_bounds_is_refused(value: object, said: str) -> None:
    """Bounds and types are checked before anything is compared."""
    with pytest.raises(Refused, match=said):
        whole_number({"MaxResults": value}, "MaxResults", least=1, most=50, otherwise=10)


def test_an_absent_number_has_its_default() -> None:
    """None is what JSON clients send for nothing."""
    assert whole_number({"MaxResults": None}, "MaxResults", least=1, most=50, otherwise=10) == 10
    assert whole_number({"MaxResults": 50}, "MaxResults", least=1, most=50, otherwise=10) == 50


@pytest.mark.parametrize("token", ["x", "-1", "", 5, "²", "1" * 10])
def test_a_token_we_never_gave(token: object) -> None:
    """Whatever it is, it is refused with the operation's own code."""
    with pytest.raises(Refused) as error:
        offset(token, "InvalidNextTokenException")
    assert error.value.code == "InvalidNextTokenException"


def test_a_token_is_where_the_next_page_starts() -> None:
    """No token is the first page."""
    assert (offset(None), offset("20")) == (0, 20)
