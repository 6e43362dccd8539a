"""AWS's two JSON forms that the gateway answers in: JSON 1.1, and REST JSON for sagemaker-runtime."""

import itertools
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import orjson

from harness.gateway.chain import Exchange, Outcome, ReadBody, Reply

JSON_1_1 = "application/x-amz-json-1.1"
# No request of a control plane that is answered here comes near it.
BODY_LIMIT_BYTES = 1024 * 1024

Arguments = dict[str, Any]


class Refused(Exception):
    """A call is answered with an AWS error; raised inside a handler and turned into a reply there."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


# What an operation answers: a value that is sent as JSON, None for an empty body, or a whole reply.
Operation = Callable[[Exchange, Arguments], Awaitable[Any]]


class JsonOperations:
    """Answers the JSON 1.1 *operations* of *service* whose arguments are *ours*; `handle` is its handler.

    What is not ours goes on along the chain with its body. A Refused becomes AWS's error.
    """

    def __init__(
        self,
        service: str,
        operations: Mapping[str, Operation],
        *,
        ours: Callable[[Arguments], bool] = lambda _given: True,
    ) -> None:
        self._service = service
        self._operations = dict(operations)
        self._ours = ours
        too_large = json_refusal(Refused("ValidationException", "The request body is too large.", 413))
        self._read = ReadBody(self._answer, BODY_LIMIT_BYTES, too_large)

    def handle(self, exchange: Exchange) -> Outcome:
        """Return what to do with *exchange*: read its body when its operation is one of these."""
        known = exchange.service == self._service and exchange.operation in self._operations
        return self._read if known else None

    def _answer(self, exchange: Exchange) -> Outcome:
        try:
            given = arguments(exchange)
        except Refused as error:
            return _refuse(exchange, error)
        if not self._ours(given):
            return None
        return self._carry_out(exchange, self._operations[exchange.operation], given)

    async def _carry_out(self, exchange: Exchange, operation: Operation, given: Arguments) -> Reply:
        try:
            answer = await operation(exchange, given)
        except Refused as error:
            return _refuse(exchange, error)
        return answer if isinstance(answer, Reply) else json_reply(answer)


def _refuse(exchange: Exchange, error: Refused) -> Reply:
    exchange.error = f"{error.code}: {error.message}"
    return json_refusal(error)


def _new_house() -> str:
    digits = os.urandom(10).hex()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-"


# The first four groups are drawn once a process, the last counts on from where it was drawn.
REQUEST_ID_BEGINS = _new_house()
next_request_number = itertools.count(int.from_bytes(os.urandom(5))).__next__


def request_id() -> str:
    """Return a new x-amzn-RequestId in the form of a UUID 4; each answer has one, so none is drawn anew."""
    return f"{REQUEST_ID_BEGINS}{next_request_number():012x}"


def json_reply(value: Any) -> Reply:
    """Return *value* as a successful JSON 1.1 answer; None is an empty body, AWS's form of no output."""
    body = b"" if value is None else orjson.dumps(value)
    return Reply(200, body, (("Content-Type", JSON_1_1), ("x-amzn-RequestId", request_id())))


def json_refusal(error: Refused) -> Reply:
    """Return *error* as JSON 1.1 carries errors: `__type` and `message`."""
    body = orjson.dumps({"__type": error.code, "message": error.message})
    return Reply(error.status, body, (("Content-Type", JSON_1_1), ("x-amzn-RequestId", request_id())))


def runtime_error(code: str, status: int, message: str, **fields: Any) -> Reply:
    """Return an error of sagemaker-runtime: REST JSON, its code in the x-amzn-ErrorType header."""
    body = orjson.dumps({"Message": message, **fields})
    headers = (
        ("Content-Type", "application/json"),
        ("x-amzn-RequestId", request_id()),
        ("x-amzn-ErrorType", code),
    )
    return Reply(status, body, headers)


def arguments(exchange: Exchange) -> Arguments:
    """Return the JSON object in the body; raise Refused(SerializationException) when it is none."""
    try:
        value = orjson.loads(exchange.body or b"{}")
    except orjson.JSONDecodeError as error:
        raise Refused("SerializationException", f"The request body is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise Refused("SerializationException", "The request body is not a JSON object")
    return value


def required(values: Arguments, name: str) -> Any:
    """Return the argument *name*; raise the ValidationException that AWS answers when it is missing."""
    if values.get(name) in (None, "", []):
        raise _constraint("null", name, "Member must not be null")
    return values[name]


def whole_number(values: Arguments, name: str, *, least: int, most: int, otherwise: int) -> int:
    """Return the argument *name* within *least* and *most*, *otherwise* when absent; raise Refused."""
    value = values.get(name)
    if value is None:
        return otherwise
    if isinstance(value, bool) or not isinstance(value, int):
        raise Refused("SerializationException", f"{name} must be a whole number, not {value!r:.40}")
    if value < least:
        raise _constraint(f"'{value}'", name, f"Member must have value greater than or equal to {least}")
    if value > most:
        raise _constraint(f"'{value}'", name, f"Member must have value less than or equal to {most}")
    return value


def offset(token: object, code: str = "ValidationException") -> int:
    """Return where the page of NextToken *token* starts; raise Refused(*code*) for a token we never gave."""
    if token is None:
        return 0
    if not isinstance(token, str) or not (token.isascii() and token.isdigit()) or len(token) > 9:
        raise Refused(code, "The NextToken is not one that this operation gave.")
    return int(token)


def _constraint(value: str, name: str, rule: str) -> Refused:
    """Return AWS's words for an argument outside its constraints; members begin with a small letter there."""
    member = name[0].lower() + name[1:]
    return Refused(
        "ValidationException",
        f"1 validation error detected: Value {value} at '{member}' failed to satisfy constraint: {rule}",
    )
