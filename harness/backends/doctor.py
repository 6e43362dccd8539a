"""What `harness doctor` looks at: is everything here that a run needs, and what was found and not used."""

import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, packages_distributions, requires, version
from importlib.util import find_spec
from pathlib import Path

from harness.backends import localstack, open_backend
from harness.backends.emulator import listen_on_loopback
from harness.backends.probes import Capability
from harness.clock import Clock
from harness.config import Settings
from harness.errors import HarnessError

OLDEST_PYTHON = (3, 11)
# The load generator and the gateway each want a core of their own.
WANTED_CORES = 2
NEEDED_SERVICES = ("s3", "sqs", "sns", "iam", "sts", "sagemaker", "application-autoscaling", "monitoring")
OPTIONAL_PROGRAMS = ("terraform", "aws", "docker")


@dataclass(frozen=True, slots=True)
class DoctorRow:
    """One line of the doctor's answer; `ok` is False only for what stops a run."""

    check: str
    ok: bool
    detail: str


def doctor_rows(settings: Settings) -> list[DoctorRow]:
    """Return everything checked, in the order in which it is shown. Starts the backend of *settings* once."""
    looks = (
        _machine(),
        _packages(),
        _optional(),
        _localstack(settings),
        _backend(settings),
        _ignored(settings),
    )
    return [row for rows in looks for row in rows]


def _machine() -> Iterator[DoctorRow]:
    found = sys.version_info[:2]
    yield DoctorRow("python", found >= OLDEST_PYTHON, f"{platform.python_version()} at {sys.executable}")
    cores = os.cpu_count() or 1
    advice = "" if cores >= WANTED_CORES else "; load figures will be poor, as gateway and load share one"
    yield DoctorRow("cores", True, f"{cores}{advice}")
    try:
        with listen_on_loopback(purpose="the gateway") as listener:
            yield DoctorRow("ports", True, f"127.0.0.1:{listener.getsockname()[1]} can be listened on")
    except HarnessError as error:
        yield DoctorRow("ports", False, str(error))


def _packages() -> Iterator[DoctorRow]:
    """Compare what pip installed with what the harness's own package asks for."""
    from packaging.requirements import Requirement

    names = packages_distributions().get("harness")
    if not names:
        yield DoctorRow("packages", False, "the harness is not installed here; run pip install in its folder")
        return
    for requirement in map(Requirement, requires(names[0]) or ()):
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield _package(requirement.name, str(requirement.specifier), requirement.specifier.contains)


def _package(name: str, wanted: str, accepts: Callable[[str], bool]) -> DoctorRow:
    try:
        found = version(name)
    except PackageNotFoundError:
        return DoctorRow(name, False, f"not installed; wanted {wanted}")
    ok = accepts(found)
    return DoctorRow(name, ok, found if ok else f"{found} is installed, but {wanted} is wanted")


def _optional() -> Iterator[DoctorRow]:
    there = find_spec("uvloop") is not None
    yield DoctorRow("uvloop", True, "present" if there else "not installed: the gateway runs, but slower")
    for program in OPTIONAL_PROGRAMS:
        yield DoctorRow(program, True, shutil.which(program) or "not found; optional")


def _localstack(settings: Settings) -> Iterator[DoctorRow]:
    """Only a run with `--backend localstack` needs it, and then what is missing stops it."""
    needed = settings.backend == "localstack"
    try:
        found = localstack.describe(settings)
    except HarnessError as error:
        yield DoctorRow("localstack", not needed, str(error))
    else:
        yield DoctorRow("localstack", not needed or found.there, found.sentence)


def _backend(settings: Settings) -> Iterator[DoctorRow]:
    with tempfile.TemporaryDirectory(prefix="harness-doctor-") as logs:
        clock = Clock()
        try:
            with open_backend(settings.backend, settings, Path(logs)) as backend:
                running = ", ".join(f"{name} {number}" for name, number in backend.emulators.items())
                detail = f"{running}; answered after {clock.now():.1f} s"
                yield DoctorRow(f"backend {settings.backend}", True, detail)
                yield from _services(backend.capabilities.values())
        except HarnessError as error:
            yield DoctorRow(f"backend {settings.backend}", False, str(error))


def _services(found: Iterable[Capability]) -> Iterator[DoctorRow]:
    for capability in found:
        needed = capability.service in NEEDED_SERVICES
        yield DoctorRow(f"service {capability.service}", capability.ok or not needed, capability.how)


def _ignored(settings: Settings) -> Iterator[DoctorRow]:
    for sentence in settings.ignored or ("none found",):
        yield DoctorRow("credentials", True, sentence)
