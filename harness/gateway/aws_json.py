"""AWS's two JSON forms that the gateway answers in: JSON 1.1 (control planes) and REST JSON (sagemaker-runtime)."""

import uuid
from typing import Any

import orjson

from harness.gateway.chain import Exchange, Reply

JSON_1_1 = "application/x-amz-json-1.1"


class Refused(Exception):  # noqa: N818 - it is an answer on its way to the client, not a failure of ours
    """A call is answered with an AWS error; raised inside a handler and turned into a reply there."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def request_id() -> str:
    """Return a new x-amzn-RequestId."""
    return str(uuid.uuid4())


def json_reply(value: Any) -> Reply:
    """Return *value* as a successful JSON 1.1 answer; None is an empty body, as AWS sends it for no output."""
    body = b"" if value is None else orjson.dumps(value)
    return Reply(200, body, (("Content-Type", JSON_1_1), ("x-amzn-RequestId", request_id())))


def json_refusal(error: Refused) -> Reply:
    """Return *error* as JSON 1.1 carries errors: `__type` and `message`."""
    body = orjson.dumps({"__type": error.code, "message": error.message})
    return Reply(error.status, body, (("Content-Type", JSON_1_1), ("x-amzn-RequestId", request_id())))


def runtime_error(code: str, status: int, message: str, **fields: Any) -> Reply:
    """Return an error of sagemaker-runtime: REST JSON, its code in the x-amzn-ErrorType header."""
    body = orjson.dumps({"Message": message, **fields})
    headers = (("Content-Type", "application/json"), ("x-amzn-RequestId", request_id()), ("x-amzn-ErrorType", code))
    return Reply(status, body, headers)


def arguments(exchange: Exchange) -> dict[str, Any]:
    """Return the JSON object in the body; raise Refused(SerializationException) when it is none."""
    try:
        value = orjson.loads(exchange.body or b"{}")
    except orjson.JSONDecodeError as error:
        raise Refused("SerializationException", f"The request body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise Refused("SerializationException", "The request body is not a JSON object")
    return value


def required(values: dict[str, Any], name: str) -> Any:
    """Return the argument *name*; raise the ValidationException that AWS answers when it is missing."""
    if values.get(name) in (None, "", []):
        member = name[0].lower() + name[1:]
        raise Refused(
            "ValidationException",
            f"1 validation error detected: Value null at '{member}' failed to satisfy constraint: "
            "Member must not be null",
        )
    return values[name]
