"""Every exception the harness raises on purpose, and the exit code each one ends the command with.

    HarnessError
      ScenarioError      you declared something that cannot work   (names the field)
        RequestRefused   AWS would refuse these arguments of a call (carries code, message, field)
        NotModelled      AWS would take them, but the model has nothing for them (carries field)
      BackendError       the emulator or AWS refused a call        (carries service, operation, code)
      EnvironmentFault   this machine cannot run it                (port in use, emulator down, tool missing)
        DiskFault        nothing can be written where it must be   (disk full, read-only, not ours)
      InvalidRun         the run happened but proves nothing       (no data, saturated, unfinished)
      JournalError       a record cannot be read                   (carries the line number)
      Interrupted        Ctrl-C or SIGTERM

Outcomes of a rehearsal (a denied request, a full queue, a failed expectation) are values, not exceptions.
"""

import errno
from enum import IntEnum


class ExitCode(IntEnum):
    """What the command line ends with (DESIGN 7)."""

    PASS = 0
    FAIL = 1
    USAGE = 2
    ENVIRONMENT = 3
    INVALID = 4
    INTERRUPTED = 130


class HarnessError(Exception):
    """The run cannot go on. The message is one sentence for the user that says the way out."""

    exit_code = ExitCode.ENVIRONMENT


class ScenarioError(HarnessError):
    """A scenario, an argument or an input file cannot work as given; the message names the field."""

    exit_code = ExitCode.USAGE


class RequestRefused(ScenarioError):
    """AWS would answer a call with these arguments with the error *code* and *message*.

    `field` is the path of the argument inside the request, as in
    TargetTrackingScalingPolicyConfiguration.TargetValue, "" where the whole request is meant.
    """

    def __init__(self, code: str, message: str, field: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.field = field


class NotModelled(ScenarioError):
    """AWS would take the arguments, but nothing here can act on them; `field` as in RequestRefused."""

    def __init__(self, message: str, field: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class EnvironmentFault(HarnessError):
    """This machine or a backend on it cannot run the scenario; the message names what is missing."""

    exit_code = ExitCode.ENVIRONMENT


class DiskFault(EnvironmentFault):
    """A file of the run cannot be written; whatever else went wrong then followed from it."""


class InvalidRun(HarnessError):
    """The run ended but proves nothing: no data, a saturated generator, unfinished requests."""

    exit_code = ExitCode.INVALID


class Interrupted(HarnessError):
    """The user or the system asked the run to stop (SIGINT, SIGTERM)."""

    exit_code = ExitCode.INTERRUPTED


class BackendError(HarnessError):
    """The emulator or AWS refused a call that the run needs."""

    exit_code = ExitCode.ENVIRONMENT

    def __init__(self, message: str, *, service: str = "", operation: str = "", code: str = "") -> None:
        super().__init__(message)
        self.service = service
        self.operation = operation
        self.code = code


class JournalError(HarnessError):
    """A journal record cannot be read; `line` is its number, counted from 1."""

    exit_code = ExitCode.ENVIRONMENT

    def __init__(self, message: str, *, line: int) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line


ANOTHER_PLACE = "or name a place elsewhere with --runs"
# What the owner of the machine can mend, and how.
_DISK = {
    errno.ENOSPC: f"make room, {ANOTHER_PLACE}",
    errno.EDQUOT: f"make room, {ANOTHER_PLACE}",
    errno.EFBIG: "raise the limit of file sizes (ulimit -f)",
    errno.EROFS: f"make it writable, {ANOTHER_PLACE}",
    errno.EACCES: f"make it yours, {ANOTHER_PLACE}",
    errno.EPERM: f"make it yours, {ANOTHER_PLACE}",
}
_MACHINE = {
    errno.EMFILE: "raise the limit of open files (ulimit -n)",
    errno.ENFILE: "close other programs: the machine has no open files left",
    errno.ENOMEM: "close other programs: the machine has no memory left",
    errno.EAGAIN: "raise the limit of processes (ulimit -u)",
}


def machine_fault(error: OSError, place: object = "") -> EnvironmentFault | None:
    """Return the sentence for an *error* that the machine's owner can mend, None for any other.

    What is full, read-only or somebody else's is a DiskFault; *place* is what was written to, where the
    system does not say.
    """
    number = error.errno or 0
    place = f"{error.filename or place}: " if error.filename or place else ""
    if number in _DISK:
        return DiskFault(f"{place}{error.strerror}; {_DISK[number]}")
    if number in _MACHINE:
        return EnvironmentFault(f"{place}{error.strerror}; {_MACHINE[number]}")
    return None
