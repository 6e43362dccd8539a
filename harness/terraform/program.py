"""The program `terraform`: where it is, where its providers come from, and what it says."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.config import Settings, program_environment, terraform_settings
from harness.errors import EnvironmentFault

PROVIDER = "registry.terraform.io/hashicorp/aws"
# Terraform's implied local mirrors ("Provider Installation" in its documentation), and where machines without
# a network keep one.
MIRRORS: tuple[str, ...] = (
    "~/.terraform.d/plugins",
    "~/.local/share/terraform/plugins",
    "/usr/share/terraform/plugins",
)
MIRRORS += ("/usr/local/share/terraform/plugins", "/opt/*")
MIRROR_VARIABLES = ("HARNESS_TERRAFORM_MIRROR", "TF_PLUGIN_DIR")
# Terraform stops by itself on an interrupt once what is under way has ended; then it is ended.
STOPPING_S = 60.0

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """An error of Terraform's: where it is, and what it says."""

    summary: str
    detail: str = ""
    address: str = ""
    file: str = ""
    line: int | None = None

    def __str__(self) -> str:
        place = f"{self.file}, line {self.line}" if self.line else self.file
        where = ", ".join(each for each in (place, self.address) if each)
        said = ". ".join(" ".join(each.split()).rstrip(".") for each in (self.summary, self.detail) if each)
        return f"{where}: {said}" if where else said


@dataclass(slots=True)
class Terraform:
    """Terraform in one folder, with its data and settings in *work*."""

    folder: Path
    environment: dict[str, str]
    tell: Tell
    program: str
    errors: list[Diagnostic] = field(default_factory=list)

    def run(self, verb: str, *options: str) -> bool:
        """Run a command that prints JSON lines; return whether it went well, with its `errors` kept."""
        self.errors = []
        arguments = [self.program, verb, "-json", "-input=false", *options]
        # In a session of its own: Ctrl-C goes to us, and we tell it.
        process = subprocess.Popen(
            arguments,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            for message in _messages(process):
                self._hear(message)
            return process.wait() == 0
        except BaseException:
            _stop(process)
            raise
        finally:
            if process.stdout is not None:
                process.stdout.close()

    def _hear(self, message: dict[str, Any]) -> None:
        found = message.get("diagnostic")
        if message.get("type") == "diagnostic" and found and found.get("severity") == "error":
            span = found.get("range") or {}
            self.errors.append(
                Diagnostic(
                    str(found.get("summary", "")),
                    str(found.get("detail", "")),
                    str(found.get("address", "")),
                    str(span.get("filename", "")),
                    (span.get("start") or {}).get("line"),
                )
            )
        elif message.get("type") in ("apply_complete", "apply_errored", "text"):
            self.tell(str(message.get("@message", "")))

    def asked(self, *arguments: str) -> str:
        """Return what a command prints; "" where it fails."""
        ended = subprocess.run(
            [self.program, *arguments],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
            start_new_session=True,
        )
        return ended.stdout if ended.returncode == 0 else ""

    def said(self) -> str:
        """Return its errors as one text."""
        return "; ".join(map(str, self.errors[:3])) or "it does not say why"


def _messages(process: "subprocess.Popen[str]") -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    for line in process.stdout:
        try:
            found = json.loads(line)
        except ValueError:
            found = {"type": "text", "@message": line.strip()}
        if isinstance(found, dict):
            yield found


def _stop(process: "subprocess.Popen[str]") -> None:
    """Ask the process to end, as Ctrl-C in a terminal does, and see that it does."""
    with suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    try:
        process.communicate(timeout=STOPPING_S)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def terraform(folder: Path, work: Path, endpoint_url: str, settings: Settings, tell: Tell) -> Terraform:
    """Return Terraform for the copy *folder*; EnvironmentFault when it is not installed.

    Of the user's environment it sees PATH, and their TF_CLI_CONFIG_FILE where that names a file. Without
    one, and with a mirror of providers on this machine, providers come from there.
    """
    program = shutil.which("terraform") or shutil.which("tofu")
    if program is None:
        raise EnvironmentFault("There is no `terraform` on PATH; install it, or give its plan as JSON")
    environment = program_environment(endpoint_url, settings) | {
        "HOME": str(work),
        "TF_DATA_DIR": str(work / "data"),
        "TF_IN_AUTOMATION": "1",
        "CHECKPOINT_DISABLE": "1",
    }
    environment.pop("TF_CLI_CONFIG_FILE", None)
    configured = _configured(work)
    if configured is not None:
        environment["TF_CLI_CONFIG_FILE"] = str(configured)
    return Terraform(folder, environment, tell, program)


def mirror_on_this_machine() -> Path | None:
    """Return a folder that holds the AWS provider as Terraform lays mirrors out, None where there is none."""
    _, named = terraform_settings(MIRROR_VARIABLES)
    for pattern in (*named, *MIRRORS):
        path = Path(pattern).expanduser()
        for found in sorted(Path(path.anchor).glob(f"{str(path)[1:]}/{PROVIDER}")):
            return found.parents[2]
    return None


def _configured(work: Path) -> Path | None:
    """Return the user's own settings of Terraform's, else ours where there is a mirror."""
    own, _ = terraform_settings(MIRROR_VARIABLES)
    mirror = None if own is not None else mirror_on_this_machine()
    if mirror is None:
        return own
    written = work / "terraform.rc"
    written.write_text(
        "provider_installation {\n"
        f'  filesystem_mirror {{\n    path = "{mirror}"\n    include = ["registry.terraform.io/*/*"]\n  }}\n'
        "}\n"
    )
    return written
