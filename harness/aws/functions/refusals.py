"""Lambda's no: errors in REST JSON as Lambda words and shapes them.

Bodies as recorded on AWS (`{"Type": "User", "Message": ...}`); codes and statuses from the API reference.
"""

import orjson

from harness.aws.aws_json import Refused, request_id
from harness.gateway.chain import Exchange, Reply

# What a client is asked to wait before it tries again, Retry-After of TooManyRequestsException, seconds.
RETRY_AFTER_S = 1
_RATE_WORDS = "Rate Exceeded."


def refuse(exchange: Exchange, error: Refused) -> Reply:
    """Return *error* as Lambda sends it, and note it on *exchange*."""
    exchange.error = f"{error.code}: {error.message}"
    return error_reply(error)


def error_reply(error: Refused) -> Reply:
    """Return *error* as Lambda sends it."""
    kind = "Service" if error.status >= 500 else "User"
    body = orjson.dumps({"Type": kind, "Message": error.message, "message": error.message})
    return Reply(error.status, body, _headers(error.code))


def throttle_reply(exchange: Exchange, reason: str) -> Reply:
    """Return TooManyRequestsException with its *reason*, and note it on *exchange*."""
    exchange.error = f"TooManyRequestsException: {reason}"
    body = orjson.dumps({"Reason": reason, "Type": "User", "message": _RATE_WORDS})
    return Reply(429, body, (*_headers("TooManyRequestsException"), ("Retry-After", str(RETRY_AFTER_S))))


def not_found(arn: str) -> Refused:
    """Return the error for a function, version or alias that there is not."""
    return Refused("ResourceNotFoundException", f"Function not found: {arn}", 404)


def invalid(message: str) -> Refused:
    """Return the error for a parameter that Lambda does not take."""
    return Refused("InvalidParameterValueException", message)


def _headers(code: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Content-Type", "application/json"),
        ("x-amzn-RequestId", request_id()),
        ("x-amzn-ErrorType", code),
    )
