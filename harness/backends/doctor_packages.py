"""What the doctor looks at of what is installed: the harness's packages, its extras, programs beside it."""

import shutil
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, packages_distributions, requires, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import harness
from harness.backends.doctor_row import DoctorRow

if TYPE_CHECKING:
    from packaging.requirements import Requirement

# The extras that give a user something, and what; the others are for those who work on the harness.
EXTRAS = {
    "dask": "`harness sweep --dask` on a cluster",
    "torch": "a real process group in scenario training-coordination",
    "pulumi": "Pulumi programs in audit and rehearse",
}
# Each with the one command that gets it where the system is Debian's; the page of the rest says the others.
PROGRAMS = {
    "terraform": (
        "Terraform folders that are applied for real",
        "pip install tenv && tenv tf install latest",
    ),
    "aws": ("the AWS CLI against `harness serve`", "pip install awscli"),
    "docker": ("`docker compose` with LocalStack", "sudo apt-get install docker.io"),
}


def package_rows() -> Iterator[DoctorRow]:
    """Yield what pip installed against what the harness's own package asks for, then what is optional."""
    names = packages_distributions().get("harness")
    if names is None or find_spec("packaging") is None:
        yield _not_installed()
        return
    from packaging.requirements import Requirement

    asked = [Requirement(text) for text in requires(names[0]) or ()]
    for one in asked:
        if one.marker is None or one.marker.evaluate({"extra": ""}):
            yield _package(one.name, str(one.specifier), one.specifier.contains)
    for extra, purpose in EXTRAS.items():
        yield _extra(names[0], extra, purpose, [one for one in asked if _is_of(one, extra)])
    for program, (purpose, mend) in PROGRAMS.items():
        found = shutil.which(program)
        yield DoctorRow(program, True, found or f"not found; optional, for {purpose}", "" if found else mend)


def _not_installed() -> DoctorRow:
    """Return the row for a clone that is run where it lies, without the packages that it wants."""
    root = Path(harness.__file__).parents[1]
    detail = f"the harness runs from {root} and is not installed"
    return DoctorRow("packages", False, detail, _pip(f"-e {root}"))


def _package(name: str, wanted: str, accepts: Callable[[str], bool]) -> DoctorRow:
    mend = _pip(f"'{name}{wanted}'")
    try:
        found = version(name)
    except PackageNotFoundError:
        # uvloop is the one that only makes things quicker.
        needed = name != "uvloop"
        return DoctorRow(name, not needed, f"not installed; wanted {wanted}", mend)
    if accepts(found):
        return DoctorRow(name, True, found)
    return DoctorRow(name, False, f"{found} is installed, but {wanted} is wanted", mend)


def _extra(package: str, extra: str, purpose: str, asked: "list[Requirement]") -> DoctorRow:
    missing = [one.name for one in asked if not _installed(one)]
    if missing:
        detail = f"{', '.join(missing)} not installed; optional, for {purpose}"
        return DoctorRow(f"extra {extra}", True, detail, _pip(f"'{package}[{extra}]'"))
    return DoctorRow(f"extra {extra}", True, f"present, for {purpose}")


def _installed(one: "Requirement") -> bool:
    try:
        return one.specifier.contains(version(one.name))
    except PackageNotFoundError:
        return False


def _is_of(one: "Requirement", extra: str) -> bool:
    return (
        one.marker is not None
        and one.marker.evaluate({"extra": extra})
        and not one.marker.evaluate({"extra": ""})
    )


def _pip(what: str) -> str:
    return f"{sys.executable} -m pip install {what}"
