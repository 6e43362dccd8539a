"""Where LocalStack's environment is looked for, how it is made, and what is said when it cannot be."""

import os
import stat
import sys
from pathlib import Path

import pytest

from harness.backends import localstack_install
from harness.backends.__main__ import main
from harness.backends.localstack_install import (
    COMPLETE,
    REQUIREMENTS,
    environment_folder,
    find_interpreter,
    find_python,
    install,
)
from harness.config import Settings
from harness.errors import EnvironmentFault

PRINTS_3_13 = "#!/bin/sh\necho 3 13\n"


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine on whose PATH is only what the test puts into this folder; no pyenv, and this is no 3.13."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setattr(localstack_install, "WANTED", (3, 13))
    monkeypatch.setattr(sys, "version_info", (3, 11, 7, "final", 0))
    monkeypatch.setattr("shutil.which", _which_in(folder))
    return folder


def _which_in(folder: Path):  # type: ignore[no-untyped-def]
    def which(program: object) -> str | None:
        path = folder / os.fspath(program)  # type: ignore[call-overload]
        return str(path) if path.is_file() and os.access(path, os.X_OK) else None

    return which


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(script)
    path.chmod(path.stat().st_mode | stat.S_IEXEC)
    return path


def test_the_interpreter_given_is_taken(tmp_path: Path) -> None:
    """HARNESS_LOCALSTACK_PYTHON wins over what was installed."""
    assert find_interpreter(Settings(localstack_python=Path(sys.executable), cache_dir=tmp_path)) == Path(
        sys.executable
    )


def test_an_interpreter_that_is_none_is_named(tmp_path: Path) -> None:
    """The message names the variable, the value and the way out."""
    with pytest.raises(
        EnvironmentFault, match=r"HARNESS_LOCALSTACK_PYTHON names .*nowhere, which is no program; "
    ):
        find_interpreter(Settings(localstack_python=tmp_path / "nowhere"))


def test_an_installation_that_was_broken_off_does_not_count(tmp_path: Path) -> None:
    """Only a folder with the mark of its end is used."""
    settings = Settings(cache_dir=tmp_path)
    folder = environment_folder(settings)
    program(folder / "bin" / "python", PRINTS_3_13)

    before = find_interpreter(settings)
    (folder / COMPLETE).touch()

    assert before is None
    assert find_interpreter(settings) == folder / "bin" / "python"


def test_other_requirements_get_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new release of the pins is installed anew, beside the old one."""
    settings = Settings(cache_dir=tmp_path)
    old = environment_folder(settings)
    other = tmp_path / "requirements.txt"
    other.write_text("localstack-core==2099.1.0\n")
    monkeypatch.setattr(localstack_install, "REQUIREMENTS", other)

    assert environment_folder(settings) != old


def test_every_requirement_is_pinned_exactly() -> None:
    """What was probed is what is installed, today and in a year."""
    lines = [line for line in REQUIREMENTS.read_text().splitlines() if not line.startswith("#")]

    assert all(line.count("==") == 1 for line in lines)
    assert "localstack-core==2026.3.0" in lines


def test_a_python_on_the_path_is_found(machine: Path) -> None:
    """The one called python3.13, if it is that."""
    wanted = program(machine / "python3.13", PRINTS_3_13)

    assert find_python() == wanted


def test_pyenvs_stand_in_that_fails_leads_to_the_real_one(machine: Path, tmp_path: Path) -> None:
    """pyenv's stand-in on PATH says "command not found" unless chosen; its installed version is used."""
    program(machine / "python3.13", "#!/bin/sh\necho 'pyenv: python3.13: command not found' >&2\nexit 127\n")
    program(machine / "pyenv", f"#!/bin/sh\necho {tmp_path / 'pyenv'}\n")
    real = program(tmp_path / "pyenv" / "versions" / "3.13.0" / "bin" / "python3.13", PRINTS_3_13)

    assert find_python() == real


def test_uv_is_asked_last(machine: Path, tmp_path: Path) -> None:
    """A Python that uv manages is on no PATH."""
    managed = program(tmp_path / "managed" / "python3.13", PRINTS_3_13)
    program(machine / "uv", f"#!/bin/sh\necho {managed}\n")

    assert find_python() == managed


def test_without_python_3_13_the_ways_to_get_one_are_named(machine: Path) -> None:
    """uv, pyenv, or Docker."""
    program(machine / "python3.13", "#!/bin/sh\necho 3 12\n")  # it lies

    with pytest.raises(EnvironmentFault) as caught:
        find_python()
    assert "`uv python install 3.13` or `pyenv install 3.13`, or use Docker" in str(caught.value)


def test_uv_makes_the_environment_once(machine: Path, tmp_path: Path) -> None:
    """With uv on PATH it is used; a second call finds what the first one made."""
    log = tmp_path / "calls"
    program(machine / "python3.13", PRINTS_3_13)
    make = 'for last; do :; done; [ $1 = venv ] && mkdir -p "$last"; exit 0'
    program(machine / "uv", f'#!/bin/sh\necho "$1 $2" >> {log}\n{make}\n')
    settings = Settings(cache_dir=tmp_path / "cache")

    first, second = install(settings), install(settings)

    assert first == second == environment_folder(settings) / "bin" / "python"
    assert log.read_text().splitlines() == ["venv --quiet", "pip install"]


def test_pip_makes_it_where_there_is_no_uv(machine: Path, tmp_path: Path) -> None:
    """The interpreter's own venv and pip."""
    log = tmp_path / "calls"
    folder = environment_folder(Settings(cache_dir=tmp_path / "cache"))
    copy = f"mkdir -p {folder}/bin && cp $0 {folder}/bin/python"
    work = f'echo "$2" "$3" >> {log}; [ "$2" != venv ] || ({copy})'
    program(machine / "python3.13", f'#!/bin/sh\ncase "$1" in -c) echo 3 13;; *) {work};; esac\n')

    install(Settings(cache_dir=tmp_path / "cache"))

    assert log.read_text().splitlines() == [f"venv {folder}", "pip install"]


def test_an_installation_that_fails_says_why(
    machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The installer's last line, exit code 3, and no folder that would be taken for whole."""
    program(machine / "python3.13", PRINTS_3_13)
    program(machine / "uv", "#!/bin/sh\necho 'error: no such package' >&2\nexit 2\n")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    code = main(["install", "localstack"])

    assert code == 3
    assert "LocalStack cannot be installed: " in (told := capsys.readouterr().err)
    assert told.endswith("said: error: no such package\n")
    assert list((tmp_path / "cache").rglob(COMPLETE)) == []
