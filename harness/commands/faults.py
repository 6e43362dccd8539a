"""What to tell of an exception that no part of the harness turned into a sentence of its own."""

import sys
import tempfile
import traceback
from contextlib import suppress
from pathlib import Path

from harness.errors import EnvironmentFault, HarnessError, InvalidRun, machine_fault
from harness.printable import printable

OWN_PACKAGES = ("harness", "scenarios", "reports", "locustfiles")
DISTRIBUTION = "aws-ml-rehearsal-harness"


def fault_of(error: Exception) -> HarnessError:
    """Return the sentence for *error*: of the machine, of what is installed, or a fault of the harness.

    A fault of ours proves nothing about a pipeline, so that it is an InvalidRun; its traceback is in a file.
    """
    if isinstance(error, HarnessError):
        return error
    if isinstance(error, ModuleNotFoundError) and (missing := _not_installed(error)) is not None:
        return missing
    if isinstance(error, OSError) and (fault := machine_fault(error)) is not None:
        return fault
    said = f"{type(error).__name__}: {error}".rstrip(": ")
    return InvalidRun(f"The harness itself failed ({said}); please report it with {_log(error)}")


def _not_installed(error: ModuleNotFoundError) -> EnvironmentFault | None:
    """Return the sentence for a package that is not here, None for what is missing of our own."""
    package = (error.name or "").partition(".")[0]
    if package in ("", *OWN_PACKAGES):
        return None
    root = Path(__file__).parents[2]
    what = f"-e {root}" if (root / "pyproject.toml").is_file() else DISTRIBUTION
    return EnvironmentFault(
        f"The package {package} is not installed; run {sys.executable} -m pip install {what}"
    )


def _log(error: Exception) -> str:
    """Write the traceback of *error* to a file and return its path, or where the traceback went instead."""
    text = "".join(traceback.format_exception(error))
    with (
        suppress(OSError),
        tempfile.NamedTemporaryFile("w", prefix="harness-", suffix=".log", delete=False) as file,
    ):
        file.write(text)
        return file.name
    sys.stderr.write(printable(text))
    return "the traceback above"
