"""What an invocation comes to, for whoever asked for it, and what a scenario says of how long it takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

import orjson

from harness.aws.aws_json import Refused
from harness.endpoint.distributions import Distribution


@dataclass(frozen=True, slots=True)
class Result:
    """An invocation that ended, or was not admitted.

    `status` is "ok", "error" (`error` is AWS's errorType, `payload` its JSON) or "throttled" (`reason` is
    that of TooManyRequestsException). `duration_s` are model seconds without initialisation; `log_tail` the
    last 4 KB of the log.
    """

    status: str
    payload: bytes = b""
    error: str = ""
    reason: str = ""
    request: str = ""
    version: str = ""
    duration_s: float = 0.0
    log_tail: str = ""


@dataclass(frozen=True, slots=True)
class Modelled:
    """The spans of the functions that a scenario gives, by function name, in model seconds.

    A function that has no `duration` takes the real seconds it takes here, and so its initialisation.
    """

    duration: Mapping[str, Distribution] = field(default_factory=lambda: MappingProxyType({}))
    init_time: Mapping[str, Distribution] = field(default_factory=lambda: MappingProxyType({}))


def failed(error: Refused, request: str = "") -> Result:
    """Return the result of an invocation that Lambda refuses, for those who hear no HTTP."""
    payload = orjson.dumps({"errorType": error.code, "errorMessage": error.message})
    return Result("error", payload, error.code, request=request)
