"""What `harness doctor` looks at: is everything here that a run needs, and what was found and not used."""

import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from harness.backends import localstack, open_backend
from harness.backends.doctor_machine import machine_rows
from harness.backends.doctor_packages import package_rows
from harness.backends.doctor_row import DoctorRow
from harness.backends.localstack_install import INSTALL_COMMAND
from harness.backends.probes import Capability
from harness.clock import Clock
from harness.config import Settings
from harness.errors import HarnessError

NEEDED_SERVICES = ("s3", "sqs", "sns", "iam", "sts", "sagemaker", "application-autoscaling", "monitoring")
OTHER_BACKEND = "harness doctor --backend embedded"


def doctor_rows(settings: Settings) -> list[DoctorRow]:
    """Return everything checked, in the order in which it is shown. Starts the backend of *settings* once."""
    looks = (
        machine_rows(settings),
        package_rows(),
        _localstack(settings),
        _backend(settings),
        _ignored(settings),
    )
    return [row for rows in looks for row in rows]


def _localstack(settings: Settings) -> Iterator[DoctorRow]:
    """Only a run with `--backend localstack` needs it, and then what is missing stops it."""
    needed = settings.backend == "localstack"
    try:
        found = localstack.describe(settings)
    except HarnessError as error:
        yield DoctorRow("localstack", not needed, str(error), INSTALL_COMMAND)
    else:
        mend = "" if found.there else INSTALL_COMMAND
        yield DoctorRow("localstack", not needed or found.there, found.sentence, mend)


def _backend(settings: Settings) -> Iterator[DoctorRow]:
    name = f"backend {settings.backend}"
    try:
        with tempfile.TemporaryDirectory(prefix="harness-doctor-") as logs:
            clock = Clock()
            with open_backend(settings.backend, settings, Path(logs)) as backend:
                running = ", ".join(f"{name} {number}" for name, number in backend.emulators.items())
                yield DoctorRow(name, True, f"{running}; answered after {clock.now():.1f} s")
                yield from _services(backend.capabilities.values())
    except HarnessError as error:
        yield DoctorRow(name, False, str(error), "" if settings.backend == "embedded" else OTHER_BACKEND)
    except (OSError, ModuleNotFoundError) as error:
        yield DoctorRow(name, False, f"it cannot start: {error}", "mend what is wrong above first")


def _services(found: Iterable[Capability]) -> Iterator[DoctorRow]:
    for capability in found:
        ok = capability.ok or capability.service not in NEEDED_SERVICES
        yield DoctorRow(f"service {capability.service}", ok, capability.how, "" if ok else OTHER_BACKEND)


def _ignored(settings: Settings) -> Iterator[DoctorRow]:
    for sentence in settings.ignored or ("none found",):
        yield DoctorRow("credentials", True, sentence)
