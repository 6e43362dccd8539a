"""How an initialisation or an invocation ends, in the words of Lambda."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import orjson


class Ending(StrEnum):
    """What became of it; the values are those of the journal's FunctionInvoked.outcome."""

    OK = "ok"
    ERROR = "error"  # the handler raised, or returned what cannot be JSON
    TIMEOUT = "timeout"
    CRASH = "crash"  # the process ended
    MEMORY = "memory"
    TOO_LARGE = "response too large"
    INIT = "init error"


# After these there is no environment left to take another invocation.
LOST = frozenset({Ending.TIMEOUT, Ending.CRASH, Ending.MEMORY, Ending.INIT})


@dataclass(frozen=True, slots=True)
class Ended:
    """`payload` is what the caller gets, `real_s` what it took here; `error` and `message` are AWS's."""

    ending: Ending
    payload: bytes
    real_s: float
    error: str = ""
    message: str = ""
    memory_mb: int = 0


def told(ending: Ending, error: bytes, real_s: float) -> Ended:
    """Return the end that the runtime itself reports as *error*, which goes to the caller as it is."""
    try:
        said: Any = orjson.loads(error)
    except orjson.JSONDecodeError:
        said = {}
    said = said if isinstance(said, dict) else {}
    kind = str(said.get("errorType", "")) or "Runtime.Unknown"
    return Ended(ending, error, real_s, kind, str(said.get("errorMessage", "")))


def timed_out(request: str, timeout_s: float, real_s: float) -> Ended:
    """Return the end of what took longer than it may."""
    message = f"RequestId: {request} Error: Task timed out after {timeout_s:.2f} seconds"
    return _ended(Ending.TIMEOUT, "Sandbox.Timedout", message, real_s)


def exited(request: str, code: int, real_s: float, ending: Ending = Ending.CRASH) -> Ended:
    """Return the end of what the process did not live through: *code* is negative for a signal."""
    if code == 0:
        said = "Runtime exited without providing a reason"
    elif code < 0:
        said = f"Runtime exited with error: signal: {_SIGNALS.get(-code, str(-code))}"
    else:
        said = f"Runtime exited with error: exit status {code}"
    return _ended(ending, "Runtime.ExitError", f"RequestId: {request} Error: {said}", real_s)


def too_large(limit_bytes: int, real_s: float) -> Ended:
    """Return the end of what answered with more than Lambda takes."""
    message = f"Response payload size exceeded maximum allowed payload size ({limit_bytes} bytes)."
    return _ended(Ending.TOO_LARGE, "Function.ResponseSizeTooLarge", message, real_s)


def _ended(ending: Ending, error: str, message: str, real_s: float) -> Ended:
    payload = orjson.dumps({"errorType": error, "errorMessage": message})
    return Ended(ending, payload, real_s, error, message)


# As Go's os package words them, which Lambda is written in.
_SIGNALS = {4: "illegal instruction", 6: "aborted", 9: "killed", 11: "segmentation fault", 15: "terminated"}
