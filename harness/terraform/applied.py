"""A folder of Terraform's applied against the gateway for as long as it is needed, and destroyed then."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.config import Settings
from harness.errors import BackendError, EnvironmentFault, ScenarioError
from harness.templates.model import Template
from harness.templates.terraform import load_plan
from harness.terraform.copy import copied, override, variables_of
from harness.terraform.program import Tell, Terraform, terraform


@dataclass(frozen=True, slots=True)
class Applied:
    """What Terraform has made: its state as a template, everything in it known."""

    folder: Path
    template: Template
    outputs: Mapping[str, Any] = field(hash=False)

    @property
    def addresses(self) -> tuple[str, ...]:
        """The addresses of all that is there."""
        return tuple(self.template.resources)


def _nobody(_line: str) -> None:
    """Listen to nothing."""


@contextmanager
def applied(
    folder: Path,
    endpoint_url: str,
    settings: Settings,
    *,
    variables: Mapping[str, str] | None = None,
    tell: Tell = _nobody,
) -> Iterator[Applied]:
    """Apply the files of *folder* against *endpoint_url*, and destroy what that made at the end.

    Terraform works in a copy: the user's folder and its state stay as they are. ScenarioError when it
    refuses the files or fails half way; what was made by then is destroyed first, and what could not be is
    listed. The same on Ctrl-C. EnvironmentFault when Terraform or its provider cannot be had.
    """
    work = Path(tempfile.mkdtemp(prefix="terraform-"))
    try:
        copy = copied(folder, work)
        override(copy, endpoint_url, settings.region)
        running = terraform(copy, work, endpoint_url, settings, tell)
        _initialise(running, folder)
        options = variables_of(variables or {})
        try:
            _apply(running, folder, options)
            yield _made(running, copy, folder, settings)
        except BaseException as error:
            left = _destroy(running, options)
            if left:
                raise type(error)(f"{error}; still there: {', '.join(left)}") from error
            raise
        left = _destroy(running, options)
        if left:
            raise BackendError(
                f"{folder}: `terraform destroy` left {', '.join(left)}: {running.said()}; end the gateway "
                "to be rid of it"
            )
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _initialise(running: Terraform, folder: Path) -> None:
    if running.run("init"):
        return
    said = running.said()
    if "provider" in said and ("registry" in said or "available" in said or "install" in said):
        raise EnvironmentFault(
            f"{folder}: `terraform init` cannot get its providers: {said}; name a mirror of them in "
            "HARNESS_TERRAFORM_MIRROR"
        )
    raise ScenarioError(f"{folder}: `terraform init` refuses it: {said}")


def _apply(running: Terraform, folder: Path, options: list[str]) -> None:
    if not running.run("apply", "-auto-approve", *options):
        raise ScenarioError(f"{folder}: `terraform apply` failed and is taken back: {running.said()}")


def _made(running: Terraform, copy: Path, folder: Path, settings: Settings) -> Applied:
    state = copy / "harness.state.json"
    state.write_text(running.asked("show", "-json"))
    template = load_plan(
        state, stack=folder.resolve().name, region=settings.region, account=settings.account_id
    )
    state.unlink()
    outputs = json.loads(running.asked("output", "-json") or "{}")
    return Applied(copy, template, {name: each.get("value") for name, each in outputs.items()})


def _destroy(running: Terraform, options: list[str]) -> list[str]:
    """Destroy what is there; return the addresses of what is left."""
    # Without looking first: that would work out the files again, and fail where apply has failed.
    if running.run("destroy", "-auto-approve", "-refresh=false", *options):
        return []
    return [line for line in running.asked("state", "list").split() if not line.startswith("data.")]
