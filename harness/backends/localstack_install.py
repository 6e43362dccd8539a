"""LocalStack without Docker: an environment of Python 3.13 with the packages that it was tested with.

`python -m harness.backends install localstack` makes it, once, in the user's cache folder. It is apart from
the harness's own packages because LocalStack wants other releases of them and a newer Python.
"""

import hashlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from harness.config import Settings, process_environment
from harness.errors import EnvironmentFault

INSTALL_COMMAND = "python -m harness.backends install localstack"
REQUIREMENTS = Path(__file__).with_name("localstack-requirements.txt")
# LocalStack's code needs warnings.deprecated and its pinned packages have wheels for this release.
WANTED = (3, 13)
PYTHON = "python3.13"
# Written last: a folder without it is left from an installation that was broken off.
COMPLETE = "complete"
# Finding an interpreter is a matter of milliseconds, installing one of seconds, on a slow line minutes.
FIND_TIMEOUT_S = 20.0
INSTALL_TIMEOUT_S = 1200.0
CONSTRAINTS = ("UV_CONSTRAINT", "PIP_CONSTRAINT")


def find_interpreter(settings: Settings) -> Path | None:
    """Return the interpreter of LocalStack's environment, or None: the one given, else the one made here.

    Raises EnvironmentFault when the one given cannot be run.
    """
    given = settings.localstack_python
    if given is not None:
        if shutil.which(given) is None:
            raise EnvironmentFault(
                f"HARNESS_LOCALSTACK_PYTHON names {given}, which is no program; "
                "give the interpreter of an environment that has LocalStack, or unset it"
            )
        return given
    folder = environment_folder(settings)
    return _python_in(folder) if (folder / COMPLETE).is_file() else None


def environment_folder(settings: Settings) -> Path:
    """Return where the environment is, or would be, made; other requirements get another folder."""
    digest = hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()[:12]
    return settings.cache_dir / f"localstack-{digest}"


def install(settings: Settings) -> Path:
    """Make the environment, unless it is there, and return its interpreter.

    Raises EnvironmentFault when there is no Python 3.13 or the packages cannot be had.
    """
    folder = environment_folder(settings)
    interpreter = _python_in(folder)
    if not (folder / COMPLETE).is_file():
        shutil.rmtree(folder, ignore_errors=True)
        python = find_python()
        for command in _steps(python, folder):
            _run(command)
        (folder / COMPLETE).touch()
    return interpreter


def _python_in(folder: Path) -> Path:
    return folder / "bin" / "python"


def _steps(python: Path, folder: Path) -> list[list[str]]:
    """Return the commands that make the environment, with uv where it is installed: 3 s instead of 60."""
    interpreter = str(_python_in(folder))
    uv = shutil.which("uv")
    # --no-deps: the list is complete, and LocalStack's own metadata asks for more than it needs here.
    what = ["--no-deps", "--requirement", str(REQUIREMENTS)]
    if uv is not None:
        return [
            [uv, "venv", "--quiet", "--no-project", "--python", str(python), str(folder)],
            [uv, "pip", "install", "--quiet", "--python", interpreter, *what],
        ]
    # --no-compile: most of what is installed is never imported; the rest is compiled when it is.
    quietly = ["--quiet", "--disable-pip-version-check", "--no-compile"]
    return [
        [str(python), "-m", "venv", str(folder)],
        [interpreter, "-m", "pip", "install", *quietly, *what],
    ]


def find_python() -> Path:
    """Return a Python 3.13 that runs. Raises EnvironmentFault, saying how to get one, when there is none."""
    for candidate in _candidates():
        if _release(candidate) == WANTED:
            return candidate
    raise EnvironmentFault(
        f"LocalStack needs Python 3.13, and no {PYTHON} runs here (PATH, pyenv and uv were asked); "
        "install one with `uv python install 3.13` or `pyenv install 3.13`, or use Docker"
    )


def _candidates() -> Iterator[Path]:
    """Where a Python 3.13 may be. pyenv puts a stand-in on PATH that only fails unless it was chosen."""
    if sys.version_info[:2] == WANTED:
        yield Path(sys.executable)
    on_path = shutil.which(PYTHON)
    if on_path is not None:
        yield Path(on_path)
    pyenv = shutil.which("pyenv")
    root = _answer([pyenv, "root"]) if pyenv else ""
    for versions in {Path(root or Path.home() / ".pyenv") / "versions"}:
        yield from sorted(versions.glob(f"3.13*/bin/{PYTHON}"), reverse=True)
    uv = shutil.which("uv")
    managed = _answer([uv, "python", "find", "--no-project", "--managed-python", "3.13"]) if uv else ""
    if managed:
        yield Path(managed)


def _release(python: Path) -> tuple[int, ...]:
    """Return (major, minor) of an interpreter that runs and has what a server needs, else ()."""
    answer = _answer([str(python), "-c", "import ssl, sys, venv; print(*sys.version_info[:2])"])
    return tuple(int(part) for part in answer.split())


def _answer(command: list[str]) -> str:
    """Return what *command* prints, "" when it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=FIND_TIMEOUT_S)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def _run(command: list[str]) -> None:
    # What holds our own packages to their releases would hold LocalStack's to the same.
    own = {name: value for name, value in process_environment().items() if name not in CONSTRAINTS}
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=INSTALL_TIMEOUT_S, env=own)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise EnvironmentFault(f"LocalStack cannot be installed: {error}") from error
    if done.returncode != 0:
        lines = (done.stderr or done.stdout).strip().splitlines() or ["(no message)"]
        raise EnvironmentFault(f"LocalStack cannot be installed: {' '.join(command[:3])} said: {lines[-1]}")
