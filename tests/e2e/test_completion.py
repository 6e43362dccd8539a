"""The TAB key: argcomplete's protocol as a shell speaks it, and a real bash."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.commands.table import COMMANDS
from harness.scenario import names

BREAKS = " \t\n\"'><=;|&(:"
# What argcomplete's bash function does with a line and where the cursor is in it.
SCRIPT = """
{setup}
COMP_LINE="$1" COMP_POINT=${{#1}} COMP_TYPE=9 COMP_WORDS=($1)
_python_argcomplete harness "${{COMP_WORDS[-1]}}" 2>/dev/null
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


def offered(line: str, cwd: Path) -> list[str]:
    """Return what the command offers for *line*, asked as a shell asks."""
    answer = cwd / "answer"
    asked = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_SHELL": "bash",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_COMP_WORDBREAKS": BREAKS,
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
        "COMP_TYPE": "9",
    }
    command = [sys.executable, "-m", "harness"]
    ended = subprocess.run(command, env=dict(os.environ) | asked, cwd=cwd, capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr
    return [word.strip() for word in answer.read_text().split("\n")]


@pytest.mark.parametrize(
    ("line", "some"),
    [
        ("harness si", ["simulate"]),
        ("harness run turb", ["turbofan-endpoint"]),
        ("harness run --vari", ["--variant"]),
        ("harness run turbofan-endpoint --variant as", ["as-written"]),
        ("harness run --clock compressed", ["compressed:60"]),
        ("harness run --iam o", ["observe", "off"]),
        ("harness run ./my", ["./my_scenarios/"]),
        ("harness simulate my_scenarios/m", ["my_scenarios/mine.py"]),
        ("harness report runs/tiny/l", ["runs/tiny/latest"]),
        ("harness report --runs runs2 runs2/", ["runs2/tiny/2026"]),
        ("harness doctor --backend m", ["moto"]),
        ("harness completion z", ["zsh"]),
    ],
)
def test_commands_options_and_names_are_offered(tmp_path: Path, line: str, some: list[str]) -> None:
    """What begins as what was typed, and nothing else."""
    for folder in ("runs/tiny/latest", "runs2/tiny/2026", "my_scenarios"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "my_scenarios" / "mine.py").touch()
    (tmp_path / "my_scenarios" / "more.txt").touch()
    words = offered(line, tmp_path)
    assert set(some) <= set(words)
    assert all(word.startswith(line.split()[-1]) for word in words)


def test_all_commands_and_all_scenarios_are_offered(tmp_path: Path) -> None:
    """The list of names is that of the files, for which no scenario is loaded."""
    assert {command.name for command in COMMANDS} <= set(offered("harness ", tmp_path))
    assert set(names()) <= set(offered("harness run ", tmp_path))


def test_a_tab_is_answered_at_once(tmp_path: Path) -> None:
    """Within a few times what Python itself needs to start."""

    def seconds(what: list[str], **env: str) -> float:
        began = time.perf_counter()
        subprocess.run(what, env=dict(os.environ) | env, cwd=tmp_path, check=True, capture_output=True)
        return time.perf_counter() - began

    asked = {"_ARGCOMPLETE": "1", "COMP_LINE": "harness run tu", "COMP_POINT": "14", "_ARGCOMPLETE_IFS": "\n"}
    asked |= {
        "_ARGCOMPLETE_STDOUT_FILENAME": str(tmp_path / "answer"),
        "_ARGCOMPLETE_COMP_WORDBREAKS": BREAKS,
    }
    ours = min(seconds([sys.executable, "-m", "harness"], **asked) for _ in range(3))
    python = min(seconds([sys.executable, "-c", "pass"]) for _ in range(3))
    assert ours < 12 * python


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_code_names_the_command(shell: str) -> None:
    """What a shell evaluates registers `harness`."""
    command = [sys.executable, "-m", "harness", "completion", shell]
    code = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "complete" in code
    assert "harness" in code


def test_a_real_bash_completes(tmp_path: Path) -> None:
    """With the code evaluated and the command on the path, as in a user's shell."""
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash on this machine")
    (tmp_path / "harness").write_text(f'#!/bin/sh\nexec {sys.executable} -m harness "$@"\n')
    (tmp_path / "harness").chmod(0o755)
    script = SCRIPT.format(setup='eval "$(harness completion bash)"')
    env = dict(os.environ) | {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    words = [bash, "--norc", "-c", script, "bash", "harness run turbofan-e"]
    ended = subprocess.run(words, capture_output=True, text=True, env=env, cwd=tmp_path, check=True)
    assert ended.stdout.split() == ["turbofan-endpoint"]
