"""What Lambda refuses of a function's configuration, and emulators let pass. The words are Lambda's.

Lambda API reference, CreateFunction; "Lambda quotas"; messages as users quote them.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

from harness.aws.aws_json import Refused
from harness.aws.functions.refusals import invalid
from harness.aws.functions.variables import RESERVED

TIMEOUT_S = (1, 900)
MEMORY_MB = (128, 10_240)
ENVIRONMENT_BYTES = 4096
ROLE = r"arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+"
_VARIABLE = re.compile(r"[a-zA-Z]([a-zA-Z0-9_])+")
# "Lambda runtimes", table of deprecated runtimes: those for which neither creation nor update is taken.
_BLOCKED = frozenset({"python2.7", "python3.6", "python3.7"})
_SIZE_WORDS = "Member must have value {} than or equal to {}"


def check_configuration(given: Mapping[str, Any], *, creates: bool) -> None:
    """Raise Refused for what CreateFunction, or UpdateFunctionConfiguration, does not take of *given*."""
    _in_range(given.get("Timeout"), "timeout", *TIMEOUT_S)
    _in_range(given.get("MemorySize"), "memorySize", *MEMORY_MB)
    role = given.get("Role")
    if role is not None and re.fullmatch(ROLE, str(role)) is None:
        raise _constraint(str(role), "role", f"Member must satisfy regular expression pattern: {ROLE}")
    if creates and role is None:
        raise _constraint("null", "role", "Member must not be null", code="InvalidParameterValueException")
    runtime = given.get("Runtime")
    zipped = given.get("PackageType", "Zip") == "Zip"
    if creates and zipped and not (runtime and given.get("Handler")):
        raise invalid(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages."
        )
    if runtime is not None:
        _check_runtime(str(runtime))
    check_variables((given.get("Environment") or {}).get("Variables") or {})


def check_variables(variables: Mapping[str, Any]) -> None:
    """Raise Refused for environment variables that Lambda does not take: reserved, misnamed or too many."""
    if any(_VARIABLE.fullmatch(name) is None for name in variables if name not in RESERVED):
        raise Refused(
            "ValidationException",
            "1 validation error detected: Value at 'environment.variables' failed to satisfy constraint: Map "
            "keys must satisfy constraint: [Member must satisfy regular expression pattern: "
            f"{_VARIABLE.pattern}]",
        )
    reserved = [name for name in variables if name in RESERVED]
    if reserved:
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables you "
            "have provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(reserved)}"
        )
    measured = orjson.dumps(dict(variables))
    if len(measured) > ENVIRONMENT_BYTES:
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables you "
            f"have provided exceeded the 4KB limit. String measured: {measured.decode()}"
        )


def _in_range(value: Any, name: str, least: int, most: int) -> None:
    if value is None:
        return
    if not isinstance(value, int) or value < least:
        raise _constraint(value, name, _SIZE_WORDS.format("greater", least))
    if value > most:
        raise _constraint(value, name, _SIZE_WORDS.format("less", most))


def _constraint(value: Any, name: str, said: str, code: str = "ValidationException") -> Refused:
    message = f"1 validation error detected: Value '{value}' at '{name}' failed to satisfy constraint: {said}"
    return Refused(code, message)


def _check_runtime(runtime: str) -> None:
    if runtime in _BLOCKED:
        raise invalid(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda "
            "functions. We recommend you use a supported runtime while creating or updating functions."
        )
    known = _runtimes()
    if runtime not in known:
        raise invalid(
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
            f"[{', '.join(known)}] or be a valid ARN"
        )


@lru_cache(maxsize=1)
def _runtimes() -> tuple[str, ...]:
    """Return the runtimes that the service model names."""
    from botocore.loaders import Loader

    model = Loader().load_service_model("lambda", "service-2")
    return tuple(model["shapes"]["Runtime"]["enum"])
